//! The log-likelihood of a Gaussian mixture with 25 components in 10 dimensions at 1000 points: the whole gradient,
//! compared with the value alone by hand.

use std::hint::black_box;

use chainrule::{Level, Program, Var};

use crate::numbers::Numbers;
use crate::race::Race;
use crate::table::{Line, Target};

const COMPONENTS: usize = 25;
const DIMENSIONS: usize = 10;
const POINTS: usize = 1000;
/// The number of parameters per component: a weight, the means, and the logarithms of the deviations.
const EACH: usize = 1 + 2 * DIMENSIONS;

/// The log-likelihood of one point, without its constant.
fn row(p: &[Var], x: &[Var]) -> Var {
    let components: Vec<&[Var]> = p.chunks_exact(EACH).collect();
    let weights: Vec<Var> = components.iter().map(|p| p[0]).collect();
    let whole = Var::log_sum_exp(&weights);
    let terms: Vec<Var> = components
        .iter()
        .map(|p| {
            let (means, logs) = p[1..].split_at(DIMENSIONS);
            let squares = x.iter().zip(means).zip(logs);
            let distance: Var = squares
                .map(|((&x, &m), &s)| ((x - m) * (-s).exp()).square())
                .sum();
            let logs: Var = logs.iter().sum();
            p[0] - whole - logs - distance * 0.5
        })
        .collect();
    Var::log_sum_exp(&terms)
}

/// The value by hand. Terms that do not depend on the point are computed once.
fn value_by_hand(p: &[f64], points: &[Vec<f64>]) -> f64 {
    let weights = || p.chunks_exact(EACH).map(|p| p[0]);
    let largest = weights().fold(f64::NEG_INFINITY, f64::max);
    let whole = largest + weights().map(|w| (w - largest).exp()).sum::<f64>().ln();
    let mut scales = [[0.0; DIMENSIONS]; COMPONENTS];
    let mut offsets = [0.0; COMPONENTS];
    for ((p, scales), offset) in p.chunks_exact(EACH).zip(&mut scales).zip(&mut offsets) {
        let logs = &p[1 + DIMENSIONS..];
        for (scale, &log) in scales.iter_mut().zip(logs) {
            *scale = (-log).exp();
        }
        *offset = p[0] - whole - logs.iter().sum::<f64>();
    }
    let mut total = 0.0;
    for x in points {
        let mut terms = [0.0; COMPONENTS];
        for (c, term) in terms.iter_mut().enumerate() {
            let means = &p[c * EACH + 1..][..DIMENSIONS];
            let mut distance = 0.0;
            for j in 0..DIMENSIONS {
                let z = (x[j] - means[j]) * scales[c][j];
                distance += z * z;
            }
            *term = offsets[c] - 0.5 * distance;
        }
        let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        total += largest + terms.iter().map(|t| (t - largest).exp()).sum::<f64>().ln();
    }
    total
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let mut numbers = Numbers::new(3);
    let points: Vec<Vec<f64>> = (0..POINTS).map(|_| numbers.take(DIMENSIONS, 1.0)).collect();
    let p = numbers.take(COMPONENTS * EACH, 0.5);
    let exact = Program::trace_rows(&p, DIMENSIONS, |p, x| row(p, x)).expect("a program");
    let fast = exact.at_level(Level::Fast);
    let value = value_by_hand(&p, &points);
    let mut batches = [&exact, &fast].map(|program| {
        let mut batch = program.batch(&points).expect("rows").threads(1);
        let (ours, _) = batch.sum_gradient(&p).expect("a gradient");
        assert!(
            (ours - value).abs() < 1e-9 * value.abs(),
            "{ours} here, {value} by hand"
        );
        batch
    });
    let mut values = fast.batch(&points).expect("rows").threads(1);
    let [a, b] = &mut batches;
    let [exact, fast, value_alone, hand] = race.run([
        &mut || _ = a.sum_gradient(&p).expect("a gradient"),
        &mut || _ = b.sum_gradient(&p).expect("a gradient"),
        &mut || _ = values.values(&p).expect("values"),
        &mut || _ = black_box(value_by_hand(black_box(&p), &points)),
    ]);
    let floor = "value alone by hand";
    vec![
        Line::new("mixture", "Gaussian mixture, gradient, Exact", exact)
            .beside(floor, hand)
            .target(Target::Ratio(2.0))
            .check(value),
        Line::new("mixture-fast", "Gaussian mixture, gradient, Fast", fast)
            .beside(floor, hand)
            .target(Target::Ratio(1.5))
            .check(value),
        Line::new(
            "mixture-values",
            "Gaussian mixture, values, Fast",
            value_alone,
        )
        .beside(floor, hand),
    ]
}
