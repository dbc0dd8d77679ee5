//! Every combination of passes, over random expressions: the same bits, and what holds between the passes.

use proptest::prelude::*;

use super::expression::{Expression, Operand};
use super::{
    all_same, archs, at_point, each_row, hostile, on_tape, oracle, plan, program, same, summed,
};
use crate::op::rows::{Add, Dot, Mul, Sub, Tanh};
use crate::op::{Binary, Nary, Op, Unary};
use crate::program::Question;
use crate::program::passes::Passes;
use crate::program::plan::Options;

/// Every combination that keeps the bits.
fn combinations() -> impl Iterator<Item = Options> {
    (0..64_u32).map(|bits| {
        let bit = |place: u32| bits >> place & 1 == 1;
        Options {
            passes: Passes {
                expand: bit(0),
                fold: bit(1),
                laws: bit(2),
                common: bit(3),
                chains: bit(4),
                contract: false,
            },
            matrices: bit(5),
            any_order: false,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_combination_has_the_bits_of_the_tape(
        e in Expression::any(10, false),
        uniform in 0..4_usize,
        p in [hostile(), hostile(), hostile()],
        more in prop::collection::vec([hostile(), hostile(), hostile()], 0..70),
    ) {
        let uniform = uniform.min(e.inputs.len());
        let program = program(&e, uniform);
        let point = &e.inputs;
        let p = &p[..uniform];
        let mut rows = vec![e.inputs[uniform..].to_vec()];
        rows.extend(more.iter().map(|row| row[..e.inputs.len() - uniform].to_vec()));

        let wanted = on_tape(&e, point);
        let wanted_rows: Vec<Vec<f64>> = rows.iter().map(|row| on_tape(&e, &[p, row].concat())).collect();
        let (_, wanted_sums) = oracle::sum_gradient(&e, p, &rows);
        let code = |question| program.code_for(question);
        let arch = archs()[0];
        for options in combinations() {
            let values = at_point(&plan(&code(Question::Values), options), arch, point);
            prop_assert!(same(values[0], wanted[0]), "{options:?}: {values:?}, {wanted:?}\n{program}");
            let mut gradient = at_point(&plan(&code(Question::Gradient), options), arch, point);
            gradient[1..].iter_mut().for_each(|slope| *slope += 0.0);
            prop_assert!(all_same(&gradient, &wanted), "{options:?}: {gradient:?}, {wanted:?}\n{program}");
            let values = each_row(&plan(&code(Question::RowValues), options), arch, p, &rows);
            prop_assert!(values.iter().zip(&wanted_rows).all(|(&value, wanted)| same(value, wanted[0])));
            let gradients = each_row(&plan(&code(Question::RowGradients), options), arch, p, &rows);
            for (found, wanted) in gradients.chunks(e.inputs.len() + 1).zip(&wanted_rows) {
                let slopes: Vec<f64> = found[1..].iter().map(|slope| slope + 0.0).collect();
                prop_assert!(same(found[0], wanted[0]) && all_same(&slopes, &wanted[1..]), "{options:?}\n{program}");
            }
            let sums = summed(&plan(&code(Question::SumGradient), options), arch, p, &rows);
            prop_assert!(all_same(&sums, &wanted_sums), "{options:?}: {sums:?}, {wanted_sums:?}\n{program}");
        }
    }

    #[test]
    fn plans_of_other_questions_compute_what_their_code_says(e in Expression::any(10, false), uniform in 0..4_usize) {
        let program = program(&e, uniform.min(e.inputs.len()));
        for contract in [false, true] {
            for question in [Question::Vjp, Question::Jvp, Question::Gradient, Question::SumGradient, Question::RowGradients] {
                let mut options = Options::of(contract);
                plan(&program.code_for(question), options);
                options.matrices = false;
                plan(&program.code_for(question), options);
            }
        }
    }
}

/// Values of many chunks: most are used soon, some much later.
fn long() -> Expression {
    let mut state = 1_u32;
    let mut number = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    let inputs: Vec<f64> = (0..40).map(|i| f64::from(i).sin()).collect();
    let mut steps: Vec<(Op, Vec<Operand>)> = Vec::new();
    for _ in 0..60_000 {
        let values = inputs.len() + steps.len();
        let far = if number(20) == 0 { values } else { 50 };
        let mut operand = || match number(9) {
            0 => Operand::Constant([0.5, 0.25, 1.5][number(3)]),
            _ => Operand::Value(values - 1 - number(values.min(far))),
        };
        let [a, b, c, d] = [operand(), operand(), operand(), operand()];
        let last = Operand::Value(values - 1);
        steps.push(match number(6) {
            0 => (Op::Binary(Add::OP), vec![last, b]),
            1 => (Op::Binary(Sub::OP), vec![a, last]),
            2 => (Op::Binary(Mul::OP), vec![last, b]),
            3 => (Op::Nary(Dot::OP), vec![last, b, c, d]),
            _ => (Op::Unary(Tanh::OP), vec![last]),
        });
    }
    Expression { inputs, steps }
}

#[test]
fn plans_of_many_chunks_compute_what_their_code_says() {
    let e = long();
    let program = program(&e, 0);
    let wanted = on_tape(&e, &e.inputs);
    for question in [Question::Values, Question::Gradient] {
        let plan = plan(&program.code_for(question), Options::of(false));
        // Each run of a plan for one point is a line that begins with its first slot: some are used by several chunks.
        let text = plan.to_string();
        let mut starts: Vec<u32> = text
            .lines()
            .filter_map(|line| line.split("..").next()?.parse().ok())
            .collect();
        let runs = starts.len();
        starts.sort_unstable();
        starts.dedup();
        assert!(starts.len() < runs, "{question:?}: nothing passes");
        for arch in archs() {
            let found = at_point(&plan, arch, &e.inputs);
            let found: Vec<f64> = found.iter().map(|number| number + 0.0).collect();
            assert!(all_same(&found, &wanted[..found.len()]), "{question:?}");
        }
    }
}
