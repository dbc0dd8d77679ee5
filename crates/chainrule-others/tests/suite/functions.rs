//! Functions that are generic over `num_traits::Float`.

use num_traits::{Float, FloatConst, FromPrimitive};

use crate::agree::{Value, agree};

fn constant<T: Float>(x: f64) -> T {
    T::from(x).unwrap()
}

/// Newton's method, until it converges.
fn root<T: Float>(a: T) -> T {
    let mut x = T::max(a, T::one());
    loop {
        let next = (x + a / x) * constant(0.5);
        if (next - x).abs() <= T::epsilon() * next {
            return next;
        }
        x = next;
    }
}

fn horner<T: Float + FromPrimitive>(x: T) -> T {
    [3, -2, 0, 5]
        .iter()
        .fold(T::zero(), |sum, &c| sum * x + T::from_i32(c).unwrap())
}

/// One step of the classical Runge–Kutta method.
fn runge_kutta<T: Float>(f: impl Fn(T, [T; 2]) -> [T; 2], t: T, y: [T; 2], h: T) -> [T; 2] {
    let half = h * constant(0.5);
    let along = |k: [T; 2], by: T| [y[0] + k[0] * by, y[1] + k[1] * by];
    let k1 = f(t, y);
    let k2 = f(t + half, along(k1, half));
    let k3 = f(t + half, along(k2, half));
    let k4 = f(t + h, along(k3, h));
    let sixth = h / constant(6.0);
    [0, 1].map(|i| y[i] + sixth * (k1[i] + (k2[i] + k3[i]) * constant(2.0) + k4[i]))
}

/// A pendulum with friction, after a second.
fn pendulum<T: Float + FloatConst>(x: &[T]) -> T {
    let mut y = [x[0], x[1]];
    for step in 0..20 {
        let t = constant::<T>(f64::from(step) * 0.05);
        y = runge_kutta(
            |_, y| [y[1], -(x[2] * y[0].sin()) - y[1] * x[3]],
            t,
            y,
            constant(0.05),
        );
    }
    y[0].hypot(y[1]) / T::PI()
}

/// Linear interpolation in a table, whose place is computed from the value.
fn interpolated<T: Float>(x: T) -> T {
    let table = [0.0, 1.0, 4.0, 9.0, 16.0];
    let place = x.floor().to_usize().unwrap().min(3);
    let [low, high] = [table[place], table[place + 1]].map(constant::<T>);
    low + (x - constant(place as f64)) * (high - low)
}

#[test]
fn generic_functions_differentiate() {
    let bits = Value::SameBits;
    assert_eq!(
        agree!(|x: &[_]| root(x[0]), &[&[2.0], &[2.1], &[1.9]], bits, 1e-9),
        3
    );
    assert_eq!(
        agree!(|x: &[_]| horner(x[0]), &[&[2.0], &[-0.3]], bits, 1e-9),
        2
    );
    let pendulums: &[&[f64]] = &[&[0.5, 1.0, 9.81, 0.1], &[1.5, -1.0, 5.0, 0.3]];
    assert_eq!(
        agree!(|x: &[_]| pendulum(x), pendulums, Value::Within(1e-14), 1e-9),
        2
    );
    // In another interval, the program answers with a branch error.
    assert_eq!(
        agree!(
            |x: &[_]| interpolated(x[0]),
            &[&[2.5], &[2.25], &[0.5]],
            bits,
            1e-9
        ),
        2
    );
}
