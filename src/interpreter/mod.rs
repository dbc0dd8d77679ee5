//! The interpreter: the backend that runs everywhere.
//!
//! It makes two schedules of one code. At a point, values of one operation become a *run*, a loop over a flat buffer
//! ([`point`]). Over rows, a value is 64 lanes, one for each row of a block, and an instruction computes the lanes of one or
//! several values ([`rows`]); dot products that share their factors become products of matrices ([`matrix`]). The loops are
//! compiled for each set of vector instructions and chosen when they run.

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

pub(crate) use machine::Interpreter;
#[cfg(test)]
pub(crate) use plan::Plan;
