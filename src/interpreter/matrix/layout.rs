//! Where the entries of a matrix and the factors of its products are.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use std::fmt;

use crate::backend::{Place, Source};
use crate::interpreter::context::Context;

/// Where the entries of a matrix are among the shared numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MatrixLayout {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) entries: Entries,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entries {
    Affine(Affine),
    /// In the slots listed, row by row.
    Listed(Vec<u32>),
}

/// Entries at `start + row·row_stride + column·column_stride`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Affine {
    pub(super) start: isize,
    pub(super) row_stride: isize,
    pub(super) column_stride: isize,
}

impl Affine {
    /// Where the entry at a row and a column is.
    #[inline(always)]
    pub(super) fn slot(self, row: usize, column: usize) -> usize {
        let (row, column) = (row.cast_signed(), column.cast_signed());
        (self.start + row * self.row_stride + column * self.column_stride).cast_unsigned()
    }
}

impl MatrixLayout {
    /// The layout of a matrix given by the slots of its entries.
    pub(crate) fn new(slots: &[Vec<u32>]) -> Self {
        let (rows, columns) = (slots.len(), slots.first().map_or(0, Vec::len));
        let at = |row: usize, column: usize| (slots[row][column] as usize).cast_signed();
        let start = at(0, 0);
        let affine = Affine {
            start,
            row_stride: if rows > 1 { at(1, 0) - start } else { 0 },
            column_stride: if columns > 1 { at(0, 1) - start } else { 1 },
        };
        let fits = |row: usize| {
            (0..columns).all(|column| affine.slot(row, column) == slots[row][column] as usize)
        };
        let entries = if (0..rows).all(fits) {
            Entries::Affine(affine)
        } else {
            Entries::Listed(slots.concat())
        };
        Self {
            rows,
            columns,
            entries,
        }
    }

    #[inline(always)]
    pub(super) fn slot(&self, row: usize, column: usize) -> usize {
        match &self.entries {
            Entries::Affine(affine) => affine.slot(row, column),
            Entries::Listed(slots) => slots[row * self.columns + column] as usize,
        }
    }

    /// The strides from row to row and from column to column, if they are constant.
    pub(super) fn strides(&self) -> Option<[isize; 2]> {
        match self.entries {
            Entries::Affine(affine) => Some([affine.row_stride, affine.column_stride]),
            Entries::Listed(_) => None,
        }
    }

    pub(super) fn transposed(&self) -> Self {
        self.rearranged(self.columns, self.rows, |row, column| (column, row))
    }

    /// The same entries with the last column first.
    pub(super) fn mirrored(&self) -> Self {
        self.rearranged(self.rows, self.columns, |row, column| {
            (row, self.columns - 1 - column)
        })
    }

    /// The matrix whose entry at `row` and `column` is this one's at `place(row, column)`.
    fn rearranged(
        &self,
        rows: usize,
        columns: usize,
        place: impl Fn(usize, usize) -> (usize, usize),
    ) -> Self {
        let slot = |row, column| {
            let (row, column) = place(row, column);
            self.slot(row, column) as u32
        };
        let slots = (0..rows).map(|row| (0..columns).map(|column| slot(row, column)).collect());
        Self::new(&slots.collect::<Vec<_>>())
    }

    pub(super) fn bytes(&self) -> usize {
        match &self.entries {
            Entries::Affine(_) => 0,
            Entries::Listed(slots) => size_of_val(&slots[..]),
        }
    }
}

impl fmt::Display for MatrixLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = (self.rows, self.columns);
        write!(f, "{rows}×{columns} ")?;
        match self.entries {
            Entries::Affine(at) => {
                let (start, row, column) = (at.start, at.row_stride, at.column_stride);
                write!(f, "u{start} strides {row} {column}")
            }
            Entries::Listed(_) => f.write_str("listed"),
        }
    }
}

/// A list of values with lanes.
#[derive(Clone, Debug)]
pub(super) enum Factors {
    /// Side by side from here on.
    From(Place),
    Listed(Vec<Place>),
}

impl Factors {
    pub(super) fn new(places: Vec<Place>) -> Self {
        let side_by_side = (0..).zip(&places).all(|(step, &place)| {
            !matches!(place, Place::Shared(_)) && places[0].next(step) == place
        });
        if side_by_side {
            Self::From(places[0])
        } else {
            Self::Listed(places)
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::From(_) => 0,
            Self::Listed(places) => size_of_val(&places[..]),
        }
    }

    /// The lanes of one of them.
    #[inline(always)]
    pub(super) fn source<'a>(&self, context: &Context<'a>, factor: usize) -> Source<'a> {
        let place = match self {
            Self::From(first) => first.next(factor as u32),
            Self::Listed(places) => places[factor],
        };
        context.source(place, context.block.lanes)
    }

    /// The lanes of all of them, one after another: in place, or gathered.
    pub(super) fn lanes<'a>(
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
                    gathered.resize(gathered.len() + context.block.lanes, value);
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
