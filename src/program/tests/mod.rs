//! Tests every combination of passes and every width of vectors against the tape and an oracle.

mod diagonals;
mod layers;
mod options;
mod oracle;

use std::sync::Arc;

use super::Program;
use super::core::Over;
use crate::backend::{Answer, Blocks, Compiled, Order};
use crate::interpreter::{Interpreter, Plan};
use crate::ir::{Ir, Level, Selection, apply, problem, problem_of_pass};
use crate::math::fused::Arch;
use crate::strategies::Expression;
use crate::tape;
use crate::transform::{Parts, Transform};
use crate::var::Var;
use proptest::prelude::{Strategy, prop, prop_oneof};

/// Equal to the last bit; any NaN equals any NaN.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

fn all_same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| same(a, b))
}

/// Numbers, many of them edge cases.
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

/// The vector instructions of this machine, including none at all.
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

/// A program of an expression, whose first inputs are uniform.
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

/// How code is compiled.
#[derive(Clone, Copy, Debug)]
struct Options {
    passes: Selection,
    matrices: bool,
    level: Level,
}

impl Options {
    fn at(level: Level) -> Self {
        Self {
            passes: Selection::at(level),
            matrices: true,
            level,
        }
    }
}

/// Code after the passes, the parts of its outputs, and options for compiling it.
struct Verified {
    short: Ir,
    parts: Parts,
    options: Options,
    text: String,
}

/// The code that answers a question, after the passes. This verifies the code and its plan.
fn verified(program: &Program, transform: Transform, over: Over, options: Options) -> Verified {
    let (code, parts) = program
        .core()
        .code_for(transform, over)
        .expect("there is an output");
    if let Some(problem) = problem(&code) {
        panic!("{problem}");
    }
    let short = apply(code.clone(), options.passes);
    if let Some(problem) = problem_of_pass(&code, &short) {
        panic!("{problem}");
    }
    let any_order = options.level == Level::Fast;
    let plan = Plan::new(&short, options.matrices, any_order);
    if let Err(problem) = plan.check(&short, any_order) {
        panic!("{problem} in\n{plan}made of\n{short}");
    }
    let text = plan.to_string();
    Verified {
        short,
        parts,
        options,
        text,
    }
}

impl Verified {
    /// Compiles the code for these vector instructions.
    fn on(&self, arch: Arch) -> Answer {
        let Options {
            matrices, level, ..
        } = self.options;
        let backend = Interpreter {
            arch: Some(arch),
            matrices,
        };
        let compiled = Compiled::new(&self.short, &[], &backend, level);
        Answer::new(Arc::new(compiled), self.parts.clone())
    }

    /// All outputs at a point.
    fn at_point(&self, arch: Arch, x: &[f64]) -> Vec<f64> {
        self.on(arch).at([x]).expect("no branches").to_vec()
    }

    /// Each part of the outputs for all rows, row by row.
    fn each_row(&self, arch: Arch, p: &[f64], rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut answer = self.on(arch);
        answer
            .set_uniform(|inputs| inputs.copy_from_slice(p))
            .expect("no branches");
        let results = answer.each_row(&blocks(rows), 1, Order::RowMajor);
        results.expect("no branches").to_vec()
    }

    /// The sum of the first output over all rows, and its derivatives.
    fn summed(&self, arch: Arch, p: &[f64], rows: &[Vec<f64>]) -> Vec<f64> {
        let mut answer = self.on(arch);
        answer
            .set_uniform(|inputs| inputs.copy_from_slice(p))
            .expect("no branches");
        answer.sums(&blocks(rows), 1).expect("no branches");
        answer.outputs_of_sums(1.0).0.to_vec()
    }
}

fn blocks(rows: &[Vec<f64>]) -> Blocks {
    Blocks::new(rows.first().map_or(0, Vec::len), rows).expect("rows of one width")
}
