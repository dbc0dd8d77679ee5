//! Chapter 12: an engine in a hundred lines, compared with this crate.

use chainrule::Var;

use crate::engine::Value;
use crate::learn::{agree, hold};
use crate::plot::{BLUE, Chart, Outcome, Pictures, Series};

/// The weights and biases of a network with two inputs, two hidden neurons and one score.
const START: [f64; 9] = [1.0, -1.0, 0.1, -1.0, 1.0, 0.1, 0.5, 0.5, -0.2];

/// The exclusive or: two inputs and their label.
const ROWS: [[f64; 3]; 4] = [
    [0.0, 0.0, 0.0],
    [0.0, 1.0, 1.0],
    [1.0, 0.0, 1.0],
    [1.0, 1.0, 0.0],
];

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    sharing()?;
    neuron()?;
    training(pictures)
}

/// A number that is used twice gets the sum of both gradients.
fn sharing() -> Outcome<()> {
    let x = Value::new(3.0);
    let y = x * x + x;
    let slope = y.backward().of(x);
    println!("  x·x + x at 3: value {}, slope {slope}", y.value());
    agree("the slope of x·x + x", slope, 7.0, 0.0)
}

/// The lecture's neuron, on both engines.
fn neuron() -> Outcome<()> {
    let at = [2.0, -1.0, -3.0, -2.0, -3.0];
    let ours = at.map(Value::new);
    let [w0, x0, w1, x1, w2] = ours;
    let f = ((-(w0 * x0 + w1 * x1 + w2)).exp() + Value::new(1.0)).recip();
    let gradients = f.backward();

    let theirs = at.map(Var::new);
    let [w0, x0, w1, x1, w2] = theirs;
    let g = 1.0 / ((-(w0 * x0 + w1 * x1 + w2)).exp() + 1.0);
    let expected = g.backward();
    agree("the neuron", f.value(), g.value(), 0.0)?;
    println!("  the neuron: {:.4}", f.value());
    for (name, (x, var)) in ["w0", "x0", "w1", "x1", "w2"]
        .iter()
        .zip(ours.iter().zip(&theirs))
    {
        println!("  ∂f/∂{name} = {:.4}", gradients.of(*x));
        agree(name, gradients.of(*x), expected[*var], 1e-15)?;
    }
    Ok(())
}

/// The score of a network with two hidden neurons.
fn score(p: &[Value], x: &[Value]) -> Value {
    let first = (p[0] * x[0] + p[1] * x[1] + p[2]).relu();
    let second = (p[3] * x[0] + p[4] * x[1] + p[5]).relu();
    p[6] * first + p[7] * second + p[8]
}

/// The sum of squared errors over all rows, and its derivative with respect to every parameter.
fn loss(parameters: &[f64]) -> (f64, Vec<f64>) {
    let p: Vec<Value> = parameters.iter().map(|&p| Value::new(p)).collect();
    let mut sum = Value::new(0.0);
    for [a, b, label] in ROWS {
        let error = score(&p, &[Value::new(a), Value::new(b)]) - Value::new(label);
        sum = sum + error * error;
    }
    let gradients = sum.backward();
    (sum.value(), p.iter().map(|&p| gradients.of(p)).collect())
}

/// Gradient descent on the exclusive or.
fn training(pictures: &Pictures) -> Outcome<()> {
    let (mut parameters, mut losses) = (START.to_vec(), Vec::new());
    for _ in 0..50 {
        let (loss, gradient) = loss(&parameters);
        losses.push(loss);
        for (p, slope) in parameters.iter_mut().zip(gradient) {
            *p -= 0.1 * slope;
        }
    }
    let (last, _) = loss(&parameters);
    println!(
        "  loss: {:.4} at first, {last:.1e} after 50 steps",
        losses[0]
    );
    hold(last < 1e-6, "the network learns the exclusive or")?;
    let points = losses
        .iter()
        .enumerate()
        .map(|(step, &loss)| (step as f64, loss));
    let chart = Chart {
        title: String::from("the exclusive or"),
        axes: ["step", "loss"],
        xs: 0.0..50.0,
        ys: 0.0..1.0,
        logarithmic: None,
        legend: None,
        series: vec![Series {
            name: "loss",
            colour: BLUE,
            points: points.collect(),
            dots: false,
        }],
    };
    pictures.charts("12-loss.svg", 1, [420, 260], &[chart])
}
