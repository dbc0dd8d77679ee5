//! A function with branches: one program for each path that points have taken.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::answers::Memo;
use super::function::Program;
use super::outputs::Outputs;
use crate::backend::Table;
use crate::error::{Error, ErrorKind, Result, check_length};
use crate::var::Var;

/// A function with branches, and a program for each path through it so far.
///
/// A point is evaluated by the program whose comparisons all take the same branches there as when it was traced. If there
/// is none, the function is traced at the point. So every answer has the bits of the tape, and few points cost a trace.
/// A function that reads the [number](Var::value) of a value is traced at every point, and these programs are not kept.
///
/// ```
/// use chainrule::{Retraced, Var};
///
/// let abs = Retraced::new(1, |x: &[Var]| if x[0] < 0.0 { -x[0] } else { x[0] });
/// assert_eq!(abs.gradient(&[3.0])?, (3.0, vec![1.0]));
/// assert_eq!(abs.gradient(&[-2.0])?, (2.0, vec![-1.0]));
/// assert_eq!(abs.gradient(&[5.0])?, (5.0, vec![1.0]));
/// assert_eq!(abs.programs(), 2);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub struct Retraced<F> {
    function: F,
    inputs: usize,
    paths: Mutex<Paths>,
}

#[derive(Default)]
struct Paths {
    /// A program for each path, in the order of discovery.
    programs: Vec<Program>,
    /// Variants whose first `n` inputs are uniform, by path and `n`, built on demand.
    uniform: Memo<(usize, usize), Program>,
}

