//! Derivatives within functions. The point and the result are recorded values, so the result can be used and differentiated
//! again, to any depth.
//!
//! The function is applied to [fresh] copies of the point and differentiated with respect to them. If it also uses the
//! point itself, such as a variable of an outer function, that is a constant to it. So levels of differentiation are never
//! confused.
//!
//! ```
//! use chainrule::{Var, derive::recorded};
//!
//! // d/dx of x · (d/dy of x·y at y = x): the inner derivative is x, so this is d/dx x² = 2x, not 4x.
//! let x = Var::new(3.0);
//! let y = x * recorded::derivative(|y| x * y, x);
//! assert_eq!(y.backward()[x], 6.0);
//! ```

use crate::sweep::gradient_with;
use crate::var::Var;

/// The same value as a new node, whose derivative with respect to `x` is 1.
///
/// ```
/// use chainrule::{Var, derive::recorded::fresh};
/// let x = Var::new(3.0);
/// let y = fresh(x);
/// let z = x * y;
/// assert_eq!(z.gradient(&[y])[0], 3.0); // x is a constant here
/// assert_eq!(z.backward()[x], 6.0);
/// ```
#[must_use]
#[track_caller]
pub fn fresh(x: Var) -> Var {
    if x.is_constant() {
        return Var::new(x.peek());
    }
    // The one addition that changes no number, not even −0.
    x + -0.0
}

#[track_caller]
fn all_fresh(xs: &[Var]) -> Vec<Var> {
    let mut copies = Vec::with_capacity(xs.len());
    for &x in xs {
        copies.push(fresh(x));
    }
    copies
}

/// The derivative of a function of one value.
///
/// ```
/// use chainrule::{Var, derive::recorded::derivative};
/// let x = Var::new(2.0);
/// let slope = derivative(|x| derivative(|x| x.powi(4), x), x);
/// assert_eq!(slope.value(), 48.0);
/// assert_eq!(slope.backward()[x], 48.0);
/// ```
///
/// # Panics
/// If a value was freed or is not on the current graph.
#[must_use]
#[track_caller]
pub fn derivative(f: impl FnOnce(Var) -> Var, x: Var) -> Var {
    let x = fresh(x);
    f(x).gradient(&[x])[0]
}

/// The derivatives of a function with respect to every input.
///
/// ```
/// use chainrule::{Var, derive::recorded};
/// let x = [3.0, 2.0].map(Var::new);
/// let gradient = recorded::gradient(|x| x[0].square() * x[1], &x);
/// let penalty = gradient[0].square() + gradient[1].square();
/// assert_eq!(penalty.value(), 225.0);
/// assert_eq!(penalty.backward().of(&x), [204.0, 144.0]);
/// ```
///
/// # Panics
/// If a value was freed or is not on the current graph.
#[track_caller]
pub fn gradient(f: impl FnOnce(&[Var]) -> Var, xs: &[Var]) -> Vec<Var> {
    let xs = all_fresh(xs);
    f(&xs).gradient(&xs)
}

/// The derivatives of every value of a function with respect to every input, one row per value.
///
/// ```
/// use chainrule::{Var, derive::recorded};
/// let jacobian = recorded::jacobian(|x| vec![x[0] * x[1], x[0]], &[3.0, 4.0].map(Var::new));
/// assert_eq!(jacobian[0][0], 4.0);
/// assert_eq!(jacobian[1][1], 0.0);
/// ```
///
/// # Panics
/// If a value was freed or is not on the current graph.
#[track_caller]
pub fn jacobian(f: impl FnOnce(&[Var]) -> Vec<Var>, xs: &[Var]) -> Vec<Vec<Var>> {
    let xs = all_fresh(xs);
    let mut rows = Vec::new();
    for y in f(&xs) {
        rows.push(y.gradient(&xs));
    }
    rows
}

/// The second derivatives of a function with respect to every two inputs, one row per input.
///
/// ```
/// use chainrule::{Var, derive::recorded};
/// let hessian = recorded::hessian(|x| x[0].square() * x[1], &[3.0, 2.0].map(Var::new));
/// assert_eq!(hessian[0][1], 6.0);
/// ```
///
/// # Panics
/// If a value was freed or is not on the current graph.
#[track_caller]
pub fn hessian(f: impl FnOnce(&[Var]) -> Var, xs: &[Var]) -> Vec<Vec<Var>> {
    jacobian(|xs| f(xs).gradient(xs), xs)
}

/// The derivatives of a function's values in one direction: forward mode, as a reverse derivative of a reverse derivative.
///
/// The adjoints of `Σ uᵢyᵢ` are linear in the weights `u`, and their derivatives with respect to `u` are the tangents.
///
/// ```
/// use chainrule::{Var, derive::recorded};
/// let along = recorded::jvp(|x| vec![x[0] * x[1], x[0]], &[3.0, 4.0].map(Var::new), &[1.0, 10.0].map(Var::new));
/// assert_eq!((along[0].value(), along[1].value()), (34.0, 1.0));
/// ```
///
/// # Panics
/// If a value was freed or is not on the current graph, and if the number of directions is not the number of inputs.
#[track_caller]
pub fn jvp(f: impl FnOnce(&[Var]) -> Vec<Var>, xs: &[Var], vs: &[Var]) -> Vec<Var> {
    assert!(
        xs.len() == vs.len(),
        "a direction for every input: expected {}, found {}",
        xs.len(),
        vs.len()
    );
    let xs = all_fresh(xs);
    let seeded: Vec<(Var, Var)> = f(&xs).into_iter().map(|y| (y, Var::new(1.0))).collect();
    let adjoints = gradient_with(&seeded, &xs);
    let weights: Vec<Var> = seeded.into_iter().map(|(_, u)| u).collect();
    let weighted: Vec<(Var, Var)> = adjoints.into_iter().zip(vs.iter().copied()).collect();
    gradient_with(&weighted, &weights)
}
