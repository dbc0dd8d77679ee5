//! Sparse derivatives: only the entries that can be nonzero.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;

use super::batch::Batch;
use super::function::Program;
use crate::backend::Table;
use crate::error::{Result, check_length};
use crate::transform::{
    self, Colours, Mode, NO_COLOUR, Sparsity, Transform, alone_in_colour, colour_both,
    colour_columns, colour_star, count_colours, is_symmetric, jacobian_is_long,
};

/// A sparse Jacobian or Hessian, evaluated at one point after another.
///
/// One program computes the entries, each through the values between its input and its output alone. If that program would
/// be too large, the derivative is *compressed*: columns without a common row (or rows without a common column) are
/// computed together, and all these groups side by side.
///
/// ```
/// use chainrule::Program;
///
/// // A tridiagonal system.
/// let f = Program::trace(4, |x| {
///     (0..4).map(|i| x[i].square() - if i > 0 { x[i - 1] } else { x[i] }).collect::<Vec<_>>()
/// })?;
/// let jacobian = f.sparse_jacobian();
/// assert_eq!(jacobian.entries(&[1.0, 2.0, 3.0, 4.0])?, [1.0, -1.0, 4.0, -1.0, 6.0, -1.0, 8.0]);
/// assert_eq!(jacobian.sparsity().row(2), [1, 2]);
/// assert_eq!(f.compressed_jacobian().groups(), 2); // odd and even columns
/// # Ok::<(), chainrule::Error>(())
/// ```
pub struct Sparse {
    sparsity: Arc<Sparsity>,
    inputs: usize,
    method: Method,
}

enum Method {
    Direct(Program),
    Compressed(Vec<Pass>),
}

/// Directions that are computed side by side, by one program.
struct Pass {
    batch: Mutex<Batch>,
    groups: usize,
    /// The index of an entry, and the index of its value among the results.
    places: Vec<(usize, usize)>,
}

impl Pass {
    /// A pass of a program whose rows are directions, one per colour. For each entry that the pass computes, `read` has the
    /// entry's index, the index whose colour computes it, and the output that is its value.
    fn new(
        program: &Program,
        colours: &[u32],
        read: impl Iterator<Item = (usize, usize, usize)>,
    ) -> Self {
        let directions = Groups {
            count: count_colours(colours),
            colours,
        };
        let batch = program.batch(&directions);
        let batch = batch.expect("a direction has a number per varying input");
        let places = read.map(|(entry, member, output)| {
            let place = colours[member] as usize * program.outputs() + output;
            (entry, place)
        });
        Self {
            batch: Mutex::new(batch),
            groups: directions.count,
            places: places.collect(),
        }
    }
}

impl Sparse {
    fn direct((program, sparsity): (Program, Sparsity)) -> Self {
        Self {
            inputs: program.inputs(),
            sparsity: Arc::new(sparsity),
            method: Method::Direct(program),
        }
    }

    fn compressed(inputs: usize, sparsity: Sparsity, passes: Vec<Pass>) -> Self {
        Self {
            inputs,
            sparsity: Arc::new(sparsity),
            method: Method::Compressed(passes),
        }
    }

