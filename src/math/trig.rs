//! Circular functions. Those of large numbers come from the `libm` crate.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::exp::ROUNDER;
use super::pair::{Pair, high_half, polynomial};

/// Up to this size, [`sin_near`], [`cos_near`] and [`tan_near`] compute sine, cosine and tangent.
pub(crate) const NEAR: f64 = 1e6;

/// The sine.
#[inline]
pub(crate) fn sin(x: f64) -> f64 {
    if x.abs() > NEAR {
        return libm::sin(x);
    }
    if x == 0.0 {
        return x;
    }
    Turned::new(x).one_wave(0)
}

/// The cosine.
#[inline]
pub(crate) fn cos(x: f64) -> f64 {
    if x.abs() > NEAR {
        return libm::cos(x);
    }
    Turned::new(x).one_wave(1)
}

/// The tangent.
#[inline]
pub(crate) fn tan(x: f64) -> f64 {
    if x.abs() > NEAR {
        return libm::tan(x);
    }
    tan_near(x)
}

/// The sine and the cosine, with the bits of [`sin`] and [`cos`].
///
/// Not inlined, because the code is long, and a call takes little of its time.
#[inline(never)]
pub(crate) fn sin_cos(x: f64) -> (f64, f64) {
    // Up to almost a quarter of π, the number is the rest.
    if x.abs() < 0.78 {
        let rest = Pair::new(x, 0.0);
        return (if x == 0.0 { x } else { sine(rest) }, cosine(rest));
    }
    if x.abs() > NEAR {
        return (libm::sin(x), libm::cos(x));
    }
    Turned::new(x).waves()
}

/// The sine of numbers up to [`NEAR`], as [`sin`] computes it. Branch-free.
#[inline(always)]
pub(crate) fn sin_near(x: f64) -> f64 {
    let value = Turned::new(x).wave(0);
    if x == 0.0 { x } else { value }
}

/// The cosine of numbers up to [`NEAR`], as [`cos`] computes it. Branch-free.
#[inline(always)]
pub(crate) fn cos_near(x: f64) -> f64 {
    Turned::new(x).wave(1)
}

/// The tangent of numbers up to [`NEAR`], as [`tan`] computes it. Branch-free.
#[inline(always)]
pub(crate) fn tan_near(x: f64) -> f64 {
    let Turned { count, rest } = Turned::new(x);
    let value = tangent(rest, count & 1 == 1);
    if x == 0.0 { x } else { value }
}

/// The sine and the cosine of numbers up to [`NEAR`], with an error below `2^-66`. Branch-free.
#[inline(always)]
pub(super) fn sin_cos_pair(x: f64) -> [Pair; 2] {
    let Turned { count, rest } = Turned::new(x);
    let [mut first, mut second] = waves_pair(rest);
    if count & 1 == 1 {
        (first, second) = (second, first);
    }
    let turned = |Pair { hi, lo }, turn| Pair::new(signed(hi, turn), signed(lo, turn));
    [turned(first, count), turned(second, count.wrapping_add(1))]
}

/// Half of π in four parts; products of whole numbers below 2^20 and the first three parts are exact.
const HALF_PI: [f64; 4] = [
    1.570_796_326_734_125_6,
    6.077_100_506_303_966e-11,
    2.022_266_248_711_166_5e-21,
    8.478_427_660_368_9e-32,
];

/// The Taylor coefficients of `sin(x)/x` from `x²` on, fitted to a quarter of π: those of FreeBSD's `sin`.
const SIN_SERIES: [f64; 6] = [
    -0.166_666_666_666_666_32,
    8.333_333_333_322_49e-3,
    -1.984_126_982_985_795e-4,
    2.755_731_370_707_006_8e-6,
    -2.505_076_025_340_686_3e-8,
    1.589_690_995_211_55e-10,
];

/// The Taylor coefficients of the cosine from `x⁴` on, fitted likewise.
const COS_SERIES: [f64; 6] = [
    4.166_666_666_666_66e-2,
    -1.388_888_888_887_411e-3,
    2.480_158_728_947_673e-5,
    -2.755_731_435_139_066_3e-7,
    2.087_572_321_298_175e-9,
    -1.135_964_755_778_819_5e-11,
];

