//! Tests the checks of derivatives by difference quotients: correct ones pass, planted errors are found.

use chainrule::check::{self, Entry, Verdict};
use chainrule::op::{Law, Op};
use chainrule::{ErrorKind, Program, Var, derive, tape};
use proptest::prelude::*;

use crate::expression::{Expression, all_ops, arity};
use crate::scale::Scale;

/// A function of one number, and a point.
type Case = (fn(&[Var]) -> Var, f64);

/// A function's value and gradient on a graph of its own, as plain numbers.
fn plain(f: impl Fn(&[Var]) -> Var) -> impl Fn(&[f64]) -> (f64, Vec<f64>) {
    move |x| {
        let (_, plain) = tape::record(|| {
            let x: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
            let y = f(&x);
            (y.peek(), y.backward().of(&x))
        });
        plain
    }
}

#[test]
fn correct_gradients_at_hard_points_agree() {
    let cases: [Case; 22] = [
        (|x| x[0].relu(), 5e-7),
        (|x| x[0].abs(), 3e-7),
        (|x| x[0].abs(), -1e-12),
        (|x| x[0].square() + 1e9, 1.0),
        (|x| x[0].square() + 1e9, 1e-2),
        (|x| x[0].sqrt(), 1e-9),
        (|x| x[0].sqrt(), 1e-200),
        (|x| x[0].recip(), 1e-5),
        (|x| x[0].recip(), -1e9),
        (|x| (x[0] * 1e-6).sin(), 0.7),
        (|x| (x[0] * 1e6).sin(), 0.7),
        (|x| x[0].sin(), 1e6),
        (|x| x[0].exp(), 700.0),
        (|x| x[0].exp() * 1e-6, 0.5),
        (|x| x[0].square(), 0.0),
        (|x| x[0] * 0.0, 1.0),
        (|x| x[0].floor() + x[0], 2.5),
        (|x| x[0].ln(), 1e-300),
        (|x| x[0].ln(), 1e300),
        (|x| (x[0] - 1.0).powi(3), 1.0),
        (|x| x[0].abs() * x[0], 0.0),
        (|x| x[0].tan(), 1.57),
    ];
    for (place, (f, at)) in cases.into_iter().enumerate() {
        let report = check::gradient(f, &[at]).unwrap();
        assert!(report.all_agree(), "case {place}: {report}");
        let report = check::opaque(plain(f), &[at]).unwrap();
        assert!(
            report.all_agree(),
            "case {place} of plain numbers: {report}"
        );
    }
}

#[test]
fn wrong_gradients_are_found() {
    fn declared(y: Var, x: Var, slope: impl Into<Var>) -> Var {
        derive::custom(y, &[(x, slope.into())])
    }
    let cases: [Case; 6] = [
        (
            |x| declared(x[0].exp() * 1e-6, x[0], x[0].exp() * 3.7e-6),
            0.5,
        ),
        (|x| declared((x[0] * 1e-6).sin(), x[0], 0.0), 0.7),
        (|x| declared(x[0].square() + 1e9, x[0], x[0] * 2.001), 1.0),
        (|x| declared(x[0].sqrt(), x[0], x[0].sqrt().recip()), 1e-9),
        (|x| declared(x[0].relu(), x[0], 0.0), 5e-7),
        (|x| declared(x[0].abs(), x[0], 2.0), 0.0),
    ];
    for (place, (f, at)) in cases.into_iter().enumerate() {
        let report = check::gradient(f, &[at]).unwrap();
        assert!(report.is_wrong(), "case {place}: {report}");
        let report = check::opaque(plain(f), &[at]).unwrap();
        assert!(report.is_wrong(), "case {place} of plain numbers: {report}");
    }
}

#[test]
fn a_bound_that_hides_the_derivative_is_no_agreement() {
    // Rounding errors of 1e9 hide derivatives below 1e-3.
    type Slope = fn(Var) -> Var;
    let slopes: [Slope; 4] = [
        |_| 1e-4.into(),
        |_| 2e-4.into(),
        |_| 0.0.into(),
        |x| x * 1e40,
    ];
    let hidden = |x: Var| x.square() * 1e-9 + x.square().square() * 1e9 - x.square().square() * 1e9;
    for (place, slope) in slopes.into_iter().enumerate() {
        for at in [0.0, 1e-180, 3.0] {
            let f = |x: &[Var]| derive::custom(hidden(x[0]) + 1e9, &[(x[0], slope(x[0]))]);
            let report = check::gradient(f, &[at]).unwrap();
            let verdict = &report.entries[0].verdict;
            let derivative = report.entries[0].derivative;
            let is_right = (derivative - 2e-9 * at).abs() <= 1e-6 * derivative.abs();
            let hides = matches!(verdict, Verdict::BelowNoise { .. } | Verdict::Wrong { .. });
            assert!(is_right || hides, "case {place} at {at:e}: {report}");
        }
    }
    let far = |x: &[Var]| derive::custom(x[0].square(), &[(x[0], x[0] * 2e40)]);
    assert!(!check::gradient(far, &[1e-180]).unwrap().all_agree());
}

