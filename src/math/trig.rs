//! Circular functions and their inverses, from the `libm` crate.
//!
//! Worst errors seen: `sin` 0.74, `cos` 0.70, `tan` 0.70, `asin` 0.76, `acos` 0.77, `atan` 0.74, `atan2` 1.14 ulp.

pub(crate) use libm::{acos, asin, atan, atan2, cos, sin, tan};
