//! What a run tells: of a step, of an epoch, and in the end.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// A step about to be taken: what a progress bar needs.
///
/// ```
/// use chainrule::nn::fit::Step;
/// use chainrule::nn::{Fit, optimizer::Sgd};
///
/// let mut lines = Vec::new();
/// Fit::new()
///     .epochs(1)
///     .on_step(|&Step { step, steps, loss, .. }, _| lines.push(format!("{step}/{steps} {loss}")))
///     .run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
/// assert_eq!(lines, ["0/1 2"]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The number of the epoch, from 0.
    pub epoch: usize,
    /// How many epochs there are to be.
    pub epochs: usize,
    /// The number of the step, from 0 over all epochs: as many steps were taken before.
    pub step: usize,
    /// How many steps there are to be, in all epochs.
    pub steps: usize,
    /// The loss of the batch, with the penalty.
    pub loss: f64,
    /// The learning rate of this step.
    pub rate: f64,
}

/// An epoch that is over.
///
/// ```
/// use chainrule::nn::{Fit, optimizer::Sgd};
/// let history = Fit::new().epochs(2).run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
/// assert_eq!(history.epochs.iter().map(|epoch| epoch.loss).collect::<Vec<_>>(), [2.0, 1.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct Epoch {
    /// The number of the epoch, from 0.
    pub epoch: usize,
    /// How many steps were taken since the run began.
    pub steps: usize,
    /// The mean loss of all rows, each as it was when its batch came, with the penalty.
    pub loss: f64,
    /// The mean loss of the validation rows after the epoch, if there are any.
    pub validation: Option<f64>,
}

impl Epoch {
    /// The loss that early stopping looks at.
    fn watched(&self) -> f64 {
        self.validation.unwrap_or(self.loss)
    }
}

/// How many of the last epochs in a row were not better than the best before them by more than `min_delta`.
pub(super) fn waited(epochs: &[Epoch], min_delta: f64) -> usize {
    let mut best = f64::INFINITY;
    let mut waited = 0;
    for epoch in epochs {
        if epoch.watched() < best - min_delta {
            best = epoch.watched();
            waited = 0;
        } else {
            waited += 1;
        }
    }
    waited
}

/// The epochs of a run, and why it ended.
///
/// ```
/// use chainrule::nn::fit::Ended;
/// use chainrule::nn::{Fit, optimizer::Sgd};
/// let history = Fit::new().epochs(5).run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
/// assert_eq!((history.epochs.len(), history.ended), (5, Ended::Epochs));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub struct History {
    /// Every epoch that is over, in order.
    pub epochs: Vec<Epoch>,
    /// Why there are no more.
    pub ended: Ended,
}

impl History {
    /// The epoch of the lowest validation loss, or training loss where there is no validation; the first of equals.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let history = Fit::new().epochs(3).run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
    /// assert_eq!(history.best().unwrap().epoch, 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn best(&self) -> Option<&Epoch> {
        self.epochs
            .iter()
            .min_by(|a, b| a.watched().total_cmp(&b.watched()))
    }
}

/// Why a run ended.
///
/// ```
/// use chainrule::nn::fit::Ended;
/// use chainrule::nn::{Fit, optimizer::Sgd};
/// let history = Fit::new().run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
/// assert_eq!(history.ended, Ended::Epochs);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[non_exhaustive]
pub enum Ended {
    /// All epochs are over.
    Epochs,
    /// The loss did not get better for as many epochs as [`patience`](super::Fit::patience) allows.
    Patience,
    /// A callback said so.
    Callback,
}
