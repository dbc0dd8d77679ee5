//! Tests user-defined operations, implicit solutions, and programs within graphs, in every mode.

use chainrule::derive;
use chainrule::{Dual, ErrorKind, Lanes, Mode, Program, Retraced, Scalar, Transform, Var};

/// A product with declared slopes, so that all derivatives are known.
fn product<S: Scalar>(a: S, b: S) -> S {
    derive::custom(a * b, &[(a, b), (b, a)])
}

/// A square whose slope is declared to be 10, although it is not.
fn steep<S: Scalar>(x: S) -> S {
    derive::custom(x * x, &[(x, S::from(10.0))])
}

fn formula<S: Scalar>(x: &[S]) -> S {
    product(x[0].sin(), x[1]).exp() + product(x[1], x[1])
}

fn plain<S: Scalar>(x: &[S]) -> S {
    (x[0].sin() * x[1]).exp() + x[1] * x[1]
}

#[test]
fn declared_slopes_hold_in_every_mode() {
    let at = [0.4, -1.3];
    let x = at.map(Var::new);
    let (y, z) = (formula(&x), plain(&x));
    assert_eq!(y.value().to_bits(), z.value().to_bits());
    let (g, h) = (y.backward().of(&x), z.backward().of(&x));
    assert_eq!(g, h);
    assert_eq!(y.gradient(&x)[0].value(), h[0]);
    let second: Vec<f64> = y
        .gradient(&x)
        .iter()
        .flat_map(|g| g.backward().of(&x))
        .collect();
    let known: Vec<f64> = z
        .gradient(&x)
        .iter()
        .flat_map(|g| g.backward().of(&x))
        .collect();
    for (a, b) in second.iter().zip(&known) {
        assert!((a - b).abs() < 1e-14);
    }
    let dual = formula(&[Dual::variable(at[0]), at[1].into()]);
    assert!((dual.tangent - h[0]).abs() < 1e-15);
    let Lanes(lanes) = formula(&[Lanes([at[0], 0.0]), Lanes([at[1], 1.0])]);
    assert_eq!(lanes[0].to_bits(), y.value().to_bits());

    let f = Program::trace(2, formula).unwrap();
    assert_eq!(f.gradient(&at).unwrap(), (y.value(), g.clone()));
    let hessian = f.hessian(&at).unwrap().2;
    for (a, b) in hessian.iter().zip(&known) {
        assert!((a - b).abs() < 1e-14);
    }
    assert!((f.jvp(&at, &[1.0, 0.0]).unwrap().1[0] - h[0]).abs() < 1e-15);
    let rows = vec![at; 70];
    let mut batch = f.batch(&rows).unwrap();
    let (values, gradients) = batch.gradients(&[]).unwrap();
    assert!(values.iter().all(|&value| value == y.value()));
    assert!(gradients.chunks(2).all(|row| row == g));
}

#[test]
fn derivatives_use_the_declared_slope() {
    let x = Var::new(3.0);
    let y = steep(x);
    assert_eq!((y.value(), y.backward()[x]), (9.0, 10.0));
    assert_eq!(
        y.gradient(&[x])[0].backward().get(x),
        Some(0.0),
        "a constant slope has no slope"
    );
    let f = Program::trace(1, |x| steep(x[0]) * x[0]).unwrap();
    assert_eq!(f.gradient(&[3.0]).unwrap(), (27.0, vec![39.0]));
    assert_eq!(
        f.transform(Transform::Jacobian(Mode::Forward))
            .unwrap()
            .values(&[3.0])
            .unwrap(),
        [39.0]
    );
    assert_eq!(f.hessian(&[3.0]).unwrap().2, [20.0]);
    assert_eq!(steep(Dual::variable(3.0)).tangent, 10.0);
}

