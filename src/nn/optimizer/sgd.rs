//! Gradient descent, with or without momentum.

use super::rule::Optimizer;
use super::state::{State, rate_in};
use crate::error::Result;
use crate::nn::check::{at_least_zero, below_one, positive};

/// Gradient descent: `p ← p − rate · g`. It is called stochastic if the gradient is a mini-batch's.
///
/// With momentum μ, a velocity `v ← μ·v + g` replaces the gradient (B. Polyak, 1964). Nesterov's form (1983) looks ahead:
/// it steps along `g + μ·v`. Both are written as in `PyTorch`'s `SGD` (I. Sutskever et al., 2013, with the rate outside
/// the velocity).
///
/// ```
/// use chainrule::nn::optimizer::{Optimizer, Sgd};
///
/// let mut sgd = Sgd::new(0.1)?.momentum(0.5)?;
/// let mut p = [1.0];
/// sgd.step(&mut p, &[2.0])?; // v = 2
/// sgd.step(&mut p, &[2.0])?; // v = 0.5·2 + 2 = 3
/// assert!((p[0] - (1.0 - 0.1 * 2.0 - 0.1 * 3.0)).abs() < 1e-15);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Sgd {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    velocities: State<f64>,
}

impl Sgd {
    /// Plain gradient descent at this learning rate.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if the rate is not finite and positive.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Sgd;
    /// let error = Sgd::new(-0.1).unwrap_err();
    /// assert_eq!(error.to_string(), "rate: must be finite and positive, found -0.1");
    /// ```
    pub fn new(rate: f64) -> Result<Self> {
        Ok(Self {
            rate: positive("rate", rate)?,
            momentum: 0.0,
            nesterov: false,
            velocities: State::default(),
        })
    }

    /// Sets the momentum μ: the share of the velocity that a step keeps.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if it is negative, or 1 or more.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Sgd;
    /// let error = Sgd::new(0.1)?.momentum(1.0).unwrap_err();
    /// assert_eq!(error.to_string(), "momentum: must be at least 0 and below 1, found 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn momentum(mut self, momentum: f64) -> Result<Self> {
        self.momentum = below_one("momentum", momentum)?;
        Ok(self)
    }

    /// Sets the momentum μ, and uses Nesterov's form.
    ///
    /// # Errors
    ///
    /// As [`momentum`](Self::momentum).
    ///
    /// ```
    /// use chainrule::nn::optimizer::{Optimizer, Sgd};
    /// let mut sgd = Sgd::new(0.1)?.nesterov(0.5)?;
    /// let mut p = [1.0];
    /// sgd.step(&mut p, &[2.0])?; // v = 2, along 2 + 0.5·2 = 3
    /// assert_eq!(p, [0.7]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn nesterov(mut self, momentum: f64) -> Result<Self> {
        self.nesterov = true;
        self.momentum(momentum)
    }
}

impl Optimizer for Sgd {
    fn begin_step(&mut self, gradient: &[f64]) -> Result<()> {
        self.velocities.begin(gradient, false)
    }

    fn step_part(&mut self, start: usize, parameters: &mut [f64], gradient: &[f64]) {
        let (rate, momentum, nesterov) = (self.rate, self.momentum, self.nesterov);
        let update = |p: &mut f64, g: f64, v: &mut f64| {
            *v = momentum * *v + g;
            *p -= rate * if nesterov { g + momentum * *v } else { *v };
        };
        self.velocities.update(start, parameters, gradient, update);
    }

    rate_in!(rate);
}
