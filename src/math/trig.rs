//! Circular functions. Their inverses, the tangent, and the sine and cosine of large numbers come from the `libm` crate.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use super::exp::ROUNDER;
use super::pair::Pair;

pub(crate) use libm::{acos, asin, atan, atan2, tan};

/// Up to this size, [`sin_near`] and [`cos_near`] compute sine and cosine.
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

/// Half of π in four parts; products of whole numbers below 2^20 and the first three parts are exact.
const HALF_PI: [f64; 4] = [
    1.570_796_326_734_125_6,
    6.077_100_506_303_966e-11,
    2.022_266_248_711_166_5e-21,
    8.478_427_660_368_9e-32,
];

/// The Taylor coefficients of `sin(x)/x` from `x²` on, fitted to a quarter of π: those of FreeBSD's `sin`.
const SIN_SERIES: [f64; 6] = [
    -1.666_666_666_666_663_2e-1,
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
