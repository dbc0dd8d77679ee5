//! Logarithms and functions computed directly from them.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::exp::exp_m1_and_exp;
use super::pair::{Pair, high_half};

/// A positive normal number as `2^count (1 + rest)`, between √½ and √2.
struct Scaled {
    count: f64,
    rest: f64,
}

impl Scaled {
    /// `x`, which may be subnormal.
    #[inline(always)]
    fn of(x: f64) -> Self {
        let subnormal = x < f64::MIN_POSITIVE;
        let scaled = Self::new(if subnormal { x * POWER_54 } else { x });
        let count = if subnormal {
            scaled.count - 54.0
        } else {
            scaled.count
        };
        Self { count, ..scaled }
    }

    #[inline(always)]
    fn new(x: f64) -> Self {
        /// The higher half of the bits of √½; the lower half counts as 0.
        const ROOT: u64 = 0x3fe6_a09e << 32;
        const ONE: u64 = 0x3ff0_0000 << 32;
        const FRACTION: u64 = (1 << 52) - 1;
        /// As a float's bits, 2⁵² plus a whole number that is in the lowest bits.
        const WHOLE: u64 = 0x4330_0000 << 32;
        let bits = x.to_bits().wrapping_add(ONE - ROOT);
        let count = f64::from_bits(WHOLE | (bits >> 52)) - (f64::from_bits(WHOLE) + 1023.0);
        let fraction = f64::from_bits((bits & FRACTION).wrapping_add(ROOT));
        Self {
            count,
            rest: fraction - 1.0,
        }
    }

    /// Half of the square of the rest, and what its logarithm has besides the rest and this half.
    #[inline(always)]
    fn series(&self) -> [f64; 2] {
        let f = self.rest;
        let half_square = 0.5 * f * f;
        let s = f / (2.0 + f);
        let z = s * s;
        let w = z * z;
        let c = LN_SERIES;
        let even = w * (c[1] + w * (c[3] + w * c[5]));
        let odd = z * (c[0] + w * (c[2] + w * (c[4] + w * c[6])));
        [half_square, s * (half_square + (odd + even))]
    }

    /// The natural logarithm, given also a correction of it.
    #[inline(always)]
    fn ln(self, correction: f64) -> f64 {
        let [half_square, series] = self.series();
        let Self { count, rest } = self;
        series + (count * LN_2_LOW + correction) - half_square + rest + count * LN_2_HIGH
    }

    /// The logarithm to another base, given the reciprocal of the base's logarithm and the logarithm of 2, each in two parts.
    #[inline(always)]
    fn log(self, [scale, scale_low]: [f64; 2], [unit, unit_low]: [f64; 2]) -> f64 {
        let [half_square, series] = self.series();
        let Self { count, rest } = self;
        // The product of the higher half of the bits is exact.
        let high = high_half(rest - half_square);
        let low = rest - high - half_square + series;
        let first = high * scale;
        let whole = count * unit;
        let sum = whole + first;
        let small = count * unit_low + (low + high) * scale_low + low * scale;
        small + ((whole - sum) + first) + sum
    }
}

/// A logarithm of `x` that is right for positive finite `x`, with its limits and NaN elsewhere.
#[inline(always)]
fn with_ends(x: f64, logarithm: f64) -> f64 {
    let value = if x < f64::INFINITY { logarithm } else { x };
    let value = if x > 0.0 { value } else { f64::NAN };
    if x == 0.0 { f64::NEG_INFINITY } else { value }
}

/// The logarithm of 2 in two parts; products of whole numbers below 2^21 and the first are exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// A fit of `(ln(1 + f) - 2s)/s` in `s²`, with `s = f/(2 + f)`: that of FreeBSD's `log`, which `libm` has too.
const LN_SERIES: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// The natural logarithm, −∞ at both zeros. The same bits as `libm::log`.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    with_ends(x, Scaled::of(x).ln(0.0))
}

/// The logarithm to base 2. The same bits as `libm::log2`.
#[inline(always)]
pub(crate) fn log2(x: f64) -> f64 {
    const SCALE: [f64; 2] = [1.442_695_040_721_446_3, 1.675_171_316_488_651_2e-10];
    with_ends(x, Scaled::of(x).log(SCALE, [1.0, 0.0]))
}

