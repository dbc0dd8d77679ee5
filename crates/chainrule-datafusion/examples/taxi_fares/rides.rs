//! Taxi rides in Parquet files, and their fit by SQL and in memory.

use std::fs::File;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chainrule::nn::optimizer::{Adam, Optimizer};
use chainrule::{Columns, Program};
use chainrule_datafusion::value_and_gradient;
use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::prelude::SessionContext;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The names of the columns after the index: what the fare depends on, then the fare.
const COLUMNS: [&str; 4] = ["distance", "minutes", "night", "fare"];
/// The most rows in a row group.
pub(crate) const GROUP: usize = 50_000;
pub(crate) const FILES: usize = 4;

/// Base fare, per kilometre, per minute, at night.
const TRUE: [f64; 4] = [3.5, 1.8, 0.35, 2.0];

/// The pseudo-Huber loss of a fare, which outliers hardly move.
pub(crate) fn loss() -> chainrule::Result<Program> {
    Program::trace_rows(&[0.0; 4], 4, |p, row| {
        let fare = p[0] + p[1] * row[0] + p[2] * row[1] + p[3] * row[2];
        ((fare - row[3]).square() + 1.0).sqrt() - 1.0
    })
}

/// A random number from 0 to 1, made from an index.
fn random(index: usize, stream: u64) -> f64 {
    let mut bits = (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ stream.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 30).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ bits >> 31) as f64 / 2_f64.powi(64)
}

/// A ride: distance, minutes, whether it is at night, and the fare with noise and a few outliers.
fn ride(index: usize) -> [f64; 4] {
    let distance = -4.0 * (1.0 - random(index, 1)).ln();
    let minutes = distance * (1.5 + 2.0 * random(index, 2)) + 2.0;
    let night = f64::from(u8::from(random(index, 3) < 0.3));
    let noise = if random(index, 4) < 0.01 {
        60.0
    } else {
        2.0 * (random(index, 5) - 0.5)
    };
    let fare = TRUE[0] + TRUE[1] * distance + TRUE[2] * minutes + TRUE[3] * night + noise;
    [distance, minutes, night, fare]
}

/// Writes the rides to files of several row groups.
pub(crate) fn write(folder: &Path, rows: usize) -> Result<()> {
    let number = |name: &&str| Field::new(*name, DataType::Float64, false);
    let fields = std::iter::once(Field::new("ride", DataType::Int64, false));
    let schema = Arc::new(Schema::new(
        fields.chain(COLUMNS.iter().map(number)).collect::<Vec<_>>(),
    ));
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(GROUP))
        .build();
    for file in 0..FILES {
        let name = folder.join(format!("rides-{file}.parquet"));
        let mut writer = ArrowWriter::try_new(
            File::create(name)?,
            Arc::clone(&schema),
            Some(properties.clone()),
        )?;
        let (mut first, end) = (rows * file / FILES, rows * (file + 1) / FILES);
        while first < end {
            let stop = end.min(first + GROUP);
            let rides: Vec<[f64; 4]> = (first..stop).map(ride).collect();
            let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(
                i64::try_from(first)?..i64::try_from(stop)?,
            ))];
            for column in 0..COLUMNS.len() {
                columns.push(Arc::new(Float64Array::from_iter_values(
                    rides.iter().map(|ride| ride[column]),
                )));
            }
            writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
            first = stop;
        }
        writer.close()?;
    }
    Ok(())
}

/// The sum of the losses of all rides and its gradient.
pub(crate) async fn sum(session: &SessionContext, parameters: &[f64]) -> Result<(f64, Vec<f64>)> {
    let columns = COLUMNS.join(", ");
    let query = format!("SELECT loss({parameters:?}, ride, {columns}) FROM rides");
    Ok(value_and_gradient(
        &session.sql(&query).await?.collect().await?,
    )?)
}

/// A bar on a terminal, overwritten with each step.
fn progress(step: usize, steps: usize, mean: f64) {
    if std::io::stderr().is_terminal() {
        let done = 30 * step / steps;
        eprint!(
            "\r[{:<30}] step {step} of {steps}, mean loss {mean:.6} ",
            "=".repeat(done)
        );
        if step == steps {
            eprintln!();
        }
        let _ = std::io::stderr().flush();
    }
}

/// The fit by SQL: the parameters, and the seconds for all steps.
pub(crate) async fn fit(
    session: &SessionContext,
    rows: usize,
    steps: usize,
) -> Result<([f64; 4], f64)> {
    let (mut parameters, mut adam) = ([0.0; 4], Adam::new(0.3)?);
    let start = Instant::now();
    for step in 1..=steps {
        let (value, mut gradient) = sum(session, &parameters).await?;
        for slope in &mut gradient {
            *slope /= rows as f64;
        }
        adam.step(&mut parameters, &gradient)?;
        progress(step, steps, value / rows as f64);
    }
    Ok((parameters, start.elapsed().as_secs_f64()))
}

/// The same fit in memory.
pub(crate) fn fit_in_memory(rows: usize, steps: usize) -> Result<([f64; 4], f64)> {
    let rides: Vec<[f64; 4]> = (0..rows).map(ride).collect();
    let columns: Vec<Vec<f64>> = (0..4)
        .map(|column| rides.iter().map(|ride| ride[column]).collect())
        .collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let mut batch = loss()?.batch(&Columns::new(&columns)?)?;
    let (mut parameters, mut adam) = ([0.0; 4], Adam::new(0.3)?);
    let start = Instant::now();
    for _ in 0..steps {
        let (_, gradient) = batch.sum_gradient(&parameters)?;
        let gradient: Vec<f64> = gradient.iter().map(|slope| slope / rows as f64).collect();
        adam.step(&mut parameters, &gradient)?;
    }
    Ok((parameters, start.elapsed().as_secs_f64()))
}

/// Prints both fits and their speed. They must be equal.
pub(crate) fn compare(
    name: &str,
    (parameters, seconds): ([f64; 4], f64),
    (in_memory, seconds_in_memory): ([f64; 4], f64),
    passes: usize,
) -> Result<()> {
    println!(
        "\n{:<14}{:>10}{name:>22}{:>22}",
        "parameter", "true", "in memory"
    );
    for (place, name) in ["base fare", "per km", "per minute", "at night"]
        .into_iter()
        .enumerate()
    {
        println!(
            "{name:<14}{:>10}{:>22}{:>22}",
            TRUE[place], parameters[place], in_memory[place]
        );
    }
    let speed = |seconds: f64| passes as f64 / seconds / 1e6;
    println!(
        "million rows/s{:>10}{:>22.2}{:>22.2}",
        "",
        speed(seconds),
        speed(seconds_in_memory)
    );
    if parameters != in_memory {
        return Err(format!("{name}: the fit differs from the fit in memory").into());
    }
    Ok(())
}
