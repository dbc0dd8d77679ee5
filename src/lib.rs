//! Scalar automatic differentiation over a computational graph.

mod error;
mod math;

pub use error::{Error, ErrorKind, Result};
