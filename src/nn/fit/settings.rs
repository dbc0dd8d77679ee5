//! The choices of a run.

use super::row_buffer::RowBuffer;
use crate::error::Result;
use crate::ir::Level;
use crate::nn::check::{at_least_one, at_least_zero, ensure};
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
    pub(super) labels: Option<Labels>,
}

/// What the last number of every row must be.
///
/// ```
/// use chainrule::nn::{Fit, fit::Labels, optimizer::Sgd};
///
/// let rows = [[0.5, 1.0], [0.25, 0.0]];
/// let fit = Fit::new().labels(Labels::Signs);
/// let run = fit.run(&mut [0.0], &rows, &mut Sgd::new(0.1)?, |p, x| (1.0 - p[0] * x[0] * x[1]).relu());
/// assert_eq!(run.unwrap_err().to_string(), "data: row 1, column 1: the label must be −1 or 1, found 0.0");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Labels {
    /// −1 or 1, as the hinge loss needs it.
    Signs,
    /// A class: a whole number from 0 to one less than this.
    Classes(usize),
}

impl Labels {
    /// An error for the first row whose last number is no such label.
    pub(super) fn check(self, name: &str, rows: &RowBuffer) -> Result<()> {
        let (passes, must_be): (Box<dyn Fn(f64) -> bool>, String) = match self {
            Self::Signs => (Box::new(|y| y.abs() == 1.0), String::from("−1 or 1")),
            Self::Classes(count) => (
                Box::new(move |y| y >= 0.0 && y < count as f64 && y.fract() == 0.0),
                format!("a whole number from 0 to {}", count.saturating_sub(1)),
            ),
        };
        for row in 0..rows.count {
            let found = rows.row(row).last().copied().unwrap_or(f64::NAN);
            ensure(passes(found), name, || {
                let column = rows.width.saturating_sub(1);
                format!("row {row}, column {column}: the label must be {must_be}, found {found:?}")
            })?;
        }
        Ok(())
    }
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
            labels: None,
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
