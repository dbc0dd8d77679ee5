//! A run in a file: how it is saved, how it is found again.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Training;
use super::training::Position;
use crate::error::Result;
use crate::nn::checkpoint::{self, faulty};
use crate::nn::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::program::Level;

/// What a file holds beside the parameters.
#[derive(Serialize, Deserialize)]
struct Run<C, P> {
    choices: C,
    position: P,
    optimizer: serde_json::Value,
}

/// The choices by which a run is known again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Choices {
    seed: u64,
    in_order: bool,
    batch: usize,
    l2: f64,
    rows: usize,
    width: usize,
    validation_rows: usize,
    exact: bool,
}

impl Choices {
    pub(super) fn of<M>(training: &Training<'_, M>) -> Self {
        let settings = &training.fit.settings;
        Self {
            seed: settings.seed,
            in_order: !settings.shuffle,
            batch: settings.batch.min(training.rows.count()),
            l2: settings.l2,
            rows: training.rows.count(),
            width: training.rows.width(),
            validation_rows: training
                .validation
                .as_ref()
                .map_or(0, crate::program::Batch::len),
            exact: settings.level == Level::Exact,
        }
    }

    /// Passes if a saved run had these choices; else the first that differs.
    fn check(&self, path: &Path, saved: &Self) -> Result<()> {
        let pairs = [
            ("seed", saved.seed.to_string(), self.seed.to_string()),
            (
                "in_order",
                saved.in_order.to_string(),
                self.in_order.to_string(),
            ),
            ("batch", saved.batch.to_string(), self.batch.to_string()),
            ("l2", saved.l2.to_string(), self.l2.to_string()),
            ("rows", saved.rows.to_string(), self.rows.to_string()),
            (
                "width of rows",
                saved.width.to_string(),
                self.width.to_string(),
            ),
            (
                "validation rows",
                saved.validation_rows.to_string(),
                self.validation_rows.to_string(),
            ),
            (
                "level exact",
                saved.exact.to_string(),
                self.exact.to_string(),
            ),
        ];
        match pairs.into_iter().find(|(_, saved, own)| saved != own) {
            None => Ok(()),
            Some((name, saved, own)) => {
                let problem =
                    format!("holds a run of other choices: {name} {saved}, this run has {own}");
                Err(faulty(path, problem))
            }
        }
    }
}

/// Saves a run.
pub(super) fn save<M, O>(
    path: &Path,
    choices: &Choices,
    model: &M,
    optimizer: &O,
    position: &Position,
) -> Result<()>
where
    M: Parameters,
    O: Serialize + DeserializeOwned,
{
    let optimizer = serde_json::to_value(optimizer)
        // JSON has no infinity: what cannot be read back must not take the place of a file that can.
        .and_then(|optimizer| O::deserialize(&optimizer).map(|_| optimizer))
        .map_err(|cause| faulty(path, format!("cannot hold this optimizer: {cause}")))?;
    let run = Run {
        choices,
        position,
        optimizer,
    };
    checkpoint::write(path, model, Some(&run))
}

/// Goes to the place where the run in a file is, if there is a file. Nothing is changed on an error.
pub(super) fn restore<M, O>(
    path: &Path,
    training: &mut Training<'_, M>,
    model: &mut M,
    optimizer: &mut O,
) -> Result<()>
where
    M: Parameters,
    O: Optimizer + DeserializeOwned,
{
    let Some(file) = checkpoint::read::<Run<Choices, Position>>(path)? else {
        return Ok(());
    };
    let Some(run) = file.run else {
        return Err(faulty(path, "holds parameters, but no run to go on with"));
    };
    checkpoint::check_count(path, &file.parameters, model.parameter_count())?;
    Choices::of(training).check(path, &run.choices)?;
    let (taken, batches) = (run.position.batches, training.batches());
    if taken >= batches {
        let problem =
            format!("is damaged: {taken} batches of an epoch are done, an epoch has {batches}");
        return Err(faulty(path, problem));
    }
    let read = || {
        O::deserialize(&run.optimizer)
            .map_err(|cause| faulty(path, format!("does not hold such an optimizer: {cause}")))
    };
    // A step that moves nothing shows if the optimizer is one for so many parameters.
    let mut trial = read()?;
    trial
        .set_rate(trial.rate())
        .and_then(|()| {
            let still = vec![0.0; file.parameters.len()];
            trial.step(&mut file.parameters.clone(), &still)
        })
        .map_err(|error| {
            faulty(
                path,
                format!("holds an optimizer that cannot go on: {error}"),
            )
        })?;
    let restored = read()?;
    model.set_parameters(&file.parameters)?;
    *optimizer = restored;
    training.position = run.position;
    training.unsaved = false;
    Ok(())
}
