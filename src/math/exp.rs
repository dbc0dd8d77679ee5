//! Exponentials and functions computed directly from them, branch-free: in loops they are compiled to vector instructions.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::pair::{EXP_SERIES as T, LN_2, Pair};

/// Adding this rounds to a whole number, whose bits are then the lowest bits of the sum.
pub(super) const ROUNDER: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// The exponential as `2^count (1 + first + rest)`, of which only `rest` is rounded.
#[derive(Clone, Copy)]
pub(super) struct Power {
    count: i64,
    first: f64,
    rest: f64,
}

impl Power {
    /// `exp(x)` for `|x| ≤ 800`.
    #[inline(always)]
    fn of_e(x: f64) -> Self {
        let shifted = x * std::f64::consts::LOG2_E + ROUNDER;
        let count = shifted - ROUNDER;
        let rest = Pair::sum(x - count * LN_2[0], -(count * LN_2[1]));
        Self::new(shifted, rest)
    }

    /// `exp(x)` for `|x| ≤ 800`, relative error below `2^-56`.
    #[inline(always)]
    pub(super) fn of_pair(x: Pair) -> Self {
        let shifted = x.hi * std::f64::consts::LOG2_E + ROUNDER;
        let count = shifted - ROUNDER;
        let rest = Pair::sum(x.hi - count * LN_2[0], -(count * LN_2[1]));
        Self::new(
            shifted,
            Pair::sum(rest.hi, rest.lo + (x.lo - count * LN_2[2])),
        )
    }

    /// `2^count exp(r)`, the count being in the lowest bits of `shifted`.
    #[inline(always)]
    fn new(shifted: f64, r: Pair) -> Self {
        let Pair { hi: r, lo } = r;
        let square = r * r;
        let fourth = square * square;
        let low = (T[0] + r * T[1]) + square * (T[2] + r * T[3]);
        let middle = (T[4] + r * T[5]) + square * (T[6] + r * T[7]);
        let high = (T[8] + r * T[9]) + square * (T[10] + r * T[11]);
        let tail = square * r * (low + fourth * (middle + fourth * high));
        let count = shifted.to_bits().wrapping_sub(ROUNDER.to_bits());
        Self {
            count: count.cast_signed(),
            first: r,
            rest: lo + (0.5 * square + tail),
        }
    }

    /// The exponential times `2^more`.
    #[inline(always)]
    fn value(self, more: i64) -> f64 {
        let Pair { hi, lo } = self.sum();
        times_power_of_two(hi + lo, self.count + more)
    }

    /// `1 + first + rest` in two parts.
    #[inline(always)]
    fn sum(self) -> Pair {
        let sum = Pair::ordered(1.0, self.first);
        Pair::new(sum.hi, sum.lo + self.rest)
    }

    /// The exponential divided by `2^count`.
    #[inline(always)]
    pub(super) fn mantissa(self) -> Pair {
        let Pair { hi, lo } = self.sum();
        Pair::ordered(hi, lo)
    }

    /// `x 2^count`.
    #[inline(always)]
    pub(super) fn scale(self, x: f64) -> f64 {
        times_power_of_two(x, self.count)
    }

    /// The pair `x 2^count`.
    #[inline(always)]
    pub(super) fn scaled(self, x: Pair) -> Pair {
        Pair::new(self.scale(x.hi), self.scale(x.lo))
    }

    /// The exponential minus one, for counts from -1022 to 1000.
    #[inline(always)]
    fn less_one(self) -> Pair {
        let power = power_of_two(self.count);
        let less = power - 1.0;
        let lost = (power - less) - 1.0;
        let sum = Pair::sum(less, power * self.first);
        Pair::ordered(sum.hi, sum.lo + (power * self.rest + lost))
    }
}

/// `2^k` for `k` in -1022..=1023.
#[inline(always)]
fn power_of_two(k: i64) -> f64 {
    f64::from_bits(((k + 1023) << 52).cast_unsigned())
}

/// `x 2^k` for `k` in -2044..=2046, rounded once.
#[inline(always)]
fn times_power_of_two(x: f64, k: i64) -> f64 {
    // In two steps, because 2^k alone may be outside the range of floats.
    let half = k >> 1;
    x * power_of_two(half) * power_of_two(k - half)
}

/// `exp(x)`.
///
/// With `x = k ln 2 + r` it is `2^k (1 + r + r²/2 + ...)`, where `1 + r` is exact and only the rest is rounded.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    Power::of_e(x.clamp(-800.0, 800.0)).value(0)
}

/// `exp(x)/2`, also if `exp(x)` overflows.
#[inline(always)]
pub(super) fn half_exp(x: f64) -> f64 {
    Power::of_e(x.clamp(-800.0, 800.0)).value(-1)
}

/// `exp(x) - 1` as a pair, for `x` from -50 to 50, and `exp(x)/2`, also if `exp(x)` overflows.
#[inline(always)]
pub(super) fn exp_m1_and_half_exp(x: f64) -> (Pair, f64) {
    let power = Power::of_e(x.clamp(-800.0, 800.0));
    (power.less_one(), power.value(-1))
}

/// `exp(x) - 1`.
#[inline(always)]
pub(crate) fn exp_m1(x: f64) -> f64 {
    let power = Power::of_e(x.clamp(-50.0, 800.0));
    // Above, subtracting one changes nothing.
    let value = if x > 50.0 {
        power.value(0)
    } else {
        power.less_one().hi
    };
    value.copysign(x)
}

/// `exp(x) - 1` and `exp(x)` for `x ≤ 0`, with the bits of [`exp_m1`] and [`exp`].
#[inline(always)]
pub(super) fn exp_m1_and_exp(x: f64) -> (f64, f64) {
    let power = Power::of_e(x.clamp(-800.0, 800.0));
    // Below, the difference rounds to −1.
    let less = if x < -50.0 { -1.0 } else { power.less_one().hi };
    (less.copysign(x), power.value(0))
}

/// `2^x`.
#[inline(always)]
pub(crate) fn exp2(x: f64) -> f64 {
    let x = x.clamp(-1100.0, 1100.0);
    let shifted = x + ROUNDER;
    let part = x - (shifted - ROUNDER);
    let rest = Pair::product(part, std::f64::consts::LN_2);
    let low = rest.lo + part * LN_2_LOW;
    Power::new(shifted, Pair::new(rest.hi, low)).value(0)
}

/// The logarithm of 2 minus its float.
const LN_2_LOW: f64 = 2.319_046_813_846_299_6e-17;

/// `exp(x - m)`; 1 for equal operands, including infinite ones.
///
/// It corrects for the rounding error `e` of the difference: `exp(d + e) = exp(d)(1 + e)`. Error 1.1 ulp.
#[inline(always)]
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
#[inline(always)]
pub(crate) fn scaled_exp2(x: f64, c: f64) -> f64 {
    // Where the difference is taken, it is exact, and powers of two scale exactly.
    let (less, scale) = if x > 1000.0 {
        (512.0, POWER_512)
    } else {
        (0.0, 1.0)
    };
    exp2(x - less) * c * scale
}

/// 2⁵¹².
const POWER_512: f64 = f64::from_bits((1023 + 512) << 52);

/// `exp(-x²)`.
///
/// It corrects for the rounding error `e` of the square: `exp(-s - e) = exp(-s)(1 - e)`. Error 1.2 ulp.
#[inline(always)]
pub(crate) fn gaussian(x: f64) -> f64 {
    let square = Pair::product(x, x);
    let near = exp(-square.hi);
    let value = near - near * square.lo;
    // There the value is 0, and the square may overflow.
    if x.abs() > 30.0 { 0.0 } else { value }
}
