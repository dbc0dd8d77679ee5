//! Tests that level `Fast` stays within its bound: a product that is not rounded moves dependent values by no more than its
//! rounding error.

use chainrule::op::{BinaryOp, NaryOp, Op, UnaryOp};
use chainrule::{Level, Program, Var, tape};
use proptest::prelude::*;

use crate::expression::{Expression, Operand};
use crate::scale::Scale;

/// Moderate sums and products, with a few smooth functions among them.
fn smooth() -> impl Strategy<Value = Expression> {
    let step = (0..12_usize, [0..usize::MAX, 0..usize::MAX]);
    (
        prop::collection::vec(-2.0..2.0_f64, 4),
        prop::collection::vec(step, 3..24),
    )
        .prop_map(|(inputs, raw)| {
            let mut steps: Vec<(Op, Vec<Operand>)> = Vec::new();
            for (op, [a, b]) in raw {
                let values = inputs.len() + steps.len();
                // Mostly late values, so that graphs become deep.
                let [a, b] = [a % values, values - 1 - b % values.min(5)].map(Operand::Value);
                steps.push(match op {
                    0..4 => (Op::Binary(BinaryOp::Add), vec![a, b]),
                    4 => (Op::Binary(BinaryOp::Sub), vec![a, b]),
                    5..9 => (Op::Binary(BinaryOp::Mul), vec![a, b]),
                    9 => (Op::Unary(UnaryOp::Square), vec![b]),
                    10 => (Op::Unary(UnaryOp::Tanh), vec![b]),
                    _ => (Op::Unary(UnaryOp::Sin), vec![b]),
                });
            }
            let last = inputs.len() + steps.len() - 1;
            let terms = [last, 0, last - 1, 1].map(Operand::Value).to_vec();
            steps.push((Op::Nary(NaryOp::Dot), terms));
            Expression { inputs, steps }
        })
}

