//! Derivatives of the length `h = √(a² + b²)` and of the angle of a vector, without underflow or overflow on the way.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use libm::scalbn;

/// A vector of two finite numbers, not both 0, as numbers near 1 and powers of two.
struct Vector {
    /// The first number, between ½ and 1 in size, or 0, and its power of two.
    a: (f64, i32),
    /// The second number, likewise.
    b: (f64, i32),
    /// Both numbers, divided by the power of two of the larger.
    shared: [f64; 2],
    /// That power of two.
    power: i32,
    /// The squared length of the numbers divided.
    square: f64,
}

impl Vector {
    /// The vector, or the derivative of any function of its length and angle that vanishes far away: NaN if a number is,
    /// or both are infinite, 0 if one is infinite, and `origin` if both are 0.
    fn new(a: f64, b: f64, origin: f64) -> Result<Self, f64> {
        if a.is_nan() || b.is_nan() || (a.is_infinite() && b.is_infinite()) {
            return Err(f64::NAN);
        }
        if a.is_infinite() || b.is_infinite() {
            return Err(0.0);
        }
        if a == 0.0 && b == 0.0 {
            return Err(origin);
        }
        let (_, power) = libm::frexp(a.abs().max(b.abs()));
        let [x, y] = [a, b].map(|number| scalbn(number, -power));
        Ok(Self {
            a: libm::frexp(a),
            b: libm::frexp(b),
            shared: [x, y],
            power,
            square: x * x + y * y,
        })
    }

    /// The third power of the length of the numbers divided.
    fn cube(&self) -> f64 {
        self.square * self.square.sqrt()
    }
}

/// The second derivative of the length with respect to `a`, `b²/h³`; 0 at the origin.
pub(crate) fn hypot_curvature(a: f64, b: f64) -> f64 {
    Vector::new(a, b, 0.0).map_or_else(
        |limit| limit,
        |v| {
            let (b, power) = v.b;
            scalbn(b * b / v.cube(), 2 * power - 3 * v.power)
        },
    )
}

/// The derivative of the length with respect to both numbers, `−ab/h³`; 0 at the origin.
pub(crate) fn hypot_mixed(a: f64, b: f64) -> f64 {
    Vector::new(a, b, 0.0).map_or_else(
        |limit| limit,
        |v| {
            let ((a, a_power), (b, b_power)) = (v.a, v.b);
            scalbn(-(a * b) / v.cube(), a_power + b_power - 3 * v.power)
        },
    )
}

/// The slope of the angle of `(b, a)` with respect to `a`, `b/h²`: NaN at the origin. Branch-free.
#[inline(always)]
pub(crate) fn atan2(a: f64, b: f64) -> f64 {
    let large = if a.abs() >= b.abs() { a.abs() } else { b.abs() };
    // The reciprocal of the power of two of the larger number, so that squares neither overflow nor vanish. The power 2^1023
    // has no reciprocal that is a normal number, so that of 2^1022 is used.
    let exponent = (large.to_bits() >> 52).min(2045);
    let up = f64::from_bits((2046 - exponent) << 52);
    let [x, y] = [a * up, b * up];
    // Scaled up before the division, or down after it, so that a slope that is a normal number loses no digits.
    let (first, last) = if up > 1.0 { (up, 1.0) } else { (1.0, up) };
    let slope = y * first / (x * x + y * y) * last;
    let is_one_infinite = a.is_infinite() != b.is_infinite();
    if is_one_infinite && !(a + b).is_nan() {
        0.0
    } else {
        slope
    }
}

/// The second derivative of the angle of `(b, a)` with respect to `a`, `−2ab/h⁴`; with respect to `b` it is the negative.
pub(crate) fn atan2_curvature(a: f64, b: f64) -> f64 {
    Vector::new(a, b, f64::NAN).map_or_else(
        |limit| limit,
        |v| {
            let ((a, a_power), (b, b_power)) = (v.a, v.b);
            let fourth = v.square * v.square;
            scalbn(-2.0 * a * b / fourth, a_power + b_power - 4 * v.power)
        },
    )
}

/// The derivative of the angle of `(b, a)` with respect to both numbers, `(a − b)(a + b)/h⁴`.
pub(crate) fn atan2_mixed(a: f64, b: f64) -> f64 {
    Vector::new(a, b, f64::NAN).map_or_else(
        |limit| limit,
        |v| {
            let [a, b] = v.shared;
            let fourth = v.square * v.square;
            scalbn((a - b) * (a + b) / fourth, -2 * v.power)
        },
    )
}
