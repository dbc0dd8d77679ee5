//! The shortest path: a function written as a closure, a point, and the derivative there.
//!
//! Each call records the closure at the point and compiles what is asked for. For many points make a
//! [`Program`](crate::Program) once.

use crate::error::{Error, Result};
use crate::program::{Outputs, Program};
use crate::tape;
use crate::var::Var;

/// The derivatives of a function's value, its first where it has several, by every input.
///
/// ```
/// use chainrule::derive;
/// let gradient = derive::gradient(|x| x[0].square() * x[1], &[3.0, 2.0])?;
/// assert_eq!(gradient, [12.0, 9.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// What the function itself returns, and if it gives no value.
///
/// # Panics
/// If the function computes with a value recorded outside of it.
pub fn gradient<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<Vec<f64>> {
    let (_, gradient) = tape::record(|| {
        let x: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
        let y = f(&x).outputs()?;
        let Some(y) = y.first() else {
            return Err(Error::argument("f", "gives no value"));
        };
        Ok(y.backward().of(&x))
    });
    gradient
}

/// The derivatives of every value of a function by every input, row by row: a row for each value.
///
/// ```
/// use chainrule::derive;
/// let jacobian = derive::jacobian(|x| [x[0] * x[1], x[0]], &[3.0, 4.0])?;
/// assert_eq!(jacobian, [4.0, 3.0, 1.0, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// What the function itself returns.
///
/// # Panics
/// As [`gradient`].
pub fn jacobian<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<Vec<f64>> {
    Ok(Program::trace_at(x, f)?.evaluator().jacobian(x)?.to_vec())
}

/// The second derivatives of a function by every two inputs, row by row.
///
/// ```
/// use chainrule::derive;
/// let hessian = derive::hessian(|x| x[0].square() * x[1], &[3.0, 2.0])?;
/// assert_eq!(hessian, [4.0, 6.0, 6.0, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`gradient`].
///
/// # Panics
/// As [`gradient`].
pub fn hessian<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<Vec<f64>> {
    Ok(Program::trace_at(x, f)?.evaluator().hessian(x)?.to_vec())
}

/// The derivatives of a function's values in the direction `v`.
///
/// ```
/// use chainrule::derive;
/// assert_eq!(derive::jvp(|x| [x[0] * x[1], x[0]], &[3.0, 4.0], &[1.0, 10.0])?, [34.0, 1.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// What the function itself returns, and if `v` has not as many values as `x`.
///
/// # Panics
/// As [`gradient`].
pub fn jvp<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
    Ok(Program::trace_at(x, f)?.evaluator().jvp(x, v)?.1.to_vec())
}

/// The derivatives of a function's values, weighted with `u` and added, by every input.
///
/// ```
/// use chainrule::derive;
/// assert_eq!(derive::vjp(|x| [x[0] * x[1], x[0]], &[3.0, 4.0], &[1.0, 10.0])?, [14.0, 3.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// What the function itself returns, and if `u` has not as many values as it.
///
/// # Panics
/// As [`gradient`].
pub fn vjp<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64], u: &[f64]) -> Result<Vec<f64>> {
    Ok(Program::trace_at(x, f)?.evaluator().vjp(x, u)?.1.to_vec())
}

/// A function's Hessian times a direction.
///
/// ```
/// use chainrule::derive;
/// assert_eq!(derive::hvp(|x| x[0].square() * x[1], &[3.0, 2.0], &[1.0, 10.0])?, [64.0, 6.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`gradient`], and if `v` has not as many values as `x`.
///
/// # Panics
/// As [`gradient`].
pub fn hvp<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
    Ok(Program::trace_at(x, f)?.evaluator().hvp(x, v)?.to_vec())
}

/// The sum of a function's second derivatives by each input twice.
///
/// ```
/// use chainrule::derive;
/// assert_eq!(derive::laplacian(|x| x[0].square() * x[1], &[3.0, 2.0])?, 4.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`gradient`].
///
/// # Panics
/// As [`gradient`].
pub fn laplacian<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<f64> {
    Program::trace_at(x, f)?.evaluator().laplacian(x)
}

/// The derivative of a function of one input, of any order: 0 is the value.
///
/// ```
/// use chainrule::derive;
/// assert_eq!(derive::derivative(|x| x.powi(4), 2.0, 3)?, 48.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`gradient`].
///
/// # Panics
/// As [`gradient`].
pub fn derivative<O: Outputs>(f: impl FnOnce(Var) -> O, x: f64, order: usize) -> Result<f64> {
    let coefficients = taylor(|x| f(x[0]), &[x], &[1.0], order)?;
    let Some(&coefficient) = coefficients.get(order) else {
        return Err(Error::argument("f", "gives no value"));
    };
    Ok((1..=order).fold(coefficient, |product, k| product * k as f64))
}

/// The Taylor coefficients of a function's values along a line: `order + 1` values `y₀ … y_K` of `y(x + t·v) = Σ yₖtᵏ`
/// for each.
///
/// ```
/// use chainrule::derive;
/// let coefficients = derive::taylor(|x| x[0] * x[1], &[3.0, 2.0], &[1.0, 10.0], 3)?;
/// assert_eq!(coefficients, [6.0, 32.0, 10.0, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// What the function itself returns, and if `v` has not as many values as `x`.
///
/// # Panics
/// As [`gradient`].
pub fn taylor<O: Outputs>(
    f: impl FnOnce(&[Var]) -> O,
    x: &[f64],
    v: &[f64],
    order: usize,
) -> Result<Vec<f64>> {
    Ok(Program::trace_at(x, f)?
        .evaluator()
        .taylor(x, v, order)?
        .to_vec())
}
