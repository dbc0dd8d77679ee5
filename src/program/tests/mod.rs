//! Programs from within: every combination of passes, every width of vectors, against the tape and an oracle.

#[path = "../../../tests/expression/mod.rs"]
mod expression;
mod layers;
mod options;
mod oracle;
pub(super) mod steps;

use super::Program;
use super::blocks::Blocks;
use super::code::Code;
use super::plan::{Options, Plan};
use super::rows::Rows;
use super::tree::Tree;
use crate::math::fused::Arch;
use crate::tape;
use crate::var::Var;
use expression::Expression;
use proptest::prelude::{Strategy, prop, prop_oneof};

/// Equal to the last bit; any NaN equals any NaN.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

fn all_same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| same(a, b))
}

/// Numbers of which many are edges.
fn hostile() -> impl Strategy<Value = f64> {
    let edges = vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1e-310,
        -5e-324,
        1e300,
        1e-200,
    ];
    prop_oneof![4 => -2.0..2.0, 1 => prop::sample::select(edges)]
}

/// The vector instructions that this machine has, none at all among them.
fn archs() -> Vec<Arch> {
    let mut all = vec![Arch::Scalar];
    #[cfg(target_arch = "x86_64")]
    {
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
        all.extend(pulp::x86::V4::try_new().map(Arch::V4));
    }
    all.push(Arch::new());
    all
}

/// A program of an expression whose first inputs are uniform.
fn program(e: &Expression, uniform: usize) -> Program {
    let (p, row) = e.inputs.split_at(uniform);
    let traced = Program::trace_rows_at(p, row, |p, row| {
        let inputs: Vec<Var> = p.iter().chain(row).copied().collect();
        e.evaluate(&inputs)
    });
    traced.expect("no branches")
}

/// Value and gradient on the tape.
fn on_tape(e: &Expression, at: &[f64]) -> Vec<f64> {
    tape::scope(|| {
        let xs: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
        let y = e.evaluate(&xs);
        let mut all = vec![y.value()];
        all.extend(y.backward().of(&xs));
        all
    })
}

/// The plan of code at these options, verified.
fn plan(code: &Code, options: Options) -> Plan {
    if let Some(problem) = super::code::verify::problem(code) {
        panic!("{problem}");
    }
    let short = super::passes::apply(code, options.passes);
    if let Some(problem) = super::code::verify::problem_of_pass(code, &short) {
        panic!("{problem}");
    }
    let plan = Plan::new(code, &[], options);
    if let Err(problem) = plan.check(&short) {
        panic!("{problem} in\n{plan}made of\n{short}");
    }
    plan
}

/// All outputs of a plan for one point.
fn at_point(plan: &Plan, arch: Arch, x: &[f64]) -> Vec<f64> {
    let mut machine = plan.machine().on(arch);
    plan.run_before(&mut machine, |inputs| inputs.copy_from_slice(x))
        .expect("no branches");
    let mut outputs = Vec::new();
    plan.extend_shared(&machine, 0, &mut outputs);
    outputs
}

/// All outputs of every row, row by row.
fn each_row(plan: &Plan, arch: Arch, p: &[f64], rows: &[Vec<f64>]) -> Vec<f64> {
    let width = rows.first().map_or(0, Vec::len);
    let blocks = Blocks::new(width, rows).expect("rows of one width");
    let mut machine = plan.machine().on(arch);
    plan.run_before(&mut machine, |inputs| inputs.copy_from_slice(p))
        .expect("no branches");
    let mut lanes = Rows::default();
    let mut outputs = Vec::new();
    for index in 0..blocks.blocks() {
        let block = blocks.block(index);
        plan.run_rows(&machine, &mut lanes, block, &mut [])
            .expect("no branches");
        for row in 0..block.count {
            let values = plan.row_outputs(&machine, &lanes, block);
            outputs.extend(values.map(|values| values.at(row)));
        }
    }
    outputs
}

/// The derivatives of the sum over all rows.
fn summed(plan: &Plan, arch: Arch, p: &[f64], rows: &[Vec<f64>]) -> Vec<f64> {
    let width = rows.first().map_or(0, Vec::len);
    let blocks = Blocks::new(width, rows).expect("rows of one width");
    let mut machine = plan.machine().on(arch);
    plan.run_before(&mut machine, |inputs| inputs.copy_from_slice(p))
        .expect("no branches");
    let (mut lanes, mut tree) = (Rows::default(), Tree::default());
    tree.clear(plan.sums());
    for index in 0..blocks.blocks() {
        // What is not written stays NaN.
        tree.next().fill(f64::NAN);
        plan.run_rows(&machine, &mut lanes, blocks.block(index), tree.next())
            .expect("no branches");
        tree.push();
    }
    plan.run_after(&mut machine, tree.total());
    let mut derivatives = Vec::new();
    plan.extend_shared(&machine, 1, &mut derivatives);
    derivatives.into_iter().map(|slope| slope + 0.0).collect()
}
