//! Learns to read handwritten digits: 64 pixels, 32 rectifiers, 10 scores, softmax cross-entropy.
//!
//! Shows mini-batches, Adam with a cosine schedule, a progress bar with the loss and the accuracy, and the confusion
//! matrix of digits not seen in training. The data are in `examples/data/digits.csv`.
//!
//! Run with `cargo run --release --example digits`; it takes some seconds.

use std::process::ExitCode;
use std::time::Instant;

use chainrule::nn::data::{Dataset, Row, read_csv};
use chainrule::nn::metrics::{ConfusionMatrix, accuracy, predicted_class};
use chainrule::nn::optimizer::{Adam, Optimizer, Schedule};
use chainrule::nn::{Activation, Mlp, loss};
use chainrule::{Error, Gradients, Result, Var, tape};
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::StdRng;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits.csv");
const CLASSES: usize = 10;
const EPOCHS: usize = 30;
const BATCH: usize = 64;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("digits: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut rng = StdRng::seed_from_u64(1);
    // Pixels are grey levels from 0 to 16.
    let digits = read_csv(DATA, "digit")?.scaled(1.0 / 16.0)?;
    digits.classes(CLASSES)?;
    let (train, test) = digits.split(0.8, &mut rng)?;
    let mut mlp = Mlp::new(&mut rng, &[train.width(), 32, CLASSES], Activation::Relu)?;
    println!(
        "{} digits to learn from, {} to be tested on, {} parameters",
        train.len(),
        test.len(),
        mlp.parameter_count()
    );

    let start = Instant::now();
    let steps = EPOCHS * train.len().div_ceil(BATCH);
    let schedule = Schedule::cosine(0.01, 0.0, steps)?;
    let mut adam = Adam::new(schedule.rate(0))?;
    let mut grads = Gradients::new();
    let style =
        ProgressStyle::with_template("{bar:40} {msg}  {elapsed}").expect("a valid template");
    let bar = ProgressBar::new(steps as u64).with_style(style);
    let mut step = 0;
    for epoch in 1..=EPOCHS {
        let mut total = 0.0;
        for batch in train.batches(BATCH, &mut rng)? {
            let (loss, gradient) = loss_and_gradient(&mlp, &batch, &mut grads)?;
            adam.set_rate(schedule.rate(step))?;
            adam.step(&mut mlp, &gradient)?;
            total += loss * batch.len() as f64;
            step += 1;
            bar.inc(1);
        }
        let predicted = predictions(&mlp, &test)?;
        let message = format!(
            "epoch {epoch:2}  loss {:.4}  accuracy {:.1} %",
            total / train.len() as f64,
            100.0 * accuracy(&predicted, &test.classes(CLASSES)?)?
        );
        if bar.is_hidden() {
            println!("{message}");
        }
        bar.set_message(message);
    }
    bar.finish_and_clear();

    let matrix =
        ConfusionMatrix::new(&predictions(&mlp, &test)?, &test.classes(CLASSES)?, CLASSES)?;
    println!("{matrix}");
    println!(
        "{EPOCHS} epochs in {:.1} s, test accuracy {:.1} %",
        start.elapsed().as_secs_f64(),
        100.0 * matrix.accuracy()
    );
    Ok(())
}

/// The mean cross-entropy of a batch, and its derivatives by the parameters.
fn loss_and_gradient(
    mlp: &Mlp<f64>,
    batch: &[Row<'_>],
    grads: &mut Gradients,
) -> Result<(f64, Vec<f64>)> {
    tape::scope(|| {
        let recorded = mlp.record();
        let logits: Vec<Vec<Var>> = batch
            .iter()
            .map(|(pixels, _)| recorded.forward(pixels))
            .collect::<Result<_>>()?;
        let classes: Vec<usize> = batch.iter().map(|&(_, digit)| class(digit)).collect();
        let loss = loss::cross_entropy(&logits, &classes)?;
        grads.sweep(&[(loss, 1.0)]);
        Ok((loss.value(), recorded.gradient(grads)))
    })
}

/// The digit with the highest score, for every row.
fn predictions(mlp: &Mlp<f64>, data: &Dataset) -> Result<Vec<usize>> {
    let unclear = || Error::argument("scores", "must not be NaN: training has diverged");
    data.rows()
        .map(|(pixels, _)| predicted_class(&mlp.forward(pixels)?).ok_or_else(unclear))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the data were checked to hold whole numbers below 10"
)]
fn class(target: f64) -> usize {
    target as usize
}
