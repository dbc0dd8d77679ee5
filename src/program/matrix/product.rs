//! Products of a matrix of uniform values with the lanes of a list of factors.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use std::fmt;
use std::ops::Range;

use pulp::{Simd, WithSimd};
use smallvec::SmallVec;

use super::super::parallel;
use super::super::rows::{Context, Place};
use super::layout::{Entries, Factors, Layout};
use super::{Scratch, TERMS, chain_add, share};
use crate::math::fused::{Arch, Fused};

/// Dot products of the rows of a uniform matrix with the same list of factors.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(super) matrix: Layout,
    pub(super) factors: Factors,
    /// Whether a term of which a factor is 0 adds nothing.
    pub(super) zero_rule: bool,
}

impl Product {
    pub(crate) fn new(matrix: Layout, factors: Vec<Place>, zero_rule: bool) -> Self {
        Self {
            matrix,
            factors: Factors::of(factors),
            zero_rule,
        }
    }

    pub(crate) fn outputs(&self) -> usize {
        self.matrix.rows
    }

    pub(crate) fn bytes(&self) -> usize {
        self.matrix.bytes() + self.factors.bytes()
    }

    /// Computes the products, one row of lanes each.
    pub(crate) fn execute(&self, context: &Context<'_>, dst: &mut [f64], scratch: &mut Scratch) {
        let block = context.block;
        let factors = self
            .factors
            .lanes(context, self.matrix.columns, &mut scratch.right);
        let weights = Weights::of(&self.matrix, block.shared, &mut scratch.left);
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
        if self.zero_rule && block.arch.dispatch(AnyNan(dst)) {
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

/// Whether any of these is not a number.
struct AnyNan<'a>(&'a [f64]);

impl Fused for AnyNan<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let mut found = false;
        for value in self.0 {
            found |= value.is_nan();
        }
        found
    }
}

/// How the entries of a matrix are read.
#[derive(Clone, Copy)]
enum Weights<'a> {
    /// The rows lie `down` apart, the entries of each side by side, backwards if so marked.
    Rows {
        values: &'a [f64],
        start: isize,
        down: isize,
        backwards: bool,
    },
    /// The columns lie `right` apart, the entries of each side by side, backwards if so marked.
    Columns {
        values: &'a [f64],
        start: isize,
        right: isize,
        backwards: bool,
    },
}

impl<'a> Weights<'a> {
    /// Reads the entries in place, or brings them together first.
    fn of(matrix: &Layout, values: &'a [f64], gathered: &'a mut Vec<f64>) -> Self {
        if let Entries::Affine { start, down, right } = matrix.entries {
            if right.abs() == 1 {
                return Self::Rows {
                    values,
                    start,
                    down,
                    backwards: right < 0,
                };
            }
            if down.abs() == 1 {
                return Self::Columns {
                    values,
                    start,
                    right,
                    backwards: down < 0,
                };
            }
        }
        gathered.clear();
        for row in 0..matrix.rows {
            let entries = (0..matrix.columns).map(|column| values[matrix.slot(row, column)]);
            gathered.extend(entries);
        }
        Self::Rows {
            values: gathered,
            start: 0,
            down: matrix.columns.cast_signed(),
            backwards: false,
        }
    }

    /// The same matrix from a row on.
    fn below(self, row: usize) -> Self {
        let row = row.cast_signed();
        match self {
            Self::Rows {
                values,
                start,
                down,
                backwards,
            } => Self::Rows {
                values,
                start: start + row * down,
                down,
                backwards,
            },
            Self::Columns {
                values,
                start,
                right,
                backwards,
            } => Self::Columns {
                values,
                start: if backwards { start - row } else { start + row },
                right,
                backwards,
            },
        }
    }
}

/// Columns at a time, so that the factors stay in the first cache while all rows are multiplied with them.
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
                weights: self.weights.below(index * share),
                dst,
                ..self
            })
            .collect();
        parallel::for_each(threads, &mut parts, |_, part| {
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
            while vector + 2 <= vectors {
                tiles.all::<2>(simd, vector, rows, dst);
                vector += 2;
            }
            if vector < vectors {
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
    /// What sums begin with, where these are the first terms.
    start: Option<S::f64s>,
    factors: &'a [S::f64s],
    /// Vectors a row of lanes.
    vectors: usize,
}

impl<S: Simd> Tiles<'_, S> {
    /// All rows in `V` vectors of lanes: as many sums at once as registers hold, 12 by 2 of AVX-512's 32, else 4 by 2.
    #[inline(always)]
    fn all<const V: usize>(&self, simd: S, vector: usize, rows: usize, dst: &mut [S::f64s]) {
        let mut row = 0;
        if S::F64_LANES == 8 {
            while row + 12 <= rows {
                self.tile::<12, V>(simd, vector, row, dst);
                row += 12;
            }
            while row + 8 <= rows {
                self.tile::<8, V>(simd, vector, row, dst);
                row += 8;
            }
        }
        while row + 4 <= rows {
            self.tile::<4, V>(simd, vector, row, dst);
            row += 4;
        }
        while row < rows {
            self.tile::<1, V>(simd, vector, row, dst);
            row += 1;
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
        match self.weights {
            Weights::Rows {
                values,
                start,
                down,
                backwards,
            } => {
                // Where the row's columns of interest begin; read backwards they end there.
                let offset = if backwards {
                    1 - end.cast_signed()
                } else {
                    first.cast_signed()
                };
                let mut rows: [&[f64]; T] = [&[]; T];
                for (t, entries) in rows.iter_mut().enumerate() {
                    let begin = start + (row + t).cast_signed() * down + offset;
                    *entries = &values[begin.cast_unsigned()..][..end - first];
                }
                if backwards {
                    let weight = |column: usize| rows.map(|row| row[row.len() - 1 - column]);
                    self.add::<T, V>(simd, vector, dst, weight);
                } else {
                    let weight = |column: usize| rows.map(|row| row[column]);
                    self.add::<T, V>(simd, vector, dst, weight);
                }
            }
            Weights::Columns {
                values,
                start,
                right,
                backwards,
            } => {
                let (row, last) = (row.cast_signed(), T.cast_signed() - 1);
                let weights = |start: isize, column: usize| {
                    let slot = start + (first + column).cast_signed() * right;
                    let weights = values[slot.cast_unsigned()..].first_chunk::<T>();
                    *weights.expect("a matrix lies within the buffer")
                };
                if backwards {
                    let weight = |column: usize| {
                        let mut weights = weights(start - row - last, column);
                        weights.reverse();
                        weights
                    };
                    self.add::<T, V>(simd, vector, dst, weight);
                } else {
                    let weight = |column: usize| weights(start + row, column);
                    self.add::<T, V>(simd, vector, dst, weight);
                }
            }
        }
    }

    #[inline(always)]
    fn add<const T: usize, const V: usize>(
        &self,
        simd: S,
        vector: usize,
        dst: &mut [S::f64s],
        weight: impl Fn(usize) -> [f64; T],
    ) {
        debug_assert!(self.some.end <= self.columns);
        let mut sums = [[self.start.unwrap_or(simd.splat_f64s(0.0)); V]; T];
        if self.start.is_none() {
            for (t, sums) in sums.iter_mut().enumerate() {
                sums.copy_from_slice(&dst[t * self.vectors..][..V]);
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
            dst[t * self.vectors..][..V].copy_from_slice(sums);
        }
    }
}
