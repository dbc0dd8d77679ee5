//! Checks derivatives by difference quotients: knows corners, rounding errors and indeterminate products.
//!
//! A difference quotient uses values only, so it does not depend on any code for derivatives. But a naive one is wrong near
//! corners, for inputs of unusual size, and where rounding errors are larger than the derivative. These checks choose a step
//! for each input, bound the quotient's error, and report one [`Verdict`] for each derivative.
//!
//! The smallest step is about 10⁻¹⁴, and 10⁻¹⁴ of an input that is larger than 1; close to 0, steps in proportion to the input
//! are tried too. What a function does on a smaller scale is not seen.
//! A derivative is also called wrong if it is because the chain rule's own products underflow, as that of `ln(1/x)` at 10³⁰⁰.
//!
//! [`accuracy`] is another question: how many digits of a value and a gradient rounding leaves, and which operation loses them.
//!
//! `evaluate` computes values with their rounding errors, `difference` makes estimates from them, `point` compares these with
//! derivatives, `cause` finds the operation to blame, and `report` says what was found. `opaque` does the same for functions of
//! plain numbers, without their operations.
//!
//! ```
//! use chainrule::check;
//!
//! let report = check::gradient(|x| (x[0] * 1e-6).sin() + x[1].relu(), &[0.7, 5e-7])?;
//! assert!(report.all_agree(), "{report}");
//! # Ok::<(), chainrule::Error>(())
//! ```

mod accuracy;
mod cause;
mod difference;
mod evaluate;
mod opaque;
mod point;
mod report;

pub use accuracy::{Accuracy, Bounded, accuracy};
#[cfg(any(test, feature = "proptest"))]
pub(crate) use evaluate::evaluate;
pub use opaque::opaque;
pub use report::{Cause, Entry, Report, Verdict};

use crate::error::Result;
use crate::program::{Outputs, Program};
use crate::transform::Transform;
use crate::var::Var;
use point::Point;

/// Checks the gradient of a function's first value at a point.
///
/// ```
/// use chainrule::check;
/// assert!(check::gradient(|x| x[0].square() * x[1], &[3.0, 2.0])?.all_agree());
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`Program::check_gradient`], and the function's own error.
///
/// # Panics
/// If the function computes with a value recorded outside of it.
pub fn gradient<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<Report> {
    Program::trace_at(x, f)?.check_gradient(x)
}

/// Checks the derivatives of all of a function's values at a point.
///
/// ```
/// use chainrule::check;
/// let report = check::jacobian(|x| [x[0] * x[1], x[0].exp()], &[3.0, 2.0])?;
/// assert!(report.all_agree());
/// assert_eq!((report.entries[2].output, report.entries[2].input), (1, 0));
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`Program::check_gradient`], and the function's own error.
///
/// # Panics
/// As [`gradient`].
pub fn jacobian<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<Report> {
    Program::trace_at(x, f)?.check_jacobian(x)
}

/// Checks the second derivatives of a function's first value at a point, as the derivatives of its gradient.
///
/// ```
/// use chainrule::check;
/// assert!(check::hessian(|x| x[0].square() * x[1].ln(), &[3.0, 2.0])?.all_agree());
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`Program::check_gradient`], and the function's own error.
///
/// # Panics
/// As [`gradient`].
pub fn hessian<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<Report> {
    Program::trace_at(x, f)?.check_hessian(x)
}

impl Program {
    /// Checks the gradient of the first output by difference quotients.
    ///
    /// It evaluates the program about a hundred times for each variable.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert!(f.check_gradient(&[3.0, 2.0])?.all_agree());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn check_gradient(&self, x: &[f64]) -> Result<Report> {
        let (_, gradient) = self.gradient(x)?;
        check(&self.select(&[0])?, x, &gradient)
    }

    /// Checks the derivatives of all outputs by difference quotients.
    ///
    /// It evaluates the program about a hundred times for each variable.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] + x[1], x[0] * x[1]])?;
    /// assert!(f.check_jacobian(&[3.0, 2.0])?.all_agree());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`jacobian`](Self::jacobian).
    pub fn check_jacobian(&self, x: &[f64]) -> Result<Report> {
        let (_, jacobian) = self.jacobian(x)?;
        check(self, x, &jacobian)
    }

    /// Checks the second derivatives of the first output by difference quotients of its gradient.
    ///
    /// It evaluates the gradient about a hundred times for each variable. Check the gradient itself as well: if it is wrong,
    /// its derivatives may still agree.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert!(f.check_hessian(&[3.0, 2.0])?.all_agree());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`hessian`](Self::hessian).
    pub fn check_hessian(&self, x: &[f64]) -> Result<Report> {
        let (_, _, hessian) = self.hessian(x)?;
        check(&self.transform(Transform::Gradient)?, x, &hessian)
    }
}

/// Checks derivatives, row by row, of all outputs of a program with respect to its variables.
fn check(program: &Program, x: &[f64], derivatives: &[f64]) -> Result<Report> {
    let variables = program.variables();
    let names = program.input_names();
    let point = Point::new(program, x)?;
    let mut entries = Vec::with_capacity(derivatives.len());
    for (place, &input) in variables.iter().enumerate() {
        let line = point.line(input);
        let column = derivatives.iter().skip(place).step_by(variables.len());
        for (output, &derivative) in column.enumerate() {
            let verdict = point.verdict(&line, (output, place), derivative)?;
            entries.push(Entry {
                output,
                input,
                name: names[input].clone(),
                derivative,
                verdict,
            });
        }
    }
    entries.sort_by_key(|entry| entry.output);
    Ok(Report { entries })
}
