//! Tests every combination of passes on random expressions: the same bits, and valid code after every pass.

use proptest::prelude::*;

use super::{Options, all_same, archs, hostile, on_tape, oracle, program, same, verified};
use crate::Var;
use crate::ir::{Level, PASSES, Selection};
use crate::op::rows::{Add, Dot, Mul, Sub, Tanh};
use crate::op::{Binary, Nary, Op, Unary};
use crate::program::Program;
use crate::program::core::Over;
use crate::strategies::{Expression, Operand};
use crate::transform::{Mode, Transform};

/// Every combination of the passes that keep the bits, with and without matrix products.
fn combinations() -> impl Iterator<Item = Options> {
    let exact: Vec<&str> = PASSES
        .iter()
        .filter(|pass| pass.level == Level::Exact)
        .map(|pass| pass.name)
        .collect();
    let sets = 0..1_u32 << exact.len();
    sets.flat_map(move |set| {
        let place = |name: &str| exact.iter().position(|other| *other == name);
        let passes =
            Selection::of(|pass| place(pass.name).is_some_and(|place| set >> place & 1 == 1));
        [true, false].map(|matrices| Options {
            passes,
            matrices,
            level: Level::Exact,
        })
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
        let (total, slopes) = oracle::sum_gradient(&e, p, &rows);
        let wanted_sums = [&[total][..], &slopes].concat();
        let arch = archs()[0];
        for options in combinations() {
            let code = |transform, over| verified(&program, transform, over, options);
            let values = code(Transform::Values, Over::Point).at_point(arch, point);
            prop_assert!(same(values[0], wanted[0]), "{options:?}: {values:?}, {wanted:?}\n{program}");
            let gradient = code(Transform::Gradient, Over::Point).at_point(arch, point);
            prop_assert!(all_same(&gradient, &wanted), "{options:?}: {gradient:?}, {wanted:?}\n{program}");
            let values = code(Transform::Values, Over::Rows).each_row(arch, p, &rows);
            prop_assert!(values[0].iter().zip(&wanted_rows).all(|(&value, wanted)| same(value, wanted[0])));
            let gradients = code(Transform::Gradient, Over::Rows).each_row(arch, p, &rows);
            for (row, wanted) in wanted_rows.iter().enumerate() {
                let slopes = &gradients[1][row * e.inputs.len()..][..e.inputs.len()];
                prop_assert!(same(gradients[0][row], wanted[0]) && all_same(slopes, &wanted[1..]), "{options:?}\n{program}");
            }
            let sums = code(Transform::Gradient, Over::Sum).summed(arch, p, &rows);
            prop_assert!(all_same(&sums, &wanted_sums), "{options:?}: {sums:?}, {wanted_sums:?}\n{program}");
        }
    }

    #[test]
    fn plans_of_other_questions_compute_what_their_code_says(e in Expression::any(10, false), uniform in 0..4_usize) {
        let program = program(&e, uniform.min(e.inputs.len()));
        let transforms = [
            Transform::Gradient, Transform::Vjp, Transform::Jvp, Transform::Hessian, Transform::Hvp,
            Transform::Jacobian(Mode::Reverse), Transform::Jacobian(Mode::Forward),
        ];
        for level in [Level::Exact, Level::Fast] {
            let program = program.at_level(level);
            for transform in transforms {
                for over in [Over::Point, Over::Rows, Over::Sum] {
                    for matrices in [true, false] {
                        verified(&program, transform, over, Options { matrices, ..Options::at(level) });
                    }
                }
            }
        }
    }
}

/// A long expression that needs many chunks. Most values are used soon, some much later.
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
    for transform in [Transform::Values, Transform::Gradient] {
        let code = verified(&program, transform, Over::Point, Options::at(Level::Exact));
        // In a plan for one point, each run is a line that begins with its first slot. Several chunks use some slots.
        let mut starts: Vec<u32> = code
            .text
            .lines()
            .filter_map(|line| line.split("..").next()?.parse().ok())
            .collect();
        let runs = starts.len();
        starts.sort_unstable();
        starts.dedup();
        assert!(starts.len() < runs, "{transform:?}: no slot is reused");
        for arch in archs() {
            let found = code.at_point(arch, &e.inputs);
            assert!(all_same(&found, &wanted[..found.len()]), "{transform:?}");
        }
    }
}

/// Terms of neighbours, whose adjoints need nothing but the term.
#[test]
fn adjoints_of_independent_terms_are_computed_beside_them() {
    let n = 8000;
    let program = Program::trace(n, |x| {
        let terms = x
            .windows(2)
            .map(|pair| (pair[1] - pair[0] * pair[0]).square() + pair[0].tanh());
        terms.sum::<Var>()
    });
    let code = verified(
        &program.expect("no branches"),
        Transform::Gradient,
        Over::Point,
        Options::at(Level::Exact),
    );
    let ends = code.text.lines().filter_map(|line| {
        let (_, end) = line.split(" = ").next()?.split_once("..")?;
        end.parse::<usize>().ok()
    });
    // Inputs, terms and adjoints, and one chunk of other values. In the order of recording, most values would have their own slot.
    let slots = ends.max().expect("there are runs");
    assert!(slots < 5 * n + (1 << 14), "{slots} slots");
    let x: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
    for arch in archs() {
        let gradient = &code.at_point(arch, &x)[1..];
        for i in 0..n {
            let mut expected = 0.0;
            if i > 0 {
                expected += 2.0 * (x[i] - x[i - 1] * x[i - 1]);
            }
            if i + 1 < n {
                expected -= 4.0 * (x[i + 1] - x[i] * x[i]) * x[i];
                expected += 1.0 - x[i].tanh().powi(2);
            }
            assert!(
                (gradient[i] - expected).abs() < 1e-12,
                "{i}: {} {expected}",
                gradient[i]
            );
        }
    }
}

/// Plans of sums that are instructions of their own, with terms in no order.
#[test]
fn long_sums_at_level_fast_are_verified() {
    for count in [17, 18, 100, 3000] {
        let program = Program::trace(count, |x| {
            let squares: Vec<Var> = x.iter().map(|&x| x.square()).collect();
            let mixed: Vec<Var> = squares
                .iter()
                .rev()
                .zip(x)
                .flat_map(|(&a, &b)| [a, b])
                .collect();
            let scaled: Vec<Var> = x.iter().rev().map(|&other| x[0] * other * x[1]).collect();
            Var::sum(&mixed)
                + Var::dot_product(&squares, x).expect("as many weights")
                + Var::sum(&scaled)
        });
        let program = program.expect("no branches");
        for transform in [Transform::Values, Transform::Gradient] {
            let code = verified(&program, transform, Over::Point, Options::at(Level::Fast));
            assert!(code.text.contains("= Sum"), "{}", code.text);
        }
    }
}