/// The logarithm to base 10. The same bits as `libm::log10`.
#[inline(always)]
pub(crate) fn log10(x: f64) -> f64 {
    const SCALE: [f64; 2] = [4.342_944_818_781_689e-1, 2.508_294_671_164_527_5e-11];
    const UNIT: [f64; 2] = [3.010_299_956_636_117_7e-1, 3.694_239_077_158_931e-13];
    with_ends(x, Scaled::of(x).log(SCALE, UNIT))
}

/// 2⁵⁴.
const POWER_54: f64 = (1_u64 << 54) as f64;

/// `ln(1 + x)`. The same bits as `libm::log1p`.
#[inline(always)]
pub(crate) fn ln_1p(x: f64) -> f64 {
    ln_of_sum(x, true)
}

/// `ln(1 + x)` if there is a `one`, else `ln(x)` for `x` that are not subnormal, with the bits of [`ln_1p`] and [`ln`].
#[inline(always)]
pub(super) fn ln_of_sum(x: f64, one: bool) -> f64 {
    ln_of_scaled_sum(x, one, Scaled::new)
}

/// The same, given a function that scales the sum.
///
/// The rounding error of `1 + x` is corrected, except near 0, where the series takes `x` itself.
#[inline(always)]
fn ln_of_scaled_sum(x: f64, one: bool, scale: impl Fn(f64) -> Scaled) -> f64 {
    const LOW: f64 = -f64::from_bits(0x3fd2_bec4_ffff_ffff);
    const HIGH: f64 = f64::from_bits(0x3fda_827a << 32);
    let near = one && (LOW..HIGH).contains(&x);
    let one = if one { 1.0 } else { 0.0 };
    let whole = one + x;
    let scaled = scale(whole);
    let lost = if scaled.count >= 2.0 {
        one - (whole - x)
    } else {
        x - (whole - one)
    };
    let correction = if scaled.count < 54.0 {
        lost / whole
    } else {
        0.0
    };
    let scaled = Scaled {
        count: if near { 0.0 } else { scaled.count },
        rest: if near { x } else { scaled.rest },
    };
    let value = scaled.ln(if near { 0.0 } else { correction });
    let value = if near && (x.abs() < f64::EPSILON / 2.0) {
        x
    } else {
        value
    };
    let value = if x < f64::INFINITY { value } else { x };
    let value = if x > -one { value } else { f64::NAN };
    if x == -one { f64::NEG_INFINITY } else { value }
}

/// `x ln(x)`, 0 at 0.
#[inline(always)]
pub(crate) fn xlogx(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x * ln(x) }
}

/// `ln(1 - exp(x))` for `x ≤ 0`, NaN above.
///
/// Above `-ln 2` the exponential is near 1, so it is subtracted from 1 by `expm1`; below it is small (Mächler, 2012).
/// Branch-free.
#[inline(always)]
pub(crate) fn log1mexp(x: f64) -> f64 {
    let is_near = x > -std::f64::consts::LN_2;
    let (less, power) = exp_m1_and_exp(x);
    // Near 0, the difference may be subnormal.
    ln_of_scaled_sum(if is_near { -less } else { -power }, !is_near, Scaled::of)
}

/// The derivative of [`log1mexp`], `-exp(x)/(1 - exp(x))`: −∞ at 0, NaN above. Error 2.1 ulp.
#[inline(always)]
pub(crate) fn log1mexp_slope(x: f64) -> f64 {
    let (less, power) = exp_m1_and_exp(x);
    let value = -power / less.abs();
    if x <= 0.0 { value } else { f64::NAN }
}

/// The reciprocal of e.
const INVERSE_E: Pair = Pair::new(0.367_879_441_171_442_33, -1.242_875_367_278_836_3e-17);
/// The number e.
const E: Pair = Pair::new(std::f64::consts::E, 1.445_646_891_729_250_2e-16);

/// `ln(x) + 1`, the derivative of `x ln(x)`.
///
/// Near the root at 1/e it is `ln(1 + u)`, with `u = (x - 1/e) e` computed to twice the digits. Branch-free.
#[inline(always)]
pub(crate) fn xlogx_slope(x: f64) -> f64 {
    let is_near = (x > 0.1) && (x < 1.0);
    let u = Pair::sum(x, -INVERSE_E.hi)
        .plus(Pair::from(-INVERSE_E.lo))
        .times(E);
    let near = ln_1p(u.hi) + u.lo / (1.0 + u.hi);
    let far = ln(x) + 1.0;
    if is_near { near } else { far }
}
