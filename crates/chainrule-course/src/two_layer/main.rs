//! The lecture's training loop, which `NumPy` writes with matrices, written with scalars for one row:
//!
//! ```text
//! h = 1 / (1 + exp(−x·w1));  y_pred = h·w2;  loss = Σ (y_pred − y)²;  w −= 1e-4 · ∂loss/∂w
//! ```
//!
//! The row is traced once and compiled. The program recovers the matrices, and is replayed over all rows at every step.
//!
//! Run with `cargo run --release -p chainrule-course --bin two_layer`, and add `-- --help` for the options.

mod arguments;
mod network;
mod problem;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chainrule::{Error, Result};

use crate::arguments::{Arguments, HELP};
use crate::network::{RATE, descend};
use crate::problem::Problem;

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("two_layer: {error}\nTry `--help`.");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("two_layer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let Problem {
        sizes,
        rows,
        mut weights,
    } = match &arguments.data {
        Some(folder) => Problem::read(folder)?,
        None => Problem::drawn(arguments.seed),
    };
    // Opens the file first, so that an error appears before the work.
    let mut file = match &arguments.losses {
        Some(path) => Some((
            path,
            File::create(path).map_err(|cause| Error::io(path, cause))?,
        )),
        None => None,
    };

    let start = Instant::now();
    let program = sizes.program(&weights)?.at_level(arguments.level);
    let traced = start.elapsed();
    let start = Instant::now();
    let mut batch = program.batch(&rows)?.threads(arguments.threads);
    // The first gradient compiles the program for all later ones.
    batch.sum_gradient(&weights)?;
    let compiled = start.elapsed();
    println!(
        "{} rows, {} inputs, {} hidden neurons, {} outputs, {} weights",
        rows.len(),
        sizes.inputs,
        sizes.hidden,
        sizes.outputs,
        weights.len()
    );
    println!(
        "traced in {:.0} ms, compiled in {:.0} ms to {} bytes",
        milliseconds(traced),
        milliseconds(compiled),
        program.bytes()
    );

    let mut losses = Vec::new();
    let start = Instant::now();
    descend(
        &mut batch,
        &mut weights,
        RATE,
        arguments.iterations,
        |loss| losses.push(loss),
    )?;
    let elapsed = start.elapsed();
    let (last, _) = batch.sum_gradient(&weights)?;
    if !last.is_finite() {
        let problem = format!(
            "is {last} after {} steps, which are too long for these data",
            arguments.iterations
        );
        return Err(Error::argument("loss", problem));
    }
    if arguments.iterations > 0 {
        println!(
            "{:.3} ms/iteration",
            milliseconds(elapsed) / arguments.iterations as f64
        );
    }
    println!("loss {last} after {} iterations", arguments.iterations);
    match &mut file {
        Some((path, file)) => write(file, &losses).map_err(|cause| Error::io(path, cause)),
        None => Ok(()),
    }
}

fn milliseconds(time: Duration) -> f64 {
    1e3 * time.as_secs_f64()
}

/// Writes the loss before each step, in the fewest digits that read back as the same number.
fn write(file: &mut File, losses: &[f64]) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    writeln!(file, "iteration,loss")?;
    for (iteration, loss) in losses.iter().enumerate() {
        writeln!(file, "{iteration},{loss}")?;
    }
    file.flush()
}