#[test]
fn underflow_is_no_error() {
    let cases: [fn(Var) -> Var; 4] = [
        |x| x.square() * 1e-100,
        |x| x.square() / 1e100,
        |x| (x.square() / 3.0).ln_1p(),
        |x| x.square() * 1e-100 * 1e-100 * 1e-100,
    ];
    for (place, f) in cases.into_iter().enumerate() {
        for at in [1e-180, 1e-160, -1e-170, 1e-300] {
            let report = check::gradient(|x| f(x[0]), &[at]).unwrap();
            assert!(!report.is_wrong(), "case {place} at {at:e}: {report}");
        }
    }
}

#[test]
fn the_cause_is_found_in_linear_time() {
    // Each term is an operation of its own; the last one has a wrong slope.
    let terms = |x: Var, count: i32| -> Var {
        let term = |k: i32| {
            let z = x * f64::from(k);
            derive::custom(
                z.sin(),
                &[(z, z.cos() * if k == count { 2.0 } else { 1.0 })],
            )
        };
        (1..=count).map(term).sum()
    };
    let report = check::gradient(|x| terms(x[0], 300), &[0.3]).unwrap();
    let Verdict::Wrong {
        cause: Some(cause), ..
    } = &report.entries[0].verdict
    else {
        panic!("{report}");
    };
    assert_eq!(cause.operation.value, 90_f64.sin());
}

#[test]
fn slopes_of_plain_numbers() {
    let verdict = |f: fn(f64) -> (f64, f64), at: f64| {
        let report = check::opaque(|x| (f(x[0]).0, vec![f(x[0]).1]), &[at]).unwrap();
        report.entries[0].verdict.clone()
    };
    let corner = |slope: f64| matches!(verdict(|x| (x.abs(), 0.5), 0.0), Verdict::Kink { left: -1.0, right } if right == slope);
    assert!(corner(1.0) && !corner(0.0));
    let jump = verdict(|x| (x + x.signum(), 1.0), 0.0);
    assert!(matches!(jump, Verdict::Kink { left, .. } if left.is_nan()));
    let edge = verdict(|x| (x.sqrt(), 1.0 / x.sqrt()), 0.0);
    assert!(matches!(edge, Verdict::NonFinite { first: None }));
    // At the edge of its domain, a function has a slope to one side.
    let edge = verdict(|x| (x * x.sqrt(), 1.5 * x.sqrt()), 0.0);
    assert!(
        matches!(edge, Verdict::Agrees { .. } | Verdict::BelowNoise { .. }),
        "{edge:?}"
    );
    // Half of the digits cancel, at 0 all of them.
    for at in [0.7, 0.0] {
        let cancelling = verdict(|x| ((x + 1e8) - 1e8, 1.0), at);
        assert!(
            matches!(cancelling, Verdict::Agrees { .. }),
            "{cancelling:?}"
        );
        let wrong = verdict(|x| ((x + 1e8) - 1e8, 1.01), at);
        assert!(matches!(wrong, Verdict::Wrong { .. }), "{wrong:?}");
    }
    let error = check::opaque(|x| (x[0], vec![]), &[1.0]).unwrap_err();
    assert_eq!(error.to_string(), "slopes: expected 1 value, found 0");
}