    /// The pattern of the entries.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1], x[0]])?;
    /// assert_eq!(f.sparse_jacobian().sparsity().indices(), [1, 0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn sparsity(&self) -> &Sparsity {
        &self.sparsity
    }

    /// The number of directions that are computed side by side; 0 if the entries are computed one by one.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1].exp(), x[0].exp()])?;
    /// assert_eq!(f.sparse_jacobian().groups(), 0);
    /// assert_eq!(f.compressed_jacobian().groups(), 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn groups(&self) -> usize {
        match &self.method {
            Method::Direct(_) => 0,
            Method::Compressed(passes) => passes.iter().map(|pass| pass.groups).sum(),
        }
    }

    /// The entries at a point, in the order of the sparsity pattern: row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1].square(), x[0].square()])?;
    /// assert_eq!(f.sparse_jacobian().entries(&[3.0, 4.0])?, [8.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::values`].
    pub fn entries(&self, x: &[f64]) -> Result<Vec<f64>> {
        let mut entries = Vec::new();
        self.entries_into(x, &mut entries)?;
        Ok(entries)
    }

    /// Like [`entries`](Self::entries), but replaces the contents of a buffer, so that a loop allocates nothing.
    ///
    /// ```
    /// use chainrule::Program;
    /// let jacobian = Program::trace(2, |x| [x[1].square(), x[0].square()])?.sparse_jacobian();
    /// let mut entries = Vec::new();
    /// jacobian.entries_into(&[3.0, 4.0], &mut entries)?;
    /// assert_eq!(entries, [8.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::values`]; then the buffer keeps its contents.
    pub fn entries_into(&self, x: &[f64], entries: &mut Vec<f64>) -> Result<()> {
        check_length("x", self.inputs, x.len())?;
        match &self.method {
            Method::Direct(program) => program.with_answers(|answers, core| {
                let found = answers.ask(core, Transform::Values, x, &[])?;
                entries.clear();
                entries.extend_from_slice(found.outputs);
                Ok(())
            }),
            Method::Compressed(passes) => {
                let mut batches: SmallVec<[_; 2]> = passes
                    .iter()
                    .map(|pass| pass.batch.lock().unwrap_or_else(PoisonError::into_inner))
                    .collect();
                let results = batches.iter_mut().map(|batch| batch.values(x));
                let results: SmallVec<[&[f64]; 2]> = results.collect::<Result<_>>()?;
                entries.clear();
                entries.resize(self.sparsity.len(), 0.0);
                for (pass, results) in passes.iter().zip(results) {
                    for &(entry, place) in &pass.places {
                        entries[entry] = results[place];
                    }
                }
                Ok(())
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
    /// As [`Program::values`].
    pub fn matrix(&self, x: &[f64]) -> Result<Csr> {
        let values = self.entries(x)?;
        let sparsity = Arc::clone(&self.sparsity);
        Ok(Csr { sparsity, values })
    }
}

/// One direction per colour: 1 at the members of the colour, 0 elsewhere.
struct Groups<'a> {
    colours: &'a [u32],
    count: usize,
}

impl Table for Groups<'_> {
    fn rows(&self) -> usize {
        self.count
    }

    fn width(&self, _: usize) -> usize {
        self.colours.len()
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        f64::from(u8::from(self.colours[column] as usize == row))
    }
}

impl fmt::Debug for Sparse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sparse")
            .field("sparsity", &self.sparsity)
            .field("groups", &self.groups())
            .finish_non_exhaustive()
    }
}

