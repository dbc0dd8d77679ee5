//! Rows of several tables, looked up by index, against the same rows copied by hand.

use chainrule::{Columns, ErrorKind, Flat, Joined, Program, Table, Var};
use proptest::prelude::*;

/// Five columns: two of the first table, one of the second, two of the third.
fn formula(x: &[Var]) -> Var {
    (x[0] * x[3]).sin() + x[1] * x[2].square() - (x[4] * x[2]).exp()
}

/// Three tables, and for each row the rows of the first and of the second.
type Tables = (
    Vec<[f64; 2]>,
    Vec<f64>,
    Vec<[f64; 2]>,
    Vec<usize>,
    Vec<usize>,
);

fn tables() -> impl Strategy<Value = Tables> {
    (1_usize..20, 1_usize..20, 0_usize..200).prop_flat_map(|(a, b, rows)| {
        let pair = || [-2.0..2.0, -2.0..2.0];
        (
            prop::collection::vec(pair(), a),
            prop::collection::vec(-2.0..2.0, b),
            prop::collection::vec(pair(), rows),
            prop::collection::vec(0..a, rows),
            prop::collection::vec(0..b, rows),
        )
    })
}

proptest! {
    #[test]
    fn joined_rows_are_rows_copied_by_hand((a, b, c, of_a, of_b) in tables(), threads in 1_usize..3) {
        let program = Program::trace(5, formula).unwrap();
        let copied: Vec<[f64; 5]> = (0..c.len())
            .map(|row| {
                let a = a[of_a[row]];
                [a[0], a[1], b[of_b[row]], c[row][0], c[row][1]]
            })
            .collect();
        let halves = c.iter().map(|c| c[0]).zip(c.iter().map(|c| c[1]));
        let (left, right): (Vec<f64>, Vec<f64>) = halves.unzip();
        let columns = [&left[..], &right[..]];
        let columns = Columns::new(&columns).unwrap();
        let single = Flat::new(&b, 1).unwrap();
        let inner = Joined::new()
            .lookup(&single, &of_b)
            .unwrap()
            .table(&columns)
            .unwrap();
        let nested = Joined::new().lookup(&a, &of_a).unwrap().table(&inner).unwrap();
        let flat = Joined::new()
            .lookup(&a, &of_a)
            .unwrap()
            .lookup(&single, &of_b)
            .unwrap()
            .table(&c)
            .unwrap();
        for rows in [&nested, &flat] {
            prop_assert_eq!(rows.rows(), copied.len());
            for (row, copied) in copied.iter().enumerate() {
                let at: Vec<f64> = (0..rows.width(row)).map(|column| rows.at(row, column)).collect();
                prop_assert_eq!(&at[..], &copied[..]);
            }
            let mut ours = program.batch(rows).unwrap().threads(threads);
            let mut by_hand = program.batch(&copied).unwrap();
            prop_assert_eq!(ours.values(&[]).unwrap(), by_hand.values(&[]).unwrap());
            if copied.is_empty() {
                continue;
            }
            let mut stream = program.stream(&[]).unwrap();
            stream.push_rows(rows).unwrap();
            let (sum, slopes) = stream.sum_gradient().unwrap();
            prop_assert_eq!((sum, &slopes[..]), by_hand.sum_gradient(&[]).unwrap());
        }
        let slopes = program.batch(&flat).unwrap().gradients(&[]).unwrap().1.to_vec();
        let mut expected = [vec![0.0; 2 * a.len()], vec![0.0; b.len()], vec![0.0; 2 * c.len()]];
        for (row, slopes) in slopes.chunks_exact(5).enumerate() {
            let places = [
                (0, 2 * of_a[row]),
                (0, 2 * of_a[row] + 1),
                (1, of_b[row]),
                (2, 2 * row),
                (2, 2 * row + 1),
            ];
            for ((table, place), slope) in places.into_iter().zip(slopes) {
                expected[table][place] += slope;
            }
        }
        for (table, expected) in expected.iter().enumerate() {
            prop_assert_eq!(&flat.scatter(table, &slopes).unwrap(), expected);
        }
    }
}

