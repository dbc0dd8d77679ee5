//! Hyperbolic functions and their inverses, branch-free.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::exp::{exp_m1_and_half_exp, half_exp};
use super::log::{ln_1p, ln_of_sum};
use super::pair::Pair;

/// Below this size, `tanh(x)` and `sinh(x)` round to `x`.
const TINY: f64 = 1.0 / (1_u64 << 30) as f64;

/// The hyperbolic sine, `(m + m/(m + 1))/2` with `m = exp(x) - 1`.
#[inline(always)]
pub(crate) fn sinh(x: f64) -> f64 {
    let size = x.abs();
    let (m, half) = exp_m1_and_half_exp(size);
    let share = quotient(m, m, 1.0);
    let near = 0.5 * (m.hi + (m.lo + share));
    let value = if size > 40.0 { half } else { near };
    let value = if size < TINY { size } else { value };
    value.copysign(x)
}

/// The hyperbolic cosine.
#[inline(always)]
pub(crate) fn cosh(x: f64) -> f64 {
    let half = half_exp(x.abs());
    half + 0.25 / half
}

/// The hyperbolic tangent, `m/(m + 2)` with `m = exp(2x) - 1`.
#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    let size = x.abs();
    // Above 25 it rounds to 1.
    let (m, _) = exp_m1_and_half_exp(2.0 * if size > 25.0 { 25.0 } else { size });
    let value = quotient(m, m, 2.0);
    let value = if size < TINY { size } else { value };
    value.copysign(x)
}

/// `a/(b + c)`, rounded once but for a tiny error, for a pair `b` from 0 to 1e30 and `c` of 1 or 2.
#[inline(always)]
fn quotient(a: Pair, b: Pair, c: f64) -> f64 {
    let sum = Pair::sum(b.hi, c);
    let low = sum.lo + b.lo;
    let inverse = 1.0 / sum.hi;
    let near = a.hi * inverse;
    let back = Pair::product(near, sum.hi);
    let rest = ((a.hi - back.hi) - back.lo) + (a.lo - near * low);
    near + rest * inverse
}

/// Above this size, the root of `x² ± 1` rounds to `|x|`.
const LARGE: f64 = (1_u64 << 26) as f64;

/// The inverse hyperbolic sine. The same bits as `libm::asinh`.
#[inline(always)]
pub(crate) fn asinh(x: f64) -> f64 {
    let size = x.abs();
    let is_below_two = size < 2.0;
    let root = (size * size + 1.0).sqrt();
    let quotient = if is_below_two { size * size } else { 1.0 }
        / (root + if is_below_two { 1.0 } else { size });
    let sum = if is_below_two { size } else { 2.0 * size } + quotient;
    let is_large = size >= LARGE;
    let logarithm = ln_of_sum(if is_large { size } else { sum }, is_below_two);
    let value = if is_large {
        logarithm + std::f64::consts::LN_2
    } else {
        logarithm
    };
    let value = if size < 1.0 / LARGE { size } else { value };
    value.copysign(x)
}

/// The inverse hyperbolic cosine, NaN below 1. From 1 on, it has the bits of `libm::acosh`.
#[inline(always)]
pub(crate) fn acosh(x: f64) -> f64 {
    let is_below_two = x < 2.0;
    let less = x - 1.0;
    let square = if is_below_two {
        less * less + 2.0 * less
    } else {
        x * x - 1.0
    };
    let root = square.sqrt();
    let sum = if is_below_two {
        less + root
    } else {
        2.0 * x - 1.0 / (x + root)
    };
    let is_large = x >= LARGE;
    let logarithm = ln_of_sum(if is_large { x } else { sum }, is_below_two);
    let value = if is_large {
        logarithm + std::f64::consts::LN_2
    } else {
        logarithm
    };
    if x < 1.0 { f64::NAN } else { value }
}

/// The inverse hyperbolic tangent. The same bits as `libm::atanh`.
#[inline(always)]
pub(crate) fn atanh(x: f64) -> f64 {
    let size = x.abs();
    let is_near = size < 0.5;
    let twice = 2.0 * size;
    let quotient = if is_near { twice * size } else { size } / (1.0 - size);
    let less = if is_near {
        twice + quotient
    } else {
        2.0 * quotient
    };
    let value = 0.5 * ln_1p(less);
    let value = if size < TINY / 4.0 { size } else { value };
    value.copysign(x)
}