impl Program {
    /// The pattern of the derivatives that can be nonzero: a row per output, a column per input.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| [x[0] * x[1], x[2].sin()])?;
    /// assert_eq!(f.jacobian_sparsity().row(0), [0, 1]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn jacobian_sparsity(&self) -> Sparsity {
        Sparsity::of_outputs(self.ir())
    }

    /// The pattern of the second derivatives of the first output that can be nonzero.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| x[0] * x[1] + x[2] * 5.0)?;
    /// assert_eq!(f.hessian_sparsity()?.entries().collect::<Vec<_>>(), [(0, 1), (1, 0)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn hessian_sparsity(&self) -> Result<Sparsity> {
        transform::hessian_sparsity(self.ir())
    }

    /// The entries of the Jacobian that can be nonzero.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| [x[0] * x[1], x[2].square()])?;
    /// assert_eq!(f.sparse_jacobian().entries(&[2.0, 3.0, 4.0])?, [3.0, 2.0, 8.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn sparse_jacobian(&self) -> Sparse {
        if jacobian_is_long(self.ir()) {
            return self.compressed_jacobian();
        }
        Sparse::direct(self.sparse_jacobian_program(Mode::Cheaper))
    }

    /// The program of the Jacobian's entries that can be nonzero, row by row, and their pattern.
    ///
    /// ```
    /// use chainrule::{Mode, Program};
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// let (program, sparsity) = f.sparse_jacobian_program(Mode::Cheaper);
    /// assert_eq!(program.values(&[3.0, 4.0])?, [4.0, 3.0, 1.0]);
    /// assert_eq!(sparsity.entries().last(), Some((1, 0)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn sparse_jacobian_program(&self, mode: Mode) -> (Self, Sparsity) {
        let (ir, sparsity) = transform::sparse_jacobian(self.ir(), mode);
        (self.with_ir(ir), sparsity)
    }

    /// The program of the Hessian's entries that can be nonzero, row by row, and their pattern.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// let (program, sparsity) = f.sparse_hessian_program()?;
    /// assert_eq!(program.values(&[3.0, 2.0])?, [4.0, 6.0, 6.0]);
    /// assert_eq!(sparsity.entries().last(), Some((1, 0)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn sparse_hessian_program(&self) -> Result<(Self, Sparsity)> {
        let (ir, sparsity) = transform::sparse_hessian(self.ir())?;
        Ok((self.with_ir(ir), sparsity))
    }

    /// Like [`sparse_jacobian`](Self::sparse_jacobian), in groups of columns or of rows, whichever are expected to be fewer.
    ///
    /// If a few rows have many entries, such as the first row of an arrow, each of them is a group of its own, and the other
    /// rows are computed in groups of columns; and likewise with rows and columns exchanged. Finding the groups takes about
    /// as many steps as the squared lengths of these other rows add up to: none if every row or every column is a group.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| [x[0] * x[1], x[2].square()])?;
    /// let jacobian = f.compressed_jacobian();
    /// assert_eq!(jacobian.entries(&[2.0, 3.0, 4.0])?, [3.0, 2.0, 8.0]);
    /// assert_eq!(jacobian.groups(), 1); // both rows in one sweep
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn compressed_jacobian(&self) -> Sparse {
        let sparsity = self.jacobian_sparsity();
        let Colours {
            rows,
            columns,
            row_first,
        } = colour_both(&sparsity);
        let base = self.core().base();
        let in_row = |row: usize, column: usize| {
            rows[row] != NO_COLOUR && (row_first || columns[column] == NO_COLOUR)
        };
        let entries = || sparsity.entries().enumerate();
        let mut passes = Vec::new();
        if count_colours(&rows) > 0 {
            let program = self.with_ir(transform::last_part(transform::vjp_by_row(&base)));
            let read = entries().filter(|&(_, (row, column))| in_row(row, column));
            let read = read.map(|(entry, (row, column))| (entry, row, column));
            passes.push(Pass::new(&program, &rows, read));
        }
        if count_colours(&columns) > 0 || passes.is_empty() {
            let program = self.with_ir(transform::last_part(transform::jvp_by_row(&base)));
            let read = entries().filter(|&(_, (row, column))| !in_row(row, column));
            let read = read.map(|(entry, (row, column))| (entry, column, row));
            passes.push(Pass::new(&program, &columns, read));
        }
        Sparse::compressed(self.inputs(), sparsity, passes)
    }

    /// The entries of the first output's Hessian that can be nonzero.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| x[0] * x[1] + x[2].square())?;
    /// let hessian = f.sparse_hessian()?;
    /// assert_eq!(hessian.entries(&[2.0, 3.0, 4.0])?, [1.0, 1.0, 2.0]);
    /// assert_eq!(hessian.sparsity().entries().collect::<Vec<_>>(), [(0, 1), (1, 0), (2, 2)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn sparse_hessian(&self) -> Result<Sparse> {
        if Transform::Hessian.by_row(self.ir())?.is_some() {
            return self.compressed_hessian();
        }
        Ok(Sparse::direct(self.sparse_hessian_program()?))
    }

    /// Like [`sparse_hessian`](Self::sparse_hessian), in groups of columns: a star colouring if the Hessian is symmetric.
    ///
    /// A column with many entries, such as the first column of an arrow, is a group of its own. Finding the groups takes
    /// about as many steps as the squared lengths of the other columns add up to: none if every column is a group.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| x[0] * x[1] + x[2].square())?;
    /// let hessian = f.compressed_hessian()?;
    /// assert_eq!(hessian.entries(&[2.0, 3.0, 4.0])?, [1.0, 1.0, 2.0]);
    /// assert_eq!(hessian.groups(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn compressed_hessian(&self) -> Result<Sparse> {
        let sparsity = self.hessian_sparsity()?;
        let program = self.transform(Transform::HvpByRow)?;
        let entries = || sparsity.entries().enumerate();
        let pass = if is_symmetric(self.ir()) {
            let colours = colour_star(&sparsity);
            let alone = alone_in_colour(&sparsity, &colours);
            let mirrored = sparsity.transposed_places();
            // Either the entry or its mirror image is alone in its row among the columns of its colour. Both read that one
            // value.
            let read = entries().map(|(entry, (row, column))| {
                let lower = if row < column { mirrored[entry] } else { entry };
                let (row, column) = (row.max(column), row.min(column));
                if alone[lower] {
                    (entry, column, row)
                } else {
                    (entry, row, column)
                }
            });
            Pass::new(&program, &colours, read)
        } else {
            let colours = colour_columns(&sparsity);
            let read = entries().map(|(entry, (row, column))| (entry, column, row));
            Pass::new(&program, &colours, read)
        };
        Ok(Sparse::compressed(self.inputs(), sparsity, vec![pass]))
    }
}

