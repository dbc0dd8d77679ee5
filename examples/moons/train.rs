//! The training itself: micrograd's demo, step by step.

use chainrule::nn::data::Dataset;
use chainrule::nn::metrics::accuracy;
use chainrule::nn::optimizer::{Optimizer, Schedule, Sgd};
use chainrule::nn::{Activation, Mlp, MlpBuilder, loss};
use chainrule::{Gradients, Result, Scalar, tape};

/// How many steps the demo takes.
pub(crate) const STEPS: usize = 100;

/// How far the network was when it had made so many steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub(crate) step: usize,
    pub(crate) loss: f64,
    pub(crate) accuracy: f64,
}

/// The demo's network: two inputs, two hidden layers of 16 rectifiers, one score.
pub(crate) fn network() -> MlpBuilder {
    Mlp::builder(2)
        .layer(16, Activation::Relu)
        .layer(16, Activation::Relu)
        .layer(1, Activation::Linear)
}

/// Takes [`STEPS`] steps down the gradient of the whole data set's loss, reports before each with the network as it is then, and gives the progress
/// after the last.
pub(crate) fn train(
    mlp: &mut Mlp<f64>,
    data: &Dataset,
    mut report: impl FnMut(Progress, &Mlp<f64>),
) -> Result<Progress> {
    let schedule = Schedule::linear(1.0, 0.1, STEPS)?;
    let mut sgd = Sgd::new(schedule.rate(0))?;
    let mut grads = Gradients::new();
    for step in 0..STEPS {
        let gradient = tape::scope(|| {
            let recorded = mlp.record();
            let (loss, scores) = total_loss(&recorded, data)?;
            let now = progress(step, loss.value(), scores.iter().map(|s| s.value()), data)?;
            report(now, mlp);
            grads.sweep(&[(loss, 1.0)]);
            Ok::<_, chainrule::Error>(recorded.gradient(&grads))
        })?;
        sgd.set_rate(schedule.rate(step))?;
        sgd.step(mlp, &gradient)?;
    }
    let (loss, scores) = total_loss(mlp, data)?;
    progress(STEPS, loss, scores.into_iter(), data)
}

/// The loss of all points, and their scores: written once, over numbers and over recorded values.
fn total_loss<S: Scalar>(mlp: &Mlp<S>, data: &Dataset) -> Result<(S, Vec<S>)> {
    let mut scores = Vec::with_capacity(data.len());
    for (point, _) in data.rows() {
        scores.extend(mlp.forward(point)?);
    }
    let margin_loss = loss::hinge(&scores, data.targets(), 1.0)?;
    let penalty = loss::l2_penalty(&mlp.parameters(), 1e-4)?;
    Ok((margin_loss + penalty, scores))
}

/// A point counts as right where the sign of its score is its label.
fn progress(
    step: usize,
    loss: f64,
    scores: impl Iterator<Item = f64>,
    data: &Dataset,
) -> Result<Progress> {
    let labels: Vec<f64> = scores
        .map(|score| if score > 0.0 { 1.0 } else { -1.0 })
        .collect();
    let accuracy = accuracy(&labels, data.targets())?;
    Ok(Progress {
        step,
        loss,
        accuracy,
    })
}
