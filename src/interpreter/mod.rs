//! The interpreter: the backend that runs everywhere.
//!
//! It has two kinds of schedule. At a point, values with the same operation form a *run*, a loop over a flat buffer
//! ([`point`]). Over rows, a value is 64 lanes, one for each row of a block, and an instruction computes the lanes of one or
//! several values, in one or several blocks ([`rows`]). Dot products that share factors become products of matrices ([`matrix`]). The loops are
//! compiled for several sets of vector instructions, and the right ones are chosen at run time.

mod context;
mod elementwise;
mod machine;
mod matrix;
mod plan;
mod point;
mod row_kernels;
mod rows;
#[cfg(test)]
mod steps;
mod sums;
#[cfg(test)]
mod verify;

pub use machine::Interpreter;
#[cfg(test)]
pub(crate) use plan::Plan;
