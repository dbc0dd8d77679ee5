//! What is wrong with a program's numbers at a point: products of 0 and ∞, and the first value that is not finite.

use super::batch::Batch;
use super::function::Program;
use crate::backend::Order;
use crate::error::{Error, Result};
use crate::graph::NonFinite;
use crate::parameters::Parameters;
use crate::sweep::diagnosis::ZeroProduct;

impl Program {
    /// The first output at a point, and its derivatives with respect to every variable, where indeterminate products `0·∞` are
    /// NaN; and every product of 0 with ∞ or NaN in the chain rule.
    ///
    /// A zero is exact if it does not depend on a variable; see [`with_respect_to`](Self::with_respect_to). This evaluates the
    /// program on the tape, for one point. See [`Diagnosis`](crate::Diagnosis).
    ///
    /// ```
    /// use chainrule::Program;
    ///
    /// let norm = Program::trace(2, |x| (x[0].square() + x[1].square()).sqrt())?;
    /// assert_eq!(norm.gradient(&[0.0, 0.0])?, (0.0, vec![0.0, 0.0]));
    /// let (value, gradient, zeros) = norm.diagnose(&[0.0, 0.0])?;
    /// assert_eq!((value, gradient[0].is_nan(), zeros.len()), (0.0, true, 2));
    /// assert!(norm.diagnose(&[3.0, 4.0])?.2.is_empty());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn diagnose(&self, x: &[f64]) -> Result<(f64, Vec<f64>, Vec<ZeroProduct>)> {
        // What is not differentiated is constant, so that its zeros are exact.
        let replay = self.replay(x, &self.ir().variables())?;
        let none = || Error::argument("outputs", "expected at least 1, found 0");
        let y = *replay.outputs.first().ok_or_else(none)?;
        let mut diagnosis = replay.graph.diagnose(&[(y, 1.0)]);
        let zeros = diagnosis.zeros.iter_mut();
        zeros.for_each(|zero| replay.place(&mut zero.operation));
        let gradient = diagnosis.gradients.of(&replay.variables);
        Ok((diagnosis.values[0], gradient, diagnosis.zeros))
    }

    /// The first infinite or NaN value at a point, and the way from there to an output; `None` if all values are finite.
    ///
    /// If an output is not finite, it is a value that made it so. Its [`Origin`](crate::Origin) has the name, groups and line
    /// that were recorded while tracing; trace inside [`tape::located`](crate::tape::located) to have lines.
    ///
    /// ```
    /// use chainrule::{Program, tape};
    ///
    /// let f = tape::located(|| Program::trace_at(&[1.0, 2.0], |x| x[0].ln() * x[1] + 1.0))?;
    /// assert!(f.first_nonfinite(&[1.0, 2.0])?.is_none());
    /// let first = f.first_nonfinite(&[-1.0, 2.0])?.unwrap();
    /// assert_eq!(first.operation.operands, [-1.0]);
    /// assert!(first.operation.origin.location.is_some());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn first_nonfinite(&self, x: &[f64]) -> Result<Option<NonFinite>> {
        let replay = self.replay(x, &self.all_inputs())?;
        let found = replay.graph.first_nonfinite(&replay.outputs);
        Ok(found.map(|found| replay.place_all(found)))
    }

    /// The first infinite or NaN derivative of the first output at a point, in the order of the backward sweep; `None` if all
    /// are finite.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].sqrt() * x[1])?;
    /// let first = f.first_nonfinite_gradient(&[0.0, 2.0])?.unwrap();
    /// assert_eq!((first.operation.op.row().name, first.term.unwrap().adjoint), ("Sqrt", 2.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn first_nonfinite_gradient(&self, x: &[f64]) -> Result<Option<NonFinite>> {
        let replay = self.replay(x, &self.ir().variables())?;
        let seeded = replay.outputs.first().map(|&y| (y, 1.0));
        let found = replay.graph.first_nonfinite_gradient(seeded.as_slice());
        Ok(found.map(|found| replay.place_all(found)))
    }

    fn all_inputs(&self) -> Vec<u32> {
        (0..self.inputs() as u32).collect()
    }
}

