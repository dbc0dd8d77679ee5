//! A function with branches: one program for each path that points have taken.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::function::Program;
use super::outputs::Outputs;
use super::paths::Paths;
use crate::backend::Table;
use crate::error::{Error, ErrorKind, Result, check_length};
use crate::var::Var;

/// A function with branches, and a program for each path through it so far.
///
/// A point is evaluated by the program whose comparisons all take the same branches there as when it was traced. If there
/// is none, the function is traced at the point. So every answer has the bits of the tape, and few points cost a trace.
/// A function that reads the [number](Var::value) of a value is traced at every point, and these programs are not kept.
///
/// Finding the program for a point takes at most `1 + log₂ n` evaluations of the function if there are `n` programs. At most
/// 1024 programs are kept, or as many as [`keep`](Self::keep) says.
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

/// The most programs that are kept, unless another number is set.
const KEEP: usize = 1024;

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
            paths: Mutex::new(Paths::new(KEEP)),
        }
    }

    /// Sets how many programs are kept; the default is 1024. If there are more paths, the least recently used program is
    /// dropped, and the function is traced again when a point takes that path. With 0, it is traced at every point.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() }).keep(1);
    /// assert_eq!((f.values(&[0.5])?, f.values(&[2.0])?), (vec![0.25], vec![2.0]));
    /// assert_eq!(f.programs(), 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn keep(self, programs: usize) -> Self {
        self.paths().most = programs;
        self
    }

    /// The number of programs that are kept, one for each path that points have taken so far.
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
        self.paths().len()
    }

    fn paths(&self) -> MutexGuard<'_, Paths> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first output at a point.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    /// let f = Retraced::new(1, |x: &[Var]| if x[0] > 1.0 { x[0] } else { x[0].square() });
    /// assert_eq!(f.value(&[0.5])?, 0.25);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values), and if there is no output.
    pub fn value(&self, x: &[f64]) -> Result<f64> {
        self.program(x)?.1.value(x)
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
            let program = match path {
                None => program.with_uniform_inputs(uniform.len())?,
                Some(path) => self.paths().uniform(path, &program, uniform.len())?,
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

    /// The program for a point, and its path if it is kept.
    fn program(&self, x: &[f64]) -> Result<(Option<usize>, Program)> {
        check_length("x", self.inputs, x.len())?;
        if let (Some((path, program)), _) = self.find(x) {
            self.paths().note_use(path, &program);
            return Ok((Some(path), program));
        }
        let program = self.trace(x)?;
        if program.reads_numbers() {
            return Ok((None, program));
        }
        Ok((self.paths().insert(&program, x), program))
    }

    /// The kept program for a point, and how many programs were evaluated there.
    fn find(&self, x: &[f64]) -> (Option<(usize, Program)>, usize) {
        // What the comparisons find at the point, as far as it is known.
        let mut begin = Vec::new();
        let mut checks = 0;
        loop {
            // Not under the lock: other points are answered meanwhile.
            let candidate = self.paths().middle(&begin);
            let Some((path, program)) = candidate else {
                break;
            };
            checks += 1;
            match program.found_until_changed(x) {
                None => return (Some((path, program)), checks),
                Some(longer) if longer.len() > begin.len() => begin = longer,
                // The function does not repeat its comparisons.
                Some(_) => break,
            }
        }
        for index in 0.. {
            let candidate = self.paths().other(index);
            let Some((path, program)) = candidate else {
                break;
            };
            checks += 1;
            if program.found_until_changed(x).is_none() {
                return (Some((path, program)), checks);
            }
        }
        (None, checks)
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

#[cfg(test)]
mod tests {
    use super::Retraced;
    use crate::var::Var;

    /// Counts up to `x`: each count is a path.
    fn count(x: &[Var]) -> Var {
        let mut y = x[0];
        while y > 1.0 {
            y -= 1.0;
        }
        y
    }

    #[test]
    fn finding_a_program_takes_logarithmically_many_checks() {
        for ways in [10_u32, 100, 400] {
            let f = Retraced::new(1, count);
            // Some order of discovery that is neither ascending nor descending.
            let points: Vec<f64> = (0..ways).map(|i| f64::from(i * 7 % ways) + 0.5).collect();
            for &x in &points {
                f.values(&[x]).unwrap();
            }
            assert_eq!(f.programs(), ways as usize);
            for &x in &points {
                let (found, checks) = f.find(&[x]);
                assert!(found.is_some());
                assert!(checks <= 1 + ways.ilog2() as usize, "{checks} of {ways}");
            }
        }
    }

    #[test]
    fn finding_an_index_takes_logarithmically_many_checks() {
        let f = Retraced::new(1, |x: &[Var]| {
            let i = x[0].floor_index().unwrap();
            if x[0] < i as f64 + 0.5 { x[0] } else { -x[0] }
        });
        let points: Vec<f64> = (0..300).map(|i| f64::from(i * 7 % 300) / 2.0).collect();
        for &x in &points {
            f.values(&[x]).unwrap();
        }
        assert_eq!(f.programs(), 300);
        for &x in &points {
            let (found, checks) = f.find(&[x + 0.25]);
            assert!(found.is_some());
            assert!(checks <= 9, "{checks}");
        }
    }

    #[test]
    fn the_least_recently_used_program_is_dropped() {
        let f = Retraced::new(1, count).keep(3);
        for x in [0.5, 1.5, 2.5, 0.5, 3.5] {
            assert_eq!(f.values(&[x]).unwrap(), [0.5]);
        }
        assert_eq!(f.programs(), 3);
        let is_kept = |x: f64| f.find(&[x]).0.is_some();
        assert_eq!([0.5, 1.5, 2.5, 3.5].map(is_kept), [true, false, true, true]);
        let rows = [[1.5], [0.5], [9.5], [1.5]];
        assert_eq!(f.gradients(&rows).unwrap(), (vec![0.5; 4], vec![1.0; 4]));
        assert_eq!(f.programs(), 3);
        let none = Retraced::new(1, count).keep(0);
        assert_eq!(none.gradients(&rows).unwrap().0, [0.5; 4]);
        assert_eq!(none.programs(), 0);
    }
}
