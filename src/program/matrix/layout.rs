//! Where the entries of a matrix and the factors of its products lie.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use std::fmt;

use super::super::elementwise::Source;
use super::super::rows::{Context, Place};

/// Where the entries of a matrix lie in the buffer of uniform values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) entries: Entries,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entries {
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
        let at = |row: usize, column: usize| (slots[row][column] as usize).cast_signed();
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
    pub(super) fn slot(&self, row: usize, column: usize) -> usize {
        match &self.entries {
            Entries::Affine { start, down, right } => {
                (start + row.cast_signed() * down + column.cast_signed() * right).cast_unsigned()
            }
            Entries::Listed(slots) => slots[row * self.columns + column] as usize,
        }
    }

    /// The steps from row to row and from column to column, where there are such.
    pub(super) fn steps(&self) -> Option<[isize; 2]> {
        match self.entries {
            Entries::Affine { down, right, .. } => Some([down, right]),
            Entries::Listed(_) => None,
        }
    }

    pub(super) fn transposed(&self) -> Self {
        let slots = |row| (0..self.rows).map(move |column| self.slot(column, row) as u32);
        let slots: Vec<Vec<u32>> = (0..self.columns).map(|row| slots(row).collect()).collect();
        Self::of(&slots)
    }

    /// The same entries with the last column first.
    pub(super) fn mirrored(&self) -> Self {
        let slots = |row| {
            let columns = (0..self.columns).rev();
            columns.map(move |column| self.slot(row, column) as u32)
        };
        let slots: Vec<Vec<u32>> = (0..self.rows).map(|row| slots(row).collect()).collect();
        Self::of(&slots)
    }

    pub(super) fn bytes(&self) -> usize {
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
pub(super) enum Factors {
    /// Side by side from here on.
    From(Place),
    Listed(Vec<Place>),
}

impl Factors {
    pub(super) fn of(places: Vec<Place>) -> Self {
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

    /// The lanes of all of them, one after another: in place, or brought together.
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
