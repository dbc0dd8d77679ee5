//! Products of a matrix of uniform values with the lanes of a list of factors.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use std::fmt;
use std::ops::Range;

use pulp::{Simd, WithSimd};
use smallvec::SmallVec;

use super::common::{Scratch, TERMS, chain_add, share};
use super::layout::{Affine, Entries, Factors, MatrixLayout};
use crate::backend::Place;
use crate::backend::for_each;
use crate::interpreter::context::Context;
use crate::math::fused::{Arch, Inline};

/// Dot products of the rows of a uniform matrix with the same list of factors.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(super) matrix: MatrixLayout,
    pub(super) factors: Factors,
    /// Whether the zero rule applies.
    pub(super) zero_rule: bool,
}

impl Product {
    pub(crate) fn new(matrix: MatrixLayout, factors: Vec<Place>, zero_rule: bool) -> Self {
        Self {
            matrix,
            factors: Factors::new(factors),
            zero_rule,
        }
    }

    pub(crate) fn outputs(&self) -> usize {
        self.matrix.rows
    }

    pub(crate) fn bytes(&self) -> usize {
        self.matrix.bytes() + self.factors.bytes()
    }

    /// Computes the products, the lanes of one after those of another.
    pub(crate) fn execute(&self, context: &Context<'_>, dst: &mut [f64], scratch: &mut Scratch) {
        let block = context.block;
        let factors = self
            .factors
            .lanes(context, self.matrix.columns, &mut scratch.right);
        let weights = Weights::new(&self.matrix, block.shared, &mut scratch.left);
        let multiply = Multiply {
            weights,
            columns: self.matrix.columns,
            factors,
            lanes: block.lanes,
            // −0 keeps the sign of a first product that is 0; an adjoint has none.
            start: if self.zero_rule { 0.0 } else { -0.0 },
            dst,
        };
        multiply.execute(block.arch, block.threads);
        let any_nan = Inline(
            #[inline(always)]
            || {
                let mut found = false;
                for value in &*dst {
                    found |= value.is_nan();
                }
                found
            },
        );
        if self.zero_rule && block.arch.dispatch(any_nan) {
            self.recompute(context, factors, dst);
        }
    }

    /// The sums again, with the zero rule applied to every term.
    #[cold]
    fn recompute(&self, context: &Context<'_>, factors: &[f64], dst: &mut [f64]) {
        let lanes = context.block.lanes;
        for (row, sums) in dst.chunks_mut(lanes).enumerate() {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum = (0..self.matrix.columns).fold(0.0, |sum, column| {
                    let p = context.block.shared[self.matrix.slot(row, column)];
                    chain_add(factors[column * lanes + lane], p, sum)
                });
            }
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.zero_rule { "Adjoint" } else { "Dot" };
        write!(f, "{name} ({}) {}", self.matrix, self.factors)
    }
}

/// How the entries of a matrix are read: those of a row are adjacent in ascending order, or those of a column are adjacent in
/// either order.
#[derive(Clone, Copy)]
struct Weights<'a> {
    values: &'a [f64],
    at: Affine,
}

impl<'a> Weights<'a> {
    /// Reads the entries in place, or gathers them first.
    fn new(matrix: &MatrixLayout, values: &'a [f64], gathered: &'a mut Vec<f64>) -> Self {
        if let Entries::Affine(at) = matrix.entries
            && (at.row_stride.abs() == 1 || at.column_stride == 1)
        {
            return Self { values, at };
        }
        gathered.clear();
        for row in 0..matrix.rows {
            let entries = (0..matrix.columns).map(|column| values[matrix.slot(row, column)]);
            gathered.extend(entries);
        }
        let at = Affine {
            start: 0,
            row_stride: matrix.columns.cast_signed(),
            column_stride: 1,
        };
        Self {
            values: gathered,
            at,
        }
    }

    /// The same matrix without the first rows.
    fn skip_rows(mut self, row: usize) -> Self {
        self.at.start += row.cast_signed() * self.at.row_stride;
        self
    }
}

/// Columns that are multiplied with all rows before the next ones, so that their factors stay in the first cache.
const COLUMNS: usize = 256;

struct Multiply<'a> {
    weights: Weights<'a>,
    columns: usize,
    factors: &'a [f64],
    lanes: usize,
    start: f64,
    dst: &'a mut [f64],
}

