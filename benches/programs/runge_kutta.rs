//! Predators and prey over 1000 steps of the classical Runge-Kutta method, and the gradient with respect to the start and
//! the rates.

use chainrule::{Level, Program};

use crate::predators::{AT, STEPS, gradient_by_hand, scan, value};
use crate::race::Race;
use crate::table::Line;
use crate::value_and_gradient::{self, Answering, Ready};

/// The number of starts that are computed side by side.
const MANY: usize = 128;

/// The scan's answers at a start and the rates.
fn answering(level: Level) -> impl Ready {
    let [values, gradients] = [(); 2].map(|()| scan(|program| program.at_level(level)));
    let rows = [[]; STEPS];
    let gradient = move |x: &[f64]| {
        let (value, mut gradient) = gradients.gradient(&x[2..], &x[..2], &rows)?;
        gradient.rotate_right(2);
        Ok((value, gradient))
    };
    Answering::new(
        move |x: &[f64]| values.value(&x[2..], &x[..2], &rows),
        gradient,
    )
}

/// The sum over many starts, and its gradient with respect to the rates.
fn many(level: Level) -> impl Ready {
    let [values, gradients] = [(); 2].map(|()| scan(|program| program.at_level(level)));
    let (starts, rows) = (starts(), vec![[[]; STEPS]; MANY]);
    let (same_starts, same_rows) = (starts.clone(), rows.clone());
    Answering::new(
        move |p: &[f64]| values.sum_value(p, &starts, &rows),
        move |p: &[f64]| gradients.sum_gradient(p, &same_starts, &same_rows),
    )
}

fn starts() -> Vec<[f64; 2]> {
    (0..MANY)
        .map(|index| [1.5, 0.5 + index as f64 / MANY as f64])
        .collect()
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let program = Program::trace(AT.len(), value).expect("a program");
    let mut kept = Vec::with_capacity(STEPS);
    let mut lines = value_and_gradient::lines(
        race,
        ("runge-kutta", "Runge-Kutta, 1000 steps"),
        |level| program.at_level(level).evaluator(),
        &AT,
        value,
        |x, gradient| gradient_by_hand(x, &mut kept, gradient),
    );
    lines.extend(value_and_gradient::lines(
        race,
        ("runge-kutta-scan", "Runge-Kutta as a scan"),
        answering,
        &AT,
        value,
        |x, gradient| gradient_by_hand(x, &mut kept, gradient),
    ));
    let with = |start: [f64; 2], p: &[f64]| [start[0], start[1], p[0], p[1], p[2], p[3]];
    lines.extend(value_and_gradient::lines(
        race,
        ("runge-kutta-many", "Runge-Kutta from 128 starts, all cores"),
        many,
        &AT[2..],
        |p| starts().iter().map(|&start| value(&with(start, p))).sum(),
        |p, gradient| {
            gradient.fill(0.0);
            let (mut sum, mut one) = (0.0, [0.0; 6]);
            for start in starts() {
                sum += gradient_by_hand(&with(start, p), &mut kept, &mut one);
                for (sum, slope) in gradient.iter_mut().zip(&one[2..]) {
                    *sum += slope;
                }
            }
            sum
        },
    ));
    lines
}
