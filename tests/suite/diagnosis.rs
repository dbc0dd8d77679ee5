//! Tests the diagnosis of products of 0 and ∞ in the chain rule.

use chainrule::{ErrorKind, Order, Program, Transform, Var, derive, tape};
use proptest::prelude::*;

use crate::compare::equal;
use crate::expression::Expression;

/// The gradient with indeterminate products as NaN, and for each product of 0 and ∞ whether the zero is exact.
fn diagnose(f: impl Fn(&[Var]) -> Var, x: &[f64]) -> (Vec<f64>, Vec<bool>) {
    let program = Program::trace_at(x, |x| f(x)).unwrap();
    let (value, gradient, zeros) = program.diagnose(x).unwrap();
    let (graph, (x, y)) = tape::record(|| {
        let x: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
        (x.clone(), f(&x))
    });
    let on_graph = graph.diagnose(&[(y, 1.0)]);
    assert_eq!(value.to_bits(), y.value().to_bits());
    let exact: Vec<bool> = zeros.iter().map(|zero| zero.is_exact).collect();
    let exact_on_graph: Vec<bool> = on_graph.zeros.iter().map(|zero| zero.is_exact).collect();
    assert_eq!(exact, exact_on_graph);
    for (a, b) in gradient.iter().zip(on_graph.gradients.of(&x)) {
        assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
    }
    (gradient, exact)
}

#[test]
fn a_zero_that_is_a_limit_is_indeterminate() {
    type Case = (fn(&[Var]) -> Var, f64);
    let cases: [Case; 9] = [
        (|x| x[0].sqrt().square(), 0.0),
        (|x| x[0].recip().recip(), 0.0),
        (|x| x[0].ln().exp(), 0.0),
        (|x| x[0].square().sqrt(), 0.0),
        (|x| (x[0] - 2.0).cbrt().powi(3), 2.0),
        (|x| x[0] * x[0].ln(), 0.0),
        (|x| (x[0].square() + x[0].powi(4)).sqrt(), 0.0),
        (
            // One term of the sum is constant.
            |x| {
                let terms = Var::dot_product(&[x[0], Var::from(-1.0)], &[Var::from(1.0); 2]);
                terms.unwrap().sqrt().square()
            },
            1.0,
        ),
        (
            |x| derive::custom(x[0].square(), &[(x[0], x[0] * 2.0)]).sqrt(),
            0.0,
        ),
    ];
    for (place, (f, at)) in cases.into_iter().enumerate() {
        let (gradient, exact) = diagnose(f, &[at]);
        let slope = derive::gradient(f, &[at]).unwrap().1[0];
        assert!(
            gradient[0].is_nan() || !slope.is_finite(),
            "case {place}: {gradient:?} {slope}"
        );
        assert!(exact.contains(&false) || !slope.is_finite(), "case {place}");
    }
}

#[test]
fn a_zero_of_the_structure_is_exact() {
    type Case = (fn(&[Var]) -> Var, f64);
    let cases: [Case; 6] = [
        (|x| x[0].less(1.0).select(x[0] * 3.0, x[0].ln()), 3.0),
        (|x| (-x[0].sqrt() - 1.0).relu() + x[0], 1.0),
        (|x| x[0].sqrt() * 0.0 + x[0] * 2.0, 2.0),
        (|x| x[0].sqrt().max(1.0) + x[0], 1.0),
        (|x| derive::stop_gradient(x[0].sqrt()) + x[0], 1.0),
        (|x| x[0].sqrt().floor() + x[0], 1.0),
    ];
    for (place, (f, slope)) in cases.into_iter().enumerate() {
        let (gradient, exact) = diagnose(f, &[0.0]);
        assert_eq!(gradient, [slope], "case {place}");
        assert_eq!(exact, [true], "case {place}");
    }
}

