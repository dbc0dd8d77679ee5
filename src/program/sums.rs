//! Sums over the rows of a block of products, for uniform values that are used in any way.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use std::fmt;

use super::elementwise::Source;
use super::matrix::chain_add;
use super::rows::{BLOCK, Context, Place};
use crate::math::fused::Fused;

/// So many sums are computed at the same time: each is a chain of additions, which the processor can overlap.
pub(crate) const TOGETHER: usize = 8;

/// The sums of some values, each of equally many pairs of factors.
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    slots: Vec<u32>,
    /// The pairs of all sums in turn, then the next pairs.
    pairs: Vec<[Place; 2]>,
}

impl Pairs {
    /// At most [`TOGETHER`] sums: the factors and the slot of each.
    pub(crate) fn new(sums: &[(Vec<Place>, u32)]) -> Self {
        let pairs = sums.first().map_or(0, |(factors, _)| factors.len() / 2);
        let pair = |pair: usize| {
            let sums = sums.iter();
            sums.map(move |(factors, _)| [factors[2 * pair], factors[2 * pair + 1]])
        };
        Self {
            slots: sums.iter().map(|&(_, slot)| slot).collect(),
            pairs: (0..pairs).flat_map(pair).collect(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.slots[..]) + size_of_val(&self.pairs[..])
    }

    /// Computes the block's sums, which lie by slot from `sums_start` on.
    pub(crate) fn execute(&self, context: &Context<'_>, sums_start: u32, sums: &mut [f64]) {
        let arch = context.block.arch;
        let mut results = arch.dispatch(Sum::<false> {
            pairs: self,
            context,
        });
        if results.iter().any(|sum| sum.is_nan()) {
            results = arch.dispatch(Sum::<true> {
                pairs: self,
                context,
            });
        }
        for (&slot, sum) in self.slots.iter().zip(results) {
            sums[(slot - sums_start) as usize] = sum;
        }
    }
}

/// The sums, with the zero rule applied to every term or not.
struct Sum<'a, 'b, const CAREFUL: bool> {
    pairs: &'a Pairs,
    context: &'a Context<'b>,
}

impl<const CAREFUL: bool> Fused for Sum<'_, '_, CAREFUL> {
    type Output = [f64; TOGETHER];

    #[inline(always)]
    fn call(self) -> [f64; TOGETHER] {
        let Self { pairs, context } = self;
        let (lanes, count) = (context.block.lanes, context.block.count);
        let mut sums = [0.0; TOGETHER];
        let mut splats = [[0.0; BLOCK]; 2 * TOGETHER];
        for pairs in pairs.pairs.chunks(pairs.slots.len()) {
            let mut splats = splats.iter_mut();
            let mut lanes_of = |place| match context.source(place, lanes) {
                Source::Slice(lanes) => &lanes[..count],
                Source::Splat(value) => match splats.next() {
                    Some(splat) => {
                        splat[..count].fill(value);
                        &splat[..count]
                    }
                    None => &[],
                },
            };
            // Sums that are not there are computed as the first one, again.
            let factors: [[&[f64]; 2]; TOGETHER] = std::array::from_fn(|sum| {
                let [u, p] = pairs[if sum < pairs.len() { sum } else { 0 }];
                [lanes_of(u), lanes_of(p)]
            });
            for row in 0..count {
                for (sum, [u, p]) in sums.iter_mut().zip(&factors) {
                    *sum = if CAREFUL {
                        chain_add(u[row], p[row], *sum)
                    } else {
                        u[row].mul_add(p[row], *sum)
                    };
                }
            }
        }
        sums
    }
}

impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, slot) in self.slots.iter().enumerate() {
            write!(f, "u{slot} = Rows")?;
            for [u, p] in self.pairs[place..].iter().step_by(self.slots.len()) {
                write!(f, " {u} {p}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