#[test]
fn verdicts_of_points_without_a_derivative() {
    let verdict = |f: fn(&[Var]) -> Var, at: f64| {
        let report = check::gradient(f, &[at]).unwrap();
        assert!(!report.all_agree());
        report.entries[0].verdict.clone()
    };
    assert!(
        matches!(verdict(|x| x[0].sign() + x[0], 0.0), Verdict::Kink { left, right } if left.is_nan() && right.is_nan())
    );
    let kink = Verdict::Kink {
        left: 0.0,
        right: 1.0,
    };
    assert_eq!(verdict(|x| x[0].relu(), 0.0), kink);
    assert!(matches!(
        verdict(|x| x[0].sqrt().square(), 0.0),
        Verdict::Indeterminate(_)
    ));
    assert!(matches!(
        verdict(|x| x[0] + 1e17, 1.0),
        Verdict::BelowNoise { .. }
    ));
    let Verdict::NonFinite { first } = verdict(|x| x[0].ln() + 1.0, -1.0) else {
        panic!()
    };
    assert_eq!(
        first.map(|first| (first.operation.op.row().name, first.operation.operands)),
        Some(("Ln", vec![-1.0]))
    );
    let Verdict::NonFinite { first: Some(first) } = verdict(|x| x[0].sqrt(), 0.0) else {
        panic!()
    };
    assert_eq!(first.operation.op.row().name, "Sqrt");
    assert_eq!(first.term.unwrap().partial, f64::INFINITY);
    assert!(matches!(
        verdict(|x| x[0] * 1.0, f64::INFINITY),
        Verdict::NonFinite { .. }
    ));
    // A branch on equality: the derivative of the branch taken is 1, that of the function 2.
    let equal = |x: &[Var]| if x[0] == 0.5 { x[0] } else { x[0] * 2.0 - 0.5 };
    let Verdict::Branch(branch) = verdict(equal, 0.5) else {
        panic!()
    };
    assert!(
        branch.at.file().ends_with("check.rs") && branch.comparison.ends_with("== 0.5"),
        "{branch:?}"
    );
    let edge = |x: &[Var]| if x[0] >= 0.5 { x[0] } else { x[0] * 3.0 };
    assert!(matches!(verdict(edge, 0.5), Verdict::Branch(_)));
    // The branch that was taken does not have the input at all, so its derivative is 0.
    let without = |x: &[Var]| {
        if x[0] == 0.5 {
            Var::from(1.0)
        } else {
            x[0] * 2.0
        }
    };
    assert!(matches!(verdict(without, 0.5), Verdict::Branch(_)));
    let beside = |x: &[Var]| if x[0] > 0.0 { Var::from(1.0) } else { x[0] };
    assert!(check::gradient(beside, &[0.5]).unwrap().all_agree());
    // The same as a value: the choice holds at 0 only, and the program cannot know that from a branch.
    let chosen = |x: &[Var]| x[0].select(x[0] * 2.0, x[0]);
    assert!(matches!(
        verdict(chosen, 0.0),
        Verdict::Wrong { quotient: 2.0, .. }
    ));
}

/// Every operation of the table at a point within its domain, as an operation with declared slopes.
fn declared(op: Op, x: &[Var], change: impl Fn(usize, Var) -> Var) -> Var {
    let value = op.apply(x).unwrap();
    let slopes = op.partials(x, value).into_iter().enumerate();
    let slopes: Vec<(Var, Var)> = slopes
        .map(|(place, slope)| (x[place], change(place, slope)))
        .collect();
    derive::custom(value, &slopes)
}

/// A point within the domain of an operation.
fn point(op: Op) -> Vec<f64> {
    let row = op.row();
    let count = arity(op).unwrap_or(4);
    let inside = |place: usize| {
        let [low, high] = row.domain[place.min(row.domain.len() - 1)];
        let (low, high) = (low.max(-2.0), high.min(2.5));
        low + (high - low) * (0.61 + 0.07 * place as f64)
    };
    let mut point: Vec<f64> = (0..count).map(inside).collect();
    if row.laws.contains(&Law::IntegerRight) {
        point[1] = 2.0;
    }
    point
}

#[test]
fn every_error_planted_in_a_row_is_found() {
    type Error = fn(Var) -> Var;
    let errors: [Error; 6] = [
        |slope| -slope,
        |slope| slope * 2.0,
        |slope| slope * 1.0001,
        |slope| slope + 1e-4,
        |slope| slope * 0.0,
        |slope| slope.square() + 0.01,
    ];
    let mut planted = 0;
    for op in all_ops() {
        if op.row().laws.contains(&Law::Declared) || op.row().laws.contains(&Law::Stop) {
            continue;
        }
        let x = point(op);
        let fine = check::gradient(|x| declared(op, x, |_, slope| slope), &x).unwrap();
        assert!(!fine.is_wrong(), "{op:?} at {x:?}: {fine}");
        let slopes = op.partials(&x, op.apply(&x).unwrap());
        for (place, slope) in slopes.into_iter().enumerate() {
            if !slope.is_finite() || (place == 1 && op.row().laws.contains(&Law::IntegerRight)) {
                continue;
            }
            for (number, error) in errors.into_iter().enumerate() {
                let change = |at: usize, slope: Var| if at == place { error(slope) } else { slope };
                if error(slope.into()).peek() == slope {
                    continue;
                }
                let report = check::gradient(|x| declared(op, x, change), &x).unwrap();
                let entry = &report.entries[place];
                let Verdict::Wrong {
                    cause: Some(cause), ..
                } = &entry.verdict
                else {
                    panic!("error {number} of {op:?}, operand {place}, at {x:?}: {report}")
                };
                assert_eq!(
                    (cause.operation.op.row().name, cause.operand),
                    ("Custom", 2 * place + 1)
                );
                let report = check::opaque(plain(|x| declared(op, x, change)), &x).unwrap();
                assert!(
                    report.is_wrong(),
                    "error {number} of {op:?}, operand {place}, at {x:?}: {report}"
                );
                planted += 1;
            }
        }
    }
    assert!(planted > 400, "{planted}");
}

