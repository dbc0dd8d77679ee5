//! Sparse derivatives at one point after another: the entries that can be other than 0, and those alone.

use std::fmt;
use std::sync::Arc;

use super::pattern::Pattern;
use super::{Mode, codes, colour};
use crate::error::Result;
use crate::program::{Batch, Evaluator, Program};

/// Entries are written one by one as long as they pass through fewer than so many times the program's own values.
const DIRECT: usize = 16;

/// How many values single derivatives of a program of this size may pass through.
pub(super) fn direct_limit(values: usize) -> usize {
    DIRECT * values + 4096
}

/// A sparse Jacobian or Hessian with the memory to evaluate it at one point after another.
///
/// The entries are computed by one program, each through the values between its input and its output alone. Where that
/// program would be too large, columns (or rows) that no row (column) needs to tell apart are computed together, all
/// such groups side by side: *compressed*.
///
/// ```
/// use chainrule::Program;
///
/// // A tridiagonal system.
/// let f = Program::trace(4, |x| {
///     (0..4).map(|i| x[i].square() - if i > 0 { x[i - 1] } else { x[i] }).collect::<Vec<_>>()
/// })?;
/// let mut jacobian = f.sparse_jacobian();
/// assert_eq!(jacobian.at(&[1.0, 2.0, 3.0, 4.0])?, [1.0, -1.0, 4.0, -1.0, 6.0, -1.0, 8.0]);
/// assert_eq!(jacobian.pattern().row(2), [1, 2]);
/// assert_eq!(f.compressed_jacobian()?.groups(), 2); // odd and even columns
/// # Ok::<(), chainrule::Error>(())
/// ```
pub struct Sparse {
    pattern: Arc<Pattern>,
    method: Method,
    inputs: usize,
    values: Vec<f64>,
}

enum Method {
    Direct(Box<Evaluator>),
    Compressed {
        batch: Box<Batch>,
        groups: usize,
        /// Where each entry stands among the compressed values.
        places: Vec<usize>,
    },
}

impl Sparse {
    fn direct((program, pattern): (Program, Pattern)) -> Self {
        Self {
            inputs: program.inputs(),
            pattern: Arc::new(pattern),
            method: Method::Direct(Box::new(program.evaluator())),
            values: Vec::new(),
        }
    }

    /// Of a program whose rows are directions, one for each colour; an entry stands at `place` of its row and column.
    fn compressed(
        program: &Program,
        pattern: Pattern,
        colours: &[u32],
        place: impl Fn(usize, usize) -> usize,
    ) -> Result<Self> {
        let groups = colour::count(colours);
        let mut directions = vec![vec![0.0; colours.len()]; groups];
        for (member, &colour) in colours.iter().enumerate() {
            directions[colour as usize][member] = 1.0;
        }
        Ok(Self {
            inputs: program.uniform_inputs(),
            method: Method::Compressed {
                batch: Box::new(program.batch(&directions)?),
                groups,
                places: pattern
                    .entries()
                    .map(|(row, column)| place(row, column))
                    .collect(),
            },
            pattern: Arc::new(pattern),
            values: Vec::new(),
        })
    }

    /// Which entries these are.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1], x[0]])?;
    /// assert_eq!(f.sparse_jacobian().pattern().indices(), [1, 0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// How many directions are computed side by side; 0 where the entries are computed one by one.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1].exp(), x[0].exp()])?;
    /// assert_eq!(f.sparse_jacobian().groups(), 0);
    /// assert_eq!(f.compressed_jacobian()?.groups(), 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn groups(&self) -> usize {
        match &self.method {
            Method::Direct(_) => 0,
            Method::Compressed { groups, .. } => *groups,
        }
    }

    /// The entries at a point, in the pattern's order: row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1].square(), x[0].square()])?;
    /// assert_eq!(f.sparse_jacobian().at(&[3.0, 4.0])?, [8.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn at(&mut self, x: &[f64]) -> Result<&[f64]> {
        Program::check_len("x", self.inputs, x.len())?;
        match &mut self.method {
            Method::Direct(evaluator) => evaluator.values(x),
            Method::Compressed { batch, places, .. } => {
                let compressed = batch.values(x)?;
                self.values.clear();
                self.values
                    .extend(places.iter().map(|&place| compressed[place]));
                Ok(&self.values)
            }
        }
    }

    /// The matrix at a point.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1].square(), x[0].square()])?;
    /// let matrix = f.sparse_jacobian().matrix(&[3.0, 4.0])?;
    /// assert_eq!(matrix.times(&[1.0, 10.0])?, [80.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn matrix(&mut self, x: &[f64]) -> Result<Csr> {
        let values = self.at(x)?.to_vec();
        let pattern = Arc::clone(&self.pattern);
        Ok(Csr { pattern, values })
    }
}

