//! What a run reports: before each step, after each epoch, and at its end.

/// A step that is about to be taken: what a progress bar needs.
///
/// ```
/// use chainrule::nn::fit::TrainingStep;
/// use chainrule::nn::{Fit, optimizer::Sgd};
///
/// let mut lines = Vec::new();
/// Fit::new()
///     .epochs(1)
///     .on_step(|&TrainingStep { step, steps, loss, .. }, _| lines.push(format!("{step}/{steps} {loss}")))
///     .run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
/// assert_eq!(lines, ["0/1 2"]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrainingStep {
    /// The number of the epoch, counted from 0.
    pub epoch: usize,
    /// The number of epochs that the run is to have.
    pub epochs: usize,
    /// The number of the step, counted from 0 over all epochs; this many steps were taken before.
    pub step: usize,
    /// The number of steps that the run is to have, in all epochs.
    pub steps: usize,
    /// The loss of the batch, with the penalty.
    pub loss: f64,
    /// The learning rate of this step.
    pub rate: f64,
}

/// An epoch that has ended.
///
/// ```
/// use chainrule::nn::{Fit, optimizer::Sgd};
/// let history = Fit::new().epochs(2).run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
/// assert_eq!(history.epochs.iter().map(|epoch| epoch.loss).collect::<Vec<_>>(), [2.0, 1.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Epoch {
    /// The number of the epoch, counted from 0.
    pub epoch: usize,
    /// The number of steps taken since the run began.
    pub steps: usize,
    /// The mean loss of all rows, each computed before the step of its batch, with the penalty.
    pub loss: f64,
    /// The mean loss of the validation rows after the epoch, if there are any.
    pub validation: Option<f64>,
}

impl Epoch {
    /// The loss on which early stopping depends.
    fn watched(&self) -> f64 {
        self.validation.unwrap_or(self.loss)
    }
}

/// What early stopping remembers of the epochs, so that each epoch is looked at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    best: f64,
    /// The number of last epochs that did not improve on the best epoch before them by more than `min_delta`.
    pub(super) waited: usize,
}

impl Progress {
    /// What is remembered after these epochs.
    pub(super) fn of(epochs: &[Epoch], min_delta: f64) -> Self {
        let mut progress = Self {
            best: f64::INFINITY,
            waited: 0,
        };
        for epoch in epochs {
            progress.note(epoch, min_delta);
        }
        progress
    }

    /// Takes the next epoch into account.
    pub(super) fn note(&mut self, epoch: &Epoch, min_delta: f64) {
        if epoch.watched() < self.best - min_delta {
            self.best = epoch.watched();
            self.waited = 0;
        } else {
            self.waited += 1;
        }
    }
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct History {
    /// Every epoch that has ended, in order.
    pub epochs: Vec<Epoch>,
    /// Why the run ended.
    pub ended: Ended,
}

impl History {
    /// The epoch with the lowest validation loss, or training loss if there is no validation; the first one of equal
    /// losses.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let history = Fit::new().epochs(3).run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
    /// assert_eq!(history.best().unwrap().epoch, 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn best(&self) -> Option<&Epoch> {
        let order = |a: &&Epoch, b: &&Epoch| a.watched().total_cmp(&b.watched());
        self.epochs.iter().min_by(order)
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Ended {
    /// All epochs have ended.
    Epochs,
    /// The loss has not improved for as many epochs as [`patience`](super::Fit::patience) allows.
    Patience,
    /// A callback stopped the run.
    Callback,
}
