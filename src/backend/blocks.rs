//! Stores rows of data in the order of computation: block by block, and within a block the lanes of one input after
//! another.

use std::ops::Range;

use super::buffer::Buffer;
use super::traits::Block;
use crate::error::{Error, Result};
use crate::math::fused::{Inline, with_fma};

/// The largest number of lanes, and the number of rows whose sums are added one after another.
pub(crate) const BLOCK: usize = 64;

/// The number of lanes is rounded up to a multiple of this.
pub(crate) const VECTOR: usize = 8;

/// Rows of numbers: a slice of rows, [`Flat`] numbers, [`Columns`], or rows of several tables, [`Joined`](super::Joined).
///
/// ```
/// use chainrule::{Columns, Flat, Program};
///
/// let f = Program::trace(2, |x| x[0] * x[1])?;
/// assert_eq!(f.batch(&[[1.0, 2.0], [3.0, 4.0]])?.values(&[])?, [2.0, 12.0]);
/// assert_eq!(f.batch(&Flat::new(&[1.0, 2.0, 3.0, 4.0], 2)?)?.values(&[])?, [2.0, 12.0]);
/// assert_eq!(f.batch(&Columns::new(&[&[1.0, 3.0], &[2.0, 4.0]])?)?.values(&[])?, [2.0, 12.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    note = "one number per row is a table too: `Flat::new(&numbers, 1)?`"
)]
pub trait Table {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// The number of values in a row.
    fn width(&self, row: usize) -> usize;

    /// The number in one row and column.
    ///
    /// # Panics
    /// If there is no such row or column.
    fn at(&self, row: usize, column: usize) -> f64;

    /// Writes one column of the rows that begin at `first`.
    #[doc(hidden)]
    fn copy_column(&self, first: usize, column: usize, lanes: &mut [f64]) {
        for (row, lane) in (first..).zip(lanes) {
            *lane = self.at(row, column);
        }
    }

    /// Writes `count` rows from `first` on, as columns: the lanes of one column after those of another.
    #[doc(hidden)]
    fn copy_block(&self, first: usize, count: usize, lanes: usize, columns: &mut [f64]) {
        for (column, all) in columns.chunks_exact_mut(lanes).enumerate() {
            let (rows, beyond) = all.split_at_mut(count);
            self.copy_column(first, column, rows);
            // The remaining lanes repeat the last row, for which the program is defined.
            beyond.fill(rows[count - 1]);
        }
    }

    /// Writes these rows as columns. There is at least one row.
    #[doc(hidden)]
    fn copy_chosen(&self, rows: &[usize], lanes: usize, columns: &mut [f64]) {
        for (column, lanes) in columns.chunks_exact_mut(lanes).enumerate() {
            let (places, beyond) = lanes.split_at_mut(rows.len());
            for (place, &row) in places.iter_mut().zip(rows) {
                *place = self.at(row, column);
            }
            beyond.fill(places[rows.len() - 1]);
        }
    }
}

impl<R: AsRef<[f64]>> Table for [R] {
    fn rows(&self) -> usize {
        self.len()
    }

    fn width(&self, row: usize) -> usize {
        self[row].as_ref().len()
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self[row].as_ref()[column]
    }

    fn copy_block(&self, first: usize, count: usize, lanes: usize, columns: &mut [f64]) {
        // Eight rows at a time, so that reads of rows and writes of columns are whole vectors.
        for (group, rows) in self[first..first + count].chunks(VECTOR).enumerate() {
            let mut sources = [rows[rows.len() - 1].as_ref(); VECTOR];
            for (source, row) in sources.iter_mut().zip(rows) {
                *source = row.as_ref();
            }
            copy_rows(&sources, group * VECTOR, lanes, columns);
        }
    }
}

/// Writes rows to adjacent lanes of all columns, from lane `first` on.
fn copy_rows(rows: &[&[f64]; VECTOR], first: usize, lanes: usize, columns: &mut [f64]) {
    with_fma(Inline(
        #[inline(always)]
        || {
            let mut column = 0;
            let mut squares = columns.chunks_exact_mut(VECTOR * lanes);
            for square in squares.by_ref() {
                let mut numbers = [[0.0; VECTOR]; VECTOR];
                for (numbers, row) in numbers.iter_mut().zip(rows) {
                    numbers.copy_from_slice(&row[column..column + VECTOR]);
                }
                for (column, lanes) in square.chunks_exact_mut(lanes).enumerate() {
                    let places = &mut lanes[first..first + VECTOR];
                    for (place, numbers) in places.iter_mut().zip(&numbers) {
                        *place = numbers[column];
                    }
                }
                column += VECTOR;
            }
            for lanes in squares.into_remainder().chunks_exact_mut(lanes) {
                for (place, row) in lanes[first..].iter_mut().zip(rows) {
                    *place = row[column];
                }
                column += 1;
            }
        },
    ));
}