impl fmt::Debug for Sparse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sparse")
            .field("pattern", &self.pattern)
            .field("groups", &self.groups())
            .finish_non_exhaustive()
    }
}

impl Program {
    /// The Jacobian's entries that can be other than 0, with the memory to evaluate them.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| [x[0] * x[1], x[2].square()])?;
    /// assert_eq!(f.sparse_jacobian().at(&[2.0, 3.0, 4.0])?, [3.0, 2.0, 8.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn sparse_jacobian(&self) -> Sparse {
        let limit = direct_limit(self.code().len());
        if codes::cost(self.code(), Mode::Cheaper, limit).is_none()
            && let Ok(compressed) = self.compressed_jacobian()
        {
            return compressed;
        }
        Sparse::direct(self.sparse_jacobian_program(Mode::Cheaper))
    }

    /// As [`sparse_jacobian`](Self::sparse_jacobian), by groups of columns or of rows, whichever are fewer.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| [x[0] * x[1], x[2].square()])?;
    /// let mut jacobian = f.compressed_jacobian()?;
    /// assert_eq!(jacobian.at(&[2.0, 3.0, 4.0])?, [3.0, 2.0, 8.0]);
    /// assert_eq!(jacobian.groups(), 1); // both rows in one sweep
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// None that data can cause.
    pub fn compressed_jacobian(&self) -> Result<Sparse> {
        let pattern = self.jacobian_pattern();
        let columns = colour::columns(&pattern);
        let rows = colour::columns(&pattern.transposed());
        if colour::count(&rows) < colour::count(&columns) {
            let program = self.with_code(codes::vjp_rows(self.code()));
            let width = self.inputs();
            let place = |row: usize, column: usize| rows[row] as usize * width + column;
            return Sparse::compressed(&program, pattern, &rows, place);
        }
        let program = self.with_code(codes::jvp_rows(self.code()));
        let width = self.outputs();
        let place = |row: usize, column: usize| columns[column] as usize * width + row;
        Sparse::compressed(&program, pattern, &columns, place)
    }

    /// The Hessian's entries that can be other than 0, of the first output, with the memory to evaluate them.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| x[0] * x[1] + x[2].square())?;
    /// let mut hessian = f.sparse_hessian()?;
    /// assert_eq!(hessian.at(&[2.0, 3.0, 4.0])?, [1.0, 1.0, 2.0]);
    /// assert_eq!(hessian.pattern().entries().collect::<Vec<_>>(), [(0, 1), (1, 0), (2, 2)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn sparse_hessian(&self) -> Result<Sparse> {
        let slopes = codes::raw_gradient(self.code())?;
        let limit = direct_limit(slopes.len());
        if codes::cost(&slopes, Mode::Forward, limit).is_none() {
            return self.compressed_hessian();
        }
        Ok(Sparse::direct(self.sparse_hessian_program()?))
    }

    /// As [`sparse_hessian`](Self::sparse_hessian), by groups of columns: a star colouring where the Hessian is
    /// symmetric.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| x[0] * x[1] + x[2].square())?;
    /// let mut hessian = f.compressed_hessian()?;
    /// assert_eq!(hessian.at(&[2.0, 3.0, 4.0])?, [1.0, 1.0, 2.0]);
    /// assert_eq!(hessian.groups(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn compressed_hessian(&self) -> Result<Sparse> {
        let pattern = self.hessian_pattern()?;
        let program = self.with_code(codes::hvp_rows(self.code())?);
        let width = self.inputs();
        if !codes::is_symmetric(self.code()) {
            let colours = colour::columns(&pattern);
            let place = |row: usize, column: usize| colours[column] as usize * width + row;
            return Sparse::compressed(&program, pattern, &colours, place);
        }
        let colours = colour::star(&pattern);
        let entries = pattern.clone();
        let place = |row: usize, column: usize| {
            // The entry stands alone in its row among the columns of its colour, or else mirrored. One place for both.
            let (row, column) = (row.max(column), row.min(column));
            let same = |&&other: &&usize| colours[other] == colours[column];
            if entries.row(row).iter().filter(same).count() == 1 {
                colours[column] as usize * width + row
            } else {
                colours[row] as usize * width + column
            }
        };
        Sparse::compressed(&program, pattern, &colours, place)
    }
}

