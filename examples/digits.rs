//! Classifies handwritten digits: 64 pixels, 32 rectifiers, 10 scores, softmax cross-entropy.
//!
//! Shows training through a program: mini-batches, Adam with a cosine schedule, the accuracy on unseen digits after each
//! epoch, and their confusion matrix. The data are in `examples/data/digits.csv`.
//!
//! Run with `cargo run --release --example digits`.

use std::process::ExitCode;
use std::time::Instant;

use chainrule::nn::data::read_csv;
use chainrule::nn::metrics::{ConfusionMatrix, accuracy, predicted_class};
use chainrule::nn::optimizer::{Adam, Schedule};
use chainrule::nn::{Activation, Fit, Mlp, loss};
use chainrule::{Error, Parameters, Program, Result};
use rand::SeedableRng;
use rand::rngs::StdRng;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits.csv");
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
    let (train, test) = digits.split(0.8, &mut rng)?;
    let mut mlp = Mlp::new(&mut rng, &[train.width(), 32, CLASSES], Activation::Relu)?;
    println!(
        "{} digits for training, {} for testing, {} parameters",
        train.len(),
        test.len(),
        mlp.parameter_count()
    );

    let start = Instant::now();
    let steps = EPOCHS * train.len().div_ceil(BATCH);
    let schedule = Schedule::cosine(0.01, 0.0, steps)?;
    let actual = test.classes(CLASSES)?;
    train.classes(CLASSES)?;
    let scores = Program::trace_rows(&mlp, test.width(), Mlp::forward)?;
    let mut scores = scores.batch(test.inputs())?;
    Fit::new()
        .epochs(EPOCHS)
        .batch(BATCH)
        .seed(1)
        .schedule(schedule)
        .on_epoch(|epoch, mlp: &Mlp<f64>| {
            let share = 100.0 * accuracy(&predictions(scores.values(mlp)?)?, &actual)?;
            let number = epoch.epoch + 1;
            println!(
                "epoch {number:2}  loss {:.4}  test accuracy {share:.1} %",
                epoch.loss
            );
            Ok(())
        })
        .run(
            &mut mlp,
            &train,
            &mut Adam::new(schedule.rate(0))?,
            |mlp, row| {
                let (pixels, digit) = row.split_at(train.width());
                loss::row_cross_entropy(&mlp.forward(pixels)?, digit[0])
            },
        )?;

    let matrix = ConfusionMatrix::new(&predictions(scores.values(&mlp)?)?, &actual, CLASSES)?;
    println!("{matrix}");
    println!(
        "{EPOCHS} epochs in {:.2} s, test accuracy {:.1} %",
        start.elapsed().as_secs_f64(),
        100.0 * matrix.accuracy()
    );
    Ok(())
}

/// The digit with the highest score, for every row of scores.
fn predictions(scores: &[f64]) -> Result<Vec<usize>> {
    let unclear = || Error::argument("scores", "must not be NaN: training has diverged");
    let rows = scores.chunks(CLASSES);
    rows.map(|row| predicted_class(row).ok_or_else(unclear))
        .collect()
}
