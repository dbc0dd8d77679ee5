//! The logistic function and its relatives.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::exp::exp;
use super::log::ln_1p;
use super::pair::{Pair, polynomial};

/// Below this argument the logistic function is `exp(x) - exp(2x)`.
const SMALL: f64 = -20.0;
/// Below this argument the exponential is close to underflow.
const FAR: f64 = -700.0;

/// `1/(1 + exp(-x))`, the logistic function. Branch-free.
#[inline(always)]
pub(crate) fn sigmoid(x: f64) -> f64 {
    let small = x < SMALL;
    let power = exp(if small { x } else { -x });
    if small {
        power - power * power
    } else {
        1.0 / (1.0 + power)
    }
}

/// The derivative of [`sigmoid`], `σ(x) σ(-x)`. Branch-free.
///
/// The smaller factor is at most one half, so the other loses nothing as the difference from 1.
#[inline(always)]
pub(crate) fn sigmoid_slope(x: f64) -> f64 {
    let power = exp(-x.abs());
    let share = power / (1.0 + power);
    share * (1.0 - share)
}

/// `ln(1 + exp(x))`. Branch-free.
#[inline(always)]
pub(crate) fn softplus(x: f64) -> f64 {
    let small = ln_1p(exp(-x.abs()));
    if x > 0.0 { x + small } else { small }
}

/// The exponential for [`far_product`] is that of a number moved up by `SHIFT`; the product is divided by `exp(SHIFT)`.
const SHIFT: f64 = 128.0;
const EXP_MINUS_SHIFT: f64 = 2.572_209_372_642_415e-56;

/// `factor exp(x)` for `x < FAR`, where the exponential alone may be too small to keep its digits, given that of `x + SHIFT`.
#[inline(always)]
fn far_product(factor: f64, x: f64, shifted: f64) -> f64 {
    let product = factor * shifted * EXP_MINUS_SHIFT;
    if x < -800.0 { -0.0 } else { product }
}

/// `x/(1 + exp(-x))`, the sigmoid linear unit. Branch-free.
#[inline(always)]
pub(crate) fn silu(x: f64) -> f64 {
    let is_far = x < FAR;
    let power = exp(if is_far { x + SHIFT } else { -x });
    let far = far_product(x, x, power);
    if is_far { far } else { x / (1.0 + power) }
}

/// The root of the derivative of [`silu`].
const SILU_ROOT: Pair = Pair::new(-1.278_464_542_761_073_7, -1.094_699_418_309_343_7e-16);
/// Chebyshev fit of the derivative in the distance from the root, used up to 0.79.
const SILU_ROOT_SERIES: [f64; 21] = [
    0.217_811_705_719_800_1,
    0.146_648_796_996_946_9,
    0.018_874_814_223_782_312,
    -0.015_222_655_223_187_83,
    -0.006_606_589_138_356_522,
    0.000_126_627_410_074_325_33,
    0.000_798_521_881_833_897,
    0.000_185_707_243_716_656_33,
    -4.090_534_228_272_320_4e-05,
    -2.973_354_309_956_735e-05,
    -2.942_632_670_468_757e-06,
    2.346_034_175_129_294_6e-06,
    8.599_735_201_653_373e-07,
    -3.052_665_251_126_357e-08,
    -9.267_943_668_634_484e-08,
    -1.884_951_459_151_577_5e-08,
    4.645_944_270_373_445_6e-09,
    2.884_319_388_397_819e-09,
    2.028_675_281_747_770_2e-10,
    -2.041_142_026_874_221_3e-10,
    -5.077_000_708_923_236e-11,
];

/// Chebyshev fit of `((f(x) - 1/2)/x - 1/2)/x²` in `x²`, where `f` is the derivative, within 0.5 of 0.
const SILU_ZERO_SERIES: [f64; 10] = [
    -0.083_333_333_333_333_33,
    0.012_499_999_999_999_999,
    -0.001_686_507_936_507_917_7,
    0.000_213_569_223_985_108_3,
    -2.596_651_032_361_476_2e-05,
    3.069_445_099_462_733_7e-06,
    -3.554_262_400_168_330_5e-07,
    4.050_286_136_531_752e-08,
    -4.524_610_901_868_989e-09,
    4.409_221_098_425_989_6e-10,
];

