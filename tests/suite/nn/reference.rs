//! Tests networks against figures computed by `NumPy`: forward passes, and whole training runs step by step.

use std::fs;

use chainrule::nn::data::{Csv, read_csv};
use chainrule::nn::optimizer::{Optimizer, Sgd};
use chainrule::nn::{Activation, Mlp, loss};
use chainrule::{Gradients, Parameters, Var, tape};
use serde_json::Value;

use super::train;

type Matrix = Vec<Vec<f64>>;

fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap().iter();
    values.map(|number| number.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Matrix {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn transposed(matrix: &Matrix) -> Matrix {
    let column = |j| matrix.iter().map(|row| row[j]).collect();
    (0..matrix[0].len()).map(column).collect()
}

#[track_caller]
fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len());
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!(
            (a - b).abs() <= tolerance * (1.0 + b.abs()),
            "{i}: {a} is not {b}"
        );
    }
}

#[test]
fn three_layers_give_numpys_outputs() {
    let reference = json("tests/data/forward3/sigmoid_3_4_4_1.json");
    let mut parameters = Vec::new();
    for (weights, biases) in [("W1", "b1"), ("W2", "b2"), ("W3", "b3")] {
        let neurons = matrix(&reference[weights])
            .into_iter()
            .zip(matrix(&reference[biases]));
        parameters.extend(neurons.flat_map(|(weights, bias)| [weights, bias].concat()));
    }
    let mlp = Mlp::builder(3)
        .layer(4, Activation::Sigmoid)
        .layer(4, Activation::Sigmoid)
        .layer(1, Activation::Linear)
        .build_from(&parameters)
        .unwrap();

    let x = matrix(&reference["x"]).concat();
    let h1 = mlp.layers[0].forward(&x).unwrap();
    let h2 = mlp.layers[1].forward(&h1).unwrap();
    assert_close(&h1, &matrix(&reference["h1"]).concat(), 1e-12);
    assert_close(&h2, &matrix(&reference["h2"]).concat(), 1e-12);
    assert_close(
        &mlp.forward(&x).unwrap(),
        &matrix(&reference["out"]).concat(),
        1e-12,
    );
}

#[test]
fn the_lectures_training_loop_gives_numpys_losses_and_weights() {
    let reference = json("tests/data/two_layer/small.json");
    let [x, y, w1, w2, w1_final, w2_final] =
        ["x", "y", "w1", "w2", "w1_final", "w2_final"].map(|name| matrix(&reference[name]));
    // The lecture writes x·W, with one column per neuron.
    let parameters = |w1: &Matrix, w2: &Matrix| [transposed(w1), transposed(w2)].concat().concat();
    let mut mlp = Mlp::builder(w1.len())
        .layer(w2.len(), Activation::Sigmoid)
        .layer(y[0].len(), Activation::Linear)
        .without_biases()
        .build_from(&parameters(&w1, &w2))
        .unwrap();

    let mut sgd = Sgd::new(reference["learning_rate"].as_f64().unwrap()).unwrap();
    let mut losses = Vec::new();
    for _ in 0..200 {
        let gradient = tape::scope(|| {
            let recorded = mlp.record();
            let outputs: Vec<Var> = x
                .iter()
                .flat_map(|row| recorded.forward(row).unwrap())
                .collect();
            let loss = loss::squared_error(&outputs, &y.concat()).unwrap();
            losses.push(loss.value());
            recorded.gradient(&loss.backward())
        });
        sgd.step_parameters(&mut mlp, &gradient).unwrap();
    }
    assert_close(&losses, &numbers(&reference["losses"]), 1e-9);
    assert_close(&mlp.parameters(), &parameters(&w1_final, &w2_final), 1e-9);
}

#[test]
fn the_moons_give_numpys_trace_at_every_step() {
    let data = read_csv("tests/data/moons/points.csv", "label").unwrap();
    let parameters = Csv::open("tests/data/moons/parameters.csv").unwrap();
    let trace = Csv::open("tests/data/moons/trace.csv").unwrap();
    let mut mlp = train::network()
        .build_from(&parameters.column("value").unwrap())
        .unwrap();

    let mut progress = Vec::new();
    let last = train::train(&mut mlp, &data, |now, _| progress.push(now)).unwrap();

    let steps: Vec<f64> = progress.iter().map(|now| now.step as f64).collect();
    assert_eq!(steps, trace.column("step").unwrap());
    let losses: Vec<f64> = progress.iter().map(|now| now.loss).collect();
    assert_close(&losses, &trace.column("loss").unwrap(), 1e-9);
    let accuracies: Vec<f64> = progress.iter().map(|now| now.accuracy).collect();
    assert_eq!(accuracies, trace.column("accuracy").unwrap());
    assert_eq!((last.step, last.accuracy), (train::STEPS, 1.0));
    assert!(last.loss < progress[0].loss);
}

#[test]
fn a_reused_buffer_gives_the_same_gradient() {
    let mlp = train::network().build_from(&vec![0.1; 337]).unwrap();
    let mut grads = Gradients::new();
    let mut gradients = Vec::new();
    for _ in 0..2 {
        tape::scope(|| {
            let recorded = mlp.record();
            let score = recorded.forward(&[0.5, -0.25]).unwrap()[0];
            grads.sweep(&[(score, 1.0)]);
            gradients.push(recorded.gradient(&grads));
            assert_eq!(gradients[0], recorded.gradient(&score.backward()));
        });
    }
    assert_eq!(gradients[0], gradients[1]);
}
