//! The interface between programs and the backends that run them.
//!
//! A [`Backend`] turns code into an [`Executable`], and each thread runs it with its own [`Machine`]. The crate's
//! interpreter is the first backend. Another one (native code, a graphics card, text in another language) is a type that
//! implements these three traits, in its own file or crate:
//!
//! ```text
//!              once per call              once per block of 64 rows         once per call
//! inputs ──> Machine::before ──> shared ──> Machine::block ──> sums ──> Machine::after ──> shared
//! ```
//!
//! Numbers that all rows share are in one *shared* buffer: first the uniform inputs, then the backend's own numbers. Values
//! that vary by row belong to the machine; [`Machine::lanes`] reads them. A [`Layout`] says where inputs, sums, outputs and
//! the sides of comparisons are. Everything else happens outside the backends and is the same for all of them: the crate
//! cuts rows into blocks, gives blocks to threads, adds the sums of blocks along a fixed tree, and checks comparisons.

mod answer;
mod block_source;
mod blocks;
mod buffer;
mod compiled;
mod joined;
mod layout;
mod mean;
mod outputs;
mod parallel;
mod pieces;
mod runner;
mod traits;
mod tree;

pub(crate) use answer::Answer;
pub(crate) use block_source::RowsOfTable;
pub(crate) use blocks::{BLOCK, Blocks, VECTOR};
pub use blocks::{Columns, Flat, Order, Table};
pub(crate) use buffer::Buffer;
pub(crate) use compiled::Compiled;
pub use joined::Joined;
pub use layout::{Layout, Place};
pub(crate) use parallel::{for_each, threads};
#[cfg(feature = "serde")]
pub(crate) use pieces::Piece;
pub(crate) use pieces::Pieces;
pub(crate) use runner::Runner;
pub use traits::{Backend, Block, Executable, Machine, Source};
