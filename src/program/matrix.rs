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

use pulp::{Simd, WithSimd};

use super::elementwise::Source;
use super::rows::{BLOCK, Context, Place};
use crate::math::fused::{Arch, Fused};

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
        let fits = |row: usize| (0..columns).all(|column| layout.slot(row, column) == slots[row][column] as usize);
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
        let next = |place: Place, step: u32| match place {
            Place::Row(row) => Some(Place::Row(row + step)),
            Place::Input(input) => Some(Place::Input(input + step)),
            Place::Shared(_) => None,
        };
        let side_by_side = (0..).zip(&places).all(|(step, &place)| next(places[0], step) == Some(place));
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

    /// Each of them.
    fn source<'a>(&self, context: &Context<'a>, index: usize) -> Source<'a> {
        match self {
            Self::From(Place::Row(row)) => context.source(Place::Row(row + index as u32)),
            Self::From(Place::Input(input)) => context.source(Place::Input(input + index as u32)),
            Self::From(place) => context.source(*place),
            Self::Listed(places) => context.source(places[index]),
        }
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
    gathered: Vec<f64>,
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
        let lanes = context.block.lanes;
        let Scratch { gathered, panel } = scratch;
        let factors = match self.factors {
            Factors::From(place) => context.lanes(place, self.matrix.columns),
            Factors::Listed(ref places) => {
                gathered.clear();
                for &place in places {
                    gathered.extend_from_slice(context.lanes(place, 1));
                }
                gathered
            }
        };
        context.block.arch.dispatch(Multiply {
            matrix: &self.matrix,
            weights: context.block.shared,
            factors,
            lanes,
            // −0 keeps the sign of a first product that is 0; an adjoint has none.
            start: if self.zero_rule { 0.0 } else { -0.0 },
            dst,
            panel,
        });
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
fn chain_add(u: f64, p: f64, sum: f64) -> f64 {
    if u == 0.0 || p == 0.0 {
        sum
    } else {
        u.mul_add(p, sum)
    }
}

struct Multiply<'a> {
    matrix: &'a Layout,
    weights: &'a [f64],
    factors: &'a [f64],
    lanes: usize,
    start: f64,
    dst: &'a mut [f64],
    panel: &'a mut Vec<f64>,
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let rows = self.matrix.rows;
        let mut row = 0;
        // As many sums as registers hold: 8 by 2 vectors of AVX-512's 32 registers, 4 by 2 of 16.
        if S::F64_LANES == 8 {
            while row + 8 <= rows {
                self.tile::<S, 8>(simd, row);
                row += 8;
            }
        }
        while row + 4 <= rows {
            self.tile::<S, 4>(simd, row);
            row += 4;
        }
        while row < rows {
            self.tile::<S, 1>(simd, row);
            row += 1;
        }
    }
}

impl Multiply<'_> {
    /// `T` rows of the matrix against all lanes.
    #[inline(always)]
    fn tile<S: Simd, const T: usize>(&mut self, simd: S, row: usize) {
        let columns = self.matrix.columns;
        let factors = S::as_simd_f64s(self.factors).0;
        let vectors = self.lanes / S::F64_LANES;
        let dst = &mut self.dst[row * self.lanes..(row + T) * self.lanes];
        let dst = S::as_mut_simd_f64s(dst).0;
        let first = self.matrix.slot(row, 0);
        match self.matrix.steps() {
            Some([_, 1]) => {
                let weights: [&[f64]; T] = std::array::from_fn(|t| {
                    &self.weights[self.matrix.slot(row + t, 0)..][..columns]
                });
                let weight = |column: usize| weights.map(|weights| weights[column]);
                sums(simd, columns, vectors, factors, self.start, weight, dst);
            }
            Some([1, right]) => {
                let all = self.weights;
                let weight = |column: usize| {
                    let slot = (first as isize + column as isize * right).cast_unsigned();
                    let mut weights = [0.0; T];
                    weights.copy_from_slice(&all[slot..slot + T]);
                    weights
                };
                sums(simd, columns, vectors, factors, self.start, weight, dst);
            }
            _ => {
                self.panel.clear();
                self.panel.reserve(columns * T);
                for column in 0..columns {
                    for t in 0..T {
                        let slot = self.matrix.slot(row + t, column);
                        self.panel.push(self.weights[slot]);
                    }
                }
                let panel = self.panel.as_chunks::<T>().0;
                let weight = |column: usize| panel[column];
                sums(simd, columns, vectors, factors, self.start, weight, dst);
            }
        }
    }
}

