//! Scalar automatic differentiation over a computational graph.

mod error;
mod math;
#[macro_use]
pub mod op;
mod dot;
mod dual;
mod graph;
mod lanes;
#[cfg(feature = "nn")]
pub mod nn;
mod sweep;
pub mod tape;
mod var;

pub use dot::{Direction, Picture};
pub use dual::Dual;
pub use error::{Error, ErrorKind, Result};
pub use graph::{Consumers, Graph, Group, Node, NodeKey, Operand, Stats, Visited};
pub use lanes::Lanes;
pub use op::Scalar;
pub use sweep::{Gradients, backward_with, gradient_with};
pub use var::Var;
