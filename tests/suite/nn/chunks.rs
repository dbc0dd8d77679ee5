//! Tests training on rows that are read chunk by chunk: the bits of rows in memory, every row once per epoch, one chunk at a time,
//! and the same run after an interruption.

use std::cell::{Cell, RefCell};

use chainrule::nn::data::{Chunk, Chunked, Tabular};
use chainrule::nn::fit::History;
use chainrule::nn::optimizer::{Adam, Sgd};
use chainrule::nn::{Fit, loss};
use chainrule::{Error, ErrorKind, Result, Var};
use proptest::prelude::*;

use super::message;

/// Rows in chunks of these lengths. It notes which chunks were read.
struct Cut {
    rows: Vec<[f64; 2]>,
    lengths: Vec<usize>,
    read: RefCell<Vec<usize>>,
}

impl Cut {
    fn new(lengths: &[usize]) -> Self {
        let count: usize = lengths.iter().sum();
        let row = |i: usize| {
            let x = (i as f64 * 0.37).sin();
            [x, 2.0 * x + 1.0 + 0.1 * (i as f64).cos()]
        };
        Self {
            rows: (0..count).map(row).collect(),
            lengths: lengths.to_vec(),
            read: RefCell::default(),
        }
    }

    /// The chunks that have rows. The others are never read.
    fn full(&self) -> Vec<usize> {
        let chunks = 0..self.lengths.len();
        chunks.filter(|&chunk| self.lengths[chunk] > 0).collect()
    }

    fn first(&self, chunk: usize) -> usize {
        self.lengths[..chunk].iter().sum()
    }
}

impl Chunked for Cut {
    fn width(&self) -> usize {
        2
    }

    fn chunks(&self) -> usize {
        self.lengths.len()
    }

    fn rows(&self, chunk: usize) -> usize {
        self.lengths[chunk]
    }

    fn read(&self, chunk: usize, into: &mut Chunk) -> Result<()> {
        self.read.borrow_mut().push(chunk);
        let rows = &self.rows[self.first(chunk)..][..self.lengths[chunk]];
        into.fill(2, |columns| {
            for row in rows {
                columns[0].push(row[0]);
                columns[1].push(row[1]);
            }
            Ok(())
        })
    }
}

fn error(line: &[Var; 2], row: &[Var]) -> Var {
    (line[0] * row[0] + line[1] - row[1]).square()
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    let some = prop::collection::vec(0..30_usize, 0..8);
    (some, 1..30_usize).prop_map(|(mut lengths, last)| {
        lengths.push(last);
        lengths
    })
}

/// A run, and the parameters that it finds.
fn run(fit: Fit<'_, [f64; 2]>, data: &Cut) -> (History, [f64; 2]) {
    let (mut line, mut adam) = ([0.0, 0.0], Adam::new(0.1).unwrap());
    let history = fit.run_chunks(&mut line, data, &mut adam, error);
    (history.unwrap(), line)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_in_order_have_the_bits_of_rows_in_memory(lengths in lengths(), size in 1..40_usize) {
        let data = Cut::new(&lengths);
        let fit = || Fit::new().epochs(2).batch(size).in_order();
        let (mut line, mut adam) = ([0.0, 0.0], Adam::new(0.1).unwrap());
        let history = fit().run(&mut line, &data.rows, &mut adam, error).unwrap();
        prop_assert_eq!(run(fit(), &data), (history, line));
        // Once for the trace, then each chunk once per epoch.
        let mut expected = vec![data.full()[0]];
        expected.extend([data.full(), data.full()].concat());
        prop_assert_eq!(data.read.take(), expected);
    }

    #[test]
    fn every_row_comes_once_per_epoch_in_an_order_of_the_seed(
        lengths in lengths(),
        size in 1..40_usize,
        seed in any::<u64>(),
    ) {
        let data = Cut::new(&lengths);
        // The sum of the rows' losses does not depend on their order, if no step moves anything.
        let still = || Fit::new().epochs(3).batch(size).seed(seed);
        let frozen = |fit: Fit<'_, [f64; 2]>| {
            let history = fit.run_chunks(&mut [0.5, 0.5], &data, &mut Sgd::new(1e-300).unwrap(), error);
            history.unwrap()
        };
        let history = frozen(still());
        let wanted: f64 = data.rows.iter().map(|row| (0.5 * row[0] + 0.5 - row[1]).powi(2)).sum();
        for epoch in &history.epochs {
            prop_assert!((epoch.loss - wanted / data.rows.len() as f64).abs() < 1e-12);
        }
        prop_assert_eq!(run(still(), &data), run(still(), &data));
        // Each chunk once per epoch.
        data.read.take();
        frozen(still());
        let read = data.read.take();
        for epoch in read[1..].chunks(data.full().len()) {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, data.full());
        }
    }

}

