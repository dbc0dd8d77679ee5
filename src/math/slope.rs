//! Derivatives with their own formulas, accurate where the textbook's formula is not.

use super::ln;

/// The slope of `aᵇ` with respect to `a`, `b·a^(b−1)`; 0 if `b` is 0.
///
/// A rounding error of the exponent `b − 1` would grow with `ln a`. So if `b − 1` is not exact, `aᵇ·b/a` is used. If
/// the power is subnormal or overflows, it is computed as the product of two powers of half the exponent.
pub(crate) fn pow(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    if b == 0.0 {
        return 0.0;
    }
    let less = b - 1.0;
    let exact = less + 1.0 == b && b - less == 1.0;
    let (exponent, divisor) = if exact { (less, 1.0) } else { (b, a) };
    let y = super::pow(a, exponent);
    let product = y * b;
    if y.is_normal() && product.is_normal() {
        return product / divisor;
    }
    if y.is_normal() {
        return if exact { product } else { y * (b / a) };
    }
    if y.is_nan() || a == 0.0 || a.is_infinite() || b.is_infinite() {
        return b * super::pow(a, less);
    }
    let root = super::pow(a.abs(), 0.5 * exponent);
    (b * root) * root.copysign(y) / divisor
}

/// The slope of `a/b` with respect to `b`, `−(a/b)/b`, accurate even if `a/b` is subnormal.
pub(crate) fn div(a: f64, b: f64) -> f64 {
    let y = a / b;
    if y != 0.0 && y.abs() < f64::MIN_POSITIVE {
        // Powers of two scale exactly.
        return -(a * BIG / b) / b / BIG;
    }
    -y / b
}

/// `a/|b|` for `b ≥ 0`, including −0, and NaN below 0.
pub(crate) fn div_positive(a: f64, b: f64) -> f64 {
    if b >= 0.0 { a / b.abs() } else { f64::NAN }
}

/// 2⁶⁰⁰.
const BIG: f64 = f64::from_bits((1023 + 600) << 52);

/// The slope of `√(a² + b²)` with respect to `a`, `a/√(a² + b²)`; 0 at the origin, the limit at infinity.
pub(crate) fn hypot(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() || (a.is_infinite() && b.is_infinite()) {
        return f64::NAN;
    }
    if a == 0.0 {
        return 0.0;
    }
    if a.is_infinite() {
        return a.signum();
    }
    // Powers of two scale exactly, so the length neither overflows nor becomes subnormal.
    let scale = match a.abs().max(b.abs()) {
        size if size > BIG => 1.0 / BIG,
        size if size < 1.0 / BIG => BIG,
        _ => 1.0,
    };
    let (a, b) = (a * scale, b * scale);
    a / super::hypot(a, b)
}

/// The slope of the power `y = aᵇ` with respect to `b`, `y·ln a`; 0 if the power is 0 inside its domain.
pub(crate) fn pow_log(y: f64, a: f64) -> f64 {
    let log = ln(a);
    if y == 0.0 && !log.is_nan() {
        0.0
    } else {
        y * log
    }
}

/// The share `t/(t + r)` of a term in its sum with the rest, for numbers that are not negative; else NaN.
pub(crate) fn share(t: f64, r: f64) -> f64 {
    if t >= 0.0 && r >= 0.0 {
        t.abs() / (t + r)
    } else {
        f64::NAN
    }
}

/// Selects `above` for positive `x`, else `below`; NaN if `x` or the parameter is.
pub(crate) fn joined(x: f64, parameter: f64, above: f64, below: f64) -> f64 {
    if x.is_nan() || parameter.is_nan() {
        f64::NAN
    } else if x > 0.0 {
        above
    } else {
        below
    }
}
