//! What the loops over a block read: its inputs, the shared numbers, and the lanes of earlier values.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use crate::backend::{Place, Source};
use crate::math::fused::Arch;

/// The input of the computation of a block, or of several: its numbers, and the vector instructions and threads to use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockData<'a> {
    pub(crate) arch: Arch,
    /// The number of threads that a large product may use.
    pub(crate) threads: usize,
    /// Lanes per value: the number of rows, rounded up.
    pub(crate) lanes: usize,
    /// The number of rows of a block.
    pub(crate) count: usize,
    /// The number of blocks.
    pub(crate) number: usize,
    /// The varying inputs, the lanes of one after those of another, and one block after another.
    pub(crate) inputs: &'a [f64],
    /// The number of lanes of all inputs of a block.
    pub(crate) width: usize,
    /// The numbers that all rows share.
    pub(crate) shared: &'a [f64],
}

impl BlockData<'_> {
    /// One of the blocks.
    #[inline(always)]
    pub(crate) fn block(&self, index: usize) -> Self {
        Self {
            number: 1,
            inputs: &self.inputs[index * self.width..][..self.width],
            ..*self
        }
    }
}

/// What an instruction may read: all lanes except those that it writes.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) block: BlockData<'a>,
    before: &'a [f64],
    /// Where the lanes after the written ones begin, and these lanes.
    after: (usize, &'a [f64]),
}

impl<'a> Context<'a> {
    /// All lanes.
    pub(crate) fn all(block: BlockData<'a>, values: &'a [f64]) -> Self {
        Self {
            block,
            before: values,
            after: (values.len(), &[]),
        }
    }

    /// Splits the lanes: a context without the `len` numbers from `start` on, and these numbers, to be written.
    #[inline(always)]
    pub(crate) fn around<'b: 'a>(
        block: BlockData<'b>,
        values: &'a mut [f64],
        start: usize,
        len: usize,
    ) -> (Self, &'a mut [f64]) {
        let (before, rest) = values.split_at_mut(start);
        let (middle, after) = rest.split_at_mut(len);
        let context = Self {
            block,
            before,
            after: (start + len, after),
        };
        (context, middle)
    }

    /// The values of an operand: `len` lanes that begin at its place, or one number.
    #[inline(always)]
    pub(crate) fn source(&self, place: Place, len: usize) -> Source<'a> {
        match place {
            Place::Shared(slot) => Source::Splat(self.block.shared[slot as usize]),
            row => Source::Slice(self.lanes(row, len)),
        }
    }

    /// The `len` lanes that begin at a place.
    #[inline(always)]
    pub(crate) fn lanes(&self, first: Place, len: usize) -> &'a [f64] {
        let lanes = self.block.lanes;
        match first {
            Place::Row(row) => {
                let start = row as usize * lanes;
                if start < self.before.len() {
                    &self.before[start..start + len]
                } else {
                    &self.after.1[start - self.after.0..][..len]
                }
            }
            Place::Input(input) => &self.block.inputs[input as usize * lanes..][..len],
            Place::Shared(_) => &[],
        }
    }
}
