//! User-defined operations: a value with declared slopes.
//!
//! All of these record one operation of the table. Its operands are the value, followed by pairs of a variable and the
//! slope with respect to it. So they work wherever the table does: on the tape, in recorded gradients, in forward mode, in
//! programs and over rows. The value keeps its bits. If a slope is computed from the operands, it is differentiated as
//! well, so second derivatives follow from it and are only as accurate as the slope.

use std::panic::Location;

use crate::call_site::Caller;
use crate::error::{Error, Result, check_length};
use crate::graph::Test;
use crate::op::{Scalar, rows};
use crate::var::{Var, compare};

/// A value with declared slopes. `slopes` lists each variable of the value with the derivative with respect to it.
///
/// The computation of the value itself is not differentiated.
///
/// ```
/// use chainrule::{Dual, Scalar, Var, derive};
///
/// /// ln(1 + eˣ), with a slope that does not overflow.
/// fn softplus<S: Scalar>(x: S) -> S {
///     derive::custom((x.exp() + 1.0).ln(), &[(x, (-x).exp().recip() / ((-x).exp().recip() + 1.0))])
/// }
///
/// let x = Var::new(0.5);
/// let slope = softplus(x).backward()[x];
/// assert!((slope - 0.6224593312018546).abs() < 1e-15);
/// assert_eq!(softplus(Dual::variable(0.5)).tangent, slope);
/// assert_eq!(softplus(0.5), (0.5.exp() + 1.0).ln());
/// ```
#[must_use]
#[track_caller]
pub fn custom<S: Scalar>(value: S, slopes: &[(S, S)]) -> S {
    let mut operands = Vec::with_capacity(1 + 2 * slopes.len());
    operands.push(value);
    operands.extend(slopes.iter().flat_map(|&(x, slope)| [x, slope]));
    S::apply_n::<rows::Custom>(&operands)
}

/// The same value, but no derivative passes through it.
///
/// ```
/// use chainrule::{Var, derive};
/// let x = Var::new(3.0);
/// assert_eq!((x * derive::stop_gradient(x)).backward()[x], 3.0);
/// ```
#[must_use]
#[track_caller]
pub fn stop_gradient<S: Scalar>(x: S) -> S {
    x.apply::<rows::StopGradient>()
}

/// A function with a rule for its derivatives in reverse. The rule maps the operands and the weights `u` of the values to
/// the derivatives of `Σ uᵢyᵢ` with respect to every operand.
///
/// The rule is called once per value, with weight 1 for that value and 0 for the others.
///
/// ```
/// use chainrule::{Var, derive};
/// // (a·b, a/b), with a rule.
/// let f = |x: &[Var]| vec![x[0] * x[1], x[0] / x[1]];
/// let rule = |x: &[Var], u: &[Var]| {
///     let r = x[1].recip();
///     vec![u[0] * x[1] + u[1] * r, u[0] * x[0] - u[1] * x[0] * r * r]
/// };
/// let x = [6.0, 2.0].map(Var::new);
/// let y = derive::custom_vjp(&x, f, rule)?;
/// assert_eq!((y[0].value(), y[1].value()), (12.0, 3.0));
/// assert_eq!(y[1].backward().of(&x), [0.5, -1.5]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`Length`](crate::ErrorKind::Length) if the number of derivatives from the rule is not the number of operands.
#[track_caller]
pub fn custom_vjp<S: Scalar>(
    xs: &[S],
    value: impl FnOnce(&[S]) -> Vec<S>,
    rule: impl Fn(&[S], &[S]) -> Vec<S>,
) -> Result<Vec<S>> {
    let values = value(xs);
    let mut results = Vec::with_capacity(values.len());
    for (place, &value) in values.iter().enumerate() {
        let slopes = rule(xs, &unit(values.len(), place));
        check_length("the rule's derivatives", xs.len(), slopes.len())?;
        let pairs: Vec<(S, S)> = xs.iter().copied().zip(slopes).collect();
        results.push(custom(value, &pairs));
    }
    Ok(results)
}

