//! Hyperbolic functions and their inverses.

pub(crate) use libm::{acosh, asinh, atanh, cosh, sinh, tanh};
