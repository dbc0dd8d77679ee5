//! Option prices and their sensitivities, over a million scenarios, from one formula.
//!
//! Shows chosen derivatives of first and second order as one program over rows, and compares them with the closed forms:
//! delta = ∂V/∂S, gamma = ∂²V/∂S², vega = ∂V/∂σ, vanna = ∂²V/∂S∂σ of the Black–Scholes price V of a call.
//!
//! Run with `cargo run --release --example greeks`, and `-- 10000` for fewer scenarios.

use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::time::Instant;

use chainrule::{Program, Result, Scalar};

/// The price of a European call: interest rate `r`, spot `s`, strike `k`, volatility `sigma`, years to expiry `t`.
fn call<S: Scalar>(r: S, s: S, k: S, sigma: S, t: S) -> S {
    let normal = |x: S| (-x * FRAC_1_SQRT_2).erfc() * 0.5;
    let spread = sigma * t.sqrt();
    let d1 = ((s / k).ln() + (r + sigma.square() * 0.5) * t) / spread;
    s * normal(d1) - k * (-r * t).exp() * normal(d1 - spread)
}

/// Value, delta, gamma, vega and vanna in closed form.
fn closed(r: f64, [s, k, sigma, t]: [f64; 4]) -> [f64; 5] {
    let spread = sigma * t.sqrt();
    let d1 = (Scalar::ln(s / k) + (r + 0.5 * sigma * sigma) * t) / spread;
    let d2 = d1 - spread;
    let normal = |x: f64| 0.5 * Scalar::erfc(-x * FRAC_1_SQRT_2);
    let density = Scalar::exp(-0.5 * d1 * d1) / (2.0 * PI).sqrt();
    [
        s * normal(d1) - k * Scalar::exp(-r * t) * normal(d2),
        normal(d1),
        density / (s * spread),
        s * density * t.sqrt(),
        -density * d2 / sigma,
    ]
}

fn main() -> Result<()> {
    let count: usize = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    // Spreads numbers over a range without a random generator: fractional parts of multiples of irrational numbers.
    let spread =
        |i: usize, by: f64, low: f64, high: f64| low + (i as f64 * by).fract() * (high - low);
    let scenarios: Vec<[f64; 4]> = (0..count)
        .map(|i| {
            let spot = spread(i, 0.618_033_988_7, 80.0, 120.0);
            let sigma = spread(i, 0.414_213_562_4, 0.1, 0.5);
            [spot, 100.0, sigma, spread(i, 0.732_050_807_6, 0.25, 2.0)]
        })
        .collect();
    let rate = 0.03;

    let price = Program::trace_rows_at(&[rate], &scenarios[0], |r, x| {
        call(r[0], x[0], x[1], x[2], x[3])
    })?;
    // The inputs are the rate, then spot, strike, volatility and time.
    let greeks = price.partials(&[&[], &[1], &[1, 1], &[3], &[1, 3]])?;
    let mut batch = greeks.batch(&scenarios)?;
    let start = Instant::now();
    let found = batch.values(&[rate])?;
    let seconds = start.elapsed().as_secs_f64();

    let names = ["value", "delta", "gamma", "vega", "vanna"];
    let mut worst = [0.0_f64; 5];
    for (scenario, found) in scenarios.iter().zip(found.chunks(5)) {
        for ((worst, known), found) in worst.iter_mut().zip(closed(rate, *scenario)).zip(found) {
            *worst = worst.max((found - known).abs() / (1.0 + known.abs()));
        }
    }
    println!(
        "{count} scenarios, {:.1} million numbers per second",
        5e-6 * count as f64 / seconds
    );
    println!(
        "{:>6} {:>14} {:>22}",
        "", "scenario 0", "worst error in all"
    );
    for ((name, found), worst) in names.iter().zip(&found[..5]).zip(worst) {
        println!("{name:>6} {found:>14.8} {worst:>22.1e}");
    }
    Ok(())
}
