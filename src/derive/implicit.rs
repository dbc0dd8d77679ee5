//! Derivatives of the solution of equations, without derivatives of the iterations that found it.
//!
//! If `F(x, p) = 0` defines `x(p)`, then `dx/dp = −(∂F/∂x)⁻¹·∂F/∂p` (the implicit function theorem). The solution has the
//! derivatives of one step of Newton's method from it, `x − (∂F/∂x)⁻¹·F`, and the value of the step is the solution except
//! for rounding. A second step, from the result of the first, gives correct derivatives up to the third order, because each
//! step of Newton's method doubles the number of correct Taylor coefficients. The fourth order is declared to be unknown.

use std::panic::Location;

use super::custom::{custom, stop_gradient, unknown, weighted};
use super::recorded::fresh;
use crate::call_site::Caller;
use crate::error::{Error, Result, check_length};
use crate::graph::Test;
use crate::op::Scalar;
use crate::var::{Var, compare};

/// The solution `x` of `residual(x) = 0`, with its derivatives with respect to everything else that the residual depends
/// on.
///
/// `solution` is a point where the residual is 0, found by any method. Its bits are kept, and the method is not
/// differentiated. Derivatives up to the third order are as accurate as the residual is close to 0; from the fourth order
/// on, they are NaN. The work, besides the residual, grows with the cube of the number of values.
///
/// Within a traced function, the solution must be computed at every point: compute it with recorded values, or make it an
/// input of the program. The program checks at every point that the residual is 0 there and that the equations can be solved
/// with the pivots of the trace; otherwise it answers with an error.
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
/// [`Length`](crate::ErrorKind::Length) if the number of residuals is not the number of values.
/// [`Argument`](crate::ErrorKind::Argument) if the derivatives of the residuals with respect to the values are singular, or
/// if `solution` is none: if a step of Newton's method from it changes a value by more than a millionth of the largest one
/// (and by more than 10⁻¹²).
///
/// # Panics
/// If a value was freed or is not on the current graph.
#[track_caller]
pub fn implicit(residual: impl Fn(&[Var]) -> Vec<Var>, solution: &[Var]) -> Result<Vec<Var>> {
    let at = Caller(Location::caller());
    let kept: Vec<Var> = solution.iter().map(|&x| stop_gradient(x)).collect();
    let (first, residuals) = step(&residual, &kept, at)?;
    let (second, _) = step(&residual, &first, at)?;
    let unknown = unknown_from_fourth_order(&residuals);
    let one = Var::from(1.0);
    Ok(second
        .iter()
        .map(|&x| custom(x, &[(x, one), (unknown, one)]))
        .collect())
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

/// A step of Newton's method that keeps the value and adds the derivatives; and the residuals.
fn step(
    residual: &impl Fn(&[Var]) -> Vec<Var>,
    x: &[Var],
    at: Caller,
) -> Result<(Vec<Var>, Vec<Var>)> {
    let x: Vec<Var> = x.iter().map(|&x| fresh(x)).collect();
    let residuals = residual(&x);
    check_length("residuals", x.len(), residuals.len())?;
    let slopes: Vec<Vec<Var>> = residuals.iter().map(|r| r.gradient(&x)).collect();
    let inverse = inverse(slopes, at)?;
    let changes: Vec<Var> = inverse
        .iter()
        .map(|row| {
            let terms = residuals.iter().zip(row);
            terms.fold(Var::from(0.0), |sum, (&r, &slope)| sum + slope * r)
        })
        .collect();
    let sizes: Vec<Var> = x.iter().map(|x| x.abs()).collect();
    let tolerance = (Var::max_of(&sizes) * 1e-6).max(1e-12);
    for (place, change) in changes.iter().map(|change| change.abs()).enumerate() {
        if compare::again(change, tolerance, Test::LessEqual, at) != 1 {
            let problem = format!(
                "value {place} is not a solution: a step of Newton's method changes {} by {}",
                x[place], change
            );
            return Err(Error::argument("solution", problem));
        }
    }
    let one = Var::from(1.0);
    let stepped = x.iter().zip(changes);
    let stepped = stepped.map(|(&x, change)| custom(x, &[(x - change, one)]));
    Ok((stepped.collect(), residuals))
}

/// A value of 0 whose derivatives up to the third order are 0, and those of higher order NaN, with respect to everything
/// that these values depend on.
fn unknown_from_fourth_order(values: &[Var]) -> Var {
    let of_all = weighted(values);
    (0..3).fold(unknown(of_all), |slope, _| {
        custom(Var::from(0.0), &[(of_all, slope)])
    })
}

/// How many times as large as the pivot other entries of its column may be at other points.
const GROWTH: f64 = 1024.0;

/// The inverse of a matrix, by elimination with the largest pivot of each column.
fn inverse(mut matrix: Vec<Vec<Var>>, at: Caller) -> Result<Vec<Vec<Var>>> {
    let n = matrix.len();
    let unit = |i: usize, j: usize| Var::from(f64::from(u8::from(i == j)));
    let mut inverse: Vec<Vec<Var>> = (0..n)
        .map(|i| (0..n).map(|j| unit(i, j)).collect())
        .collect();
    for column in 0..n {
        // The comparisons below check the choice at other points.
        let size = |row: &usize| matrix[*row][column].peek().abs();
        let pivot = (column..n).max_by(|a, b| size(a).total_cmp(&size(b)));
        let pivot = pivot.unwrap_or(column);
        let largest = matrix[pivot][column].abs();
        let bounds = [(0.0, Test::Greater), (f64::INFINITY, Test::Less)];
        let usable = bounds.map(|(bound, test)| compare::again(largest, bound.into(), test, at));
        if usable != [1, 1] {
            let problem = "their derivatives with respect to the solution are singular there";
            return Err(Error::argument("residuals", problem));
        }
        for row in (column..n).filter(|&row| row != pivot) {
            let other = matrix[row][column].abs();
            compare::again(other, largest * GROWTH, Test::LessEqual, at);
        }
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
            if factor.vanishes() {
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
