//! Tests derivatives within functions that are differentiated: levels must not be confused.
//!
//! The examples are those of J. M. Siskind and B. A. Pearlmutter, *Perturbation confusion and referential transparency*
//! (2005), and of O. Manzyuk et al., *Perturbation confusion in forward automatic differentiation of higher-order
//! functions* (2019).

use chainrule::derive::recorded;
use chainrule::{Dual, Program, Scalar, Var, derive, tape};

/// d/dx of x · (d/dy of x + y at 1). The inner derivative is 1, so the outer one is 1; it would be 2 if levels were
/// confused.
#[test]
fn reverse_in_reverse() {
    let x = Var::new(1.0);
    let y = x * recorded::derivative(|y| x + y, Var::from(1.0));
    assert_eq!(y.backward()[x], 1.0);
    // Evaluated at the outer variable itself.
    let y = x * recorded::derivative(|y| x + y, x);
    assert_eq!(y.backward()[x], 1.0);
    let z = recorded::derivative(
        |x| x * recorded::derivative(|y| x * y * y, x),
        Var::new(3.0),
    );
    assert_eq!(z, 3.0 * 2.0 * 9.0); // x·2x·y at y = x is 2x³
}

fn forward<S: Scalar>(f: impl FnOnce(Dual<S>) -> Dual<S>, x: S) -> S {
    f(Dual::variable(x)).tangent
}

#[test]
fn forward_in_forward() {
    // Each level is a type. A value of an outer level must become a constant of the inner level, or the code does not
    // compile.
    let outer = |x: Dual<f64>| x * forward(|y| Dual::constant(x) + y, Dual::from(1.0));
    assert_eq!(forward(outer, 1.0), 1.0);
    let outer = |x: Dual<f64>| x * forward(|y| Dual::constant(x) * y, x);
    assert_eq!(forward(outer, 3.0), 6.0);
}

#[test]
fn forward_in_reverse() {
    let x = Var::new(1.0);
    let y = x * forward(|y| Dual::constant(x) + y, Var::from(1.0));
    assert_eq!(y.backward()[x], 1.0);
    let x = Var::new(3.0);
    let y = x * forward(|y| Dual::constant(x) * y, x);
    assert_eq!(y.backward()[x], 6.0);
}

#[test]
fn reverse_in_forward() {
    // Forward over a traced function that computes reverse derivatives.
    let f = Program::trace(1, |x| {
        x[0] * recorded::derivative(|y| x[0] + y, Var::from(1.0))
    })
    .unwrap();
    assert_eq!(f.jvp(&[1.0], &[1.0]).unwrap().1, [1.0]);
    let f = Program::trace(1, |x| x[0] * recorded::derivative(|y| x[0] * y, x[0])).unwrap();
    assert_eq!(f.jvp(&[3.0], &[1.0]).unwrap().1, [6.0]);
    assert_eq!(f.hessian(&[3.0]).unwrap().2, [2.0]);
}

/// D̂ h x = d/du h(x + u) at 0. Applied twice to exp it gives exp; it would give 0 if a level were lost.
#[test]
fn a_derivative_of_a_function_valued_function() {
    fn shifted(h: impl Fn(Var) -> Var, x: Var) -> Var {
        recorded::derivative(|u| h(x + u), Var::from(0.0))
    }
    let twice = shifted(|x| shifted(Var::exp, x), Var::new(1.0));
    assert!((twice.value() - 1.0f64.exp()).abs() < 1e-15);
    let thrice = shifted(|x| shifted(|x| shifted(|x| x.powi(4), x), x), Var::new(2.0));
    assert_eq!(thrice, 48.0);
}

#[test]
fn a_point_is_constant_except_as_the_argument() {
    let x = Var::new(2.0);
    // Only with respect to its argument, although it also uses x.
    assert_eq!(recorded::gradient(|y| y[0] * x * x, &[x])[0], 4.0);
    // The outer derivative covers both: d/dx (x² at y = x is constant in y) = 2x.
    assert_eq!(
        recorded::gradient(|y| y[0] * x * x, &[x])[0].backward()[x],
        4.0
    );
    let hessian = recorded::hessian(|y| y[0].square() * x * y[1], &[x, x]);
    assert_eq!(hessian[0][0], 8.0); // 2·x·y₁
    assert_eq!(hessian[0][0].backward()[x], 8.0); // of 2x·x
}

