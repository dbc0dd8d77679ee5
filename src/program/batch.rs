//! Evaluation over rows of data: blocks of rows are computed side by side, on all cores.

use std::array;

use super::answers::{Memo, answer};
use super::core::Over;
use super::function::Program;
use super::partial::{Partial, check_question, divisor};
use crate::backend::{Answer, Blocks, Order, Table};
use crate::error::{Error, Result, check_length};
use crate::parameters::Parameters;
use crate::transform::{Mode, Transform};

/// A program with rows of data. It can be evaluated repeatedly with different uniform inputs.
///
/// Results are borrowed until the next call. After the first call of a kind, a single thread allocates nothing for row-major
/// results. Sums over rows are added row by row within a block of 64, and along a fixed tree over the blocks, so their bits
/// depend only on the rows.
///
/// | question | each row | sum over all rows, with respect to uniform inputs |
/// |---|---|---|
/// | outputs | [`values`](Self::values) | [`sum_values`](Self::sum_values) |
/// | first output and gradient | [`gradients`](Self::gradients) | [`sum_gradient`](Self::sum_gradient), [`mean_gradient`](Self::mean_gradient) |
/// | outputs and Jacobian | [`jacobians`](Self::jacobians) | [`sum_jacobian`](Self::sum_jacobian) |
/// | first output, gradient and Hessian | [`hessians`](Self::hessians) | [`sum_hessian`](Self::sum_hessian) |
/// | … and its diagonal | [`hessian_diagonals`](Self::hessian_diagonals) | [`sum_hessian_diagonal`](Self::sum_hessian_diagonal) |
/// | outputs and a direction | | [`sum_jvp`](Self::sum_jvp) |
/// | first output, gradient and Hessian times a direction | | [`sum_hvp`](Self::sum_hvp) |
///
/// [`partial`](Self::partial) gives the sums as a part of the sums over more rows. For other derivatives of each row, use a [transformed](Program::transform) program.
///
/// ```
/// use chainrule::Program;
///
/// let rows = [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]];
/// let f = Program::trace_rows(&[0.0, 0.0], 2, |p, row| (p[0] * row[0] + p[1] - row[1]).square())?;
/// let mut batch = f.batch(&rows)?;
/// let mut p = [0.0, 0.0];
/// for _ in 0..500 {
///     let (_, gradient) = batch.mean_gradient(&p)?;
///     for (p, g) in p.iter_mut().zip(gradient) {
///         *p -= 0.1 * g;
///     }
/// }
/// assert!((p[0] - 2.0).abs() < 1e-6 && (p[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Batch {
    program: Program,
    rows: Blocks,
    answers: Memo<(Transform, Over), Answer>,
    /// Whether the Hessian's diagonal is computed one direction at a time.
    diagonal_is_long: Memo<Over, bool>,
    /// Value, gradient and diagonal, if the diagonal is computed one direction at a time.
    long: [Vec<f64>; 3],
    threads: usize,
    order: Order,
}

impl Program {
    /// This program with rows of data. Each row has one value for every varying input.
    ///
    /// The rows are copied in the order of computation. A [`Table`] is a slice of rows, one [flat](crate::Flat) slice,
    /// [columns](crate::Columns), or rows [looked up](crate::Joined) in several tables.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// let mut batch = f.batch(&[[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(batch.values(&[])?, [2.0, 12.0]);
    /// assert_eq!(batch.gradients(&[])?.1, [2.0, 1.0, 4.0, 3.0]);
    ///
    /// let error = f.batch(&[&[1.0, 2.0][..], &[3.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "row 1: expected 2 values, found 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if a row has the wrong number of values. The message names the row, counted
    /// from 0.
    pub fn batch<T: Table + ?Sized>(&self, rows: &T) -> Result<Batch> {
        Ok(Batch {
            rows: Blocks::new(self.inputs() - self.uniform_inputs(), rows)?,
            program: self.clone(),
            answers: Memo::default(),
            diagonal_is_long: Memo::default(),
            long: Default::default(),
            threads: 0,
            order: Order::RowMajor,
        })
    }
}

impl Program {
    /// Checks the labels of rows with these indices; `at(nth, column)` is the number in the nth of them.
    pub(crate) fn check_labels(
        &self,
        rows: impl IntoIterator<Item = usize>,
        mut at: impl FnMut(usize, usize) -> f64,
    ) -> Result<()> {
        let labels = self.ir().labels().iter();
        let columns = labels.filter_map(|&(input, labels)| {
            let column = (input as usize).checked_sub(self.uniform_inputs())?;
            Some((column, labels))
        });
        for (nth, row) in rows.into_iter().enumerate() {
            for (column, labels) in columns.clone() {
                let found = at(nth, column);
                if !labels.accepts(found) {
                    let problem =
                        format!("the label in column {column} must be {labels}, found {found:?}");
                    return Err(Error::argument(&format!("row {row}"), problem));
                }
            }
        }
        Ok(())
    }
}