#[test]
fn zeros_are_told_with_operation_and_operands() {
    let x = Var::new(0.0);
    let zeros = (x.sqrt() * Var::new(0.0)).diagnose().zeros;
    assert_eq!(
        zeros[0].to_string(),
        "Sqrt(0.0) = 0.0, node 2, operand 0: derivative 0.0 of the result times slope inf is indeterminate"
    );
    assert!(Var::from(2.0).diagnose().zeros.is_empty());
    let none = Program::trace(1, |_| Vec::<Var>::new()).unwrap();
    assert_eq!(
        none.diagnose(&[1.0]).unwrap_err().kind(),
        ErrorKind::Argument
    );
    assert_eq!(none.diagnose(&[]).unwrap_err().kind(), ErrorKind::Length);
    // A mask that is not differentiated makes an exact zero.
    let masked = Program::trace(2, |x| x[0] * x[1].sqrt()).unwrap();
    let (_, gradient, zeros) = masked.diagnose(&[0.0, 0.0]).unwrap();
    assert!(gradient[1].is_nan() && !zeros[0].is_exact);
    let masked = masked.with_respect_to(&[1]).unwrap();
    let (_, gradient, zeros) = masked.diagnose(&[0.0, 0.0]).unwrap();
    assert!(gradient == [0.0] && zeros[0].is_exact);
    // The inputs that derivatives are taken with respect to.
    let f = Program::trace(2, |x| x[0] * x[1])
        .unwrap()
        .with_respect_to(&[1])
        .unwrap();
    assert_eq!(f.diagnose(&[3.0, 4.0]).unwrap(), (12.0, vec![3.0], vec![]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Without an indeterminate product, the derivatives have the bits of the plain sweep. With one, some derivative may be
    /// NaN, and every other one is unchanged.
    #[test]
    fn only_indeterminate_products_change_derivatives(e in Expression::any(12, true)) {
        let f = |x: &[Var]| e.evaluate(x);
        let (gradient, exact) = diagnose(f, &e.inputs);
        let plain = derive::gradient(f, &e.inputs).unwrap().1;
        for (&found, &plain) in gradient.iter().zip(&plain) {
            let same = found.to_bits() == plain.to_bits() || found.is_nan() && plain.is_nan();
            prop_assert!(same || found.is_nan() && exact.contains(&false), "{found:e} {plain:e}");
        }
    }
}

#[test]
fn indeterminate_second_derivatives_are_told() {
    // The Hessian of ‖x‖², written through a root, at the origin. By the zero rule it is 0; right is 2.
    let f = Program::trace(2, |x| (x[0].square() + x[1].square()).sqrt().square()).unwrap();
    assert_eq!(f.hessian(&[0.0, 0.0]).unwrap().2, [0.0; 4]);
    let gradient = f.transform(Transform::Gradient).unwrap();
    for entry in 0..2 {
        let entry = gradient.select(&[entry]).unwrap();
        let (value, slopes, zeros) = entry.diagnose(&[0.0, 0.0]).unwrap();
        assert!(value.is_nan() && slopes[0].is_nan(), "{value} {slopes:?}");
        assert!(zeros.iter().any(|zero| !zero.is_exact));
        let (value, slopes, zeros) = entry.diagnose(&[3.0, 4.0]).unwrap();
        assert!(
            value.is_finite() && slopes.iter().all(|slope| slope.is_finite()) && zeros.is_empty()
        );
    }
    // The same for a recorded gradient.
    let x = Var::new(0.0);
    let slope = x.sqrt().square().gradient(&[x])[0];
    assert_eq!(slope.value(), 0.0);
    let diagnosis = slope.diagnose();
    assert!(diagnosis.values[0].is_nan() && diagnosis.gradients[x].is_nan());
    // A product of 0 and a number is no such product.
    let x = Var::new(0.0);
    let diagnosis = x.square().square().gradient(&[x])[0].diagnose();
    assert_eq!(
        (&diagnosis.values[..], diagnosis.gradients[x]),
        (&[0.0][..], 0.0)
    );
    assert!(diagnosis.zeros.is_empty());
    // A branch not taken stays harmless in second derivatives too.
    let x = Var::new(-1.0);
    let y = x.greater(0.0).select(x.sqrt(), x.powi(3));
    let slope = y.gradient(&[x])[0];
    let diagnosis = slope.diagnose();
    let told: Vec<String> = diagnosis.zeros.iter().map(ToString::to_string).collect();
    let found = (diagnosis.values[0], diagnosis.gradients[x]);
    assert_eq!(found, (3.0, -6.0), "{told:#?}");
    assert!(diagnosis.zeros.iter().all(|zero| zero.is_exact));
    let report = f.check_hessian(&[0.0, 0.0]).unwrap();
    assert!(report.is_wrong(), "{report}");
    assert!(report.to_string().contains("INDETERMINATE"), "{report}");
}

#[test]
fn a_zero_that_cannot_change_is_exact() {
    // The zero comes from a closed gate, a flat step or a constant, through further operations.
    type Case = (fn(&[Var]) -> Var, [f64; 2]);
    let cases: [Case; 5] = [
        (|x| x[0].relu() * x[1].ln(), [-1.0, 0.0]),
        (|x| (x[0].floor() * 3.0) * x[1].ln(), [0.5, 0.0]),
        (|x| (x[0].relu() * x[0] + 0.0) * x[1].sqrt(), [-1.0, 0.0]),
        (|x| x[0].min(0.0).max(0.0) * x[1].sqrt(), [1.0, 0.0]),
        (
            |x| x[0].less(x[1]).select(x[0], 0.0) * x[1].sqrt(),
            [1.0, 0.0],
        ),
    ];
    for (place, (f, at)) in cases.into_iter().enumerate() {
        let (gradient, exact) = diagnose(f, &at);
        assert!(
            !exact.is_empty() && !exact.contains(&false),
            "case {place}: {exact:?}"
        );
        assert_eq!(gradient[1], 0.0, "case {place}");
    }
    // At the corner itself, the gate may open, also for the slope.
    for f in [
        |x: &[Var]| x[0].sqrt().relu(),
        |x: &[Var]| x[0].sqrt().clamp(0.0, 1.0),
    ] {
        let (gradient, exact) = diagnose(f, &[0.0]);
        assert!(gradient[0].is_nan() && exact.contains(&false));
    }
    let (_, exact) = diagnose(|x| x[0].relu() * x[1].sqrt(), &[0.0, 0.0]);
    assert!(exact.contains(&false));
}

#[test]
fn the_seeds_of_an_output_given_twice_are_added() {
    let (graph, (x, y)) = tape::record(|| {
        let x = Var::new(0.0);
        (x, x.sqrt())
    });
    // The sum of these seeds is 0, so no derivative passes.
    let cancelled = [(y, 1.0), (y, -1.0)];
    assert!(graph.first_nonfinite_gradient(&cancelled).is_none());
    assert_eq!(graph.diagnose(&cancelled).gradients[x], 0.0);
    assert!(graph.first_nonfinite_gradient(&[(y, 1.0)]).is_some());
    let (graph, (x, y)) = tape::record(|| {
        let x = Var::new(3.0);
        (x, x.square())
    });
    let found = graph.diagnose(&[(y, 1.0), (x, 5.0), (y, 10.0)]);
    assert_eq!(found.gradients[x], 11.0 * 6.0 + 5.0);
}

#[test]
fn every_row_of_a_batch_is_diagnosed_like_a_point() {
    let f = Program::trace_rows(&[1.0], 2, |p, row| {
        let power = (p[0] * row[0] - 1.0).sqrt().square();
        [power * row[1], row[0].recip()]
    });
    let f = f.unwrap().with_respect_to(&[0]).unwrap();
    // In row 1, the slope of the root meets a zero that moves, in row 2 the constant 0.
    let rows = [[1.0, 2.0], [0.5, 3.0], [0.5, 0.0], [2.5, 1.0]];
    for order in [Order::RowMajor, Order::ColumnMajor] {
        let mut batch = f.batch(&rows).unwrap().order(order);
        let (values, gradients, zeros) = batch.diagnose(&[2.0]).unwrap();
        let told: Vec<_> = zeros.iter().map(|zero| (zero.row, zero.is_exact)).collect();
        assert_eq!(told, [(Some(1), false), (Some(2), true)]);
        let slopes = [2.0, f64::NAN, 0.0, 2.5];
        assert_eq!((values.len(), gradients.len()), (4, 4));
        for (row, [x, weight]) in rows.into_iter().enumerate() {
            let (value, gradient, expected) = f.diagnose(&[2.0, x, weight]).unwrap();
            assert_eq!(values[row].to_bits(), value.to_bits());
            for slope in [gradient[0], slopes[row]] {
                assert!(equal(gradients[row], slope), "row {row}: {gradients:?}");
            }
            let of_row = zeros.iter().filter(|zero| zero.row == Some(row));
            let of_row: Vec<_> = of_row.map(|zero| (&zero.operation, zero.term)).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|zero| (&zero.operation, zero.term))
                .collect();
            assert_eq!(of_row, expected, "row {row}");
        }
    }
}

#[test]
fn a_program_tells_its_first_derivative_that_is_not_finite() {
    let f = Program::trace(2, |x| [x[0].sqrt() * x[1], x[0].recip()]).unwrap();
    let told = |f: &Program, x: &[f64]| {
        let found = f.first_nonfinite_gradient(x).unwrap();
        found.map(|found| {
            let term = found.term.unwrap();
            let way: Vec<&str> = found.path.iter().map(|step| step.op.row().name).collect();
            let name = found.operation.op.row().name;
            (name, term.operand, term.adjoint, term.partial, way)
        })
    };
    let root = |adjoint| Some(("Sqrt", 0, adjoint, f64::INFINITY, vec!["Mul"]));
    assert_eq!(told(&f, &[0.0, 2.0]), root(2.0));
    assert_eq!(told(&f, &[0.0, -0.5]), root(-0.5));
    // A zero weight, a finite slope, and an input that nothing is differentiated with respect to.
    assert_eq!(told(&f, &[0.0, 0.0]), None);
    assert_eq!(told(&f, &[4.0, 2.0]), None);
    let by_weight = f.with_respect_to(&[1]).unwrap();
    assert_eq!(told(&by_weight, &[0.0, 2.0]), None);
    let none = Program::trace(1, |_| Vec::<Var>::new()).unwrap();
    assert_eq!(told(&none, &[1.0]), None);
}