#[cfg(feature = "serde")]
proptest! {
    // Each case writes files.
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_interrupted_run_resumes_with_the_same_bits(
        lengths in lengths(),
        size in 1..10_usize,
        stop in any::<prop::sample::Index>(),
    ) {
        let data = Cut::new(&lengths);
        let fit = || Fit::new().epochs(3).batch(size).seed(7).save_every(5);
        let (history, line) = run(Fit::new().epochs(3).batch(size).seed(7), &data);
        let stop = stop.index(history.epochs[2].steps);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        let (mut first, mut adam) = ([0.0, 0.0], Adam::new(0.1).unwrap());
        let stopped = fit().on_step(move |step, _| match step.step {
            step if step == stop => std::ops::ControlFlow::Break(()),
            _ => std::ops::ControlFlow::Continue(()),
        });
        stopped.resume_chunks(&path, &mut first, &data, &mut adam, error).unwrap();
        data.read.take();
        let (mut second, mut adam) = ([9.0, 9.0], Adam::new(0.1).unwrap());
        let resumed = fit().resume_chunks(&path, &mut second, &data, &mut adam, error).unwrap();
        prop_assert_eq!((resumed, second), (history, line));
        // The chunks that were done are not read again.
        let done: usize = (stop % data.rows.len().div_ceil(size)) * size;
        let epochs = 3 - stop / data.rows.len().div_ceil(size);
        let read = data.read.take().len();
        let most = 1 + epochs * data.full().len();
        prop_assert!(read <= most);
        prop_assert!(done < 30 || read < most, "{done} rows were done, {read} chunks read");

        // The same rows in other chunks are another run.
        let mut other = Cut::new(&[lengths.clone(), vec![0]].concat());
        other.rows.clone_from(&data.rows);
        let result = fit().resume_chunks(&path, &mut second, &other, &mut adam, error);
        prop_assert!(message(result).contains("chunks"));
        let result = fit().resume(&path, &mut second, &data.rows, &mut adam, error);
        prop_assert!(message(result).contains("chunks"));
    }
}

#[test]
fn rows_mix_within_chunks_and_chunks_mix() {
    let data = Cut::new(&[50; 20]);
    let orders = |seed| {
        data.read.take();
        let mut losses = Vec::new();
        let fit = Fit::new().epochs(2).batch(1).seed(seed);
        let fit = fit.on_step(|step, _: &[f64; 2]| losses.push(step.loss.to_bits()));
        let mut sgd = Sgd::new(1e-300).unwrap();
        fit.run_chunks(&mut [0.5, 0.5], &data, &mut sgd, error)
            .unwrap();
        (data.read.take(), losses)
    };
    let (read, losses) = orders(1);
    let (first, second) = (&read[1..21], &read[21..]);
    assert_ne!(first, second);
    assert!(!first.is_sorted());
    // The rows of the first chunk, in another order in each epoch and for each seed.
    let of = |chunk: usize| -> Vec<u64> {
        let rows = &data.rows[50 * chunk..][..50];
        let loss = |row: &[f64; 2]| (0.5 * row[0] + 0.5 - row[1]).powi(2).to_bits();
        rows.iter().map(loss).collect()
    };
    let sorted = |losses: &[u64]| {
        let mut sorted = losses.to_vec();
        sorted.sort_unstable();
        sorted
    };
    assert_eq!(losses[..50].len(), of(first[0]).len());
    assert_ne!(losses[..50], of(first[0]));
    assert_eq!(sorted(&losses[..50]), sorted(&of(first[0])));
    let again = second.iter().position(|chunk| *chunk == first[0]).unwrap();
    assert_ne!(losses[..50], losses[1000 + 50 * again..][..50]);
    let (other, _) = orders(2);
    assert_ne!(read, other);
}

/// Chunks that do not keep their promises.
struct Broken {
    columns: usize,
    rows: usize,
    fails: Cell<Option<usize>>,
}

impl Chunked for Broken {
    fn width(&self) -> usize {
        2
    }

    fn chunks(&self) -> usize {
        3
    }

    fn rows(&self, _: usize) -> usize {
        4
    }

    fn read(&self, chunk: usize, into: &mut Chunk) -> Result<()> {
        if self.fails.get() == Some(chunk) {
            return Err(Error::data("rows.bin", None, None, "cannot be read"));
        }
        let (columns, rows) = if chunk == 1 {
            (self.columns, self.rows)
        } else {
            (2, 4)
        };
        into.fill(columns, |columns| {
            for column in columns {
                column.resize(rows, chunk as f64);
            }
            Ok(())
        })
    }
}

