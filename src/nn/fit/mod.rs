//! Training: takes a structure of parameters, rows of data, an optimizer and the loss of one row; gives a history.
//!
//! The loss is traced once, compiled, and replayed over mini-batches; [`Fit`] holds the choices, [`History`] what came
//! of them. Every structure trains that lists its numbers: see [`Parameters`].
//!
//! Which rows make up which batch depends on the seed and the number of the epoch alone, and every step on nothing but
//! the parameters, the optimizer and its batch. So a run is the same bits again, however often it is interrupted.

mod history;
#[cfg(feature = "serde")]
mod kept;
mod reply;
mod table;
mod training;

use std::fmt;
use std::ops::ControlFlow;

pub use history::{Ended, Epoch, History, Step};
pub use reply::Reply;

use super::data::Rows;
use super::optimizer::{Optimizer, Schedule, at_least_one, at_least_zero};
use crate::error::Result;
use crate::parameters::Parameters;
use crate::program::{Level, Outputs};
use crate::var::Var;
use training::Training;

/// The choices of a training run: begun with [`Fit::new`], done with [`run`](Self::run).
///
/// Starts with 10 epochs, batches of 32 rows in random order, seed 0, no penalty, the optimizer's own learning rate, no
/// early stopping, all cores, and the bits of the tape.
///
/// ```
/// use chainrule::nn::data::spirals;
/// use chainrule::nn::optimizer::Adam;
/// use chainrule::nn::{Activation, Fit, Mlp, loss};
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let mut rng = StdRng::seed_from_u64(1);
/// let data = spirals(3, 50, 0.1, &mut rng)?;
/// let mut mlp = Mlp::new(&mut rng, &[2, 16, 3], Activation::Tanh)?;
///
/// // A row is two inputs, then the class.
/// let history = Fit::new()
///     .epochs(60)
///     .batch(16)
///     .seed(1)
///     .run(&mut mlp, &data, &mut Adam::new(0.02)?, |mlp, row| {
///         loss::row_cross_entropy(&mlp.forward(&row[..2])?, row[2])
///     })?;
/// assert_eq!(history.epochs.len(), 60);
/// assert!(history.epochs[59].loss < 0.5 * history.epochs[0].loss);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub struct Fit<'a, M> {
    settings: Settings<'a>,
    on_step: Option<Callback<'a, Step, M>>,
    on_epoch: Option<Callback<'a, Epoch, M>>,
}

type Callback<'a, E, M> = Box<dyn FnMut(&E, &M) -> Result<ControlFlow<()>> + 'a>;

/// All that can be chosen, but for the callbacks.
#[derive(Clone, Copy)]
struct Settings<'a> {
    epochs: usize,
    batch: usize,
    seed: u64,
    shuffle: bool,
    l2: f64,
    schedule: Option<Schedule>,
    validation: Option<&'a dyn Rows>,
    patience: Option<usize>,
    min_delta: f64,
    save_every: Option<usize>,
    threads: usize,
    level: Level,
}

impl Settings<'_> {
    /// Refuses what is of no use.
    fn check(&self) -> Result<()> {
        at_least_one("batch", self.batch)?;
        at_least_zero("l2", self.l2)?;
        at_least_one("patience", self.patience.unwrap_or(1))?;
        at_least_zero("min_delta", self.min_delta)?;
        at_least_one("save_every", self.save_every.unwrap_or(1))?;
        Ok(())
    }

    /// Whether a run is saved when so many steps were taken.
    fn saves_after(&self, steps: usize, epoch_is_over: bool) -> bool {
        self.save_every
            .map_or(epoch_is_over, |every| steps.is_multiple_of(every))
    }
}

impl<M> Default for Fit<'_, M> {
    fn default() -> Self {
        Self {
            settings: Settings {
                epochs: 10,
                batch: 32,
                seed: 0,
                shuffle: true,
                l2: 0.0,
                schedule: None,
                validation: None,
                patience: None,
                min_delta: 0.0,
                save_every: None,
                threads: 0,
                level: Level::Exact,
            },
            on_step: None,
            on_epoch: None,
        }
    }
}

