//! What every optimizer does: one step, over a slice or over a structure part by part.

use crate::error::{Result, check_length};
use crate::parameters::Parameters;

/// A rule that moves parameters down a gradient.
///
/// Its methods can be called on a `dyn Optimizer`, so the rule can be chosen while the program runs:
///
/// ```
/// use chainrule::nn::optimizer::{Optimizer, RmsProp, Sgd};
///
/// /// The minimum of (x − 3)² that this many steps find.
/// fn minimum(optimizer: &mut dyn Optimizer, steps: usize) -> chainrule::Result<f64> {
///     let mut x = [0.0];
///     for _ in 0..steps {
///         let gradient = [2.0 * (x[0] - 3.0)];
///         optimizer.step(&mut x, &gradient)?;
///     }
///     Ok(x[0])
/// }
///
/// assert!((minimum(&mut Sgd::new(0.1)?, 200)? - 3.0).abs() < 1e-12);
/// assert!((minimum(&mut RmsProp::new(0.01)?, 1000)? - 3.0).abs() < 0.02);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// A rule of your own has four methods; `step` and `step_parameters` are made of them:
///
/// ```
/// use chainrule::nn::optimizer::Optimizer;
///
/// /// Moves each parameter by the rate, against the sign of its derivative.
/// struct SignDescent {
///     rate: f64,
/// }
///
/// impl Optimizer for SignDescent {
///     fn begin_step(&mut self, _gradient: &[f64]) -> chainrule::Result<()> {
///         Ok(())
///     }
///
///     fn step_part(&mut self, _start: usize, parameters: &mut [f64], gradient: &[f64]) {
///         for (p, g) in parameters.iter_mut().zip(gradient) {
///             *p -= self.rate * g.signum();
///         }
///     }
///
///     fn rate(&self) -> f64 {
///         self.rate
///     }
///
///     fn set_rate(&mut self, rate: f64) -> chainrule::Result<()> {
///         self.rate = rate;
///         Ok(())
///     }
/// }
///
/// let mut parameters = [1.0, 1.0];
/// SignDescent { rate: 0.5 }.step(&mut parameters, &[3.0, -0.1])?;
/// assert_eq!(parameters, [0.5, 1.5]);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Optimizer {
    /// Checks the whole gradient and begins a step; on an error nothing is changed.
    ///
    /// [`step`](Self::step) and [`step_parameters`](Self::step_parameters) call this method, then
    /// [`step_part`](Self::step_part) until every parameter has moved.
    ///
    /// # Errors
    ///
    /// Those of [`step`](Self::step), except that the number of parameters is not known here.
    ///
    /// ```
    /// use chainrule::nn::optimizer::{Optimizer, Sgd};
    /// assert!(Sgd::new(0.1)?.begin_step(&[f64::INFINITY]).is_err());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    fn begin_step(&mut self, gradient: &[f64]) -> Result<()>;

    /// Moves a part of the parameters: those from number `start` on, with their derivatives.
    ///
    /// ```
    /// use chainrule::nn::optimizer::{Optimizer, Sgd};
    ///
    /// let (mut weights, mut bias) = ([1.0, 2.0], [3.0]);
    /// let gradient = [10.0, 0.0, 20.0];
    /// let mut sgd = Sgd::new(0.1)?;
    /// sgd.begin_step(&gradient)?;
    /// sgd.step_part(0, &mut weights, &gradient[..2]);
    /// sgd.step_part(2, &mut bias, &gradient[2..]);
    /// assert_eq!((weights, bias), ([0.0, 2.0], [1.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the part reaches beyond the gradient with which the step began.
    fn step_part(&mut self, start: usize, parameters: &mut [f64], gradient: &[f64]);

    /// The learning rate: how far a step goes.
    ///
    /// ```
    /// use chainrule::nn::optimizer::{Adam, Optimizer};
    /// assert_eq!(Adam::new(0.001)?.rate(), 0.001);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    fn rate(&self) -> f64;

    /// Changes the learning rate for the steps to come. At rate 0, where some schedules end, parameters stay.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if the rate is negative or not finite.
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

    /// Moves every parameter one step down the gradient, which holds one derivative per parameter.
    ///
    /// # Errors
    ///
    /// [`Length`](crate::ErrorKind::Length) if `gradient.len()` is not `parameters.len()`, or not the length at the
    /// first step; [`Argument`](crate::ErrorKind::Argument) if a derivative is NaN or infinite, or if its square
    /// overflows in an optimizer that keeps squares ([`Adam`](super::Adam), [`AdamW`](super::AdamW),
    /// [`RmsProp`](super::RmsProp)): the message names its position, counted from 0. Nothing is changed then.
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
    /// assert_eq!(error.to_string(), "gradient: the derivative with respect to parameter 1 must be finite, found NaN");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<()> {
        check_length("gradient", parameters.len(), gradient.len())?;
        self.begin_step(gradient)?;
        self.step_part(0, parameters, gradient);
        Ok(())
    }

    /// As [`step`](Self::step), for a structure of [`Parameters`], where they are.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step).
    ///
    /// ```
    /// use chainrule::Parameters;
    /// use chainrule::nn::optimizer::{Optimizer, Sgd};
    /// use chainrule::nn::{Activation, Mlp};
    ///
    /// let mut mlp = Mlp::builder(1).layer(1, Activation::Linear).build_from(&[1.0, 2.0])?;
    /// Sgd::new(0.1)?.step_parameters(&mut mlp, &[10.0, 20.0])?;
    /// assert_eq!(mlp.parameters(), [0.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    fn step_parameters(
        &mut self,
        parameters: &mut dyn DynParameters,
        gradient: &[f64],
    ) -> Result<()> {
        let mut count = 0;
        parameters.each_part(&mut |part| count += part.len());
        check_length("gradient", count, gradient.len())?;
        self.begin_step(gradient)?;
        let mut start = 0;
        parameters.each_part(&mut |part| {
            self.step_part(start, part, &gradient[start..][..part.len()]);
            start += part.len();
        });
        Ok(())
    }
}

/// A structure as [`Optimizer::step_parameters`] takes it: every sized structure of [`Parameters`].
///
/// ```
/// use chainrule::nn::optimizer::DynParameters;
/// let mut pair = (vec![1.0, 2.0], 3.0);
/// let parts: &mut dyn DynParameters = &mut pair;
/// parts.each_part(&mut |part| part.fill(0.0));
/// assert_eq!(pair, (vec![0.0, 0.0], 0.0));
/// ```
pub trait DynParameters {
    /// Calls `visit` with every part, as [`Parameters::visit_mut`] does.
    ///
    /// ```
    /// use chainrule::nn::optimizer::DynParameters;
    /// let mut lengths = Vec::new();
    /// (vec![1.0, 2.0], 3.0).each_part(&mut |part| lengths.push(part.len()));
    /// assert_eq!(lengths, [2, 1]);
    /// ```
    fn each_part(&mut self, visit: &mut dyn FnMut(&mut [f64]));
}

impl<P: Parameters> DynParameters for P {
    fn each_part(&mut self, visit: &mut dyn FnMut(&mut [f64])) {
        self.visit_mut(visit);
    }
}
