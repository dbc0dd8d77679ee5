//! The loop of a run.

use super::callback::Callbacks;
use super::feed::{Feed, Source, width};
use super::history::{Ended, Epoch, History, Progress, TrainingStep};
use super::settings::Settings;
use crate::backend::Flat;
use crate::error::{BranchChanged, Error, Result, check_length};
use crate::graph::NonFinite;
use crate::ir::{Id, Kind};
use crate::nn::check::ensure;
use crate::nn::data::Tabular;
use crate::nn::loss::l2_penalty;
use crate::nn::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::program::{Batch, Outputs, Program};
use crate::var::Var;

/// How far a run is: what it needs to continue, besides parameters and optimizer.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Position {
    /// The epochs that have ended.
    pub(crate) epochs: Vec<Epoch>,
    /// The number of batches of the next epoch that were taken.
    pub(crate) batches: usize,
    /// The sum of the losses of their rows.
    pub(crate) sum: f64,
}

#[cfg(feature = "serde")]
impl Position {
    /// The first loss, or sum of losses, that is NaN or infinite.
    pub(super) fn not_finite(&self) -> Option<f64> {
        let over = self.epochs.iter();
        let losses = over.flat_map(|epoch| [Some(epoch.loss), epoch.validation]);
        let mut losses = losses.chain([Some(self.sum)]).flatten();
        losses.find(|loss| !loss.is_finite())
    }
}

/// Called whenever a run may be saved.
pub(super) type Save<'s, M, O> = dyn FnMut(&M, &O, &Position) -> Result<()> + 's;

/// A run that is ready to begin or continue.
pub(super) struct Training<'a, M> {
    pub(super) settings: Settings<'a>,
    callbacks: Callbacks<'a, M>,
    pub(super) rows: Feed<'a>,
    batch: Batch,
    pub(super) validation: Option<Batch>,
    pub(super) position: Position,
    progress: Progress,
    /// Whether the run has advanced since it was last saved.
    unsaved: bool,
    /// The number of epochs that had ended when it was last saved.
    saved_epochs: usize,
}

/// A save is skipped if it comes sooner than this part of the epochs after the last one: a save costs the length of the
/// history, so all saves together cost in proportion to the run.
const REPEATED: usize = 1000;

impl<'a, M: Parameters> Training<'a, M> {
    /// Checks the choices and the data, and compiles the loss.
    pub(super) fn new<L: Outputs>(
        settings: Settings<'a>,
        callbacks: Callbacks<'a, M>,
        model: &mut M,
        data: Source<'a>,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<Self> {
        settings.check()?;
        let mut rows = Feed::new(data, settings.shuffle.then_some(settings.seed))?;
        let (count, mut moved) = (model.parameter_count(), 0);
        model.visit_mut(&mut |part| moved += part.len());
        check_length("parameters that visit_mut visits", count, moved)?;
        let program = Program::trace_rows_at(&*model, &rows.first_row()?[..], loss)?;
        ensure(
            count == 0 || depends_on_parameters(&program),
            "loss",
            || "depends on no parameter, so there is nothing to train",
        )?;
        let program = program.at_level(settings.level);
        if let Source::Rows(data) = data {
            check_labels("data", data, &program)?;
        }
        let validation = match settings.validation {
            None => None,
            Some(data) => {
                let count = data.row_count();
                ensure(count > 0, "validation", || "must contain at least one row")?;
                check_length("validation, row 0", rows.width, width("validation", data)?)?;
                check_labels("validation", data, &program)?;
                let mut values = Vec::with_capacity(count * rows.width);
                (0..count).for_each(|row| data.append_row(row, &mut values));
                let rows = Flat::of_rows(&values, rows.width, count);
                Some(program.batch(&rows)?.threads(settings.threads))
            }
        };
        Ok(Self {
            batch: program.batch::<[[f64; 0]]>(&[])?.threads(settings.threads),
            settings,
            callbacks,
            rows,
            validation,
            position: Position::default(),
            progress: Progress::of(&[], settings.min_delta),
            unsaved: true,
            saved_epochs: 0,
        })
    }

    /// Continues from a position that was saved.
    #[cfg(feature = "serde")]
    pub(super) fn restore(&mut self, position: Position) {
        self.progress = Progress::of(&position.epochs, self.settings.min_delta);
        self.saved_epochs = position.epochs.len();
        self.position = position;
        self.unsaved = false;
    }

    /// Takes the remaining steps.
    pub(super) fn run<O: Optimizer + ?Sized>(
        mut self,
        model: &mut M,
        optimizer: &mut O,
        save: &mut Save<'_, M, O>,
    ) -> Result<History> {
        let mut descent = Descent::default();
        let mut ended = self.is_over();
        while ended.is_none() {
            ended = self.epoch(model, optimizer, save, &mut descent)?;
            ended = ended.or_else(|| self.is_over());
        }
        if self.unsaved {
            save(model, optimizer, &self.position)?;
        }
        Ok(History {
            epochs: self.position.epochs,
            ended: ended.unwrap_or(Ended::Epochs),
        })
    }