/// A sparse matrix, row by row: a [`Sparsity`] pattern with a number for each entry.
///
/// With the features `nalgebra-sparse` and `sprs`, `From` converts it to the matrices of these crates.
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
    sparsity: Arc<Sparsity>,
    values: Vec<f64>,
}

impl Csr {
    /// The pattern of the entries.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1], x[0]])?;
    /// assert_eq!(f.sparse_jacobian().matrix(&[0.0; 2])?.sparsity().len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn sparsity(&self) -> &Sparsity {
        &self.sparsity
    }

    /// The entries, in the order of the sparsity pattern.
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

    /// The entry at this row and column; 0 if it is not in the sparsity pattern.
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
        let (rows, columns) = (self.sparsity.rows(), self.sparsity.columns());
        assert!(
            row < rows && column < columns,
            "row {row}, column {column} is out of range: the matrix is {rows} × {columns}"
        );
        let place = self.sparsity.place(row, column);
        place.map_or(0.0, |place| self.values[place])
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
    /// [`Length`](crate::ErrorKind::Length) if `v.len()` is not the number of columns.
    pub fn times(&self, v: &[f64]) -> Result<Vec<f64>> {
        check_length("v", self.sparsity.columns(), v.len())?;
        let rows = self.sparsity.starts().windows(2);
        let products = rows.map(|bounds| {
            let entries = bounds[0]..bounds[1];
            let columns = &self.sparsity.indices()[entries.clone()];
            let terms = self.values[entries].iter().zip(columns);
            terms.fold(0.0, |sum: f64, (a, &column)| a.mul_add(v[column], sum))
        });
        Ok(products.collect())
    }

    /// The matrix with rows and columns exchanged: this matrix in the CSC format.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| [x[0] * 5.0, x[2] * 7.0])?;
    /// let columns = f.sparse_jacobian().matrix(&[0.0; 3])?.transposed();
    /// assert_eq!((columns.sparsity().row(2), columns.get(2, 1)), (&[1][..], 7.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn transposed(&self) -> Self {
        let places = self.sparsity.transposed_places().into_iter();
        Self {
            sparsity: Arc::new(self.sparsity.transposed()),
            values: places.map(|place| self.values[place]).collect(),
        }
    }

    /// All entries, including zeros, row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[1] * 2.0, x[0]])?;
    /// assert_eq!(f.sparse_jacobian().matrix(&[0.0; 2])?.to_dense(), [0.0, 2.0, 1.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn to_dense(&self) -> Vec<f64> {
        let columns = self.sparsity.columns();
        let mut dense = vec![0.0; self.sparsity.rows() * columns];
        for ((row, column), &value) in self.sparsity.entries().zip(&self.values) {
            dense[row * columns + column] = value;
        }
        dense
    }

    /// The sparsity pattern, and the values.
    #[cfg(any(feature = "nalgebra-sparse", feature = "sprs"))]
    pub(super) fn into_parts(self) -> (Arc<Sparsity>, Vec<f64>) {
        (self.sparsity, self.values)
    }
}
