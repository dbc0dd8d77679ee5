//! The aggregate has the bits of one batch for any partitions, batches and order of rows, and wrong data is an error.

use std::sync::Arc;

use chainrule::Program;
use chainrule_datafusion::{register, value_and_gradient};
use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Schema};
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

const PARAMETERS: [f64; 2] = [0.3, -1.7];

/// A loss whose terms have all sizes, so that another order of adding shows in the last bits.
fn loss() -> Program {
    let loss = Program::trace_rows(&PARAMETERS, 2, |p, row| {
        ((p[0] * row[0] + p[1]).sin() * row[1] - 0.1).square()
    });
    loss.unwrap()
}

fn rows(count: usize) -> Vec<[f64; 2]> {
    let number = |i: usize| (i as f64 * 0.754_877).fract() - 0.5;
    (0..count)
        .map(|i| {
            [
                number(i) * 3.0,
                number(7 * i + 1) * 10_f64.powf((i % 9) as f64 - 4.0),
            ]
        })
        .collect()
}

/// Rows with their indices as a batch.
fn batch(rows: &[(usize, [f64; 2])]) -> RecordBatch {
    let indices = rows.iter().map(|&(row, _)| i64::try_from(row).unwrap());
    let columns: [ArrayRef; 3] = [
        Arc::new(Int64Array::from_iter_values(indices)),
        Arc::new(Float64Array::from_iter_values(
            rows.iter().map(|(_, row)| row[0]),
        )),
        Arc::new(Float64Array::from_iter_values(
            rows.iter().map(|(_, row)| row[1]),
        )),
    ];
    RecordBatch::try_new(schema(), columns.to_vec()).unwrap()
}

fn schema() -> Arc<Schema> {
    let number = |name| Field::new(name, DataType::Float64, true);
    Arc::new(Schema::new(vec![
        Field::new("i", DataType::Int64, true),
        number("a"),
        number("b"),
    ]))
}

/// The answer of a query about a table with these partitions.
fn ask(
    partitions: Vec<Vec<RecordBatch>>,
    config: SessionConfig,
    query: &str,
) -> Result<Vec<RecordBatch>> {
    let session = SessionContext::new_with_config(config);
    register(&session, "loss", &loss())?;
    session.register_table("data", Arc::new(MemTable::try_new(schema(), partitions)?))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async { session.sql(query).await?.collect().await })
}

const SUM: &str = "SELECT loss([0.3, -1.7], i, a, b) FROM data";

/// The sum over a table with these partitions.
fn sum(partitions: Vec<Vec<RecordBatch>>, config: SessionConfig) -> Result<(f64, Vec<f64>)> {
    value_and_gradient(&ask(partitions, config, SUM)?)
}

