//! The traits that a backend implements.

use std::fmt;
use std::sync::Arc;

use super::layout::{Layout, Place};
use crate::ir::{Ir, Level};

/// Turns code into something that can run.
///
/// At level [`Exact`](Level::Exact), every value must have the bits that result from computing the operations one by one,
/// and a sum over the rows of a block must be computed as [`Machine::block`] says.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Compiles code after the passes have run.
    fn compile(&self, ir: &Ir, level: Level) -> Arc<dyn Executable>;
}

/// Compiled code, shared by all threads that run it. Its `Display` writes it as text for readers.
pub trait Executable: fmt::Debug + fmt::Display + Send + Sync {
    /// Where inputs, sums, outputs and comparisons are.
    fn layout(&self) -> &Layout;

    /// Makes a machine, with which one thread runs the code.
    fn machine(self: Arc<Self>) -> Box<dyn Machine>;

    /// The work per block, in values per row. A call with little work stays on one thread.
    fn work(&self) -> usize;

    /// The most blocks that [`Machine::block`] computes in one call.
    fn blocks_at_once(&self) -> usize {
        1
    }

    /// Whether one block can be enough work for several threads.
    fn shares_blocks(&self) -> bool {
        false
    }

    /// The memory of the code, in bytes.
    fn bytes(&self) -> usize;
}

/// Runs compiled code on one thread. It owns the numbers that vary by row.
pub trait Machine: fmt::Debug + Send {
    /// Computes everything that depends on the uniform inputs alone, in the shared buffer.
    fn before(&mut self, shared: &mut [f64]);

    /// Computes a block of rows, or [several](Executable::blocks_at_once), and the sums over the rows of each block, in the
    /// order of [`Layout::sums`]. `sums` has the sums of one block after those of another. It holds old numbers before, and
    /// it is empty if no output needs sums.
    ///
    /// A sum starts at 0 and adds `u·p` with one rounding: first the first pair of factors for all rows in order, then the
    /// next pair. A product with a factor of 0 adds nothing, whatever the other factor is.
    fn block(&mut self, shared: &[f64], block: &Block<'_>, sums: &mut [f64]);

    /// The values in a place, for a block of those that were computed last.
    fn lanes<'a>(&'a self, shared: &'a [f64], block: &Block<'a>, place: Place) -> Source<'a>;

    /// Computes everything that depends on sums over rows. The shared buffer contains the sums.
    fn after(&mut self, shared: &mut [f64]);
}

/// A block of rows of data, or several that are computed together.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Block<'a> {
    /// The index of its first row.
    pub first: usize,
    /// The number of its rows.
    pub count: usize,
    /// The number of rows of a block, rounded up to whole vectors. The lanes beyond `count` repeat a row.
    pub lanes: usize,
    /// The varying inputs. The lanes of one input follow those of another, and one block follows another.
    pub inputs: &'a [f64],
    /// The number of blocks. If there are several, each has 64 rows.
    pub blocks: usize,
    /// Its place among the blocks that are computed together, if it is one of them.
    pub index: usize,
    /// How many threads may work on this block.
    pub threads: usize,
}

impl Block<'_> {
    /// One of the blocks that are computed together.
    ///
    /// # Panics
    /// If there is no block with this index.
    #[must_use]
    pub fn block(&self, index: usize) -> Self {
        let (rows, inputs) = (self.count / self.blocks, self.inputs.len() / self.blocks);
        Self {
            first: self.first + index * rows,
            count: rows,
            inputs: &self.inputs[index * inputs..][..inputs],
            blocks: 1,
            index,
            ..*self
        }
    }
}

/// The values in a place: one per row, or one for all rows.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// One value per row.
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
        reason = "only inlined code is compiled for the vector instructions"
    )]
    #[inline(always)]
    pub fn at(self, row: usize) -> f64 {
        match self {
            Self::Slice(values) => values[row],
            Self::Splat(value) => value,
        }
    }
}
