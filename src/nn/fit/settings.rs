//! The choices of a run.

use crate::error::Result;
use crate::ir::Level;
use crate::nn::check::{at_least_one, at_least_zero};
use crate::nn::data::Tabular;
use crate::nn::optimizer::Schedule;

/// Everything that can be chosen, except callbacks.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) seed: u64,
    pub(super) shuffle: bool,
    pub(super) l2: f64,
    pub(super) schedule: Option<Schedule>,
    pub(super) validation: Option<&'a dyn Tabular>,
    pub(super) patience: Option<usize>,
    pub(super) min_delta: f64,
    pub(super) save_every: Option<usize>,
    pub(super) threads: usize,
    pub(super) level: Level,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
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
        }
    }
}

impl Settings<'_> {
    /// Refuses values with which no run is possible.
    pub(super) fn check(&self) -> Result<()> {
        at_least_one("batch", self.batch)?;
        at_least_zero("l2", self.l2)?;
        at_least_one("patience", self.patience.unwrap_or(1))?;
        at_least_zero("min_delta", self.min_delta)?;
        at_least_one("save_every", self.save_every.unwrap_or(1))?;
        Ok(())
    }

    /// Whether a run is saved after this number of steps.
    pub(super) fn saves_after(&self, steps: usize, epoch_is_over: bool) -> bool {
        self.save_every
            .map_or(epoch_is_over, |every| steps.is_multiple_of(every))
    }
}
