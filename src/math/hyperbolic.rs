//! Hyperbolic functions and their inverses, from the `libm` crate.
//!
//! Worst errors seen: `sinh` 1.57, `cosh` 1.25, `tanh` 1.74, `asinh` 1.29, `acosh` 1.50, `atanh` 1.34 ulp.

pub(crate) use libm::{acosh, asinh, atanh, cosh, sinh, tanh};