/// `T` sums over all columns, for every vector of lanes, two vectors at a time.
#[inline(always)]
fn sums<S: Simd, const T: usize>(
    simd: S,
    columns: usize,
    vectors: usize,
    factors: &[S::f64s],
    start: f64,
    weight: impl Fn(usize) -> [f64; T],
    dst: &mut [S::f64s],
) {
    let mut vector = 0;
    while vector + 2 <= vectors {
        let sums = sum_some::<S, T, 2>(simd, columns, vectors, &factors[vector..], start, &weight);
        for (t, sums) in sums.iter().enumerate() {
            dst[t * vectors + vector..][..2].copy_from_slice(sums);
        }
        vector += 2;
    }
    if vector < vectors {
        let sums = sum_some::<S, T, 1>(simd, columns, vectors, &factors[vector..], start, &weight);
        for (t, sums) in sums.iter().enumerate() {
            dst[t * vectors + vector] = sums[0];
        }
    }
}

#[inline(always)]
fn sum_some<S: Simd, const T: usize, const V: usize>(
    simd: S,
    columns: usize,
    vectors: usize,
    factors: &[S::f64s],
    start: f64,
    weight: &impl Fn(usize) -> [f64; T],
) -> [[S::f64s; V]; T] {
    let mut sums = [[simd.splat_f64s(start); V]; T];
    for column in 0..columns {
        let factors = &factors[column * vectors..][..V];
        let weights = weight(column);
        for t in 0..T {
            let w = simd.splat_f64s(weights[t]);
            for v in 0..V {
                sums[t][v] = simd.mul_add_f64s(w, factors[v], sums[t][v]);
            }
        }
    }
    sums
}

/// The outer product of two lists of factors, summed over the rows of a block and added to what is there.
#[derive(Clone, Debug)]
pub(crate) struct Outer {
    /// One for each row of the matrix.
    left: Factors,
    /// One for each column.
    right: Factors,
    sums: Layout,
}

impl Outer {
    pub(crate) fn new(left: Vec<Place>, right: Vec<Place>, sums: Layout, _vector_sums: bool) -> Self {
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

    /// Adds the block's share to the sums, which lie by slot from `sums_start` on.
    pub(crate) fn execute(
        &self,
        context: &Context<'_>,
        sums_start: u32,
        sums: &mut [f64],
        scratch: &mut Scratch,
    ) {
        context.block.arch.dispatch(AddOuter {
            outer: self,
            context,
            start: sums_start as usize,
            sums,
            scratch,
        });
    }
}

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}) += Rows {} ⊗ {}", self.sums, self.left, self.right)
    }
}

struct AddOuter<'a, 'b> {
    outer: &'a Outer,
    context: &'a Context<'b>,
    start: usize,
    sums: &'a mut [f64],
    scratch: &'a mut Scratch,
}

impl WithSimd for AddOuter<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let columns = self.outer.sums.columns;
        let width = 2 * S::F64_LANES;
        for column in (0..columns).step_by(width) {
            let some = width.min(columns - column);
            self.pack(column, some, width);
            let rows = self.outer.sums.rows;
            let mut row = 0;
            if S::F64_LANES == 8 {
                while row + 8 <= rows {
                    self.tile::<S, 8>(simd, row, column, some);
                    row += 8;
                }
            }
            while row + 4 <= rows {
                self.tile::<S, 4>(simd, row, column, some);
                row += 4;
            }
            while row < rows {
                self.tile::<S, 1>(simd, row, column, some);
                row += 1;
            }
        }
    }
}

impl AddOuter<'_, '_> {
    /// Brings the factors of some columns together, data row by data row.
    #[inline(always)]
    fn pack(&mut self, column: usize, some: usize, width: usize) {
        let count = self.context.block.count;
        let panel = &mut self.scratch.panel;
        panel.clear();
        panel.resize(count * width, 0.0);
        for offset in 0..some {
            let entries = panel[offset..].iter_mut().step_by(width);
            match self.outer.right.source(self.context, column + offset) {
                Source::Slice(lanes) => {
                    for (entry, &lane) in entries.zip(lanes) {
                        *entry = lane;
                    }
                }
                Source::Splat(value) => entries.for_each(|entry| *entry = value),
            }
        }
    }

