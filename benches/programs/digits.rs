//! An epoch of training on the digits: a network 64-32-10, softmax cross-entropy, 1437 rows in mini-batches of 64, and
//! plain gradient descent.

use chainrule::{Level, Program, Var};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, Slice};

use crate::numbers::{Numbers, descend};
use crate::race::Race;
use crate::table::{Line, Target};

const PIXELS: usize = 64;
const HIDDEN: usize = 32;
const CLASSES: usize = 10;
const ROWS: usize = 1437;
const BATCH: usize = 64;
const RATE: f64 = 0.05;
/// The number of parameters before those of the second layer.
const FIRST: usize = HIDDEN * (PIXELS + 1);

/// Rows of 64 grey levels between 0 and 1, followed by ten numbers: 1 for the digit and 0 for the others.
fn digits() -> Vec<Vec<f64>> {
    let line = |line: &str| {
        let numbers: Vec<usize> = line
            .split(',')
            .map(|n| n.parse().expect("a number"))
            .collect();
        let mut row: Vec<f64> = numbers[..PIXELS].iter().map(|&n| n as f64 / 16.0).collect();
        row.extend((0..CLASSES).map(|class| f64::from(u8::from(class == numbers[PIXELS]))));
        row
    };
    let text = include_str!("../../examples/data/digits.csv");
    text.lines().skip(1).take(ROWS).map(line).collect()
}

/// The cross-entropy of one row. Each neuron's weights come before its bias.
fn row_loss(p: &[Var], row: &[Var]) -> Var {
    let (pixels, right) = row.split_at(PIXELS);
    let (first, second) = p.split_at(FIRST);
    let hidden: Vec<Var> = layer(first, pixels).iter().map(|x| x.relu()).collect();
    let scores = layer(second, &hidden);
    Var::log_sum_exp(&scores) - Var::dot_product(right, &scores).expect("ten of each")
}

fn layer(p: &[Var], x: &[Var]) -> Vec<Var> {
    p.chunks_exact(x.len() + 1)
        .map(|p| Var::dot_product(&p[..x.len()], x).expect("one weight per input") + p[x.len()])
        .collect()
}

/// The same by hand: the crate `matrixmultiply` multiplies matrices, and all memory is reused.
struct ByHand {
    x: Array2<f64>,
    right: Array2<f64>,
    w1: Array2<f64>,
    b1: Array1<f64>,
    w2: Array2<f64>,
    b2: Array1<f64>,
    hidden: Array2<f64>,
    scores: Array2<f64>,
    d_hidden: Array2<f64>,
    d1: Array2<f64>,
    d2: Array2<f64>,
}

impl ByHand {
    fn new(rows: &[Vec<f64>]) -> Self {
        let part = |from: usize, to: usize| {
            let numbers = rows.iter().flat_map(|row| row[from..to].iter().copied());
            Array2::from_shape_vec((ROWS, to - from), numbers.collect()).expect("rows")
        };
        Self {
            x: part(0, PIXELS),
            right: part(PIXELS, PIXELS + CLASSES),
            w1: Array2::zeros((HIDDEN, PIXELS)),
            b1: Array1::zeros(HIDDEN),
            w2: Array2::zeros((CLASSES, HIDDEN)),
            b2: Array1::zeros(CLASSES),
            hidden: Array2::zeros((BATCH, HIDDEN)),
            scores: Array2::zeros((BATCH, CLASSES)),
            d_hidden: Array2::zeros((BATCH, HIDDEN)),
            d1: Array2::zeros((HIDDEN, PIXELS)),
            d2: Array2::zeros((CLASSES, HIDDEN)),
        }
    }

    /// Sets the parameters.
    fn set(&mut self, p: &[f64]) {
        let layer = |shape, p: &[f64]| {
            let all = ArrayView2::from_shape(shape, p).expect("neurons");
            let inputs = all.ncols() - 1;
            (
                all.slice_axis(Axis(1), Slice::from(..inputs)).to_owned(),
                all.column(inputs).to_owned(),
            )
        };
        (self.w1, self.b1) = layer((HIDDEN, PIXELS + 1), &p[..FIRST]);
        (self.w2, self.b2) = layer((CLASSES, HIDDEN + 1), &p[FIRST..]);
    }

