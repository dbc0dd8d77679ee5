//! Products of matrices, as they appear where dot products share their factors.
//!
//! A layer of a network is a [`Product`] of its weights with the lanes of its inputs, going back a product with the same
//! weights read the other way, and the adjoint of the weights is an [`Outer`] product summed over rows. Terms are added in
//! the order in which the dot products are defined, each with one rounding, so the bits are those of one dot product after
//! another; only different sums are computed side by side.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use std::fmt;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::elementwise::Source;
use super::parallel;
use super::rows::{Context, Place};
use crate::math::fused::Arch;

/// Where the entries of a matrix lie in the buffer of uniform values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    rows: usize,
    columns: usize,
    entries: Entries,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entries {
    /// At `start + row·down + column·right`.
    Affine {
        start: isize,
        down: isize,
        right: isize,
    },
    /// In the slots listed, row by row.
    Listed(Vec<u32>),
}

impl Layout {
    /// The layout of a matrix given by the slots of its entries.
    pub(crate) fn of(slots: &[Vec<u32>]) -> Self {
        let (rows, columns) = (slots.len(), slots.first().map_or(0, Vec::len));
        let at = |row: usize, column: usize| slots[row][column] as isize;
        let start = at(0, 0);
        let down = if rows > 1 { at(1, 0) - start } else { 0 };
        let right = if columns > 1 { at(0, 1) - start } else { 1 };
        let layout = Self {
            rows,
            columns,
            entries: Entries::Affine { start, down, right },
        };
        let fits = |row: usize| {
            (0..columns).all(|column| layout.slot(row, column) == slots[row][column] as usize)
        };
        if (0..rows).all(fits) {
            return layout;
        }
        Self {
            rows,
            columns,
            entries: Entries::Listed(slots.concat()),
        }
    }

    #[inline(always)]
    fn slot(&self, row: usize, column: usize) -> usize {
        match &self.entries {
            Entries::Affine { start, down, right } => {
                (start + row as isize * down + column as isize * right).cast_unsigned()
            }
            Entries::Listed(slots) => slots[row * self.columns + column] as usize,
        }
    }

    /// The steps from row to row and from column to column, where there are such.
    fn steps(&self) -> Option<[isize; 2]> {
        match self.entries {
            Entries::Affine { down, right, .. } => Some([down, right]),
            Entries::Listed(_) => None,
        }
    }

    fn transposed(&self) -> Self {
        let slots = |row| (0..self.rows).map(move |column| self.slot(column, row) as u32);
        let slots: Vec<Vec<u32>> = (0..self.columns).map(|row| slots(row).collect()).collect();
        Self::of(&slots)
    }

    fn bytes(&self) -> usize {
        match &self.entries {
            Entries::Affine { .. } => 0,
            Entries::Listed(slots) => size_of_val(&slots[..]),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = (self.rows, self.columns);
        match self.entries {
            Entries::Affine { start, down, right } => {
                write!(f, "{rows}×{columns} u{start} down {down} right {right}")
            }
            Entries::Listed(_) => write!(f, "{rows}×{columns} listed"),
        }
    }
}

/// A list of rows of lanes.
#[derive(Clone, Debug)]
enum Factors {
    /// Side by side from here on.
    From(Place),
    Listed(Vec<Place>),
}

impl Factors {
    fn of(places: Vec<Place>) -> Self {
        let side_by_side = (0..).zip(&places).all(|(step, &place)| {
            !matches!(place, Place::Shared(_)) && places[0].next(step) == place
        });
        if side_by_side {
            Self::From(places[0])
        } else {
            Self::Listed(places)
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::From(_) => 0,
            Self::Listed(places) => size_of_val(&places[..]),
        }
    }

    /// The lanes of all of them, one after another: in place, or brought together.
    fn lanes<'a>(
        &self,
        context: &Context<'a>,
        count: usize,
        gathered: &'a mut Vec<f64>,
    ) -> &'a [f64] {
        let places = match self {
            Self::From(place) => return context.lanes(*place, count * context.block.lanes),
            Self::Listed(places) => places,
        };
        gathered.clear();
        for &place in places {
            match context.source(place, context.block.lanes) {
                Source::Slice(lanes) => gathered.extend_from_slice(lanes),
                Source::Splat(value) => {
                    gathered.resize(gathered.len() + context.block.lanes, value)
                }
            }
        }
        gathered
    }
}

impl fmt::Display for Factors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(place) => write!(f, "{place}.."),
            Self::Listed(places) => {
                let places: Vec<String> = places.iter().map(Place::to_string).collect();
                write!(f, "[{}]", places.join(" "))
            }
        }
    }
}

/// Buffers for what must be brought together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    left: Vec<f64>,
    right: Vec<f64>,
    panel: Vec<f64>,
}

