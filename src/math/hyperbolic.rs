//! Hyperbolic functions, branch-free, and their inverses, which come from the `libm` crate.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use super::exp::{exp_m1_and_half_exp, half_exp};
use super::pair::Pair;

pub(crate) use libm::{asinh, atanh};

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

/// The inverse hyperbolic cosine, NaN below 1 (`libm` returns numbers for large negative arguments).
pub(crate) fn acosh(x: f64) -> f64 {
    if x < 1.0 { f64::NAN } else { libm::acosh(x) }
}