#[test]
fn scattered_slopes_are_those_of_one_program_of_the_tables() {
    let (left, right) = ([[0.3], [1.2], [-0.7]], [[0.5], [2.0]]);
    let (of_left, of_right) = ([2, 0, 0, 1], [1, 1, 0, 1]);
    let f = Program::trace(2, |x| (x[0] * x[1]).sin() * x[1]).unwrap();
    let rows = Joined::new()
        .lookup(&left, &of_left)
        .unwrap()
        .lookup(&right, &of_right)
        .unwrap();
    let slopes = f.batch(&rows).unwrap().gradients(&[]).unwrap().1.to_vec();
    let whole = Program::trace(5, |x| {
        let pairs = of_left.iter().zip(&of_right);
        pairs
            .map(|(&l, &r)| (x[l] * x[3 + r]).sin() * x[3 + r])
            .sum::<Var>()
    });
    let (_, expected) = whole
        .unwrap()
        .gradient(&[0.3, 1.2, -0.7, 0.5, 2.0])
        .unwrap();
    let ours = [
        rows.scatter(0, &slopes).unwrap(),
        rows.scatter(1, &slopes).unwrap(),
    ]
    .concat();
    for (ours, expected) in ours.into_iter().zip(expected) {
        assert!((ours - expected).abs() < 1e-14, "{ours} {expected}");
    }
}

#[test]
fn tables_without_columns_or_rows_and_uniform_inputs() {
    let empty: [[f64; 2]; 0] = [];
    let no_columns = [[0.0; 0]; 3];
    let numbers = [[1.0], [2.0], [3.0]];
    let rows = Joined::new()
        .table(&no_columns)
        .unwrap()
        .lookup(&numbers, &[2, 0, 2])
        .unwrap();
    assert_eq!((rows.rows(), rows.width(0)), (3, 1));
    let nothing = Joined::new().lookup(&empty, &[]).unwrap();
    let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0]).unwrap();
    let mut batch = f.batch(&numbers).unwrap();
    // Looked up in a table that is looked up itself.
    let twice = Joined::new().lookup(&rows, &[1, 0]).unwrap();
    batch.set_rows(&twice).unwrap();
    assert_eq!(batch.values(&[10.0]).unwrap(), [10.0, 30.0]);
    batch.set_rows(&nothing).unwrap();
    assert!(batch.values(&[10.0]).unwrap().is_empty());
    // With the uniform input's slopes there are too many numbers; with those of the row alone, they fit.
    let mut batch = f.batch(&rows).unwrap();
    let error = rows
        .scatter(1, batch.gradients(&[10.0]).unwrap().1)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "numbers (1 of each of 3 rows): expected 3 values, found 6"
    );
    let mut batch = f.with_respect_to(&[1]).unwrap().batch(&rows).unwrap();
    let slopes = batch.gradients(&[10.0]).unwrap().1;
    assert_eq!(rows.scatter(1, slopes).unwrap(), [10.0, 0.0, 20.0]);
    assert!(rows.scatter(0, slopes).unwrap().is_empty());
}

#[test]
fn wrong_tables_are_errors_that_name_the_place() {
    let ragged = vec![vec![1.0, 2.0], vec![3.0]];
    let table = [[1.0], [2.0]];
    let error = Joined::new().table(&ragged).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table 0, row 1: expected 2 values, found 1"
    );
    let error = Joined::new()
        .table(&table)
        .unwrap()
        .lookup(&table, &[0])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "indices into table 1: expected 2 values, found 1"
    );
    let none: [[f64; 1]; 0] = [];
    let error = Joined::new().lookup(&none, &[0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "indices into table 0: indices[0] is 0, but the table has 0 rows"
    );
    let rows = Joined::new().table(&table).unwrap();
    assert_eq!(
        rows.scatter(1, &[1.0, 2.0]).unwrap_err().to_string(),
        "table: expected a number below 1, found 1"
    );
    assert_eq!(
        rows.scatter(0, &[1.0]).unwrap_err().kind(),
        ErrorKind::Length
    );
    let error = Program::trace(2, |x| x[0] * x[1])
        .unwrap()
        .batch(&rows)
        .unwrap_err();
    assert_eq!(error.to_string(), "row 0: expected 2 values, found 1");
    assert_eq!(format!("{rows:?}"), "Joined { rows: 2, widths: [1] }");
}