impl<F, O> Retraced<F>
where
    F: Fn(&[Var]) -> O,
    O: Outputs,
{
    /// A function of `inputs` inputs, not traced yet.
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
            paths: Mutex::default(),
        }
    }

    /// The number of programs, one for each path that points have taken so far.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() });
    /// f.values(&[0.5])?;
    /// f.values(&[2.0])?;
    /// f.values(&[0.1])?;
    /// assert_eq!(f.programs(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn programs(&self) -> usize {
        self.paths().programs.len()
    }

    fn paths(&self) -> MutexGuard<'_, Paths> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every output at a point.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() });
    /// assert_eq!(f.values(&[0.5])?, [0.25]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](ErrorKind::Length) if `x` has the wrong number of values, and the function's own error.
    pub fn values(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.program(x)?.1.values(x)
    }

    /// The first output at a point, and its derivatives with respect to every input.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() });
    /// assert_eq!(f.gradient(&[0.5])?, (0.25, vec![1.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values), and if there is no output.
    pub fn gradient(&self, x: &[f64]) -> Result<(f64, Vec<f64>)> {
        self.program(x)?.1.gradient(x)
    }

    /// The program for a point, traced there if there is none yet. It answers every question.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() });
    /// assert_eq!(f.program_at(&[0.5])?.hessian(&[0.5])?, (0.25, vec![1.0], vec![2.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn program_at(&self, x: &[f64]) -> Result<Program> {
        Ok(self.program(x)?.1)
    }

    /// The first output of every row, and its derivatives with respect to every input, row by row.
    ///
    /// Rows on the same path are computed together.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let abs = Retraced::new(1, |x: &[Var]| if x[0] < 0.0 { -x[0] } else { x[0] });
    /// assert_eq!(abs.gradients(&[[1.0], [-2.0], [3.0]])?, (vec![1.0, 2.0, 3.0], vec![1.0, -1.0, 1.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient). A length error names the row, counted from 0.
    pub fn gradients<T: Table + ?Sized>(&self, rows: &T) -> Result<(Vec<f64>, Vec<f64>)> {
        let count = rows.rows();
        let mut values = vec![0.0; count];
        let mut gradients = vec![0.0; count * self.inputs];
        for (_, program, some) in self.by_path(&[], rows)? {
            let mut batch = program.batch(&some.rows)?;
            let (of_rows, slopes) = batch.gradients(&[])?;
            for (place, (&row, &value)) in some.places.iter().zip(of_rows).enumerate() {
                values[row] = value;
                let slopes = &slopes[place * self.inputs..][..self.inputs];
                gradients[row * self.inputs..][..self.inputs].copy_from_slice(slopes);
            }
        }
        Ok((values, gradients))
    }

    /// The sum of the first output over all rows, and its derivatives with respect to the first inputs, which all rows
    /// share. These are the parameters of a function that branches row by row.
    ///
    /// Rows on the same path are computed together, and the paths' sums are added in the order of discovery.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let f = Retraced::new(2, |x: &[Var]| if x[1] < 0.0 { x[0] * x[1] } else { x[0].square() });
    /// assert_eq!(f.sum_gradient(&[3.0], &[[-1.0], [2.0], [-5.0]])?, (-3.0 + 9.0 - 15.0, vec![-1.0 + 6.0 - 5.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient). A length error names the row, counted from 0.
    pub fn sum_gradient<T: Table + ?Sized>(
        &self,
        uniform: &[f64],
        rows: &T,
    ) -> Result<(f64, Vec<f64>)> {
        let (mut total, mut derivatives) = (0.0, vec![0.0; uniform.len()]);
        for (path, program, some) in self.by_path(uniform, rows)? {
            let make = || program.with_uniform_inputs(uniform.len());
            let program = match path {
                None => make()?,
                Some(path) => {
                    let key = (path, uniform.len());
                    self.paths().uniform.get_or_make(key, make)?.clone()
                }
            };
            let mut batch = program.batch(&some.rows)?;
            let (sum, slopes) = batch.sum_gradient(uniform)?;
            total += sum;
            for (derivative, slope) in derivatives.iter_mut().zip(slopes) {
                *derivative += slope;
            }
        }
        Ok((total, derivatives))
    }

    /// The rows of each path, with these uniform inputs before each row. The paths are in the order of discovery; those that
    /// are not kept have one row each and come last.
    fn by_path<T: Table + ?Sized>(
        &self,
        uniform: &[f64],
        rows: &T,
    ) -> Result<Vec<(Option<usize>, Program, RowsOnPath)>> {
        let width = self.inputs.checked_sub(uniform.len()).ok_or_else(|| {
            let (most, found) = (self.inputs, uniform.len());
            let problem = format!("expected at most {most} values, found {found}");
            Error::argument("uniform", problem)
        })?;
        for row in 0..rows.rows() {
            check_length(&format!("row {row}"), width, rows.width(row))?;
        }
        let mut by_path: Vec<(Option<usize>, Program, RowsOnPath)> = Vec::new();
        let mut point = uniform.to_vec();
        for row in 0..rows.rows() {
            point.truncate(uniform.len());
            point.extend((0..width).map(|column| rows.at(row, column)));
            let (path, program) = self.program(&point)?;
            let key = |path: Option<usize>| (path.is_none(), path);
            let known = match path {
                Some(_) => by_path.binary_search_by_key(&key(path), |&(path, ..)| key(path)),
                None => Err(by_path.len()),
            };
            let place = match known {
                Ok(place) => place,
                Err(place) => {
                    by_path.insert(place, (path, program, RowsOnPath::default()));
                    place
                }
            };
            by_path[place].2.places.push(row);
            by_path[place].2.rows.push(point[uniform.len()..].to_vec());
        }
        Ok(by_path)
    }

    /// The program for a point, and its index if it is kept.
    fn program(&self, x: &[f64]) -> Result<(Option<usize>, Program)> {
        check_length("x", self.inputs, x.len())?;
        let mut searched = 0;
        let mut traced: Option<Program> = None;
        loop {
            // Not under the lock: other points are answered meanwhile.
            let known = self.paths().programs.get(searched).cloned();
            if let Some(program) = known {
                match program.check_branches(x) {
                    Err(error) if error.kind() == ErrorKind::Branch => searched += 1,
                    answer => return answer.map(|()| (Some(searched), program)),
                }
            } else if let Some(program) = traced.take_if(|program| program.reads_numbers()) {
                return Ok((None, program));
            } else if let Some(program) = &traced {
                let programs = &mut self.paths().programs;
                // Another thread may have met this path since.
                if programs.len() == searched {
                    programs.push(program.clone());
                    return Ok((Some(searched), program.clone()));
                }
            } else {
                traced = Some(self.trace(x)?);
            }
        }
    }

    fn trace(&self, x: &[f64]) -> Result<Program> {
        let program = Program::trace_at(x, &self.function)?;
        // A comparison that depends on more than the inputs, such as the time, may already differ.
        match program.check_branches(x) {
            Err(error) if error.kind() == ErrorKind::Branch => {
                let problem = format!("its branches depend on more than its inputs: {error}");
                Err(Error::argument("function", problem))
            }
            answer => answer.map(|()| program),
        }
    }
}

/// The rows on one path, and their indices among all rows.
#[derive(Default)]
struct RowsOnPath {
    places: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

impl<F> fmt::Debug for Retraced<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retraced")
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}