impl Batch {
    /// [`Program::diagnose`] for every row: the first outputs, their derivatives with respect to every variable (row by row),
    /// where indeterminate products are NaN, and every product of 0 with ∞ or NaN, with its row.
    ///
    /// Rows are evaluated on the tape one after another, which takes much longer than [`gradients`](Self::gradients).
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| x[0].sqrt().square())?;
    /// let (values, gradients, zeros) = f.batch(&[[4.0], [0.0]])?.diagnose(&[])?;
    /// assert_eq!((&values[..], gradients[0], gradients[1].is_nan()), (&[4.0, 0.0][..], 1.0, true));
    /// assert_eq!((zeros.len(), zeros[0].row), (1, Some(1)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients).
    pub fn diagnose<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<(Vec<f64>, Vec<f64>, Vec<ZeroProduct>)> {
        // Finds rows that take another branch.
        self.values(uniform)?;
        let mut all = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..self.len() {
            let x = self.point(uniform, row)?;
            let (value, gradient, mut zeros) = self.program().diagnose(&x)?;
            all.0.push(value);
            all.1.extend(gradient);
            for zero in &mut zeros {
                zero.row = Some(row);
            }
            all.2.extend(zeros);
        }
        Ok(all)
    }

    /// The first infinite or NaN value of the first row with an output that is not finite, and the way from there to the
    /// output; `None` if all outputs of all rows are finite.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[1.0], 1, |p, row| (p[0] - row[0]).ln() * 2.0)?;
    /// let first = f.batch(&[[1.0], [5.0]])?.first_nonfinite(&[3.0])?.unwrap();
    /// assert_eq!((first.row, &first.operation.operands[..]), (Some(1), &[-2.0][..]));
    /// assert!(first.to_string().starts_with("row 1: not finite: Ln(-2.0) = NaN"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn first_nonfinite<U: Parameters + ?Sized>(
        &mut self,
        uniform: &U,
    ) -> Result<Option<NonFinite>> {
        let outputs = self.program().outputs();
        self.first_nonfinite_among(outputs, uniform)
    }

    /// Does the same for the first `count` outputs.
    pub(crate) fn first_nonfinite_among<U: Parameters + ?Sized>(
        &mut self,
        count: usize,
        uniform: &U,
    ) -> Result<Option<NonFinite>> {
        let (rows, outputs, order) = (self.len(), self.program().outputs(), self.row_order());
        let values = self.values(uniform)?;
        let at = |row: usize, output: usize| match order {
            Order::RowMajor => values[row * outputs + output],
            Order::ColumnMajor => values[output * rows + row],
        };
        let is_finite = |&row: &usize| (0..count).all(|output| at(row, output).is_finite());
        let Some(row) = (0..rows).find(|row| !is_finite(row)) else {
            return Ok(None);
        };
        let x = self.point(uniform, row)?;
        let found = self.program().first_nonfinite(&x)?;
        Ok(found.map(|found| NonFinite {
            row: Some(row),
            ..found
        }))
    }

    /// Checks that every output of every row is finite; [`check_finite`](Self::check_finite) checks the rows themselves.
    ///
    /// ```
    /// use chainrule::{ErrorKind, Program};
    /// let mut batch = Program::trace_at(&[1.0], |x| x[0].ln())?.batch(&[[1.0], [-1.0]])?;
    /// assert_eq!(batch.check_finite_values(&[]).unwrap_err().kind(), ErrorKind::NonFinite);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NonFinite`](crate::ErrorKind::NonFinite), with what [`first_nonfinite`](Self::first_nonfinite) finds as its source;
    /// otherwise as [`values`](Self::values).
    pub fn check_finite_values<U: Parameters + ?Sized>(&mut self, uniform: &U) -> Result<()> {
        match self.first_nonfinite(uniform)? {
            Some(found) => Err(found.into_error()),
            None => Ok(()),
        }
    }
}
