//! Powers, roots and lengths. `cbrt` comes from the `libm` crate.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::pair::Pair;

pub(crate) use libm::cbrt;

/// `x` to the power `y`, NaN if either operand is.
///
/// It differs from IEEE's function in `pow(NaN, 0)` and `pow(1, NaN)`, which are NaN here.
pub(crate) fn pow(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    libm::pow(x, y)
}

/// `x` to the whole power `n`: by multiplication up to the third power, else [`pow`].
pub(crate) fn powi(x: f64, n: f64) -> f64 {
    let size = n.abs();
    if size > 3.0 || x.is_nan() || size.floor() != size {
        return pow(x, n);
    }
    let product = match size {
        0.0 => 1.0,
        1.0 => x,
        2.0 => x * x,
        _ => x * x * x,
    };
    if n >= 0.0 {
        return product;
    }
    // If the product is outside the range of normal numbers, it has lost digits that the result may keep.
    if product.is_normal() {
        1.0 / product
    } else {
        pow(x, n)
    }
}

/// `c·a^(b−less)`, also if the power alone is subnormal or overflows; 0 where the power vanishes, also if `c` is infinite.
///
/// A rounding error of the exponent would grow with `ln a`. So if the difference is not exact, the power `aᵇ` is
/// divided by `a` instead, `less` times.
pub(super) fn scaled_pow(c: f64, a: f64, b: f64, less: f64) -> f64 {
    let exponent = b - less;
    let exact = exponent + less == b && b - exponent == less;
    if exact || a == 0.0 || a.is_infinite() || b.is_infinite() {
        return times_pow(c, a, exponent);
    }
    let product = times_pow(c, a, b) / a;
    if less > 1.0 { product / a } else { product }
}

/// `c·aᵇ` for [`scaled_pow`]. A power outside the range of normal numbers is the product of two powers of half the exponent.
fn times_pow(c: f64, a: f64, b: f64) -> f64 {
    let power = pow(a, b);
    if power.is_normal() || power.is_nan() || c.is_nan() {
        return c * power;
    }
    let root = pow(a.abs(), 0.5 * b);
    if c == 0.0 || root == 0.0 {
        return 0.0;
    }
    (c * root) * root.copysign(power)
}

/// `√(x² + y²)` without overflow, NaN if either operand is. Else the same bits as `libm::hypot`. Branch-free.
///
/// It differs from IEEE's function in `hypot(inf, NaN)`, which is NaN here.
#[inline(always)]
pub(crate) fn hypot(x: f64, y: f64) -> f64 {
    let (a, b) = (x.abs(), y.abs());
    let is_ordered = a >= b;
    let large = if is_ordered { a } else { b };
    let small = if is_ordered { b } else { a };
    // Powers of two scale exactly; the squares neither overflow nor become subnormal.
    let is_far = large >= POWER_511;
    let is_near = small < 1.0 / POWER_450;
    let up = if is_near { POWER_700 } else { 1.0 };
    let up = if is_far { 1.0 / POWER_700 } else { up };
    let down = if is_near { 1.0 / POWER_700 } else { 1.0 };
    let down = if is_far { POWER_700 } else { down };
    let [p, q] = [large * up, small * up].map(Pair::square);
    let length = down * (q.lo + p.lo + q.hi + p.hi).sqrt();
    let exponent = |x: f64| (x.to_bits() >> 52).cast_signed();
    let is_sum = (exponent(large) - exponent(small) > 64) || (small == 0.0);
    let length = if is_sum { large + small } else { length };
    let length = if large == f64::INFINITY {
        large
    } else {
        length
    };
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else {
        length
    }
}

/// 2⁴⁵⁰, 2⁵¹¹ and 2⁷⁰⁰.
const POWER_450: f64 = f64::from_bits((1023 + 450) << 52);
const POWER_511: f64 = f64::from_bits((1023 + 511) << 52);
const POWER_700: f64 = f64::from_bits((1023 + 700) << 52);

/// `1/x` for `x ≥ 0`, infinite at both zeros, NaN below 0. Correctly rounded.
#[inline]
pub(crate) fn recip_positive(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / x.abs() } else { f64::NAN }
}
