//! Times a pass over rows of data, as a batch that has them and in the other ways that rows can arrive.
//!
//! `cargo bench -p chainrule-benches --bench data` prints a table: the time of the batch ÷ the time of each way, so 1 is the
//! batch's speed. `-- --quick` takes few rows; `-- --threads N` uses `N` threads instead of one per core.

#[path = "formulas/timing.rs"]
mod timing;

use std::hint::black_box;
use std::time::Instant;

use chainrule::{Columns, Flat, Program, Result, Var};
use timing::{Case, medians};

/// The number of inputs of each row. The last column is the label.
const INPUTS: usize = 8;

/// The loss of logistic regression for one row: `ln(1 + e^(−y·(w·x + b)))`.
fn logistic() -> Result<Program> {
    Program::trace_rows(&[0.0; INPUTS + 1], INPUTS + 1, |p, row| {
        let score = Var::dot_product(&p[..INPUTS], &row[..INPUTS])? + p[INPUTS];
        Ok::<Var, chainrule::Error>((-score * row[INPUTS]).softplus())
    })
}

/// Columns of numbers between −1 and 1; the last one has labels −1 and 1.
fn columns(rows: usize) -> Vec<Vec<f64>> {
    let number = |row: usize, column: usize| ((row * 31 + column * 17) as f64 * 0.618).sin();
    let mut columns: Vec<Vec<f64>> = (0..INPUTS)
        .map(|column| (0..rows).map(|row| number(row, column)).collect())
        .collect();
    let label = |row: usize| {
        if number(row, 1) + number(row, 2) > 0.0 {
            1.0
        } else {
            -1.0
        }
    };
    columns.push((0..rows).map(label).collect());
    columns
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let place = |name: &str| arguments.iter().position(|argument| argument == name);
    // `cargo test -p chainrule-benches --benches` runs this too, without `--bench`. Then one run is enough.
    let quick = place("--quick").is_some() || place("--bench").is_none();
    let given = place("--threads").and_then(|place| arguments.get(place + 1));
    let threads = given.map_or(0, |text| text.parse().expect("a number of threads"));
    let (rows, samples) = if quick { (20_000, 1) } else { (1_000_000, 15) };

    let (f, p) = (logistic()?, [0.1; INPUTS + 1]);
    let columns = columns(rows);
    let slices: Vec<&[f64]> = columns.iter().map(|column| &column[..]).collect();
    let width = slices.len();
    let flat: Vec<f64> = (0..rows)
        .flat_map(|row| slices.iter().map(move |column| column[row]))
        .collect();
    let table = Columns::new(&slices)?;
    let mut batch = f.batch(&table)?.threads(threads);
    let mut refilled = f.batch(&table)?.threads(threads);
    let expected = batch.sum_gradient(&p)?.0;
    let stream = || f.stream(&p).map(|stream| stream.threads(threads));
    let chunks = |length: usize| -> Vec<Vec<&[f64]>> {
        let starts = (0..rows).step_by(length);
        let chunk = |start| {
            slices
                .iter()
                .map(move |column| &column[start..rows.min(start + length)])
        };
        starts.map(|start| chunk(start).collect()).collect()
    };
    let [small, large] = [chunks(8192), chunks(100_000)];
    let of_chunks = |chunks: &[Vec<&[f64]>]| -> Result<f64> {
        let mut stream = stream()?;
        for chunk in chunks {
            stream.push_rows(&Columns::new(chunk)?)?;
        }
        Ok(stream.sum_gradient()?.0)
    };

    let mut ways: Vec<(&str, Box<dyn FnMut() -> Result<f64> + '_>)> = vec![
        (
            "batch that has the rows",
            Box::new(|| Ok(batch.sum_gradient(&p)?.0)),
        ),
        (
            "columns, whole, through a stream",
            Box::new(|| {
                let mut stream = stream()?;
                stream.push_rows(&table)?;
                Ok(stream.sum_gradient()?.0)
            }),
        ),
        (
            "columns, 100000 rows at a time",
            Box::new(|| of_chunks(&large)),
        ),
        (
            "columns, 8192 rows at a time",
            Box::new(|| of_chunks(&small)),
        ),
        (
            "flat rows, whole, through a stream",
            Box::new(|| {
                let mut stream = stream()?;
                stream.push_rows(&Flat::new(&flat, width)?)?;
                Ok(stream.sum_gradient()?.0)
            }),
        ),
        (
            "rows, one at a time, through a stream",
            Box::new(|| {
                let mut stream = stream()?;
                for row in flat.chunks(width) {
                    stream.push(row)?;
                }
                Ok(stream.sum_gradient()?.0)
            }),
        ),
        (
            "columns, 8192 rows at a time, as partial sums that are merged",
            Box::new(|| {
                let mut sum = stream()?.partial()?;
                for (index, chunk) in small.iter().enumerate() {
                    let mut stream = stream()?;
                    stream.seek(8192 * index)?;
                    stream.push_rows(&Columns::new(chunk)?)?;
                    sum.merge(stream.partial()?)?;
                }
                Ok(sum.sum_gradient(&f, rows)?.0)
            }),
        ),
        (
            "columns, copied into a batch",
            Box::new(|| {
                refilled.set_rows(&table)?;
                Ok(refilled.sum_gradient(&p)?.0)
            }),
        ),
    ];
    for (name, way) in &mut ways {
        assert_eq!(way()?.to_bits(), expected.to_bits(), "{name}");
    }
    let mut cases: Vec<Case<'_, 1>> = Vec::new();
    for (name, way) in &mut ways {
        cases.push((
            *name,
            Box::new(move || {
                let start = Instant::now();
                black_box(way().expect("the first run had no error"));
                [start.elapsed().as_secs_f64()]
            }),
        ));
    }
    let times = medians(samples, 1, &mut cases);
    println!("{rows} rows of {INPUTS} numbers and a label: logistic loss and gradient\n");
    println!("| rows arrive as | ms | million rows a second | speed ÷ batch's |");
    println!("|---|---:|---:|---:|");
    for ((name, _), [seconds]) in cases.iter().zip(&times) {
        println!(
            "| {name} | {:.2} | {:.1} | {:.2} |",
            seconds * 1e3,
            rows as f64 / seconds / 1e6,
            times[0][0] / seconds
        );
    }
    Ok(())
}
