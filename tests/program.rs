//! Programs against the tape: the same bits at level `Exact`, at one point and over rows.

mod expression;

use chainrule::{Dual, Program, Var, tape};
use expression::Expression;
use proptest::prelude::*;

/// Equal to the last bit; any NaN equals any NaN.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Value and gradient on the tape.
fn on_tape(e: &Expression, at: &[f64]) -> (f64, Vec<f64>) {
    tape::scope(|| {
        let xs: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
        let y = e.evaluate(&xs);
        (y.value(), y.backward().of(&xs))
    })
}

/// An expression's rows: its own point and others.
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn at_a_point_bits_are_those_of_the_tape(e in Expression::any(14, false), other in [values(), values(), values()]) {
        let program = Program::trace(e.inputs.len(), |x| e.evaluate(x)).unwrap();
        let mut at = program.evaluator();
        for point in [&e.inputs[..], &other[..e.inputs.len()]] {
            let (value, gradient) = on_tape(&e, point);
            prop_assert!(same(at.value(point).unwrap(), value));
            let (again, derivatives) = at.gradient(point).unwrap();
            prop_assert!(same(again, value));
            for (i, (&a, &b)) in derivatives.iter().zip(&gradient).enumerate() {
                prop_assert!(same(a, b), "by {i} at {point:?}: program {a:e}, tape {b:e}\n{program}");
            }
            let (_, derivatives) = at.vjp(point, &[1.0]).unwrap();
            for (&a, &b) in derivatives.iter().zip(&gradient) {
                prop_assert!(same(a, b));
            }
            for i in 0..point.len() {
                let duals: Vec<Dual<f64>> = point.iter().enumerate()
                    .map(|(k, &x)| if k == i { Dual::variable(x) } else { x.into() }).collect();
                let direction: Vec<f64> = (0..point.len()).map(|k| f64::from(u8::from(k == i))).collect();
                let forward = e.evaluate(&duals).tangent + 0.0;
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
