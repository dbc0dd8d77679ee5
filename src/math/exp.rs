//! Exponentials and functions computed directly from them. `exp2` and `exp_m1` come from the `libm` crate.

use super::pair::{EXP_SERIES as T, LN_2, Pair};

pub(crate) use libm::{exp2, expm1 as exp_m1};

/// `exp(x)`.
///
/// With `x = k ln 2 + r` it is `2^k (1 + r + r²/2 + ...)`, where `1 + r` is exact and only the rest is rounded.
/// Branch-free.
#[inline]
pub(crate) fn exp(x: f64) -> f64 {
    // Adding this rounds to a whole number, whose bits are then the lowest bits of the sum.
    const ROUNDER: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    let x = x.clamp(-800.0, 800.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUNDER;
    let count = shifted - ROUNDER;
    let rest = Pair::sum(x - count * LN_2[0], -(count * LN_2[1]));
    let sum = Pair::ordered(1.0, rest.hi);
    let r = rest.hi;
    let square = r * r;
    let fourth = square * square;
    let low = (T[0] + r * T[1]) + square * (T[2] + r * T[3]);
    let middle = (T[4] + r * T[5]) + square * (T[6] + r * T[7]);
    let high = (T[8] + r * T[9]) + square * (T[10] + r * T[11]);
    let tail = square * r * (low + fourth * (middle + fourth * high));
    let value = sum.hi + (sum.lo + (rest.lo + (0.5 * square + tail)));
    // In two steps, because 2^k alone may be outside the range of floats.
    let bits = shifted
        .to_bits()
        .wrapping_sub(ROUNDER.to_bits())
        .cast_signed();
    let half = bits >> 1;
    value * power_of_two(half) * power_of_two(bits - half)
}

/// `2^k` for `k` in -1022..=1023.
#[inline]
fn power_of_two(k: i64) -> f64 {
    f64::from_bits(((k + 1023) << 52).cast_unsigned())
}

/// `exp(x - m)`; 1 for equal operands, including infinite ones.
///
/// It corrects for the rounding error `e` of the difference: `exp(d + e) = exp(d)(1 + e)`. Branch-free. Error 1.1 ulp.
#[inline]
pub(crate) fn exp_difference(x: f64, m: f64) -> f64 {
    let difference = Pair::sum(x, -m);
    let near = exp(difference.hi);
    let corrected = near + near * difference.lo;
    // Where the exponential is 0 or infinite, no correction is needed, and it may be NaN.
    let inside = near > 0.0 && near < f64::INFINITY;
    let value = if inside { corrected } else { near };
    if x == m { 1.0 } else { value }
}

/// `c 2^x`, also if `2^x` alone overflows. Error 1.3 ulp.
pub(crate) fn scaled_exp2(x: f64, c: f64) -> f64 {
    if x > 1000.0 {
        // Here the difference is exact, and powers of two scale exactly.
        exp2(x - 512.0) * c * power_of_two(512)
    } else {
        exp2(x) * c
    }
}

/// `exp(-x²)`.
///
/// It corrects for the rounding error `e` of the square: `exp(-s - e) = exp(-s)(1 - e)`. Error 1.2 ulp.
pub(crate) fn gaussian(x: f64) -> f64 {
    if x.abs() > 30.0 {
        return 0.0;
    }
    let square = Pair::product(x, x);
    let near = exp(-square.hi);
    near - near * square.lo
}
