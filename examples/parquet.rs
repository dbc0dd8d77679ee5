//! Fits a line to a Parquet file that is larger than the memory it may use.
//!
//! Writes the file if there is none: eight inputs and a target per row, in row groups of 2¹⁸ rows. Then it trains on the file,
//! row group by row group, with a progress bar, and checks the fit with one pass over all rows.
//!
//! Run with `cargo run --release --example parquet --features arrow -- points.parquet --rows 1000000`.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use chainrule::nn::Fit;
use chainrule::nn::data::{Chunk, Chunked, Parquet};
use chainrule::nn::fit::TrainingStep;
use chainrule::nn::optimizer::{Adam, Schedule};
use chainrule::{Program, Var};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const INPUTS: usize = 8;
const GROUP: usize = 1 << 18;
const BATCH: usize = 4096;
/// The weights that the targets are made with, and the offset.
const TRUTH: [f64; INPUTS + 1] = [1.0, -2.0, 0.5, 3.0, 0.0, -1.5, 2.5, 0.25, 4.0];
const BAR: usize = 40;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parquet: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (mut path, mut rows) = (String::from("points.parquet"), 1_000_000_usize);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("rows") => rows = arguments.value()?.to_string_lossy().parse()?,
            lexopt::Arg::Value(value) => path = value.to_string_lossy().into_owned(),
            other => return Err(other.unexpected().into()),
        }
    }
    let path = Path::new(&path);
    if !path.exists() {
        write(path, rows)?;
    }
    let names: Vec<String> = (0..INPUTS).map(|input| format!("x{input}")).collect();
    let mut columns: Vec<&str> = names.iter().map(String::as_str).collect();
    columns.push("y");
    let data = Parquet::open(path)?.columns(&columns)?;
    let rows: usize = (0..data.chunks()).map(|chunk| data.rows(chunk)).sum();
    println!(
        "{}: {rows} rows in {} row groups, {} MB",
        path.display(),
        data.chunks(),
        path.metadata()?.len() / 1_000_000
    );

    let mut line = [0.0; INPUTS + 1];
    let schedule = Schedule::cosine(0.05, 0.0, rows.div_ceil(BATCH))?;
    let start = Instant::now();
    Fit::new()
        .epochs(1)
        .batch(BATCH)
        .seed(1)
        .schedule(schedule)
        .on_step(|step, _| show(step, start))
        .run_chunks(&mut line, &data, &mut Adam::new(0.05)?, error)?;
    println!();

    let program = Program::trace_rows(&line, INPUTS + 1, error)?;
    let (mut stream, mut chunk) = (program.stream(&line)?, Chunk::default());
    let pass = Instant::now();
    for index in 0..data.chunks() {
        data.read(index, &mut chunk)?;
        stream.push_rows(&chunk)?;
    }
    let (mean, _) = stream.mean_gradient()?;
    let speed = rows as f64 / pass.elapsed().as_secs_f64() / 1e6;
    println!(
        "mean squared error {mean:.3e}; one pass over all rows: {speed:.1} million rows a second"
    );
    println!("weights {line:.3?}");
    Ok(())
}

/// The squared error of a row.
fn error(line: &[Var; INPUTS + 1], row: &[Var]) -> chainrule::Result<Var> {
    let product = Var::dot_product(&line[..INPUTS], &row[..INPUTS])?;
    Ok((product + line[INPUTS] - row[INPUTS]).square())
}

/// Draws the progress bar, a hundred times per run.
fn show(step: &TrainingStep, start: Instant) {
    let done = step.step + 1;
    if !done.is_multiple_of((step.steps / 100).max(1)) && done != step.steps {
        return;
    }
    let share = done as f64 / step.steps as f64;
    let full = BAR * done / step.steps;
    let seconds = start.elapsed().as_secs_f64();
    print!(
        "\r[{}{}] {:3.0} %  loss {:.3e}  {:.0} s left ",
        "#".repeat(full),
        " ".repeat(BAR - full),
        100.0 * share,
        step.loss,
        seconds / share - seconds
    );
    // A bar that cannot be shown stops nothing.
    let _ = std::io::stdout().flush();
}

/// Writes points of a line with noise.
fn write(path: &Path, rows: usize) -> Result<()> {
    let start = Instant::now();
    let mut random = 1_u64;
    // A linear congruential generator (Knuth, MMIX) is random enough for noise, and fast.
    let mut number = || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    let mut writer: Option<ArrowWriter<File>> = None;
    for first in (0..rows).step_by(GROUP) {
        let count = GROUP.min(rows - first);
        let mut columns: Vec<Vec<f64>> = (0..INPUTS)
            .map(|_| (0..count).map(|_| number()).collect())
            .collect();
        let target = |row: usize| -> f64 {
            let products = columns.iter().zip(TRUTH).map(|(column, w)| w * column[row]);
            products.sum::<f64>() + TRUTH[INPUTS]
        };
        let targets = (0..count).map(target).collect::<Vec<f64>>();
        columns.push(targets.iter().map(|y| y + 0.01 * number()).collect());
        let arrays = columns.into_iter().enumerate().map(|(place, column)| {
            let name = if place < INPUTS {
                format!("x{place}")
            } else {
                String::from("y")
            };
            (name, Arc::new(Float64Array::from(column)) as ArrayRef)
        });
        let batch = RecordBatch::try_from_iter(arrays)?;
        if writer.is_none() {
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .set_dictionary_enabled(false)
                .set_max_row_group_row_count(Some(GROUP))
                .build();
            let file = File::create(path)?;
            writer = Some(ArrowWriter::try_new(
                file,
                batch.schema(),
                Some(properties),
            )?);
        }
        if let Some(writer) = &mut writer {
            writer.write(&batch)?;
        }
    }
    if let Some(writer) = writer {
        writer.close()?;
    }
    println!(
        "wrote {rows} rows in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}
