//! Optimizers that scale each parameter's step by the size of its past derivatives.

use super::rule::Optimizer;
use super::state::{State, rate_in};
use crate::error::Result;
use crate::nn::check::{at_least_zero, below_one, positive};

/// Adam: steps along the mean of past gradients, divided by the root of the mean of their squares.
///
/// This is algorithm 1 of D. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015). With g the gradient
/// and t the step, counted from 1:
///
/// `m ← β₁·m + (1 − β₁)·g`, `v ← β₂·v + (1 − β₂)·g²`, `p ← p − rate · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)`.
///
/// The defaults are theirs: β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. A derivative whose square overflows, from about 1.3 · 10¹⁵⁴ on,
/// is an error, because v would stay infinite.
///
/// ```
/// use chainrule::nn::optimizer::{Adam, Optimizer};
///
/// let mut adam = Adam::new(0.1)?;
/// let mut p = [1.0, 1.0];
/// adam.step(&mut p, &[5.0, -0.001])?; // the first step goes by the signs
/// assert!((p[0] - 0.9).abs() < 1e-5 && (p[1] - 1.1).abs() < 1e-5);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Adam {
    rate: f64,
    betas: [f64; 2],
    epsilon: f64,
    /// `β₁ᵗ` and `β₂ᵗ` after t steps.
    powers: [f64; 2],
    moments: State<[f64; 2]>,
}

impl Adam {
    /// Adam at this learning rate; 0.001 is usual.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if the rate is not finite and positive.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Adam;
    /// assert_eq!(Adam::new(0.0).unwrap_err().to_string(), "rate: must be finite and positive, found 0");
    /// ```
    pub fn new(rate: f64) -> Result<Self> {
        Ok(Self {
            rate: positive("rate", rate)?,
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            powers: [1.0, 1.0],
            moments: State::default(),
        })
    }

    /// Sets β₁ and β₂: the shares of the two means that a step keeps.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if one is negative, or 1 or more.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Adam;
    /// let error = Adam::new(0.001)?.betas(0.9, 1.0).unwrap_err();
    /// assert_eq!(error.to_string(), "beta2: must be at least 0 and below 1, found 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Result<Self> {
        self.betas = [below_one("beta1", beta1)?, below_one("beta2", beta2)?];
        Ok(self)
    }

    /// Sets ε, which keeps the quotient finite.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if it is not finite and positive.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Adam;
    /// assert!(Adam::new(0.001)?.epsilon(1e-6).is_ok());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn epsilon(mut self, epsilon: f64) -> Result<Self> {
        self.epsilon = positive("epsilon", epsilon)?;
        Ok(self)
    }

    /// Multiplies each parameter of a part by `keep`, then moves it.
    fn step_part_keeping(
        &mut self,
        keep: f64,
        start: usize,
        parameters: &mut [f64],
        gradient: &[f64],
    ) {
        let (rate, epsilon, [beta1, beta2]) = (self.rate, self.epsilon, self.betas);
        let [scale1, scale2] = self.powers.map(|power| 1.0 - power);
        let update = |p: &mut f64, g: f64, [m, v]: &mut [f64; 2]| {
            *m = beta1 * *m + (1.0 - beta1) * g;
            *v = beta2 * *v + (1.0 - beta2) * (g * g);
            *p *= keep;
            *p -= rate * (*m / scale1) / ((*v / scale2).sqrt() + epsilon);
        };
        self.moments.update(start, parameters, gradient, update);
    }
}

impl Optimizer for Adam {
    fn begin_step(&mut self, gradient: &[f64]) -> Result<()> {
        self.moments.begin(gradient, true)?;
        let [beta1, beta2] = self.betas;
        self.powers = [self.powers[0] * beta1, self.powers[1] * beta2];
        Ok(())
    }

    fn step_part(&mut self, start: usize, parameters: &mut [f64], gradient: &[f64]) {
        self.step_part_keeping(1.0, start, parameters, gradient);
    }

    rate_in!(rate);
}

/// `AdamW`: [`Adam`] with weight decay that is not part of the gradient.
///
/// This is algorithm 2 of I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019): before Adam's step,
/// each parameter shrinks, `p ← p − rate · decay · p`, as in `PyTorch`'s `AdamW`. It fails where [`Adam`] fails.
///
/// ```
/// use chainrule::nn::optimizer::{AdamW, Optimizer};
///
/// let mut adamw = AdamW::new(0.1, 0.5)?;
/// let mut p = [1.0];
/// adamw.step(&mut p, &[0.0])?;
/// assert_eq!(p, [0.95]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct AdamW {
    adam: Adam,
    decay: f64,
}

impl AdamW {
    /// `AdamW` at this learning rate with this weight decay; 0.001 and 0.01 are usual.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if the rate is not finite and positive, or the decay is negative or
    /// not finite.
    ///
    /// ```
    /// use chainrule::nn::optimizer::AdamW;
    /// let error = AdamW::new(0.001, -1.0).unwrap_err();
    /// assert_eq!(error.to_string(), "decay: must be finite and at least 0, found -1");
    /// ```
    pub fn new(rate: f64, decay: f64) -> Result<Self> {
        let (adam, decay) = (Adam::new(rate)?, at_least_zero("decay", decay)?);
        Ok(Self { adam, decay })
    }

