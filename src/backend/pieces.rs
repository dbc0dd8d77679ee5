//! Sums over some of all rows, which arrive in any order and join to the sums over all rows.
//!
//! Sums over rows are added along a fixed tree over blocks of 64 rows. The sum over a subtree depends only on its rows, so
//! it can be computed anywhere and at any time. Here, subtrees wait for their neighbours.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use super::blocks::BLOCK;
use super::tree::add;
use crate::error::{Error, Result};

/// The number of levels of a tree whose rows can be counted.
#[cfg(feature = "serde")]
const LEVELS: u32 = usize::BITS - BLOCK.trailing_zeros();

/// The sums over the rows of a subtree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// The binary logarithm of the number of blocks.
    pub(crate) level: u32,
    /// The number of rows: 64 in each block, except that the last of all blocks can have fewer.
    pub(crate) rows: usize,
    pub(crate) sums: Vec<f64>,
}

/// Subtrees that have arrived, by their first rows. Neighbours are joined.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces(BTreeMap<usize, Piece>);

impl Pieces {
    /// The pieces, by their first rows.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (usize, &Piece)> {
        self.0.iter().map(|(&first, piece)| (first, piece))
    }

    /// The rows of all pieces, as ranges with gaps between them.
    pub(crate) fn ranges(&self) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (first, piece) in self.iter() {
            match ranges.last_mut() {
                Some(last) if last.end == first => last.end += piece.rows,
                _ => ranges.push(first..first + piece.rows),
            }
        }
        ranges
    }

    /// Checks that a piece can begin with this row and have this number of rows.
    pub(crate) fn check_start(first: usize, rows: usize) -> Result<()> {
        if !first.is_multiple_of(BLOCK) {
            let problem = format!(
                "a piece must begin at a multiple of {BLOCK} rows, because sums are added in blocks of {BLOCK} rows, found {first}"
            );
            return Err(Error::argument("first", problem));
        }
        if first.checked_add(rows).is_none() {
            let problem = format!("{rows} rows from {first} on are too many to count");
            return Err(Error::argument("first", problem));
        }
        Ok(())
    }

    /// Adds the sums over the `64 * 2^level` rows from `first` on, which are a subtree.
    pub(crate) fn insert(&mut self, first: usize, level: u32, sums: &[f64]) -> Result<()> {
        let piece = Piece {
            level,
            rows: BLOCK << level,
            sums: sums.to_vec(),
        };
        self.check(first, piece.rows)?;
        self.join(first, piece);
        Ok(())
    }

    /// Adds the sums over the `rows` rows from `first` on: fewer than a block, after which there are no more rows.
    pub(crate) fn insert_last(&mut self, first: usize, rows: usize, sums: &[f64]) -> Result<()> {
        self.check(first, rows)?;
        let piece = Piece {
            level: 0,
            rows,
            sums: sums.to_vec(),
        };
        self.join(first, piece);
        Ok(())
    }

    /// Adds all pieces of another list, or none if there is an error.
    pub(crate) fn merge(&mut self, other: Self) -> Result<()> {
        for (first, piece) in other.iter() {
            self.check(first, piece.rows)?;
        }
        for (first, piece) in other.0 {
            self.join(first, piece);
        }
        Ok(())
    }

    /// Adds a piece that was read from elsewhere. The message says what is wrong with it.
    #[cfg(feature = "serde")]
    pub(crate) fn read(&mut self, first: usize, piece: Piece) -> Result<(), String> {
        let Piece { level, rows, .. } = piece;
        let full = (level < LEVELS).then(|| BLOCK << level);
        let fits = full.is_some_and(|full| {
            let is_last = level == 0 && (1..BLOCK).contains(&rows);
            first.is_multiple_of(full) && (rows == full || is_last)
        });
        if !fits || first.checked_add(rows).is_none() {
            return Err(format!(
                "{rows} rows from {first} on are no piece of level {level}"
            ));
        }
        let checked = self.check(first, rows);
        checked.map_err(|error| error.to_string())?;
        self.join(first, piece);
        Ok(())
    }

    /// Checks that these rows have not arrived yet, and that the last rows remain the last.
    fn check(&self, first: usize, rows: usize) -> Result<()> {
        let end = first + rows;
        let before = self.0.range(..=first).next_back();
        let around = before.filter(|&(&start, piece)| start + piece.rows > first);
        let overlapping = around.or_else(|| self.0.range(first..end).next());
        let problem = if let Some((&start, piece)) = overlapping {
            let twice = first.max(start)..end.min(start + piece.rows);
            format!("{} are in two pieces", shown(&twice))
        } else if let Some((&start, last)) = self.0.last_key_value()
            && let Some((end, beyond)) = match start < first {
                true if last.rows < BLOCK => Some((start + last.rows, first..end)),
                false if rows < BLOCK => Some((end, start..start + last.rows)),
                _ => None,
            }
        {
            let beyond = shown(&beyond);
            format!(
                "a piece ends before row {end}, which is no multiple of {BLOCK}, so it must be the last one, but another has {beyond}"
            )
        } else {
            return Ok(());
        };
        Err(Error::argument("pieces", problem))
    }

    /// Adds a checked piece and joins neighbours.
    fn join(&mut self, mut first: usize, mut piece: Piece) {
        while piece.rows == BLOCK << piece.level {
            let sibling = first ^ piece.rows;
            let Entry::Occupied(entry) = self.0.entry(sibling) else {
                break;
            };
            if (entry.get().level, entry.get().rows) != (piece.level, piece.rows) {
                break;
            }
            let mut other = entry.remove();
            if sibling > first {
                std::mem::swap(&mut piece, &mut other);
            }
            add(&other.sums, &mut piece.sums);
            piece.level += 1;
            piece.rows *= 2;
            first = first.min(sibling);
        }
        self.0.insert(first, piece);
    }

    /// The sums over the first `rows` rows. There are `width` sums.
    pub(crate) fn total(&self, rows: usize, width: usize) -> Result<Vec<f64>> {
        let ranges = self.ranges();
        let error = |problem: String| Err(Error::argument("pieces", problem));
        if let Some(range) = ranges.iter().find(|range| range.end > rows) {
            let beyond = shown(&(range.start.max(rows)..range.end));
            return error(format!("there are {rows} rows, but a piece has {beyond}"));
        }
        let mut ranges = ranges.into_iter().peekable();
        let end = ranges.next_if(|range| range.start == 0);
        let end = end.map_or(0, |range| range.end);
        if end < rows {
            let missing = end..ranges.next().map_or(rows, |range| range.start);
            return error(format!("{} are in no piece", shown(&missing)));
        }
        // The pieces are subtrees of descending size, and are added as the tree adds subtrees without neighbours.
        let mut pieces = self.0.values().rev();
        let mut total = match pieces.next() {
            Some(last) => last.sums.clone(),
            None => vec![0.0; width],
        };
        for piece in pieces {
            add(&piece.sums, &mut total);
        }
        Ok(total)
    }
}

/// Rows in a message, by their first and last index.
fn shown(rows: &Range<usize>) -> String {
    match rows.len() {
        1 => format!("row {}", rows.start),
        _ => format!("rows {} to {}", rows.start, rows.end - 1),
    }
}
