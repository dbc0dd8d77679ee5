//! Sums over some of the rows, which join to the sums over all rows.

use std::ops::Range;

use super::answers::answer;
use super::core::Over;
use super::function::Program;
use crate::backend::{Answer, Pieces};
use crate::error::{Error, Result, check_length};
use crate::transform::Transform;

/// Sums over some of the rows of a data set, which join to the sums over all rows.
///
/// A [`Batch`](crate::Batch) and a [`Stream`](crate::Stream) make them, on any thread, in any process and on any machine.
/// [`merge`](Self::merge) joins them in any order. The result has the bits of one batch with all rows, no matter how the rows
/// are cut: sums over rows are added in blocks of 64 rows and along a fixed tree over the blocks, and a `Partial` keeps the
/// sums over whole subtrees.
///
/// The only rule is that a piece begins at a multiple of 64 rows, and so ends at one, unless it has the last row of all.
/// Pieces whose first row and length are the same power of two, such as 4096, or multiples of it, are the smallest: one list
/// of sums each.
///
/// With the feature `serde`, a `Partial` can be written in any format. Numbers are written as bits.
///
/// ```
/// use chainrule::{Program, Transform};
///
/// let rows: Vec<[f64; 1]> = (0..100).map(|row| [0.1 * f64::from(row)]).collect();
/// let f = Program::trace_rows(&[0.0], 1, |p, row| (p[0] * row[0]).sin())?;
/// let p = [0.7];
///
/// let mut end = f.batch(&rows[64..])?.partial(Transform::Gradient, &p, 64)?;
/// let start = f.batch(&rows[..64])?.partial(Transform::Gradient, &p, 0)?;
/// end.merge(start)?;
/// let (sum, gradient) = end.sum_gradient(&f, 100)?;
/// assert_eq!((sum, &gradient[..]), f.batch(&rows)?.sum_gradient(&p)?);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Partial {
    pub(super) transform: Transform,
    /// Tells the compiled program from others.
    pub(super) program: u64,
    pub(super) uniform: Vec<f64>,
    /// The number of sums.
    pub(super) width: usize,
    pub(super) pieces: Pieces,
}

impl Partial {
    /// No rows so far, for the program and the uniform inputs of this answer.
    pub(super) fn new(transform: Transform, answer: &Answer) -> Self {
        Self {
            transform,
            program: answer.fingerprint(),
            uniform: answer.uniform().to_vec(),
            width: answer.sum_count(),
            pieces: Pieces::default(),
        }
    }

