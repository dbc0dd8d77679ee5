//! Hyperbolic functions and their inverses, from the `libm` crate.

pub(crate) use libm::{asinh, atanh, cosh, sinh, tanh};

/// The inverse hyperbolic cosine, NaN below 1 (`libm` returns numbers for large negative arguments).
pub(crate) fn acosh(x: f64) -> f64 {
    if x < 1.0 { f64::NAN } else { libm::acosh(x) }
}
