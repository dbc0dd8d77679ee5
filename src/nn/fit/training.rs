//! The loop of a run.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::history::{Ended, Epoch, History, Step, waited};
use super::table::{Table, shuffle};
use super::{Fit, Settings};
use crate::error::{BranchChanged, Error, Result};
use crate::nn::data::Rows;
use crate::nn::loss::l2_penalty;
use crate::nn::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::program::{Batch, Outputs, Program};
use crate::var::Var;

/// Where a run is: what it goes on from, beside parameters and optimizer.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub(crate) struct Position {
    /// The epochs that are over.
    pub(crate) epochs: Vec<Epoch>,
    /// How many batches of the next epoch were taken.
    pub(crate) batches: usize,
    /// The sum of the losses of their rows.
    pub(crate) sum: f64,
}

/// What is called where a run may be saved.
pub(super) type Save<'s, M, O> = dyn FnMut(&M, &O, &Position) -> Result<()> + 's;

/// A run, ready to go.
pub(super) struct Training<'a, M> {
    pub(super) fit: Fit<'a, M>,
    pub(super) rows: Table,
    batch: Batch,
    pub(super) validation: Option<Batch>,
    pub(super) position: Position,
    /// Whether the run is further than when it was last saved.
    pub(super) unsaved: bool,
}

impl<'a, M: Parameters> Training<'a, M> {
    /// Checks the choices and the data, and compiles the loss.
    pub(super) fn new<L: Outputs>(
        fit: Fit<'a, M>,
        model: &mut M,
        data: &dyn Rows,
        loss: impl FnOnce(&M::Over<Var>, &[Var]) -> L,
    ) -> Result<Self> {
        fit.settings.check()?;
        let Settings { threads, level, .. } = fit.settings;
        let rows = Table::new("data", data)?;
        let (count, mut moved) = (model.parameter_count(), 0);
        model.visit_mut(&mut |part| moved += part.len());
        if moved != count {
            return Err(Error::length("values to move", count, moved));
        }
        let program = Program::trace_rows_at(&*model, rows.row(0), loss)?.at_level(level);
        let validation = match fit.settings.validation {
            None => None,
            Some(data) => {
                let table = Table::new("validation", data)?;
                if table.width() != rows.width() {
                    return Err(Error::length(
                        "validation, row 0",
                        rows.width(),
                        table.width(),
                    ));
                }
                let rows: Vec<&[f64]> = (0..table.count()).map(|row| table.row(row)).collect();
                Some(program.batch(&rows)?.threads(threads))
            }
        };
        Ok(Self {
            batch: program.batch::<&[f64]>(&[])?.threads(threads),
            fit,
            rows,
            validation,
            position: Position::default(),
            unsaved: true,
        })
    }

