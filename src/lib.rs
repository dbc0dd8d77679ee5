//! Scalar automatic differentiation over a computational graph.

mod error;
mod math;
#[macro_use]
pub mod op;

pub use error::{Error, ErrorKind, Result};
pub use op::Scalar;
