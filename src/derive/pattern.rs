//! Sparsity: which derivatives can be other than 0.

use std::fmt;

use super::cones::Cones;
use crate::program::code::{Code, Id};

/// Which entries of a matrix can be other than 0, row by row: the columns of each row, ascending.
///
/// It is structural: an entry that is left out is 0 at every point at which the program can be evaluated, an entry that
/// stands in it may be 0 at some.
///
/// ```
/// use chainrule::Program;
///
/// let f = Program::trace(3, |x| [x[0] * x[1], x[2].sin()])?;
/// let pattern = f.jacobian_pattern();
/// assert_eq!((pattern.rows(), pattern.columns(), pattern.len()), (2, 3, 3));
/// assert_eq!(pattern.row(0), [0, 1]);
/// assert_eq!(pattern.row(1), [2]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    columns: usize,
    /// Where each row begins, and one past the end of the last.
    starts: Vec<usize>,
    indices: Vec<usize>,
}

impl Pattern {
    /// The pattern with these rows of ascending columns.
    pub(super) fn new(columns: usize, rows: impl Iterator<Item = Vec<usize>>) -> Self {
        let (mut starts, mut indices) = (vec![0], Vec::new());
        for row in rows {
            indices.extend(row);
            starts.push(indices.len());
        }
        Self {
            columns,
            starts,
            indices,
        }
    }

    /// The pattern of entries `(row, column)` in any order, each once.
    fn of_entries(rows: usize, columns: usize, entries: &[(u32, u32)]) -> Self {
        let mut starts = vec![0; rows + 1];
        for &(row, _) in entries {
            starts[row as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut indices = vec![0; entries.len()];
        for &(row, column) in entries {
            indices[next[row as usize]] = column as usize;
            next[row as usize] += 1;
        }
        for row in 0..rows {
            indices[starts[row]..starts[row + 1]].sort_unstable();
        }
        Self {
            columns,
            starts,
            indices,
        }
    }

    /// The pattern of the derivatives of a code's outputs by its first inputs.
    ///
    /// A bit for each of 64 inputs at once travels through what depends on any of them.
    pub(super) fn of_code(code: &Code, columns: usize) -> Self {
        let mut cones = Cones::new(code);
        let mut bits = vec![0_u64; code.len()];
        let mut entries = Vec::new();
        let mut above: Vec<Id> = Vec::new();
        for first in (0..columns).step_by(64) {
            let block = first..columns.min(first + 64);
            let inputs: Vec<Id> = block
                .clone()
                .filter_map(|place| cones.inputs[place])
                .collect();
            cones.above(inputs.iter().copied(), &mut above);
            for place in block {
                if let Some(id) = cones.inputs[place] {
                    bits[id as usize] = 1 << (place - first);
                }
            }
            for &id in &above {
                for &operand in code.operands(id) {
                    bits[id as usize] |= bits[operand as usize];
                }
                for &output in cones.outputs_at(id) {
                    let mut rest = bits[id as usize];
                    while rest != 0 {
                        entries.push((output, first as u32 + rest.trailing_zeros()));
                        rest &= rest - 1;
                    }
                }
            }
            for &id in &above {
                bits[id as usize] = 0;
            }
        }
        Self::of_entries(code.outputs.len(), columns, &entries)
    }

    /// How many rows the matrix has.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| [x[0], x[2]])?.jacobian_pattern().rows(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many columns the matrix has.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| [x[0], x[2]])?.jacobian_pattern().columns(), 3);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many entries can be other than 0.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| [x[0], x[2]])?.jacobian_pattern().len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether every entry is 0.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert!(Program::trace(2, |x| x[0] + x[1])?.hessian_pattern()?.is_empty());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The columns of a row, ascending.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| [x[0] + x[2]])?.jacobian_pattern().row(0), [0, 2]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> &[usize] {
        &self.indices[self.starts[row]..self.starts[row + 1]]
    }

    /// Where each row's columns begin among [`indices`](Self::indices), and one past the end of the last: the row
    /// offsets of the CSR format.
    ///
    /// ```
    /// use chainrule::Program;
    /// let pattern = Program::trace(2, |x| [x[0] * x[1], x[1]])?.jacobian_pattern();
    /// assert_eq!((pattern.starts(), pattern.indices()), (&[0, 2, 3][..], &[0, 1, 1][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The columns of all rows, one row behind the other: the column indices of the CSR format.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(2, |x| [x[1], x[0]])?.jacobian_pattern().indices(), [1, 0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// Every entry as row and column, row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let pattern = Program::trace(2, |x| [x[1], x[0]])?.jacobian_pattern();
    /// assert_eq!(pattern.entries().collect::<Vec<_>>(), [(0, 1), (1, 0)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn entries(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.rows()).flat_map(|row| self.row(row).iter().map(move |&column| (row, column)))
    }

    /// The pattern with rows and columns exchanged, which is also this one column by column.
    ///
    /// ```
    /// use chainrule::Program;
    /// let pattern = Program::trace(3, |x| [x[0], x[2]])?.jacobian_pattern().transposed();
    /// assert_eq!((pattern.rows(), pattern.row(2)), (3, &[1][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn transposed(&self) -> Self {
        let entries = self
            .entries()
            .map(|(row, column)| (column as u32, row as u32));
        Self::of_entries(self.columns, self.rows(), &entries.collect::<Vec<_>>())
    }

    /// For each entry of this pattern, in its order, the place of the same entry in the transposed one.
    pub(super) fn transposed_places(&self) -> Vec<usize> {
        let mut next = vec![0; self.columns + 1];
        for &column in &self.indices {
            next[column + 1] += 1;
        }
        for column in 0..self.columns {
            next[column + 1] += next[column];
        }
        let places = self.indices.iter().map(|&column| {
            next[column] += 1;
            next[column] - 1
        });
        places.collect()
    }

    /// The row starts and the column indices.
    #[cfg(any(feature = "nalgebra-sparse", feature = "sprs"))]
    pub(super) fn into_parts(self) -> (Vec<usize>, Vec<usize>) {
        (self.starts, self.indices)
    }

    /// The entries that stand in this pattern of a square matrix and, mirrored, in it too.
    pub(super) fn symmetric(&self) -> Self {
        let other = self.transposed();
        Self::new(
            self.columns,
            (0..self.rows()).map(|row| {
                let mirrored = other.row(row);
                let both = |column: &usize| mirrored.binary_search(column).is_ok();
                self.row(row).iter().copied().filter(both).collect()
            }),
        )
    }
}

impl fmt::Debug for Pattern {
    /// A line of `x` and `·` for each row of a small matrix; the sizes of a large one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = (self.rows(), self.columns);
        write!(f, "Pattern {rows} × {columns}, {} entries", self.len())?;
        if rows > 40 || columns > 100 {
            return Ok(());
        }
        for row in 0..rows {
            f.write_str("\n")?;
            for column in 0..columns {
                let entry = self.row(row).binary_search(&column).is_ok();
                f.write_str(if entry { "x" } else { "·" })?;
            }
        }
        Ok(())
    }
}
