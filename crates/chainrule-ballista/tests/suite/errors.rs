//! Errors of the scheduler and of executors reach the user.

use std::fs;
use std::path::Path;

use chainrule::Program;
use chainrule_ballista::Local;
use datafusion::arrow::array::AsArray;
use datafusion::error::Result;

use crate::rows::{
    PARAMETERS, Rows, SUM, ask, cluster, loss, rows, session, wait, write, write_all,
};

/// Rows of the second of three files.
fn part() -> Rows {
    let whole = rows(3000);
    let row = |row: usize| (row, Some(whole[row][0]), Some(whole[row][1]));
    (1000..2000).map(row).collect()
}

/// The error of a query about three files, after the second one was changed.
fn problem(cluster: &Local, program: &Program, query: &str, change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path(), &rows(3000));
    change(&folder.path().join("part-1.parquet"));
    let answer: Result<_> = wait(async {
        let session = session(cluster, folder.path(), program, 3).await?;
        ask(&session, query).await
    });
    answer.unwrap_err().to_string()
}

fn assert_contains(message: &str, expected: &str) {
    assert!(message.contains(expected), "{message}");
}

#[test]
fn wrong_data_is_an_error_that_names_the_row() {
    let cluster = cluster(2);
    let of_data = |change: fn(&Path)| problem(&cluster, &loss(), SUM, change);
    let null = of_data(|file| {
        let mut rows = part();
        rows[234].2 = None;
        write(file, &rows);
    });
    assert_contains(&null, "loss: row 1234, column 1: the number is NULL");
    let twice = of_data(|file| {
        let mut rows = part();
        rows[234].0 = 5;
        write(file, &rows);
    });
    assert_contains(&twice, "loss: row 5 is there twice");
    let missing = of_data(|file| fs::remove_file(file).unwrap());
    assert_contains(&missing, "loss: some of the rows 960 to 1023 are missing");
    let half = of_data(|file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    });
    assert_contains(&half, "Invalid Parquet file");

    let program = Program::trace_rows(&PARAMETERS, 2, |p, row| {
        if row[0] < 1.4 {
            p[0] * row[0] + p[1] * row[1]
        } else {
            p[0]
        }
    });
    let branch = problem(&cluster, &program.unwrap(), SUM, |_| ());
    assert_contains(&branch, "errors.rs:");
    assert_contains(&branch, "took a different branch");
}

#[test]
fn wrong_calls_are_errors() {
    let cluster = cluster(1);
    for (query, expected) in [
        (
            "SELECT loss([0.3], i, a, b) FROM data",
            "loss: expected 2 parameters, found 1",
        ),
        (
            "SELECT loss([0.3, a], i, a, b) FROM data",
            "loss: the parameters must be a list of numbers that is the same for all rows",
        ),
        (
            "SELECT loss([0.3, 1.0], i - 5, a, b) FROM data",
            "loss: the index -5 of a row is negative",
        ),
        (
            "SELECT loss(DISTINCT [0.3, 1.0], i, a, b) FROM data",
            "loss: DISTINCT has no meaning",
        ),
        (
            "SELECT loss([0.3, 1.0], i, a, b) OVER (ORDER BY i) FROM data",
            "OVER is not supported",
        ),
        (
            "SELECT loss_value([0.3, a], a, b) FROM data",
            "loss_value: the parameters must be a list",
        ),
    ] {
        assert_contains(&problem(&cluster, &loss(), query, |_| ()), expected);
    }
}

#[test]
fn the_file_of_a_row_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path(), &rows(3000));
    let cluster = cluster(1);
    let answer = wait(async {
        let session = session(&cluster, folder.path(), &loss(), 3).await.unwrap();
        let query = "SELECT input_file_name() FROM data WHERE i = 1234";
        session.sql(query).await.unwrap().collect().await.unwrap()
    });
    let files: Vec<&str> = answer
        .iter()
        .flat_map(|batch| batch.column(0).as_string::<i32>().iter().flatten())
        .collect();
    assert!(
        matches!(files[..], [file] if file.ends_with("part-1.parquet")),
        "{files:?}"
    );
}
