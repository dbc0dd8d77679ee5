//! A logistic regression on generated data: as a sum over rows, and as a product of arrays.

use chainrule::{Batch, Program, Result, Scalar, Var};
use ndarray::{Array1, Array2, LinalgScalar};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How many features a row has, with the constant 1.
pub const FEATURES: usize = 5;

/// Where to stop: about 10⁻⁹ of the gradient at 0, for 1000 rows. Solvers that compare values cannot go much further,
/// because the values then differ only by rounding.
pub const FLAT: f64 = 3e-7;

/// The weights that [`data`] uses.
pub const WEIGHTS: [f64; FEATURES] = [0.5, 1.0, -2.0, 0.0, 1.5];

/// Rows of features (the first is 1), each followed by its label, −1 or 1.
pub fn data(rows: usize, seed: u64) -> Vec<[f64; FEATURES + 1]> {
    let mut random = StdRng::seed_from_u64(seed);
    let row = |_| {
        let mut row = [1.0; FEATURES + 1];
        row[1..FEATURES].fill_with(|| random.random_range(-1.0..1.0));
        let z: f64 = WEIGHTS.iter().zip(&row).map(|(w, x)| w * x).sum();
        row[FEATURES] = if random.random::<f64>() < z.sigmoid() {
            1.0
        } else {
            -1.0
        };
        row
    };
    (0..rows).map(row).collect()
}

/// The negative logarithm of the likelihood, one row at a time.
///
/// # Errors
/// Never, for rows of numbers.
pub fn batch(data: &[[f64; FEATURES + 1]]) -> Result<Batch> {
    Program::trace_rows(&[0.0; FEATURES], FEATURES + 1, |weights, row| {
        let (x, label) = row.split_at(FEATURES);
        let score: Var = weights.iter().zip(x).map(|(w, x)| *w * *x).sum();
        (-(score * label[0])).softplus()
    })?
    .batch(data)
}

/// The same function of the weights, with ndarray's `dot`; for any kind of number.
///
/// # Panics
/// If the arrays have different numbers of rows.
pub fn array_loss<T: Scalar + LinalgScalar>(
    weights: &Array1<T>,
    x: &Array2<T>,
    labels: &Array1<T>,
) -> T {
    let scores = x.dot(weights) * labels;
    scores.mapv(|score| (-score).softplus()).sum()
}

/// The features and the labels of rows, as constants.
pub fn arrays<T: Scalar>(data: &[[f64; FEATURES + 1]]) -> (Array2<T>, Array1<T>) {
    (
        Array2::from_shape_fn((data.len(), FEATURES), |(i, j)| T::from(data[i][j])),
        Array1::from_shape_fn(data.len(), |i| T::from(data[i][FEATURES])),
    )
}

/// [`array_loss`] of the weights, as a program.
///
/// # Errors
/// Never: the function neither branches nor reads.
pub fn array_program(data: &[[f64; FEATURES + 1]]) -> Result<Program> {
    let (x, labels) = arrays::<Var>(data);
    Program::trace(FEATURES, |weights| {
        array_loss(&Array1::from(weights.to_vec()), &x, &labels)
    })
}