#[test]
fn broken_chunks_are_errors() {
    let run = |columns, rows, fails| {
        let fails = Cell::new(fails);
        let data = Broken {
            columns,
            rows,
            fails,
        };
        let fit = Fit::new().epochs(1).batch(3).in_order();
        let mut line = [0.0, 0.0];
        let result = fit.run_chunks(&mut line, &data, &mut Sgd::new(0.1).unwrap(), error);
        result.map(|_| ())
    };
    assert!(run(2, 4, None).is_ok());
    for (columns, rows, fails, wanted) in [
        (
            1,
            4,
            None,
            "data, chunk 1, columns: expected 2 values, found 1",
        ),
        (
            3,
            4,
            None,
            "data, chunk 1, columns: expected 2 values, found 3",
        ),
        (
            2,
            3,
            None,
            "data, chunk 1, column 0: expected 4 values, found 3",
        ),
        (
            2,
            5,
            None,
            "data, chunk 1, column 0: expected 4 values, found 5",
        ),
        (2, 4, Some(2), "rows.bin: cannot be read"),
        (2, 4, Some(0), "rows.bin: cannot be read"),
    ] {
        assert_eq!(message(run(columns, rows, fails)), wanted);
    }
}

#[test]
fn errors_name_the_row_among_all_rows() {
    let mut data = Cut::new(&[10, 20, 30]);
    data.rows.iter_mut().for_each(|row| row[1] = 1.0);
    data.rows[35][1] = 5.0;
    let fit = || Fit::new().epochs(1).batch(7).seed(3);
    let mut sgd = Sgd::new(0.1).unwrap();
    let scores =
        |p: &[Var; 3], row: &[Var]| loss::row_cross_entropy(&[p[0] * row[0], p[1], p[2]], row[1]);
    let result = fit().run_chunks(&mut [0.1; 3], &data, &mut sgd, scores);
    assert_eq!(
        message(result),
        "data: row 35: the label in column 1 must be a whole number from 0 to 2, found 5.0"
    );
    data.rows[35] = [f64::NAN, 1.0];
    let error = fit()
        .run_chunks(&mut [0.1; 3], &data, &mut sgd, scores)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(
        error
            .to_string()
            .starts_with("data: row 35: the loss must be finite"),
        "{error}"
    );
}

#[test]
fn without_rows_there_is_no_run() {
    for lengths in [&[][..], &[0, 0]] {
        let data = Cut::new(lengths);
        let result =
            Fit::new().run_chunks(&mut [0.0, 0.0], &data, &mut Sgd::new(0.1).unwrap(), error);
        assert_eq!(message(result), "data: must contain at least one row");
    }
}

/// Rows that are computed when they are picked, and count how many are asked for at a time.
struct Computed(Cell<usize>);

impl Tabular for Computed {
    fn row_count(&self) -> usize {
        100_000
    }

    fn append_row(&self, row: usize, values: &mut Vec<f64>) {
        self.0.set(self.0.get().max(values.len() + 2));
        values.extend([row as f64 * 1e-5, 1.0]);
    }
}

#[test]
fn a_run_holds_no_more_rows_than_a_batch() {
    let data = Computed(Cell::new(0));
    let fit = Fit::new().epochs(1).batch(32);
    fit.run(&mut [0.0, 0.0], &data, &mut Sgd::new(0.1).unwrap(), error)
        .unwrap();
    assert_eq!(data.0.get(), 64);
}

#[test]
fn sources_follow_each_other() {
    let parts = [&[3, 0, 5][..], &[], &[4]].map(Cut::new);
    let all: Vec<[f64; 2]> = parts.iter().flat_map(|part| part.rows.clone()).collect();
    let parts = Vec::from(parts);
    let lengths: Vec<usize> = (0..parts.chunks()).map(|chunk| parts.rows(chunk)).collect();
    assert_eq!((parts.width(), &lengths[..]), (2, &[3, 0, 5, 4][..]));
    let (mut chunk, mut found) = (Chunk::default(), Vec::new());
    for index in 0..parts.chunks() {
        parts.read(index, &mut chunk).unwrap();
        let [x, y] = chunk.columns() else { panic!() };
        found.extend(x.iter().zip(y).map(|(&x, &y)| [x, y]));
    }
    assert_eq!(found, all);
    let none: Vec<Cut> = Vec::new();
    assert_eq!((none.width(), none.chunks()), (0, 0));
}

#[test]
fn sources_of_another_width_are_named() {
    struct Wide(usize);
    impl Chunked for Wide {
        fn width(&self) -> usize {
            self.0
        }
        fn chunks(&self) -> usize {
            1
        }
        fn rows(&self, _: usize) -> usize {
            1
        }
        fn read(&self, _: usize, into: &mut Chunk) -> Result<()> {
            into.fill(self.0, |columns| {
                columns.fill(vec![0.0]);
                Ok(())
            })
        }
    }
    let wide = vec![Wide(2), Wide(3)];
    let mut chunk = Chunk::default();
    assert!(wide.read(0, &mut chunk).is_ok());
    let found = message(wide.read(1, &mut chunk));
    assert_eq!(found, "source 1, row: expected 2 values, found 3");
}