impl<'a, M: Parameters> Fit<'a, M> {
    /// The choices to start with.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    ///
    /// // The mean of three numbers, in batches of two.
    /// let mut mean = [0.0];
    /// let fit = Fit::new().epochs(100).batch(2);
    /// fit.run(&mut mean, &[[1.0], [2.0], [6.0]], &mut Sgd::new(0.01)?, |mean, row| (mean[0] - row[0]).square())?;
    /// assert!((mean[0] - 3.0).abs() < 0.2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes over the data so many times.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let history = Fit::new().epochs(3).run(&mut [0.0], &[[1.0]], &mut Sgd::new(0.1)?, |p, x| p[0] - x[0])?;
    /// assert_eq!(history.epochs.len(), 3);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.settings.epochs = epochs;
        self
    }

    /// Takes a step for every so many rows, and one for what is left; from the number of rows on, one step an epoch.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let fit = Fit::new().epochs(1).batch(2);
    /// let history = fit.run(&mut [0.0], &[[1.0], [2.0], [3.0]], &mut Sgd::new(0.1)?, |p, x| p[0] - x[0])?;
    /// assert_eq!(history.epochs[0].steps, 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn batch(mut self, rows: usize) -> Self {
        self.settings.batch = rows;
        self
    }

    /// Decides the random order of rows: the same seed gives the same run.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    ///
    /// let run = |seed| -> chainrule::Result<_> {
    ///     let fit = Fit::new().batch(1).seed(seed);
    ///     fit.run(&mut [0.0], &[[1.0], [2.0], [4.0]], &mut Sgd::new(0.1)?, |p, x| (p[0] - x[0]).square())
    /// };
    /// assert_eq!(run(1)?, run(1)?);
    /// assert_ne!(run(1)?, run(2)?);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Takes the rows in the order of the data, in every epoch.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let mut p = [0.0];
    /// let fit = Fit::new().epochs(1).batch(1).in_order();
    /// fit.run(&mut p, &[[1.0], [2.0]], &mut Sgd::new(0.5)?, |p, x| (p[0] - x[0]).square())?;
    /// assert_eq!(p, [2.0], "the last row was the last");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.settings.shuffle = false;
        self
    }

    /// Adds the penalty `strength · Σ p²` over all parameters to the loss of every batch, and `2 · strength · p` to its
    /// derivatives.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let mut p = [1.0];
    /// let fit = Fit::new().epochs(1).l2(0.5);
    /// let history = fit.run(&mut p, &[[3.0]], &mut Sgd::new(0.1)?, |p, x| p[0] * x[0])?;
    /// assert_eq!((history.epochs[0].loss, p), (3.5, [1.0 - 0.1 * 4.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn l2(mut self, strength: f64) -> Self {
        self.settings.l2 = strength;
        self
    }

    /// Sets the optimizer's learning rate before every step, counted from 0 over all epochs.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::{Optimizer, Schedule, Sgd}};
    /// let mut sgd = Sgd::new(1.0)?;
    /// let fit = Fit::new().epochs(3).schedule(Schedule::exponential(1.0, 0.5)?);
    /// fit.run(&mut [0.0], &[[1.0]], &mut sgd, |p, x| p[0] - x[0])?;
    /// assert_eq!(sgd.rate(), 0.25);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.settings.schedule = Some(schedule);
        self
    }

    /// Measures the mean loss of these rows after every epoch, without penalty.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let fit = Fit::new().epochs(1).validation(&[[3.0], [5.0]]);
    /// let history = fit.run(&mut [0.0], &[[2.0]], &mut Sgd::new(0.5)?, |p, x| (p[0] - x[0]).square())?;
    /// assert_eq!(history.epochs[0].validation, Some((1.0 + 9.0) / 2.0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn validation(mut self, data: &'a dyn Rows) -> Self {
        self.settings.validation = Some(data);
        self
    }

    /// Stops early: when the loss has not got better for so many epochs in a row. The validation loss if there is one,
    /// else the training loss.
    ///
    /// ```
    /// use chainrule::nn::fit::Ended;
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let fit = Fit::new().epochs(1000).patience(2);
    /// let history = fit.run(&mut [1.0], &[[1.0]], &mut Sgd::new(0.1)?, |p, x| (p[0] - x[0]).square())?;
    /// assert_eq!((history.epochs.len(), history.ended), (3, Ended::Patience));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn patience(mut self, epochs: usize) -> Self {
        self.settings.patience = Some(epochs);
        self
    }

    /// Counts a loss as better, for [`patience`](Self::patience), only if it is lower than the best by more than this.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let fit = Fit::new().epochs(1000).patience(2).min_delta(0.5);
    /// // Every epoch is better by 0.1.
    /// let history = fit.run(&mut [1.0], &[[1.0]], &mut Sgd::new(0.1)?, |p, x| p[0] * x[0])?;
    /// assert_eq!(history.epochs.len(), 3);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn min_delta(mut self, delta: f64) -> Self {
        self.settings.min_delta = delta;
        self
    }

    /// Calls back at every step, when the loss is known and the parameters have not moved yet, with the structure of
    /// parameters that the loss is of.
    ///
    /// The callback may return nothing, or [stop the run](ControlFlow::Break) before this step, or fail: see [`Reply`].
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    ///
    /// let mut seen = Vec::new();
    /// Fit::new()
    ///     .epochs(2)
    ///     .on_step(|step, p: &[f64; 1]| seen.push((step.step, step.steps, step.loss, p[0])))
    ///     .run(&mut [1.0], &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
    /// assert_eq!(seen, [(0, 2, 2.0, 1.0), (1, 2, 1.0, 0.5)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn on_step<R: Reply>(mut self, mut callback: impl FnMut(&Step, &M) -> R + 'a) -> Self {
        self.on_step = Some(Box::new(move |step, model| callback(step, model).reply()));
        self
    }

    /// Calls back after every epoch, with the structure of parameters as it is then.
    ///
    /// The callback may return nothing, or [stop the run](ControlFlow::Break), or fail: see [`Reply`].
    ///
    /// ```
    /// use chainrule::nn::fit::Ended;
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// use std::ops::ControlFlow;
    ///
    /// let fit = Fit::new().epochs(100).on_epoch(|_, p: &[f64; 1]| match p[0] {
    ///     p if p < 0.0 => ControlFlow::Break(()),
    ///     _ => ControlFlow::Continue(()),
    /// });
    /// let history = fit.run(&mut [1.0], &[[1.0]], &mut Sgd::new(0.3)?, |p, x| p[0] * x[0])?;
    /// assert_eq!((history.epochs.len(), history.ended), (4, Ended::Callback));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn on_epoch<R: Reply>(mut self, mut callback: impl FnMut(&Epoch, &M) -> R + 'a) -> Self {
        self.on_epoch = Some(Box::new(move |epoch, model| callback(epoch, model).reply()));
        self
    }

    /// Computes on so many threads; 0 are as many as there are cores. The bits are the same for any number.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let mut p = [1.0];
    /// Fit::new().epochs(1).threads(1).run(&mut p, &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
    /// assert_eq!(p, [0.5]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.settings.threads = threads;
        self
    }

    /// Computes at this level: [`Exact`](Level::Exact), the bits of the tape, or [`Fast`](Level::Fast).
    ///
    /// ```
    /// use chainrule::Level;
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// let mut p = [1.0];
    /// let fit = Fit::new().epochs(1).level(Level::Fast);
    /// fit.run(&mut p, &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
    /// assert_eq!(p, [0.5]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.settings.level = level;
        self
    }

    /// Trains: moves the parameters of `model` down the gradient of the mean loss, batch by batch.
    ///
    /// `loss` computes the loss of one row from the recorded structure and the row's values; its first output counts. It
    /// runs once, at the first row: branches taken there are taken for every row, and where a row would have taken
    /// another, the run ends with an error. A network's losses of a row whose class is part of the data are
    /// [`row_cross_entropy`](super::loss::row_cross_entropy) and [`row_multiclass_hinge`](super::loss::row_multiclass_hinge).
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    ///
    /// // A line through points.
    /// let points = [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]];
    /// let mut line = [0.0, 0.0];
    /// Fit::new().epochs(1000).run(&mut line, &points, &mut Sgd::new(0.1)?, |line, row| {
    ///     (line[0] * row[0] + line[1] - row[1]).square()
    /// })?;
    /// assert!((line[0] - 2.0).abs() < 1e-6 && (line[1] - 1.0).abs() < 1e-6);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Before the first step, with nothing changed: [`Argument`](crate::ErrorKind::Argument) when there are no rows or a
    /// choice is of no use, [`Length`](crate::ErrorKind::Length) when rows differ in width or the structure lists other
    /// numbers than it moves, and what `loss` itself fails with.
    ///
    /// At a step, which is then not taken: [`Argument`](crate::ErrorKind::Argument) when the loss is NaN or infinite, the
    /// message names row, epoch and step; [`Branch`](crate::ErrorKind::Branch) when a row would branch otherwise; what the
    /// optimizer or a callback fails with. After an epoch: the same of the validation rows. The parameters stay as the last
    /// step left them.
    ///
    /// # Panics
    /// If `loss` computes with a recorded value from outside.
    pub fn run<O: Optimizer, L: Outputs>(
        self,
        model: &mut M,
        data: &dyn Rows,
        optimizer: &mut O,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<History> {
        Training::new(self, model, data, loss)?.run(model, optimizer, &mut |_, _, _| Ok(()))
    }
}