/// The derivative of [`silu`], `σ(x)(1 + x σ(-x))`.
///
/// Near its root at -1.278 it is a polynomial in the distance from the root, which is stored to twice the digits; near
/// 0 it is a polynomial too. Branch-free.
#[inline(always)]
pub(crate) fn silu_slope(x: f64) -> f64 {
    let distance = (x - SILU_ROOT.hi) - SILU_ROOT.lo;
    let near_root = distance * polynomial(&SILU_ROOT_SERIES, distance);
    let square = x * x;
    let near_zero = 0.5 + x * (0.5 + square * polynomial(&SILU_ZERO_SERIES, square));
    let is_far = x < FAR;
    let small = exp(if is_far { x + SHIFT } else { -x.abs() });
    let far = far_product(1.0 + x, x, small);
    // The derivative below 0, and above 0 the share u = σ(-x), with which it is (1 - u)(1 + x u).
    let is_below = x < 0.0;
    let quotient = if is_below {
        small * ((1.0 + x) + small)
    } else {
        small
    } / if is_below {
        1.0 + small * (2.0 + small)
    } else {
        1.0 + small
    };
    let above = 1.0 + quotient * (x * (1.0 - quotient) - 1.0);
    let above = if x > 800.0 { 1.0 } else { above };
    let value = if is_below { quotient } else { above };
    let value = if is_far { far } else { value };
    let value = if x.abs() < 0.49 { near_zero } else { value };
    if distance.abs() < 0.79 {
        near_root
    } else {
        value
    }
}

/// The positive root of the second derivative of [`silu`].
const SILU_CURVATURE_ROOT: Pair = Pair::new(2.399_357_280_515_467_5, 1.846_487_285_535_336_3e-16);
/// Chebyshev fit of `2 - x tanh(x/2)`, divided by the distance from the root, used up to 0.5.
const SILU_CURVATURE_ROOT_SERIES: [f64; 18] = [
    -1.199_678_640_257_733_7,
    5.097_498_192_879_019_3e-23,
    0.030_510_173_388_064_093,
    -0.012_715_977_581_091_808,
    0.002_248_725_923_422_544,
    0.000_122_444_676_317_526_43,
    -0.000_183_943_656_040_004_27,
    4.879_891_754_402_615e-05,
    -3.198_075_044_729_251_8e-06,
    -2.143_124_284_627_321e-06,
    8.627_406_656_132_037e-07,
    -1.277_633_305_488_304e-07,
    -1.597_565_907_118_548_3e-08,
    1.308_221_389_400_302e-08,
    -2.998_002_377_241_728_2e-09,
    8.163_306_110_363_667e-11,
    1.731_382_738_550_624e-10,
    -5.447_112_984_439_379_5e-11,
];

/// The second derivative of [`silu`], `σ(x) σ(-x) (2 - x tanh(x/2))`.
///
/// Near its roots at ±2.399 the difference is a polynomial in the distance from the root, which is stored to twice the
/// digits. Branch-free.
#[inline(always)]
pub(crate) fn silu_curvature(x: f64) -> f64 {
    let size = x.abs();
    let is_far = size > -FAR;
    let small = exp(if is_far { SHIFT - size } else { -size });
    let far = far_product(2.0 - size, -size, small);
    let whole = 1.0 + small;
    let distance = (size - SILU_CURVATURE_ROOT.hi) - SILU_CURVATURE_ROOT.lo;
    let near = distance * polynomial(&SILU_CURVATURE_ROOT_SERIES, distance);
    // `tanh(x/2) = 1 - 2 small/whole`; below 2, no term cancels, and above, `2 - x` is exact up to 4.
    let factor = (2.0 - size) + 2.0 * size * (small / whole);
    let factor = if distance.abs() < 0.5 { near } else { factor };
    let value = factor * small / (1.0 + small * (2.0 + small));
    if is_far { far } else { value }
}
