//! Chapter 11: gradients of matrix products, entry by entry and as matrix products.

use chainrule::{Program, Var, tape};

use crate::learn::{agree, hold};
use crate::plot::{Outcome, Pictures};

/// The lecture's sizes: rows of a batch, inputs, outputs.
const LECTURE: [usize; 3] = [64, 1000, 100];

/// A matrix, row by row.
type Matrix = Vec<Vec<f64>>;

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    picture(pictures)?;
    product()?;
    jacobian()
}

/// `y = W·x` with two outputs and two inputs, and a loss that weighs the outputs with 1 and −2.
fn picture(pictures: &Pictures) -> Outcome<()> {
    let named = |name: &str, value| Var::new(value).named(name);
    let w = [
        [named("w11", 1.0), named("w12", 2.0)],
        [named("w21", 3.0), named("w22", -1.0)],
    ];
    let x = [named("x1", 5.0), named("x2", 4.0)];
    let y1 = (w[0][0] * x[0] + w[0][1] * x[1]).named("y1");
    let y2 = (w[1][0] * x[0] + w[1][1] * x[1]).named("y2");
    let loss = (y1 - y2 * 2.0).named("L");
    let grads = loss.backward();
    // The upstream gradient is (1, −2).
    let expected = [[5.0, 4.0], [-10.0, -8.0]];
    for (row, expected) in w.iter().zip(expected) {
        for (w, expected) in row.iter().zip(expected) {
            agree("∂L/∂W", grads[*w], expected, 0.0)?;
        }
    }
    println!("  ∂L/∂W = {expected:?}, ∂L/∂x = {:?}", grads.of(&x));
    agree("∂L/∂x1", grads[x[0]], -5.0, 0.0)?;
    agree("∂L/∂x2", grads[x[1]], 4.0, 0.0)?;
    pictures.graph("11-product.svg", &loss.picture().gradients(&grads))
}

fn times(a: &Matrix, b: &Matrix) -> Matrix {
    let entry =
        |row: &[f64], column: usize| -> f64 { row.iter().zip(b).map(|(a, b)| a * b[column]).sum() };
    a.iter()
        .map(|row| (0..b[0].len()).map(|column| entry(row, column)).collect())
        .collect()
}

fn transposed(a: &Matrix) -> Matrix {
    (0..a[0].len())
        .map(|column| a.iter().map(|row| row[column]).collect())
        .collect()
}

/// Numbers between −1 and 1.
fn some(rows: usize, columns: usize, seed: f64) -> Matrix {
    let number = |row: usize, column: usize| (seed + 1.7 * row as f64 + 0.9 * column as f64).sin();
    (0..rows)
        .map(|row| (0..columns).map(|column| number(row, column)).collect())
        .collect()
}

/// `Y = X·W`, and the loss `Σ G∘Y`, whose upstream gradient is `G`: every entry by the engine, and as products of matrices.
fn product() -> Outcome<()> {
    let (x, w, g) = (some(3, 4, 0.2), some(4, 2, 0.5), some(3, 2, 0.8));
    let (by_w, by_x) = tape::scope(|| {
        let record = |m: &Matrix| -> Vec<Vec<Var>> {
            let row = |row: &Vec<f64>| row.iter().map(|&x| Var::new(x)).collect();
            m.iter().map(row).collect()
        };
        let (x, w) = (record(&x), record(&w));
        let mut terms = Vec::new();
        for (row, g) in x.iter().zip(&g) {
            for (column, g) in g.iter().enumerate() {
                let y: Var = row.iter().zip(&w).map(|(&x, w)| x * w[column]).sum();
                terms.push(y * *g);
            }
        }
        let grads = terms.into_iter().sum::<Var>().backward();
        let of = |m: &[Vec<Var>]| -> Matrix { m.iter().map(|row| grads.of(row)).collect() };
        (of(&w), of(&x))
    });
    let pairs = [
        ("∂L/∂W = Xᵀ·G", by_w, times(&transposed(&x), &g)),
        ("∂L/∂X = G·Wᵀ", by_x, times(&g, &transposed(&w))),
    ];
    for (name, engine, matrices) in pairs {
        println!("  {name}: {} × {}", engine.len(), engine[0].len());
        for (engine, product) in engine.iter().flatten().zip(matrices.iter().flatten()) {
            agree(name, *engine, *product, 1e-15)?;
        }
    }
    Ok(())
}

/// The Jacobian of `Y` with respect to `W` is nearly all zeros, and grows with the product of both sizes.
fn jacobian() -> Outcome<()> {
    let [rows, inputs, outputs] = [2, 3, 2];
    let x = some(rows, inputs, 0.2);
    let f = Program::trace(inputs * outputs, |w| {
        let mut y = Vec::new();
        for row in &x {
            for column in 0..outputs {
                y.push(
                    row.iter()
                        .enumerate()
                        .map(|(j, &x)| w[j * outputs + column] * x)
                        .sum::<Var>(),
                );
            }
        }
        y
    })?;
    let (_, jacobian) = f.jacobian(&vec![0.5; inputs * outputs])?;
    let filled = jacobian.iter().filter(|entry| **entry != 0.0).count();
    println!(
        "  the Jacobian of a small product: {} numbers, {filled} of them not 0",
        jacobian.len()
    );
    hold(
        filled == rows * outputs * inputs,
        "each output depends on one column of W",
    )?;
    let [rows, inputs, outputs] = LECTURE;
    let gigabytes = 8.0 * (rows * outputs * inputs * outputs) as f64 / 1e9;
    println!("  the Jacobian of the lecture's product: {gigabytes:.2} GB");
    agree("its size", gigabytes, 5.12, 1e-12)
}