    /// Sets β₁ and β₂, as [`Adam::betas`] does.
    ///
    /// # Errors
    ///
    /// As [`Adam::betas`].
    ///
    /// ```
    /// use chainrule::nn::optimizer::AdamW;
    /// assert!(AdamW::new(0.001, 0.01)?.betas(0.9, 0.95).is_ok());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn betas(self, beta1: f64, beta2: f64) -> Result<Self> {
        let adam = self.adam.betas(beta1, beta2)?;
        Ok(Self { adam, ..self })
    }

    /// Sets ε, as [`Adam::epsilon`] does.
    ///
    /// # Errors
    ///
    /// As [`Adam::epsilon`].
    ///
    /// ```
    /// use chainrule::nn::optimizer::AdamW;
    /// assert!(AdamW::new(0.001, 0.01)?.epsilon(0.0).is_err());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn epsilon(self, epsilon: f64) -> Result<Self> {
        let adam = self.adam.epsilon(epsilon)?;
        Ok(Self { adam, ..self })
    }
}

impl Optimizer for AdamW {
    fn begin_step(&mut self, gradient: &[f64]) -> Result<()> {
        self.adam.begin_step(gradient)
    }

    fn step_part(&mut self, start: usize, parameters: &mut [f64], gradient: &[f64]) {
        let keep = 1.0 - self.adam.rate * self.decay;
        self.adam
            .step_part_keeping(keep, start, parameters, gradient);
    }

    rate_in!(adam.rate);
}

/// `RMSProp`: steps along the gradient, divided by the root of the mean of its past squares.
///
/// T. Tieleman and G. Hinton, "Lecture 6.5: rmsprop" (2012), in `PyTorch`'s form:
/// `v ← α·v + (1 − α)·g²`, `p ← p − rate · g/(√v + ε)`. The defaults are α = 0.99, ε = 10⁻⁸. A derivative whose square
/// overflows, from about 1.3 · 10¹⁵⁴ on, is an error, because v would stay infinite.
///
/// ```
/// use chainrule::nn::optimizer::{Optimizer, RmsProp};
///
/// let mut rmsprop = RmsProp::new(0.1)?.smoothing(0.75)?;
/// let mut p = [1.0];
/// rmsprop.step(&mut p, &[4.0])?; // v = 0.25·16 = 4
/// assert!((p[0] - (1.0 - 0.1 * 4.0 / 2.0)).abs() < 1e-8);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RmsProp {
    rate: f64,
    smoothing: f64,
    epsilon: f64,
    squares: State<f64>,
}

impl RmsProp {
    /// `RMSProp` at this learning rate; 0.01 is usual.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if the rate is not finite and positive.
    ///
    /// ```
    /// use chainrule::nn::optimizer::RmsProp;
    /// let error = RmsProp::new(f64::INFINITY).unwrap_err();
    /// assert_eq!(error.to_string(), "rate: must be finite and positive, found inf");
    /// ```
    pub fn new(rate: f64) -> Result<Self> {
        Ok(Self {
            rate: positive("rate", rate)?,
            smoothing: 0.99,
            epsilon: 1e-8,
            squares: State::default(),
        })
    }

    /// Sets α: the share of the mean that a step keeps.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if it is negative, or 1 or more.
    ///
    /// ```
    /// use chainrule::nn::optimizer::RmsProp;
    /// assert!(RmsProp::new(0.01)?.smoothing(-0.5).is_err());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn smoothing(mut self, smoothing: f64) -> Result<Self> {
        self.smoothing = below_one("smoothing", smoothing)?;
        Ok(self)
    }

    /// Sets ε, which keeps the quotient finite.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if it is not finite and positive.
    ///
    /// ```
    /// use chainrule::nn::optimizer::RmsProp;
    /// assert!(RmsProp::new(0.01)?.epsilon(1e-6).is_ok());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn epsilon(mut self, epsilon: f64) -> Result<Self> {
        self.epsilon = positive("epsilon", epsilon)?;
        Ok(self)
    }
}

impl Optimizer for RmsProp {
    fn begin_step(&mut self, gradient: &[f64]) -> Result<()> {
        self.squares.begin(gradient, true)
    }

    fn step_part(&mut self, start: usize, parameters: &mut [f64], gradient: &[f64]) {
        let (rate, smoothing, epsilon) = (self.rate, self.smoothing, self.epsilon);
        let update = |p: &mut f64, g: f64, v: &mut f64| {
            *v = smoothing * *v + (1.0 - smoothing) * (g * g);
            *p -= rate * g / (v.sqrt() + epsilon);
        };
        self.squares.update(start, parameters, gradient, update);
    }

    rate_in!(rate);
}