#[test]
fn rules_in_forward_and_reverse_mode() {
    let value = |x: &[Var]| vec![x[0] * x[1], x[0] / x[1]];
    let back = |x: &[Var], u: &[Var]| {
        vec![
            u[0] * x[1] + u[1] / x[1],
            u[0] * x[0] - u[1] * x[0] / x[1].square(),
        ]
    };
    let along = |x: &[Var], v: &[Var]| {
        vec![
            x[0] * v[1] + x[1] * v[0],
            v[0] / x[1] - x[0] * v[1] / x[1].square(),
        ]
    };
    let at = [6.0, 2.0];
    for f in [
        Program::trace_at(&at, |x| derive::custom_vjp(x, value, back)).unwrap(),
        Program::trace_at(&at, |x| derive::custom_jvp(x, value, along)).unwrap(),
    ] {
        assert_eq!(f.values(&at).unwrap(), [12.0, 3.0]);
        assert_eq!(f.jacobian(&at).unwrap().1, [2.0, 6.0, 0.5, -1.5]);
        assert_eq!(
            f.select(&[1]).unwrap().hessian(&at).unwrap().2,
            [0.0, -0.25, -0.25, 1.5]
        );
    }
    let x = at.map(Var::new);
    let error = derive::custom_vjp(&x, value, |_, _| vec![]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the rule's derivatives: expected 2 values, found 0"
    );
    let error = derive::custom_jvp(&x, value, |_, _| vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Length);
}

#[test]
fn stopped_values_pass_no_derivative() {
    let f = Program::trace(1, |x| x[0] * derive::stop_gradient(x[0].square())).unwrap();
    assert_eq!(f.gradient(&[3.0]).unwrap(), (27.0, vec![9.0]));
    assert_eq!(f.jvp(&[3.0], &[1.0]).unwrap().1, [9.0]);
    assert_eq!(f.hessian(&[3.0]).unwrap().2, [0.0]);
}

/// x³ + p·x = q: compares derivatives of the root up to third order with Taylor coefficients of the root itself.
#[test]
fn a_root_has_derivatives_up_to_third_order() {
    let root = |p: f64, q: f64| {
        let mut x = 1.0;
        for _ in 0..60 {
            x -= (x * x * x + p * x - q) / (3.0 * x * x + p);
        }
        x
    };
    let (p, q) = (1.5, 2.0);
    let x0 = root(p, q);
    let xq = Var::new(q);
    let x = derive::implicit(|x| vec![x[0].powi(3) + x[0] * p - xq], &[Var::from(x0)]).unwrap()[0];
    assert_eq!(x.value(), x0);
    // x′ = 1/(3x² + p), and its derivatives by the chain rule.
    let s = 1.0 / (3.0 * x0 * x0 + p);
    let second = -6.0 * x0 * s.powi(3);
    let third = -6.0 * s.powi(4) + 108.0 * x0 * x0 * s.powi(5);
    let first = x.gradient(&[xq])[0];
    let then = first.gradient(&[xq])[0];
    assert!((first.value() - s).abs() < 1e-15);
    assert!((then.value() - second).abs() < 1e-14);
    assert!(
        (then.backward()[xq] - third).abs() < 1e-13,
        "{} {third}",
        then.backward()[xq]
    );
}

#[test]
fn a_system_and_its_solution() {
    // A·x = b, with x computed beforehand: dx = A⁻¹(db − dA·x).
    let at = [4.0, 1.0, 2.0, 3.0, 1.0, 2.0];
    let solve = |a: &[Var]| {
        let det = a[0] * a[3] - a[1] * a[2];
        vec![
            (a[3] * a[4] - a[1] * a[5]) / det,
            (a[0] * a[5] - a[2] * a[4]) / det,
        ]
    };
    let implicit = |a: &[Var]| {
        let residual = |x: &[Var]| {
            vec![
                a[0] * x[0] + a[1] * x[1] - a[4],
                a[2] * x[0] + a[3] * x[1] - a[5],
            ]
        };
        derive::implicit(residual, &solve(a))
    };
    let known = Program::trace_at(&at, solve).unwrap();
    // What is 0 where it is traced is not 0 elsewhere.
    let coupled = Program::trace_at(&at, implicit).unwrap();
    let apart = Program::trace_at(&[4.0, 0.0, 0.0, 3.0, 1.0, 2.0], implicit).unwrap();
    let points = [at, [5.0, 2.0, -1.0, 2.5, 0.3, -2.0]];
    for (found, point) in [&coupled, &apart]
        .into_iter()
        .flat_map(|found| points.map(|point| (found, point)))
    {
        assert_eq!(known.values(&point).unwrap(), found.values(&point).unwrap());
        let (a, b) = (
            known.jacobian(&point).unwrap().1,
            found.jacobian(&point).unwrap().1,
        );
        assert!(
            a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-14),
            "{a:?} {b:?}"
        );
        let (a, b) = (
            known.hessian(&point).unwrap().2,
            found.hessian(&point).unwrap().2,
        );
        assert!(
            a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-13),
            "{a:?} {b:?}"
        );
    }
}

