//! Tests derivatives inside the traced function: a recorded gradient replays with the bits that it has on the tape.

use chainrule::{Dual, Mode, Program, Transform, Var, tape};
use proptest::prelude::*;

use super::{recorded_tangent, values};
use crate::compare::same;
use crate::expression::Expression;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_traced_gradient_has_the_bits_of_the_tape_everywhere(
        e in Expression::any(7, false),
        other in [values(), values(), values()],
    ) {
        // Traced at a point where every derivative may be 0. They need not be 0 elsewhere.
        let program = Program::trace(e.inputs.len(), |x| e.evaluate(x).gradient(x)).unwrap();
        let mut at = program.evaluator();
        // In reverse mode, like the tape.
        let mut jacobian = program.transform(Transform::Jacobian(Mode::Reverse)).unwrap().evaluator();
        for point in [&e.inputs[..], &other[..e.inputs.len()]] {
            let (first, second) = tape::scope(|| {
                let xs: Vec<Var> = point.iter().map(|&x| Var::new(x)).collect();
                let gradient = e.evaluate(&xs).gradient(&xs);
                let first: Vec<f64> = gradient.iter().map(|slope| slope.value()).collect();
                let second: Vec<f64> = gradient.iter().flat_map(|slope| {
                    if slope.is_constant() {
                        vec![0.0; xs.len()]
                    } else {
                        slope.backward().of(&xs)
                    }
                }).collect();
                (first, second)
            });
            for (&a, &b) in at.values(point).unwrap().iter().zip(&first) {
                prop_assert!(same(a, b), "at {point:?}: program {a:e}, tape {b:e}\n{program}");
            }
            for (&a, &b) in jacobian.values(point).unwrap().iter().zip(&second) {
                prop_assert!(same(a, b), "at {point:?}: second derivative {a:e}, tape {b:e}\n{program}");
            }
        }
    }

    #[test]
    fn a_traced_tangent_has_the_bits_of_forward_mode_on_the_tape(
        e in Expression::any(7, false),
        other in [values(), values(), values()],
    ) {
        let along = |k: usize| f64::from(u8::from(k == 0));
        let program = Program::trace(e.inputs.len(), |x| {
            let duals: Vec<Dual<Var>> = x.iter().enumerate()
                .map(|(k, &value)| Dual { value, tangent: along(k).into() }).collect();
            let Dual { value, tangent } = e.evaluate(&duals);
            [value, tangent]
        }).unwrap();
        for point in [&e.inputs[..], &other[..e.inputs.len()]] {
            let direction: Vec<f64> = (0..point.len()).map(along).collect();
            let want = recorded_tangent(&e, point, &direction);
            let found = program.values(point).unwrap();
            prop_assert!(same(found[0], want.value));
            prop_assert!(same(found[1] + 0.0, want.tangent + 0.0), "{found:?}, {want:?}\n{program}");
        }
    }

    #[test]
    fn several_outputs_are_weighted_as_the_tape_seeds_them(
        e in Expression::any(7, false),
        other in [values(), values(), values()],
        weights in [values(), values(), values(), values()],
    ) {
        // The outputs are the result twice, an input and a number, to cover duplicates and outputs that are not computed.
        let program = Program::trace(e.inputs.len(), |x| {
            let y = e.evaluate(x);
            [y, x[0], y, Var::from(7.0)]
        }).unwrap();
        let mut at = program.evaluator();
        for point in [&e.inputs[..], &other[..e.inputs.len()]] {
            let (values, slopes) = tape::scope(|| {
                let xs: Vec<Var> = point.iter().map(|&x| Var::new(x)).collect();
                let y = e.evaluate(&xs);
                let [a, b, c, _] = weights;
                let seeds: Vec<(Var, f64)> = [(y, a), (xs[0], b), (y, c)].into_iter()
                    .filter(|(y, _)| !y.is_constant()).collect();
                ([y.value(), point[0], y.value(), 7.0], chainrule::backward_with(&seeds).of(&xs))
            });
            let (found, gradient) = at.vjp(point, &weights).unwrap();
            prop_assert!(found.iter().zip(&values).all(|(&a, &b)| same(a, b)));
            for (&a, &b) in gradient.iter().zip(&slopes) {
                prop_assert!(same(a, b), "{a:e}, tape {b:e}\n{program}");
            }
        }
    }
}

#[test]
fn a_zero_derivative_while_tracing_is_not_a_branch() {
    let program = Program::trace(1, |x| x[0].square().gradient(x)).unwrap();
    assert_eq!(program.values(&[3.0]).unwrap(), [6.0]);
    assert_eq!(program.evaluator().jacobian(&[3.0]).unwrap().1, [2.0]);
}

#[test]
fn derivatives_of_zero_have_no_sign_in_any_mode() {
    // The adjoint of the parameter underflows from below.
    let f = |p: &[Var; 1], row: &[Var]| p[0] * row[0] * -1e-200;
    let program = Program::trace_rows(&[1.0], 1, f).unwrap();
    let rows = [[1e-200], [1e-200]];
    let zero = |x: f64| x == 0.0 && x.is_sign_positive();
    let mut batch = program.batch(&rows).unwrap();
    let signs = [
        batch.sum_gradient(&[1.0]).unwrap().1[0],
        batch.mean_gradient(&[1.0]).unwrap().1[0],
    ];
    assert!(signs.into_iter().all(zero), "{signs:?}");
    assert!(zero(batch.gradients(&[1.0]).unwrap().1[0]));
    let mut stream = program.stream(&[1.0]).unwrap();
    stream.push(&rows[0]).unwrap();
    assert!(zero(stream.sum_gradient().unwrap().1[0]));
    let mut at = program.evaluator();
    assert!(zero(at.gradient(&[1.0, 1e-200]).unwrap().1[0]));
    assert!(zero(at.vjp(&[1.0, 1e-200], &[1.0]).unwrap().1[0]));
    assert!(zero(at.jvp(&[1.0, 1e-200], &[1.0, 0.0]).unwrap().1[0]));
}
