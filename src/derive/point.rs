//! Derivatives at one point after another, with the memory of an [`Evaluator`].

use super::sparse::direct_limit;
use super::{Mode, codes};
use crate::error::Result;
use crate::program::derived::{Derived, Evaluation};
use crate::program::{Batch, Evaluator, Program};

/// How many directions are computed side by side.
const DIRECTIONS: usize = 256;

/// The derived program of a kind, to be evaluated at one point.
fn at_point(program: Result<Program>) -> Result<Evaluation> {
    Ok(Evaluation::Point(Box::new(program?.evaluator())))
}

/// A derived program whose rows are directions.
fn in_directions(program: &Program) -> Result<Evaluation> {
    Ok(Evaluation::Directions(
        Box::new(program.batch::<[f64; 0]>(&[])?),
        Vec::new(),
    ))
}

impl Evaluation {
    /// All outputs, at inputs in parts.
    fn values(&mut self, parts: &[&[f64]]) -> Result<&[f64]> {
        self.matrix(parts, false)
    }

    /// All outputs, or the matrix of which each direction gives a row or, if `columns`, a column.
    fn matrix(&mut self, parts: &[&[f64]], columns: bool) -> Result<&[f64]> {
        match self {
            Self::Point(evaluator) => evaluator.values_at(parts),
            Self::Directions(batch, matrix) => {
                all_directions(batch, matrix, parts[0], columns)?;
                Ok(matrix)
            }
        }
    }
}

/// Evaluates along every unit vector, each of which gives a row or a column of the matrix.
fn all_directions(
    batch: &mut Batch,
    matrix: &mut Vec<f64>,
    x: &[f64],
    columns: bool,
) -> Result<()> {
    let program = batch.program();
    let (count, width) = (
        program.inputs() - program.uniform_inputs(),
        program.outputs(),
    );
    matrix.clear();
    matrix.resize(count * width, 0.0);
    for first in (0..count).step_by(DIRECTIONS) {
        let some = first..count.min(first + DIRECTIONS);
        let unit = |at: usize| {
            let mut unit = vec![0.0; count];
            unit[at] = 1.0;
            unit
        };
        batch.set_rows(&some.clone().map(unit).collect::<Vec<_>>())?;
        let values = batch.values(x)?;
        for (direction, values) in some.zip(values.chunks(width.max(1))) {
            let (start, step) = if columns {
                (direction, count)
            } else {
                (direction * width, 1)
            };
            for (place, &value) in matrix[start..].iter_mut().step_by(step).zip(values) {
                *place = value;
            }
        }
    }
    Ok(())
}