    /// Takes the steps that are left.
    pub(super) fn run<O: Optimizer>(
        mut self,
        model: &mut M,
        optimizer: &mut O,
        save: &mut Save<'_, M, O>,
    ) -> Result<History> {
        let mut descent = Descent::default();
        let mut order: Vec<usize> = (0..self.rows.count()).collect();
        let mut ended = self.is_over();
        while ended.is_none() {
            ended = self.epoch(model, optimizer, save, &mut order, &mut descent)?;
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

    fn is_over(&self) -> Option<Ended> {
        let Settings {
            epochs,
            patience,
            min_delta,
            ..
        } = self.fit.settings;
        let over = &self.position.epochs;
        if over.len() >= epochs {
            return Some(Ended::Epochs);
        }
        let patience = patience?;
        (waited(over, min_delta) >= patience).then_some(Ended::Patience)
    }

    /// How many steps an epoch has.
    pub(super) fn batches(&self) -> usize {
        self.rows.count().div_ceil(self.fit.settings.batch)
    }

    /// Takes what is left of an epoch; says if the run ended within.
    fn epoch<O: Optimizer>(
        &mut self,
        model: &mut M,
        optimizer: &mut O,
        save: &mut Save<'_, M, O>,
        order: &mut Vec<usize>,
        descent: &mut Descent,
    ) -> Result<Option<Ended>> {
        let settings = self.fit.settings;
        let batches = self.batches();
        let epoch = self.position.epochs.len();
        if settings.shuffle {
            shuffle(order, self.rows.count(), settings.seed, epoch);
        }
        let mut picked = Vec::with_capacity(settings.batch.min(order.len()));
        for places in order.chunks(settings.batch).skip(self.position.batches) {
            picked.clear();
            picked.extend(places.iter().map(|&row| self.rows.row(row)));
            self.batch.set_rows(&picked)?;
            let taken = epoch * batches + self.position.batches;
            let loss = descent.compute(&mut self.batch, model, settings.l2);
            let step = Step {
                epoch,
                epochs: settings.epochs,
                step: taken,
                steps: settings.epochs.saturating_mul(batches),
                loss: loss.map_err(|error| in_data(error, places))?,
                rate: settings
                    .schedule
                    .map_or(optimizer.rate(), |schedule| schedule.rate(taken)),
            };
            if !step.loss.is_finite() {
                return Err(self.not_finite(model, &step, places));
            }
            if let Some(callback) = &mut self.fit.on_step
                && callback(&step, model)?.is_break()
            {
                return Ok(Some(Ended::Callback));
            }
            if settings.schedule.is_some() {
                optimizer.set_rate(step.rate)?;
            }
            optimizer.step_parameters(model, &descent.gradient)?;
            self.position.sum += step.loss * places.len() as f64;
            self.position.batches += 1;
            self.unsaved = true;
            if self.position.batches < batches && settings.saves_after(taken + 1, false) {
                save(model, optimizer, &self.position)?;
                self.unsaved = false;
            }
        }
        let over = Epoch {
            epoch,
            steps: (epoch + 1) * batches,
            loss: self.position.sum / self.rows.count() as f64,
            validation: self.validation_loss(model, epoch)?,
        };
        self.position.epochs.push(over);
        self.position.batches = 0;
        self.position.sum = 0.0;
        if settings.saves_after(over.steps, true) {
            save(model, optimizer, &self.position)?;
            self.unsaved = false;
        }
        if let Some(callback) = &mut self.fit.on_epoch
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
        let losses = batch.values(model)?.iter().step_by(outputs);
        let mean = losses.clone().sum::<f64>() / count as f64;
        if mean.is_finite() {
            return Ok(Some(mean));
        }
        let row = losses.clone().position(|loss| !loss.is_finite());
        let row = row.map_or(String::new(), |row| format!("row {row}: "));
        let problem = format!("{row}the loss must be finite, found {mean:?} after epoch {epoch}");
        Err(Error::argument("validation", problem))
    }

    /// What to say of a loss that is NaN or infinite: the row of the data that it comes from, if it is one.
    fn not_finite(&mut self, model: &M, step: &Step, places: &[usize]) -> Error {
        let Step {
            epoch, step, loss, ..
        } = *step;
        let outputs = self.batch.program().outputs();
        let losses = self.batch.values(model);
        let row = losses.ok().and_then(|losses| {
            let mut rows = places.iter().zip(losses.iter().step_by(outputs));
            rows.find(|(_, loss)| !loss.is_finite())
        });
        let (row, loss) = match row {
            Some((row, loss)) => (format!("row {row}: "), *loss),
            None => (String::new(), loss),
        };
        let problem =
            format!("{row}the loss must be finite, found {loss:?} in epoch {epoch}, step {step}");
        Error::argument("data", problem)
    }
}

/// The gradient of a batch, in memory that is used again.
#[derive(Debug, Default)]
struct Descent {
    gradient: Vec<f64>,
    parameters: Vec<f64>,
}

impl Descent {
    /// Computes the mean loss of a batch with its penalty, and the gradient.
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

/// An error of a batch that names the row in the data, not in the batch.
fn in_data(error: Error, places: &[usize]) -> Error {
    match error.branch() {
        Some(branch) => Error::changed(BranchChanged {
            row: branch.row.map(|row| places[row]),
            ..branch.clone()
        }),
        None => error,
    }
}
