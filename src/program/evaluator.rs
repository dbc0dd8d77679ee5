//! Evaluation at one point. Results are borrowed.

use super::answers::Answers;
use super::function::Program;

/// A program with memory for evaluating it at one point after another.
///
/// Results are borrowed until the next call. After the first call of a kind, nothing is allocated.
///
/// ```
/// use chainrule::Program;
///
/// let f = Program::trace(2, |x| [x[0] * x[1], x[0].sin()])?;
/// let mut at = f.evaluator();
/// assert_eq!(at.values(&[0.0, 3.0])?, [0.0, 0.0]);
/// assert_eq!(at.jvp(&[0.0, 3.0], &[1.0, 0.0])?.1, [3.0, 1.0]);
/// assert_eq!(at.vjp(&[0.0, 3.0], &[1.0, 10.0])?.1, [13.0, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Evaluator {
    pub(super) program: Program,
    pub(super) answers: Answers,
}

impl Evaluator {
    /// The program that this evaluator evaluates.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0])?;
    /// assert_eq!(f.evaluator().program().inputs(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn program(&self) -> &Program {
        &self.program
    }
}

impl Program {
    /// This program with memory for evaluating it at one point after another.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| x[0].square())?;
    /// let mut at = f.evaluator();
    /// for x in [1.0, 2.0, 3.0] {
    ///     assert_eq!(at.gradient(&[x])?, (x * x, &[2.0 * x][..]));
    /// }
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn evaluator(&self) -> Evaluator {
        Evaluator {
            program: self.clone(),
            answers: Answers::default(),
        }
    }
}
