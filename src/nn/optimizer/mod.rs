//! Optimizers: take a gradient, move the parameters a step down it.
//!
//! Each keeps its own memory of past gradients, one entry a parameter, from its first step on. Parameters are plain
//! numbers: an [`Mlp`] or a vector. [`Schedule`] says how the learning rate changes.
//!
//! ```
//! use chainrule::nn::optimizer::{Adam, Optimizer, Schedule};
//!
//! // The minimum of (x − 3)².
//! let schedule = Schedule::linear(0.5, 0.01, 200)?;
//! let mut adam = Adam::new(schedule.rate(0))?;
//! let mut x = vec![0.0];
//! for step in 0..200 {
//!     adam.set_rate(schedule.rate(step))?;
//!     let gradient = [2.0 * (x[0] - 3.0)];
//!     adam.step(&mut x, &gradient)?;
//! }
//! assert!((x[0] - 3.0).abs() < 1e-3);
//! # Ok::<(), chainrule::Error>(())
//! ```

mod adaptive;
mod schedule;
mod sgd;

pub use adaptive::{Adam, AdamW, RmsProp};
pub use schedule::Schedule;
pub use sgd::Sgd;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::Mlp;
use crate::error::{Error, Result};
use crate::program::Uniform;

/// What an optimizer can move: the numbers of a [`Uniform`] structure, in their order.
///
/// ```
/// use chainrule::nn::optimizer::Parameters;
/// let mut parameters = vec![1.0, 2.0];
/// parameters.values_mut().for_each(|p| *p += 1.0);
/// assert_eq!(parameters, [2.0, 3.0]);
/// ```
pub trait Parameters: Uniform {
    /// Each of them, in the order of [`Uniform::write`].
    ///
    /// ```
    /// use chainrule::nn::optimizer::Parameters;
    /// let mut parameters = [1.0, 2.0];
    /// assert_eq!(parameters.values_mut().last(), Some(&mut 2.0));
    /// ```
    fn values_mut(&mut self) -> impl Iterator<Item = &mut f64>;
}

impl Parameters for [f64] {
    fn values_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.iter_mut()
    }
}

impl<const N: usize> Parameters for [f64; N] {
    fn values_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.iter_mut()
    }
}

impl Parameters for Vec<f64> {
    fn values_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.iter_mut()
    }
}

impl Parameters for Mlp<f64> {
    fn values_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.parameters_mut()
    }
}

/// A rule that moves parameters down a gradient.
///
/// ```
/// use chainrule::nn::optimizer::{Optimizer, RmsProp, Sgd};
///
/// /// The minimum of (x − 3)², as found in so many steps.
/// fn minimum(mut optimizer: impl Optimizer, steps: usize) -> chainrule::Result<f64> {
///     let mut x = [0.0];
///     for _ in 0..steps {
///         let gradient = [2.0 * (x[0] - 3.0)];
///         optimizer.step(&mut x, &gradient)?;
///     }
///     Ok(x[0])
/// }
///
/// assert!((minimum(Sgd::new(0.1)?, 200)? - 3.0).abs() < 1e-12);
/// assert!((minimum(RmsProp::new(0.01)?, 1000)? - 3.0).abs() < 0.02);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Optimizer {
    /// Moves every parameter one step down the gradient, which has one derivative a parameter in their order.
    ///
    /// # Errors
    ///
    /// [`Length`](crate::ErrorKind::Length) when the gradient has not as many derivatives as there are parameters, or
    /// there are not as many as at the first step; [`Argument`](crate::ErrorKind::Argument) when a derivative is NaN
    /// or infinite, or its square overflows in an optimizer that keeps squares ([`Adam`], [`AdamW`], [`RmsProp`]): the
    /// message names its position, counted from 0. Nothing is changed then.
    ///
    /// ```
    /// use chainrule::nn::optimizer::{Optimizer, Sgd};
    ///
    /// let mut sgd = Sgd::new(0.1)?;
    /// let mut parameters = [1.0, 2.0];
    /// sgd.step(&mut parameters, &[10.0, 0.0])?;
    /// assert_eq!(parameters, [0.0, 2.0]);
    ///
    /// let error = sgd.step(&mut parameters, &[0.0, f64::NAN]).unwrap_err();
    /// assert_eq!(error.to_string(), "gradient: the derivative by parameter 1 must be finite, found NaN");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    fn step<P: Parameters + ?Sized>(&mut self, parameters: &mut P, gradient: &[f64]) -> Result<()>;

    /// The learning rate: how far a step goes.
    ///
    /// ```
    /// use chainrule::nn::optimizer::{Adam, Optimizer};
    /// assert_eq!(Adam::new(0.001)?.rate(), 0.001);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    fn rate(&self) -> f64;

    /// Changes the learning rate, for the steps to come. A rate of 0, the end of some schedules, stands still.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) when the rate is negative or not finite.
    ///
    /// ```
    /// use chainrule::nn::optimizer::{Optimizer, Sgd};
    /// let mut sgd = Sgd::new(0.1)?;
    /// sgd.set_rate(0.05)?;
    /// assert_eq!(sgd.rate(), 0.05);
    /// let error = sgd.set_rate(f64::NAN).unwrap_err();
    /// assert_eq!(error.to_string(), "rate: must be finite and at least 0, found NaN");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    fn set_rate(&mut self, rate: f64) -> Result<()>;
}