    /// Why the run has ended, if it has.
    fn is_over(&self) -> Option<Ended> {
        if self.position.epochs.len() >= self.settings.epochs {
            return Some(Ended::Epochs);
        }
        (self.progress.waited >= self.settings.patience?).then_some(Ended::Patience)
    }

    /// Whether the run is saved after this number of steps.
    fn saves_after(&self, steps: usize, epoch_is_over: bool) -> bool {
        let epochs = self.position.epochs.len();
        let is_soon = epochs - self.saved_epochs < epochs / REPEATED;
        self.settings.saves_after(steps, epoch_is_over) && !is_soon
    }

    /// The number of steps per epoch.
    pub(super) fn batches(&self) -> usize {
        self.rows.count.div_ceil(self.settings.batch)
    }

    /// Takes the remaining steps of an epoch; returns why the run ended, if it did.
    fn epoch<O: Optimizer + ?Sized>(
        &mut self,
        model: &mut M,
        optimizer: &mut O,
        save: &mut Save<'_, M, O>,
        descent: &mut Descent,
    ) -> Result<Option<Ended>> {
        let settings = self.settings;
        let batches = self.batches();
        let epoch = self.position.epochs.len();
        let skipped = self.position.batches * settings.batch;
        self.rows.begin(epoch, skipped)?;
        while self.position.batches < batches {
            let rows = self.rows.batch(settings.batch)?;
            self.batch.set_rows(&rows)?;
            if self.rows.is_chunked() {
                let at = |nth, column| self.batch.at(nth, column);
                let places = self.rows.places.iter().copied();
                let checked = self.batch.program().check_labels(places, at);
                checked.map_err(|error| Error::argument("data", error))?;
            }
            let taken = epoch * batches + self.position.batches;
            let loss = descent.compute(&mut self.batch, model, settings.l2);
            let step = TrainingStep {
                epoch,
                epochs: settings.epochs,
                step: taken,
                steps: settings.epochs.saturating_mul(batches),
                loss: loss.map_err(|error| named(error, "data", |row| self.rows.places[row]))?,
                rate: match &settings.schedule {
                    Some(schedule) => schedule.rate(taken),
                    None => optimizer.rate(),
                },
            };
            if !step.loss.is_finite() {
                return Err(self.step_not_finite(model, &step));
            }
            if let Some(callback) = &mut self.callbacks.step
                && callback(&step, model)?.is_break()
            {
                return Ok(Some(Ended::Callback));
            }
            if settings.schedule.is_some() {
                optimizer.set_rate(step.rate)?;
            }
            optimizer.step_parameters(model, &descent.gradient)?;
            self.position.sum += step.loss * self.rows.places.len() as f64;
            self.position.batches += 1;
            self.unsaved = true;
            if self.position.batches < batches && self.saves_after(taken + 1, false) {
                save(model, optimizer, &self.position)?;
                (self.unsaved, self.saved_epochs) = (false, epoch);
            }
        }
        let over = Epoch {
            epoch,
            steps: (epoch + 1) * batches,
            loss: self.position.sum / self.rows.count as f64,
            validation: self.validation_loss(model, epoch)?,
        };
        self.position.epochs.push(over);
        self.progress.note(&over, settings.min_delta);
        self.position.batches = 0;
        self.position.sum = 0.0;
        if self.saves_after(over.steps, true) {
            save(model, optimizer, &self.position)?;
            (self.unsaved, self.saved_epochs) = (false, epoch + 1);
        }
        if let Some(callback) = &mut self.callbacks.epoch
            && callback(&over, model)?.is_break()
        {
            return Ok(Some(Ended::Callback));
        }
        Ok(None)
    }

    /// The mean loss of the validation rows.
    fn validation_loss(&mut self, model: &M, epoch: usize) -> Result<Option<f64>> {
        let Some(batch) = &mut self.validation else {
            return Ok(None);
        };
        let (count, outputs) = (batch.len(), batch.program().outputs());
        let losses = batch.values(model);
        let losses = losses.map_err(|error| named(error, "validation", |row| row))?;
        let losses = losses.iter().step_by(outputs);
        let mean = losses.clone().sum::<f64>() / count as f64;
        if mean.is_finite() {
            return Ok(Some(mean));
        }
        let when = format!("after epoch {epoch}");
        Err(not_finite(
            "validation",
            batch,
            model,
            (mean, when),
            |row| row,
        ))
    }

    /// The error for the loss of a step that is NaN or infinite.
    fn step_not_finite(&mut self, model: &M, step: &TrainingStep) -> Error {
        let when = format!("in epoch {}, step {}", step.epoch, step.step);
        let (batch, places) = (&mut self.batch, &self.rows.places);
        not_finite("data", batch, model, (step.loss, when), |row| places[row])
    }
}

/// The error for a mean loss that is NaN or infinite, and when it was found. It names the row of the data whose loss is, if
/// there is one, and the first value that is not finite.
fn not_finite<M: Parameters>(
    name: &str,
    batch: &mut Batch,
    model: &M,
    (loss, when): (f64, String),
    row_of: impl Fn(usize) -> usize,
) -> Error {
    let found = batch.first_nonfinite_among(1, model).ok().flatten();
    let row = found.as_ref().and_then(|found| found.row);
    let row = row.map_or(String::new(), |row| format!("row {}: ", row_of(row)));
    let cause = found.map_or(String::new(), |found| cause(batch.program(), &found));
    let problem = format!("{row}the loss must be finite, found {loss:?} {when}{cause}");
    Error::argument(name, problem)
}

