//! Numbers as unevaluated sums of two floats, for steps where rounding to one float would lose digits.
//!
//! Sums follow Knuth, products Dekker and Veltkamp. Nothing here needs a fused multiply-add.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

/// The number `hi + lo`, with `lo` at most half a unit in the last place of `hi`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) hi: f64,
    pub(super) lo: f64,
}

impl Pair {
    #[inline(always)]
    pub(super) const fn new(hi: f64, lo: f64) -> Self {
        Self { hi, lo }
    }

    /// `a + b` exactly.
    #[inline(always)]
    pub(super) fn sum(a: f64, b: f64) -> Self {
        let hi = a + b;
        let back = hi - a;
        Self::new(hi, (a - (hi - back)) + (b - back))
    }

    /// `a + b` exactly, for `|a| >= |b|` or `a = 0`.
    #[inline(always)]
    pub(super) fn ordered(a: f64, b: f64) -> Self {
        let hi = a + b;
        Self::new(hi, b - (hi - a))
    }

    /// `a * b` exactly, for factors below `2^996` and products that do not underflow.
    #[inline(always)]
    pub(super) fn product(a: f64, b: f64) -> Self {
        let hi = a * b;
        let ([ah, al], [bh, bl]) = (split(a), split(b));
        Self::new(hi, ((ah * bh - hi) + ah * bl + al * bh) + al * bl)
    }

    /// `a²` exactly, likewise.
    #[inline(always)]
    pub(super) fn square(a: f64) -> Self {
        let hi = a * a;
        let [ah, al] = split(a);
        Self::new(hi, ah * ah - hi + 2.0 * ah * al + al * al)
    }

    #[inline(always)]
    pub(super) fn plus(self, other: Self) -> Self {
        let sum = Self::sum(self.hi, other.hi);
        Self::ordered(sum.hi, sum.lo + (self.lo + other.lo))
    }

    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        let product = Self::product(self.hi, other.hi);
        Self::ordered(
            product.hi,
            product.lo + (self.hi * other.lo + self.lo * other.hi),
        )
    }

    #[inline(always)]
    pub(super) fn over(self, other: Self) -> Self {
        let quotient = self.hi / other.hi;
        let back = Self::product(quotient, other.hi);
        let rest = ((self.hi - back.hi) - back.lo) + (self.lo - quotient * other.lo);
        Self::ordered(quotient, rest / other.hi)
    }

    /// The pair times a power of two.
    #[inline(always)]
    pub(super) fn scaled(self, power: f64) -> Self {
        Self::new(self.hi * power, self.lo * power)
    }

    #[inline(always)]
    pub(super) fn value(self) -> f64 {
        self.hi + self.lo
    }
}

impl From<f64> for Pair {
    #[inline(always)]
    fn from(x: f64) -> Self {
        Self::new(x, 0.0)
    }
}

impl std::ops::Neg for Pair {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::new(-self.hi, -self.lo)
    }
}

/// Splits a float into the sum of two floats of 26 bits each.
#[inline(always)]
fn split(x: f64) -> [f64; 2] {
    let shifted = x * 134_217_729.0;
    let high = shifted - (shifted - x);
    [high, x - high]
}

/// The higher half of the bits of a float.
#[inline(always)]
pub(super) fn high_half(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & (u64::MAX << 32))
}

/// Evaluates a polynomial by Horner's rule; the constant coefficient comes first.
#[inline(always)]
pub(super) fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    let mut sum = 0.0;
    for place in (0..coefficients.len()).rev() {
        sum = sum * x + coefficients[place];
    }
    sum
}

/// The logarithm of 2 in three parts; products of whole numbers below 2^13 and the first or second part are exact.
pub(super) const LN_2: [f64; 3] = [
    0.693_147_180_559_208_2,
    7.371_002_565_161_996e-13,
    5.802_988_983_595_690_5e-25,
];

/// Taylor coefficients of the exponential from `x^3` on: `1/n!`.
pub(super) const EXP_SERIES: [f64; 13] = {
    let (mut series, mut factorial, mut place) = ([0.0; 13], 2.0, 0);
    while place < series.len() {
        factorial *= (place + 3) as f64;
        series[place] = 1.0 / factorial;
        place += 1;
    }
    series
};