/// A function with a rule for its derivatives in forward mode. The rule maps the operands and a direction `v` to the
/// derivatives of the values in that direction.
///
/// The rule is called once per operand, with direction 1 for that operand and 0 for the others.
///
/// ```
/// use chainrule::{Dual, derive};
/// let f = |x: &[Dual<f64>]| vec![x[0] * x[1]];
/// let rule = |x: &[Dual<f64>], v: &[Dual<f64>]| vec![x[0] * v[1] + x[1] * v[0]];
/// let y = derive::custom_jvp(&[Dual::variable(3.0), 4.0.into()], f, rule)?;
/// assert_eq!((y[0].value, y[0].tangent), (12.0, 4.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`Length`](crate::ErrorKind::Length) if the number of derivatives from the rule is not the number of values.
#[track_caller]
pub fn custom_jvp<S: Scalar>(
    xs: &[S],
    value: impl FnOnce(&[S]) -> Vec<S>,
    rule: impl Fn(&[S], &[S]) -> Vec<S>,
) -> Result<Vec<S>> {
    let values = value(xs);
    let mut pairs: Vec<Vec<(S, S)>> = vec![Vec::with_capacity(xs.len()); values.len()];
    for (place, &x) in xs.iter().enumerate() {
        let slopes = rule(xs, &unit(xs.len(), place));
        check_length("the rule's derivatives", values.len(), slopes.len())?;
        for (pairs, slope) in pairs.iter_mut().zip(slopes) {
            pairs.push((x, slope));
        }
    }
    let results = values.iter().zip(&pairs);
    Ok(results
        .map(|(&value, pairs)| custom(value, pairs))
        .collect())
}

/// A function of plain numbers, such as one from another library, given by its value and slopes at the point.
///
/// First derivatives are the slopes. Higher derivatives are unknown and therefore NaN.
///
/// ```
/// use chainrule::{Var, derive};
/// let x = [3.0, 4.0].map(Var::new);
/// let y = derive::opaque(&x, |x| (x[0] * x[1], vec![x[1], x[0]]))?;
/// assert_eq!(y.value(), 12.0);
/// assert_eq!((y * y).backward().of(&x), [96.0, 72.0]);
/// assert!(y.gradient(&x)[0].backward()[x[1]].is_nan());
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`Length`](crate::ErrorKind::Length) if the number of slopes is not the number of operands, and
/// [`Argument`](crate::ErrorKind::Argument) within a traced function, because the program could not compute the function at
/// other points.
///
/// # Panics
/// If an operand was freed or is not on the current graph.
#[track_caller]
pub fn opaque(xs: &[Var], f: impl FnOnce(&[f64]) -> (f64, Vec<f64>)) -> Result<Var> {
    if xs.iter().any(|x| x.is_watched()) {
        let problem = "cannot be traced: a program would keep its value at this point. Write the function with recorded operations";
        return Err(Error::argument("an opaque function", problem));
    }
    let point: Vec<f64> = xs.iter().map(|x| x.peek()).collect();
    for &x in xs {
        // A program compiled from this graph is right only where the numbers are the same.
        compare::again(x, x.peek().into(), Test::Read, Caller(Location::caller()));
    }
    let (value, slopes) = f(&point);
    check_length("slopes", xs.len(), slopes.len())?;
    let (unknown, one) = (unknown(weighted(xs)), Var::from(1.0));
    let slopes = slopes
        .iter()
        .map(|&slope| custom(Var::from(slope), &[(unknown, one)]));
    let pairs: Vec<(Var, Var)> = xs.iter().copied().zip(slopes).collect();
    Ok(custom(Var::from(value), &pairs))
}

/// A sum that depends on every one of these values, with different weights, so that no direction of change cancels.
#[track_caller]
pub(super) fn weighted(values: &[Var]) -> Var {
    let weights = (1..).map(|k| f64::from(k).sqrt());
    values.iter().zip(weights).map(|(&x, w)| x * w).sum()
}

/// A value of 0 whose derivatives of every order are NaN with respect to what `x` depends on.
#[track_caller]
pub(super) fn unknown(x: Var) -> Var {
    // No derivative of this is 0, which would hide NaN by the zero rule.
    let varying = x.sin().exp();
    custom(Var::from(0.0), &[(x, varying * f64::NAN)])
}

/// A list with 1 at `place` and 0 elsewhere.
fn unit<S: Scalar>(count: usize, place: usize) -> Vec<S> {
    (0..count)
        .map(|i| S::from(f64::from(u8::from(i == place))))
        .collect()
}
