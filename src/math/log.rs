//! Logarithms, from the `libm` crate, and functions computed directly from them.

use super::exp::{exp, exp_m1};
use super::pair::Pair;

pub(crate) use libm::{log as ln, log1p as ln_1p, log2, log10};

/// `x ln(x)`, 0 at 0.
pub(crate) fn xlogx(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x * ln(x) }
}

/// `ln(1 - exp(x))` for `x ≤ 0`, NaN above.
///
/// Above `-ln 2` the exponential is near 1, so it is subtracted from 1 by `expm1`; below it is small (Mächler, 2012).
pub(crate) fn log1mexp(x: f64) -> f64 {
    if x > -std::f64::consts::LN_2 {
        ln(-exp_m1(x))
    } else {
        ln_1p(-exp(x))
    }
}

/// The derivative of [`log1mexp`], `-exp(x)/(1 - exp(x))`: −∞ at 0, NaN above. Error 2.1 ulp.
pub(crate) fn log1mexp_slope(x: f64) -> f64 {
    if x <= 0.0 {
        -exp(x) / exp_m1(x).abs()
    } else {
        f64::NAN
    }
}

/// The reciprocal of e.
const INVERSE_E: Pair = Pair::new(0.367_879_441_171_442_33, -1.242_875_367_278_836_3e-17);
/// The number e.
const E: Pair = Pair::new(std::f64::consts::E, 1.445_646_891_729_250_2e-16);

/// `ln(x) + 1`, the derivative of `x ln(x)`.
///
/// Near the root at 1/e it is `ln(1 + u)`, with `u = (x - 1/e) e` computed to twice the digits.
pub(crate) fn xlogx_slope(x: f64) -> f64 {
    if x > 0.1 && x < 1.0 {
        let u = Pair::sum(x, -INVERSE_E.hi)
            .plus(Pair::from(-INVERSE_E.lo))
            .times(E);
        return ln_1p(u.hi) + u.lo / (1.0 + u.hi);
    }
    ln(x) + 1.0
}