/// Twice the Taylor coefficients of the inverse hyperbolic tangent from `x^3` on: `2/n` for odd `n`.
const LN_SERIES: [f64; 12] = {
    let (mut series, mut place) = ([0.0; 12], 0);
    while place < series.len() {
        series[place] = 2.0 / (2 * place + 3) as f64;
        place += 1;
    }
    series
};

/// `exp(x)` as a pair and a power of two to multiply it by, for `|x| < 2000`.
///
/// Only the terms from `x³/6` on are rounded to a float: relative error below `2^-59`.
#[inline]
pub(super) fn exp_pair(x: Pair) -> (Pair, i32) {
    let count = (x.hi * std::f64::consts::LOG2_E + 0.5).floor();
    let rest = Pair::sum(x.hi - count * LN_2[0], -(count * LN_2[1]));
    let rest = Pair::sum(rest.hi, rest.lo + (x.lo - count * LN_2[2]));
    let square = rest.times(rest);
    let tail = square.hi * rest.hi * polynomial(&EXP_SERIES, rest.hi);
    let small = rest.plus(square.scaled(0.5)).plus(tail.into());
    let power = count as i32;
    (small.plus(Pair::from(1.0)), power)
}

/// `ln(x)` as a pair, for normal positive `x`.
///
/// With `x = m 2^k` and `s = (m - 1)/(m + 1)` it is `k ln 2 + 2 artanh(s)`; only the terms from `s³` on are rounded
/// to a float: relative error below `2^-58`, also near 1.
#[inline]
pub(super) fn ln_pair(x: Pair) -> Pair {
    let (mut unit, mut count) = (power_of_two_below(x.hi), exponent(x.hi));
    if x.hi > unit * std::f64::consts::SQRT_2 {
        count += 1.0;
        unit *= 2.0;
    }
    let m = Pair::new(x.hi / unit, x.lo / unit);
    let ratio = Pair::ordered(m.hi - 1.0, m.lo).over(Pair::sum(m.hi, 1.0).plus(m.lo.into()));
    let square = ratio.hi * ratio.hi;
    let tail = square * ratio.hi * polynomial(&LN_SERIES, square);
    let series = ratio.scaled(2.0).plus(tail.into());
    let whole = Pair::ordered(count * LN_2[0], count * LN_2[1]).plus((count * LN_2[2]).into());
    whole.plus(series)
}

/// `1 + b ln(x)` for positive `x`, where the sum cancels: absolute error below `2^-99`, and near `x = 1` below `2^-99 |x - 1|`.
///
/// The logarithm is the sum of [`ln_pair`], with all terms of the series as pairs. For `x = m 2^k` with `k = 0`, the largest
/// term of the logarithm is `m - 1`, and `1 + b (m - 1)` is exact.
pub(super) fn one_plus_times_ln(b: f64, x: f64) -> f64 {
    let (mut m, mut count) = libm::frexp(x);
    if m < std::f64::consts::FRAC_1_SQRT_2 {
        m *= 2.0;
        count -= 1;
    }
    let less = m - 1.0;
    let ratio = Pair::from(less).over(Pair::sum(m, 1.0));
    let square = ratio.times(ratio);
    // With |s| < 0.172, the first term left out is below 2^-114 of the first.
    let tail = (1..22).rev().fold(Pair::from(0.0), |sum, n| {
        let term = Pair::from(2.0).over(Pair::from(f64::from(2 * n + 1)));
        sum.plus(term).times(square)
    });
    // 2s = (m - 1) - (m - 1) s.
    let rest = tail.plus(-Pair::from(less)).times(ratio);
    let count = f64::from(count);
    let whole = Pair::ordered(count * LN_2[0], count * LN_2[1]).plus((count * LN_2[2]).into());
    let first = Pair::from(1.0).plus(Pair::product(b, less));
    first.plus(whole.plus(rest).times(b.into())).value()
}

/// The exponent of a normal number.
#[inline]
pub(super) fn exponent(x: f64) -> f64 {
    ((x.to_bits() >> 52) & 0x7ff) as f64 - 1023.0
}

/// The largest power of two that is at most the normal positive `x`.
#[inline]
pub(super) fn power_of_two_below(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & (0x7ff << 52))
}
