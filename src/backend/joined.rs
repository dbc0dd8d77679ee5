//! Rows of several tables side by side, looked up by index.

use super::blocks::Table;
use crate::error::{Error, Result};

/// Rows that are put together from rows of several tables, each in its own order or looked up by index.
///
/// The columns are those of the first table, then those of the second, and so on. You need not build these rows yourself: a
/// [`Batch`](crate::Batch) looks them up when it takes its rows, a [`Stream`](crate::Stream) just before it computes a block.
///
/// ```
/// use chainrule::{Flat, Joined, Program};
///
/// // The squared distance of a user's taste from a film's style, minus a rating.
/// let f = Program::trace(5, |x| ((x[0] - x[2]).square() + (x[1] - x[3]).square() - x[4]).square())?;
/// let tastes = [[0.0, 1.0], [2.0, 2.0]];
/// let styles = [[1.0, 1.0], [0.0, 0.0], [2.0, 3.0]];
/// let (users, films, ratings) = ([0, 1, 1], [2, 2, 0], [4.0, 1.0, 2.0]);
/// let ratings = Flat::new(&ratings, 1)?;
/// let rows = Joined::new().lookup(&tastes, &users)?.lookup(&styles, &films)?.table(&ratings)?;
/// assert_eq!(f.batch(&rows)?.values(&[])?, [16.0, 0.0, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Default)]
pub struct Joined<'a> {
    parts: Vec<Part<'a>>,
    /// The number of rows, once there is a table.
    rows: usize,
    width: usize,
}

/// A table, the number of its columns, and for each joined row the index of the table's row; `None` if it is the same index.
struct Part<'a> {
    table: &'a (dyn Table + Sync),
    width: usize,
    indices: Option<&'a [usize]>,
}

impl std::fmt::Debug for Joined<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let widths: Vec<usize> = self.parts.iter().map(|part| part.width).collect();
        f.debug_struct("Joined")
            .field("rows", &self.rows)
            .field("widths", &widths)
            .finish()
    }
}

impl<'a> Joined<'a> {
    /// No tables yet, and no rows.
    ///
    /// ```
    /// use chainrule::{Joined, Table};
    /// assert_eq!(Joined::new().rows(), 0);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the columns of a table: each row has the table's row with the same index.
    ///
    /// ```
    /// use chainrule::{Joined, Table};
    /// let rows = Joined::new().table(&[[1.0], [2.0]])?.table(&[[3.0, 4.0], [5.0, 6.0]])?;
    /// assert_eq!((rows.at(1, 0), rows.at(1, 2)), (2.0, 6.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if the table has not as many rows as there are already, or one of its rows is not as
    /// long as its first. The message names the table and the row, counted from 0.
    pub fn table(self, table: &'a (impl Table + Sync)) -> Result<Self> {
        self.with(table, table.rows(), None)
    }

    /// Adds the columns of a table: row `i` has the table's row `indices[i]`.
    ///
    /// ```
    /// use chainrule::{Joined, Table};
    /// let colours = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]];
    /// let rows = Joined::new().lookup(&colours, &[1, 1, 0])?;
    /// assert_eq!((rows.rows(), rows.at(0, 2), rows.at(2, 2)), (3, 1.0, 0.0));
    ///
    /// let error = Joined::new().lookup(&colours, &[0, 2]).unwrap_err();
    /// assert_eq!(error.to_string(), "indices into table 0: indices[1] is 2, but the table has 2 rows");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if there are not as many indices as rows already, or a row of the table is not as long
    /// as its first; [`Argument`](crate::ErrorKind::Argument) if the table has no row with one of the indices. The message names
    /// the table and the row or the index, counted from 0.
    pub fn lookup(self, table: &'a (impl Table + Sync), indices: &'a [usize]) -> Result<Self> {
        self.with(table, indices.len(), Some(indices))
    }