    /// Adds to `T` rows of the sums, in the columns that are packed.
    #[inline(always)]
    fn tile<S: Simd, const T: usize>(&mut self, simd: S, row: usize, column: usize, some: usize) {
        let count = self.context.block.count;
        let mut splats = [[0.0; BLOCK]; T];
        for (t, splat) in splats.iter_mut().enumerate() {
            if let Source::Splat(value) = self.outer.left.source(self.context, row + t) {
                splat.fill(value);
            }
        }
        let left: [&[f64]; T] = std::array::from_fn(|t| {
            match self.outer.left.source(self.context, row + t) {
                Source::Slice(lanes) => &lanes[..count],
                Source::Splat(_) => &splats[t][..count],
            }
        });
        let slot = |t: usize, offset: usize| self.outer.sums.slot(row + t, column + offset) - self.start;
        let side_by_side = matches!(self.outer.sums.steps(), Some([_, 1]));
        // The sums so far, two vectors a row; the widest vectors are of 8.
        let mut tile = [[0.0; 16]; T];
        let width = 2 * S::F64_LANES;
        for (t, entries) in tile.iter_mut().enumerate() {
            if side_by_side {
                let start = slot(t, 0);
                entries[..some].copy_from_slice(&self.sums[start..start + some]);
            } else {
                for (offset, entry) in entries[..some].iter_mut().enumerate() {
                    *entry = self.sums[slot(t, offset)];
                }
            }
        }
        let panel = S::as_simd_f64s(&self.scratch.panel[..]).0;
        let mut sums = [[simd.splat_f64s(0.0); 2]; T];
        for (sums, entries) in sums.iter_mut().zip(&tile) {
            sums.copy_from_slice(&S::as_simd_f64s(&entries[..width]).0[..2]);
        }
        for r in 0..count {
            let right = &panel[2 * r..2 * r + 2];
            for t in 0..T {
                let u = simd.splat_f64s(left[t][r]);
                for v in 0..2 {
                    sums[t][v] = simd.mul_add_f64s(u, right[v], sums[t][v]);
                }
            }
        }
        let mut result = [[0.0; 16]; T];
        for (sums, entries) in sums.iter().zip(&mut result) {
            S::as_mut_simd_f64s(&mut entries[..width]).0[..2].copy_from_slice(sums);
        }
        let unclear = result.iter().flat_map(|entries| &entries[..some]).any(|sum| sum.is_nan());
        if unclear {
            let panel = &self.scratch.panel;
            for t in 0..T {
                for offset in 0..some {
                    let terms = (0..count).map(|r| (left[t][r], panel[r * width + offset]));
                    result[t][offset] = terms.fold(tile[t][offset], |sum, (u, p)| chain_add(u, p, sum));
                }
            }
        }
        for (t, entries) in result.iter().enumerate() {
            if side_by_side {
                let start = slot(t, 0);
                self.sums[start..start + some].copy_from_slice(&entries[..some]);
            } else {
                for (offset, &entry) in entries[..some].iter().enumerate() {
                    let place = slot(t, offset);
                    self.sums[place] = entry;
                }
            }
        }
    }
}

/// Adds the products of one pair of factors after another, each over all rows of the block.
pub(crate) fn add_pairs(context: &Context<'_>, pairs: &[[Place; 2]], sum: f64) -> f64 {
    let count = context.block.count;
    pairs.iter().fold(sum, |sum, &[u, p]| {
        let [u, p] = [u, p].map(|place| context.source(place));
        add_pair(context.block.arch, u, p, count, sum)
    })
}

fn add_pair(arch: Arch, u: Source<'_>, p: Source<'_>, count: usize, sum: f64) -> f64 {
    struct Add<'a, const CAREFUL: bool>(Source<'a>, Source<'a>, usize, f64);
    impl<const CAREFUL: bool> Fused for Add<'_, CAREFUL> {
        type Output = f64;
        #[inline(always)]
        fn call(self) -> f64 {
            let Self(u, p, count, sum) = self;
            let add = |sum: f64, (u, p): (f64, f64)| {
                if CAREFUL {
                    chain_add(u, p, sum)
                } else {
                    u.mul_add(p, sum)
                }
            };
            match (u, p) {
                (Source::Slice(u), Source::Slice(p)) => {
                    let terms = u[..count].iter().zip(&p[..count]);
                    terms.fold(sum, |sum, (&u, &p)| add(sum, (u, p)))
                }
                (Source::Slice(u), Source::Splat(p)) => u[..count].iter().fold(sum, |sum, &u| add(sum, (u, p))),
                (Source::Splat(u), Source::Slice(p)) => p[..count].iter().fold(sum, |sum, &p| add(sum, (u, p))),
                (Source::Splat(u), Source::Splat(p)) => (0..count).fold(sum, |sum, _| add(sum, (u, p))),
            }
        }
    }
    let plain = arch.dispatch(Add::<false>(u, p, count, sum));
    if plain.is_nan() {
        return arch.dispatch(Add::<true>(u, p, count, sum));
    }
    plain
}
