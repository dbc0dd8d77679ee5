//! Times pieces of work in turns, so that all meet the same disturbances, until a budget of time is spent. A turn is one
//! sample, or a stretch of samples.

use std::time::Instant;

use crate::formulas::seconds;

/// The seconds of one piece of work: those of its fastest sample, which other programs disturbed least, and the median.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) minimum: f64,
    pub(crate) median: f64,
}

impl Times {
    /// The times of each of `parts` equal parts of the work.
    pub(crate) fn per(self, parts: usize) -> Self {
        Self {
            minimum: self.minimum / parts as f64,
            median: self.median / parts as f64,
        }
    }

    /// The times of work that was done once.
    pub(crate) fn once(seconds: f64) -> Self {
        Self {
            minimum: seconds,
            median: seconds,
        }
    }

    fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self {
            minimum: samples[0],
            median: samples[samples.len() / 2],
        }
    }
}

/// The limits of a race.
#[derive(Clone, Copy)]
pub(crate) struct Race {
    /// The seconds that all runners of a race share.
    pub(crate) budget: f64,
    /// The seconds of a turn of one runner. 0 means one sample.
    pub(crate) stretch: f64,
    /// Whether to skip the largest graphs and batches.
    pub(crate) quick: bool,
}

/// A sample repeats its work until it lasts this many seconds: long compared with the clock, short compared with a
/// scheduler's time slice.
const SAMPLE: f64 = 3e-4;

/// The fewest samples of each piece of work that are worth a median.
const FEWEST: usize = 3;

/// Work that takes more seconds than this is warm after one run.
const LONG: f64 = 0.05;

/// The part of a stretch that warms up and is not counted, as a share of the part that is.
const WARM_UP: f64 = 0.2;

impl Race {
    /// Times all pieces of work in turns. The first run of each, and the start of each turn, warm up and are not counted.
    pub(crate) fn run<const N: usize>(self, mut works: [&mut dyn FnMut(); N]) -> [Times; N] {
        let mut runs = [1_usize; N];
        for (runs, work) in runs.iter_mut().zip(&mut works) {
            let first = seconds(&mut *work).0;
            if first < LONG {
                work();
                *runs = repeats(seconds(&mut *work).0);
            }
        }
        let mut samples = [const { Vec::new() }; N];
        let fewest = if self.quick { 1 } else { FEWEST };
        let start = Instant::now();
        while samples[0].len() < fewest || start.elapsed().as_secs_f64() < self.budget {
            for ((work, samples), &runs) in works.iter_mut().zip(&mut samples).zip(&runs) {
                self.turn(&mut *work, runs, samples);
            }
        }
        samples.map(Times::of)
    }

    /// How the times were taken, for readers of the table.
    pub(crate) fn description(self) -> String {
        if self.stretch > 0.0 {
            let Self { stretch, .. } = self;
            format!(
                "Each work ran alone for {stretch} s at a time, after {} s to warm up.",
                stretch * WARM_UP
            )
        } else {
            "The works of a line took turns sample by sample. Each ran once untimed before its sample.".to_string()
        }
    }

    /// Adds the samples of one turn of one runner. The other runners used the caches, so it first runs untimed until its
    /// own numbers are there.
    fn turn(self, work: &mut dyn FnMut(), runs: usize, samples: &mut Vec<f64>) {
        lasting(self.stretch * WARM_UP, &mut *work);
        lasting(self.stretch, || {
            let (sample, ()) = seconds(|| (0..runs).for_each(|_| work()));
            samples.push(sample / runs as f64);
        });
    }
}

/// Repeats work, at least once, until `limit` seconds have passed.
fn lasting(limit: f64, mut work: impl FnMut()) {
    let start = Instant::now();
    work();
    while start.elapsed().as_secs_f64() < limit {
        work();
    }
}

/// How often work that takes `once` seconds is repeated for a sample.
#[expect(
    clippy::cast_sign_loss,
    reason = "a ratio of two positive times, at most 3·10⁵"
)]
fn repeats(once: f64) -> usize {
    (SAMPLE / once.max(1e-9)).ceil() as usize
}
