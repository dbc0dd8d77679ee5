//! Scalar automatic differentiation over a computational graph.

mod error;
mod math;
#[cfg(feature = "nn")]
pub mod nn;

pub use error::{Error, ErrorKind, Result};
