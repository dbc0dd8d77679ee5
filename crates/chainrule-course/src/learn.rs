//! Functions that several chapters share: training, comparing, and reading data.

use std::path::Path;

use chainrule::nn::data::{Dataset, read_csv};
use chainrule::nn::metrics::predicted_class;
use chainrule::nn::optimizer::{Adam, Optimizer};
use chainrule::nn::{Mlp, loss};
use chainrule::{Parameters, Scalar, Var, tape};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::contour::Point;
use crate::plot::Outcome;

pub(crate) fn rng() -> StdRng {
    StdRng::seed_from_u64(4)
}

/// A file of the repository.
fn file(path: &str) -> std::path::PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

/// Descends the gradient of a loss with Adam. Returns the loss before each step.
pub(crate) fn train(
    mlp: &mut Mlp<f64>,
    steps: usize,
    rate: f64,
    loss: impl Fn(&Mlp<Var>) -> chainrule::Result<Var>,
) -> Outcome<Vec<f64>> {
    train_with(&mut Adam::new(rate)?, mlp, steps, loss)
}

/// Continues a training: descends the gradient of a loss with this optimizer. Returns the loss before each step.
pub(crate) fn train_with(
    optimizer: &mut Adam,
    mlp: &mut Mlp<f64>,
    steps: usize,
    loss: impl Fn(&Mlp<Var>) -> chainrule::Result<Var>,
) -> Outcome<Vec<f64>> {
    let mut losses = Vec::with_capacity(steps);
    for _ in 0..steps {
        let gradient = tape::scope(|| {
            let recorded = mlp.record();
            let loss = loss(&recorded)?;
            losses.push(loss.value());
            Ok::<_, chainrule::Error>(recorded.gradient(&loss.backward()))
        })?;
        optimizer.step_parameters(mlp, &gradient)?;
    }
    Ok(losses)
}

/// The hinge loss of a network with one score, for points labelled −1 and 1.
pub(crate) fn hinge<S: Scalar>(mlp: &Mlp<S>, data: &Dataset) -> chainrule::Result<S> {
    let mut scores = Vec::with_capacity(data.len());
    for (point, _) in data.rows() {
        scores.extend(mlp.forward(point)?);
    }
    loss::hinge(&scores, data.targets(), 1.0)
}

/// The lecture's loss of a network with one score per class: the mean of `Σ max(0, s_j − s_y + 1)`.
pub(crate) fn svm<S: Scalar>(
    mlp: &Mlp<S>,
    rows: &[&[f64]],
    classes: &[usize],
) -> chainrule::Result<S> {
    let scores: Vec<Vec<S>> = rows
        .iter()
        .map(|row| mlp.forward(row))
        .collect::<Result<_, _>>()?;
    loss::multiclass_hinge(&scores, classes, 1.0)
}

/// The share of points on the correct side of a network with one score.
pub(crate) fn sides_right(mlp: &Mlp<f64>, data: &Dataset) -> Outcome<f64> {
    let mut right = 0;
    for (point, label) in data.rows() {
        right += usize::from((mlp.forward(point)?[0] > 0.0) == (label > 0.0));
    }
    Ok(right as f64 / data.len() as f64)
}

/// The share of rows whose highest score is that of their class.
pub(crate) fn classes_right(mlp: &Mlp<f64>, data: &Dataset, classes: usize) -> Outcome<f64> {
    let mut right = 0;
    for ((row, _), class) in data.rows().zip(data.classes(classes)?) {
        right += usize::from(predicted_class(&mlp.forward(row)?) == Some(class));
    }
    Ok(right as f64 / data.len() as f64)
}

/// Points labelled −1 and 1, with their class: 0 or 1.
pub(crate) fn dots(data: &Dataset) -> Vec<(Point, usize)> {
    let rows = data.rows();
    rows.map(|(point, label)| ((point[0], point[1]), usize::from(label > 0.0)))
        .collect()
}

/// Handwritten digits of 8 by 8 pixels from 0 to 1, for training and for testing.
pub(crate) fn digits() -> Outcome<(Dataset, Dataset)> {
    let digits = read_csv(file("examples/data/digits.csv"), "digit")?.scaled(1.0 / 16.0)?;
    Ok(digits.split(0.8, &mut rng())?)
}

/// Trains a network on digits with the lecture's loss and a penalty on weights, in batches of 64.
pub(crate) fn train_on_digits(
    mlp: &mut Mlp<f64>,
    data: &Dataset,
    epochs: usize,
    strength: f64,
) -> Outcome<()> {
    let mut rng = rng();
    let mut adam = Adam::new(0.01)?;
    for _ in 0..epochs {
        for batch in data.batches(64, &mut rng)? {
            let rows: Vec<&[f64]> = batch.iter().map(|&(pixels, _)| pixels).collect();
            let classes: Vec<usize> = batch.iter().map(|&(_, digit)| class(digit)).collect();
            let gradient = tape::scope(|| {
                let recorded = mlp.record();
                let penalty = loss::l2_penalty(&recorded.parameters(), strength)?;
                let loss = svm(&recorded, &rows, &classes)? + penalty;
                Ok::<_, chainrule::Error>(recorded.gradient(&loss.backward()))
            })?;
            adam.step_parameters(mlp, &gradient)?;
        }
    }
    Ok(())
}

/// The class of a digit; out of range if the number is not a digit.
fn class(digit: f64) -> usize {
    (0..10)
        .position(|class| f64::from(class) == digit)
        .unwrap_or(10)
}

/// A file of reference figures.
pub(crate) fn reference(path: &str) -> Outcome<Value> {
    let path = file(path);
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// A matrix of reference figures, row by row.
pub(crate) fn matrix(value: &Value) -> Outcome<Vec<Vec<f64>>> {
    Ok(serde_json::from_value(value.clone())?)
}

/// A column of a file of reference figures.
pub(crate) fn column(path: &str, name: &str) -> Outcome<Vec<f64>> {
    Ok(chainrule::nn::data::Csv::open(file(path))?.column(name)?)
}

/// An error if the course's page does not contain a text.
pub(crate) fn shown(page: &str, text: &str) -> Outcome<()> {
    let path = file("docs/course").join(page);
    let content =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if content.contains(text) {
        return Ok(());
    }
    Err(format!("{page} does not contain\n{text}").into())
}

/// An error if a number differs from its expected value by more than the tolerance.
pub(crate) fn agree(what: &str, ours: f64, theirs: f64, tolerance: f64) -> Outcome<()> {
    if (ours - theirs).abs() <= tolerance {
        return Ok(());
    }
    Err(format!("{what} is {ours}, not {theirs}").into())
}

/// An error if a claim of a chapter does not hold.
pub(crate) fn hold(claim: bool, what: &str) -> Outcome<()> {
    if claim {
        Ok(())
    } else {
        Err(format!("does not hold: {what}").into())
    }
}
