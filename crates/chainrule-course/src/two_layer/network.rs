//! The lecture's network, written for one row, and its training loop.

use chainrule::{Batch, Program, Result, Scalar};

/// The learning rate.
pub(crate) const RATE: f64 = 1e-4;

/// The numbers of inputs, hidden neurons and outputs: the lecture's `D_in`, `H` and `D_out`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) inputs: usize,
    pub(crate) hidden: usize,
    pub(crate) outputs: usize,
}

impl Sizes {
    /// The number of weights: those of `w1`, then those of `w2`, each row by row as `NumPy` stores them.
    pub(crate) fn weights(self) -> usize {
        (self.inputs + self.outputs) * self.hidden
    }

    /// The loss of one row, which contains the inputs x and then the targets y: `h = 1/(1 + exp(−x·w1))`, `y_pred = h·w2`,
    /// `Σ (y_pred − y)²`.
    pub(crate) fn loss<S: Scalar>(self, weights: &[S], row: &[S]) -> Result<S> {
        let (w1, w2) = weights.split_at(self.inputs * self.hidden);
        let (x, y) = row.split_at(self.inputs);
        let h = products(x, w1, self.hidden)?;
        let h: Vec<S> = h.iter().map(|&z| ((-z).exp() + 1.0).recip()).collect();
        let y_pred = products(&h, w2, self.outputs)?;
        let pairs = y_pred.iter().zip(y);
        Ok(pairs.map(|(&y_pred, &y)| (y_pred - y).square()).sum())
    }

    /// The loss as a program. All rows share the weights.
    pub(crate) fn program(self, weights: &[f64]) -> Result<Program> {
        Program::trace_rows(weights, self.inputs + self.outputs, |weights, row| {
            self.loss(weights, row)
        })
    }
}

/// The products of a row with each column of a matrix that is stored row by row.
fn products<S: Scalar>(row: &[S], matrix: &[S], columns: usize) -> Result<Vec<S>> {
    let column = |j: usize| -> Vec<S> { matrix.iter().skip(j).step_by(columns).copied().collect() };
    (0..columns)
        .map(|j| S::dot_product(&column(j), row))
        .collect()
}

/// Takes steps down the gradient of the sum over all rows. Reports the loss before each step.
pub(crate) fn descend(
    batch: &mut Batch,
    weights: &mut [f64],
    rate: f64,
    iterations: usize,
    mut report: impl FnMut(f64),
) -> Result<()> {
    for _ in 0..iterations {
        let (loss, gradient) = batch.sum_gradient(&*weights)?;
        report(loss);
        for (w, g) in weights.iter_mut().zip(gradient) {
            *w -= rate * g;
        }
    }
    Ok(())
}
