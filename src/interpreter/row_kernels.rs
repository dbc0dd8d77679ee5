//! One operation on lanes: all its values in all blocks, in a single loop.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use smallvec::SmallVec;

use super::context::{BlockData, Context};
use super::elementwise::{self, Elementwise, Loop};
use crate::backend::{Place, Source};
use crate::math::fused::Inline;
use crate::op::Nary;

/// Up to this many operands are looked up before the loop over lanes.
const LISTED: usize = 32;

/// The values of one operation, which are in adjacent rows of lanes, and the places of their operands.
pub(crate) struct RowWork<'a> {
    /// The row of the first result.
    pub(crate) dst: usize,
    /// The number of rows that are computed as one.
    pub(crate) rows_at_once: usize,
    /// The operands of the first result, then those of the next.
    pub(crate) places: &'a [Place],
    pub(crate) operands: usize,
}

/// The rows of lanes of all blocks.
pub(crate) struct AllRows<'a> {
    pub(crate) blocks: BlockData<'a>,
    pub(crate) values: &'a mut [f64],
    /// The number of lanes of all rows of a block.
    pub(crate) stride: usize,
}

impl AllRows<'_> {
    /// Calls `compute` for each result in each block, with its `N` operands.
    #[inline(always)]
    fn each<const N: usize>(
        &mut self,
        work: &RowWork<'_>,
        mut compute: impl FnMut(&mut [f64], [Source<'_>; N]),
    ) {
        let row = self.blocks.lanes;
        let lanes = work.rows_at_once * row;
        let mut start = work.dst * row;
        for places in work.places.as_chunks::<N>().0 {
            let (mut values, mut inputs) = (&mut *self.values, self.blocks.inputs);
            for _ in 0..self.blocks.number {
                let (block, next) = values.split_at_mut(self.stride);
                let (input, next_input) = inputs.split_at(self.blocks.width);
                (values, inputs) = (next, next_input);
                let (before, rest) = block.split_at_mut(start);
                let (dst, after) = rest.split_at_mut(lanes);
                let mut operands = [Source::Splat(0.0); N];
                for (operand, &place) in operands.iter_mut().zip(places) {
                    let (lanes_from, at) = match place {
                        Place::Shared(slot) => {
                            *operand = Source::Splat(self.blocks.shared[slot as usize]);
                            continue;
                        }
                        Place::Input(index) => (input, index as usize * row),
                        Place::Row(index) => {
                            let at = index as usize * row;
                            if at < start {
                                (&*before, at)
                            } else {
                                (&*after, at - start - lanes)
                            }
                        }
                    };
                    *operand = Source::Slice(&lanes_from[at..at + lanes]);
                }
                compute(dst, operands);
            }
            start += lanes;
        }
    }

    /// Calls `compute` for each result in each block, with its number of lanes and the places of its operands.
    #[inline(always)]
    fn each_of_many(
        &mut self,
        work: &RowWork<'_>,
        mut compute: impl FnMut(&mut [f64], usize, &Context<'_>, &[Place]),
    ) {
        let lanes = work.rows_at_once * self.blocks.lanes;
        let mut start = work.dst * self.blocks.lanes;
        for places in work.places.chunks(work.operands.max(1)) {
            for index in 0..self.blocks.number {
                let values = &mut self.values[index * self.stride..][..self.stride];
                let block = self.blocks.block(index);
                let (context, dst) = Context::around(block, values, start, lanes);
                compute(dst, lanes, &context, places);
            }
            start += lanes;
        }
    }
}

/// Computes the values of one operation.
pub(crate) type RowKernel = fn(&mut AllRows<'_>, &RowWork<'_>);

impl Loop for RowKernel {
    type Kernel = Self;

    fn known<const N: usize, O: Elementwise<N>>() -> Self {
        |rows, work| {
            rows.blocks.arch.dispatch(Inline(
                #[inline(always)]
                || {
                    rows.each::<N>(
                        work,
                        #[inline(always)]
                        |dst, operands| O::compute(dst, operands),
                    );
                },
            ));
        }
    }

    fn any<O: Nary>() -> Self {
        |rows, work| {
            rows.blocks.arch.dispatch(Inline(
                #[inline(always)]
                || {
                    rows.each_of_many(
                        work,
                        #[inline(always)]
                        |dst, lanes, context, places| {
                            let count = places.len();
                            if count > LISTED {
                                elementwise::any::<O>(
                                    dst,
                                    count,
                                    #[inline(always)]
                                    |place| context.source(places[place], lanes),
                                );
                                return;
                            }
                            let mut sources = SmallVec::<[Source<'_>; LISTED]>::new();
                            for &place in places {
                                sources.push(context.source(place, lanes));
                            }
                            let sources = &sources[..];
                            elementwise::any::<O>(
                                dst,
                                count,
                                #[inline(always)]
                                |place| sources[place],
                            );
                        },
                    );
                },
            ));
        }
    }
}
