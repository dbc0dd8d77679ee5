//! Trains micrograd's demo: a small network learns to separate two interleaved half moons.
//!
//! Shows a whole training run. The loss of one point is traced once, compiled, and replayed over all points at every step.
//! Then the learned score is drawn, as text and as a picture.
//!
//! Run with `cargo run --release --example moons`, and add `-- --help` to see the options.

mod arguments;
#[path = "../shared/contour.rs"]
mod contour;
mod page;
mod picture;
mod train;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use chainrule::nn::Initialization;
use chainrule::nn::data::{Csv, Dataset, moons, read_csv};
use chainrule::{Error, Parameters, Result};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::arguments::{Arguments, HELP};
use crate::train::{Progress, STEPS, network, train};

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("moons: {error}\nTry `--help`.");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("moons: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(arguments.seed);
    let data = match &arguments.points {
        Some(path) => points(path)?,
        None => moons(100, 0.1, &mut rng)?,
    };
    let mut mlp = match &arguments.parameters {
        Some(path) => network().build_from(&Csv::open(path)?.column("value")?)?,
        None => network()
            .initialization(Initialization::Uniform(1.0))
            .build(&mut rng)?,
    };
    println!(
        "{} points, {} parameters, {STEPS} steps",
        data.len(),
        mlp.parameter_count()
    );

    let mut trace = Vec::new();
    let mut frames = Vec::new();
    let last = train(&mut mlp, &data, |progress, mlp| {
        if arguments.html.is_some() && page::SHOWN.contains(&progress.step) {
            frames.push((progress.step, mlp.clone()));
        }
        if progress.step % 10 == 0 {
            println!("{}", line(progress));
        }
        trace.push(progress);
    })?;

    print!("\n{}", picture::text(&mlp, &data)?);
    if let Some(path) = &arguments.trace {
        write_trace(path, &trace).map_err(|cause| Error::io(path, cause))?;
        println!("trace    {}", path.display());
    }
    if let Some(path) = &arguments.html {
        frames.push((last.step, mlp.clone()));
        let page = page::html(&data, &[trace.as_slice(), &[last]].concat(), &frames)?;
        make_folder_of(path)?;
        fs::write(path, page).map_err(|cause| Error::io(path, cause))?;
        println!("page     {}", path.display());
    }
    make_folder_of(&arguments.picture)?;
    picture::draw(&arguments.picture, &mlp, &data)?;
    println!("picture  {}", arguments.picture.display());
    println!("{}", line(last));
    Ok(())
}

/// Creates the parent folder of a file if it is missing.
fn make_folder_of(file: &Path) -> Result<()> {
    file.parent().map_or(Ok(()), |folder| {
        fs::create_dir_all(folder).map_err(|cause| Error::io(folder, cause))
    })
}

/// Reads points from a file with the columns `x`, `y` and `label`, which is −1 or 1.
fn points(path: &Path) -> Result<Dataset> {
    let data = read_csv(path, "label")?;
    let source = path.display().to_string();
    if data.width() != 2 {
        let problem = format!(
            "expected two columns besides `label`, found {}",
            data.width()
        );
        return Err(Error::data(&source, Some(1), None, problem));
    }
    for (label, line) in data.targets().iter().zip(2..) {
        if label.abs() != 1.0 {
            let problem = format!("expected -1 or 1, found {label}");
            return Err(Error::data(&source, Some(line), Some("label"), problem));
        }
    }
    Ok(data)
}

fn line(
    Progress {
        step,
        loss,
        accuracy,
    }: Progress,
) -> String {
    format!(
        "step {step:3}  loss {loss:.4}  accuracy {:.1} %",
        100.0 * accuracy
    )
}

/// Writes loss and accuracy before each step, in the fewest digits that read back as the same number.
fn write_trace(path: &Path, trace: &[Progress]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "step,loss,accuracy")?;
    for Progress {
        step,
        loss,
        accuracy,
    } in trace
    {
        writeln!(file, "{step},{loss},{accuracy}")?;
    }
    file.flush()
}