#[test]
fn a_solution_keeps_three_orders_and_loses_the_fourth_openly() {
    let root = |x: &[Var]| {
        let solution = x[0].sqrt();
        Ok(derive::implicit(|y| vec![y[0] * y[0] - x[0]], &[solution])?[0])
    };
    let orders = |order| derive::derivative(|p| root(&[p]), 2.0, order).unwrap();
    let (p, root_p) = (2.0_f64, 2.0_f64.sqrt());
    let known = [
        root_p,
        0.5 / root_p,
        -0.25 / (p * root_p),
        0.375 / (p * p * root_p),
    ];
    for (order, known) in known.into_iter().enumerate() {
        assert!((orders(order) - known).abs() < 1e-14, "{order}");
    }
    assert!((4..8).all(|order| orders(order).is_nan()));
    // Nested sweeps of the tape.
    let p = Var::new(2.0);
    let mut slope = root(&[p]).unwrap();
    for known in known.into_iter().skip(1) {
        slope = slope.gradient(&[p])[0];
        assert!((slope.value() - known).abs() < 1e-14);
    }
    assert!(slope.backward()[p].is_nan());
}

#[test]
fn an_opaque_function_has_no_higher_derivatives() {
    let x = [3.0, 4.0].map(Var::new);
    let mut slope = derive::opaque(&x, |x| (x[0] * x[1], vec![x[1], x[0]])).unwrap();
    for order in 1..5 {
        let slopes = slope.gradient(&x);
        assert_eq!(
            order > 1,
            slopes.iter().all(|s| s.value().is_nan()),
            "{order}"
        );
        slope = slopes[0];
    }
}

#[test]
fn pivots_of_a_trace_are_checked_at_other_points() {
    // a·y₀ + y₁ = c, y₀ + y₁ = 2.
    let f = |x: &[Var]| {
        let (a, c) = (x[0], x[1]);
        let y0 = (c - 2.0) / (a - 1.0);
        let residual = |y: &[Var]| vec![a * y[0] + y[1] - c, y[0] + y[1] - 2.0];
        derive::implicit(residual, &[y0, -y0 + 2.0])
    };
    let traced = Program::trace_at(&[2.0, 1.0], f).unwrap();
    let retraced = Retraced::new(2, f);
    for a in [2.0, 3.0, 0.5, 1e-15, 0.0, -1e-300] {
        let x = [a, 1.0];
        let at = x.map(Var::new);
        let on_tape: Vec<f64> = f(&at)
            .unwrap()
            .iter()
            .flat_map(|y| y.backward().of(&at))
            .collect();
        assert!((on_tape[0] - 1.0 / (a - 1.0).powi(2)).abs() < 1e-13);
        let (_, again) = retraced.program_at(&x).unwrap().jacobian(&x).unwrap();
        assert!(
            again
                .iter()
                .zip(&on_tape)
                .all(|(a, b)| (a - b).abs() < 1e-12)
        );
        match traced.jacobian(&x) {
            Ok((_, jacobian)) => assert!(
                jacobian
                    .iter()
                    .zip(&on_tape)
                    .all(|(a, b)| (a - b).abs() < 1e-12)
            ),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Branch);
                assert!(a.abs() < 1e-3 && error.branch().unwrap().at.file().ends_with("custom.rs"));
            }
        }
    }
}