/// Why a loss is not finite: the number or the operation that is the first that is not.
fn cause(program: &Program, found: &NonFinite) -> String {
    let operation = &found.operation;
    let value = operation.value;
    let Kind::Input(place) = program.ir().kind(operation.origin.node as Id) else {
        return format!(", because of {operation}");
    };
    let (place, parameters) = (place as usize, program.uniform_inputs());
    match place.checked_sub(parameters) {
        Some(column) => format!(", because the value in column {column} is {value:?}"),
        None => format!(
            ", because parameter {place} is {value:?}: try a smaller rate, or scale the data"
        ),
    }
}

/// Whether the first output was computed from a parameter. A program without outputs is refused elsewhere.
fn depends_on_parameters(program: &Program) -> bool {
    let ir = program.ir();
    let mut depends = vec![false; ir.len()];
    for id in ir.ids() {
        let mut operands = ir.operands(id).iter();
        depends[id as usize] = match ir.kind(id) {
            Kind::Input(place) => (place as usize) < program.uniform_inputs(),
            _ => operands.any(|&operand| depends[operand as usize]),
        };
    }
    let first = ir.outputs().first();
    first.is_none_or(|&id| depends[id as usize])
}

/// Checks the labels that the loss expects.
fn check_labels(name: &str, data: &dyn Tabular, program: &Program) -> Result<()> {
    let mut values = Vec::new();
    let checked = program.check_labels(0..data.row_count(), |row, column| {
        values.clear();
        data.append_row(row, &mut values);
        values[column]
    });
    checked.map_err(|error| Error::argument(name, error))
}

/// The gradient of a batch, in memory that is reused.
#[derive(Debug, Default)]
struct Descent {
    gradient: Vec<f64>,
    parameters: Vec<f64>,
}

impl Descent {
    /// Computes the gradient, and returns the mean loss of a batch with its penalty.
    fn compute<M: Parameters>(&mut self, batch: &mut Batch, model: &M, l2: f64) -> Result<f64> {
        let (mean, gradient) = batch.mean_gradient(model)?;
        self.gradient.clear();
        self.gradient.extend_from_slice(gradient);
        if l2 == 0.0 {
            return Ok(mean);
        }
        self.parameters.resize(self.gradient.len(), 0.0);
        model.write_parameters(&mut self.parameters);
        for (g, p) in self.gradient.iter_mut().zip(&self.parameters) {
            *g += 2.0 * l2 * p;
        }
        Ok(mean + l2_penalty(&self.parameters, l2)?)
    }
}

/// Names the source of the rows in the error of a changed branch, and the row's place in it.
fn named(error: Error, source: &str, place: impl Fn(usize) -> usize) -> Error {
    let Some(branch) = error.branch() else {
        return error;
    };
    let branch = BranchChanged {
        row: branch.row.map(place),
        ..branch.clone()
    };
    Error::changed_in_one_program(branch, "a fit has one program for all rows").of_argument(source)
}

#[cfg(test)]
mod tests {
    use super::{Settings, Source, Training};
    use crate::nn::optimizer::Sgd;

    /// The lengths of the history that a run of this many epochs saves.
    fn saved(epochs: usize, save_every: Option<usize>) -> Vec<usize> {
        let settings = Settings {
            epochs,
            batch: 1,
            save_every,
            ..Settings::default()
        };
        let (mut model, mut sgd) = ([1.0], Sgd::new(0.1).unwrap());
        let training = Training::new(
            settings,
            super::Callbacks {
                step: None,
                epoch: None,
            },
            &mut model,
            Source::Rows(&[[2.0], [3.0]]),
            |p, x| p[0] * x[0],
        );
        let mut lengths = Vec::new();
        let history = training
            .unwrap()
            .run(&mut model, &mut sgd, &mut |_, _, position| {
                lengths.push(position.epochs.len());
                Ok(())
            });
        assert_eq!(history.unwrap().epochs.len(), epochs);
        lengths
    }

    #[test]
    fn saving_costs_in_proportion_to_the_run() {
        for epochs in [2000, 4000, 8000, 16_000] {
            for every in [None, Some(1), Some(3)] {
                let lengths = saved(epochs, every);
                let written: usize = lengths.iter().sum();
                assert!(written < 3 * 1000 * epochs, "{written} for {epochs}");
                assert_eq!(lengths.last(), Some(&epochs));
                // An interrupted run repeats little.
                let lost = |pair: &[usize]| pair[1] - pair[0] <= 2 + pair[1] / 1000;
                assert!(lengths.windows(2).all(lost));
            }
        }
        assert_eq!(saved(5, None), [1, 2, 3, 4, 5]);
        assert_eq!(saved(3, Some(1)), [0, 1, 1, 2, 2, 3]);
    }
}
