//! Sparsity: which derivatives can be nonzero.

use std::fmt;

use super::dependencies::Dependencies;
use crate::graph::Lists;
use crate::ir::{Id, Ir};

/// The sparsity pattern of a matrix: the entries that can be nonzero, row by row, with ascending columns.
///
/// The pattern is structural. An entry outside it is 0 wherever the values are numbers; an entry in it may still be 0 at some
/// points. Nothing passes through a step function, the condition of a `select`, or a factor of a product with 0. So the
/// slope of `|x|` or `max` has no further derivative, although it can jump.
///
/// ```
/// use chainrule::Program;
///
/// let f = Program::trace(3, |x| [x[0] * x[1], x[2].sin()])?;
/// let sparsity = f.jacobian_sparsity();
/// assert_eq!((sparsity.rows(), sparsity.columns(), sparsity.len()), (2, 3, 3));
/// assert_eq!(sparsity.row(0), [0, 1]);
/// assert_eq!(sparsity.row(1), [2]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Sparsity {
    columns: usize,
    rows: Lists<usize>,
}

impl Sparsity {
    /// The pattern of entries `(row, column)` in any order, each once.
    pub(crate) fn new(
        rows: usize,
        columns: usize,
        entries: impl Iterator<Item = (usize, usize)> + Clone,
    ) -> Self {
        let mut rows = Lists::new(rows, entries);
        for bounds in rows.starts.windows(2) {
            rows.items[bounds[0]..bounds[1]].sort_unstable();
        }
        Self { columns, rows }
    }

    /// The sparsity pattern of the derivatives of the code's outputs with respect to its variables.
    ///
    /// Each pass handles 64 variables, one bit per variable, and visits every value to which derivatives with respect to any
    /// of them pass.
    pub(crate) fn of_outputs(ir: &Ir) -> Self {
        let mut dependencies = Dependencies::live(ir);
        let columns = dependencies.variables.len();
        let mut bits = vec![0_u64; ir.len()];
        let mut entries = Vec::new();
        let mut dependents: Vec<Id> = Vec::new();
        for first in (0..columns).step_by(64) {
            let some = dependencies.variables[first..columns.min(first + 64)].to_vec();
            dependencies.dependents(some.iter().copied().flatten(), &mut dependents);
            for (bit, id) in some.into_iter().enumerate() {
                if let Some(id) = id {
                    bits[id as usize] = 1 << bit;
                }
            }
            for &id in &dependents {
                for &user in dependencies.users(id) {
                    bits[user as usize] |= bits[id as usize];
                }
                for &output in dependencies.outputs_at(id) {
                    let mut rest = bits[id as usize];
                    while rest != 0 {
                        entries.push((output, first as u32 + rest.trailing_zeros()));
                        rest &= rest - 1;
                    }
                }
            }
            for &id in &dependents {
                bits[id as usize] = 0;
            }
        }
        let entries = entries.iter();
        let entries = entries.map(|&(row, column): &(u32, u32)| (row as usize, column as usize));
        Self::new(ir.outputs().len(), columns, entries)
    }

    /// The number of rows of the matrix.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| [x[0], x[2]])?.jacobian_sparsity().rows(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn rows(&self) -> usize {
        self.rows.starts.len() - 1
    }

    /// The number of columns of the matrix.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| [x[0], x[2]])?.jacobian_sparsity().columns(), 3);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of entries that can be nonzero.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| [x[0], x[2]])?.jacobian_sparsity().len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.rows.items.len()
    }

    /// Whether every entry is 0.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert!(Program::trace(2, |x| x[0] + x[1])?.hessian_sparsity()?.is_empty());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.rows.items.is_empty()
    }

    /// The columns of a row, ascending.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| [x[0] + x[2]])?.jacobian_sparsity().row(0), [0, 2]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn row(&self, row: usize) -> &[usize] {
        self.rows.of(row)
    }

    /// The index of an entry, if the pattern has it.
    pub(crate) fn place(&self, row: usize, column: usize) -> Option<usize> {
        let place = self.row(row).binary_search(&column).ok()?;
        Some(self.rows.starts[row] + place)
    }

    /// The index in [`indices`](Self::indices) where each row begins, followed by the end of the last row: the row offsets
    /// of the CSR format.
    ///
    /// ```
    /// use chainrule::Program;
    /// let sparsity = Program::trace(2, |x| [x[0] * x[1], x[1]])?.jacobian_sparsity();
    /// assert_eq!((sparsity.starts(), sparsity.indices()), (&[0, 2, 3][..], &[0, 1, 1][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn starts(&self) -> &[usize] {
        &self.rows.starts
    }

    /// The columns of all rows, one row after another: the column indices of the CSR format.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(2, |x| [x[1], x[0]])?.jacobian_sparsity().indices(), [1, 0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn indices(&self) -> &[usize] {
        &self.rows.items
    }

    /// Every entry as `(row, column)`, row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let sparsity = Program::trace(2, |x| [x[1], x[0]])?.jacobian_sparsity();
    /// assert_eq!(sparsity.entries().collect::<Vec<_>>(), [(0, 1), (1, 0)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn entries(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.pairs()
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + Clone + '_ {
        (0..self.rows()).flat_map(|row| self.row(row).iter().map(move |&column| (row, column)))
    }

    /// The pattern with rows and columns exchanged: this pattern column by column.
    ///
    /// ```
    /// use chainrule::Program;
    /// let sparsity = Program::trace(3, |x| [x[0], x[2]])?.jacobian_sparsity().transposed();
    /// assert_eq!((sparsity.rows(), sparsity.row(2)), (3, &[1][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn transposed(&self) -> Self {
        let entries = self.pairs().map(|(row, column)| (column, row));
        Self::new(self.columns, self.rows(), entries)
    }

    /// For each entry of the transposed pattern, in order, the index of the same entry in this pattern.
    pub(crate) fn transposed_places(&self) -> Vec<usize> {
        let columns = self.rows.items.iter().copied();
        Lists::new(self.columns, columns.zip(0..)).items
    }

    /// The row starts and the column indices.
    #[cfg(any(feature = "nalgebra-sparse", feature = "sprs"))]
    pub(crate) fn into_parts(self) -> (Vec<usize>, Vec<usize>) {
        (self.rows.starts, self.rows.items)
    }

    /// The entries of a square matrix whose mirror images are entries as well.
    pub(crate) fn symmetric(&self) -> Self {
        let mirrored = |&(row, column): &(usize, usize)| self.place(column, row).is_some();
        let entries = self.pairs().filter(mirrored);
        Self::new(self.rows(), self.columns, entries)
    }
}

impl fmt::Debug for Sparsity {
    /// A small matrix has a line of `x` and `·` per row; a large one has only its sizes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = (self.rows(), self.columns);
        write!(f, "Sparsity {rows} × {columns}, {} entries", self.len())?;
        if rows > 40 || columns > 100 {
            return Ok(());
        }
        for row in 0..rows {
            f.write_str("\n")?;
            for column in 0..columns {
                let entry = self.place(row, column).is_some();
                f.write_str(if entry { "x" } else { "·" })?;
            }
        }
        Ok(())
    }
}
