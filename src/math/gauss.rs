//! The error function and the normal density.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::exp::exp;
use super::hazard::density_of;
use super::pair::{Pair, high_half, polynomial};

/// The ends of the ranges in which the error functions take one quotient of polynomials. The last range has none.
const ERF_ENDS: [f64; 3] = [0.843_75, 1.25, 1.0 / 0.35];

/// The quotients of polynomials of the error functions, numerator and denominator, from the constant on: those of FreeBSD's `erf`.
const ERF_NEAR: [f64; 5] = [
    0.128_379_167_095_512_56,
    -0.325_042_107_247_001_5,
    -0.028_481_749_575_598_51,
    -0.005_770_270_296_489_442,
    -2.376_301_665_665_016_3e-5,
];
const ERF_NEAR_BELOW: [f64; 6] = [
    1.0,
    0.397_917_223_959_155_35,
    0.065_022_249_988_767_3,
    0.005_081_306_281_875_766,
    0.000_132_494_738_004_321_64,
    -3.960_228_278_775_368e-6,
];
const ERF_ONE: [f64; 7] = [
    -0.002_362_118_560_752_659_4,
    0.414_856_118_683_748_33,
    -0.372_207_876_035_701_3,
    0.318_346_619_901_161_75,
    -0.110_894_694_282_396_68,
    0.035_478_304_325_618_236,
    -0.002_166_375_594_868_791,
];
const ERF_ONE_BELOW: [f64; 7] = [
    1.0,
    0.106_420_880_400_844_23,
    0.540_397_917_702_171,
    0.071_828_654_414_196_27,
    0.126_171_219_808_761_64,
    0.013_637_083_912_029_05,
    0.011_984_499_846_799_107,
];
const ERF_MIDDLE: [f64; 8] = [
    -0.009_864_944_034_847_148,
    -0.693_858_572_707_181_8,
    -10.558_626_225_323_291,
    -62.375_332_450_326_006,
    -162.396_669_462_573_47,
    -184.605_092_906_711_04,
    -81.287_435_506_306_6,
    -9.814_329_344_169_145,
];
const ERF_MIDDLE_BELOW: [f64; 9] = [
    1.0,
    19.651_271_667_439_257,
    137.657_754_143_519_04,
    434.565_877_475_229_23,
    645.387_271_733_267_9,
    429.008_140_027_567_83,
    108.635_005_541_779_44,
    6.570_249_770_319_282,
    -0.060_424_415_214_858_1,
];
const ERF_FAR: [f64; 7] = [
    -0.009_864_942_924_700_1,
    -0.799_283_237_680_523,
    -17.757_954_917_754_752,
    -160.636_384_855_821_92,
    -637.566_443_368_389_6,
    -1_025.095_131_611_077_2,
    -483.519_191_608_651_4,
];
const ERF_FAR_BELOW: [f64; 8] = [
    1.0,
    30.338_060_743_482_46,
    325.792_512_996_573_9,
    1_536.729_586_084_437,
    3_199.858_219_508_595_5,
    2_553.050_406_433_164_4,
    474.528_541_206_955_37,
    -22.440_952_446_585_82,
];

/// The error function at 1, rounded to the digits of a shorter float.
const ERF_AT_ONE: f64 = 8.450_629_115_104_675e-1;
/// `(2/√π - 1) 8`.
const ERF_SLOPE: f64 = 1.027_033_336_764_100_7;

/// What the error functions of one number are made of.
struct Parts {
    size: f64,
    /// Whether the size is below each of [`ERF_ENDS`].
    below: [bool; 3],
    square: f64,
    quotient: f64,
}

impl Parts {
    /// By the size of `x`, the variable of the polynomials is `x²`, `|x| - 1` or `1/x²`.
    #[inline(always)]
    fn new(x: f64) -> Self {
        let size = x.abs();
        let below = ERF_ENDS.map(|end| size < end);
        let square = x * x;
        let (above, inverse) = (size - 1.0, 1.0 / square);
        let numerator = select(
            below,
            [
                polynomial(&ERF_NEAR, square),
                polynomial(&ERF_ONE, above),
                polynomial(&ERF_MIDDLE, inverse),
                polynomial(&ERF_FAR, inverse),
            ],
        );
        let denominator = select(
            below,
            [
                polynomial(&ERF_NEAR_BELOW, square),
                polynomial(&ERF_ONE_BELOW, above),
                polynomial(&ERF_MIDDLE_BELOW, inverse),
                polynomial(&ERF_FAR_BELOW, inverse),
            ],
        );
        Self {
            size,
            below,
            square,
            quotient: numerator / denominator,
        }
    }
}

/// The number for the first of the ranges that holds, else the last.
#[inline(always)]
fn select(below: [bool; 3], [first, second, third, fourth]: [f64; 4]) -> f64 {
    let tail = if below[2] { third } else { fourth };
    let rest = if below[1] { second } else { tail };
    if below[0] { first } else { rest }
}

/// The error function. Branch-free.
///
/// In the last two ranges, the quotient is in the exponent of `1 - erf(x) = exp(-x² - 0.5625 + quotient)/x`.
#[inline(always)]
pub(crate) fn erf(x: f64) -> f64 {
    let Parts {
        size,
        below,
        square,
        quotient,
    } = Parts::new(x);
    let far = 1.0 - exp(quotient - square - 0.5625) / size;
    let near = size + size * quotient;
    let value = select(below, [near, ERF_AT_ONE + quotient, far, far]);
    // The product may be subnormal.
    let tiny = 0.125 * (8.0 * size + ERF_SLOPE * size);
    let value = if size < 1e-8 { tiny } else { value };
    value.copysign(x)
}

/// The complementary error function, `1 - erf(x)`. Branch-free.
///
/// In the last two ranges, the square is split, so that the higher part and the first exponential have no rounding error.
#[inline(always)]
pub(crate) fn erfc(x: f64) -> f64 {
    let Parts {
        size,
        below,
        quotient,
        ..
    } = Parts::new(x);
    let high = high_half(size);
    let rest = (high - size) * (high + size) + quotient;
    let far = exp(-high * high - 0.5625) * exp(rest) / size;
    let part = x * quotient;
    let near = if x < 0.25 {
        1.0 - (x + part)
    } else {
        0.5 - (x - 0.5 + part)
    };
    let tail = select(below, [0.0, 1.0 - ERF_AT_ONE - quotient, far, far]);
    // There the square may overflow.
    let tail = if size > 28.0 { 0.0 } else { tail };
    let value = if x < 0.0 { 2.0 - tail } else { tail };
    if below[0] { near } else { value }
}

/// The normal density of `|x| < 60`, as a pair and a power of two to multiply it by.
fn density(x: f64) -> (Pair, i32) {
    density_of(Pair::product(x, x).scaled(0.5))
}

/// `c φ(x)`, φ the normal density, also if the density alone is subnormal; 0 where it vanishes, also if `c` is infinite.
pub(crate) fn scaled_density(x: f64, c: f64) -> f64 {
    if x.is_nan() || c.is_nan() {
        return f64::NAN;
    }
    // Times any finite number, the density is 0 here.
    if x.abs() >= 60.0 {
        return 0.0;
    }
    let (value, power) = density(x);
    libm::scalbn(value.value() * c, power)
}
