//! What a backend is.

use std::fmt;
use std::sync::Arc;

use super::layout::{Layout, Place};
use crate::ir::{Ir, Level};

/// Turns code into something that can be run.
///
/// At level [`Exact`](Level::Exact) every value must have the bits that the code's operations give one after another, and a
/// sum over the rows of a block must be formed as [`Machine::block`] says.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Compiles code whose passes have been run.
    fn compile(&self, ir: &Ir, level: Level) -> Arc<dyn Executable>;
}

/// Compiled code, shared by all threads that run it. Its `Display` is its text, for people.
pub trait Executable: fmt::Debug + fmt::Display + Send + Sync {
    /// Where inputs, sums, outputs and comparisons are.
    fn layout(&self) -> &Layout;

    /// What one thread runs the code with.
    fn machine(self: Arc<Self>) -> Box<dyn Machine>;

    /// How much work a block of rows is, in values per row: a call with little work stays on one thread.
    fn work(&self) -> usize;

    /// Whether one block may be enough work for several threads.
    fn shares_blocks(&self) -> bool {
        false
    }

    /// The memory that the code takes, in bytes.
    fn bytes(&self) -> usize;
}

/// Runs compiled code on one thread. It owns the numbers that differ by row.
pub trait Machine: fmt::Debug + Send {
    /// Computes, in the shared buffer, everything that depends on the uniform inputs alone.
    fn before(&mut self, shared: &mut [f64]);

    /// Computes a block of rows, and its sums over rows, in the order of [`Layout::sums`]. `sums` holds old numbers before; it
    /// is empty if no output needs sums.
    ///
    /// A sum starts at 0 and adds `u·p` with one rounding: the first pair of factors for all rows in order, then the next
    /// pair. A product of which a factor is 0 adds nothing, whatever the other factor is.
    fn block(&mut self, shared: &[f64], block: &Block<'_>, sums: &mut [f64]);

    /// The values in a place, for the block that was computed last.
    fn lanes<'a>(&'a self, shared: &'a [f64], block: &Block<'a>, place: Place) -> Source<'a>;

    /// Computes everything that depends on sums over rows, which are in the shared buffer now.
    fn after(&mut self, shared: &mut [f64]);
}

/// A block of rows of data.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Block<'a> {
    /// The index of its first row.
    pub first: usize,
    /// How many rows it has.
    pub count: usize,
    /// The same, rounded up to whole vectors; the lanes beyond `count` repeat a row.
    pub lanes: usize,
    /// The varying inputs, the lanes of one after those of another.
    pub inputs: &'a [f64],
    /// How many threads may work on this block.
    pub threads: usize,
}

/// The values of a place: one per row, or the same for all.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A value per row.
    Slice(&'a [f64]),
    /// One value for all rows.
    Splat(f64),
}

impl Source<'_> {
    /// The value for one row of the block.
    ///
    /// # Panics
    /// If there is no such row.
    #[expect(
        clippy::inline_always,
        reason = "what is not inlined is not compiled for the vector instructions"
    )]
    #[inline(always)]
    pub fn at(self, row: usize) -> f64 {
        match self {
            Self::Slice(values) => values[row],
            Self::Splat(value) => value,
        }
    }
}
