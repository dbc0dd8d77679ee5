//! Hyperbolic functions and their inverses, from the `libm` crate.
//!
//! Worst errors seen: `sinh` 1.57, `cosh` 1.25, `tanh` 1.74, `asinh` 1.29, `acosh` 1.50, `atanh` 1.34 ulp.

pub(crate) use libm::{asinh, atanh, cosh, sinh, tanh};

/// The inverse hyperbolic cosine, NaN below 1 (where `libm` gives numbers for large negative arguments).
pub(crate) fn acosh(x: f64) -> f64 {
    if x < 1.0 { f64::NAN } else { libm::acosh(x) }
}
