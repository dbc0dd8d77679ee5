//! Times pieces of work in turns, for the tables.

/// One piece of work to time: its name, and a run that returns the seconds of each of its phases.
pub(crate) type Case<'a, const PHASES: usize> = (&'a str, Box<dyn FnMut() -> [f64; PHASES] + 'a>);

/// The median seconds of every phase of every case. The cases take turns, so that all meet the same disturbances.
///
/// A sample is the mean of `runs` runs. The first sample of each case warms up and does not count.
pub(crate) fn medians<const PHASES: usize>(
    samples: usize,
    runs: usize,
    cases: &mut [Case<'_, PHASES>],
) -> Vec<[f64; PHASES]> {
    let mut seconds = vec![Vec::with_capacity(samples); cases.len()];
    for sample in 0..=samples {
        for ((_, run), seconds) in cases.iter_mut().zip(&mut seconds) {
            let mut sum = [0.0; PHASES];
            for _ in 0..runs {
                let phases = run();
                for (sum, phase) in sum.iter_mut().zip(phases) {
                    *sum += phase / runs as f64;
                }
            }
            if sample > 0 {
                seconds.push(sum);
            }
        }
    }
    seconds
        .iter()
        .map(|samples| {
            let mut phase = 0;
            [(); PHASES].map(|()| {
                let mut values: Vec<f64> = samples.iter().map(|sample| sample[phase]).collect();
                values.sort_by(f64::total_cmp);
                phase += 1;
                values[values.len() / 2]
            })
        })
        .collect()
}
