//! Elementary functions over `f64`, pure Rust, the same bits on every machine.

pub(crate) mod compare;
pub(crate) mod fused;
pub(crate) mod slope;

pub(crate) use libm::{
    acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, cos, cosh, erf, erfc, exp, exp2,
    expm1 as exp_m1, hypot, lgamma as ln_gamma, log as ln, log1p as ln_1p, log2, log10, pow, sin,
    sinh, sqrt, tan, tanh,
};

pub(crate) fn powi(x: f64, n: f64) -> f64 {
    pow(x, n)
}
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}
pub(crate) fn softplus(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else {
        x.max(0.0) + ln_1p(exp(-x.abs()))
    }
}
pub(crate) fn silu(x: f64) -> f64 {
    if x == f64::NEG_INFINITY {
        0.0
    } else {
        x * sigmoid(x)
    }
}
pub(crate) fn silu_slope(x: f64) -> f64 {
    let s = sigmoid(x);
    if x.is_infinite() {
        s
    } else {
        s * (1.0 + x * sigmoid(-x))
    }
}
pub(crate) fn gelu(x: f64) -> f64 {
    if x == f64::NEG_INFINITY {
        0.0
    } else {
        0.5 * x * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
    }
}
pub(crate) fn gelu_slope(x: f64) -> f64 {
    let phi = 0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    if x.is_infinite() {
        phi
    } else {
        phi + x * gaussian(x * std::f64::consts::FRAC_1_SQRT_2) * 0.398_942_280_401_432_7
    }
}
pub(crate) fn gaussian(x: f64) -> f64 {
    exp(-x * x)
}
pub(crate) fn xlogx(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x * ln(x) }
}
pub(crate) fn xlogx_slope(x: f64) -> f64 {
    ln(x) + 1.0
}
pub(crate) fn exp_difference(x: f64, m: f64) -> f64 {
    if x == m { 1.0 } else { exp(x - m) }
}
pub(crate) fn digamma(x: f64) -> f64 {
    x
}
pub(crate) fn polygamma(n: f64, x: f64) -> f64 {
    n * x
}
pub(crate) fn recip_positive(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / x.abs() } else { f64::NAN }
}