/// Dot products of the rows of a uniform matrix with the same list of factors.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    matrix: Layout,
    factors: Factors,
    /// Whether a term of which a factor is 0 adds nothing.
    zero_rule: bool,
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
        if self.zero_rule && dst.iter().any(|sum| sum.is_nan()) {
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

/// A term of the chain rule.
#[inline(always)]
pub(super) fn chain_add(u: f64, p: f64, sum: f64) -> f64 {
    if u == 0.0 || p == 0.0 {
        sum
    } else {
        u.mul_add(p, sum)
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
    /// The columns lie `right` apart, the entries of each side by side.
    Columns {
        values: &'a [f64],
        start: isize,
        right: isize,
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
            if down == 1 {
                return Self::Columns {
                    values,
                    start,
                    right,
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
            down: matrix.columns as isize,
            backwards: false,
        }
    }

    /// The same matrix from a row on.
    fn from_row(self, row: usize) -> Self {
        let row = row as isize;
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
            } => Self::Columns {
                values,
                start: start + row,
                right,
            },
        }
    }
}

/// Columns at a time, so that the factors stay in the first cache while all rows are multiplied with them.
const COLUMNS: usize = 256;
/// Products of fewer terms are not worth a second thread.
const TERMS: usize = 1 << 20;

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
        // Whole tiles for both.
        let half = (rows / 2).next_multiple_of(8);
        let (upper, lower) = self.dst.split_at_mut(half * self.lanes);
        let part = |weights, dst| Multiply {
            weights,
            dst,
            ..self
        };
        let upper = part(self.weights, upper);
        let lower = part(self.weights.from_row(half), lower);
        parallel::join(
            || upper.execute(arch, threads / 2),
            || lower.execute(arch, threads - threads / 2),
        );
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
        dst.fill(simd.splat_f64s(start));
        for first in (0..columns).step_by(COLUMNS) {
            let tiles = Tiles {
                weights,
                columns,
                some: first..columns.min(first + COLUMNS),
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
    factors: &'a [S::f64s],
    /// Vectors a row of lanes.
    vectors: usize,
}

impl<S: Simd> Tiles<'_, S> {
    /// All rows in `V` vectors of lanes: as many sums at once as registers hold, 8 by 2 of AVX-512's 32, else 4 by 2.
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
                    -(end as isize) + 1
                } else {
                    first as isize
                };
                let rows: [&[f64]; T] = std::array::from_fn(|t| {
                    let begin = start + (row + t) as isize * down + offset;
                    &values[begin.cast_unsigned()..][..end - first]
                });
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
            } => {
                let start = start + row as isize;
                let weight = |column: usize| {
                    let slot = start + (first + column) as isize * right;
                    let weights = values[slot.cast_unsigned()..].first_chunk::<T>();
                    *weights.expect("a matrix lies within the buffer")
                };
                self.add::<T, V>(simd, vector, dst, weight);
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
        let mut sums = [[simd.splat_f64s(0.0); V]; T];
        for (t, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&dst[t * self.vectors..][..V]);
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

/// The outer product of two lists of factors, summed over the rows of a block.
#[derive(Clone, Debug)]
pub(crate) struct Outer {
    /// One for each row of the matrix.
    left: Factors,
    /// One for each column.
    right: Factors,
    sums: Layout,
}

impl Outer {
    pub(crate) fn new(left: Vec<Place>, right: Vec<Place>, sums: Layout) -> Self {
        // Columns are computed side by side: they should lie side by side.
        if matches!(sums.steps(), Some([1, right]) if right != 1) && sums.rows > 1 {
            return Self {
                left: Factors::of(right),
                right: Factors::of(left),
                sums: sums.transposed(),
            };
        }
        Self {
            left: Factors::of(left),
            right: Factors::of(right),
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
        let Scratch { left, right, panel } = scratch;
        let left = self.left.lanes(context, self.sums.rows, left);
        let right = self.right.lanes(context, self.sums.columns, right);
        let width = 2 * block.arch.dispatch(Width);
        pack(right, block.lanes, block.count, width, panel);
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
        write!(f, "({}) = Rows {} ⊗ {}", self.sums, self.left, self.right)
    }
}

/// How many numbers a vector of this machine holds.
struct Width;

impl WithSimd for Width {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F64_LANES
    }
}

/// Brings columns together, `width` at a time, data row by data row; the last ones are filled up with 0.
fn pack(columns: &[f64], lanes: usize, count: usize, width: usize, panel: &mut Vec<f64>) {
    let tiles = (columns.len() / lanes).div_ceil(width);
    panel.clear();
    panel.resize(tiles * count * width, 0.0);
    for (tile, columns) in panel
        .chunks_exact_mut(count * width)
        .zip(columns.chunks(width * lanes))
    {
        for (place, column) in columns.chunks_exact(lanes).enumerate() {
            for (entries, &lane) in tile.chunks_exact_mut(width).zip(column) {
                entries[place] = lane;
            }
        }
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
    layout: &'a Layout,
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
        let Some([down, 1]) = self.layout.steps().filter(|_| threads > 1 && many) else {
            arch.dispatch(self);
            return;
        };
        if down < self.layout.columns as isize {
            arch.dispatch(self);
            return;
        }
        let half = (self.rows / 2).next_multiple_of(8);
        let split = self.layout.slot(self.first + half, 0);
        let (upper, lower) = self.sums.split_at_mut(split - self.offset);
        let upper = SumOuter {
            rows: half,
            sums: upper,
            ..self
        };
        let lower = SumOuter {
            first: self.first + half,
            rows: self.rows - half,
            offset: split,
            sums: lower,
            ..upper
        };
        let (left, right) = (threads / 2, threads - threads / 2);
        parallel::join(|| upper.execute(arch, left), || lower.execute(arch, right));
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
        let left: [&[f64]; T] =
            std::array::from_fn(|t| &self.left[(row + t) * self.lanes..][..self.count]);
        let panel = &self.panel[column * self.count..][..self.count * width];
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
        let unclear = sums
            .as_flattened()
            .iter()
            .fold(zero, |all, &sum| simd.mul_add_f64s(sum, zero, all));
        let unclear = simd.reduce_sum_f64s(unclear).is_nan();
        let slot =
            |t: usize, offset: usize| self.layout.slot(row + t, column + offset) - self.offset;
        let side_by_side = matches!(self.layout.steps(), Some([_, 1]));
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
