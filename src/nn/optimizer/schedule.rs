//! Learning-rate schedules: they take the number of a step and return its rate.

use std::f64::consts::PI;

use crate::error::Result;
use crate::nn::check::{at_least_one, at_least_zero, positive, require};

/// How the learning rate changes from step to step. Steps are counted from 0.
///
/// ```
/// use chainrule::nn::optimizer::Schedule;
///
/// let schedule = Schedule::linear(1.0, 0.1, 100)?; // micrograd's demo: 1 − 0.9·k/100
/// assert_eq!(schedule.rate(0), 1.0);
/// assert_eq!(schedule.rate(50), 0.55);
/// assert_eq!(schedule.rate(1000), 0.1);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    warmup: usize,
    first: f64,
    decay: Decay,
}

/// How the rate falls after warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Decay {
    Constant,
    Linear { last: f64, steps: usize },
    Steps { factor: f64, every: usize },
    Cosine { last: f64, steps: usize },
}

impl Schedule {
    /// The same rate at every step.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if the rate is not finite and positive.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Schedule;
    /// assert_eq!(Schedule::constant(0.1)?.rate(1000), 0.1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn constant(rate: f64) -> Result<Self> {
        Self::new("rate", rate, Decay::Constant)
    }

    /// Evenly from `first` down (or up) to `last` over `steps` steps, then `last`: `first + (last − first)·k/steps`.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if `first` is not finite and positive, `last` is negative or not finite,
    /// or `steps` is 0.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Schedule;
    /// assert_eq!(Schedule::linear(1.0, 0.0, 4)?.rate(1), 0.75);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn linear(first: f64, last: f64, steps: usize) -> Result<Self> {
        let last = at_least_zero("last", last)?;
        let steps = at_least_one("steps", steps)?;
        Self::new("first", first, Decay::Linear { last, steps })
    }

    /// Multiplied by `factor` once every `every` steps: `first · factor^⌊k/every⌋`.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if `first` or `factor` is not finite and positive, `factor` is above
    /// 1, or `every` is 0.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Schedule;
    /// let schedule = Schedule::step_decay(1.0, 0.5, 10)?;
    /// assert_eq!([9, 10, 20].map(|step| schedule.rate(step)), [1.0, 0.5, 0.25]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn step_decay(first: f64, factor: f64, every: usize) -> Result<Self> {
        let factor = positive("factor", factor)?;
        require("factor", factor, factor <= 1.0, "at most 1")?;
        let every = at_least_one("every", every)?;
        Self::new("first", first, Decay::Steps { factor, every })
    }

    /// Multiplied by `factor` after each step: `first · factorᵏ`.
    ///
    /// # Errors
    ///
    /// As [`step_decay`](Self::step_decay).
    ///
    /// ```
    /// use chainrule::nn::optimizer::Schedule;
    /// assert_eq!(Schedule::exponential(1.0, 0.5)?.rate(3), 0.125);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn exponential(first: f64, factor: f64) -> Result<Self> {
        Self::step_decay(first, factor, 1)
    }

    /// Half a cosine wave from `first` to `last` over `steps` steps, then `last`:
    /// `last + (first − last)·(1 + cos(π·k/steps))/2`.
    ///
    /// I. Loshchilov and F. Hutter, "SGDR" (2017), equation 5, without restarts.
    ///
    /// # Errors
    ///
    /// As [`linear`](Self::linear).
    ///
    /// ```
    /// use chainrule::nn::optimizer::Schedule;
    /// let schedule = Schedule::cosine(1.0, 0.0, 10)?;
    /// assert_eq!(schedule.rate(0), 1.0);
    /// assert!((schedule.rate(5) - 0.5).abs() < 1e-15);
    /// assert_eq!(schedule.rate(10), 0.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn cosine(first: f64, last: f64, steps: usize) -> Result<Self> {
        let last = at_least_zero("last", last)?;
        let steps = at_least_one("steps", steps)?;
        Self::new("first", first, Decay::Cosine { last, steps })
    }

    /// Adds `steps` steps at the beginning, in which the rate climbs evenly to the first rate: `first·(k + 1)/steps`.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Schedule;
    /// let schedule = Schedule::exponential(1.0, 0.5)?.warmup(2);
    /// assert_eq!([0, 1, 2, 3].map(|step| schedule.rate(step)), [0.5, 1.0, 1.0, 0.5]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn warmup(mut self, steps: usize) -> Self {
        self.warmup = steps;
        self
    }

    /// The learning rate of a step.
    ///
    /// ```
    /// use chainrule::nn::optimizer::Schedule;
    /// assert_eq!(Schedule::linear(1.0, 0.5, 2)?.rate(1), 0.75);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn rate(&self, step: usize) -> f64 {
        let Some(k) = step.checked_sub(self.warmup) else {
            return self.first * ((step + 1) as f64 / self.warmup as f64);
        };
        let first = self.first;
        match self.decay {
            Decay::Constant => first,
            Decay::Linear { last, steps } | Decay::Cosine { last, steps } if k >= steps => last,
            Decay::Linear { last, steps } => first + (last - first) * k as f64 / steps as f64,
            Decay::Cosine { last, steps } => {
                let angle = PI * (k as f64 / steps as f64);
                last + (first - last) * (0.5 * (1.0 + libm::cos(angle)))
            }
            Decay::Steps { factor, every } => first * libm::pow(factor, (k / every) as f64),
        }
    }

    fn new(name: &str, first: f64, decay: Decay) -> Result<Self> {
        Ok(Self {
            warmup: 0,
            first: positive(name, first)?,
            decay,
        })
    }
}
