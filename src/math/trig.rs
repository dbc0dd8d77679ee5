//! Circular functions and their inverses, from the `libm` crate.

pub(crate) use libm::{acos, asin, atan, atan2, cos, sin, tan};
