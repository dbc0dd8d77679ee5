//! Elementary and special functions over `f64`, pure Rust, the same bits on every machine.
//!
//! A NaN operand gives NaN, and so does an argument outside the domain. Errors are in units in the last place (ulp) of
//! the exact result: the worst ones seen against a high-precision reference over the whole domain. The table in
//! docs/numerics.md gives them for users' functions and their derivatives; only the remaining ones are given here.

mod arc;
pub(crate) mod compare;
mod exp;
pub(crate) mod fused;
mod gamma;
mod gauss;
mod gelu;
mod hazard;
mod hyperbolic;
mod log;
mod log_normal;
mod pair;
pub(crate) mod plane;
mod power;
pub(crate) mod remainder;
mod sigmoid;
mod sinc;
pub(crate) mod slope;
pub(crate) mod trig;

pub(crate) use arc::{acos, asin, atan, atan2};
pub(crate) use exp::{exp, exp_difference, exp_m1, exp2, gaussian, scaled_exp2};
pub(crate) use gamma::{digamma, ln_gamma, polygamma};
pub(crate) use gauss::{erf, erfc, scaled_density};
pub(crate) use gelu::{gelu, gelu_slope};
pub(crate) use hyperbolic::{acosh, asinh, atanh, cosh, sinh, tanh};
pub(crate) use log::{ln, ln_1p, log1mexp, log1mexp_slope, log2, log10, xlogx, xlogx_slope};
pub(crate) use log_normal::{
    log_erfc, log_erfc_derivative, log_normal_cdf, log_normal_cdf_derivative,
};
pub(crate) use power::{cbrt, hypot, pow, powi, recip_positive};
pub(crate) use sigmoid::{sigmoid, sigmoid_slope, silu, silu_curvature, silu_slope, softplus};
pub(crate) use sinc::{sinc, sinc_derivative, sinc_near, sinc_slope};
pub(crate) use trig::{cos, sin, tan};

#[cfg(test)]
mod tests;
