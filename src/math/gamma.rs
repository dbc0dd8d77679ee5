//! The logarithm of the gamma function and its derivatives. Below 0, where all of them have poles at the whole numbers,
//! they are reflected.

use super::log::ln;
use super::pair::{Pair, exponent, ln_pair, polynomial, power_of_two_below};
use super::sinc::sin_cos_series;

/// The Bernoulli numbers `B_n` for even `n` from 2 on: numerators, then denominators.
const BERNOULLI: [[f64; 11]; 2] = [
    [
        1.0, -1.0, 1.0, -1.0, 5.0, -691.0, 7.0, -3_617.0, 43_867.0, -174_611.0, 854_513.0,
    ],
    [
        6.0, 30.0, 42.0, 30.0, 66.0, 2_730.0, 6.0, 510.0, 798.0, 330.0, 138.0,
    ],
];
/// For even `n` from 2 on: `B_n / (n (n - 1))` for Stirling's series, `B_n / n` for that of the digamma function, and
/// `B_n / n!` for the Euler–Maclaurin formula.
const SERIES: [[f64; 11]; 3] = {
    let [numerators, denominators] = BERNOULLI;
    let (mut series, mut factorial, mut k) = ([[0.0; 11]; 3], 1.0, 0);
    while k < series[0].len() {
        let n = (2 * k + 2) as f64;
        factorial *= n * (n - 1.0);
        series[0][k] = numerators[k] / (denominators[k] * (n * (n - 1.0)));
        series[1][k] = numerators[k] / (denominators[k] * n);
        series[2][k] = numerators[k] / (denominators[k] * factorial);
        k += 1;
    }
    series
};
const STIRLING: &[f64] = SERIES[0].split_at(10).0;
const DIGAMMA_SERIES: &[f64] = SERIES[1].split_at(10).0;
const EULER_MACLAURIN: [f64; 11] = SERIES[2];
/// Half the logarithm of 2π.
const HALF_LN_2_PI: Pair = Pair::new(0.918_938_533_204_672_8, -3.878_294_158_067_241_4e-17);

/// From this argument on, the asymptotic series are accurate to every digit.
const LARGE: f64 = 10.0;

/// The ratio of a circle's circumference to its diameter.
const PI: Pair = Pair::new(std::f64::consts::PI, 1.224_646_799_147_353_2e-16);

/// `ln |Γ(x)|`: +∞ at the poles, NaN at −∞.
///
/// From 3 on it applies the recurrence `Γ(x + 1) = x Γ(x)` and then Stirling's series, DLMF 5.11.1. Below 3 it calls
/// the `libm` crate; that is where the largest error above 0 was seen. Below 0 it is reflected, DLMF 5.5.3.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    if x < 0.0 {
        return reflected_ln_gamma(x);
    }
    if (3.0..=1e17).contains(&x) {
        ln_gamma_pair(x.into()).value()
    } else {
        libm::lgamma(x.abs())
    }
}

/// `ln |Γ(x)|` for `x < 0`, from `Γ(x) Γ(1 - x) = π/sin(πx)`.
fn reflected_ln_gamma(x: f64) -> f64 {
    let beside = x - x.round();
    if x == f64::NEG_INFINITY {
        return f64::NAN;
    }
    if beside == 0.0 {
        return f64::INFINITY;
    }
    if x > -1e-17 {
        return -ln(-x);
    }
    let [sine, _] = sin_cos_series(PI.times(beside.abs().into()));
    ln_pair(PI.over(sine))
        .plus(-ln_gamma_pair(Pair::sum(1.0, -x)))
        .value()
}

/// `ln Γ(x)` for `x` from 1 to 1e17, with an absolute error far below a unit in the last place of 1.
fn ln_gamma_pair(x: Pair) -> Pair {
    let (mut large, mut product) = (x, Pair::from(1.0));
    while large.hi < LARGE {
        product = product.times(large);
        large = large.plus(1.0.into());
    }
    let inverse = 1.0 / large.hi;
    let series = inverse * polynomial(STIRLING, inverse * inverse);
    let main = large
        .plus(Pair::from(-0.5))
        .times(ln_pair(large))
        .plus(-large);
    let sum = main.plus(HALF_LN_2_PI).plus(series.into());
    sum.plus(-ln_pair(product))
}

