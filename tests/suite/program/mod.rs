//! Tests programs against the tape: the same bits at level `Exact`, at one point and over rows.

mod derivatives;
mod errors;
mod groups;
mod guards;
mod scale;

use chainrule::{Dual, Program, Var, derive, tape};
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::Expression;

/// Value and gradient on the tape.
fn on_tape(e: &Expression, at: &[f64]) -> (f64, Vec<f64>) {
    tape::scope(|| {
        let xs: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
        let y = e.evaluate(&xs);
        (y.value(), y.backward().of(&xs))
    })
}

/// The rows of an expression: its own point and others.
fn rows(e: &Expression, more: &[[f64; 3]]) -> Vec<Vec<f64>> {
    let width = e.inputs.len();
    let mut rows = vec![e.inputs.clone()];
    rows.extend(more.iter().map(|row| row[..width].to_vec()));
    rows
}

fn values() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => -3.0..3.0,
        1 => prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, f64::INFINITY, f64::NAN, 1e-310, 1e300]),
    ]
}

/// The value and its tangent along a direction, in forward mode on the tape.
fn recorded_tangent(e: &Expression, point: &[f64], direction: &[f64]) -> Dual<f64> {
    tape::scope(|| {
        let along = point.iter().zip(direction);
        let duals: Vec<Dual<Var>> = along
            .map(|(&value, &tangent)| Dual {
                value: Var::new(value),
                tangent: Var::from(tangent),
            })
            .collect();
        let Dual { value, tangent } = e.evaluate(&duals);
        Dual {
            value: value.value(),
            tangent: tangent.value(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_point_has_the_bits_of_the_tape(e in Expression::any(14, false), other in [values(), values(), values()]) {
        let program = Program::trace(e.inputs.len(), |x| e.evaluate(x)).unwrap();
        let mut at = program.evaluator();
        for point in [&e.inputs[..], &other[..e.inputs.len()]] {
            let (value, gradient) = on_tape(&e, point);
            prop_assert!(same(at.value(point).unwrap(), value));
            let (again, derivatives) = at.gradient(point).unwrap();
            prop_assert!(same(again, value));
            for (i, (&a, &b)) in derivatives.iter().zip(&gradient).enumerate() {
                prop_assert!(same(a, b), "with respect to input {i} at {point:?}: program {a:e}, tape {b:e}\n{program}");
            }
            let (_, derivatives) = at.vjp(point, &[1.0]).unwrap();
            for (&a, &b) in derivatives.iter().zip(&gradient) {
                prop_assert!(same(a, b));
            }
            for i in 0..point.len() {
                let direction: Vec<f64> = (0..point.len()).map(|k| f64::from(u8::from(k == i))).collect();
                let forward = recorded_tangent(&e, point, &direction).tangent + 0.0;
                let (_, tangent) = at.jvp(point, &direction).unwrap();
                prop_assert!(same(tangent[0], forward), "along {i}: {:e}, {forward:e}\n{program}", tangent[0]);
            }
        }
    }

    #[test]
    fn every_row_has_the_bits_of_the_tape(e in Expression::any(12, false), more in prop::collection::vec([values(), values(), values()], 0..150)) {
        let program = Program::trace(e.inputs.len(), |x| e.evaluate(x)).unwrap();
        let rows = rows(&e, &more);
        let mut batch = program.batch(&rows).unwrap();
        let found = batch.values(&[]).unwrap().to_vec();
        let (again, gradients) = batch.gradients(&[]).unwrap();
        for (row, point) in rows.iter().enumerate() {
            let (value, gradient) = on_tape(&e, point);
            prop_assert!(same(found[row], value) && same(again[row], value));
            for (&a, &b) in gradients[row * point.len()..].iter().zip(&gradient) {
                prop_assert!(same(a, b), "row {row}: {a:e}, {b:e}");
            }
        }
    }
}

/// A network's loss for one row. The parameters are uniform.
fn network(sizes: &[usize], p: &[Var], row: &[Var]) -> Var {
    let mut x = row[..sizes[0]].to_vec();
    let mut rest = p;
    for (layer, &width) in sizes[1..].iter().enumerate() {
        let mut outputs = Vec::new();
        for _ in 0..width {
            let (weights, after) = rest.split_at(x.len());
            let sum = Var::dot_product(weights, &x).unwrap() + after[0];
            outputs.push(if layer % 2 == 0 {
                sum.relu()
            } else {
                sum.tanh()
            });
            rest = &after[1..];
        }
        x = outputs;
    }
    let penalty = Var::dot_product(p, p).unwrap() * 1e-3;
    x.iter().map(|&s| (s - row[sizes[0]]).square()).sum::<Var>() + penalty
}

/// The documented sum over rows: row by row within 64, then along a tree.
fn tree(rows: &[f64]) -> f64 {
    fn blocks(sums: &[f64]) -> f64 {
        match sums {
            [] => 0.0,
            [only] => *only,
            _ => {
                let half = sums.len().next_power_of_two() / 2;
                blocks(&sums[..half]) + blocks(&sums[half..])
            }
        }
    }
    let sums: Vec<f64> = rows.chunks(64).map(|rows| rows.iter().sum()).collect();
    blocks(&sums)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_batch_has_the_same_bits_however_it_is_computed(
        sizes in prop::collection::vec(1..20_usize, 2..4),
        rows in prop::collection::vec(prop::collection::vec(-2.0..2.0, 21), 1..600),
        threads in 2..5_usize,
        seed in 0..1000_u32,
    ) {
        let count: usize = sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
        let p: Vec<f64> = (0..count).map(|i| ((i as f64 + 1.0) * f64::from(seed + 7)).sin()).collect();
        let width = sizes[0] + 1;
        let rows: Vec<&[f64]> = rows.iter().map(|row| &row[..width]).collect();
        let program = Program::trace_rows(&p, width, |p, row| network(&sizes, p, row)).unwrap();
        let mut batch = program.batch(&rows).unwrap().threads(1);
        let (sum, gradient) = batch.sum_gradient(&p).unwrap();
        let gradient = gradient.to_vec();
        let (values, gradients) = batch.gradients(&p).unwrap();
        prop_assert!(same(sum, tree(values)), "{sum:e}, {:e}", tree(values));

        // One row has the bits of the tape.
        for (row, &point) in rows.iter().enumerate().step_by(37) {
            let at: Vec<f64> = p.iter().chain(point).copied().collect();
            let (value, derivatives) = tape::scope(|| {
                let xs: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
                let y = network(&sizes, &xs[..count], &xs[count..]);
                (y.value(), y.backward().of(&xs))
            });
            prop_assert!(same(values[row], value));
            prop_assert_eq!(&gradients[row * at.len()..][..at.len()], &derivatives[..]);
        }

        // The sum over rows rounds in a different order only if a parameter is used more than once per row.
        for (parameter, &derivative) in gradient.iter().enumerate() {
            let of_rows: Vec<f64> = gradients.iter().skip(parameter).step_by(count + width).copied().collect();
            let size: f64 = of_rows.iter().map(|d| d.abs()).sum();
            prop_assert!((tree(&of_rows) - derivative).abs() <= 1e-13 * size + 1e-300);
        }

        let mut parallel = program.batch(&rows).unwrap().threads(threads);
        let (again, derivatives) = parallel.sum_gradient(&p).unwrap();
        prop_assert!(same(again, sum));
        prop_assert_eq!(derivatives, &gradient[..]);

        let mut stream = program.stream(&p).unwrap().threads(threads);
        for row in &rows {
            stream.push(row).unwrap();
        }
        let (again, derivatives) = stream.sum_gradient().unwrap();
        prop_assert!(same(again, sum));
        prop_assert_eq!(derivatives, gradient);
    }
}

#[test]
fn products_of_negative_zeros_keep_their_sign() {
    let f = |p: &[Var; 4], row: &[Var]| {
        [
            Var::dot_product(&p[..2], row),
            Var::dot_product(&p[2..], row),
        ]
        .map(Result::unwrap)
    };
    let program = Program::trace_rows(&[-1.0; 4], 2, f).unwrap();
    let mut batch = program.batch(&[[0.0, 0.0], [0.0, -0.0]]).unwrap();
    let signs: Vec<bool> = batch
        .values(&[-1.0; 4])
        .unwrap()
        .iter()
        .map(|y| y.is_sign_negative())
        .collect();
    assert_eq!(signs, [true, true, false, false]);
}

#[test]
fn wide_operations_of_different_widths_keep_their_operands() {
    // At one point, operations with many operands at the same depth would be one run if they were as wide as each other.
    let f = |x: &[Var]| {
        let sums = [17, 20, 25, 40].map(|width| x[..width].iter().copied().sum::<Var>());
        let largest = [18, 30, 33].map(|width| Var::max_of(&x[40 - width..]));
        let products = [19, 31].map(|width| Var::product(&x[..width]));
        let all: Vec<Var> = sums.into_iter().chain(largest).chain(products).collect();
        Var::log_sum_exp(&all)
    };
    let x: Vec<f64> = (0..40).map(|k| (f64::from(k) * 0.7).sin() + 1.1).collect();
    let (value, gradient) = derive::gradient(f, &x).unwrap();
    let program = Program::trace(40, f).unwrap();
    assert_eq!(program.gradient(&x).unwrap(), (value, gradient.clone()));
    let rows = vec![x.clone(); 3];
    let mut batch = program.batch(&rows).unwrap();
    let (values, gradients) = batch.gradients(&[]).unwrap();
    assert_eq!(values, [value; 3]);
    assert_eq!(gradients, gradient.repeat(3));
}