/// A value, and a bound on the distance of two programs that round differently, to first order: `ε·Σ|∂y/∂v·v|` over all
/// values `v` on the way, a half for each of two roundings. The factor 2 covers higher orders. The square of all roundings
/// covers vanishing first derivatives, such as that of a square at 0.
fn bounded(graph: &chainrule::Graph, y: Var) -> (f64, f64) {
    let size = Scale::of(graph, y).output;
    let outputs: Vec<_> = y.key().into_iter().collect();
    let values = graph.order(&outputs);
    let all: f64 = values.iter().map(|&key| graph[key].value().abs()).sum();
    let square = (f64::EPSILON * all).powi(2);
    (y.value(), 2.0 * f64::EPSILON * size + square + 1e-300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn values_and_derivatives_stay_within_the_bound(e in smooth(), uniform in 0..4_usize) {
        let (graph, (y, slopes)) = tape::record(|| {
            let xs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
            let y = e.evaluate(&xs);
            (y, y.gradient(&xs))
        });
        let (value, bound) = bounded(&graph, y);
        let slopes: Vec<(f64, f64)> = slopes.iter().map(|&slope| bounded(&graph, slope)).collect();
        prop_assume!(bound.is_finite() && slopes.iter().all(|(slope, bound)| slope.is_finite() && *bound < 1e100));

        let (p, row) = e.inputs.split_at(uniform);
        let exact = Program::trace_rows(p, row.len(), |p, row| {
            let inputs: Vec<Var> = p.iter().chain(row).copied().collect();
            e.evaluate(&inputs)
        }).unwrap();
        let fast = exact.at_level(Level::Fast);
        let (found, gradient) = fast.gradient(&e.inputs).unwrap();
        prop_assert!((found - value).abs() <= bound, "{found:e}, {value:e} ± {bound:e}");
        for (&found, &(slope, bound)) in gradient.iter().zip(&slopes) {
            prop_assert!((found - slope).abs() <= bound, "{found:e}, {slope:e} ± {bound:e}");
        }
        // Every row has these bounds. The bound of their sum is the sum of the bounds plus n·ε/2 of the sum of magnitudes.
        let rows = vec![row.to_vec(); 100];
        let mut batch = fast.batch(&rows).unwrap();
        let (_, gradients) = batch.gradients(p).unwrap();
        for of_row in gradients.chunks(e.inputs.len()) {
            prop_assert!(of_row.iter().zip(&slopes).all(|(found, (slope, bound))| (found - slope).abs() <= *bound));
        }
        let (sum, gradient) = batch.sum_gradient(p).unwrap();
        let of_sum = |one: f64, bound: f64| 100.0 * bound + 100.0 * f64::EPSILON * 100.0 * one.abs();
        prop_assert!((sum - 100.0 * value).abs() <= of_sum(value, bound));
        for (&found, &(slope, bound)) in gradient.iter().zip(&slopes) {
            // Terms that cancel in a row are added over all rows before they cancel.
            prop_assert!((found - 100.0 * slope).abs() <= of_sum(slope, bound) + 100.0 * 100.0 * bound);
        }
    }
}

#[test]
fn fewer_roundings_change_bits() {
    let exact = Program::trace_rows(&[1.0; 3], 3, |p, row| {
        p[0] * row[0] + p[1] * row[1] + p[2] * row[2]
    })
    .unwrap();
    let fast = exact.at_level(Level::Fast);
    let (p, x) = (
        [-1.0, 1.0 + f64::EPSILON, 0.5],
        [1.0, 1.0 - f64::EPSILON, 0.0],
    );
    let fused = p[2].mul_add(x[2], p[1].mul_add(x[1], p[0] * x[0]));
    let row = [&x[..]];
    assert_eq!(fast.batch(&row).unwrap().values(&p).unwrap(), [fused]);
    assert_eq!(
        exact.batch(&row).unwrap().values(&p).unwrap(),
        [p[0] * x[0] + p[1] * x[1] + p[2] * x[2]]
    );
    assert_ne!(fused, p[0] * x[0] + p[1] * x[1] + p[2] * x[2]);
}

#[test]
fn sums_over_rows_keep_the_zero_rule_at_every_level() {
    let exact = Program::trace_rows(&[-1.0, 0.0], 1, |p, row| (p[0] * row[0] + p[1]).relu());
    let exact = exact.unwrap();
    for level in [Level::Exact, Level::Fast] {
        let program = exact.at_level(level);
        for count in 1..20 {
            for infinite in 0..count {
                // The rectifier is closed in this row: its slope 0 meets the row's value ∞.
                let mut rows = vec![[-1.0]; count];
                rows[infinite] = [f64::INFINITY];
                let mut batch = program.batch(&rows).unwrap();
                let (sum, gradient) = batch.sum_gradient(&[-1.0, 0.0]).unwrap();
                let others = count as f64 - 1.0;
                assert_eq!(sum, others, "{level:?}, row {infinite} of {count}");
                assert_eq!(
                    gradient,
                    [-others, others],
                    "{level:?}, row {infinite} of {count}"
                );
            }
        }
    }
}

#[test]
fn neither_level_cancels_a_variable_with_itself() {
    let program = Program::trace(1, |x| {
        [
            x[0] - x[0],
            x[0] / x[0],
            x[0] * 0.0,
            x[0] * x[0] - x[0] * x[0],
        ]
    })
    .unwrap();
    for level in [Level::Exact, Level::Fast] {
        let values = program.at_level(level).values(&[f64::INFINITY]).unwrap();
        assert!(
            values.iter().all(|value| value.is_nan()),
            "{level:?}: {values:?}"
        );
    }
}

/// `n·ε·Σ|t|`, the distance of sums of these terms in two orders.
fn spread(terms: &[f64]) -> f64 {
    terms.len() as f64 * f64::EPSILON * terms.iter().map(|t| t.abs()).sum::<f64>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// A sum of every second input, a dot product, and an adjoint to which every input contributes.
    #[test]
    fn long_sums_at_a_point_stay_within_the_bound_of_their_terms(xs in prop::collection::vec(-1e3..1e3_f64, 2..700)) {
        let count = xs.len();
        let exact = Program::trace(count, |x| {
            let every_second: Vec<Var> = x.iter().copied().step_by(2).collect();
            let product = Var::dot_product(x, &x.iter().rev().copied().collect::<Vec<_>>()).expect("as many weights");
            let scaled: Vec<Var> = x.iter().map(|&term| x[0] * term).collect();
            // Two factors that are not 1: the adjoint of the first input adds products of weights and slopes.
            let weighted: Vec<Var> = x[1..].iter().map(|&term| (x[0] * term) * 1.7).collect();
            [Var::sum(&every_second), product, Var::sum(&scaled), Var::sum(&weighted)]
        }).unwrap();
        let products: Vec<f64> = xs.iter().zip(xs.iter().rev()).map(|(a, b)| a * b).collect();
        let scaled: Vec<f64> = xs.iter().map(|x| xs[0] * x).collect();
        let every_second: Vec<f64> = xs.iter().copied().step_by(2).collect();
        let weighted: Vec<f64> = xs[1..].iter().map(|x| xs[0] * x * 1.7).collect();
        let bounds = [&every_second, &products, &scaled, &weighted].map(|terms| spread(terms));
        let values = exact.values(&xs).unwrap();
        let fast = exact.at_level(Level::Fast);
        for ((found, value), bound) in fast.values(&xs).unwrap().iter().zip(&values).zip(bounds) {
            prop_assert!((found - value).abs() <= bound, "{found:e}, {value:e} ± {bound:e}");
        }
        // The adjoint of the first input has a term for every input.
        let (exact, fast) = (exact.jacobian(&xs).unwrap().1, fast.jacobian(&xs).unwrap().1);
        for (row, weight) in [(2, 1.0), (3, 1.7)] {
            let (found, wanted) = (fast[row * count], exact[row * count]);
            let bound = weight * (spread(&xs) + 4.0 * f64::EPSILON * xs[0].abs());
            prop_assert!((found - wanted).abs() <= bound, "{found:e}, {wanted:e} ± {bound:e}");
        }
    }
}

#[test]
fn long_sums_in_another_order_keep_the_zero_rule_and_the_sign_of_zero() {
    for count in [17, 100, 1000] {
        let closed = Program::trace(count + 1, |x| {
            let terms: Vec<Var> = x[1..].iter().map(|&term| (x[0] * term).relu()).collect();
            Var::sum(&terms)
        });
        let closed = closed.unwrap().at_level(Level::Fast);
        for infinite in [1, count / 2, count] {
            // The rectifier is closed for this term: its slope 0 meets the value ∞.
            let mut at = vec![-1.0; count + 1];
            at[infinite] = f64::INFINITY;
            let (value, gradient) = closed.gradient(&at).unwrap();
            let others = count as f64 - 1.0;
            assert_eq!(value, others);
            assert_eq!(gradient[0], -others, "term {infinite} of {count}");
        }
        let sum = Program::trace(count, Var::sum)
            .unwrap()
            .at_level(Level::Fast);
        let zero = sum.value(&vec![-0.0; count]).unwrap();
        assert!(zero == 0.0 && zero.is_sign_negative());
        let product = Program::trace(count, |x| {
            Var::dot_product(x, &vec![Var::from(3.0); count]).expect("as many weights")
        });
        let product = product.unwrap().at_level(Level::Fast);
        let zero = product.value(&vec![-0.0; count]).unwrap();
        assert!(zero == 0.0 && zero.is_sign_negative());
        // The slopes of terms cancel.
        let cancels = Program::trace(count, |x| {
            let term = |(place, &other): (usize, &Var)| {
                if place % 2 == 0 {
                    x[0] * other
                } else {
                    -(x[0] * other)
                }
            };
            Var::sum(&x[1..].iter().enumerate().map(term).collect::<Vec<_>>())
        });
        let mut at = vec![1.0; count];
        if count % 2 == 0 {
            at[count - 1] = 0.0;
        }
        let zero = cancels
            .unwrap()
            .at_level(Level::Fast)
            .gradient(&at)
            .unwrap()
            .1[0];
        assert!(zero == 0.0 && zero.is_sign_positive());
        let mut at = vec![1.0; count];
        at[count / 3] = f64::NAN;
        assert!(sum.value(&at).unwrap().is_nan());
        // Sums beside each other would overflow.
        let mut at = vec![0.0; count];
        [at[0], at[1]] = [1e308, -1e308];
        [at[16], at[count - 1]] = if count == 17 {
            [0.0, 0.0]
        } else {
            [1e308, -1e308]
        };
        assert_eq!(sum.value(&at).unwrap(), 0.0);
    }
}

#[test]
fn long_sums_are_added_in_another_order_only_at_level_fast() {
    // From left to right, every small term is lost; beside each other, some are added first.
    let mut at = vec![0.75 * f64::EPSILON / 2.0; 1000];
    at[0] = 1.0;
    let exact = Program::trace(at.len(), Var::sum).unwrap();
    assert_eq!(exact.value(&at).unwrap(), 1.0);
    assert!(exact.at_level(Level::Fast).value(&at).unwrap() > 1.0);
}
