//! Rows that arrive one after another and need not fit into memory.

use super::answers::answer;
use super::batch::divisor;
use super::core::Over;
use super::function::Program;
use crate::backend::{Answer, BLOCK, Blocks, Flat, Tree};
use crate::error::{Error, Result, check_length};
use crate::parameters::Parameters;
use crate::transform::Transform;

/// The number of rows that are kept before they are computed: a power of two of blocks, so that their sum is a subtree.
const KEPT: usize = 64 * BLOCK;

/// A sum over rows that are pushed one at a time, for instance from a file, and its gradient.
///
/// At most 4096 rows are kept. The result has the bits of a [`Batch`](crate::Batch) with all rows.
///
/// ```
/// use chainrule::Program;
///
/// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
/// let mut stream = f.stream(&[10.0])?;
/// for line in "1.0\n2.0\n6.0".lines() {
///     stream.push(&[line.parse().unwrap()])?;
/// }
/// assert_eq!(stream.len(), 3);
/// assert_eq!(stream.mean_gradient()?, (30.0, vec![3.0]));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Stream {
    answer: Answer,
    tree: Tree,
    width: usize,
    threads: usize,
    /// The kept rows, one after another.
    kept: Vec<f64>,
    rows: Blocks,
    count: usize,
}

impl Program {
    /// Starts a sum of the first output over the rows to come, at these uniform inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 2, |p, row| p[0] * row[0] + row[1])?;
    /// let mut stream = f.stream(&[2.0])?;
    /// stream.push(&[3.0, 4.0])?;
    /// assert_eq!(stream.sum_gradient()?, (10.0, vec![3.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Batch::sum_gradient`](crate::Batch::sum_gradient).
    pub fn stream<U: Parameters + ?Sized>(&self, uniform: &U) -> Result<Stream> {
        check_length("uniform", self.uniform_inputs(), uniform.parameter_count())?;
        let mut answer = answer(self.core().compiled(Transform::Gradient, Over::Sum)?);
        answer.set_uniform(|inputs| uniform.write_parameters(inputs))?;
        let width = self.inputs() - self.uniform_inputs();
        let mut tree = Tree::default();
        tree.clear(answer.sum_count());
        Ok(Stream {
            answer,
            tree,
            width,
            threads: 0,
            kept: Vec::new(),
            rows: Blocks::new(width, &[[0.0; 0]; 0])?,
            count: 0,
        })
    }
}

impl Stream {
    /// Sets the number of threads. The default, 0, means one per core. The bits are the same for any number.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut stream = Program::trace_rows(&[1.0], 1, |p, row| p[0] * row[0])?.stream(&[1.0])?.threads(1);
    /// assert!(stream.is_empty());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// The number of rows so far.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| x[0])?.stream(&[])?.len(), 0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no rows yet.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert!(Program::trace(1, |x| x[0])?.stream(&[])?.is_empty());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut stream = Program::trace(1, |x| x[0])?.stream(&[])?;
    /// let error = stream.push(&[1.0, 2.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "row 0: expected 1 value, found 2");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if the row has the wrong number of values; then the row is not added.
    /// [`Branch`](crate::ErrorKind::Branch) if a comparison took a different branch in one of the kept rows; then the
    /// stream must not be used again.
    pub fn push(&mut self, row: &[f64]) -> Result<()> {
        if row.len() != self.width {
            let name = format!("row {}", self.count);
            return Err(Error::length(&name, self.width, row.len()));
        }
        self.kept.extend_from_slice(row);
        self.count += 1;
        if self.count.is_multiple_of(KEPT) {
            self.compute()?;
        }
        Ok(())
    }

    /// Adds the kept rows to the tree of sums.
    fn compute(&mut self) -> Result<()> {
        let kept = self.count - self.rows.offset;
        self.rows
            .fill(&Flat::of_rows(&self.kept, self.width, kept))?;
        let sums = self.answer.sums(&self.rows, self.threads)?;
        self.tree.next().copy_from_slice(sums);
        self.tree.push();
        self.rows.offset = self.count;
        self.kept.clear();
        Ok(())
    }

    /// The sum of the first output over all rows, and its derivatives with respect to the uniform inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut stream = Program::trace_rows(&[1.0], 1, |p, row| p[0] * row[0])?.stream(&[5.0])?;
    /// stream.push(&[2.0])?;
    /// assert_eq!(stream.sum_gradient()?, (10.0, vec![2.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Branch`](crate::ErrorKind::Branch) if a comparison took a different branch than when the program was traced.
    pub fn sum_gradient(self) -> Result<(f64, Vec<f64>)> {
        self.divided(1.0)
    }

    /// The mean of the first output over all rows, and its derivatives with respect to the uniform inputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut stream = Program::trace_rows(&[1.0], 1, |p, row| p[0] * row[0])?.stream(&[5.0])?;
    /// stream.push(&[2.0])?;
    /// stream.push(&[4.0])?;
    /// assert_eq!(stream.mean_gradient()?, (15.0, vec![3.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`sum_gradient`](Self::sum_gradient), and if there are no rows.
    pub fn mean_gradient(self) -> Result<(f64, Vec<f64>)> {
        let rows = divisor(self.count)?;
        self.divided(rows)
    }

    fn divided(mut self, divisor: f64) -> Result<(f64, Vec<f64>)> {
        if self.count > self.rows.offset {
            self.compute()?;
        }
        self.answer.set_sums(self.tree.total());
        let (sums, _) = self.answer.outputs_of_sums(divisor);
        Ok((sums[0], sums[1..].to_vec()))
    }
}
