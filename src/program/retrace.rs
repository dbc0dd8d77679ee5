//! Programs traced anew where a branch is taken otherwise: one for every way through the function that points have taken.

use std::collections::HashMap;

use super::code::Class;
use super::{Batch, Evaluator, Outputs, Program};
use crate::error::{Error, ErrorKind, Result};
use crate::var::Var;

/// A function with branches, and a program for each way through it that was asked for so far.
///
/// A point is evaluated by the program whose comparisons all come out there as when it was traced; if there is none, the
/// function is traced at the point. So every answer is that of the tape, to the last bit, and few points pay for a trace.
///
/// ```
/// use chainrule::{Retraced, Var};
///
/// let mut abs = Retraced::new(1, |x: &[Var]| if x[0] < 0.0 { -x[0] } else { x[0] });
/// assert_eq!(abs.gradient(&[3.0])?, (3.0, &[1.0][..]));
/// assert_eq!(abs.gradient(&[-2.0])?, (2.0, &[-1.0][..]));
/// assert_eq!(abs.gradient(&[5.0])?, (5.0, &[1.0][..]));
/// assert_eq!(abs.programs(), 2);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Retraced<F> {
    function: F,
    inputs: usize,
    /// A program for each way, in the order in which they were met.
    ways: Vec<Evaluator>,
    /// The same with the first so many inputs uniform, as far as they were asked for.
    shared: HashMap<(usize, usize), Program>,
}