    /// What is summed over the rows.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let partial = f.batch(&[[1.0]])?.partial(Transform::Values, &[2.0], 0)?;
    /// assert_eq!(partial.transform(), Transform::Values);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn transform(&self) -> Transform {
        self.transform
    }

    /// The rows that were added so far, as ascending ranges with gaps between them.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let mut batch = f.batch(&[[1.0]; 64])?;
    /// let mut partial = batch.partial(Transform::Gradient, &[2.0], 0)?;
    /// partial.merge(batch.partial(Transform::Gradient, &[2.0], 640)?)?;
    /// assert_eq!(partial.rows(), [0..64, 640..704]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn rows(&self) -> Vec<Range<usize>> {
        self.pieces.ranges()
    }

    /// Adds the rows of another piece. After an error, nothing was added.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let mut batch = f.batch(&[[1.0]; 64])?;
    /// let mut partial = batch.partial(Transform::Gradient, &[2.0], 64)?;
    /// let error = partial.merge(partial.clone()).unwrap_err();
    /// assert_eq!(error.to_string(), "pieces: rows 64 to 127 are in two pieces");
    /// let other = batch.partial(Transform::Gradient, &[3.0], 0)?;
    /// let error = partial.merge(other).unwrap_err();
    /// assert_eq!(error.to_string(), "uniform: input 0 is 2.0 in one piece and 3.0 in another");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if a row is in both pieces, if rows come after a piece that does not end at a
    /// multiple of 64 rows, or if the pieces are sums of different programs, of different questions, or for different
    /// uniform inputs.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if self.transform != other.transform {
            let problem = format!(
                "a piece with sums of {:?} cannot join one with sums of {:?}",
                other.transform, self.transform
            );
            return Err(Error::argument("transform", problem));
        }
        if (self.program, self.width) != (other.program, other.width) {
            let problem = "the pieces are sums of different programs";
            return Err(Error::argument("program", problem));
        }
        check_length("uniform", self.uniform.len(), other.uniform.len())?;
        let mut inputs = self.uniform.iter().zip(&other.uniform).enumerate();
        if let Some((input, (a, b))) = inputs.find(|(_, (a, b))| a.to_bits() != b.to_bits()) {
            let problem = format!("input {input} is {a:?} in one piece and {b:?} in another");
            return Err(Error::argument("uniform", problem));
        }
        self.pieces.merge(other.pieces)
    }

    /// The parts of the sums over all rows, as the batch gives them: for [`Transform::Gradient`] the first output and its
    /// gradient, for [`Transform::Jacobian`] all outputs and their Jacobian, for [`Transform::Hessian`] the first output, its
    /// gradient and its Hessian.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| [p[0] * row[0], p[0].square()])?;
    /// let partial = f.batch(&[[1.0], [2.0]])?.partial(Transform::Values, &[10.0], 0)?;
    /// assert_eq!(partial.sums(&f, 2)?, [[30.0, 200.0]]);
    /// let error = partial.sums(&f, 5).unwrap_err();
    /// assert_eq!(error.to_string(), "pieces: rows 2 to 4 are in no piece");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if the pieces do not have exactly the first `rows` rows, or are sums of another
    /// program; [`Branch`](crate::ErrorKind::Branch) if a comparison of uniform inputs took a different branch than when the
    /// program was traced.
    pub fn sums(&self, program: &Program, rows: usize) -> Result<Vec<Vec<f64>>> {
        self.outputs(&mut self.answer(program)?, rows, 1.0)
    }

    /// The sum of the first output over all rows, and its derivatives with respect to the uniform inputs.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let partial = f.batch(&[[1.0], [2.0]])?.partial(Transform::Gradient, &[10.0], 0)?;
    /// assert_eq!(partial.sum_gradient(&f, 2)?, (30.0, vec![3.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`sums`](Self::sums), and if the pieces are no sums of [`Transform::Gradient`].
    pub fn sum_gradient(&self, program: &Program, rows: usize) -> Result<(f64, Vec<f64>)> {
        self.gradient(&mut self.answer(program)?, rows, 1.0)
    }

    /// The mean of the first output over all rows, and its derivatives with respect to the uniform inputs.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let partial = f.batch(&[[1.0], [2.0]])?.partial(Transform::Gradient, &[10.0], 0)?;
    /// assert_eq!(partial.mean_gradient(&f, 2)?, (15.0, vec![1.5]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`sum_gradient`](Self::sum_gradient), and if there are no rows.
    pub fn mean_gradient(&self, program: &Program, rows: usize) -> Result<(f64, Vec<f64>)> {
        self.gradient(&mut self.answer(program)?, rows, divisor(rows)?)
    }

    /// The program's answer at the uniform inputs.
    fn answer(&self, program: &Program) -> Result<Answer> {
        check_question(self.transform)?;
        let mut answer = answer(program.core().compiled(self.transform, Over::Sum)?);
        let found = (answer.fingerprint(), answer.sum_count());
        if found != (self.program, self.width) || answer.uniform().len() != self.uniform.len() {
            let problem = "the pieces are sums of another program";
            return Err(Error::argument("program", problem));
        }
        answer.set_uniform(|inputs| inputs.copy_from_slice(&self.uniform))?;
        Ok(answer)
    }

    /// The first output and its gradient, divided by `divisor`. The answer has the uniform inputs.
    pub(super) fn gradient(
        &self,
        answer: &mut Answer,
        rows: usize,
        divisor: f64,
    ) -> Result<(f64, Vec<f64>)> {
        if self.transform != Transform::Gradient {
            let problem = format!("expected sums of Gradient, found {:?}", self.transform);
            return Err(Error::argument("transform", problem));
        }
        let mut parts = self.outputs(answer, rows, divisor)?.into_iter();
        let value = parts.next().unwrap_or_default();
        Ok((value[0], parts.next().unwrap_or_default()))
    }

    /// The parts of the outputs, divided by `divisor`. The answer has the uniform inputs.
    fn outputs(&self, answer: &mut Answer, rows: usize, divisor: f64) -> Result<Vec<Vec<f64>>> {
        answer.set_sums(&self.pieces.total(rows, self.width)?);
        let (outputs, parts) = answer.outputs_of_sums(divisor);
        Ok(parts.split(outputs).map(<[f64]>::to_vec).collect())
    }
}

/// Checks that a question needs no inputs besides the program's.
pub(super) fn check_question(transform: Transform) -> Result<()> {
    if !transform.adds_inputs() {
        return Ok(());
    }
    let problem = format!("{transform:?} needs more inputs than the program has");
    Err(Error::argument("transform", problem))
}

/// What sums over rows are divided by for their mean.
pub(super) fn divisor(rows: usize) -> Result<f64> {
    if rows == 0 {
        let problem = "expected at least 1 for a mean, found 0";
        return Err(Error::argument("rows", problem));
    }
    Ok(rows as f64)
}
