//! Runs in files: saving them, and continuing from them.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::training::{Position, Training};
use crate::error::Result;
use crate::ir::Level;
use crate::nn::checkpoint::{self, faulty};
use crate::nn::optimizer::Optimizer;
use crate::parameters::Parameters;

/// What a file holds besides the parameters.
#[derive(Serialize, Deserialize)]
struct Run<C, P> {
    choices: C,
    position: P,
    optimizer: serde_json::Value,
}

/// The choices that must be the same when a run is resumed.
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
        let settings = &training.settings;
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

    /// Passes if a saved run had these choices; else names the first that differs.
    fn check(&self, path: &Path, saved: &Self) -> Result<()> {
        fn text<T: ToString>(pair: [T; 2]) -> [String; 2] {
            pair.map(|choice| choice.to_string())
        }
        let rows = [saved.validation_rows, self.validation_rows];
        let pairs = [
            ("seed", text([saved.seed, self.seed])),
            ("in_order", text([saved.in_order, self.in_order])),
            ("batch", text([saved.batch, self.batch])),
            ("l2", text([saved.l2, self.l2])),
            ("rows", text([saved.rows, self.rows])),
            ("width of rows", text([saved.width, self.width])),
            ("validation rows", text(rows)),
            ("level exact", text([saved.exact, self.exact])),
        ];
        match pairs.into_iter().find(|(_, [saved, own])| saved != own) {
            None => Ok(()),
            Some((name, [saved, own])) => {
                let problem =
                    format!("holds a run with other choices: {name} {saved}, this run has {own}");
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
        // JSON has no infinity: an optimizer that could not be read back must not replace a file that can.
        .and_then(|optimizer| O::deserialize(&optimizer).map(|_| optimizer))
        .map_err(|cause| faulty(path, format!("cannot hold this optimizer: {cause}")))?;
    let run = Run {
        choices,
        position,
        optimizer,
    };
    checkpoint::write(path, model, Some(&run))
}

/// Moves the training to the position of the run in a file, if there is one. On an error nothing is changed.
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
        return Err(faulty(path, "holds parameters, but no run to resume"));
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
        O::deserialize(&run.optimizer).map_err(|cause| {
            faulty(
                path,
                format!("does not hold an optimizer of this kind: {cause}"),
            )
        })
    };
    // A trial step with a gradient of zeros shows whether the optimizer fits this number of parameters.
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
                format!("holds an optimizer that cannot continue: {error}"),
            )
        })?;
    let restored = read()?;
    model.set_parameters(&file.parameters)?;
    *optimizer = restored;
    training.position = run.position;
    training.unsaved = false;
    Ok(())
}