/// The root of the digamma function.
const DIGAMMA_ROOT: Pair = Pair::new(1.461_632_144_968_362_2, 9.549_995_429_965_697e-17);
/// Chebyshev fit of the digamma function in the distance from the root, up to 0.34.
const DIGAMMA_ROOT_SERIES: [f64; 21] = [
    0.967_672_245_447_621_2,
    -0.442_763_168_983_592_1,
    0.258_499_760_955_651,
    -0.163_942_705_442_407_7,
    0.107_824_050_691_263_16,
    -0.072_199_561_256_236_62,
    0.048_804_288_163_993_896,
    -0.033_161_126_493_478_2,
    0.022_597_648_244_964_682,
    -0.015_424_765_031_399_99,
    0.010_538_791_018_960_34,
    -0.007_204_558_955_216_865,
    0.004_926_798_204_889_529,
    -0.003_369_369_934_097_356_4,
    0.002_304_830_958_008_955,
    -0.001_581_700_758_531_379_8,
    0.001_082_084_556_120_597_8,
    -0.000_706_186_323_510_608_8,
    0.000_483_138_922_187_481_04,
    -0.000_461_702_775_340_752_7,
    0.000_315_879_778_224_248_26,
];

/// `ψ(x)`, the derivative of [`ln_gamma`]: −∞ at 0, NaN at the other poles and at −∞.
///
/// It applies the recurrence `ψ(x + 1) = ψ(x) + 1/x` and then the series DLMF 5.11.2. Near the root above 0 it is a
/// polynomial in the distance from the root, which is stored to twice the digits. Below 0 it is reflected, DLMF 5.5.4.
pub(crate) fn digamma(x: f64) -> f64 {
    if x < 0.0 {
        return reflected_digamma(x);
    }
    if x.is_nan() {
        return x;
    }
    let distance = (x - DIGAMMA_ROOT.hi) - DIGAMMA_ROOT.lo;
    if distance.abs() < 0.34 {
        return distance * polynomial(&DIGAMMA_ROOT_SERIES, distance);
    }
    if x < 1e-17 {
        return -1.0 / x.abs();
    }
    if x > 1e17 {
        return ln(x);
    }
    digamma_pair(x.into()).value()
}

/// `ψ(x) = ψ(1 - x) - π cot(πx)` for `x < 0`.
fn reflected_digamma(x: f64) -> f64 {
    let beside = x - x.round();
    if beside == 0.0 || x == f64::NEG_INFINITY {
        return f64::NAN;
    }
    if x > -1e-17 {
        return -1.0 / x;
    }
    let [sine, cosine] = sin_cos_series(PI.times(beside.into()));
    digamma_pair(Pair::sum(1.0, -x))
        .plus(-PI.times(cosine).over(sine))
        .value()
}

/// `ψ(x)` for `x` from 1e-17 to 1e17, with an absolute error far below a unit in the last place of 1 for `x ≥ 1`.
fn digamma_pair(x: Pair) -> Pair {
    let (mut large, mut sum) = (x, Pair::from(0.0));
    while large.hi < LARGE {
        sum = sum.plus(Pair::from(-1.0).over(large));
        large = large.plus(1.0.into());
    }
    let inverse = Pair::from(1.0).over(large);
    let square = inverse.hi * inverse.hi;
    let series = square * polynomial(DIGAMMA_SERIES, square);
    sum = sum.plus(ln_pair(large)).plus(inverse.scaled(-0.5));
    sum.plus(Pair::from(-series))
}

/// The highest order that [`polygamma`] supports.
const HIGHEST_ORDER: f64 = 900.0;

/// `ψ⁽ⁿ⁾(x)`, the derivative of order `n` of [`digamma`]: infinite at 0, NaN at the other poles and at −∞.
///
/// It is `(-1)^(n+1) n! ζ(n+1, x)`, DLMF 5.15.1, with the zeta function from the Euler–Maclaurin formula. It is also
/// NaN for orders that are negative or not whole, and above 900, where `n!` is far outside the range of floats. Error
/// 0.51 ulp above 0.
pub(crate) fn polygamma(n: f64, x: f64) -> f64 {
    if n == 0.0 {
        return digamma(x);
    }
    let known = (1.0..=HIGHEST_ORDER).contains(&n) && n.floor() == n;
    let pole = x < 0.0 && x.round() == x;
    if !known || x.is_nan() || pole {
        return f64::NAN;
    }
    let sign = if n % 2.0 == 1.0 { 1.0 } else { -1.0 };
    if x == 0.0 {
        return sign * f64::INFINITY;
    }
    if x == f64::INFINITY {
        return sign * 0.0;
    }
    let (factorial, factorial_power) = factorial(n);
    let (zeta, zeta_power) = if x < 0.0 {
        reflected_zeta(n, x)
    } else {
        zeta(n, x)
    };
    let value = factorial.times(zeta).value();
    let power = (factorial_power + zeta_power).clamp(-10_000.0, 10_000.0);
    let power = power as i32;
    sign * libm::scalbn(value, power)
}