    fn with(
        mut self,
        table: &'a (dyn Table + Sync),
        count: usize,
        indices: Option<&'a [usize]>,
    ) -> Result<Self> {
        let number = self.parts.len();
        if number > 0 && count != self.rows {
            let name = match indices {
                Some(_) => format!("indices into table {number}"),
                None => format!("rows of table {number}"),
            };
            return Err(Error::length(&name, self.rows, count));
        }
        let of_table = table.rows();
        let beyond = |&(_, &index): &(usize, &usize)| index >= of_table;
        if let Some((place, index)) = indices.unwrap_or(&[]).iter().enumerate().find(beyond) {
            let name = format!("indices into table {number}");
            let problem = format!("indices[{place}] is {index}, but the table has {of_table} rows");
            return Err(Error::argument(&name, problem));
        }
        let width = if of_table > 0 { table.width(0) } else { 0 };
        if let Some(row) = (0..of_table).find(|&row| table.width(row) != width) {
            let name = format!("table {number}, row {row}");
            return Err(Error::length(&name, width, table.width(row)));
        }
        self.rows = count;
        self.width += width;
        self.parts.push(Part {
            table,
            width,
            indices,
        });
        Ok(self)
    }

    /// Adds up numbers that belong to the rows, such as derivatives, in the rows of a table. The tables are counted from 0.
    ///
    /// `numbers` has one number for each column of each row, row by row: the [gradients](crate::Batch::gradients) of a batch in
    /// [row-major order](crate::Order::RowMajor). If the program has uniform inputs too, choose the inputs of the row with
    /// [`with_respect_to`](crate::Program::with_respect_to). The result has the rows of the table one after another: the
    /// derivatives of the sum over all rows. Numbers for the same row of the table are added in the order of the joined rows.
    ///
    /// ```
    /// use chainrule::{Joined, Program};
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// let (left, right) = ([[2.0], [3.0]], [[5.0], [7.0]]);
    /// let rows = Joined::new().lookup(&left, &[0, 0, 1])?.lookup(&right, &[0, 1, 1])?;
    /// let mut batch = f.batch(&rows)?;
    /// let (_, slopes) = batch.gradients(&[])?;
    /// assert_eq!(rows.scatter(0, slopes)?, [5.0 + 7.0, 7.0]);
    /// assert_eq!(rows.scatter(1, slopes)?, [2.0, 2.0 + 3.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if there is no such table; [`Length`](crate::ErrorKind::Length) if there is not one
    /// number for each column of each row.
    pub fn scatter(&self, table: usize, numbers: &[f64]) -> Result<Vec<f64>> {
        let Some(part) = self.parts.get(table) else {
            let problem = format!(
                "expected a number below {}, found {table}",
                self.parts.len()
            );
            return Err(Error::argument("table", problem));
        };
        if numbers.len() != self.rows * self.width {
            let name = format!("numbers ({} of each of {} rows)", self.width, self.rows);
            return Err(Error::length(&name, self.rows * self.width, numbers.len()));
        }
        let mut sums = vec![0.0; part.table.rows() * part.width];
        let before: usize = self.parts[..table].iter().map(|part| part.width).sum();
        for (row, numbers) in numbers.chunks_exact(self.width.max(1)).enumerate() {
            let row = part.indices.map_or(row, |indices| indices[row]);
            let sums = &mut sums[row * part.width..][..part.width];
            for (sum, number) in sums.iter_mut().zip(&numbers[before..]) {
                *sum += number;
            }
        }
        Ok(sums)
    }
}

impl Table for Joined<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn width(&self, _: usize) -> usize {
        self.width
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        let mut column = column;
        for part in &self.parts {
            if column < part.width {
                let row = part.indices.map_or(row, |indices| indices[row]);
                return part.table.at(row, column);
            }
            column -= part.width;
        }
        panic!("there are only {} columns", self.width);
    }

    fn copy_block(&self, first: usize, count: usize, lanes: usize, columns: &mut [f64]) {
        let mut rest = columns;
        for part in &self.parts {
            let (columns, after) = rest.split_at_mut(part.width * lanes);
            match part.indices {
                None => part.table.copy_block(first, count, lanes, columns),
                Some(indices) => {
                    let indices = &indices[first..][..count];
                    part.table.copy_chosen(indices, lanes, columns);
                }
            }
            rest = after;
        }
    }
}