/// What an optimizer remembers of each parameter; empty before the first step.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
struct Memory<M>(Vec<M>);

impl<M: Clone + Default> Memory<M> {
    /// Checks the lengths and the gradient, so that a step either succeeds or changes nothing.
    fn check(&self, parameters: usize, gradient: &[f64]) -> Result<()> {
        if !self.0.is_empty() && self.0.len() != parameters {
            return Err(Error::length("parameters", self.0.len(), parameters));
        }
        if gradient.len() != parameters {
            return Err(Error::length("gradient", parameters, gradient.len()));
        }
        refuse_first(gradient, "finite", f64::is_finite)
    }

    /// As [`check`](Self::check), for a rule that keeps squares: one that overflowed would stay in the mean for good.
    fn check_squares(&self, parameters: usize, gradient: &[f64]) -> Result<()> {
        self.check(parameters, gradient)?;
        refuse_first(gradient, "small enough to square", |g| (g * g).is_finite())
    }

    /// Applies `rule(parameter, derivative, memory)` to each parameter, after [`check`](Self::check).
    fn update<P: Parameters + ?Sized>(
        &mut self,
        parameters: &mut P,
        gradient: &[f64],
        mut rule: impl FnMut(&mut f64, f64, &mut M),
    ) {
        self.0.resize(gradient.len(), M::default());
        let mut entries = gradient.iter().zip(&mut self.0);
        // Driven by the structure, whose iterator may be nested: it then runs as plain loops.
        parameters.values_mut().for_each(|parameter| {
            if let Some((&derivative, memory)) = entries.next() {
                rule(parameter, derivative, memory);
            }
        });
    }
}

/// Names the first derivative that is not as it must be.
fn refuse_first(gradient: &[f64], must_be: &str, passes: impl Fn(f64) -> bool) -> Result<()> {
    match gradient.iter().position(|&g| !passes(g)) {
        None => Ok(()),
        Some(index) => {
            let g = gradient[index];
            let problem =
                format!("the derivative by parameter {index} must be {must_be}, found {g:?}");
            Err(Error::argument("gradient", problem))
        }
    }
}

fn positive(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    let problem = format!("must be finite and positive, found {value}");
    Err(Error::argument(name, problem))
}

pub(super) fn at_least_zero(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    let problem = format!("must be finite and at least 0, found {value}");
    Err(Error::argument(name, problem))
}

pub(super) fn at_least_one(name: &str, value: usize) -> Result<usize> {
    if value > 0 {
        return Ok(value);
    }
    Err(Error::argument(name, "must be positive, found 0"))
}

/// A share of the past to keep: at least 0, below 1.
fn decay(name: &str, value: f64) -> Result<f64> {
    if (0.0..1.0).contains(&value) {
        return Ok(value);
    }
    let problem = format!("must be at least 0 and below 1, found {value}");
    Err(Error::argument(name, problem))
}