impl Evaluator {
    /// The derivatives of every output by every input, row by row: a row of as many values as there are inputs for each
    /// output.
    ///
    /// Forward or reverse, whichever passes through fewer values; each derivative passes only through what lies between
    /// its input and its output, or else many directions are computed side by side.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| [x[0] * x[1], x[0]])?.evaluator();
    /// assert_eq!(at.jacobian(&[3.0, 4.0])?, [4.0, 3.0, 1.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn jacobian(&mut self, x: &[f64]) -> Result<&[f64]> {
        self.check_point(x)?;
        let (rows, columns) = (self.program().outputs(), self.program().inputs());
        let forward = columns <= rows;
        let evaluation = self.derived(Derived::Jacobian, |program| {
            let code = program.code();
            let limit = direct_limit(code.len());
            if codes::cost(code, Mode::Cheaper, limit).is_some() {
                return at_point(Ok(program.jacobian_program(Mode::Cheaper)));
            }
            in_directions(&if forward {
                program.always(Derived::JvpRows, codes::jvp_rows)
            } else {
                program.always(Derived::VjpRows, codes::vjp_rows)
            })
        })?;
        evaluation.matrix(&[x], forward)
    }

    /// The second derivatives of the first output, row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0].square() * x[1])?.evaluator();
    /// assert_eq!(at.hessian(&[3.0, 2.0])?, [4.0, 6.0, 6.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn hessian(&mut self, x: &[f64]) -> Result<&[f64]> {
        self.check_point(x)?;
        let evaluation = self.derived(Derived::Hessian, |program| {
            let slopes = codes::raw_gradient(program.code())?;
            let limit = direct_limit(slopes.len());
            if codes::cost(&slopes, Mode::Forward, limit).is_some() {
                return at_point(program.hessian_program());
            }
            in_directions(&program.derived(Derived::HvpRows, codes::hvp_rows)?)
        })?;
        // A direction gives a column; where the Hessian is not symmetric, that matters.
        evaluation.matrix(&[x], true)
    }

    /// The Hessian of the first output times a direction, forward over reverse.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0].square() * x[1])?.evaluator();
    /// assert_eq!(at.hvp(&[3.0, 2.0], &[1.0, 10.0])?, [64.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`], and if `v` has not as many values as there are inputs.
    pub fn hvp(&mut self, x: &[f64], v: &[f64]) -> Result<&[f64]> {
        self.check_point(x)?;
        Program::check_len("v", x.len(), v.len())?;
        let evaluation = self.derived(Derived::Hvp, |program| at_point(program.hvp_program()))?;
        evaluation.values(&[x, v])
    }

    /// A direction times the Hessian of the first output, reverse over forward.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0].square() * x[1])?.evaluator();
    /// assert_eq!(at.vhp(&[3.0, 2.0], &[1.0, 10.0])?, [64.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`], and if `u` has not as many values as there are inputs.
    pub fn vhp(&mut self, x: &[f64], u: &[f64]) -> Result<&[f64]> {
        self.check_point(x)?;
        Program::check_len("u", x.len(), u.len())?;
        let evaluation = self.derived(Derived::Vhp, |program| at_point(program.vhp_program()))?;
        evaluation.values(&[x, u])
    }

    /// The diagonal of the first output's Hessian.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0].square() * x[1])?.evaluator();
    /// assert_eq!(at.hessian_diagonal(&[3.0, 2.0])?, [4.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn hessian_diagonal(&mut self, x: &[f64]) -> Result<&[f64]> {
        self.check_point(x)?;
        let evaluation = self.derived(Derived::Diagonal, |program| {
            at_point(program.hessian_diagonal_program())
        })?;
        evaluation.values(&[x])
    }

    /// The Laplacian of the first output: the sum of its second derivatives by each input twice.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0].square() * x[1])?.evaluator();
    /// assert_eq!(at.laplacian(&[3.0, 2.0])?, 4.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn laplacian(&mut self, x: &[f64]) -> Result<f64> {
        self.check_point(x)?;
        let evaluation = self.derived(Derived::Laplacian, |program| {
            at_point(program.laplacian_program())
        })?;
        Ok(evaluation.values(&[x])?[0])
    }

    /// The third derivatives of the first output in two directions, by every input: `D³f(x)[u, v, ·]`.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0].square() * x[1])?.evaluator();
    /// assert_eq!(at.third(&[3.0, 2.0], &[1.0, 0.0], &[0.0, 1.0])?, [2.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`], and if `u` or `v` has not as many values as there are inputs.
    pub fn third(&mut self, x: &[f64], u: &[f64], v: &[f64]) -> Result<&[f64]> {
        self.check_point(x)?;
        Program::check_len("u", x.len(), u.len())?;
        Program::check_len("v", x.len(), v.len())?;
        let evaluation =
            self.derived(Derived::Third, |program| at_point(program.third_program()))?;
        evaluation.values(&[x, u, v])
    }

    /// The Taylor coefficients of every output along a line: `order + 1` values `y₀ … y_K` of `y(x + t·v) = Σ yₖtᵏ` for each.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0] * x[1])?.evaluator();
    /// assert_eq!(at.taylor(&[3.0, 2.0], &[1.0, 10.0], 3)?, [6.0, 32.0, 10.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`], and if `v` has not as many values as there are inputs.
    pub fn taylor(&mut self, x: &[f64], v: &[f64], order: usize) -> Result<&[f64]> {
        self.check_point(x)?;
        Program::check_len("v", x.len(), v.len())?;
        let kind = Derived::Taylor(order);
        let evaluation =
            self.derived(kind, |program| at_point(Ok(program.taylor_program(order))))?;
        evaluation.values(&[x, v])
    }

    fn check_point(&self, x: &[f64]) -> Result<()> {
        Program::check_len("x", self.program().inputs(), x.len())
    }
}

impl Program {
    /// The derivatives of every output by every input at a point, row by row.
    ///
    /// Many points are cheaper with an [`evaluator`](Self::evaluator), here and below.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// assert_eq!(f.jacobian(&[3.0, 4.0])?, [4.0, 3.0, 1.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn jacobian(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.evaluator().jacobian(x).map(<[f64]>::to_vec)
    }

    /// Every output at a point, and its derivative in the direction `v`.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// assert_eq!(f.jvp(&[3.0, 4.0], &[1.0, 10.0])?, (vec![12.0, 3.0], vec![34.0, 1.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Evaluator::jvp`].
    pub fn jvp(&self, x: &[f64], v: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut evaluator = self.evaluator();
        let (values, tangents) = evaluator.jvp(x, v)?;
        Ok((values.to_vec(), tangents.to_vec()))
    }

    /// Every output at a point, and the derivatives of `Σ uᵢyᵢ` by every input.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// assert_eq!(f.vjp(&[3.0, 4.0], &[1.0, 10.0])?, (vec![12.0, 3.0], vec![14.0, 3.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Evaluator::vjp`].
    pub fn vjp(&self, x: &[f64], u: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut evaluator = self.evaluator();
        let (values, adjoints) = evaluator.vjp(x, u)?;
        Ok((values.to_vec(), adjoints.to_vec()))
    }

    /// The second derivatives of the first output at a point, row by row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.hessian(&[3.0, 2.0])?, [4.0, 6.0, 6.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn hessian(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.evaluator().hessian(x).map(<[f64]>::to_vec)
    }

    /// The Hessian of the first output at a point, times a direction.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.hvp(&[3.0, 2.0], &[1.0, 10.0])?, [64.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Evaluator::hvp`].
    pub fn hvp(&self, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
        self.evaluator().hvp(x, v).map(<[f64]>::to_vec)
    }
}
