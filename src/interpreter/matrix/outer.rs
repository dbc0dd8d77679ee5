//! Outer products of two lists of factors, summed over the rows of a block.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use std::fmt;
use std::ops::Range;

use pulp::{Simd, WithSimd};
use smallvec::SmallVec;

use super::common::{Scratch, TERMS, chain_add, share};
use super::layout::{Factors, MatrixLayout};
use super::panel;
use crate::backend::Place;
use crate::backend::for_each;
use crate::interpreter::context::Context;
use crate::math::fused::Arch;

/// The outer product of two lists of factors, summed over the rows of a block.
#[derive(Clone, Debug)]
pub(crate) struct Outer {
    /// One for each row of the matrix.
    pub(super) left: Factors,
    /// One for each column.
    pub(super) right: Factors,
    pub(super) sums: MatrixLayout,
}

impl Outer {
    pub(crate) fn new(mut left: Vec<Place>, mut right: Vec<Place>, mut sums: MatrixLayout) -> Self {
        // Columns are computed side by side, so they are best stored side by side, the first one first.
        if matches!(sums.strides(), Some([1 | -1, column]) if column.abs() != 1) && sums.rows > 1 {
            (left, right) = (right, left);
            sums = sums.transposed();
        }
        if matches!(sums.strides(), Some([_, -1])) {
            right.reverse();
            sums = sums.mirrored();
        }
        Self {
            left: Factors::new(left),
            right: Factors::new(right),
            sums,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.left.bytes() + self.right.bytes() + self.sums.bytes()
    }

    /// Computes the block's sums, which lie by slot from `sums_start` on.
    pub(crate) fn execute(
        &self,
        context: &Context<'_>,
        sums_start: u32,
        sums: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let block = context.block;
        let Scratch { left, panel, .. } = scratch;
        let left = self.left.lanes(context, self.sums.rows, left);
        let panel = panel::pack(context, &self.right, self.sums.columns, panel);
        let sum = SumOuter {
            left,
            panel,
            lanes: block.lanes,
            count: block.count,
            layout: &self.sums,
            first: 0,
            rows: self.sums.rows,
            offset: sums_start as usize,
            sums,
        };
        sum.execute(block.arch, block.threads);
    }
}

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "({}) = SumOverRows {} ⊗ {}",
            self.sums, self.left, self.right
        )
    }
}

struct SumOuter<'a> {
    /// The lanes of the rows' factors, one after another.
    left: &'a [f64],
    /// The columns' factors, packed.
    panel: &'a [f64],
    lanes: usize,
    /// Rows of data.
    count: usize,
    layout: &'a MatrixLayout,
    /// Rows of the matrix, from this one on.
    first: usize,
    rows: usize,
    /// The slot of the first of the sums.
    offset: usize,
    sums: &'a mut [f64],
}

impl SumOuter<'_> {
    /// Computes all sums, on several threads if there are many terms.
    fn execute(self, arch: Arch, threads: usize) {
        let many = self.rows * self.layout.columns * self.count >= TERMS && self.rows >= 16;
        // Parts of the sums can be written separately only if no row of them reaches into the next one.
        let apart = |[row, _]: &[isize; 2]| row.unsigned_abs() >= self.layout.columns;
        let strides = self.layout.strides().filter(apart);
        let Some([row_stride, 1]) = strides.filter(|_| threads > 1 && many) else {
            arch.dispatch(self);
            return;
        };
        // Parts in the order in which they are stored.
        let (first, end) = (self.first, self.first + self.rows);
        let share = share(self.rows, threads, 8);
        let starts = (first..end).step_by(share);
        let mut shares: SmallVec<[Range<usize>; 4]> =
            starts.map(|row| row..end.min(row + share)).collect();
        if row_stride < 0 {
            shares.reverse();
        }
        let (mut offset, mut rest) = (self.offset, self.sums);
        let parts = shares.into_iter().map(|rows| {
            let last = if row_stride < 0 {
                rows.start
            } else {
                rows.end - 1
            };
            let next = self.layout.slot(last, self.layout.columns);
            let (sums, further) = std::mem::take(&mut rest).split_at_mut(next - offset);
            let part = SumOuter {
                first: rows.start,
                rows: rows.len(),
                offset,
                sums,
                ..self
            };
            (offset, rest) = (next, further);
            part
        });
        let mut parts: SmallVec<[SumOuter<'_>; 4]> = parts.collect();
        for_each(threads, &mut parts, |_, part| {
            let sums = &mut *part.sums;
            arch.dispatch(SumOuter { sums, ..*part });
        });
    }
}

