//! The logistic function and its relatives.

use super::exp::exp;
use super::log::ln_1p;
use super::pair::{Pair, polynomial};

/// Below this argument `1 + exp(-x)` is close to overflow, and the logistic function is the exponential.
const FAR: f64 = -700.0;

/// `1/(1 + exp(-x))`.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x < FAR { exp(x) } else { 1.0 / (1.0 + exp(-x)) }
}

/// `ln(1 + exp(x))`.
pub(crate) fn softplus(x: f64) -> f64 {
    let small = ln_1p(exp(-x.abs()));
    if x > 0.0 { x + small } else { small }
}

/// `factor exp(x)` for `x` below [`FAR`], where the exponential alone may be too small to keep its digits.
fn times_far_exp(factor: f64, x: f64) -> f64 {
    const SHIFT: f64 = 128.0;
    const EXP_MINUS_SHIFT: f64 = 2.572_209_372_642_415e-56;
    if x < -800.0 {
        return -0.0;
    }
    factor * exp(x + SHIFT) * EXP_MINUS_SHIFT
}

/// `x/(1 + exp(-x))`, the sigmoid linear unit.
pub(crate) fn silu(x: f64) -> f64 {
    if x < FAR { times_far_exp(x, x) } else { x / (1.0 + exp(-x)) }
}

/// The root of the derivative of [`silu`].
const SILU_ROOT: Pair = Pair { hi: -1.278_464_542_761_073_7, lo: -1.094_699_418_309_343_7e-16 };
/// Chebyshev fit of the derivative over the distance to the root, within 0.3 of it.
const SILU_ROOT_SERIES: [f64; 14] = [
    0.217_811_705_719_800_1,
    0.146_648_796_996_946_9,
    0.018_874_814_223_782_89,
    -0.015_222_655_223_187_918,
    -0.006_606_589_138_459_801,
    0.000_126_627_410_060_791_26,
    0.000_798_521_888_716_759,
    0.000_185_707_244_969_260_23,
    -4.090_556_087_533_797e-05,
    -2.973_358_541_775_606_5e-05,
    -2.939_065_684_118_467e-06,
    2.346_737_082_781_441_6e-06,
    8.310_599_169_031_407e-07,
    -3.628_516_334_397_357_4e-08,
];

/// The derivative of [`silu`], `σ(x)(1 + x σ(-x))`.
///
/// Near its root at -1.278 a polynomial in the distance from the root, known to twice the digits.
pub(crate) fn silu_slope(x: f64) -> f64 {
    let distance = (x - SILU_ROOT.hi) - SILU_ROOT.lo;
    if distance.abs() < 0.3 {
        return distance * polynomial(&SILU_ROOT_SERIES, distance);
    }
    if x < FAR {
        return times_far_exp(1.0 + x, x);
    }
    if x > 800.0 {
        return 1.0;
    }
    let small = exp(-x.abs());
    let whole = 1.0 + small;
    let top = if x < 0.0 {
        let sum = Pair::sum(1.0, x);
        small * ((sum.hi + small) + sum.lo)
    } else {
        1.0 + small * (1.0 + x)
    };
    top / (whole * whole)
}
