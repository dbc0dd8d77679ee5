//! Chapter 7: the lecture's training loop, compared with `NumPy`'s losses.

use chainrule::{Scalar, Var, tape};
use plotters::chart::SeriesLabelPosition;
use serde_json::Value;

use crate::architecture::Architecture;
use crate::learn::{agree, column, hold, matrix, reference};
use crate::plot::{Axis, BLUE, Chart, Outcome, Pictures, RED, Series};

type Matrix<S> = Vec<Vec<S>>;

/// The product of two matrices. Each of its numbers is one dot product.
fn dot<S: Scalar>(a: &Matrix<S>, b: &Matrix<S>) -> chainrule::Result<Matrix<S>> {
    let column = |j: usize| b.iter().map(|row| row[j]).collect::<Vec<S>>();
    let columns: Matrix<S> = (0..b[0].len()).map(column).collect();
    let row = |row: &Vec<S>| {
        columns
            .iter()
            .map(|column| S::dot_product(row, column))
            .collect()
    };
    a.iter().map(row).collect()
}

/// Applies `f` to every number of a matrix.
fn each<S: Copy, T>(matrix: &Matrix<S>, f: impl Fn(S) -> T) -> Matrix<T> {
    matrix
        .iter()
        .map(|row| row.iter().map(|&x| f(x)).collect())
        .collect()
}

/// The lecture's forward pass: `h = 1/(1 + exp(−x·w1))`, `loss = Σ (h·w2 − y)²`.
fn loss<S: Scalar>(
    x: &Matrix<S>,
    y: &Matrix<f64>,
    w1: &Matrix<S>,
    w2: &Matrix<S>,
) -> chainrule::Result<S> {
    let h = each(&dot(x, w1)?, |sum| sum.sigmoid());
    let predicted = dot(&h, w2)?;
    let errors = predicted
        .iter()
        .zip(y)
        .flat_map(|(p, y)| p.iter().zip(y).map(|(&p, &y)| (p - y).square()));
    Ok(errors.sum())
}

/// Trains as the lecture does, but with gradients from the engine. Returns the loss of each iteration.
fn descend(numpy: &Value) -> Outcome<Vec<f64>> {
    let [x, y, mut w1, mut w2] = {
        let given = |name: &str| matrix(&numpy[name]);
        [given("x")?, given("y")?, given("w1")?, given("w2")?]
    };
    let rate = numpy["learning_rate"].as_f64().ok_or("no learning rate")?;
    let mut losses = Vec::new();
    for _ in 0..200 {
        tape::scope(|| -> Outcome<()> {
            let [v1, v2] = [&w1, &w2].map(|w| each(w, Var::new));
            let loss = loss(&each(&x, Var::from), &y, &v1, &v2)?;
            losses.push(loss.value());
            let grads = loss.backward();
            for (w, v) in [(&mut w1, v1), (&mut w2, v2)] {
                for (w, v) in w.iter_mut().flatten().zip(v.into_iter().flatten()) {
                    *w -= rate * grads[v];
                }
            }
            Ok(())
        })?;
    }
    for (w, name) in [(w1, "w1_final"), (w2, "w2_final")] {
        for (ours, theirs) in w.concat().into_iter().zip(matrix(&numpy[name])?.concat()) {
            agree(name, ours, theirs, 1e-12)?;
        }
    }
    Ok(losses)
}

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    let numpy = reference("tests/data/two_layer/small.json")?;
    let ours = descend(&numpy)?;
    let theirs: Vec<f64> = serde_json::from_value(numpy["losses"].clone())?;
    hold(
        ours.len() == theirs.len(),
        "our run and NumPy's have the same number of iterations",
    )?;
    let mut furthest: f64 = 0.0;
    for (ours, theirs) in ours.iter().zip(&theirs) {
        furthest = furthest.max((ours - theirs).abs() / theirs);
    }
    println!("  loss {:.4} at first, {:.3e} at last", ours[0], ours[199]);
    println!("  200 losses agree with NumPy's within {furthest:.0e} of their size");
    agree("the losses", furthest, 0.0, 1e-11)?;

    let sizes = [[12, 7, 3], [1000, 100, 10]];
    let networks = sizes.each_ref().map(|sizes| Architecture {
        sizes,
        has_biases: false,
    });
    pictures.architectures("07-architectures.svg", &networks)?;

    let full = column("tests/data/two_layer/losses.csv", "loss")?;
    let points = |losses: &[f64], every: usize| {
        let numbered = (0_u32..).zip(losses).step_by(every);
        numbered.map(|(t, &loss)| (f64::from(t), loss)).collect()
    };
    let charts = [
        Chart {
            title: "small: N = 8, D_in = 12, H = 7, D_out = 3".to_owned(),
            axes: ["iteration", "loss"],
            xs: 0.0..200.0,
            ys: 0.1..1000.0,
            logarithmic: Some(Axis::Vertical),
            legend: Some(SeriesLabelPosition::UpperRight),
            series: vec![
                Series {
                    name: "this engine",
                    colour: BLUE,
                    points: points(&ours, 1),
                    dots: false,
                },
                Series {
                    name: "NumPy",
                    colour: RED,
                    points: points(&theirs, 10),
                    dots: true,
                },
            ],
        },
        Chart {
            title: "the lecture's size: N = 64, 1000, 100, 10".to_owned(),
            axes: ["iteration", "loss"],
            xs: 0.0..2000.0,
            ys: 1.0..1e5,
            logarithmic: Some(Axis::Vertical),
            legend: None,
            series: vec![Series {
                name: "NumPy",
                colour: RED,
                points: points(&full, 8),
                dots: false,
            }],
        },
    ];
    pictures.charts("07-losses.svg", 2, [420, 300], &charts)
}