impl Multiply<'_> {
    /// Computes all rows, on several threads if there are many terms.
    fn execute(self, arch: Arch, threads: usize) {
        let rows = self.dst.len() / self.lanes.max(1);
        if threads < 2 || self.dst.len() * self.columns < TERMS || rows < 16 {
            arch.dispatch(self);
            return;
        }
        let share = share(rows, threads, 12);
        let parts = self.dst.chunks_mut(share * self.lanes).enumerate();
        let mut parts: SmallVec<[Multiply<'_>; 4]> = parts
            .map(|(index, dst)| Multiply {
                weights: self.weights.skip_rows(index * share),
                dst,
                ..self
            })
            .collect();
        for_each(threads, &mut parts, |_, part| {
            let dst = &mut *part.dst;
            arch.dispatch(Multiply { dst, ..*part });
        });
    }
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            weights,
            columns,
            factors,
            lanes,
            start,
            dst,
        } = self;
        let rows = dst.len() / lanes;
        let vectors = lanes / S::F64_LANES;
        let factors = S::as_simd_f64s(factors).0;
        let dst = S::as_mut_simd_f64s(dst).0;
        let start = simd.splat_f64s(start);
        if columns == 0 {
            dst.fill(start);
        }
        for first in (0..columns).step_by(COLUMNS) {
            let tiles = Tiles {
                weights,
                columns,
                some: first..columns.min(first + COLUMNS),
                start: (first == 0).then_some(start),
                factors,
                vectors,
            };
            let mut vector = 0;
            if S::F64_LANES == 8 {
                while vector + 4 <= vectors {
                    tiles.all::<4>(simd, vector, rows, dst);
                    vector += 4;
                }
            }
            while vector + 2 <= vectors {
                tiles.all::<2>(simd, vector, rows, dst);
                vector += 2;
            }
            // Lanes are a multiple of 8, so narrower vectors are always an even number.
            if S::F64_LANES == 8 && vector < vectors {
                tiles.all::<1>(simd, vector, rows, dst);
            }
        }
    }
}

/// Sums to which the terms of some columns are added.
struct Tiles<'a, S: Simd> {
    weights: Weights<'a>,
    columns: usize,
    some: Range<usize>,
    /// What sums begin with, if these are their first terms.
    start: Option<S::f64s>,
    factors: &'a [S::f64s],
    /// Vectors per value.
    vectors: usize,
}

impl<S: Simd> Tiles<'_, S> {
    /// All rows in `V` vectors of lanes: as many sums at once as registers hold, 6 by 4 of AVX-512's 32, otherwise 6 by 2.
    #[inline(always)]
    fn all<const V: usize>(&self, simd: S, vector: usize, rows: usize, dst: &mut [S::f64s]) {
        let mut row = 0;
        // Eight rows are better halved than cut into six and two.
        while row + 6 <= rows && rows - row != 8 {
            self.tile::<6, V>(simd, vector, row, dst);
            row += 6;
        }
        while row + 4 <= rows {
            self.tile::<4, V>(simd, vector, row, dst);
            row += 4;
        }
        while row + 2 <= rows {
            self.tile::<2, V>(simd, vector, row, dst);
            row += 2;
        }
        if row < rows {
            self.tile::<1, V>(simd, vector, row, dst);
        }
    }

    #[inline(always)]
    fn tile<const T: usize, const V: usize>(
        &self,
        simd: S,
        vector: usize,
        row: usize,
        dst: &mut [S::f64s],
    ) {
        let Range { start: first, end } = self.some;
        let dst = &mut dst[row * self.vectors + vector..];
        let Weights { values, at } = self.weights;
        if at.column_stride == 1 {
            let mut rows: [&[f64]; T] = [&[]; T];
            for (t, entries) in rows.iter_mut().enumerate() {
                *entries = &values[at.slot(row + t, first)..][..end - first];
            }
            let weight = |column: usize| rows.map(|row| row[column]);
            self.add::<T, V>(simd, vector, dst, false, weight);
        } else {
            // Descending rows are computed in the order in which they are stored, the last first.
            let descending = at.row_stride < 0;
            let lowest = if descending { row + T - 1 } else { row };
            self.add::<T, V>(simd, vector, dst, descending, |column| {
                let entries = &values[at.slot(lowest, first + column)..];
                *entries
                    .first_chunk::<T>()
                    .expect("a matrix is within the buffer")
            });
        }
    }

    /// Adds the terms of some columns to `T` rows, whose weights `weight` gives; `reversed` ones from the last row on.
    #[inline(always)]
    fn add<const T: usize, const V: usize>(
        &self,
        simd: S,
        vector: usize,
        dst: &mut [S::f64s],
        reversed: bool,
        weight: impl Fn(usize) -> [f64; T],
    ) {
        debug_assert!(self.some.end <= self.columns);
        let place = |t: usize| if reversed { T - 1 - t } else { t } * self.vectors;
        let mut sums = [[self.start.unwrap_or(simd.splat_f64s(0.0)); V]; T];
        if self.start.is_none() {
            for (t, sums) in sums.iter_mut().enumerate() {
                sums.copy_from_slice(&dst[place(t)..][..V]);
            }
        }
        let factors = self.factors[self.some.start * self.vectors..].chunks_exact(self.vectors);
        for (column, factors) in factors.take(self.some.len()).enumerate() {
            let factors = &factors[vector..][..V];
            let weights = weight(column);
            for t in 0..T {
                let w = simd.splat_f64s(weights[t]);
                for v in 0..V {
                    sums[t][v] = simd.mul_add_f64s(w, factors[v], sums[t][v]);
                }
            }
        }
        for (t, sums) in sums.iter().enumerate() {
            dst[place(t)..][..V].copy_from_slice(sums);
        }
    }
}