impl<F, O> Retraced<F>
where
    F: Fn(&[Var]) -> O,
    O: Outputs,
{
    /// A function of so many inputs, not traced yet.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let f = Retraced::new(2, |x: &[Var]| x[0] * x[1]);
    /// assert_eq!(f.programs(), 0);
    /// ```
    pub fn new(inputs: usize, function: F) -> Self {
        Self {
            function,
            inputs,
            ways: Vec::new(),
            shared: HashMap::new(),
        }
    }

    /// How many programs there are: ways through the function that points have taken so far.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let mut f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() });
    /// f.values(&[0.5])?;
    /// f.values(&[2.0])?;
    /// f.values(&[0.1])?;
    /// assert_eq!(f.programs(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn programs(&self) -> usize {
        self.ways.len()
    }

    /// Every output at a point.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let mut f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() });
    /// assert_eq!(f.values(&[0.5])?, [0.25]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](ErrorKind::Length) if `x` has not as many values as there are inputs, and what the function itself
    /// returns.
    pub fn values(&mut self, x: &[f64]) -> Result<&[f64]> {
        let way = self.way(x)?;
        self.ways[way].values(x)
    }

    /// The first output at a point, and its derivatives by every input.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let mut f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() });
    /// assert_eq!(f.gradient(&[0.5])?, (0.25, &[1.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values), and if there is no output.
    pub fn gradient(&mut self, x: &[f64]) -> Result<(f64, &[f64])> {
        let way = self.way(x)?;
        self.ways[way].gradient(x)
    }

    /// The first output of every row, and its derivatives by every input, row by row.
    ///
    /// Rows that take the same way are computed together.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let mut abs = Retraced::new(1, |x: &[Var]| if x[0] < 0.0 { -x[0] } else { x[0] });
    /// assert_eq!(abs.gradients(&[[1.0], [-2.0], [3.0]])?, (vec![1.0, 2.0, 3.0], vec![1.0, -1.0, 1.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient); an error of lengths names the row, counted from 0.
    pub fn gradients<R: AsRef<[f64]>>(&mut self, rows: &[R]) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut values = vec![0.0; rows.len()];
        let mut gradients = vec![0.0; rows.len() * self.inputs];
        for (way, places) in self.by_way(&[], rows)? {
            let some: Vec<&[f64]> = places.iter().map(|&row| rows[row].as_ref()).collect();
            let mut batch: Batch = self.ways[way].program().batch(&some)?;
            let (of_rows, slopes) = batch.gradients(&[])?;
            for (place, (&row, &value)) in places.iter().zip(of_rows).enumerate() {
                values[row] = value;
                let slopes = &slopes[place * self.inputs..][..self.inputs];
                gradients[row * self.inputs..][..self.inputs].copy_from_slice(slopes);
            }
        }
        Ok((values, gradients))
    }

    /// The sum of the first output over all rows, and its derivatives by the first inputs, which are the same for all of
    /// them: for the parameters of a function that decides row by row.
    ///
    /// Rows that take the same way are computed together, and the ways' sums are added in the order in which they were met.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let mut f = Retraced::new(2, |x: &[Var]| if x[1] < 0.0 { x[0] * x[1] } else { x[0].square() });
    /// assert_eq!(f.sum_gradient(&[3.0], &[[-1.0], [2.0], [-5.0]])?, (-3.0 + 9.0 - 15.0, vec![-1.0 + 6.0 - 5.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient); an error of lengths names the row, counted from 0.
    pub fn sum_gradient<R: AsRef<[f64]>>(
        &mut self,
        uniform: &[f64],
        rows: &[R],
    ) -> Result<(f64, Vec<f64>)> {
        let (mut total, mut derivatives) = (0.0, vec![0.0; uniform.len()]);
        for (way, places) in self.by_way(uniform, rows)? {
            let some: Vec<&[f64]> = places.iter().map(|&row| rows[row].as_ref()).collect();
            let program = self.shared.entry((way, uniform.len())).or_insert_with(|| {
                let program = self.ways[way].program();
                let mut code = program.code().clone();
                code.inputs[..uniform.len()].fill(Class::Uniform);
                program.with_code(code)
            });
            let mut batch = program.batch(&some)?;
            let (sum, slopes) = batch.sum_gradient(uniform)?;
            total += sum;
            for (derivative, slope) in derivatives.iter_mut().zip(slopes) {
                *derivative += slope;
            }
        }
        Ok((total, derivatives))
    }

    /// The rows that take each way, behind these uniform inputs; ways in the order in which they were met.
    fn by_way<R: AsRef<[f64]>>(
        &mut self,
        uniform: &[f64],
        rows: &[R],
    ) -> Result<Vec<(usize, Vec<usize>)>> {
        let width = self.inputs.checked_sub(uniform.len()).ok_or_else(|| {
            Error::argument(
                "uniform",
                format!("{} values for {} inputs", uniform.len(), self.inputs),
            )
        })?;
        for (row, x) in rows.iter().enumerate() {
            Program::check_len(&format!("row {row}"), width, x.as_ref().len())?;
        }
        let mut by_way: Vec<Vec<usize>> = Vec::new();
        let mut point = uniform.to_vec();
        for (row, x) in rows.iter().enumerate() {
            point.truncate(uniform.len());
            point.extend_from_slice(x.as_ref());
            let way = self.way(&point)?;
            if by_way.len() <= way {
                by_way.resize_with(way + 1, Vec::new);
            }
            by_way[way].push(row);
        }
        let ways = by_way.into_iter().enumerate();
        Ok(ways.filter(|(_, rows)| !rows.is_empty()).collect())
    }

    /// The place of the program for a point, traced there if need be.
    fn way(&mut self, x: &[f64]) -> Result<usize> {
        Program::check_len("x", self.inputs, x.len())?;
        for (place, way) in self.ways.iter_mut().enumerate() {
            match way.values(x) {
                Err(error) if error.kind() == ErrorKind::Branch => {}
                answer => return answer.map(|_| place),
            }
        }
        let program = Program::trace_at(x, &self.function)?;
        // A comparison that depends on more than the inputs, such as the time, could fail at once.
        let mut way = program.evaluator();
        match way.values(x) {
            Err(error) if error.kind() == ErrorKind::Branch => {
                return Err(Error::argument(
                    "function",
                    format!("does not branch by its inputs alone: {error}"),
                ));
            }
            answer => answer?,
        };
        self.ways.push(way);
        Ok(self.ways.len() - 1)
    }
}
