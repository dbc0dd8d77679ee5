//! An iteration of the lecture's loop for two layers: 64 rows, 1000 inputs, 100 sigmoids, 10 outputs and squared error,
//! with gradient and update.

use chainrule::{Level, Program, Var};
use ndarray::Array2;
use ndarray::linalg::general_mat_mul;

use crate::numbers::{Numbers, check, descend};
use crate::race::Race;
use crate::table::{Line, Target};

const ROWS: usize = 64;
const INPUTS: usize = 1000;
const HIDDEN: usize = 100;
const OUTPUTS: usize = 10;
const RATE: f64 = 1e-6;

/// The loss of one row. The weights are stored row by row, one row per input of the layer.
fn row_loss(w: &[Var], row: &[Var]) -> Var {
    let (x, y) = row.split_at(INPUTS);
    let (w1, w2) = w.split_at(INPUTS * HIDDEN);
    let h: Vec<Var> = products(x, w1, HIDDEN)
        .iter()
        .map(|&z| 1.0 / (1.0 + (-z).exp()))
        .collect();
    let outputs = products(&h, w2, OUTPUTS);
    outputs.iter().zip(y).map(|(&o, &y)| (o - y).square()).sum()
}

fn products(x: &[Var], w: &[Var], columns: usize) -> Vec<Var> {
    let product = |j| {
        let column: Vec<Var> = w.iter().skip(j).step_by(columns).copied().collect();
        Var::dot_product(&column, x).expect("one weight per input")
    };
    (0..columns).map(product).collect()
}

/// The same by hand: the crate `matrixmultiply` multiplies matrices, and all memory is reused.
struct ByHand {
    x: Array2<f64>,
    y: Array2<f64>,
    w1: Array2<f64>,
    w2: Array2<f64>,
    hidden: Array2<f64>,
    errors: Array2<f64>,
    d_hidden: Array2<f64>,
    d1: Array2<f64>,
    d2: Array2<f64>,
}

impl ByHand {
    fn new(rows: &[Vec<f64>], weights: &[f64]) -> Self {
        let matrix = |shape, values: Vec<f64>| {
            Array2::from_shape_vec(shape, values).expect("as many numbers as places")
        };
        let part = |range: std::ops::Range<usize>| -> Vec<f64> {
            rows.iter()
                .flat_map(|row| row[range.clone()].iter().copied())
                .collect()
        };
        let (w1, w2) = weights.split_at(INPUTS * HIDDEN);
        Self {
            x: matrix((ROWS, INPUTS), part(0..INPUTS)),
            y: matrix((ROWS, OUTPUTS), part(INPUTS..INPUTS + OUTPUTS)),
            w1: matrix((INPUTS, HIDDEN), w1.to_vec()),
            w2: matrix((HIDDEN, OUTPUTS), w2.to_vec()),
            hidden: Array2::zeros((ROWS, HIDDEN)),
            errors: Array2::zeros((ROWS, OUTPUTS)),
            d_hidden: Array2::zeros((ROWS, HIDDEN)),
            d1: Array2::zeros((INPUTS, HIDDEN)),
            d2: Array2::zeros((HIDDEN, OUTPUTS)),
        }
    }

    /// Computes the loss, and leaves its derivatives in `d1` and `d2`.
    fn gradient(&mut self) -> f64 {
        general_mat_mul(1.0, &self.x, &self.w1, 0.0, &mut self.hidden);
        self.hidden.mapv_inplace(|z| 1.0 / (1.0 + (-z).exp()));
        self.errors.assign(&self.y);
        general_mat_mul(1.0, &self.hidden, &self.w2, -1.0, &mut self.errors);
        let loss = self.errors.iter().map(|e| e * e).sum();
        general_mat_mul(2.0, &self.hidden.t(), &self.errors, 0.0, &mut self.d2);
        general_mat_mul(2.0, &self.errors, &self.w2.t(), 0.0, &mut self.d_hidden);
        self.d_hidden
            .zip_mut_with(&self.hidden, |d, h| *d *= h * (1.0 - h));
        general_mat_mul(1.0, &self.x.t(), &self.d_hidden, 0.0, &mut self.d1);
        loss
    }

    fn step(&mut self) {
        self.gradient();
        self.w1.scaled_add(-RATE, &self.d1);
        self.w2.scaled_add(-RATE, &self.d2);
    }

    fn derivatives(&self) -> Vec<f64> {
        self.d1.iter().chain(&self.d2).copied().collect()
    }
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let mut numbers = Numbers::new(1);
    let rows: Vec<Vec<f64>> = (0..ROWS)
        .map(|_| numbers.take(INPUTS + OUTPUTS, 1.0))
        .collect();
    let weights = numbers.take((INPUTS + OUTPUTS) * HIDDEN, 0.1);
    let exact = Program::trace_rows(&weights, INPUTS + OUTPUTS, |w, row| row_loss(w, row))
        .expect("a program");
    let fast = exact.at_level(Level::Fast);

    let mut by_hand = ByHand::new(&rows, &weights);
    let loss = by_hand.gradient();
    let mut works = [(&exact, 1), (&fast, 1), (&exact, 2), (&fast, 2)].map(|(program, threads)| {
        let mut batch = program.batch(&rows).expect("rows").threads(threads);
        let (_, gradient) = batch.sum_gradient(&weights).expect("a gradient");
        check(gradient, &by_hand.derivatives());
        let mut w = weights.clone();
        move || {
            let (_, gradient) = batch.sum_gradient(&w).expect("a gradient");
            descend(&mut w, gradient, RATE);
        }
    });
    let [a, b, c, d] = &mut works;
    let [exact_1, fast_1, exact_2, fast_2, hand] = race.run([a, b, c, d, &mut || by_hand.step()]);
    let floor = "by hand, matrixmultiply";
    let alone = "ours, one thread";
    let mut lines = vec![
        Line::new("two-layer", "two layers, an iteration, Exact", exact_1)
            .beside(floor, hand)
            .target(Target::Ratio(0.9)),
        Line::new("two-layer-fast", "two layers, an iteration, Fast", fast_1)
            .beside(floor, hand)
            .target(Target::Ratio(0.9)),
        Line::new("two-layer-2", "two layers, Exact, two threads", exact_2)
            .beside(alone, exact_1)
            .target(Target::Ratio(0.8)),
        Line::new("two-layer-fast-2", "two layers, Fast, two threads", fast_2)
            .beside(alone, fast_1)
            .target(Target::Ratio(0.8)),
    ];
    for line in &mut lines {
        line.check = Some(loss);
    }
    for (key, program) in [("exact", &exact), ("fast", &fast)] {
        let level = program.level();
        let [compile] = race.run([&mut || _ = program.at_level(level).bytes()]);
        lines.push(
            Line::new(
                format!("two-layer-compile-{key}"),
                format!("two layers, compiling, {level:?}"),
                compile,
            )
            .target(Target::Absolute(20e-3)),
        );
        lines.push(
            Line::bytes(
                format!("two-layer-bytes-{key}"),
                format!("two layers, program, {level:?}"),
                program.bytes(),
            )
            .target(Target::Absolute(20e3)),
        );
    }
    lines
}
