//! Training: from a structure of parameters, rows of data, an optimizer and the loss of one row to trained parameters and
//! a history.
//!
//! The loss is traced once, compiled, and replayed over mini-batches. [`Fit`] holds the choices, and [`History`] the results.
//! Every structure of [`Parameters`] can be trained.
//!
//! The rows of each batch depend only on the seed and the number of the epoch, and each step depends only on the
//! parameters, the optimizer and its batch. So the same run gives the same bits again, however often it is interrupted.

mod callback;
mod feed;
mod history;
#[cfg(feature = "serde")]
mod resume;
mod settings;
mod training;

use std::fmt;

pub use callback::CallbackOutput;
pub use history::{Ended, Epoch, History, TrainingStep};

use super::data::{Chunked, Tabular};
use super::optimizer::{Optimizer, Schedule};
use crate::error::Result;
use crate::ir::Level;
use crate::parameters::Parameters;
use crate::program::Outputs;
use crate::setters::setters;
use crate::var::Var;
use callback::Callbacks;
use feed::Source;
use settings::Settings;
use training::Training;

/// The choices of a training run: begin with [`Fit::new`], then call [`run`](Self::run).
///
/// The defaults are 10 epochs, batches of 32 rows in random order, seed 0, no penalty, the optimizer's own learning rate,
/// no early stopping, all cores, and [`Level::Exact`].
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
    callbacks: Callbacks<'a, M>,
}

impl<M> Default for Fit<'_, M> {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            callbacks: Callbacks {
                step: None,
                epoch: None,
            },
        }
    }
}

impl<'a, M: Parameters> Fit<'a, M> {
    /// The default choices.
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