/// Implements `Table` for types that hold a table: references, arrays and vectors.
macro_rules! tables {
    ($([$($generics:tt)*] $table:ty: |$me:ident| $inner:expr;)+) => {$(
        impl<$($generics)*> Table for $table {
            fn rows(&self) -> usize {
                let $me = self;
                $inner.rows()
            }
            fn width(&self, row: usize) -> usize {
                let $me = self;
                $inner.width(row)
            }
            fn at(&self, row: usize, column: usize) -> f64 {
                let $me = self;
                $inner.at(row, column)
            }
            fn copy_block(&self, first: usize, count: usize, lanes: usize, columns: &mut [f64]) {
                let $me = self;
                $inner.copy_block(first, count, lanes, columns);
            }
            fn copy_chosen(&self, rows: &[usize], lanes: usize, columns: &mut [f64]) {
                let $me = self;
                $inner.copy_chosen(rows, lanes, columns);
            }
        }
    )+};
}

tables! {
    [R: AsRef<[f64]>, const N: usize] [R; N]: |me| me[..];
    [R: AsRef<[f64]>] Vec<R>: |me| me[..];
    [T: Table + ?Sized] &T: |me| (**me);
}

/// Rows one after another in one slice.
///
/// ```
/// use chainrule::{Flat, Program};
/// let f = Program::trace(3, |x| x[0] * x[1] + x[2])?;
/// let mut batch = f.batch(&Flat::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3)?)?;
/// assert_eq!(batch.values(&[])?, [5.0, 26.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Flat<'a> {
    values: &'a [f64],
    width: usize,
    rows: usize,
}

impl<'a> Flat<'a> {
    /// Cuts a slice into rows of `width` numbers.
    ///
    /// ```
    /// use chainrule::Flat;
    /// let error = Flat::new(&[1.0, 2.0, 3.0], 2).unwrap_err();
    /// assert_eq!(error.to_string(), "values: 3 numbers cannot be cut into rows of 2");
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if the numbers do not fill whole rows.
    pub fn new(values: &'a [f64], width: usize) -> Result<Self> {
        let count = values.len();
        let rest = count.checked_rem(width).unwrap_or(count);
        if rest == 0 {
            let rows = count.checked_div(width).unwrap_or(0);
            return Ok(Self::of_rows(values, width, rows));
        }
        let problem = format!("{count} numbers cannot be cut into rows of {width}");
        Err(Error::argument("values", problem))
    }

    /// `rows` rows of `width` numbers, where `width` may be 0.
    pub(crate) fn of_rows(values: &'a [f64], width: usize, rows: usize) -> Self {
        debug_assert_eq!(values.len(), width * rows);
        Self {
            values,
            width,
            rows,
        }
    }
}

impl Table for Flat<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn width(&self, _: usize) -> usize {
        self.width
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.width + column]
    }

    fn copy_block(&self, first: usize, count: usize, lanes: usize, columns: &mut [f64]) {
        let rows = &self.values[first * self.width..][..count * self.width];
        let rows: smallvec::SmallVec<[&[f64]; BLOCK]> =
            rows.chunks_exact(self.width.max(1)).collect();
        rows[..].copy_block(0, count.min(rows.len()), lanes, columns);
    }
}

/// Columns of equal length.
///
/// ```
/// use chainrule::{Columns, Program};
/// let f = Program::trace(2, |x| x[0] * x[1])?;
/// let (width, height) = ([1.0, 3.0], [2.0, 4.0]);
/// assert_eq!(f.batch(&Columns::new(&[&width, &height])?)?.values(&[])?, [2.0, 12.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    columns: &'a [&'a [f64]],
}

impl<'a> Columns<'a> {
    /// A table with these columns, one for each number of a row. Without columns there are no rows.
    ///
    /// ```
    /// use chainrule::Columns;
    /// let error = Columns::new(&[&[1.0, 2.0], &[3.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "column 1: expected 2 values, found 1");
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if a column is not as long as the first. The message names the column, counted
    /// from 0.
    pub fn new(columns: &'a [&'a [f64]]) -> Result<Self> {
        let rows = columns.first().map_or(0, |column| column.len());
        match columns.iter().position(|column| column.len() != rows) {
            None => Ok(Self { columns }),
            Some(column) => Err(Error::length(
                &format!("column {column}"),
                rows,
                columns[column].len(),
            )),
        }
    }
}