/// A sparse matrix, row by row: a [`Pattern`] with a number for each entry.
///
/// With the features `nalgebra-sparse` and `sprs` it becomes a matrix of these crates by `From`.
///
/// ```
/// use chainrule::Program;
///
/// let f = Program::trace(3, |x| [x[0] * x[1], x[2].square()])?;
/// let matrix = f.sparse_jacobian().matrix(&[2.0, 3.0, 4.0])?;
/// assert_eq!(matrix.values(), [3.0, 2.0, 8.0]);
/// assert_eq!((matrix.get(0, 1), matrix.get(1, 0)), (2.0, 0.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    pattern: Arc<Pattern>,
    values: Vec<f64>,
}

impl Csr {
    /// Which entries these are.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1], x[0]])?;
    /// assert_eq!(f.sparse_jacobian().matrix(&[0.0; 2])?.pattern().len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The entries, in the pattern's order.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1] * 2.0, x[0]])?;
    /// assert_eq!(f.sparse_jacobian().matrix(&[0.0; 2])?.values(), [2.0, 1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// An entry, 0 where none stands.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1] * 2.0, x[0]])?;
    /// let matrix = f.sparse_jacobian().matrix(&[0.0; 2])?;
    /// assert_eq!((matrix.get(0, 1), matrix.get(0, 0)), (2.0, 0.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such row or column.
    #[track_caller]
    pub fn get(&self, row: usize, column: usize) -> f64 {
        let (rows, columns) = (self.pattern.rows(), self.pattern.columns());
        assert!(
            row < rows && column < columns,
            "no entry at row {row}, column {column}: the matrix is {rows} × {columns}"
        );
        let place = self.pattern.row(row).binary_search(&column);
        place.map_or(0.0, |place| self.values[self.pattern.starts()[row] + place])
    }

    /// The matrix times a vector.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1] * 2.0, x[0]])?;
    /// assert_eq!(f.sparse_jacobian().matrix(&[0.0; 2])?.times(&[3.0, 4.0])?, [8.0, 3.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `v` has not as many values as the matrix has columns.
    pub fn times(&self, v: &[f64]) -> Result<Vec<f64>> {
        Program::check_len("v", self.pattern.columns(), v.len())?;
        let rows = self.pattern.starts().windows(2);
        let products = rows.map(|bounds| {
            let entries = bounds[0]..bounds[1];
            let columns = &self.pattern.indices()[entries.clone()];
            let terms = self.values[entries].iter().zip(columns);
            terms.fold(0.0, |sum: f64, (a, &column)| a.mul_add(v[column], sum))
        });
        Ok(products.collect())
    }

    /// The matrix with rows and columns exchanged, which is also this one in the CSC format.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| [x[0] * 5.0, x[2] * 7.0])?;
    /// let columns = f.sparse_jacobian().matrix(&[0.0; 3])?.transposed();
    /// assert_eq!((columns.pattern().row(2), columns.get(2, 1)), (&[1][..], 7.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut values = vec![0.0; self.values.len()];
        for (&value, place) in self.values.iter().zip(self.pattern.transposed_places()) {
            values[place] = value;
        }
        Self {
            pattern: Arc::new(self.pattern.transposed()),
            values,
        }
    }

    /// All entries, zeros included, row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1] * 2.0, x[0]])?;
    /// assert_eq!(f.sparse_jacobian().matrix(&[0.0; 2])?.to_dense(), [0.0, 2.0, 1.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn to_dense(&self) -> Vec<f64> {
        let columns = self.pattern.columns();
        let mut dense = vec![0.0; self.pattern.rows() * columns];
        for ((row, column), &value) in self.pattern.entries().zip(&self.values) {
            dense[row * columns + column] = value;
        }
        dense
    }

    /// The pattern's row starts and column indices, and the values.
    #[cfg(any(feature = "nalgebra-sparse", feature = "sprs"))]
    pub(super) fn into_parts(self) -> (Arc<Pattern>, Vec<f64>) {
        (self.pattern, self.values)
    }
}