impl Batch {
    /// The program that this batch evaluates.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| x[0])?;
    /// assert_eq!(f.batch(&[[1.0]])?.program().outputs(), 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The number of rows.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| x[0])?.batch(&[[1.0], [2.0]])?.len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.rows.rows()
    }

    /// Whether there are no rows.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert!(Program::trace(1, |x| x[0])?.batch::<[[f64; 1]]>(&[])?.is_empty());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.rows.rows() == 0
    }

    /// Sets the number of threads. The default, 0, means one per core. The bits are the same for any number.
    ///
    /// Little work (some tens of microseconds) stays on the calling thread. The other threads belong to the crate and serve
    /// one caller at a time; meanwhile, a second caller works alone. They stay awake for half a millisecond after their
    /// last work, so that a loop of small batches need not wake them each time.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut batch = Program::trace(1, |x| x[0])?.batch(&[[1.0]])?.threads(1);
    /// assert_eq!(batch.values(&[])?, [1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets the order of results with several numbers per row.
    ///
    /// ```
    /// use chainrule::{Order, Program};
    /// let mut batch = Program::trace(2, |x| x[0] * x[1])?.batch(&[[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(batch.gradients(&[])?.1, [2.0, 1.0, 4.0, 3.0]);
    /// let mut batch = batch.order(Order::ColumnMajor);
    /// assert_eq!(batch.gradients(&[])?.1, [2.0, 4.0, 1.0, 3.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Replaces the rows and reuses the memory, for one mini-batch after another.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut batch = Program::trace(1, |x| x[0].square())?.batch(&[[1.0]])?;
    /// batch.set_rows(&[[2.0], [3.0]])?;
    /// assert_eq!(batch.values(&[])?, [4.0, 9.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::batch`]. After an error, the batch still has its old rows.
    pub fn set_rows<T: Table + ?Sized>(&mut self, rows: &T) -> Result<()> {
        self.rows.fill(rows)
    }

    /// Checks that every value of every row is finite.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// let error = f.batch(&[[1.0, 2.0], [3.0, f64::NAN]])?.check_finite().unwrap_err();
    /// assert_eq!(error.to_string(), "row 1: the value in column 1 must be finite, found NaN");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) for the first value that is not finite. The message names row and column,
    /// counted from 0.
    pub fn check_finite(&self) -> Result<()> {
        self.rows.check_finite()
    }

    /// Checks the labels of every row: the values that the traced function said to be labels, as the losses of
    /// [`nn::loss`](crate::nn::loss) do. See [`Scalar::expect_label`](crate::Scalar::expect_label).
    ///
    /// ```
    /// use chainrule::{Program, nn::loss::row_cross_entropy};
    /// let f = Program::trace_rows(&[0.0; 3], 1, |scores, row| row_cross_entropy(scores, row[0]))?;
    /// let error = f.batch(&[[0.0], [3.0]])?.check_labels().unwrap_err();
    /// assert_eq!(error.to_string(), "row 1: the label in column 0 must be a whole number from 0 to 2, found 3.0");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) for the first value that is no such label. The message names row and column,
    /// counted from 0.
    pub fn check_labels(&self) -> Result<()> {
        let at = |row, column| self.rows.at(row, column);
        self.program.check_labels(0..self.len(), at)
    }

    /// Every output of every row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| [p[0] * row[0], row[0]])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.values(&[10.0])?, [10.0, 1.0, 20.0, 2.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `uniform` has the wrong number of values;
    /// [`Branch`](crate::ErrorKind::Branch) if a comparison took a different branch than when the program was traced.
    pub fn values<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<&[f64]> {
        let [values] = self.each_row(uniform, Transform::Values, &[])?;
        Ok(values)
    }

    /// The first output of every row, and its derivatives with respect to every input.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let mut batch = f.batch(&[[1.0], [2.0]])?;
    /// let (values, gradients) = batch.gradients(&[10.0])?;
    /// assert_eq!((values, gradients), (&[10.0, 20.0][..], &[1.0, 10.0, 2.0, 10.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values), and if there is no output.
    pub fn gradients<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<(&[f64], &[f64])> {
        let [values, gradients] = self.each_row(uniform, Transform::Gradient, &[])?;
        Ok((values, gradients))
    }

    /// Every output of every row, and the Jacobian of every row.
    ///
    /// Every entry is code of its own, so the program grows with the matrix: for large ones, evaluate
    /// [`Transform::Jvp`] over rows of directions.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// let mut batch = f.batch(&[[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(batch.jacobians(&[])?.1, [2.0, 1.0, 1.0, 0.0, 4.0, 3.0, 1.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn jacobians<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<(&[f64], &[f64])> {
        let [values, jacobians] =
            self.each_row(uniform, Transform::Jacobian(Mode::Cheaper), &[])?;
        Ok((values, jacobians))
    }

    /// The first output of every row, its gradient, and its Hessian.
    ///
    /// Every entry of one triangle is code of its own, so the program grows with the square of the inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// let mut batch = f.batch(&[[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(batch.hessians(&[])?.2, [4.0, 2.0, 2.0, 0.0, 8.0, 6.0, 6.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients).
    pub fn hessians<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<(&[f64], &[f64], &[f64])> {
        let [values, gradients, hessians] = self.each_row(uniform, Transform::Hessian, &[])?;
        Ok((values, gradients, hessians))
    }

    /// The first output of every row, its gradient, and the diagonal of its Hessian.
    ///
    /// If the code of all second derivatives would be many times as long as that of the gradient, they are computed one
    /// after another for all rows, in memory that grows only linearly with the inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.batch(&[[1.0, 2.0]])?.hessian_diagonals(&[])?.2, [4.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients).
    pub fn hessian_diagonals<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<(&[f64], &[f64], &[f64])> {
        if self.diagonal_is_long(uniform, Over::Rows)? {
            return self.long_diagonals(uniform);
        }
        let [values, gradients, diagonals] =
            self.each_row(uniform, Transform::HessianDiagonal, &[])?;
        Ok((values, gradients, diagonals))
    }

    /// The sum of every output over all rows.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| [p[0] * row[0], row[0]])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.sum_values(&[10.0])?, [30.0, 3.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn sum_values<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<&[f64]> {
        let [values] = self.sum(uniform, Transform::Values, &[], 1.0)?;
        Ok(values)
    }

    /// The sum of the first output over all rows, and its derivatives with respect to the uniform inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.sum_gradient(&[10.0])?, (30.0, &[3.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients).
    pub fn sum_gradient<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<(f64, &[f64])> {
        let [value, gradient] = self.sum(uniform, Transform::Gradient, &[], 1.0)?;
        Ok((value[0], gradient))
    }

    /// The mean of the first output over all rows, and its derivatives with respect to the uniform inputs: the sums divided
    /// by the number of rows.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.mean_gradient(&[10.0])?, (15.0, &[1.5][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients), and if there are no rows.
    pub fn mean_gradient<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<(f64, &[f64])> {
        let rows = divisor(self.len())?;
        let [value, gradient] = self.sum(uniform, Transform::Gradient, &[], rows)?;
        Ok((value[0], gradient))
    }

    /// The sum of every output over all rows, and the derivatives of the sums with respect to the uniform inputs: one row
    /// of the matrix per output.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| [p[0] * row[0], p[0].square()])?;
    /// let mut batch = f.batch(&[[1.0], [2.0]])?;
    /// assert_eq!(batch.sum_jacobian(&[10.0])?, (&[30.0, 200.0][..], &[3.0, 40.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn sum_jacobian<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<(&[f64], &[f64])> {
        let [values, jacobian] = self.sum(uniform, Transform::Jacobian(Mode::Cheaper), &[], 1.0)?;
        Ok((values, jacobian))
    }

    /// The sum of the first output over all rows, its gradient, and its Hessian with respect to the uniform inputs, for
    /// Newton's method and standard errors.
    ///
    /// The work and the memory grow with the square of the number of uniform inputs. If there are many, use
    /// [`sum_hvp`](Self::sum_hvp).
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0, 0.0], 1, |p, row| p[0].square() * row[0] + p[0] * p[1])?;
    /// let mut batch = f.batch(&[[1.0], [2.0]])?;
    /// let (sum, gradient, hessian) = batch.sum_hessian(&[2.0, 1.0])?;
    /// assert_eq!((sum, gradient, hessian), (16.0, &[14.0, 4.0][..], &[6.0, 2.0, 2.0, 0.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients).
    pub fn sum_hessian<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<(f64, &[f64], &[f64])> {
        let [value, gradient, hessian] = self.sum(uniform, Transform::Hessian, &[], 1.0)?;
        Ok((value[0], gradient, hessian))
    }

    /// The sum of the first output over all rows, its gradient, and the diagonal of its Hessian with respect to the uniform
    /// inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0, 0.0], 1, |p, row| p[0].square() * row[0] + p[0] * p[1])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.sum_hessian_diagonal(&[2.0, 1.0])?.2, [6.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients).
    pub fn sum_hessian_diagonal<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<(f64, &[f64], &[f64])> {
        if self.diagonal_is_long(uniform, Over::Sum)? {
            return self.long_sum_diagonal(uniform);
        }
        let [value, gradient, diagonal] =
            self.sum(uniform, Transform::HessianDiagonal, &[], 1.0)?;
        Ok((value[0], gradient, diagonal))
    }

    /// The sum of every output over all rows, and its derivative in one direction of the uniform inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| [p[0] * row[0], p[0].square()])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.sum_jvp(&[10.0], &[2.0])?.1, [6.0, 80.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values), and if `v` has the wrong number of values.
    pub fn sum_jvp<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
        v: &[f64],
    ) -> Result<(&[f64], &[f64])> {
        let [values, slopes] = self.sum(uniform, Transform::Jvp, v, 1.0)?;
        Ok((values, slopes))
    }

    /// The sum of the first output over all rows, its gradient, and its Hessian times a direction, all with respect to the
    /// uniform inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0].square() * row[0])?;
    /// assert_eq!(f.batch(&[[1.0], [2.0]])?.sum_hvp(&[10.0], &[2.0])?.2, [12.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients), and if `v` has the wrong number of values.
    pub fn sum_hvp<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
        v: &[f64],
    ) -> Result<(f64, &[f64], &[f64])> {
        let [value, gradient, product] = self.sum(uniform, Transform::Hvp, v, 1.0)?;
        Ok((value[0], gradient, product))
    }

    /// The sums over the rows of this batch, as a part of the sums over more rows: this batch has the rows from `first` on.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let partial = f.batch(&[[1.0]; 70])?.partial(Transform::Gradient, &[2.0], 640)?;
    /// assert_eq!(partial.rows(), [640..710]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `uniform` has the wrong number of values;
    /// [`Argument`](crate::ErrorKind::Argument) if `first` is no multiple of 64, or if the question needs an output and there
    /// is none, or further inputs, such as a direction; [`Branch`](crate::ErrorKind::Branch) if a comparison took a different
    /// branch than when the program was traced. The message names the row among all rows.
    pub fn partial<U: Parameters + ?Sized>(
        &mut self,
        transform: Transform,
        uniform: &U,
        first: usize,
    ) -> Result<Partial> {
        check_question(transform)?;
        self.rows.offset = first;
        let partial = self.partial_at_offset(transform, uniform);
        self.rows.offset = 0;
        partial
    }

    fn partial_at_offset<U: Parameters + ?Sized>(
        &mut self,
        transform: Transform,
        uniform: &U,
    ) -> Result<Partial> {
        let threads = self.threads;
        let (answer, rows) = self.answer(uniform, transform, Over::Sum)?;
        answer.set_uniform(|inputs| uniform.write_parameters(inputs))?;
        let mut partial = Partial::new(transform, answer);
        answer.pieces(rows, threads, &mut partial.pieces)?;
        Ok(partial)
    }

    /// Whether a question of this kind was asked.
    #[cfg(test)]
    pub(super) fn has_answer(&self, transform: Transform) -> bool {
        self.answers.keys().any(|(asked, _)| *asked == transform)
    }

    fn diagonal_is_long<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
        over: Over,
    ) -> Result<bool> {
        let program = &self.program;
        let (expected, found) = (program.uniform_inputs(), uniform.parameter_count());
        check_length("uniform", expected, found)?;
        let is_long = || program.core().diagonal_is_long(over);
        self.diagonal_is_long.get_or_make(over, is_long).copied()
    }

    /// The diagonal of every row's Hessian, one direction at a time, in linear memory.
    fn long_diagonals<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<(&[f64], &[f64], &[f64])> {
        let [mut values, mut gradients, mut diagonals] = std::mem::take(&mut self.long);
        let of_rows: [&[f64]; 2] = self.each_row(uniform, Transform::Gradient, &[])?;
        replace(&mut values, of_rows[0]);
        replace(&mut gradients, of_rows[1]);
        let (count, rows) = (self.program.core().variables(), self.len());
        diagonals.resize(rows * count, 0.0);
        let mut v = vec![0.0; count];
        for place in 0..count {
            v[place] = 1.0;
            let order = self.order;
            let [column] = self.each_row(uniform, Transform::Curvature, &v)?;
            v[place] = 0.0;
            match order {
                Order::RowMajor => {
                    let entries = diagonals.iter_mut().skip(place).step_by(count);
                    entries
                        .zip(column)
                        .for_each(|(entry, &value)| *entry = value);
                }
                Order::ColumnMajor => diagonals[place * rows..][..rows].copy_from_slice(column),
            }
        }
        self.long = [values, gradients, diagonals];
        let [values, gradients, diagonals] = &self.long;
        Ok((values, gradients, diagonals))
    }

    /// The diagonal of the sum's Hessian, one direction at a time, in linear memory.
    fn long_sum_diagonal<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<(f64, &[f64], &[f64])> {
        let [values, mut gradient, mut diagonal] = std::mem::take(&mut self.long);
        let of_sum: [&[f64]; 2] = self.sum(uniform, Transform::Gradient, &[], 1.0)?;
        let value = of_sum[0][0];
        replace(&mut gradient, of_sum[1]);
        diagonal.clear();
        let mut v = vec![0.0; gradient.len()];
        for place in 0..v.len() {
            v[place] = 1.0;
            let [entry] = self.sum(uniform, Transform::Curvature, &v, 1.0)?;
            diagonal.push(entry[0]);
            v[place] = 0.0;
        }
        self.long = [values, gradient, diagonal];
        let [_, gradient, diagonal] = &self.long;
        Ok((value, gradient, diagonal))
    }

    /// The parts of a transform's outputs for every row. `v` are the uniform inputs that the transform adds.
    fn each_row<U: Parameters + ?Sized, const N: usize>(
        &mut self,
        uniform: &U,
        transform: Transform,
        v: &[f64],
    ) -> Result<[&[f64]; N]> {
        let (threads, order) = (self.threads, self.order);
        let (answer, rows) = self.answer(uniform, transform, Over::Rows)?;
        let count = uniform.parameter_count();
        answer.set_uniform(|inputs| {
            let (place, further) = inputs.split_at_mut(count);
            uniform.write_parameters(place);
            further.copy_from_slice(v);
        })?;
        let parts = answer.each_row(rows, threads, order)?;
        Ok(array::from_fn(|part| &parts[part][..]))
    }

    /// The parts of a transform's outputs for the sums over all rows, divided by `divisor`. `v` are the uniform inputs that
    /// the transform adds.
    fn sum<U: Parameters + ?Sized, const N: usize>(
        &mut self,
        uniform: &U,
        transform: Transform,
        v: &[f64],
        divisor: f64,
    ) -> Result<[&[f64]; N]> {
        let threads = self.threads;
        if let Transform::Jvp | Transform::Hvp = transform {
            check_length("v", self.program.core().uniform_variables(), v.len())?;
        }
        let (answer, rows) = self.answer(uniform, transform, Over::Sum)?;
        let count = uniform.parameter_count();
        answer.set_uniform(|inputs| {
            let (place, further) = inputs.split_at_mut(count);
            uniform.write_parameters(place);
            further.copy_from_slice(v);
        })?;
        answer.sums(rows, threads)?;
        let (outputs, parts) = answer.outputs_of_sums(divisor);
        let mut parts = parts.split(outputs);
        Ok(array::from_fn(|_| parts.next().unwrap_or_default()))
    }

    pub(super) fn row_order(&self) -> Order {
        self.order
    }

    /// One number of a row.
    #[cfg(feature = "nn")]
    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.rows.at(row, column)
    }

    /// The inputs of the program for one row.
    pub(super) fn point(
        &self,
        uniform: &(impl Parameters + ?Sized),
        row: usize,
    ) -> Result<Vec<f64>> {
        let (expected, found) = (self.program.uniform_inputs(), uniform.parameter_count());
        check_length("uniform", expected, found)?;
        let mut x = vec![0.0; found];
        uniform.write_parameters(&mut x);
        x.extend(self.rows.row(row));
        Ok(x)
    }

    fn answer<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
        transform: Transform,
        over: Over,
    ) -> Result<(&mut Answer, &Blocks)> {
        let program = &self.program;
        check_length(
            "uniform",
            program.uniform_inputs(),
            uniform.parameter_count(),
        )?;
        let make = || Ok(answer(program.core().compiled(transform, over)?));
        let answer = self.answers.get_or_make((transform, over), make)?;
        Ok((answer, &self.rows))
    }
}

/// Gives a buffer this content.
fn replace(buffer: &mut Vec<f64>, content: &[f64]) {
    buffer.clear();
    buffer.extend_from_slice(content);
}
