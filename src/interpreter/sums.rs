//! Sums of products over the rows of a block, for uniform values whose uses form no matrix.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

#[cfg(test)]
mod steps;

use std::fmt;

use super::context::Context;
use super::matrix::chain_add;
use crate::backend::{BLOCK, Place, Source};
use crate::math::fused::Inline;

/// The number of sums that are computed at the same time. Each is a chain of additions, and the processor overlaps them.
pub(crate) const TOGETHER: usize = 8;

/// The number of partial sums if rows may be added in any order.
const LANES: usize = 8;

/// Several sums, each of the same number of products.
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    slots: Vec<u32>,
    /// The first pair of factors of every sum, then the second pair of every sum, and so on.
    factors: Vec<[Place; 2]>,
    /// Whether rows may be added in any order.
    any_order: bool,
}

impl Pairs {
    /// At most [`TOGETHER`] sums: the factors and the slot of each.
    pub(crate) fn new(sums: &[(Vec<Place>, u32)], any_order: bool) -> Self {
        let pairs = sums.first().map_or(0, |(factors, _)| factors.len() / 2);
        let pair = |pair: usize| {
            let sums = sums.iter();
            sums.map(move |(factors, _)| [factors[2 * pair], factors[2 * pair + 1]])
        };
        Self {
            slots: sums.iter().map(|&(_, slot)| slot).collect(),
            factors: (0..pairs).flat_map(pair).collect(),
            any_order,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.slots[..]) + size_of_val(&self.factors[..])
    }

    /// Whether every term is 1, as in the derivative by a number that is added to each row's output.
    fn is_count(&self, context: &Context<'_>) -> bool {
        let is_one = |&place: &Place| matches!(place, Place::Shared(slot) if context.block.shared[slot as usize] == 1.0);
        self.factors.len() == self.slots.len() && self.factors.iter().flatten().all(is_one)
    }

    /// Computes the block's sums. `sums` begins with slot `sums_start`.
    pub(crate) fn execute(
        &self,
        context: &Context<'_>,
        sums_start: u32,
        sums: &mut [f64],
        splats: &mut Vec<f64>,
    ) {
        if self.is_count(context) {
            let rows = context.block.count as f64;
            for &slot in &self.slots {
                sums[(slot - sums_start) as usize] = rows;
            }
            return;
        }
        let arch = context.block.arch;
        splats.resize(2 * TOGETHER * BLOCK, 0.0);
        let mut results = arch.dispatch(Inline(
            #[inline(always)]
            || self.sum::<false>(context, splats),
        ));
        if results.iter().any(|sum| sum.is_nan()) {
            results = arch.dispatch(Inline(
                #[inline(always)]
                || self.sum::<true>(context, splats),
            ));
        }
        for (&slot, sum) in self.slots.iter().zip(results) {
            sums[(slot - sums_start) as usize] = sum;
        }
    }

    /// The sums. `CAREFUL` applies the zero rule to every term. `splats` are lanes for numbers that all rows share.
    #[inline(always)]
    fn sum<const CAREFUL: bool>(
        &self,
        context: &Context<'_>,
        splats: &mut [f64],
    ) -> [f64; TOGETHER] {
        let (lanes, count) = (context.block.lanes, context.block.count);
        let mut sums = [0.0; TOGETHER];
        for pairs in self.factors.chunks(self.slots.len()) {
            let mut splats = splats.chunks_exact_mut(BLOCK);
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
            // Missing sums repeat the first one.
            let factors: [[&[f64]; 2]; TOGETHER] = std::array::from_fn(|sum| {
                let [u, p] = pairs[if sum < pairs.len() { sum } else { 0 }];
                [lanes_of(u), lanes_of(p)]
            });
            let mut row = 0;
            if self.any_order && !CAREFUL {
                row = count / LANES * LANES;
                for (sum, [u, p]) in sums.iter_mut().zip(&factors).take(pairs.len()) {
                    *sum += sum_lanes(&u[..row], &p[..row]);
                }
            }
            for row in row..count {
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

/// A sum of products in the fastest order.
#[inline(always)]
fn sum_lanes(u: &[f64], p: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (u, p) in u
        .as_chunks::<LANES>()
        .0
        .iter()
        .zip(p.as_chunks::<LANES>().0)
    {
        for lane in 0..LANES {
            sums[lane] = u[lane].mul_add(p[lane], sums[lane]);
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, slot) in self.slots.iter().enumerate() {
            write!(f, "u{slot} = Rows")?;
            for [u, p] in self.factors[place..].iter().step_by(self.slots.len()) {
                write!(f, " {u} {p}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
