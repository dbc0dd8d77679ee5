//! The seam between programs and what computes them.
//!
//! A [`Backend`] turns code into an [`Executable`]; each thread that runs it has a [`Machine`] of its own. The crate's
//! interpreter is the first backend. Another one (native code, a graphics card, text in another language) is a type that
//! implements these three traits, in a file or a crate of its own:
//!
//! ```text
//!              once per call              once per block of 64 rows         once per call
//! inputs ──> Machine::before ──> shared ──> Machine::block ──> sums ──> Machine::after ──> shared
//! ```
//!
//! Numbers that are the same for all rows are in one *shared* buffer: the uniform inputs first, then what the backend puts
//! there. Values that differ by row belong to the machine and are read through [`Machine::lanes`]. A [`Layout`] says where
//! inputs, sums, outputs and the sides of comparisons are. Everything else is done outside of the backend, the same for all of
//! them: rows are cut into blocks, blocks are given to threads, sums of blocks are added as a fixed tree, and comparisons are
//! checked.

mod answer;
mod blocks;
mod compiled;
mod layout;
mod parallel;
mod traits;
mod tree;

pub(crate) use answer::Answer;
pub(crate) use blocks::{BLOCK, Blocks};
pub use blocks::{Columns, Flat, Order, Table};
pub(crate) use compiled::Compiled;
pub use layout::{Layout, Place};
pub(crate) use parallel::for_each;
pub use traits::{Backend, Block, Executable, Machine, Source};
pub(crate) use tree::Tree;
