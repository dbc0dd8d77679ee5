//! Times a pass over rows of data, as a batch that has them and in the other ways that rows can arrive.
//!
//! `cargo bench -p chainrule-benches --bench data` prints a table: the time of the batch ÷ the time of each way, so 1 is the
//! batch's speed. `-- --quick` takes few rows; `-- --threads N` uses `N` threads instead of one per core.

#[path = "formulas/timing.rs"]
mod timing;

use std::hint::black_box;
use std::time::Instant;

use chainrule::{Batch, Columns, Flat, Program, Result, Stream, Var};
use timing::{Case, medians};

/// The number of inputs of each row. The last column is the label.
const INPUTS: usize = 8;

/// The weights and the offset.
const PARAMETERS: [f64; INPUTS + 1] = [0.1; INPUTS + 1];

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

/// The rows, and the program that is computed over them.
struct Data {
    program: Program,
    columns: Vec<Vec<f64>>,
    flat: Vec<f64>,
    threads: usize,
}

impl Data {
    fn new(rows: usize, threads: usize) -> Result<Self> {
        let columns = columns(rows);
        let row = |row: usize| columns.iter().map(move |column| column[row]);
        Ok(Self {
            program: logistic()?,
            flat: (0..rows).flat_map(row).collect(),
            columns,
            threads,
        })
    }

    fn rows(&self) -> usize {
        self.columns[0].len()
    }

    /// Some rows of all columns.
    fn slices(&self, first: usize, count: usize) -> Vec<&[f64]> {
        let end = self.rows().min(first + count);
        let columns = self.columns.iter();
        columns.map(|column| &column[first..end]).collect()
    }

    fn batch(&self) -> Result<Batch> {
        let slices = self.slices(0, self.rows());
        let batch = self.program.batch(&Columns::new(&slices)?)?;
        Ok(batch.threads(self.threads))
    }

    fn stream(&self) -> Result<Stream> {
        Ok(self.program.stream(&PARAMETERS)?.threads(self.threads))
    }

    /// Pushes columns, `count` rows at a time.
    fn by_columns(&self, count: usize) -> Result<f64> {
        let mut stream = self.stream()?;
        for first in (0..self.rows()).step_by(count) {
            stream.push_rows(&Columns::new(&self.slices(first, count))?)?;
        }
        Ok(stream.sum_gradient()?.0)
    }

    /// Makes a partial sum of every `count` rows, and merges them.
    fn by_pieces(&self, count: usize) -> Result<f64> {
        let mut sum = self.stream()?.partial()?;
        for first in (0..self.rows()).step_by(count) {
            let mut stream = self.stream()?;
            stream.seek(first)?;
            stream.push_rows(&Columns::new(&self.slices(first, count))?)?;
            sum.merge(stream.partial()?)?;
        }
        Ok(sum.sum_gradient(&self.program, self.rows())?.0)
    }

    /// Pushes flat rows.
    fn flat(&self) -> Result<f64> {
        let mut stream = self.stream()?;
        stream.push_rows(&Flat::new(&self.flat, INPUTS + 1)?)?;
        Ok(stream.sum_gradient()?.0)
    }

    /// Pushes one row after another.
    fn by_rows(&self) -> Result<f64> {
        let mut stream = self.stream()?;
        for row in self.flat.chunks(INPUTS + 1) {
            stream.push(row)?;
        }
        Ok(stream.sum_gradient()?.0)
    }
}

/// A way to compute the sum.
type Way<'a> = (&'a str, Box<dyn FnMut() -> Result<f64> + 'a>);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let place = |name: &str| arguments.iter().position(|argument| argument == name);
    // `cargo test -p chainrule-benches --benches` runs this too, without `--bench`. Then one run is enough.
    let quick = place("--quick").is_some() || place("--bench").is_none();
    let given = place("--threads").and_then(|place| arguments.get(place + 1));
    let threads = given.map_or(0, |text| text.parse().expect("a number of threads"));
    let (rows, samples) = if quick { (20_000, 1) } else { (1_000_000, 15) };

    let data = Data::new(rows, threads)?;
    let all = data.slices(0, rows);
    let (mut batch, mut refilled) = (data.batch()?, data.batch()?);
    let expected = data.batch()?.sum_gradient(&PARAMETERS)?.0;
    let mut refill = || {
        refilled.set_rows(&Columns::new(&all)?)?;
        Ok(refilled.sum_gradient(&PARAMETERS)?.0)
    };
    let mut ways: Vec<Way<'_>> = vec![
        (
            "batch that has the rows",
            Box::new(|| Ok(batch.sum_gradient(&PARAMETERS)?.0)),
        ),
        (
            "columns, whole, through a stream",
            Box::new(|| data.by_columns(rows)),
        ),
        (
            "columns, 100000 rows at a time",
            Box::new(|| data.by_columns(100_000)),
        ),
        (
            "columns, 8192 rows at a time",
            Box::new(|| data.by_columns(8192)),
        ),
        (
            "columns, 8192 rows at a time, as partial sums that are merged",
            Box::new(|| data.by_pieces(8192)),
        ),
        (
            "flat rows, whole, through a stream",
            Box::new(|| data.flat()),
        ),
        (
            "rows, one at a time, through a stream",
            Box::new(|| data.by_rows()),
        ),
        (
            "columns, copied into a batch each time",
            Box::new(&mut refill),
        ),
    ];
    let mut cases: Vec<Case<'_, 1>> = Vec::new();
    for (name, way) in &mut ways {
        assert_eq!(way()?.to_bits(), expected.to_bits(), "{name}");
        let run = move || {
            let start = Instant::now();
            black_box(way().expect("the first run had no error"));
            [start.elapsed().as_secs_f64()]
        };
        cases.push((name, Box::new(run)));
    }
    let times = medians(samples, 1, &mut cases);
    println!("{rows} rows of {INPUTS} numbers and a label: logistic loss and gradient\n");
    println!("| rows arrive as | ms | million rows per second | speed ÷ batch's |");
    println!("|---|---:|---:|---:|");
    for ((name, _), [seconds]) in cases.iter().zip(&times) {
        let (ms, speed) = (seconds * 1e3, rows as f64 / seconds / 1e6);
        println!(
            "| {name} | {ms:.2} | {speed:.1} | {:.2} |",
            times[0][0] / seconds
        );
    }
    Ok(())
}
