//! A hierarchical model: how much coaching helped in eight schools (Rubin 1981; Gelman et al., Bayesian Data Analysis,
//! section 5.5). The priors are those of posteriordb's `eight_schools_noncentered`.

use chainrule::{Program, Result, Scalar};
use nuts_rs::{Chain, CpuMath, DiagNutsSettings, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::posterior::Posterior;

/// The estimated effect in each school.
pub const EFFECTS: [f64; 8] = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0];
/// Its standard error.
pub const ERRORS: [f64; 8] = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0];
/// How many unknowns there are: the mean μ of the schools, the logarithm of their deviation τ, and the place of each
/// school (its effect minus μ, in units of τ).
pub const UNKNOWNS: usize = 10;

/// The logarithm of the posterior density, but for a constant: μ is normal with deviation 5, τ is half-Cauchy with scale
/// 5, and the places are standard normal.
pub fn log_density<S: Scalar>(x: &[S]) -> S {
    let (mu, log_tau, places) = (x[0], x[1], &x[2..]);
    let tau = log_tau.exp();
    // The last term is the derivative of τ with respect to its logarithm.
    let prior = -(mu / 5.0).square() * 0.5 - (tau / 5.0).square().ln_1p() + log_tau;
    let schools = places
        .iter()
        .zip(EFFECTS)
        .zip(ERRORS)
        .map(|((&place, effect), error)| {
            let misfit = (mu + tau * place - effect) / error;
            (place.square() + misfit.square()) * -0.5
        });
    prior + S::sum(schools)
}

/// [`log_density`] as a program.
///
/// # Errors
/// Never: the function neither branches nor reads.
pub fn program() -> Result<Program> {
    Program::trace(UNKNOWNS, log_density)
}

/// The effect of each school, then μ and τ, at a point.
pub fn quantities(x: &[f64]) -> Vec<f64> {
    let (mu, tau) = (x[0], x[1].exp());
    let effects = x[2..].iter().map(|place| mu + tau * place);
    effects.chain([mu, tau]).collect()
}

/// Draws of one chain, after tuning.
#[derive(Clone, Debug)]
pub struct Draws {
    /// The points.
    pub points: Vec<Box<[f64]>>,
    /// How many draws diverged, which includes those that met a recoverable error.
    pub diverged: usize,
    /// How many gradients were computed, with those of tuning.
    pub gradients: u64,
}

/// Samples the density that a program computes the logarithm of, from a start, with a seed.
///
/// # Errors
/// If the program fails at the start, or anywhere with an error that is not a changed branch.
pub fn sample(
    log_density: &Program,
    start: &[f64],
    draws: usize,
    seed: u64,
) -> anyhow::Result<Draws> {
    let settings = DiagNutsSettings::default();
    let tuning = usize::try_from(settings.num_tune).unwrap_or(usize::MAX);
    let math = CpuMath::new(Posterior(log_density.evaluator()));
    let mut random = StdRng::seed_from_u64(seed);
    let mut chain = settings.new_chain(0, math, &mut random)?;
    chain.set_position(start)?;
    let mut result = Draws {
        points: Vec::new(),
        diverged: 0,
        gradients: 0,
    };
    for i in 0..tuning + draws {
        let (point, progress) = chain.draw()?;
        result.gradients += progress.num_gradients;
        if i >= tuning {
            result.diverged += usize::from(progress.diverging);
            result.points.push(point);
        }
    }
    Ok(result)
}

/// The mean of one number per draw, and its Monte-Carlo error from the means of 50 batches.
pub fn mean(values: &[f64]) -> (f64, f64) {
    let size = values.len() / 50;
    let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let batches: Vec<f64> = values.chunks_exact(size).map(average).collect();
    let mean = average(&batches);
    let spread: f64 = batches.iter().map(|batch| (batch - mean).powi(2)).sum();
    (mean, (spread / 49.0 / 50.0).sqrt())
}

/// The posterior means of [`quantities`], exactly: all but τ are normal once τ is given, so only an integral over τ remains.
pub fn exact_means() -> Vec<f64> {
    let mut total = 0.0;
    let mut sums = [0.0; UNKNOWNS];
    // The trapezoidal rule in the logarithm of τ. The density is negligible at both ends.
    for i in -12_000..=12_000 {
        let log_tau = f64::from(i) * 1e-3;
        let tau = log_tau.exp();
        let precision = |error: f64| 1.0 / (error * error + tau * tau);
        let mut information = 1.0 / 25.0;
        let mut weighted = 0.0;
        let mut log_weight = log_tau - (tau / 5.0).powi(2).ln_1p();
        for (effect, error) in EFFECTS.into_iter().zip(ERRORS) {
            let w = precision(error);
            information += w;
            weighted += w * effect;
            log_weight += 0.5 * w.ln() - 0.5 * w * effect * effect;
        }
        let mu = weighted / information;
        log_weight += 0.5 * weighted * mu - 0.5 * information.ln();
        let weight = log_weight.exp();
        total += weight;
        for (k, (effect, error)) in EFFECTS.into_iter().zip(ERRORS).enumerate() {
            sums[k] += weight * (mu + tau * tau * precision(error) * (effect - mu));
        }
        sums[8] += weight * mu;
        sums[9] += weight * tau;
    }
    sums.iter().map(|sum| sum / total).collect()
}