fn expected(rows: &[[f64; 2]]) -> (f64, Vec<f64>) {
    let mut batch = loss().batch(rows).unwrap();
    let (value, gradient) = batch.sum_gradient(&PARAMETERS).unwrap();
    (value, gradient.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_bits_do_not_depend_on_how_rows_are_cut_and_ordered(
        count in 1..700_usize,
        lengths in prop::collection::vec(1..150_usize, 1..20),
        places in prop::collection::vec(0..5_usize, 20),
        shuffled in prop_oneof![Just(0), 2..40_usize],
        (partitions, batch_size) in (1..6_usize, prop::sample::select(vec![1, 7, 64, 100, 8192])),
    ) {
        let all = rows(count);
        let mut numbered: Vec<(usize, [f64; 2])> = all.iter().copied().enumerate().collect();
        if shuffled > 0 {
            // Rows of neighbouring blocks change places.
            numbered.sort_by_key(|&(row, _)| (row / 200, row * 31 % shuffled));
        }
        let mut cut = vec![Vec::new(); 5];
        let mut rest = &numbered[..];
        for (length, place) in lengths.iter().cycle().zip(places.iter().cycle()) {
            if rest.is_empty() {
                break;
            }
            let (head, tail) = rest.split_at((*length).min(rest.len()));
            cut[*place].push(batch(head));
            rest = tail;
        }
        let config = SessionConfig::new().with_target_partitions(partitions).with_batch_size(batch_size);
        prop_assert_eq!(sum(cut, config).unwrap(), expected(&all));
    }
}

#[test]
fn per_row_functions_agree_with_batches() {
    let all = rows(200);
    let numbered: Vec<(usize, [f64; 2])> = all.iter().copied().enumerate().collect();
    let query = "SELECT loss_value([0.3, -1.7], a, b), loss_gradient([0.3, -1.7], a, b) FROM data ORDER BY i";
    let answer = ask(vec![vec![batch(&numbered)]], SessionConfig::new(), query).unwrap();
    let program = loss();
    let mut expected = program.batch(&all).unwrap();
    let mut row = 0;
    for batch in answer {
        let values = batch.column(0).as_primitive::<Float64Type>();
        let gradients = batch.column(1).as_list::<i32>();
        for place in 0..batch.num_rows() {
            assert_eq!(
                values.value(place),
                expected.values(&PARAMETERS).unwrap()[row]
            );
            let (_, all) = expected.gradients(&PARAMETERS).unwrap();
            let gradient = gradients.value(place);
            assert_eq!(
                gradient.as_primitive::<Float64Type>().values()[..],
                all[4 * row..4 * row + 2]
            );
            row += 1;
        }
    }
    assert_eq!(row, 200);
}

#[test]
fn groups_and_filters_number_their_own_rows() {
    let all = rows(300);
    let numbered: Vec<(usize, [f64; 2])> = all.iter().copied().enumerate().collect();
    let query = "SELECT loss([0.3, -1.7], j, a, b) FROM \
                 (SELECT row_number() OVER (ORDER BY i) - 1 AS j, a, b FROM data WHERE a > 0)";
    let answer = ask(vec![vec![batch(&numbered)]], SessionConfig::new(), query).unwrap();
    let kept: Vec<[f64; 2]> = all.iter().copied().filter(|row| row[0] > 0.0).collect();
    assert!(kept.len() > 100 && kept.len() < 200);
    assert_eq!(value_and_gradient(&answer).unwrap(), expected(&kept));

    let query =
        "SELECT loss([0.3, -1.7], i / 2, a, b) AS sum FROM data GROUP BY i % 2 ORDER BY i % 2";
    let answer = ask(vec![vec![batch(&numbered)]], SessionConfig::new(), query).unwrap();
    let mut found = Vec::new();
    for batch in &answer {
        found.extend(
            (0..batch.num_rows()).map(|row| value_and_gradient(&[batch.slice(row, 1)]).unwrap()),
        );
    }
    let part = |odd| all.iter().skip(odd).step_by(2).copied().collect::<Vec<_>>();
    assert_eq!(found, [expected(&part(0)), expected(&part(1))]);
}

/// The message of the error of a query about these rows.
fn problem(rows: &[(usize, [f64; 2])], query: &str) -> String {
    let answer = ask(vec![vec![batch(rows)]], SessionConfig::new(), query);
    answer.unwrap_err().to_string()
}

#[test]
fn wrong_data_and_wrong_calls_are_errors() {
    let all: Vec<(usize, [f64; 2])> = rows(200).into_iter().enumerate().collect();
    let mut gap = all.clone();
    gap.remove(70);
    assert!(
        problem(&gap, SUM).contains("loss: some of the rows 64 to 127 are missing"),
        "{}",
        problem(&gap, SUM)
    );
    assert!(
        problem(&all[64..], SUM).contains("rows 0 to 63"),
        "{}",
        problem(&all[64..], SUM)
    );
    let twice = [&all[..], &all[10..11]].concat();
    let message = problem(&twice, SUM);
    assert!(message.contains("row 10 is there twice"), "{message}");

    for (query, expected) in [
        (
            "SELECT loss([0.3], i, a, b) FROM data",
            "expected 2 parameters, found 1",
        ),
        (
            "SELECT loss([0.3, NULL], i, a, b) FROM data",
            "a parameter is NULL",
        ),
        (
            "SELECT loss([0.3, 1.0], i, a) FROM data",
            "expected 4 arguments (parameters, row, then 2 columns), found 3",
        ),
        (
            "SELECT loss([0.3, 1.0], a, a, b) FROM data",
            "argument 2 (row) must be an integer, found Float64",
        ),
        (
            "SELECT loss(0.3, i, a, b) FROM data",
            "argument 1 (parameters) must be a list of numbers, found Float64",
        ),
        (
            "SELECT loss([0.3, a], i, a, b) FROM data",
            "the same for all rows",
        ),
        (
            "SELECT loss([0.3, 1.0], i - 5, a, b) FROM data",
            "the index -5 of a row is negative",
        ),
        (
            "SELECT loss([0.3, 1.0], i, a, 'x') FROM data",
            "column 1 must have numbers, found Utf8",
        ),
        (
            "SELECT loss([0.3, 1.0], i, a, nullif(i, 3)) FROM data",
            "row 3, column 1: the number is NULL",
        ),
        (
            "SELECT loss([0.3, 1.0], nullif(i, 3), a, b) FROM data",
            "the index of a row after row 2 is NULL",
        ),
        (
            "SELECT loss([0.3, 1.0], i, a, i + 9007199254740993 - i) FROM data WHERE i = 0",
            "row 0, column 1: no f64 equals the integer 9007199254740993",
        ),
        (
            "SELECT loss_value([0.3, 1.0], a, arrow_cast(18446744073709551615, 'UInt64')) FROM data",
            "column 1: no f64 equals the integer 18446744073709551615",
        ),
        (
            "SELECT loss(DISTINCT [0.3, 1.0], i, a, b) FROM data",
            "DISTINCT has no meaning",
        ),
        (
            "SELECT loss([0.3, 1.0], i, a, b) OVER (ORDER BY i) FROM data",
            "OVER is not supported",
        ),
        (
            "SELECT loss_value([0.3, a], a, b) FROM data",
            "the same for all rows",
        ),
    ] {
        let message = problem(&all, query);
        assert!(message.contains(expected), "{query}: {message}");
    }
}

#[test]
fn a_changed_branch_is_an_error() {
    let program = Program::trace_rows(
        &[1.0],
        1,
        |p, row| if row[0] < 5.0 { p[0] * row[0] } else { p[0] },
    );
    let session = SessionContext::new();
    register(&session, "f", &program.unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let ask = |query: &str| runtime.block_on(async { session.sql(query).await?.collect().await });
    let message = ask("SELECT f([2.0], i, x) FROM (VALUES (0, 1.0), (1, 7.0)) AS t(i, x)")
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("took a different branch") && message.contains("exact.rs:"),
        "{message}"
    );
    assert!(ask("SELECT f([2.0], i, x) FROM (VALUES (0, 1.0), (1, 4.0)) AS t(i, x)").is_ok());
    // No rows: NULL, as SUM gives.
    let empty =
        ask("SELECT f([2.0], i, x) IS NULL FROM (VALUES (0, 1.0)) AS t(i, x) WHERE i > 5").unwrap();
    assert!(empty[0].column(0).as_boolean().value(0));
    for program in [
        Program::trace_rows(&[1.0], 0, |p, _| p[0]).unwrap(),
        Program::trace(2, |x| x[0] * x[1]).unwrap(),
    ] {
        assert!(register(&session, "g", &program).is_err());
    }
}
