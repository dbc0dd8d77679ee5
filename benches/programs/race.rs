//! Times pieces of work in turns, so that all meet the same disturbances, until a budget of time is spent.

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

impl Race {
    /// Times all pieces of work in turns. The first run of each, and of each sample, warms up and is not counted.
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
                // The other runners used the caches. A loop of this work alone would find its own numbers there.
                work();
                let (sample, ()) = seconds(|| (0..runs).for_each(|_| work()));
                samples.push(sample / runs as f64);
            }
        }
        samples.map(Times::of)
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
