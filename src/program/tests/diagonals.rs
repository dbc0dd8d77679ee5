//! Diagonals of Hessians that are too long to write as code of their own.

use crate::backend::Order;
use crate::program::{Batch, Program};
use crate::transform::Transform;
use crate::var::Var;

/// `Σ tanh(xᵢ·s/(i + 1))`, `s` a sum of all: every second derivative needs many values.
fn coupled(x: &[Var]) -> Var {
    let sum: Var = x.iter().map(|x| x.square()).sum();
    let terms = x.iter().enumerate();
    let terms = terms.map(|(i, &x)| (x * sum * (1.0 / (i + 1) as f64)).tanh());
    terms.sum()
}

#[test]
fn long_diagonals_of_rows_are_those_of_points() {
    let n = 100;
    let f = Program::trace(n, coupled).unwrap();
    let row =
        |seed: usize| -> Vec<f64> { (0..n).map(|i| ((i + seed) as f64).sin() * 0.1).collect() };
    let rows: Vec<Vec<f64>> = (0..5).map(row).collect();
    let mut batch = f.batch(&rows).unwrap();
    let (values, gradients, diagonals) = batch.hessian_diagonals(&[0.0; 0]).unwrap();
    for (place, row) in rows.iter().enumerate() {
        let (value, gradient, diagonal) = f.hessian_diagonal(row).unwrap();
        assert_eq!(values[place], value);
        assert_eq!(gradients[place * n..][..n], gradient);
        assert_eq!(diagonals[place * n..][..n], diagonal);
    }
    let row_major = diagonals.to_vec();
    let asked = |batch: &Batch, transform| batch.has_answer(transform);
    assert!(asked(&batch, Transform::Curvature) && !asked(&batch, Transform::HessianDiagonal));
    let mut batch = batch.order(Order::ColumnMajor);
    let (_, _, columns) = batch.hessian_diagonals(&[0.0; 0]).unwrap();
    for (place, value) in columns.iter().enumerate() {
        assert_eq!(
            *value,
            row_major[place % rows.len() * n + place / rows.len()]
        );
    }
}

#[test]
fn the_long_diagonal_of_a_sum_is_that_of_its_rows() {
    let n = 100;
    let p: Vec<f64> = (0..n).map(|i| (i as f64).sin() * 0.1).collect();
    let f = Program::trace_rows(&p, 1, |p, row| coupled(p) * row[0]).unwrap();
    let mut batch = f.batch(&[[1.0], [2.0], [0.5]]).unwrap();
    let (sum, gradient, diagonal) = batch.sum_hessian_diagonal(&p).unwrap();
    let whole = Program::trace(n, coupled).unwrap();
    let (value, slopes, curvatures) = whole.hessian_diagonal(&p).unwrap();
    let near = |a: f64, b: f64| (a - 3.5 * b).abs() <= 1e-12 * (1.0 + b.abs());
    assert!(near(sum, value));
    assert!(gradient.iter().zip(&slopes).all(|(&a, &b)| near(a, b)));
    assert!(diagonal.iter().zip(&curvatures).all(|(&a, &b)| near(a, b)));
    assert!(batch.has_answer(Transform::Curvature));
}