/// A number as a multiple of half of π, whose lowest bits are in `count`, plus `rest`.
struct Turned {
    count: u64,
    rest: Pair,
}

impl Turned {
    #[inline(always)]
    fn new(x: f64) -> Self {
        let shifted = x * std::f64::consts::FRAC_2_PI + ROUNDER;
        let count = shifted - ROUNDER;
        let first = Pair::sum(x - count * HALF_PI[0], -(count * HALF_PI[1]));
        let second = Pair::sum(first.hi, -(count * HALF_PI[2]));
        let low = (first.lo + second.lo) - count * HALF_PI[3];
        Self {
            count: shifted.to_bits(),
            rest: Pair::ordered(second.hi, low),
        }
    }

    /// The sine of the number, `more` quarters of a turn later. Branch-free.
    #[inline(always)]
    fn wave(self, more: u64) -> f64 {
        let turn = self.count.wrapping_add(more);
        let (sine, cosine) = (sine(self.rest), cosine(self.rest));
        signed(if turn & 1 == 0 { sine } else { cosine }, turn)
    }

    /// The sine and the cosine of the number. Branch-free.
    #[inline(always)]
    fn waves(self) -> (f64, f64) {
        let (turn, next) = (self.count, self.count.wrapping_add(1));
        let (mut first, mut second) = (sine(self.rest), cosine(self.rest));
        if turn & 1 == 1 {
            (first, second) = (second, first);
        }
        (signed(first, turn), signed(second, next))
    }

    /// The same with a branch, which is faster for one number.
    #[inline(always)]
    fn one_wave(self, more: u64) -> f64 {
        let turn = self.count.wrapping_add(more);
        if turn & 1 == 0 {
            signed(sine(self.rest), turn)
        } else {
            signed(cosine(self.rest), turn)
        }
    }
}

/// The value, negated in the second half of a turn.
#[inline(always)]
fn signed(value: f64, turn: u64) -> f64 {
    f64::from_bits(value.to_bits() ^ ((turn & 2) << 62))
}

/// The sine of a pair up to a quarter of π.
#[inline(always)]
fn sine(Pair { hi: x, lo }: Pair) -> f64 {
    let z = x * x;
    let s = SIN_SERIES;
    let series = s[1] + z * (s[2] + z * s[3]) + z * (z * z) * (s[4] + z * s[5]);
    let cube = z * x;
    x - ((z * (0.5 * lo - cube * series) - lo) - cube * s[0])
}

/// The cosine of a pair up to a quarter of π.
#[inline(always)]
fn cosine(Pair { hi: x, lo }: Pair) -> f64 {
    let z = x * x;
    let w = z * z;
    let c = COS_SERIES;
    let series = z * (c[0] + z * (c[1] + z * c[2])) + w * w * (c[3] + z * (c[4] + z * c[5]));
    let half = 0.5 * z;
    let first = 1.0 - half;
    first + (((1.0 - first) - half) + (z * series - x * lo))
}

/// `±1/n!` in turn, for every second `n` from `first` on.
const fn taylor<const N: usize>(first: usize) -> [f64; N] {
    let (mut series, mut place) = ([0.0; N], 0);
    while place < N {
        let (mut factorial, mut n) = (1.0, 2);
        while n <= first + 2 * place {
            factorial *= n as f64;
            n += 1;
        }
        series[place] = if (first / 2 + place) & 1 == 0 {
            1.0
        } else {
            -1.0
        } / factorial;
        place += 1;
    }
    series
}

/// The Taylor coefficients of the sine from `x⁷` on, and of the cosine from `x⁸` on.
const SIN_TAIL: [f64; 8] = taylor(7);
const COS_TAIL: [f64; 8] = taylor(8);