#[test]
fn directions_are_recorded_too() {
    let (x, v) = ([3.0, 4.0].map(Var::new), [1.0, 10.0].map(Var::new));
    let along = recorded::jvp(|x| vec![x[0] * x[1], x[0].sin()], &x, &v);
    assert_eq!(along[0], 34.0);
    assert_eq!(along[1].value(), Scalar::cos(3.0));
    let grads = along[0].backward();
    assert_eq!((grads[x[0]], grads[v[0]], grads[v[1]]), (10.0, 4.0, 3.0));
}

/// A physics-informed loss: the loss contains a derivative of the model with respect to its input, and is differentiated
/// with respect to parameters.
#[test]
fn a_traced_function_may_take_gradients() {
    let model = |p: &[Var], t: Var| (p[0] * t).tanh() * p[1];
    let loss = |x: &[Var]| {
        let slope = recorded::derivative(|t| model(x, t), x[2]);
        (slope - model(x, x[2])).square()
    };
    let f = Program::trace(3, loss).unwrap();
    for point in [[0.5, 2.0, 0.3], [0.0, 1.0, 0.0], [-1.0, 0.25, 2.0]] {
        let (value, gradient) = f.gradient(&point).unwrap();
        tape::scope(|| {
            let x = point.map(Var::new);
            let y = loss(&x);
            assert_eq!(y.value().to_bits(), value.to_bits());
            assert_eq!(y.backward().of(&x), gradient);
        });
        let h = 1e-6;
        for i in 0..3 {
            let shifted = |by: f64| {
                let mut point = point;
                point[i] += by;
                f.value(&point).unwrap()
            };
            let difference = (shifted(h) - shifted(-h)) / (2.0 * h);
            assert!((difference - gradient[i]).abs() < 1e-7 * (1.0 + difference.abs()));
        }
    }
}

#[test]
fn gradients_of_gradients_of_gradients() {
    let x = Var::new(0.7);
    let mut y = x.sin();
    for k in 1..9 {
        y = y.gradient(&[x])[0];
        let known = [
            Scalar::sin(0.7),
            Scalar::cos(0.7),
            -Scalar::sin(0.7),
            -Scalar::cos(0.7),
        ][k % 4];
        assert!((y.value() - known).abs() < 1e-15, "{k}");
    }
}

#[test]
fn nested_gradients_have_the_same_bits_on_the_tape_and_as_programs() {
    let scaled = |x: &[Var]| {
        let g = recorded::derivative(|t| t * x[0], x[0]);
        g.mul_add(x[0], g) * 0.151_517_881_090_537_8
    };
    let signed = |x: &[Var]| {
        let g = recorded::gradient(|t| t[0].relu() * t[1] - t[1].abs() * t[0], x);
        (g[0] * 0.1 + g[1] * x[0] * 0.7).sin() + g[1] * g[0]
    };
    let twice = |x: &[Var]| {
        let h = recorded::hessian(|t| (t[0] * t[1]).sin() + t[0].powi(3) * 0.3, x);
        h[0][0] * h[0][1] + h[1][1] * 0.1
    };
    let functions: [fn(&[Var]) -> Var; 3] = [scaled, signed, twice];
    for f in functions {
        let program = Program::trace_at(&[2.0, 0.3], f).unwrap();
        for x in [
            [2.0, 0.3],
            [-1.0, 0.7],
            [0.0, -0.0],
            [-0.0, 1.5],
            [1e-3, -3.0],
        ] {
            let on_tape = derive::gradient(f, &x).unwrap();
            let (value, slopes) = program.gradient(&x).unwrap();
            assert_eq!(value.to_bits(), on_tape.0.to_bits(), "{x:?}");
            let bits = |slopes: &[f64]| slopes.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&slopes), bits(&on_tape.1), "{x:?}");
        }
    }
}
