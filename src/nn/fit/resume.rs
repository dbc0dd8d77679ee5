//! Runs in files: saving them, and continuing from them.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::training::{Position, Training};
use crate::error::Result;
use crate::ir::Level;
use crate::nn::checkpoint::{self, faulty};
use crate::nn::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::program::Batch;

/// What a file holds besides the parameters.
#[derive(Serialize, Deserialize)]
struct Run<C, P> {
    choices: C,
    position: P,
    optimizer: Box<RawValue>,
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
    /// The number of chunks and the checksum (CRC-32) of their lengths, which decide the order of the rows. Both are 0 for rows
    /// in memory.
    #[serde(default)]
    chunks: usize,
    #[serde(default)]
    chunk_lengths: u32,
}

impl Choices {
    pub(super) fn of<M>(training: &Training<'_, M>) -> Self {
        let settings = &training.settings;
        let mut lengths = crc32fast::Hasher::new();
        for length in training.rows.chunk_lengths() {
            lengths.update(&(length as u64).to_le_bytes());
        }
        Self {
            chunks: training.rows.chunk_lengths().count(),
            chunk_lengths: lengths.finalize(),
            seed: settings.seed,
            in_order: !settings.shuffle,
            batch: settings.batch.min(training.rows.count),
            l2: settings.l2,
            rows: training.rows.count,
            width: training.rows.width,
            validation_rows: training.validation.as_ref().map_or(0, Batch::len),
            exact: settings.level == Level::Exact,
        }
    }

    /// Every choice by its name in messages.
    fn named(&self) -> [(&'static str, String); 10] {
        [
            ("seed", self.seed.to_string()),
            ("in_order", self.in_order.to_string()),
            ("batch", self.batch.to_string()),
            ("l2", self.l2.to_string()),
            ("rows", self.rows.to_string()),
            ("width of rows", self.width.to_string()),
            ("validation rows", self.validation_rows.to_string()),
            ("level exact", self.exact.to_string()),
            ("chunks", self.chunks.to_string()),
            (
                "checksum of the lengths of chunks",
                self.chunk_lengths.to_string(),
            ),
        ]
    }

    /// Passes if a saved run had these choices; else names the first that differs.
    fn check(&self, path: &Path, saved: &Self) -> Result<()> {
        for ((name, saved), (_, own)) in saved.named().into_iter().zip(self.named()) {
            if saved != own {
                let differs = format!("{name} {saved}, but this run has {own}");
                let problem = format!("contains a run with other settings: {differs}");
                return Err(faulty(path, problem));
            }
        }
        Ok(())
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
    let optimizer = to_raw_value(optimizer)
        // JSON has no infinity: an optimizer that could not be read back must not replace a file that can.
        .and_then(|text| serde_json::from_str::<O>(text.get()).map(|_| text))
        .map_err(|cause| faulty(path, format!("cannot store this optimizer: {cause}")))?;
    // The same for losses whose sum is too large. Nothing else in a position can be read back differently.
    if let Some(loss) = position.not_finite() {
        let problem = format!("cannot store these losses: JSON has no number {loss:?}");
        return Err(faulty(path, problem));
    }
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
    let Some(run) = &file.run else {
        return Err(faulty(path, "contains parameters, but no run to resume"));
    };
    file.check_shape(path, model)?;
    Choices::of(training).check(path, &run.choices)?;
    let (taken, batches) = (run.position.batches, training.batches());
    if taken >= batches {
        let counts = format!("{taken} batches of an epoch are done, but an epoch has {batches}");
        return Err(faulty(path, format!("is damaged: {counts}")));
    }
    let read = || {
        let problem = "does not contain an optimizer of this kind";
        serde_json::from_str::<O>(run.optimizer.get())
            .map_err(|cause| faulty(path, format!("{problem}: {cause}")))
    };
    // A trial step with a gradient of zeros shows whether the optimizer fits this number of parameters.
    let (mut trial, still) = (read()?, vec![0.0; file.parameters.len()]);
    let rate = trial.set_rate(trial.rate());
    rate.and_then(|()| trial.step(&mut file.parameters.clone(), &still))
        .map_err(|error| {
            let problem = "contains an optimizer that cannot continue";
            faulty(path, format!("{problem}: {error}"))
        })?;
    let restored = read()?;
    model.set_parameters(&file.parameters)?;
    *optimizer = restored;
    training.restore(run.position.clone());
    Ok(())
}