/// The sine and the cosine of a pair up to a quarter of π, with an error below `2^-66`: the first terms of the series as pairs.
#[inline(always)]
fn waves_pair(x: Pair) -> [Pair; 2] {
    // 1/6, 1/120, 1/24 and 1/720.
    const THIRD: Pair = Pair::new(0.166_666_666_666_666_66, 9.251_858_538_542_97e-18);
    const FIFTH: Pair = Pair::new(0.008_333_333_333_333_333, 1.156_482_317_317_871_4e-19);
    const FOURTH: Pair = Pair::new(0.041_666_666_666_666_664, 2.312_964_634_635_742_7e-18);
    const SIXTH: Pair = Pair::new(0.001_388_888_888_888_889, -5.300_543_954_373_577e-20);
    let square = x.times(x);
    let term = |coefficient: Pair, rest: f64| coefficient.plus((square.hi * rest).into());
    let fifth = term(FIFTH, polynomial(&SIN_TAIL, square.hi));
    let third = square.times(fifth).plus(-THIRD);
    let sine = x.plus(square.times(x).times(third));
    let sixth = term(-SIXTH, polynomial(&COS_TAIL, square.hi));
    let fourth = square.times(sixth).plus(FOURTH);
    let second = square.times(fourth).plus(Pair::from(-0.5));
    [sine, square.times(second).plus(Pair::from(1.0))]
}

/// A fit of `(tan(x) - x)/x³` in `x²`, up to 0.67434: that of FreeBSD's `tan`.
const TAN_SERIES: [f64; 13] = [
    0.333_333_333_333_334_1,
    0.133_333_333_333_201_24,
    0.053_968_253_976_226_05,
    0.021_869_488_294_859_542,
    0.008_863_239_823_599_3,
    0.003_592_079_107_591_312_4,
    0.001_456_209_454_325_290_3,
    0.000_588_041_240_820_264_1,
    0.000_246_463_134_818_469_9,
    7.817_944_429_395_571e-5,
    7.140_724_913_826_082e-5,
    -1.855_863_748_552_754_6e-5,
    2.590_730_518_636_337e-5,
];

/// A quarter of π as the sum of two floats.
const QUARTER_PI: f64 = std::f64::consts::FRAC_PI_4;
const QUARTER_PI_LOW: f64 = 3.061_616_997_868_383e-17;

/// The tangent of a pair up to a quarter of π, or that of the pair a quarter of a turn later, which is `-1/tan`. Branch-free.
///
/// For `x` near a quarter of π it is computed from `y = π/4 - x`, as `1 - 2(y - y²/(1 + y))` with the tangent for `y`.
#[inline(always)]
fn tangent(Pair { hi, lo }: Pair, later: bool) -> f64 {
    const BIG: f64 = f64::from_bits(0x3fe5_9428 << 32);
    let size = hi.abs();
    let low = if hi < 0.0 { -lo } else { lo };
    let is_big = size >= BIG;
    let beside = (QUARTER_PI - size) + (QUARTER_PI_LOW - low);
    let x = if is_big { beside } else { size };
    let low = if is_big { 0.0 } else { low };
    let z = x * x;
    let w = z * z;
    let t = TAN_SERIES;
    let odd = t[1] + w * (t[3] + w * (t[5] + w * (t[7] + w * (t[9] + w * t[11]))));
    let even = z * (t[2] + w * (t[4] + w * (t[6] + w * (t[8] + w * (t[10] + w * t[12])))));
    let cube = z * x;
    let rest = low + z * (cube * (odd + even) + low) + cube * t[0];
    let near = x + rest;
    let one = if later { -1.0 } else { 1.0 };
    let quotient = if is_big { near * near } else { -1.0 } / if is_big { near + one } else { near };
    let big = one - 2.0 * (x + (rest - quotient));
    // The reciprocal is corrected by the error of its product with the tangent.
    let (high, high_quotient) = (high_half(near), high_half(quotient));
    let lost = rest - (high - x);
    let inverse = high_quotient + quotient * (1.0 + high_quotient * high + high_quotient * lost);
    let small = if later { inverse } else { near };
    let value = if is_big { big } else { small };
    f64::from_bits(value.to_bits() ^ (hi.to_bits() & (1 << 63)))
}
