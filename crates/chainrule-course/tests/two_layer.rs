//! The lecture's training loop as a program, compared with every loss and the final weights from `NumPy`.
//!
//! The repository contains only the losses of the full-size loop, not its inputs and initial weights. The loop is tested if
//! `CHAINRULE_TWO_LAYER_DATA` names a folder with `x.npy`, `y.npy`, `w1.npy` and `w2.npy`, 1.3 MB.

#[path = "../src/two_layer/network.rs"]
mod network;
#[path = "../src/two_layer/problem.rs"]
mod problem;

use std::fs;
use std::path::Path;

use chainrule::nn::data::Csv;
use chainrule::{Level, tape};
use network::{RATE, Sizes, descend};
use problem::Problem;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

#[track_caller]
fn assert_close(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len());
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{i}: {a} is not {b}");
    }
}

/// The small loop, with its rate, losses and final weights.
fn small() -> (Problem, f64, Vec<f64>, Vec<f64>) {
    let text = fs::read_to_string("../../tests/data/two_layer/small.json").unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    let size = |name: &str| usize::try_from(reference[name].as_u64().unwrap()).unwrap();
    let both = |a: &str, b: &str| [numbers(&reference[a]), numbers(&reference[b])].concat();
    let rows = |name: &str| reference[name].as_array().unwrap().iter().map(numbers);
    let problem = Problem {
        sizes: Sizes {
            inputs: size("D_in"),
            hidden: size("H"),
            outputs: size("D_out"),
        },
        rows: rows("x")
            .zip(rows("y"))
            .map(|(x, y)| [x, y].concat())
            .collect(),
        weights: both("w1", "w2"),
    };
    let rate = reference["learning_rate"].as_f64().unwrap();
    (
        problem,
        rate,
        numbers(&reference["losses"]),
        both("w1_final", "w2_final"),
    )
}

#[test]
fn a_program_of_one_row_gives_numpys_losses_and_weights() {
    for level in [Level::Exact, Level::Fast] {
        let (
            Problem {
                sizes,
                rows,
                mut weights,
            },
            rate,
            expected,
            last,
        ) = small();
        let mut batch = sizes
            .program(&weights)
            .unwrap()
            .at_level(level)
            .batch(&rows)
            .unwrap();
        let mut losses = Vec::new();
        descend(&mut batch, &mut weights, rate, expected.len(), |loss| {
            losses.push(loss);
        })
        .unwrap();
        assert_close(&losses, &expected);
        assert_close(&weights, &last);
    }
}

#[test]
fn the_program_has_the_bits_of_the_tape_in_every_row() {
    let (
        Problem {
            sizes,
            rows,
            weights,
        },
        ..,
    ) = small();
    let mut batch = sizes.program(&weights).unwrap().batch(&rows).unwrap();
    let (losses, gradients) = batch.gradients(&weights).unwrap();
    let width = weights.len() + rows[0].len();
    for (index, row) in rows.iter().enumerate() {
        tape::scope(|| {
            let inputs: Vec<_> = weights
                .iter()
                .chain(row)
                .map(|&x| chainrule::Var::new(x))
                .collect();
            let (w, row) = inputs.split_at(weights.len());
            let loss = sizes.loss(w, row).unwrap();
            assert_eq!(losses[index].to_bits(), loss.value().to_bits());
            assert_eq!(
                gradients[index * width..][..width],
                loss.backward().of(&inputs)
            );
        });
    }
}

#[test]
fn the_lectures_full_size_gives_numpys_losses() {
    let Some(folder) = std::env::var_os("CHAINRULE_TWO_LAYER_DATA") else {
        return;
    };
    let folder = Path::new(&folder);
    let losses = Csv::open("../../tests/data/two_layer/losses.csv").unwrap();
    let expected = losses.column("loss").unwrap();
    for level in [Level::Exact, Level::Fast] {
        let Problem {
            sizes,
            rows,
            mut weights,
        } = Problem::read(folder).unwrap();
        let mut batch = sizes
            .program(&weights)
            .unwrap()
            .at_level(level)
            .batch(&rows)
            .unwrap();
        let mut losses = Vec::new();
        descend(&mut batch, &mut weights, RATE, expected.len(), |loss| {
            losses.push(loss);
        })
        .unwrap();
        assert_close(&losses, &expected);
    }
}

#[test]
fn errors_name_mismatched_files() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("two_layer_files");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let message = || Problem::read(&folder).err().unwrap().to_string();
    let write = |name: &str, descr: &str, order: &str, shape: &str, values: &[f64]| {
        // The format's version 1.0: magic, the header's length, the header, the numbers.
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.into_bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        fs::write(folder.join(name), bytes).unwrap();
    };
    let c = |name: &str, shape: &str, values: &[f64]| write(name, "<f8", "False", shape, values);

    assert!(message().contains("x.npy: "), "{}", message());
    c("x.npy", "(2, 2)", &[1.0, 2.0, 3.0, 4.0]);
    c("y.npy", "(3, 1)", &[1.0, 2.0, 3.0]);
    assert!(
        message().ends_with("y.npy: expected a matrix of 2 by any numbers, found the shape [3, 1]")
    );
    c("y.npy", "(2, 1)", &[1.0, f64::NAN]);
    assert!(message().ends_with("y.npy: row 1, column 0: expected a finite number, found NaN"));
    c("y.npy", "(2, 1)", &[1.0, 2.0]);
    c("w1.npy", "(2, 3)", &[1.0, 2.0]);
    assert!(message().contains("w1.npy: is cut short"), "{}", message());
    c("w1.npy", "(2, 4611686018427387904)", &[1.0, 2.0]);
    assert!(message().contains("w1.npy: is cut short"), "{}", message());
    c("w1.npy", "(2,)", &[1.0, 2.0]);
    assert!(
        message().ends_with("w1.npy: expected a matrix of 2 by any numbers, found the shape [2]")
    );
    write("w1.npy", "<f8", "True", "(2, 1)", &[1.0, 2.0]);
    assert!(
        message().contains("w1.npy: expected a matrix stored row by row"),
        "{}",
        message()
    );
    write("w1.npy", "<i4", "False", "(2, 1)", &[1.0, 2.0]);
    assert!(message().contains("w1.npy: "), "{}", message());
    fs::write(folder.join("w1.npy"), "no such file").unwrap();
    assert!(message().contains("w1.npy: "), "{}", message());
    c("w1.npy", "(2, 1)", &[1.0, 2.0]);
    c("w2.npy", "(1, 1)", &[0.5]);
    let Problem {
        sizes,
        rows,
        weights,
    } = Problem::read(&folder).unwrap();
    assert_eq!((sizes.inputs, sizes.hidden, sizes.outputs), (2, 1, 1));
    assert_eq!(
        (rows, weights),
        (
            vec![vec![1.0, 2.0, 1.0], vec![3.0, 4.0, 2.0]],
            vec![1.0, 2.0, 0.5]
        )
    );
}

#[test]
fn drawn_problems_have_the_lectures_size() {
    let Problem {
        sizes,
        rows,
        weights,
    } = Problem::drawn(1);
    assert_eq!(
        (rows.len(), rows[0].len(), weights.len()),
        (64, 1010, 101_000)
    );
    assert_eq!(weights.len(), sizes.weights());
    assert_eq!(weights, Problem::drawn(1).weights);
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    assert!((squares / 101_000.0 - 1.0).abs() < 0.02);
}
