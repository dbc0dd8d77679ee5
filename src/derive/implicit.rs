//! Derivatives of the solution of equations, without derivatives of the iterations that found it.
//!
//! If `F(x, p) = 0` defines `x(p)`, then `dx/dp = −(∂F/∂x)⁻¹·∂F/∂p` (the implicit function theorem). The solution has the
//! derivatives of one step of Newton's method from it, `x − (∂F/∂x)⁻¹·F`, and the value of the step is the solution except
//! for rounding. A second step, from the result of the first, gives correct derivatives up to the third order, because each
//! step of Newton's method doubles the number of correct Taylor coefficients.

use super::custom::{custom, stop_gradient};
use super::recorded::fresh;
use crate::error::{Error, Result, check_length};
use crate::var::Var;

/// The solution `x` of `residual(x) = 0`, with its derivatives with respect to everything else that the residual depends
/// on.
///
/// `solution` is a point where the residual is 0, found by any method. Its bits are kept, and the method is not
/// differentiated. Derivatives up to the third order are as accurate as the residual is close to 0. The work, besides the
/// residual, grows with the cube of the number of values.
///
/// Within a traced function, the solution must be computed at every point: compute it with recorded values in a fixed
/// number of iterations, or make it an input of the program.
///
/// ```
/// use chainrule::{Var, derive};
///
/// // Kepler's equation, E − e·sin E = M.
/// let (e, m) = (Var::new(0.3), Var::new(1.0));
/// let mut anomaly = m.value();
/// for _ in 0..50 {
///     anomaly = m.value() + e.value() * anomaly.sin();
/// }
/// let x = derive::implicit(|x| vec![x[0] - e * x[0].sin() - m], &[Var::from(anomaly)])?[0];
/// let grads = x.backward();
/// assert_eq!(x.value(), anomaly);
/// assert!((grads[m] - 1.0 / (1.0 - 0.3 * anomaly.cos())).abs() < 1e-14);
/// assert!((grads[e] - anomaly.sin() / (1.0 - 0.3 * anomaly.cos())).abs() < 1e-14);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`Length`](crate::ErrorKind::Length) if the number of residuals is not the number of values, and
/// [`Argument`](crate::ErrorKind::Argument) if their derivatives with respect to the values are singular. A program solves
/// the equations with the pivots chosen while tracing, and no guard checks them: at a point where a pivot is 0, slopes are
/// infinite or NaN.
///
/// # Panics
/// If a value was freed or is not on the current graph.
#[track_caller]
pub fn implicit(residual: impl Fn(&[Var]) -> Vec<Var>, solution: &[Var]) -> Result<Vec<Var>> {
    let mut x = Vec::with_capacity(solution.len());
    for &value in solution {
        x.push(stop_gradient(value));
    }
    step(&residual, &step(&residual, &x)?)
}

/// The solution `x` of `x = f(x)`, with its derivatives with respect to everything else that the function depends on.
///
/// Like [`implicit`] with the residual `x − f(x)`.
///
/// ```
/// use chainrule::{Var, derive};
///
/// // Heron's iteration, x = (x + a/x)/2, converges to the square root.
/// let a = Var::new(2.0);
/// let root = derive::fixed_point(|x| vec![(x[0] + a / x[0]) * 0.5], &[Var::from(2.0f64.sqrt())])?[0];
/// assert!((root.backward()[a] - 0.5 / 2.0f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`implicit`].
///
/// # Panics
/// As [`implicit`].
#[track_caller]
pub fn fixed_point(f: impl Fn(&[Var]) -> Vec<Var>, solution: &[Var]) -> Result<Vec<Var>> {
    let residual = |x: &[Var]| x.iter().zip(f(x)).map(|(&x, y)| x - y).collect();
    implicit(residual, solution)
}

/// A step of Newton's method that keeps the value and adds the derivatives.
fn step(residual: &impl Fn(&[Var]) -> Vec<Var>, x: &[Var]) -> Result<Vec<Var>> {
    let x: Vec<Var> = x.iter().map(|&x| fresh(x)).collect();
    let residuals = residual(&x);
    check_length("residuals", x.len(), residuals.len())?;
    let slopes: Vec<Vec<Var>> = residuals.iter().map(|r| r.gradient(&x)).collect();
    let inverse = inverse(slopes)?;
    let stepped = x.iter().zip(inverse).map(|(&x, row)| {
        let terms = residuals.iter().zip(row);
        let newton = terms.fold(x, |sum, (&residual, slope)| sum - slope * residual);
        custom(x, &[(newton, Var::from(1.0))])
    });
    Ok(stepped.collect())
}

/// The inverse of a matrix, by elimination with the largest pivot of each column.
fn inverse(mut matrix: Vec<Vec<Var>>) -> Result<Vec<Vec<Var>>> {
    let n = matrix.len();
    let unit = |i: usize, j: usize| Var::from(f64::from(u8::from(i == j)));
    let mut inverse: Vec<Vec<Var>> = (0..n)
        .map(|i| (0..n).map(|j| unit(i, j)).collect())
        .collect();
    for column in 0..n {
        let size = |row: usize| matrix[row][column].value().abs();
        let pivot = (column..n).max_by(|&a, &b| size(a).total_cmp(&size(b)));
        let pivot = pivot.filter(|&row| size(row) > 0.0 && size(row).is_finite());
        let Some(pivot) = pivot else {
            let problem = "their derivatives with respect to the solution are singular there";
            return Err(Error::argument("residuals", problem));
        };
        matrix.swap(column, pivot);
        inverse.swap(column, pivot);
        let scale = matrix[column][column].recip();
        for entries in [&mut matrix[column], &mut inverse[column]] {
            for entry in entries {
                *entry *= scale;
            }
        }
        for row in (0..n).filter(|&row| row != column) {
            let factor = matrix[row][column];
            if factor.is_constant() && factor.value() == 0.0 {
                continue;
            }
            for part in [&mut matrix, &mut inverse] {
                let pivot = part[column].clone();
                for (entry, from) in part[row].iter_mut().zip(pivot) {
                    *entry -= factor * from;
                }
            }
        }
    }
    Ok(inverse)
}
