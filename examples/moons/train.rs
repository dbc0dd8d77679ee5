//! The training itself: micrograd's demo, step by step.

use chainrule::nn::data::Dataset;
use chainrule::nn::metrics::accuracy;
use chainrule::nn::optimizer::{Schedule, Sgd};
use chainrule::nn::{Activation, Fit, Mlp, MlpBuilder, loss};
use chainrule::{Parameters, Program, Result};

/// The margin of the hinge loss, and the strength of the penalty on large parameters.
const MARGIN: f64 = 1.0;
const PENALTY: f64 = 1e-4;

/// The number of steps of the demo.
pub(crate) const STEPS: usize = 100;

/// The state of the training after a number of steps.
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

/// Takes [`STEPS`] steps down the gradient of the whole data set's loss. Reports before each step with the network at that
/// time, and returns the progress after the last step.
pub(crate) fn train(
    mlp: &mut Mlp<f64>,
    data: &Dataset,
    mut report: impl FnMut(Progress, &Mlp<f64>),
) -> Result<Progress> {
    let schedule = Schedule::linear(1.0, 0.1, STEPS)?;
    let scores = Program::trace_rows(mlp, data.width(), Mlp::forward)?;
    let mut scores = scores.batch(data.inputs())?;
    Fit::new()
        .epochs(STEPS)
        .batch(data.len())
        .in_order()
        .l2(PENALTY)
        .schedule(schedule)
        .on_step(|now, mlp: &Mlp<f64>| {
            let now = Progress {
                step: now.step,
                loss: now.loss,
                accuracy: hits(scores.values(mlp)?, data)?,
            };
            report(now, mlp);
            Ok(())
        })
        .run(mlp, data, &mut Sgd::new(schedule.rate(0))?, |mlp, row| {
            let (point, label) = row.split_at(data.width());
            loss::hinge(&mlp.forward(point)?, label, MARGIN)
        })?;
    let scores = scores.values(mlp)?;
    let penalty = loss::l2_penalty(&mlp.parameters(), PENALTY)?;
    Ok(Progress {
        step: STEPS,
        loss: loss::hinge(scores, data.targets(), MARGIN)? + penalty,
        accuracy: hits(scores, data)?,
    })
}

/// The share of correct points, whose label is the sign of the score.
fn hits(scores: &[f64], data: &Dataset) -> Result<f64> {
    let labels = scores
        .iter()
        .map(|&score| if score > 0.0 { 1.0 } else { -1.0 });
    accuracy(&labels.collect::<Vec<f64>>(), data.targets())
}