    /// Runs one epoch, and returns the sum of the losses of its mini-batches.
    fn epoch(&mut self) -> f64 {
        (0..ROWS)
            .step_by(BATCH)
            .map(|first| self.step(first, BATCH.min(ROWS - first)))
            .sum()
    }

    /// Takes a step on some rows, and returns their loss before it.
    fn step(&mut self, first: usize, rows: usize) -> f64 {
        let (these, places) = (Slice::from(first..first + rows), Slice::from(..rows));
        let x = self.x.slice_axis(Axis(0), these);
        let right = self.right.slice_axis(Axis(0), these);
        let mut hidden = self.hidden.slice_axis_mut(Axis(0), places);
        let mut scores = self.scores.slice_axis_mut(Axis(0), places);
        let mut d_hidden = self.d_hidden.slice_axis_mut(Axis(0), places);
        hidden.assign(&self.b1);
        general_mat_mul(1.0, &x, &self.w1.t(), 1.0, &mut hidden);
        hidden.mapv_inplace(|z| z.max(0.0));
        scores.assign(&self.b2);
        general_mat_mul(1.0, &hidden, &self.w2.t(), 1.0, &mut scores);
        let (mut losses, scale) = (0.0, 1.0 / rows as f64);
        for (mut scores, right) in scores.outer_iter_mut().zip(right.outer_iter()) {
            let largest = scores.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            let chosen: f64 = scores.iter().zip(&right).map(|(s, r)| s * r).sum();
            scores.mapv_inplace(|s| (s - largest).exp());
            let sum = scores.sum();
            losses += largest + sum.ln() - chosen;
            scores.zip_mut_with(&right, |s, r| *s = (*s / sum - r) * scale);
        }
        general_mat_mul(1.0, &scores.t(), &hidden, 0.0, &mut self.d2);
        general_mat_mul(1.0, &scores, &self.w2, 0.0, &mut d_hidden);
        d_hidden.zip_mut_with(&hidden, |d, &h| {
            if h <= 0.0 {
                *d = 0.0;
            }
        });
        general_mat_mul(1.0, &d_hidden.t(), &x, 0.0, &mut self.d1);
        self.w1.scaled_add(-RATE, &self.d1);
        self.w2.scaled_add(-RATE, &self.d2);
        self.b1.scaled_add(-RATE, &d_hidden.sum_axis(Axis(0)));
        self.b2.scaled_add(-RATE, &scores.sum_axis(Axis(0)));
        losses * scale
    }
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let rows = digits();
    let start = Numbers::new(2).take(FIRST + CLASSES * (HIDDEN + 1), 0.2);
    let exact = Program::trace_rows(&start, PIXELS + CLASSES, |p, row| row_loss(p, row))
        .expect("a program");
    let fast = exact.at_level(Level::Fast);
    let mut by_hand = ByHand::new(&rows);
    by_hand.set(&start);
    let losses = by_hand.epoch();

    // Every epoch starts at the same parameters, in ours and by hand.
    let mut epochs = [&exact, &fast].map(|program| {
        let mut batch = program.batch(&rows[..BATCH]).expect("rows").threads(1);
        let (mut p, start, rows) = (start.clone(), &start, &rows);
        move || {
            p.copy_from_slice(start);
            let mut losses = 0.0;
            for rows in rows.chunks(BATCH) {
                batch.set_rows(rows).expect("rows");
                let (loss, gradient) = batch.mean_gradient(&p).expect("a gradient");
                descend(&mut p, gradient, RATE);
                losses += loss;
            }
            losses
        }
    });
    for epoch in &mut epochs {
        assert!((epoch() - losses).abs() < 1e-9 * losses);
    }
    let [a, b] = &mut epochs;
    let [exact, fast, hand] = race.run([&mut || _ = a(), &mut || _ = b(), &mut || {
        by_hand.set(&start);
        by_hand.epoch();
    }]);
    [("digits", "Exact", exact), ("digits-fast", "Fast", fast)]
        .map(|(key, level, ours)| {
            Line::new(key, format!("digits, an epoch, {level}"), ours)
                .beside("by hand, matrixmultiply", hand)
                .target(Target::Ratio(0.9))
                .check(losses)
        })
        .into()
}