#[test]
fn what_is_no_solution_is_refused() {
    let y = Var::new(2.0);
    let error = derive::implicit(|x| vec![x[0] * x[0] - y], &[Var::from(1.0)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "solution: value 0 is not a solution: a step of Newton's method changes 1 by 0.5"
    );
    // A constant solution is right at the point of the trace only.
    let f = Program::trace_at(&[4.0], |p| {
        derive::implicit(|x| vec![x[0] * x[0] - p[0]], &[Var::from(2.0)])
    });
    let f = f.unwrap();
    assert_eq!(f.gradient(&[4.0]).unwrap(), (2.0, vec![0.25]));
    assert_eq!(f.gradient(&[9.0]).unwrap_err().kind(), ErrorKind::Branch);
}

#[test]
fn underdetermined_equations_are_refused() {
    let p = Var::new(1.0);
    let error = derive::implicit(|x| vec![x[0] * 0.0 + p], &[Var::from(1.0)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    let error = derive::implicit(|x| vec![x[0] + p, x[0]], &[Var::from(1.0)]).unwrap_err();
    assert_eq!(error.to_string(), "residuals: expected 1 value, found 2");
    assert!(derive::implicit(|_| vec![], &[]).unwrap().is_empty());
}

#[test]
fn fixed_points() {
    let c = Var::new(0.8);
    let mut x = 0.5;
    for _ in 0..200 {
        x = 0.8 * Scalar::cos(x);
    }
    let y = derive::fixed_point(|x| vec![c * x[0].cos()], &[Var::from(x)]).unwrap()[0];
    let known = Scalar::cos(x) / (1.0 + 0.8 * Scalar::sin(x));
    assert!((y.backward()[c] - known).abs() < 1e-15);
}

#[test]
fn programs_within_graphs_keep_bits_and_guards() {
    let inner = Program::trace_at(&[1.0, 1.0], |x| {
        if x[0] > x[1] - 2.0 {
            x[0].ln() * x[1]
        } else {
            x[0]
        }
    })
    .unwrap();
    let outer =
        Program::trace_at(&[2.0], |x| Ok(inner.call(&[x[0], x[0].sin()])?[0] * 3.0)).unwrap();
    let direct = |x: Var| x.ln() * x.sin() * 3.0;
    let x = Var::new(2.5);
    let y = direct(x);
    assert_eq!(
        outer.gradient(&[2.5]).unwrap(),
        (y.value(), vec![y.backward()[x]])
    );
    assert_eq!(outer.value(&[-3.0]).unwrap_err().kind(), ErrorKind::Branch);
    assert_eq!(
        inner
            .call(&[Var::new(-3.0), Var::new(0.0)])
            .unwrap_err()
            .kind(),
        ErrorKind::Branch
    );
    assert_eq!(
        inner.call(&[x]).unwrap_err().to_string(),
        "x: expected 2 values, found 1"
    );
    // On the tape, differentiated twice.
    let z = inner.call(&[x, x]).unwrap()[0];
    let second = z.gradient(&[x])[0].backward()[x];
    assert!((second - 1.0 / 2.5).abs() < 1e-15); // (x ln x)″ = 1/x
}

#[test]
fn opaque_functions_work_only_on_the_tape() {
    let square = |x: &[f64]| (x[0] * x[0], vec![2.0 * x[0]]);
    let x = Var::new(3.0);
    let y = derive::opaque(&[x], square).unwrap();
    assert_eq!(
        (y.value(), y.backward()[x], y.gradient(&[x])[0].value()),
        (9.0, 6.0, 6.0)
    );
    assert!(y.gradient(&[x])[0].backward()[x].is_nan());
    let error = Program::trace(1, |x| derive::opaque(x, square)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    let error = derive::opaque(&[x], |_| (0.0, vec![])).unwrap_err();
    assert_eq!(error.to_string(), "slopes: expected 1 value, found 0");
}