    setters! {
        /// Sets how many times the run goes through the data.
        ///
        /// ```
        /// use chainrule::nn::{Fit, optimizer::Sgd};
        /// let history = Fit::new().epochs(3).run(&mut [0.0], &[[1.0]], &mut Sgd::new(0.1)?, |p, x| p[0] - x[0])?;
        /// assert_eq!(history.epochs.len(), 3);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        epochs(epochs: usize) => settings.epochs = epochs;

        /// Sets the batch size: the number of rows per step. The last batch of an epoch may be smaller.
        ///
        /// ```
        /// use chainrule::nn::{Fit, optimizer::Sgd};
        /// let fit = Fit::new().epochs(1).batch(2);
        /// let history = fit.run(&mut [0.0], &[[1.0], [2.0], [3.0]], &mut Sgd::new(0.1)?, |p, x| p[0] - x[0])?;
        /// assert_eq!(history.epochs[0].steps, 2);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        batch(rows: usize) => settings.batch = rows;

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
        seed(seed: u64) => settings.seed = seed;

        /// Takes the rows in the order of the data in every epoch.
        ///
        /// ```
        /// use chainrule::nn::{Fit, optimizer::Sgd};
        /// let mut p = [0.0];
        /// let fit = Fit::new().epochs(1).batch(1).in_order();
        /// fit.run(&mut p, &[[1.0], [2.0]], &mut Sgd::new(0.5)?, |p, x| (p[0] - x[0]).square())?;
        /// assert_eq!(p, [2.0], "the last row was the last");
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        in_order() => settings.shuffle = false;

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
        l2(strength: f64) => settings.l2 = strength;

        /// Sets the optimizer's learning rate before every step. Steps are counted from 0 over all epochs.
        ///
        /// ```
        /// use chainrule::nn::{Fit, optimizer::{Optimizer, Schedule, Sgd}};
        /// let mut sgd = Sgd::new(1.0)?;
        /// let fit = Fit::new().epochs(3).schedule(Schedule::exponential(1.0, 0.5)?);
        /// fit.run(&mut [0.0], &[[1.0]], &mut sgd, |p, x| p[0] - x[0])?;
        /// assert_eq!(sgd.rate(), 0.25);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        schedule(schedule: Schedule) => settings.schedule = Some(schedule);

        /// Computes the mean loss of these rows, without penalty, after every epoch.
        ///
        /// ```
        /// use chainrule::nn::{Fit, optimizer::Sgd};
        /// let fit = Fit::new().epochs(1).validation(&[[3.0], [5.0]]);
        /// let history = fit.run(&mut [0.0], &[[2.0]], &mut Sgd::new(0.5)?, |p, x| (p[0] - x[0]).square())?;
        /// assert_eq!(history.epochs[0].validation, Some((1.0 + 9.0) / 2.0));
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        validation(data: &'a dyn Tabular) => settings.validation = Some(data);

        /// Stops the run early if the loss has not improved for this number of consecutive epochs.
        ///
        /// The loss is the validation loss if there is one, else the training loss.
        ///
        /// ```
        /// use chainrule::nn::fit::Ended;
        /// use chainrule::nn::{Fit, optimizer::Sgd};
        /// let fit = Fit::new().epochs(1000).patience(2);
        /// let history = fit.run(&mut [1.0], &[[1.0]], &mut Sgd::new(0.1)?, |p, x| (p[0] - x[0]).square())?;
        /// assert_eq!((history.epochs.len(), history.ended), (3, Ended::Patience));
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        patience(epochs: usize) => settings.patience = Some(epochs);

        /// For [`patience`](Self::patience), counts a loss as improved only if it is lower than the best by more than `delta`.
        ///
        /// ```
        /// use chainrule::nn::{Fit, optimizer::Sgd};
        /// let fit = Fit::new().epochs(1000).patience(2).min_delta(0.5);
        /// // Every epoch is better by 0.1.
        /// let history = fit.run(&mut [1.0], &[[1.0]], &mut Sgd::new(0.1)?, |p, x| p[0] * x[0])?;
        /// assert_eq!(history.epochs.len(), 3);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        min_delta(delta: f64) => settings.min_delta = delta;
    }

    /// Calls `callback` before every step, with the loss and the parameters at which it was computed.
    ///
    /// The callback may return nothing, or [stop the run](std::ops::ControlFlow::Break) before this step, or fail: see
    /// [`CallbackOutput`].
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
    pub fn on_step<C: CallbackOutput>(
        mut self,
        mut callback: impl FnMut(&TrainingStep, &M) -> C + 'a,
    ) -> Self {
        let callback = move |step: &_, model: &_| callback(step, model).control_flow();
        self.callbacks.step = Some(Box::new(callback));
        self
    }

    /// Calls `callback` after every epoch, with the parameters as they are then.
    ///
    /// The callback may return nothing, or [stop the run](std::ops::ControlFlow::Break), or fail: see [`CallbackOutput`].
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
    pub fn on_epoch<C: CallbackOutput>(
        mut self,
        mut callback: impl FnMut(&Epoch, &M) -> C + 'a,
    ) -> Self {
        let callback = move |epoch: &_, model: &_| callback(epoch, model).control_flow();
        self.callbacks.epoch = Some(Box::new(callback));
        self
    }

    setters! {
        /// Sets the number of threads; 0, the default, means one per core. The bits do not depend on it.
        ///
        /// ```
        /// use chainrule::nn::{Fit, optimizer::Sgd};
        /// let mut p = [1.0];
        /// Fit::new().epochs(1).threads(1).run(&mut p, &[[2.0]], &mut Sgd::new(0.25)?, |p, x| p[0] * x[0])?;
        /// assert_eq!(p, [0.5]);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        threads(threads: usize) => settings.threads = threads;

        /// Sets the level: [`Exact`](Level::Exact) gives the bits of the tape, [`Fast`](Level::Fast) is faster.
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
        level(level: Level) => settings.level = level;
    }

    /// Trains: moves the parameters of `model` down the gradient of the mean loss, batch by batch.
    ///
    /// `loss` computes the loss of one row from the recorded structure and the row's values; its first output is the loss.
    /// It is called once, with the first row. The branches taken there are taken for every row; if a row needs another
    /// branch, the run ends with an error. If the class of a row is part of the data, use
    /// [`row_cross_entropy`](super::loss::row_cross_entropy) or [`row_multiclass_hinge`](super::loss::row_multiclass_hinge).
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
    /// Before the first step, with nothing changed: [`Argument`](crate::ErrorKind::Argument) if there are no rows or a
    /// choice is not allowed, [`Length`](crate::ErrorKind::Length) if rows differ in width, or if `visit` and `visit_mut`
    /// of the structure differ in length; and the errors of `loss`.
    ///
    /// At a step, which is then not taken: [`Argument`](crate::ErrorKind::Argument) if the loss is NaN or infinite (the
    /// message names row, epoch and step); [`Branch`](crate::ErrorKind::Branch) if a row needs another branch; and the
    /// errors of the optimizer and the callbacks. After an epoch, the same holds for the validation rows. The parameters
    /// stay as the last step left them.
    ///
    /// # Panics
    /// If `loss` uses a value that was recorded outside it.
    pub fn run<L: Outputs>(
        self,
        model: &mut M,
        data: &dyn Tabular,
        optimizer: &mut dyn Optimizer,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<History> {
        self.run_source(model, Source::Rows(data), optimizer, loss)
    }

    /// As [`run`](Self::run), on rows that are read chunk by chunk. Only one chunk is in memory.
    ///
    /// In every epoch, the chunks come in random order, and so do the rows of each chunk; a batch may have rows of several
    /// chunks. Both orders depend only on the seed, the epoch and the chunk. So rows mix within a chunk only: if the file is
    /// sorted, and each chunk holds few of its values, mix the rows once when you write the file.
    ///
    /// ```
    /// use chainrule::nn::data::{Chunk, Chunked};
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    ///
    /// /// Points of a line, ten in each of a hundred chunks.
    /// struct Line;
    ///
    /// impl Chunked for Line {
    ///     fn width(&self) -> usize {
    ///         2
    ///     }
    ///
    ///     fn chunks(&self) -> usize {
    ///         100
    ///     }
    ///
    ///     fn rows(&self, _: usize) -> usize {
    ///         10
    ///     }
    ///
    ///     fn read(&self, chunk: usize, into: &mut Chunk) -> chainrule::Result<()> {
    ///         let x: Vec<f64> = (0..10).map(|row| (10 * chunk + row) as f64 / 1000.0).collect();
    ///         into.fill(2, |columns| {
    ///             columns[1].extend(x.iter().map(|x| 2.0 * x + 1.0));
    ///             columns[0].extend(x);
    ///             Ok(())
    ///         })
    ///     }
    /// }
    ///
    /// let mut line = [0.0, 0.0];
    /// Fit::new().epochs(50).run_chunks(&mut line, &Line, &mut Sgd::new(0.3)?, |line, row| {
    ///     (line[0] * row[0] + line[1] - row[1]).square()
    /// })?;
    /// assert!((line[0] - 2.0).abs() < 1e-3 && (line[1] - 1.0).abs() < 1e-3);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run). Chunks are read when their rows come, so an error of a chunk, such as a file that cannot be read,
    /// another shape than promised, or a wrong label, is found at the step that needs the chunk, which is then not taken.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_chunks<L: Outputs>(
        self,
        model: &mut M,
        data: &dyn Chunked,
        optimizer: &mut dyn Optimizer,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<History> {
        self.run_source(model, Source::Chunks(data), optimizer, loss)
    }

    fn run_source<L: Outputs>(
        self,
        model: &mut M,
        data: Source<'_>,
        optimizer: &mut dyn Optimizer,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<History> {
        let training = Training::new(self.settings, self.callbacks, model, data, loss)?;
        training.run(model, optimizer, &mut |_, _, _| Ok(()))
    }
}

#[cfg(feature = "serde")]
impl<M: Parameters> Fit<'_, M> {
    setters! {
        /// Makes [`resume`](Self::resume) save the run each time this number of steps has been taken, and at its end; the
        /// default is after every epoch and at its end.
        ///
        /// ```
        /// use chainrule::nn::{Fit, optimizer::Sgd};
        /// # let folder = tempfile::tempdir().unwrap();
        /// # let path = folder.path().join("run.json");
        /// let fit = Fit::new().epochs(100).save_every(50);
        /// fit.resume(&path, &mut [1.0], &[[2.0]], &mut Sgd::new(0.1)?, |p, x| (p[0] - x[0]).square())?;
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        save_every(steps: usize) => settings.save_every = Some(steps);
    }

    /// As [`run`](Self::run), but saves the run in a file: continues the run in the file, or begins one if there is no file.
    ///
    /// Parameters and optimizer are replaced with those in the file, and the run continues from the step at which it was
    /// saved. So history and parameters have the bits of a run that was never interrupted. A run that had ended continues
    /// if there are now more epochs. Everything else must be the same as before: seed, order, batch size, penalty, level,
    /// the number and width of the rows, the chunks, and the shape of the structure are checked; the values of the rows, the
    /// loss and the schedule are not.
    ///
    /// The file is JSON, and is written [completely or not at all](super::checkpoint). It holds the parameters, the
    /// optimizer and every epoch of the history, about 80 bytes per epoch, and each save writes all of it. So from 1000
    /// epochs on, a save is skipped if less than a thousandth of the epochs has ended since the last save. All saves together
    /// then cost in proportion to the number of epochs, and an interrupted run repeats at most about a thousandth of itself.
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
    /// As [`run`](Self::run). [`Io`](crate::ErrorKind::Io) if the file cannot be read or written;
    /// [`Data`](crate::ErrorKind::Data) if it is cut short, is not a checkpoint, is of another version, is damaged, or holds
    /// parameters of another number or shape, another optimizer or a run with other choices: the message names the file,
    /// and nothing is changed.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn resume<O, L>(
        self,
        path: impl AsRef<std::path::Path>,
        model: &mut M,
        data: &dyn Tabular,
        optimizer: &mut O,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<History>
    where
        O: Optimizer + serde::Serialize + serde::de::DeserializeOwned,
        L: Outputs,
    {
        self.resume_source(path.as_ref(), model, Source::Rows(data), optimizer, loss)
    }

    /// As [`resume`](Self::resume), on rows that are read chunk by chunk, as in [`run_chunks`](Self::run_chunks). A run that
    /// continues within an epoch does not read the chunks again that it is done with.
    ///
    /// ```
    /// use chainrule::nn::data::{Chunk, Chunked};
    /// use chainrule::nn::{Fit, optimizer::Sgd};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("run.json");
    ///
    /// struct Ones;
    ///
    /// impl Chunked for Ones {
    ///     fn width(&self) -> usize {
    ///         1
    ///     }
    ///
    ///     fn chunks(&self) -> usize {
    ///         5
    ///     }
    ///
    ///     fn rows(&self, _: usize) -> usize {
    ///         100
    ///     }
    ///
    ///     fn read(&self, _: usize, into: &mut Chunk) -> chainrule::Result<()> {
    ///         into.fill(1, |columns| {
    ///             columns[0].resize(100, 1.0);
    ///             Ok(())
    ///         })
    ///     }
    /// }
    ///
    /// let run = |epochs| {
    ///     let (mut p, mut sgd) = ([0.0], Sgd::new(0.1)?);
    ///     let fit = Fit::new().epochs(epochs).save_every(4);
    ///     fit.resume_chunks(&path, &mut p, &Ones, &mut sgd, |p, row| (p[0] - row[0]).square())
    /// };
    /// assert_eq!(run(4)?.epochs[..2], run(2)?.epochs[..2]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`resume`](Self::resume) and [`run_chunks`](Self::run_chunks).
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn resume_chunks<O, L>(
        self,
        path: impl AsRef<std::path::Path>,
        model: &mut M,
        data: &dyn Chunked,
        optimizer: &mut O,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<History>
    where
        O: Optimizer + serde::Serialize + serde::de::DeserializeOwned,
        L: Outputs,
    {
        self.resume_source(path.as_ref(), model, Source::Chunks(data), optimizer, loss)
    }

    fn resume_source<O, L>(
        self,
        path: &std::path::Path,
        model: &mut M,
        data: Source<'_>,
        optimizer: &mut O,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<History>
    where
        O: Optimizer + serde::Serialize + serde::de::DeserializeOwned,
        L: Outputs,
    {
        let mut training = Training::new(self.settings, self.callbacks, model, data, loss)?;
        resume::restore(path, &mut training, model, optimizer)?;
        let choices = resume::Choices::of(&training);
        training.run(model, optimizer, &mut |model, optimizer, position| {
            resume::save(path, &choices, model, optimizer, position)
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