impl WithSimd for SumOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let columns = self.layout.columns;
        // Panels that the first cache holds, while all rows are multiplied with them.
        let some = 3 * 2 * S::F64_LANES;
        for first in (0..columns).step_by(some) {
            let columns = first..columns.min(first + some);
            let mut row = 0;
            if S::F64_LANES == 8 {
                while row + 8 <= self.rows {
                    self.tiles::<S, 8>(simd, row, columns.clone());
                    row += 8;
                }
            }
            while row + 4 <= self.rows {
                self.tiles::<S, 4>(simd, row, columns.clone());
                row += 4;
            }
            while row < self.rows {
                self.tiles::<S, 1>(simd, row, columns.clone());
                row += 1;
            }
        }
    }
}

impl SumOuter<'_> {
    /// Computes `T` rows of the sums, in some columns.
    #[inline(always)]
    fn tiles<S: Simd, const T: usize>(&mut self, simd: S, row: usize, columns: Range<usize>) {
        let width = 2 * S::F64_LANES;
        for column in columns.clone().step_by(width) {
            let some = width.min(columns.end - column);
            // A narrow last tile needs one vector only.
            if some <= S::F64_LANES {
                self.tile::<S, T, 1>(simd, row, column, some);
            } else {
                self.tile::<S, T, 2>(simd, row, column, some);
            }
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const T: usize, const V: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        some: usize,
    ) {
        let width = 2 * S::F64_LANES;
        let row = self.first + row;
        let mut left: [&[f64]; T] = [&[]; T];
        for (t, lanes) in left.iter_mut().enumerate() {
            *lanes = &self.left[(row + t) * self.lanes..][..self.count];
        }
        let panel = &self.panel[column * self.lanes..][..self.count * width];
        let vectors = S::as_simd_f64s(panel).0;
        let mut sums = [[simd.splat_f64s(0.0); V]; T];
        for (r, right) in vectors
            .as_chunks::<2>()
            .0
            .iter()
            .enumerate()
            .take(self.count)
        {
            for t in 0..T {
                let u = simd.splat_f64s(left[t][r]);
                for v in 0..V {
                    sums[t][v] = simd.mul_add_f64s(u, right[v], sums[t][v]);
                }
            }
        }
        // Not a number, or infinite: then the zero rule may have to be applied.
        let zero = simd.splat_f64s(0.0);
        let mut unclear = [zero; V];
        for sums in &sums {
            for (unclear, &sum) in unclear.iter_mut().zip(sums) {
                *unclear = simd.mul_add_f64s(sum, zero, *unclear);
            }
        }
        // There are one or two vectors.
        let unclear = simd.add_f64s(unclear[0], unclear[V - 1]);
        let unclear = simd.reduce_sum_f64s(unclear).is_nan();
        let slot =
            |t: usize, offset: usize| self.layout.slot(row + t, column + offset) - self.offset;
        let side_by_side = matches!(self.layout.strides(), Some([_, 1]));
        if side_by_side && some == V * S::F64_LANES && !unclear {
            for (t, sums) in sums.iter().enumerate() {
                let start = slot(t, 0);
                let places = &mut self.sums[start..start + some];
                S::as_mut_simd_f64s(places).0.copy_from_slice(sums);
            }
            return;
        }
        // Two vectors a row; the widest vectors are of 8.
        let mut result = [[0.0; 16]; T];
        for (sums, entries) in sums.iter().zip(&mut result) {
            S::as_mut_simd_f64s(&mut entries[..V * S::F64_LANES])
                .0
                .copy_from_slice(sums);
        }
        for (t, entries) in result.iter_mut().enumerate() {
            let entries = &mut entries[..some];
            if unclear {
                for (offset, entry) in entries.iter_mut().enumerate() {
                    let right = panel[offset..].iter().step_by(width);
                    let terms = left[t].iter().zip(right);
                    *entry = terms.fold(0.0, |sum, (&u, &p)| chain_add(u, p, sum));
                }
            }
            if side_by_side {
                let start = slot(t, 0);
                self.sums[start..start + some].copy_from_slice(entries);
            } else {
                for (offset, &entry) in entries.iter().enumerate() {
                    self.sums[slot(t, offset)] = entry;
                }
            }
        }
    }
}
