//! What optimizers share: a state per parameter, and a learning rate that can be changed.

use crate::error::{Result, check_length};
use crate::nn::check;

/// Writes the methods of [`Optimizer`](super::Optimizer) for a learning rate that is kept in this field.
macro_rules! rate_in {
    ($($field:ident).+) => {
        fn rate(&self) -> f64 {
            self.$($field).+
        }

        fn set_rate(&mut self, rate: f64) -> Result<()> {
            self.$($field).+ = at_least_zero("rate", rate)?;
            Ok(())
        }
    };
}
pub(super) use rate_in;

/// What an optimizer remembers of each parameter; empty before the first step.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct State<M>(Vec<M>);

impl<M: Clone + Default> State<M> {
    /// Checks a gradient, then makes sure that each parameter has an entry. On an error nothing is changed.
    ///
    /// A rule that keeps means of squares sets `squares`: a square that overflowed would stay in the mean forever.
    pub(super) fn begin(&mut self, gradient: &[f64], squares: bool) -> Result<()> {
        if !self.0.is_empty() {
            check_length("parameters", self.0.len(), gradient.len())?;
        }
        let noun = "the derivative with respect to parameter";
        check::all("gradient", noun, gradient, "finite", f64::is_finite)?;
        if squares {
            let passes = |g: f64| (g * g).is_finite();
            check::all("gradient", noun, gradient, "small enough to square", passes)?;
        }
        self.0.resize(gradient.len(), M::default());
        Ok(())
    }

    /// Applies `rule(parameter, derivative, entry)` to the parameters from number `start` on.
    pub(super) fn update(
        &mut self,
        start: usize,
        parameters: &mut [f64],
        gradient: &[f64],
        rule: impl Fn(&mut f64, f64, &mut M),
    ) {
        let entries = &mut self.0[start..][..parameters.len()];
        for ((parameter, &derivative), entry) in parameters.iter_mut().zip(gradient).zip(entries) {
            rule(parameter, derivative, entry);
        }
    }
}
