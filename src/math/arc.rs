//! Inverse circular functions, branch-free, with the bits of the `libm` crate.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::pair::high_half;

/// Half of π as the sum of two floats.
const HALF_PI: f64 = std::f64::consts::FRAC_PI_2;
const HALF_PI_LOW: f64 = 6.123_233_995_736_766e-17;

/// The quotient of polynomials `(asin(x) - x)/x` in `x²`, numerator and denominator: those of FreeBSD's `asin`.
const ASIN: [f64; 6] = [
    0.166_666_666_666_666_66,
    -0.325_565_818_622_400_9,
    0.201_212_532_134_862_93,
    -0.040_055_534_500_679_41,
    0.000_791_534_994_289_814_5,
    3.479_331_075_960_212e-5,
];
const ASIN_BELOW: [f64; 4] = [
    -2.403_394_911_734_414,
    2.020_945_760_233_505_7,
    -0.688_283_971_605_453_3,
    0.077_038_150_555_901_94,
];

/// The parts of the inverse sine and cosine of one number.
///
/// Above one half, the angle is twice that of the sine `root = √((1 - |x|)/2)`.
struct Half {
    is_small: bool,
    root: f64,
    /// The root as an exact sum.
    high: f64,
    low: f64,
    quotient: f64,
}

impl Half {
    #[inline(always)]
    fn new(x: f64) -> Self {
        let size = x.abs();
        let is_small = size < 0.5;
        let rest = (1.0 - size) * 0.5;
        let z = if is_small { x * x } else { rest };
        let (p, q) = (ASIN, ASIN_BELOW);
        let above = z * (p[0] + z * (p[1] + z * (p[2] + z * (p[3] + z * (p[4] + z * p[5])))));
        let below = 1.0 + z * (q[0] + z * (q[1] + z * (q[2] + z * q[3])));
        let root = rest.sqrt();
        let high = high_half(root);
        // The quotient is not a number at the ends.
        let low = (rest - high * high) / (root + high);
        Self {
            is_small,
            root,
            high,
            low: if rest == 0.0 { 0.0 } else { low },
            quotient: above / below,
        }
    }
}

/// The inverse sine. The same bits as `libm::asin`.
#[inline(always)]
pub(crate) fn asin(x: f64) -> f64 {
    const NEAR_ONE: f64 = f64::from_bits(0x3fef_3333 << 32);
    let size = x.abs();
    let Half {
        is_small,
        root,
        high,
        low,
        quotient,
    } = Half::new(x);
    let end = HALF_PI - (2.0 * (root + root * quotient) - HALF_PI_LOW);
    let rest = 2.0 * root * quotient - (HALF_PI_LOW - 2.0 * low);
    let middle = 0.5 * HALF_PI - (rest - (0.5 * HALF_PI - 2.0 * high));
    let value = if size >= NEAR_ONE { end } else { middle };
    let value = if is_small {
        size + size * quotient
    } else {
        value
    };
    // Outside the domain, the root is not a number.
    value.copysign(x)
}

/// The inverse cosine. The same bits as `libm::acos`.
#[inline(always)]
pub(crate) fn acos(x: f64) -> f64 {
    let Half {
        is_small,
        root,
        high,
        low,
        quotient,
    } = Half::new(x);
    let near = HALF_PI - (x - (HALF_PI_LOW - x * quotient));
    let below = HALF_PI - (root + (quotient * root - HALF_PI_LOW));
    let above = high + (quotient * root + low);
    let value = 2.0 * if x < 0.0 { below } else { above };
    if is_small { near } else { value }
}

/// The ends of the ranges in which the inverse tangent takes one centre. The last range has none.
const ATAN_ENDS: [f64; 4] = [0.4375, 0.6875, 1.1875, 2.4375];

/// The inverse tangents of the centres 0, ½, 1, 1½ and ∞, each as the sum of two floats.
const ATAN_CENTRES: [f64; 5] = [
    0.0,
    0.463_647_609_000_806_1,
    std::f64::consts::FRAC_PI_4,
    0.982_793_723_247_329,
    HALF_PI,
];
const ATAN_CENTRES_LOW: [f64; 5] = [
    0.0,
    2.269_877_745_296_168_7e-17,
    3.061_616_997_868_383e-17,
    1.390_331_103_123_099_8e-17,
    HALF_PI_LOW,
];

/// A fit of `(x - atan(x))/x` in `x²` from `x²` on: that of FreeBSD's `atan`.
const ATAN_SERIES: [f64; 11] = [
    0.333_333_333_333_329_3,
    -0.199_999_999_998_764_83,
    0.142_857_142_725_034_66,
    -0.111_111_104_054_623_56,
    0.090_908_871_334_365_07,
    -0.076_918_762_050_448_3,
    0.066_610_731_373_875_31,
    -0.058_335_701_337_905_735,
    0.049_768_779_946_159_324,
    -0.036_531_572_744_216_916,
    0.016_285_820_115_365_782,
];

/// The number for the first of the ranges that holds, else the last.
#[inline(always)]
fn select(below: [bool; 4], numbers: [f64; 5]) -> f64 {
    let mut number = numbers[4];
    for place in (0..4).rev() {
        number = if below[place] { numbers[place] } else { number };
    }
    number
}

/// The inverse tangent. The same bits as `libm::atan`.
///
/// The angle from that of a centre `c` has the tangent `(|x| - c)/(1 + c |x|)`.
#[inline(always)]
pub(crate) fn atan(x: f64) -> f64 {
    let size = x.abs();
    let below = ATAN_ENDS.map(|end| size < end);
    let above = [size, 2.0 * size - 1.0, size - 1.0, size - 1.5, -1.0];
    let under = [1.0, 2.0 + size, size + 1.0, 1.0 + 1.5 * size, size];
    let t = select(below, above) / select(below, under);
    let z = t * t;
    let w = z * z;
    let a = ATAN_SERIES;
    let even = z * (a[0] + w * (a[2] + w * (a[4] + w * (a[6] + w * (a[8] + w * a[10])))));
    let odd = w * (a[1] + w * (a[3] + w * (a[5] + w * (a[7] + w * a[9]))));
    let low = select(below, ATAN_CENTRES_LOW);
    let value = select(below, ATAN_CENTRES) - (t * (even + odd) - low - t);
    value.copysign(x)
}

/// The difference of π and its float.
const PI_LOW: f64 = 1.224_646_799_147_353_2e-16;

/// The angle of the vector `(x, y)`. The same bits as `libm::atan2`.
#[inline(always)]
pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_4, PI};
    let (a, b) = (y.abs(), x.abs());
    let right = if a == 0.0 { 0.0 } else { atan(a / b) };
    let is_left = x.to_bits() >> 63 == 1;
    let is_diagonal = (a == f64::INFINITY) && (b == f64::INFINITY);
    let right = if is_diagonal { FRAC_PI_4 } else { right };
    let left = if is_diagonal {
        3.0 * PI / 4.0
    } else {
        PI - (right - PI_LOW)
    };
    let value = if is_left { left } else { right };
    // A quotient above 2⁶⁴ gives half of π, for both signs of x.
    let high = |x: f64| (x.to_bits() >> 32).cast_signed();
    let is_steep = (high(b) + (64 << 20) < high(a)) || (a == f64::INFINITY) && !is_diagonal;
    let is_steep = is_steep || ((b == 0.0) && (a > 0.0));
    let value = if is_steep { HALF_PI } else { value };
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else {
        value.copysign(y)
    }
}