#[test]
fn jacobians_and_hessians() {
    let f = Program::trace(2, |x| [x[0] * x[1], x[1].exp(), x[0].ln()]).unwrap();
    let report = f.check_jacobian(&[0.5, 0.25]).unwrap();
    assert!(report.all_agree(), "{report}");
    let places: Vec<(usize, usize)> = report.entries.iter().map(|e| (e.output, e.input)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
    let chosen = f
        .with_respect_to(&[1])
        .unwrap()
        .check_gradient(&[0.5, 0.25])
        .unwrap();
    assert_eq!(
        (
            chosen.entries.len(),
            chosen.entries[0].input,
            chosen.entries[0].derivative
        ),
        (1, 1, 0.5)
    );
    assert_eq!(
        f.check_gradient(&[0.5]).unwrap_err().kind(),
        ErrorKind::Length
    );
    let none = Program::trace(1, |_| Vec::<Var>::new()).unwrap();
    assert_eq!(
        none.check_gradient(&[0.5]).unwrap_err().kind(),
        ErrorKind::Argument
    );
    // The first derivative is right, the second is not.
    let wrong = |x: &[Var]| {
        let slope = derive::custom(x[0].cos(), &[(x[0], x[0].sin())]);
        derive::custom(x[0].sin(), &[(x[0], slope)])
    };
    assert!(check::gradient(wrong, &[0.7]).unwrap().all_agree());
    assert!(check::hessian(wrong, &[0.7]).unwrap().is_wrong());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Derivatives of the engine are never called wrong.
    #[test]
    fn no_false_alarms(e in Expression::any(8, true)) {
        prop_assume!(!has_declared(&e));
        let report = check::gradient(|x| e.evaluate(x), &e.inputs).unwrap();
        prop_assert!(!report.is_wrong(), "{report}");
        // The terms of a slope are not known here, so that the rounding error of terms that cancel counts as a slope.
        let report = check::opaque(plain(|x| e.evaluate(x)), &e.inputs).unwrap();
        let (graph, (xs, y)) = tape::record(|| {
            let xs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
            (xs.clone(), e.evaluate(&xs))
        });
        let scale = Scale::of(&graph, y);
        let is_rounding = |entry: &Entry| entry.derivative.abs() <= 64.0 * f64::EPSILON * scale.by(xs[entry.input]);
        let is_wrong = |entry: &Entry| matches!(entry.verdict, Verdict::Wrong { .. });
        prop_assert!(!report.entries.iter().any(|entry| is_wrong(entry) && !is_rounding(entry)), "of plain numbers: {report}");
    }

    /// The same at zeros, infinities and NaN, where products may be indeterminate. Where corners meet, the slope of the whole may be
    /// another than the chain rule's, and so where a partial underflows, such as that of 1/x at 10³⁰⁰.
    #[test]
    fn no_false_alarms_at_wild_points(e in Expression::any(6, false)) {
        prop_assume!(!has_declared(&e) && !chooses_by_equality(&e) && has_ordinary_values(&e));
        let program = Program::trace_at(&e.inputs, |x| e.evaluate(x)).unwrap();
        prop_assume!(program.nearest_kink(&e.inputs).unwrap() > 0.0);
        let report = program.check_gradient(&e.inputs).unwrap();
        let wrong = |verdict: &Verdict| matches!(verdict, Verdict::Wrong { .. });
        prop_assert!(!report.entries.iter().any(|entry| wrong(&entry.verdict)), "{report}");
    }
}

/// Whether a choice may hold at the point only, so that its slope is not that of the function.
fn chooses_by_equality(e: &Expression) -> bool {
    let by_equality = ["Select", "Equal", "NotEqual", "HypotSlope"];
    e.steps
        .iter()
        .any(|(op, _)| by_equality.contains(&op.row().name))
}

/// Whether no product of two values underflows or overflows, except from zeros and infinities.
fn has_ordinary_values(e: &Expression) -> bool {
    let (graph, _) =
        tape::record(|| e.evaluate(&e.inputs.iter().map(|&x| Var::new(x)).collect::<Vec<_>>()));
    let ordinary = |x: f64| x == 0.0 || !x.is_finite() || (1e-150..1e150).contains(&x.abs());
    graph.iter().all(|(_, node)| ordinary(node.value()))
}

/// Whether the slopes are not those of the values on purpose.
fn has_declared(e: &Expression) -> bool {
    e.steps.iter().any(|(op, _)| {
        op.row()
            .laws
            .iter()
            .any(|law| matches!(law, Law::Declared | Law::Stop))
    })
}
