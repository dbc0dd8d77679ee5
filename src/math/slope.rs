//! Derivatives with their own formulas, accurate where the textbook's formula is not.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::ln;
use super::pair::one_plus_times_ln;
use super::power::scaled_pow;

/// The slope of `aᵇ` with respect to `a`, `b·a^(b−1)`; 0 if `b` is 0.
pub(crate) fn pow(a: f64, b: f64) -> f64 {
    scaled_pow(b, a, b, 1.0)
}

/// The slope `b·a^(b−1)` for `b` 2 or 3, and whether it has the bits of [`pow`]: not if `a^(b−1)` is subnormal or overflows.
#[inline(always)]
pub(crate) fn pow_of_few(a: f64, b: f64) -> (f64, bool) {
    let power = if b == 2.0 { a } else { a * a };
    let size = power.abs();
    let is_normal = (f64::MIN_POSITIVE..=f64::MAX).contains(&size);
    let slope = if a == 0.0 { 0.0 } else { b * power };
    (slope, is_normal || a == 0.0)
}

/// The second derivative of `aᵇ` with respect to `a`, `b(b−1)·a^(b−2)`; 0 if `b` is 0 or 1.
pub(crate) fn pow_curvature(a: f64, b: f64) -> f64 {
    scaled_pow(b * (b - 1.0), a, b, 2.0)
}

/// The derivative of `aᵇ` with respect to both operands, `a^(b−1)·(1 + b·ln a)`.
///
/// If the sum cancels, it is computed to twice the digits.
pub(crate) fn pow_mixed(a: f64, b: f64) -> f64 {
    let log = ln(a);
    if log.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    // 0 also where the other factor is infinite.
    let term = if b == 0.0 || log == 0.0 { 0.0 } else { b * log };
    let sum = if term > -2.0 && term < -0.5 {
        one_plus_times_ln(b, a)
    } else {
        1.0 + term
    };
    scaled_pow(sum, a, b, 1.0)
}

/// The slope of `aᵇ` with respect to `b`, `aᵇ·ln a`; 0 if the power is 0 inside its domain.
pub(crate) fn pow_log(a: f64, b: f64) -> f64 {
    scaled_pow(ln(a), a, b, 0.0)
}

/// The second derivative of `aᵇ` with respect to `b`, `aᵇ·ln²a`; 0 if the power is 0 inside its domain.
pub(crate) fn pow_log_squared(a: f64, b: f64) -> f64 {
    let log = ln(a);
    scaled_pow(log * log, a, b, 0.0)
}

/// The slope of `a/b` with respect to `b`, `−(a/b)/b`, accurate even if `a/b` is subnormal.
#[inline]
pub(crate) fn div(a: f64, b: f64) -> f64 {
    let y = a / b;
    if y != 0.0 && y.abs() < f64::MIN_POSITIVE {
        // Powers of two scale exactly.
        return -(a * BIG / b) / b / BIG;
    }
    -y / b
}

/// `a/|b|` for `b ≥ 0`, including −0, and NaN below 0.
#[inline]
pub(crate) fn div_positive(a: f64, b: f64) -> f64 {
    if b >= 0.0 { a / b.abs() } else { f64::NAN }
}

/// 2⁶⁰⁰.
const BIG: f64 = f64::from_bits((1023 + 600) << 52);

/// The slope of `√(a² + b²)` with respect to `a`, `a/√(a² + b²)`; 0 at the origin, the limit at infinity. Branch-free.
#[inline(always)]
pub(crate) fn hypot(a: f64, b: f64) -> f64 {
    let size = if a.abs() > b.abs() { a.abs() } else { b.abs() };
    // Powers of two scale exactly, so the length neither overflows nor becomes subnormal.
    let scale = if size < 1.0 / BIG { BIG } else { 1.0 };
    let scale = if size > BIG { 1.0 / BIG } else { scale };
    let (p, q) = (a * scale, b * scale);
    let value = p / super::hypot(p, q);
    let value = if a.is_infinite() {
        1.0_f64.copysign(a)
    } else {
        value
    };
    let value = if a == 0.0 { 0.0 } else { value };
    let has_none = a.is_nan() || b.is_nan() || (a.is_infinite() && b.is_infinite());
    if has_none { f64::NAN } else { value }
}

/// The share `t/(t + r)` of a term in its sum with the rest, for numbers that are not negative; else NaN.
#[inline]
pub(crate) fn share(t: f64, r: f64) -> f64 {
    if t >= 0.0 && r >= 0.0 {
        t.abs() / (t + r)
    } else {
        f64::NAN
    }
}

/// Selects `above` for positive `x`, else `below`; NaN if `x` or the parameter is.
#[inline]
pub(crate) fn joined(x: f64, parameter: f64, above: f64, below: f64) -> f64 {
    if x.is_nan() || parameter.is_nan() {
        f64::NAN
    } else if x > 0.0 {
        above
    } else {
        below
    }
}