#[cfg(feature = "serde")]
impl<M: Parameters> Fit<'_, M> {
    /// Saves the run that [`resume`](Self::resume) keeps in a file after so many steps, and when it ends; without this,
    /// after every epoch and when it ends.
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("run.json");
    /// let fit = Fit::new().epochs(100).save_every(50);
    /// fit.resume(&path, &mut [1.0], &[[2.0]], &mut Sgd::new(0.1)?, |p, x| (p[0] - x[0]).square())?;
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn save_every(mut self, steps: usize) -> Self {
        self.settings.save_every = Some(steps);
        self
    }

    /// As [`run`](Self::run), kept in a file: continues the run that the file holds, or begins one if there is no file.
    ///
    /// Parameters and optimizer are replaced by those in the file, and the run goes on at the step where it was saved, so
    /// that history and parameters have the bits of a run that was never interrupted. A run that had ended goes on if
    /// there are more epochs now. Everything else must be as it was: seed, order, batch, penalty, number and width of
    /// the rows are checked; the rows' values, loss, schedule and structure are the caller's word.
    ///
    /// The file is JSON, written [whole or not at all](super::checkpoint).
    ///
    /// ```
    /// use chainrule::nn::{Fit, optimizer::Adam};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("run.json");
    ///
    /// let points = [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]];
    /// let run = |epochs| {
    ///     let (mut line, mut adam) = ([0.0, 0.0], Adam::new(0.1)?);
    ///     let fit = Fit::new().epochs(epochs).batch(2).seed(1);
    ///     fit.resume(&path, &mut line, &points, &mut adam, |line, row| (line[0] * row[0] + line[1] - row[1]).square())
    /// };
    /// let half = run(10)?;
    /// let whole = run(20)?;
    /// assert_eq!(whole.epochs[..10], half.epochs);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run). [`Io`](crate::ErrorKind::Io) when the file cannot be read or written;
    /// [`Data`](crate::ErrorKind::Data) when it is cut short, is no such file, is of another version, holds other
    /// parameters, another optimizer or the run of other choices: the message names the file, and nothing is changed.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn resume<O, L>(
        self,
        path: impl AsRef<std::path::Path>,
        model: &mut M,
        data: &dyn Rows,
        optimizer: &mut O,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<History>
    where
        O: Optimizer + serde::Serialize + serde::de::DeserializeOwned,
        L: Outputs,
    {
        let path = path.as_ref();
        let mut training = Training::new(self, model, data, loss)?;
        kept::restore(path, &mut training, model, optimizer)?;
        let choices = kept::Choices::of(&training);
        training.run(model, optimizer, &mut |model, optimizer, position| {
            kept::save(path, &choices, model, optimizer, position)
        })
    }
}

impl<M> fmt::Debug for Fit<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fit")
            .field("epochs", &self.settings.epochs)
            .field("batch", &self.settings.batch)
            .field("seed", &self.settings.seed)
            .finish_non_exhaustive()
    }
}