impl Table for Columns<'_> {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }

    fn width(&self, _: usize) -> usize {
        self.columns.len()
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.columns[column][row]
    }

    fn copy_column(&self, first: usize, column: usize, lanes: &mut [f64]) {
        lanes.copy_from_slice(&self.columns[column][first..][..lanes.len()]);
    }
}

/// The order in which the results of many rows are stored.
///
/// ```
/// use chainrule::{Order, Program};
/// let f = Program::trace(1, |x| [x[0], x[0].square()])?;
/// let mut batch = f.batch(&[[1.0], [2.0], [3.0]])?;
/// assert_eq!(batch.values(&[])?, [1.0, 1.0, 2.0, 4.0, 3.0, 9.0]);
/// let mut batch = batch.order(Order::ColumnMajor);
/// assert_eq!(batch.values(&[])?, [1.0, 2.0, 3.0, 1.0, 4.0, 9.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// All numbers of a row, then those of the next row.
    #[default]
    RowMajor,
    /// One number for all rows, then the next number.
    ColumnMajor,
}

/// Rows of data, block by block. In each block, the lanes of one varying input follow those of another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    /// The index of the first row.
    pub(crate) offset: usize,
    width: usize,
    count: usize,
    data: Buffer,
}

impl Blocks {
    pub(crate) fn new(width: usize, rows: &(impl Table + ?Sized)) -> Result<Self> {
        let mut blocks = Self {
            width,
            ..Self::default()
        };
        blocks.fill(rows)?;
        Ok(blocks)
    }

    /// Replaces the rows and reuses the memory.
    pub(crate) fn fill(&mut self, rows: &(impl Table + ?Sized)) -> Result<()> {
        for row in 0..rows.rows() {
            let found = rows.width(row);
            if found != self.width {
                return Err(Error::length(&format!("row {row}"), self.width, found));
            }
        }
        let count = rows.rows();
        // If a table panics on the way, no rows are left instead of some of each.
        self.count = 0;
        let lanes = count.next_multiple_of(VECTOR);
        self.data.set_len(lanes * self.width);
        let blocks = self.data.chunks_mut((BLOCK * self.width).max(1));
        for (first, data) in (0..).step_by(BLOCK).zip(blocks) {
            let some = BLOCK.min(count - first);
            rows.copy_block(first, some, some.next_multiple_of(VECTOR), data);
        }
        self.count = count;
        Ok(())
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.count
    }

    /// The numbers of one row.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = f64> + '_ {
        (0..self.width).map(move |column| self.at(row, column))
    }

    /// One number of a row.
    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        let block = self.block(row / BLOCK);
        block.inputs[column * block.lanes + row % BLOCK]
    }

    pub(super) fn blocks(&self) -> usize {
        self.count.div_ceil(BLOCK)
    }

    pub(super) fn block(&self, index: usize) -> Block<'_> {
        self.some(index..index + 1)
    }

    /// Some blocks, to be computed together. If there are several, all are whole.
    pub(super) fn some(&self, blocks: Range<usize>) -> Block<'_> {
        let first = blocks.start * BLOCK;
        let count = (blocks.len() * BLOCK).min(self.count - first);
        let lanes = BLOCK.min(count).next_multiple_of(VECTOR);
        Block {
            first: self.offset + first,
            count,
            lanes,
            inputs: &self.data[first * self.width..][..lanes * blocks.len() * self.width],
            blocks: blocks.len(),
            index: 0,
            threads: 1,
        }
    }

    /// An error for the first number that is not finite, with its row and column.
    pub(crate) fn check_finite(&self) -> Result<()> {
        for block in (0..self.blocks()).map(|index| self.block(index)) {
            for row in 0..block.count {
                for column in 0..self.width {
                    let value = block.inputs[column * block.lanes + row];
                    if !value.is_finite() {
                        let problem =
                            format!("the value in column {column} must be finite, found {value:?}");
                        let row = format!("row {}", block.first + row);
                        return Err(Error::argument(&row, problem));
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Blocks;

    #[test]
    fn every_number_of_a_row_is_found_in_its_block() {
        for width in 1..20 {
            for count in [1, 7, 8, 9, 63, 64, 65, 130] {
                let number = |row: usize, column: usize| (row * 100 + column) as f64;
                let row = |row| (0..width).map(|column| number(row, column)).collect();
                let rows: Vec<Vec<f64>> = (0..count).map(row).collect();
                let blocks = Blocks::new(width, &rows).expect("rows of equal length");
                for (row, numbers) in rows.iter().enumerate() {
                    let found: Vec<f64> = blocks.row(row).collect();
                    assert_eq!(found, *numbers);
                }
            }
        }
    }
}
