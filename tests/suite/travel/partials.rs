//! Partial sums that travel, and hostile forms of them.

use chainrule::{Partial, Program, Transform};
use serde_json::{Value, json};

use super::damaged::refused;
use super::travelled;

fn program() -> Program {
    Program::trace_rows(&[0.0, 0.0], 1, |p, row| (p[0] * row[0]).sin() + p[1]).unwrap()
}

fn rows(count: usize) -> Vec<[f64; 1]> {
    (0..count).map(|row| [0.37 * row as f64]).collect()
}

/// The rows from `first` on.
fn piece(first: usize, end: usize) -> Partial {
    let rows = rows(end);
    let mut batch = program().batch(&rows[first..]).unwrap();
    batch
        .partial(Transform::Gradient, &[0.1, -0.0], first)
        .unwrap()
}

#[test]
fn partial_sums_travel_with_every_bit() {
    let all = rows(1000);
    let mut batch = program().batch(&all).unwrap();
    let expected = batch.sum_gradient(&[0.1, -0.0]).unwrap();
    let ends = [0, 64, 640, 960, 1000];
    for format in 0..2 {
        let mut pieces = ends.windows(2).rev().map(|ends| {
            let [json, bytes] = travelled(&piece(ends[0], ends[1]));
            if format == 0 { json } else { bytes }
        });
        let mut sum = pieces.next().unwrap();
        for piece in pieces {
            sum.merge(piece).unwrap();
            sum = travelled(&sum)[format].clone();
        }
        let (value, gradient) = sum.sum_gradient(&program(), 1000).unwrap();
        assert_eq!((value, &gradient[..]), expected);
    }
}

#[test]
fn sums_that_are_no_numbers_travel() {
    let f = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0]).unwrap();
    let mut batch = f.batch(&[[f64::INFINITY], [f64::NAN]]).unwrap();
    let partial = batch.partial(Transform::Gradient, &[1.0], 0).unwrap();
    for copy in travelled(&partial) {
        let (value, gradient) = copy.sum_gradient(&f, 2).unwrap();
        assert!(value.is_nan() && gradient[0].is_nan());
    }
}

fn form() -> Value {
    let mut partial = piece(0, 192);
    partial.merge(piece(256, 300)).unwrap();
    serde_json::to_value(partial).unwrap()
}

#[test]
fn hostile_partial_sums_are_refused() {
    let form = form();
    assert_eq!(form["pieces"].as_array().unwrap().len(), 3);
    refused::<Partial>(
        &form,
        &[
            (
                "/format",
                r#""chainrule graph""#,
                "expected the format `chainrule partial sums`",
            ),
            (
                "/version",
                "2",
                "expected version 1 of the format `chainrule partial sums`",
            ),
            (
                "/transform",
                r#""hvp""#,
                "Hvp needs more inputs than the program has",
            ),
            ("/transform", r#""guess""#, "unknown variant `guess`"),
            ("/uniform/0", "1.0", "expected the bits of a number"),
            (
                "/width",
                "2",
                "the piece with row 0: expected 2 sums, found 3",
            ),
            (
                "/pieces/0/sums",
                "[]",
                "the piece with row 0: expected 3 sums, found 0",
            ),
            (
                "/pieces/0/first",
                "64",
                "128 rows from 64 on are no piece of level 1",
            ),
            (
                "/pieces/0/level",
                "0",
                "128 rows from 0 on are no piece of level 0",
            ),
            (
                "/pieces/0/level",
                "58",
                "128 rows from 0 on are no piece of level 58",
            ),
            (
                "/pieces/0/level",
                "4294967295",
                "are no piece of level 4294967295",
            ),
            (
                "/pieces/0/rows",
                "0",
                "0 rows from 0 on are no piece of level 1",
            ),
            (
                "/pieces/0/rows",
                "100",
                "100 rows from 0 on are no piece of level 1",
            ),
            ("/pieces/1/first", "64", "rows 64 to 127 are in two pieces"),
            (
                "/pieces/1/first",
                "100",
                "64 rows from 100 on are no piece of level 0",
            ),
            (
                "/pieces/2/rows",
                "0",
                "0 rows from 256 on are no piece of level 0",
            ),
            (
                "/pieces/2/rows",
                "18446744073709551615",
                "are no piece of level 0",
            ),
            (
                "/pieces/1/first",
                "18446744073709551552",
                "64 rows from 18446744073709551552 on are no piece",
            ),
            ("/pieces/2/first", "-1", "expected usize"),
            (
                "/pieces/1/rows",
                "10",
                "so it must be the last one, but another has rows 256 to 299",
            ),
        ],
    );
    let mut more = form;
    more["pieces"][0]["unknown"] = json!(1);
    let error = serde_json::from_value::<Partial>(more).unwrap_err();
    assert!(
        error.to_string().contains("unknown field `unknown`"),
        "{error}"
    );
}

#[test]
fn a_form_of_another_program_gives_no_sums() {
    let change = |pointer: &str, part: Value| {
        let mut form = form();
        *form.pointer_mut(pointer).unwrap() = part;
        serde_json::from_value::<Partial>(form).unwrap()
    };
    let bits = json!("0x3ff0000000000000");
    let other = "program: the pieces are sums of another program";
    for (pointer, part) in [
        ("/program", bits.clone()),
        ("/uniform", json!([])),
        ("/uniform", json!([bits, bits, bits])),
        ("/transform", json!("hessian")),
    ] {
        let error = change(pointer, part).sums(&program(), 300).unwrap_err();
        assert_eq!(error.to_string(), other, "{pointer}");
    }
    // Fewer sums than the program has.
    let mut form = form();
    form["width"] = json!(0);
    form["pieces"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(|piece| piece["sums"] = json!([]));
    let partial: Partial = serde_json::from_value(form).unwrap();
    let error = partial.sums(&program(), 300).unwrap_err();
    assert_eq!(error.to_string(), other);
}

#[test]
fn damaged_bytes_are_refused_or_read_without_a_panic() {
    let mut partial = piece(0, 192);
    partial.merge(piece(256, 300)).unwrap();
    let bytes = postcard::to_allocvec(&partial).unwrap();
    for length in 0..bytes.len() {
        assert!(postcard::from_bytes::<Partial>(&bytes[..length]).is_err());
    }
    for place in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[place] ^= change;
            if let Ok(partial) = postcard::from_bytes::<Partial>(&damaged) {
                // Whatever was read joins nothing, or gives sums, without a panic.
                let _ = partial.sums(&program(), 300);
                let mut partial = partial;
                let _ = partial.merge(piece(192, 256));
            }
        }
    }
}
