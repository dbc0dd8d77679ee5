//! Programs: functions compiled once and evaluated at new points, one at a time or over many rows of data.
//!
//! ```text
//!   function ── trace ──> Ir ── transform ──> Ir with derivatives ── passes ──> shorter Ir ── backend ──> answers
//! ```
//!
//! A [`Program`] keeps the traced code and compiles each question the first time it is asked. An [`Evaluator`] answers at
//! one point, a [`Batch`] over rows. Each owns the numbers that it computes with, so threads can share a program.

mod answers;
mod batch;
mod call;
#[cfg(any(feature = "nalgebra-sparse", feature = "sprs"))]
mod convert;
mod core;
mod diagnosis;
mod evaluator;
mod function;
mod kinks;
mod listing;
mod one_sided;
mod outputs;
mod partial;
mod paths;
pub(crate) mod questions;
mod replay;
mod retraced;
#[cfg(feature = "serde")]
mod saved;
mod source;
mod sparse;
mod stream;
#[cfg(test)]
mod tests;
mod tracing;

pub use batch::Batch;
pub use evaluator::Evaluator;
pub use function::Program;
pub use kinks::Kink;
pub use listing::Stage;
pub use outputs::Outputs;
pub use partial::Partial;
pub use retraced::Retraced;
pub use sparse::{Csr, Sparse};
pub use stream::Stream;
