//! Rows that arrive one after another, or table by table, and need not fit into memory.

use std::ops::Range;

use super::answers::answer;
use super::core::Over;
use super::function::Program;
use super::partial::{Partial, check_question, divisor};
use crate::backend::{Answer, BLOCK, Blocks, Flat, Pieces, RowsOfTable, Table};
use crate::error::{Error, Result, check_length};
use crate::parameters::Parameters;
use crate::transform::Transform;

/// The number of rows that are kept before they are computed: a power of two of blocks, so that their sum is a subtree.
const KEPT: usize = 64 * BLOCK;

/// A sum over rows that arrive one at a time or table by table, for instance from a file, and its gradient.
///
/// At most 4096 rows are kept. The result has the bits of a [`Batch`](crate::Batch) with all rows. To compute some of the rows
/// here and others elsewhere, [`seek`](Self::seek) the first row and ask for a [`partial`](Self::partial) sum.
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
    partial: Partial,
    width: usize,
    threads: usize,
    /// The kept rows, one after another.
    kept: Vec<f64>,
    /// The kept rows when they are computed. The offset is the index of the first one.
    rows: Blocks,
    /// The index of the next row.
    next: usize,
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
        self.stream_of(Transform::Gradient, uniform)
    }

    /// Starts the sums that answer another question, for [partial](Stream::partial) sums.
    ///
    /// ```
    /// use chainrule::{Columns, Mode, Program, Transform};
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| [p[0] * row[0], p[0].square()])?;
    /// let mut stream = f.stream_of(Transform::Jacobian(Mode::Cheaper), &[10.0])?;
    /// stream.push_rows(&Columns::new(&[&[1.0, 2.0]])?)?;
    /// let sums = stream.partial()?.sums(&f, 2)?;
    /// assert_eq!(sums, [[30.0, 200.0], [3.0, 40.0]]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`stream`](Self::stream), and [`Argument`](crate::ErrorKind::Argument) if the question needs further inputs, such as
    /// a direction.
    pub fn stream_of<U: Parameters + ?Sized>(
        &self,
        transform: Transform,
        uniform: &U,
    ) -> Result<Stream> {
        check_question(transform)?;
        check_length("uniform", self.uniform_inputs(), uniform.parameter_count())?;
        let mut answer = answer(self.core().compiled(transform, Over::Sum)?);
        answer.set_uniform(|inputs| uniform.write_parameters(inputs))?;
        let width = self.inputs() - self.uniform_inputs();
        Ok(Stream {
            partial: Partial::new(transform, &answer),
            answer,
            width,
            threads: 0,
            kept: Vec::new(),
            rows: Blocks::new(width, &[[0.0; 0]; 0])?,
            next: 0,
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
            let name = format!("row {}", self.next);
            return Err(Error::length(&name, self.width, row.len()));
        }
        self.kept.extend_from_slice(row);
        self.add_count(1);
        if self.next.is_multiple_of(KEPT) {
            self.compute()?;
        }
        Ok(())
    }

    /// Adds the rows of a table: rows, [flat](Flat) numbers or [columns](crate::Columns).
    ///
    /// Blocks of 64 rows are computed straight from the table, so columns never become rows. A table of several thousand
    /// rows keeps all threads busy.
    ///
    /// ```
    /// use chainrule::{Columns, Program};
    /// let f = Program::trace_rows(&[0.0], 2, |p, row| p[0] * row[0] + row[1])?;
    /// let mut stream = f.stream(&[2.0])?;
    /// for [x, y] in [[[3.0, 1.0], [4.0, 1.0]], [[5.0, 2.0], [6.0, 2.0]]] {
    ///     stream.push_rows(&Columns::new(&[&x, &y])?)?;
    /// }
    /// assert_eq!(stream.sum_gradient()?, (35.0, vec![11.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if a row has the wrong number of values; then no row is added.
    /// [`Argument`](crate::ErrorKind::Argument) if a row was added before, after a [`seek`](Self::seek), and
    /// [`Branch`](crate::ErrorKind::Branch) as in [`push`](Self::push); then the stream must not be used again.
    pub fn push_rows<T: Table + Sync + ?Sized>(&mut self, rows: &T) -> Result<()> {
        let count = rows.rows();
        for row in 0..count {
            let found = rows.width(row);
            if found != self.width {
                let name = format!("row {}", self.next + row);
                return Err(Error::length(&name, self.width, found));
            }
        }
        let open = (BLOCK - self.next % BLOCK) % BLOCK;
        let start = open.min(count);
        self.keep(rows, 0..start);
        if !self.next.is_multiple_of(BLOCK) {
            return Ok(());
        }
        self.compute()?;
        let whole = (count - start) / BLOCK * BLOCK;
        let blocks = RowsOfTable {
            table: rows,
            width: self.width,
            start,
            count: whole,
            first: self.next,
        };
        let pieces = &mut self.partial.pieces;
        self.answer.pieces(&blocks, self.threads, pieces)?;
        self.add_count(whole);
        self.rows.offset = self.next;
        self.keep(rows, start + whole..count);
        Ok(())
    }

    /// Goes to another row: the next row that is pushed has this index. So one stream can add any of the rows.
    ///
    /// The first row must be a multiple of 64. Rows before it may have been left out, to be computed elsewhere.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let mut stream = f.stream(&[2.0])?;
    /// stream.seek(128)?;
    /// stream.push_rows(&[[1.0]; 64])?;
    /// assert_eq!(stream.partial()?.rows(), [128..192]);
    ///
    /// let error = f.stream(&[2.0])?.seek(100).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "first: a piece must begin at a multiple of 64 rows, because sums are added in blocks of 64 rows, found 100"
    /// );
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if `first` is no multiple of 64. Otherwise as [`push_rows`](Self::push_rows),
    /// because the kept rows are computed.
    pub fn seek(&mut self, first: usize) -> Result<()> {
        // Every row that can be pushed from here on can be counted.
        Pieces::check_start(first, isize::MAX.unsigned_abs())?;
        self.compute()?;
        self.next = first;
        self.rows.offset = first;
        Ok(())
    }

    /// The sums over the rows so far, to be merged with others.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0])?;
    /// let [mut a, mut b] = [f.stream(&[2.0])?, f.stream(&[2.0])?];
    /// a.push_rows(&[[1.0]; 64])?;
    /// b.seek(64)?;
    /// b.push_rows(&[[3.0]; 10])?;
    /// let mut partial = b.partial()?;
    /// partial.merge(a.partial()?)?;
    /// assert_eq!(partial.sum_gradient(&f, 74)?, (188.0, vec![94.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`seek`](Self::seek).
    pub fn partial(mut self) -> Result<Partial> {
        self.compute()?;
        Ok(self.partial)
    }

    /// Keeps some rows of a table.
    fn keep(&mut self, table: &(impl Table + ?Sized), rows: Range<usize>) {
        for row in rows.clone() {
            let values = (0..self.width).map(|column| table.at(row, column));
            self.kept.extend(values);
        }
        self.add_count(rows.len());
    }

    fn add_count(&mut self, rows: usize) {
        self.next += rows;
        self.count += rows;
    }

    /// Adds the kept rows to the sums.
    fn compute(&mut self) -> Result<()> {
        let kept = self.next - self.rows.offset;
        if kept == 0 {
            return Ok(());
        }
        self.rows
            .fill(&Flat::of_rows(&self.kept, self.width, kept))?;
        let pieces = &mut self.partial.pieces;
        self.answer.pieces(&self.rows, self.threads, pieces)?;
        self.rows.offset = self.next;
        self.kept.clear();
        Ok(())
    }

    /// The sum of the first output over all rows up to the last one, and its derivatives with respect to the uniform inputs.
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
    /// [`Branch`](crate::ErrorKind::Branch) if a comparison took a different branch than when the program was traced;
    /// [`Argument`](crate::ErrorKind::Argument) if rows were left out or the stream answers another question.
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
        self.compute()?;
        let rows = self.partial.rows().last().map_or(0, |rows| rows.end);
        self.partial.gradient(&mut self.answer, rows, divisor)
    }
}
