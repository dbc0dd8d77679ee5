//! Sums of products over the rows of a block, for uniform values whose uses form no matrix.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

#[cfg(test)]
mod steps;

use std::fmt;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::context::{BlockData, Context};
use super::matrix::chain_add;
use crate::backend::{BLOCK, Buffer, Place, Source};
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
    fn is_count(&self, shared: &[f64]) -> bool {
        let is_one =
            |&place: &Place| matches!(place, Place::Shared(slot) if shared[slot as usize] == 1.0);
        self.factors.len() == self.slots.len() && self.factors.iter().flatten().all(is_one)
    }

    /// Computes the sums of each block, which `lanes` reads. `sums` has those of one block after those of another; each
    /// begins with slot `sums_start`.
    pub(crate) fn execute<'a>(
        &self,
        blocks: BlockData<'a>,
        lanes: impl Fn(usize) -> Context<'a>,
        sums_start: u32,
        sums: &mut [f64],
        scratch: &mut Buffer,
    ) {
        let (width, each) = (sums.len() / blocks.number, self.slots.len());
        let place = |chain: usize| {
            let slot = self.slots[chain % each] - sums_start;
            chain / each * width + slot as usize
        };
        let chains = blocks.number * each;
        if self.is_count(blocks.shared) {
            for chain in 0..chains {
                sums[place(chain)] = blocks.count as f64;
            }
            return;
        }
        scratch.set_len(2 * TOGETHER * BLOCK);
        for first in (0..chains).step_by(TOGETHER) {
            let some = first..chains.min(first + TOGETHER);
            // Missing sums repeat the first one.
            let mut these = [(first / each, first % each); TOGETHER];
            for step in 1..some.len() {
                let (block, sum) = these[step - 1];
                these[step] = if sum + 1 < each {
                    (block, sum + 1)
                } else {
                    (block + 1, 0)
                };
            }
            let mut group = Group {
                pairs: self,
                count: blocks.count,
                lanes: &lanes,
                chains: these,
                number: some.len(),
                scratch,
            };
            let mut results = if self.any_order {
                blocks.arch.dispatch(AnyOrder(&mut group))
            } else {
                blocks.arch.dispatch(Inline(
                    #[inline(always)]
                    || group.in_order::<false>(),
                ))
            };
            if results.iter().any(|sum| sum.is_nan()) {
                results = blocks.arch.dispatch(Inline(
                    #[inline(always)]
                    || group.in_order::<true>(),
                ));
            }
            for (chain, sum) in some.zip(results) {
                sums[place(chain)] = sum;
            }
        }
    }
}

/// Sums that are computed at the same time.
struct Group<'b, L> {
    pairs: &'b Pairs,
    /// The number of rows of a block.
    count: usize,
    /// Reads the lanes of a block.
    lanes: &'b L,
    /// The block of each sum, and its place among the sums of the block.
    chains: [(usize, usize); TOGETHER],
    /// The number of sums. Those beyond are not used.
    number: usize,
    /// Lanes for numbers that all rows share, and for those of a block with few rows.
    scratch: &'b mut [f64],
}

/// The lanes of the two factors of each sum; those beyond the rows are not used.
type Factors<'a> = [[&'a [f64; BLOCK]; 2]; TOGETHER];

impl<'a, L: Fn(usize) -> Context<'a>> Group<'_, L> {
    /// The factors of each sum's pair with this index.
    #[inline(always)]
    fn factors<'s>(&'s mut self, pair: usize) -> Factors<'s>
    where
        'a: 's,
    {
        let each = self.pairs.slots.len();
        let pairs = &self.pairs.factors[pair * each..][..each];
        let mut factors = [[&[0.0; BLOCK]; 2]; TOGETHER];
        let (copies, _) = self.scratch.as_chunks_mut::<BLOCK>();
        let (copies, _) = copies.as_chunks_mut::<2>();
        for ((factors, &(block, sum)), [a, b]) in factors.iter_mut().zip(&self.chains).zip(copies) {
            let context = (self.lanes)(block);
            let [u, p] = pairs[sum];
            *factors = [whole(&context, u, a), whole(&context, p, b)];
        }
        factors
    }

    /// The number of pairs of each sum.
    fn pairs(&self) -> usize {
        self.pairs.factors.len() / self.pairs.slots.len()
    }

    /// The sums, row by row. `CAREFUL` applies the zero rule to every term.
    #[inline(always)]
    fn in_order<const CAREFUL: bool>(&mut self) -> [f64; TOGETHER] {
        let mut sums = [0.0; TOGETHER];
        for pair in 0..self.pairs() {
            let count = self.count.min(BLOCK);
            let factors = self.factors(pair);
            add_rows::<CAREFUL>(&mut sums, &factors, 0..count);
        }
        sums
    }
}

/// The lanes of a value: in place, or copied if all rows share it or there are fewer lanes than in a whole block.
#[inline(always)]
fn whole<'a>(context: &Context<'a>, place: Place, copy: &'a mut [f64; BLOCK]) -> &'a [f64; BLOCK] {
    match context.source(place, context.block.lanes) {
        Source::Slice(lanes) => match lanes.first_chunk() {
            Some(lanes) => return lanes,
            None => copy[..lanes.len()].copy_from_slice(lanes),
        },
        Source::Splat(value) => *copy = [value; BLOCK],
    }
    copy
}

/// Adds the products of some rows, row by row.
#[inline(always)]
fn add_rows<const CAREFUL: bool>(
    sums: &mut [f64; TOGETHER],
    factors: &Factors<'_>,
    rows: Range<usize>,
) {
    for row in rows {
        for (sum, [u, p]) in sums.iter_mut().zip(factors) {
            let (u, p) = (u[row % BLOCK], p[row % BLOCK]);
            *sum = if CAREFUL {
                chain_add(u, p, *sum)
            } else {
                u.mul_add(p, *sum)
            };
        }
    }
}

/// The sums of a group in the fastest order: eight sums of every eighth row, then the remaining rows.
struct AnyOrder<'g, 'b, L>(&'g mut Group<'b, L>);

impl<'a, L: Fn(usize) -> Context<'a>> WithSimd for AnyOrder<'_, '_, L> {
    type Output = [f64; TOGETHER];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [f64; TOGETHER] {
        let Self(group) = self;
        let mut sums = [0.0; TOGETHER];
        let (count, number) = (group.count.min(BLOCK), group.number);
        let vectors = LANES / S::F64_LANES;
        for pair in 0..group.pairs() {
            let factors = group.factors(pair);
            for (sum, [u, p]) in sums.iter_mut().zip(&factors).take(number) {
                let [u, p] = [u, p].map(|lanes| S::as_simd_f64s(&lanes[..]).0);
                let mut partial = [simd.splat_f64s(0.0); LANES];
                for (u, p) in u
                    .chunks_exact(vectors)
                    .zip(p.chunks_exact(vectors))
                    .take(count / LANES)
                {
                    for vector in 0..vectors {
                        partial[vector] = simd.mul_add_f64s(u[vector], p[vector], partial[vector]);
                    }
                }
                let mut lanes = [0.0; LANES];
                S::as_mut_simd_f64s(&mut lanes)
                    .0
                    .copy_from_slice(&partial[..vectors]);
                let [a, b, c, d, e, f, g, h] = lanes;
                *sum += ((a + e) + (b + f)) + ((c + g) + (d + h));
            }
            add_rows::<false>(&mut sums, &factors, count / LANES * LANES..count);
        }
        sums
    }
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
