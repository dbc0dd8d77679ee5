//! Fits the model by the method of Gauss and Newton, with the derivatives that the build script wrote.
//!
//! ```sh
//! cargo run -p chainrule-generated
//! ```

use chainrule_generated::{MEASUREMENTS, PARAMETERS, residuals};

/// The residuals, then the Jacobian row by row.
type Answer = [f64; MEASUREMENTS * (1 + PARAMETERS)];

/// Solves `JᵀJ·step = −Jᵀr` by elimination; `JᵀJ` is positive definite here, so it needs no pivots.
fn step(answer: &Answer) -> [f64; PARAMETERS] {
    let (residuals, jacobian) = answer.split_at(MEASUREMENTS);
    let mut rows = [[0.0; PARAMETERS + 1]; PARAMETERS];
    for (residual, slopes) in residuals.iter().zip(jacobian.chunks(PARAMETERS)) {
        for (row, slope) in rows.iter_mut().zip(slopes) {
            for (entry, other) in row.iter_mut().zip(slopes) {
                *entry += slope * other;
            }
            row[PARAMETERS] -= slope * residual;
        }
    }
    for pivot in 0..PARAMETERS {
        let own = rows[pivot].map(|entry| entry / rows[pivot][pivot]);
        for (place, row) in rows.iter_mut().enumerate() {
            let factor = row[pivot];
            for (entry, pivot_entry) in row.iter_mut().zip(own) {
                if place != pivot {
                    *entry -= factor * pivot_entry;
                }
            }
        }
        rows[pivot] = own;
    }
    rows.map(|row| row[PARAMETERS])
}

fn main() {
    let mut parameters = [4.0, 0.5, 0.5];
    let mut answer = [0.0; MEASUREMENTS * (1 + PARAMETERS)];
    for round in 0..8 {
        if let Err(comparison) = residuals(&parameters, &mut answer) {
            unreachable!("the model has no comparisons, but number {comparison} changed");
        }
        let squares: f64 = answer[..MEASUREMENTS].iter().map(|r| r * r).sum();
        let [a, b, c] = parameters;
        println!("{round}: {a:.6}·exp(−{b:.6}·t) + {c:.6}, sum of squares {squares:.6}");
        for (parameter, step) in parameters.iter_mut().zip(step(&answer)) {
            *parameter += step;
        }
    }
}
