//! The logarithm of a sum of exponentials of many numbers, at a point.

use chainrule::{Program, Var};

use crate::numbers::Numbers;
use crate::race::Race;
use crate::table::Line;
use crate::value_and_gradient;

fn largest(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn value_by_hand(x: &[f64]) -> f64 {
    let largest = largest(x);
    largest + x.iter().map(|x| (x - largest).exp()).sum::<f64>().ln()
}

/// Keeps the exponentials in `gradient`, then divides them by their sum.
fn gradient_by_hand(x: &[f64], gradient: &mut [f64]) -> f64 {
    let (largest, mut sum) = (largest(x), 0.0);
    for (g, x) in gradient.iter_mut().zip(x) {
        *g = (x - largest).exp();
        sum += *g;
    }
    let scale = 1.0 / sum;
    for g in gradient {
        *g *= scale;
    }
    largest + sum.ln()
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let largest = if race.quick { 4 } else { 6 };
    (3..=largest)
        .flat_map(|exponent| {
            let n = 10_usize.pow(exponent);
            let x = Numbers::new(9).take(n, 5.0);
            let program = Program::trace(n, Var::log_sum_exp).expect("a program");
            value_and_gradient::lines(
                race,
                (
                    &format!("log-sum-exp-{exponent}"),
                    &format!("log-sum-exp of 10^{exponent}"),
                ),
                |level| program.at_level(level).evaluator(),
                &x,
                value_by_hand,
                gradient_by_hand,
            )
        })
        .collect()
}
