//! The formulas that the benches share, over any type of number.
//!
//! `benches/tape.rs`, `benches/report.rs` and the crate in `benches/peers` all include this folder, so all of them do the
//! same work.

use std::hint::black_box;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::time::Instant;

use chainrule::Var;

/// The operations that the formulas use.
pub(crate) trait Number:
    Copy
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
{
    /// `c − self`.
    fn subtracted_from(self, c: f64) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The rectifier `max(0, self)`, in one node.
    fn relu(self) -> Self;
}

impl Number for f64 {
    #[inline]
    fn subtracted_from(self, c: f64) -> Self {
        c - self
    }

    #[inline]
    fn sqrt(self) -> Self {
        self.sqrt()
    }

    #[inline]
    fn relu(self) -> Self {
        self.max(0.0)
    }
}

impl Number for Var {
    #[inline]
    fn subtracted_from(self, c: f64) -> Self {
        c - self
    }

    #[inline]
    fn sqrt(self) -> Self {
        self.sqrt()
    }

    #[inline]
    fn relu(self) -> Self {
        self.relu()
    }
}

/// The point of the chain: `[x, a, b]`.
pub(crate) const CHAIN_AT: [f64; 3] = [3.0, 1.0, 2.0];

/// The number of nodes that one link of the chain records.
pub(crate) const LINK: usize = 8;

/// One link of the chain: eight operations, four with two operands, two with a constant and two with one operand. Each is
/// one node in every crate.
///
/// At [`CHAIN_AT`], it returns its `x` with a slope of exactly 1, so neither value nor adjoint grows or vanishes.
#[inline]
fn link<S: Number>(x: S, a: S, b: S) -> S {
    let t = (x * 0.5 + a) * b;
    let t = -t.subtracted_from(3.0) + a;
    (t * t).sqrt()
}

/// A chain of `nodes` nodes, rounded down to whole links.
pub(crate) fn chain<S: Number>([x, a, b]: [S; 3], nodes: usize) -> S {
    (0..nodes / LINK).fold(x, |x, _| link(x, a, b))
}

/// Rosenbrock's function `Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²`, with eight nodes per term.
pub(crate) fn rosenbrock<S: Number>(x: &[S]) -> S {
    let term = |x: S, y: S| {
        let (valley, rest) = (y - x * x, x.subtracted_from(1.0));
        valley * valley * 100.0 + rest * rest
    };
    let first = term(x[0], x[1]);
    x[1..]
        .windows(2)
        .fold(first, |sum, pair| sum + term(pair[0], pair[1]))
}

/// A point for Rosenbrock's function, away from the minimum and with all coordinates different.
pub(crate) fn rosenbrock_at(n: usize) -> Vec<f64> {
    (0..n).map(|i| 0.5 + 0.01 * (i % 97) as f64).collect()
}

/// One row of the moons data: a point in the plane and its label, −1 or 1.
pub(crate) type Row = [f64; 3];

/// The layers of the network for the moons.
pub(crate) const LAYERS: [usize; 4] = [2, 16, 16, 1];

pub(crate) const L2: f64 = 1e-4;

/// The 100 points of the moons.
pub(crate) fn moons() -> Vec<Row> {
    let number = |text: &str| text.parse().expect("a number");
    include_str!("../../tests/data/moons/points.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let mut numbers = line.split(',').map(number);
            [(); 3].map(|()| numbers.next().expect("three columns"))
        })
        .collect()
}

/// The network's 337 parameters, neuron by neuron. Each neuron's weights come before its bias.
pub(crate) fn parameters() -> Vec<f64> {
    include_str!("../../tests/data/moons/parameters.csv")
        .lines()
        .skip(1)
        .map(|line| line.parse().expect("a number"))
        .collect()
}

/// The loss of the network on the rows, `mean(max(0, 1 − y·s)) + 10⁻⁴·Σp²`, in scalar sums and products: 65,000 nodes.
pub(crate) fn moons_loss<S: Number>(p: &[S], rows: &[Row]) -> S {
    let mut layer: Vec<S> = Vec::with_capacity(16);
    let mut next: Vec<S> = Vec::with_capacity(16);
    let mut losses: Option<S> = None;
    for &[x, y, label] in rows {
        let mut neurons = p.chunks_exact(LAYERS[0] + 1);
        layer.clear();
        layer.extend(
            neurons
                .by_ref()
                .take(LAYERS[1])
                .map(|w| (w[0] * x + w[1] * y + w[2]).relu()),
        );
        let mut rest = &p[LAYERS[1] * (LAYERS[0] + 1)..];
        for (i, &width) in LAYERS[2..].iter().enumerate() {
            next.clear();
            for _ in 0..width {
                let (weights, after) = rest.split_at(layer.len());
                let first = weights[0] * layer[0];
                let sum = weights[1..]
                    .iter()
                    .zip(&layer[1..])
                    .fold(first, |sum, (&w, &x)| sum + w * x);
                let sum = sum + after[0];
                next.push(if i + 3 < LAYERS.len() {
                    sum.relu()
                } else {
                    sum
                });
                rest = &after[1..];
            }
            std::mem::swap(&mut layer, &mut next);
        }
        let loss = (layer[0] * label).subtracted_from(1.0).relu();
        losses = Some(losses.map_or(loss, |sum| sum + loss));
    }
    let squares = p[1..].iter().fold(p[0] * p[0], |sum, &p| sum + p * p);
    losses.expect("there are rows") * (1.0 / rows.len() as f64) + squares * L2
}

/// The same loss with one node per sum: 7,300 nodes.
pub(crate) fn moons_loss_of_sums(p: &[Var], rows: &[Row]) -> Var {
    let mut layer: Vec<Var> = Vec::with_capacity(17);
    let mut next: Vec<Var> = Vec::with_capacity(17);
    let mut losses: Vec<Var> = Vec::with_capacity(rows.len());
    let one = Var::new(1.0);
    for &[x, y, label] in rows {
        layer.clear();
        layer.extend([Var::new(x), Var::new(y), one]);
        let mut rest = p;
        for (i, &width) in LAYERS[1..].iter().enumerate() {
            next.clear();
            for _ in 0..width {
                let (weights, after) = rest.split_at(layer.len());
                let sum = Var::dot_product(weights, &layer).expect("one weight per input");
                next.push(if i + 2 == LAYERS.len() {
                    sum
                } else {
                    sum.relu()
                });
                rest = after;
            }
            next.push(one);
            std::mem::swap(&mut layer, &mut next);
        }
        losses.push((1.0 - layer[0] * label).relu());
    }
    let losses: Var = losses.iter().sum();
    let squares = Var::dot_product(p, p).expect("the same length");
    losses * (1.0 / rows.len() as f64) + squares * L2
}

/// The seconds that `work` takes, and its result, which is protected from optimization.
pub(crate) fn seconds<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let start = Instant::now();
    let result = black_box(work());
    (start.elapsed().as_secs_f64(), result)
}
