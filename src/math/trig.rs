//! Circular functions and their inverses.

pub(crate) use libm::{acos, asin, atan, atan2, cos, sin, tan};
