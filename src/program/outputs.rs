//! The types that a traced function may return.

use crate::error::Result;
use crate::var::Var;

/// The types that a traced function may return: one value, several values, or a `Result` of these.
///
/// ```
/// use chainrule::{Program, Result, Var};
///
/// fn ratio(x: &[Var]) -> Result<Var> {
///     Var::dot_product(&x[..1], &x[1..])
/// }
/// assert_eq!(Program::trace(2, ratio)?.value(&[2.0, 3.0])?, 6.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Outputs {
    /// The values, or the function's error.
    ///
    /// ```
    /// use chainrule::{Outputs, Var};
    /// assert_eq!([Var::from(1.0), Var::from(2.0)].outputs()?.len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error that the function returned.
    fn outputs(self) -> Result<Vec<Var>>;
}

impl Outputs for Var {
    fn outputs(self) -> Result<Vec<Var>> {
        Ok(vec![self])
    }
}

impl<const N: usize> Outputs for [Var; N] {
    fn outputs(self) -> Result<Vec<Var>> {
        Ok(self.to_vec())
    }
}

impl Outputs for Vec<Var> {
    fn outputs(self) -> Result<Vec<Var>> {
        Ok(self)
    }
}

impl<O: Outputs> Outputs for Result<O> {
    fn outputs(self) -> Result<Vec<Var>> {
        self?.outputs()
    }
}