/// `n!` as a pair and an exponent of two.
fn factorial(n: f64) -> (Pair, f64) {
    let (mut product, mut power, mut k) = (Pair::from(1.0), 0.0, 2.0);
    while k <= n {
        product = product.times(k.into());
        let (unit, count) = (power_of_two_below(product.hi), exponent(product.hi));
        product = Pair::new(product.hi / unit, product.lo / unit);
        power += count;
        k += 1.0;
    }
    (product, power)
}

/// `ζ(n + 1, x)` as a pair and an exponent of two, for `x > 0`.
fn zeta(n: f64, x: f64) -> (Pair, f64) {
    // Everything is divided by the largest power of two that is at most x, so that no power of it leaves the range of
    // floats.
    const LIFT: f64 = 18_014_398_509_481_984.0; // 2^54
    let (normal, shift) = if x < f64::MIN_POSITIVE {
        (x * LIFT, 54.0)
    } else {
        (x, 0.0)
    };
    let count = exponent(normal) - shift;
    let order = n + 1.0;
    if count < -30.0 {
        let first = reciprocal_power((normal / power_of_two_below(normal)).into(), order);
        return (first, -count * order);
    }
    let unit = power_of_two_below(x);
    let ratio = |large: Pair| Pair::new(large.hi / unit, large.lo / unit);
    let enough = n + 14.0;
    let (mut large, mut sum) = (Pair::from(x), Pair::from(0.0));
    while large.hi < enough {
        let term = reciprocal_power(ratio(large), order);
        sum = sum.plus(term);
        if term.hi < sum.hi * 1e-21 {
            return (sum, -count * order);
        }
        large = large.plus(1.0.into());
    }
    // The last term times x/n + 1/2 + Σ B_2k/(2k)! (n+1)(n+2)...(n+2k-1) / x^(2k-1).
    let inverse = 1.0 / large.hi;
    let mut rising = order * inverse;
    let mut series = 0.0;
    let mut even = 2.0;
    for number in EULER_MACLAURIN {
        series += number * rising;
        rising *= (n + even) * inverse * ((n + even + 1.0) * inverse);
        even += 2.0;
    }
    let alone = x >= enough;
    let (body, extra, lift) = if alone {
        (ratio(large), 1.0 / unit, count)
    } else {
        (large, 1.0, 0.0)
    };
    let bracket = body
        .over(n.into())
        .plus((0.5 * extra).into())
        .plus((series * extra).into());
    let tail = reciprocal_power(ratio(large), order).times(bracket);
    (sum.plus(tail), lift - count * order)
}

/// The sum of `(x + k)^-(n+1)` over all whole `k ≥ 0` as a pair and an exponent of two, for `x < 0`.
///
/// The terms on either side of 0 are zeta functions of the distance to the nearest whole number, and of one less it.
fn reflected_zeta(n: f64, x: f64) -> (Pair, f64) {
    let beside = x - x.round();
    let (near, power) = zeta(n, beside.abs());
    let aligned = |(value, other): (Pair, f64)| {
        let shift = (other - power).max(-10_000.0) as i32;
        value.scaled(libm::scalbn(1.0, shift))
    };
    let far = aligned(zeta(n, 1.0 - beside.abs()));
    let beyond = aligned(zeta(n, 1.0 - x));
    let (above, below) = if beside > 0.0 {
        (near, far.plus(-beyond))
    } else {
        (far, near.plus(-beyond))
    };
    // An odd power of a negative number is negative.
    let below = if n % 2.0 == 0.0 { -below } else { below };
    (above.plus(below), power)
}

/// `x^-order` for a pair `x ≥ 1`, by repeated squaring.
fn reciprocal_power(x: Pair, order: f64) -> Pair {
    let mut square = Pair::from(1.0).over(x);
    let mut result = Pair::from(1.0);
    let mut left = order;
    loop {
        if left % 2.0 == 1.0 {
            result = result.times(square);
        }
        left = (left / 2.0).floor();
        if left == 0.0 {
            return result;
        }
        square = square.times(square);
    }
}
