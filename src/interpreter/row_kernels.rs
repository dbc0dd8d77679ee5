//! One operation on lanes: all its values, one after another, in a single loop.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use smallvec::SmallVec;

use super::context::{BlockData, Context};
use super::elementwise;
use crate::backend::{Place, Source};
use crate::math::fused::Inline;
use crate::op::{Binary, Nary, Ternary, Unary, Visit};

/// Up to this many operands are looked up before the loop over lanes.
const LISTED: usize = 32;

/// The values of one operation, which are in adjacent rows of lanes, and the places of their operands.
pub(crate) struct RowKernel<'a> {
    pub(crate) block: BlockData<'a>,
    /// All rows of lanes.
    pub(crate) values: &'a mut [f64],
    /// The row of the first result.
    pub(crate) dst: usize,
    /// The number of lanes per result: those of one row, or those of all rows if they can be computed as one.
    pub(crate) lanes: usize,
    /// The operands of the first result, then those of the next.
    pub(crate) places: &'a [Place],
    pub(crate) operands: usize,
}

impl RowKernel<'_> {
    /// Calls `work` for each result, with the places of its operands.
    #[inline(always)]
    fn each(&mut self, mut work: impl FnMut(&mut [f64], &Context<'_>, &[Place])) {
        let mut start = self.dst * self.block.lanes;
        for places in self.places.chunks_exact(self.operands) {
            let (context, dst) = Context::around(self.block, self.values, start, self.lanes);
            work(dst, &context, places);
            start += self.lanes;
        }
    }
}

impl Visit for RowKernel<'_> {
    type Output = ();

    #[inline]
    fn unary<O: Unary>(mut self) {
        let lanes = self.lanes;
        self.block.arch.dispatch(Inline(
            #[inline(always)]
            || {
                self.each(
                    #[inline(always)]
                    |dst, context, places| {
                        elementwise::unary::<O>(dst, context.source(places[0], lanes));
                    },
                );
            },
        ));
    }

    #[inline]
    fn binary<O: Binary>(mut self) {
        let lanes = self.lanes;
        self.block.arch.dispatch(Inline(
            #[inline(always)]
            || {
                self.each(
                    #[inline(always)]
                    |dst, context, places| {
                        let a = context.source(places[0], lanes);
                        let b = context.source(places[1], lanes);
                        elementwise::binary::<O>(dst, a, b);
                    },
                );
            },
        ));
    }

    #[inline]
    fn ternary<O: Ternary>(mut self) {
        let lanes = self.lanes;
        self.block.arch.dispatch(Inline(
            #[inline(always)]
            || {
                self.each(
                    #[inline(always)]
                    |dst, context, places| {
                        let a = context.source(places[0], lanes);
                        let b = context.source(places[1], lanes);
                        let c = context.source(places[2], lanes);
                        elementwise::ternary::<O>(dst, [a, b, c]);
                    },
                );
            },
        ));
    }

    #[inline]
    fn nary<O: Nary>(mut self) {
        let lanes = self.lanes;
        self.block.arch.dispatch(Inline(
            #[inline(always)]
            || {
                self.each(
                    #[inline(always)]
                    |dst, context, places| {
                        let count = places.len();
                        if count > LISTED {
                            elementwise::nary::<O>(
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
                        elementwise::nary::<O>(
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
