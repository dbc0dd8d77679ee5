//! The error function and the Gaussian error linear unit. `erf` and `erfc` come from the `libm` crate.

use super::hazard::{density_of, hazard};
use super::pair::{Pair, polynomial};

pub(crate) use libm::{erf, erfc};

/// Below this argument every function here is zero.
const ZERO: f64 = -40.0;

/// The normal distribution function for `x ≥ 0`: `1 - erfc(x/√2)/2`.
fn distribution(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
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

/// `x Φ(x)`, the Gaussian error linear unit.
///
/// For negative `x` it is the density divided by the hazard, which both keep their digits in the tail.
pub(crate) fn gelu(x: f64) -> f64 {
    if x < ZERO {
        return -0.0;
    }
    if x < 0.0 {
        let (value, power) = density(x);
        let factor = Pair::from(x).over(hazard((-x).into()));
        return libm::scalbn(value.times(factor).value(), power);
    }
    x * distribution(x)
}

/// The root of the derivative of [`gelu`].
const GELU_ROOT: Pair = Pair::new(-0.751_791_524_693_564_5, 1.495_675_917_700_988_3e-17);
/// Chebyshev fit of the derivative in the distance from the root, up to 0.36.
const GELU_ROOT_SERIES: [f64; 18] = [
    0.431_493_992_314_046_9,
    0.388_284_982_990_552,
    -0.018_199_676_398_671_087,
    -0.114_008_233_297_221_7,
    -0.014_771_522_148_244_301,
    0.019_421_679_838_189_067,
    0.004_539_228_379_122_444_6,
    -0.002_239_538_068_073_721,
    -0.000_744_826_838_556_723_6,
    0.000_186_339_746_241_218,
    8.615_947_597_934_514e-05,
    -1.121_438_038_670_272_7e-05,
    -7.748_426_794_931_124e-06,
    4.328_476_644_427_472e-07,
    5.700_124_472_194_206e-07,
    -1.624_357_232_023_211_8e-09,
    -3.436_748_763_429_78e-08,
    -1.314_286_832_245_307e-09,
];
/// Chebyshev fit within 0.2 of -0.2.
const NEAR_ZERO: [f64; 16] = [
    0.342_531_751_765_805_8,
    0.766_443_680_191_893_6,
    0.154_852_906_814_280_54,
    -0.242_550_748_316_509_44,
    -0.057_227_794_787_661_344,
    0.052_091_892_184_013_6,
    0.012_538_907_378_009_393,
    -0.007_895_194_397_770_389,
    -0.001_932_007_014_333_706_2,
    0.000_915_465_349_793_638_5,
    0.000_228_630_346_062_190_28,
    -8.565_496_871_189_666e-05,
    -2.191_857_449_661_442e-05,
    6.704_834_592_728_457_5e-06,
    1.745_040_340_756_014_2e-06,
    -4.464_151_892_147_939e-07,
];
/// Chebyshev fit within 0.36 of -1.45.
const AROUND_MINIMUM: [f64; 19] = [
    -0.128_645_061_736_124_03,
    -0.014_291_633_060_649_41,
    0.191_812_887_376_801_58,
    0.146_332_234_244_232_22,
    0.005_955_665_900_081_354,
    -0.032_293_878_791_601_026,
    -0.009_499_519_036_341_594,
    0.003_127_146_408_552_379_8,
    0.001_907_778_788_020_708_5,
    -6.616_235_002_097_442e-05,
    -0.000_217_978_096_187_935_97,
    -2.274_904_423_876_518_7e-05,
    1.677_337_628_336_501e-05,
    3.770_262_836_652_567_7e-06,
    -8.832_362_874_004_455e-07,
    -3.530_757_939_042_664e-07,
    2.618_522_615_432_352_5e-08,
    2.339_492_125_760_734e-08,
    3.604_035_527_569_774e-10,
];
/// Chebyshev fit within 0.36 of -2.15.
const PAST_MINIMUM: [f64; 19] = [
    -0.069_254_982_026_055_46,
    -0.103_719_984_068_123_38,
    -0.026_466_393_456_086_666,
    0.046_075_757_253_656_33,
    0.040_673_899_793_964_66,
    0.008_358_671_358_948_981,
    -0.004_756_352_232_032_557,
    -0.002_906_842_506_436_997,
    -0.000_143_312_821_941_501_8,
    0.000_322_857_209_120_889_4,
    8.676_341_276_800_934e-05,
    -1.465_029_734_387_028e-05,
    -1.047_750_208_547_156e-05,
    -5.452_325_557_889_283e-07,
    7.151_974_601_249_13e-07,
    1.420_833_214_007_516_8e-07,
    -2.813_244_972_567_653e-08,
    -1.199_442_052_230_641_6e-08,
    1.931_489_296_151_197e-10,
];

/// The derivative of [`gelu`], `Φ(x) + x φ(x)`.
///
/// Near its root at -0.752 it is a polynomial in the distance from the root, which is stored to twice the digits.
pub(crate) fn gelu_slope(x: f64) -> f64 {
    if x >= 0.0 {
        if x > 10.0 {
            return 1.0;
        }
        let (value, power) = density(x);
        return libm::scalbn(x * value.value(), power) + distribution(x);
    }
    if x > -0.4 {
        return polynomial(&NEAR_ZERO, x + 0.2);
    }
    if x > -1.1 {
        let distance = (x - GELU_ROOT.hi) - GELU_ROOT.lo;
        return distance * polynomial(&GELU_ROOT_SERIES, distance);
    }
    if x > -1.8 {
        return polynomial(&AROUND_MINIMUM, x + 1.45);
    }
    if x > -2.5 {
        return polynomial(&PAST_MINIMUM, x + 2.15);
    }
    if x < ZERO {
        return -0.0;
    }
    if x.is_nan() {
        return x;
    }
    let (value, power) = density(x);
    let mills = Pair::from(1.0).over(hazard((-x).into()));
    let factor = mills.plus(x.into());
    libm::scalbn(value.times(factor).value(), power)
}
