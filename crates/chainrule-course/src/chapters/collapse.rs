//! Chapter 4: without an activation between them, two layers equal one.

use chainrule::nn::data::circles;
use chainrule::nn::{Activation, Layer, Mlp, Neuron};

use crate::learn::{agree, dots, hinge, hold, rng, sides_right, train};
use crate::plot::{Outcome, Pictures, Plane};

/// The single layer that equals two layers without an activation: `W2·W1`, and `W2·b1 + b2`.
fn collapsed(first: &Layer<f64>, second: &Layer<f64>) -> Layer<f64> {
    let inputs = first.neurons[0].weights.len();
    let row = |neuron: &Neuron<f64>| {
        let pairs = || neuron.weights.iter().zip(&first.neurons);
        let weight = |i: usize| pairs().map(|(w, hidden)| w * hidden.weights[i]).sum();
        let bias: f64 = pairs()
            .map(|(w, hidden)| w * hidden.bias.unwrap_or(0.0))
            .sum();
        Neuron {
            weights: (0..inputs).map(weight).collect(),
            bias: neuron.bias.map(|own| own + bias),
        }
    };
    Layer {
        neurons: second.neurons.iter().map(row).collect(),
        activation: Activation::Linear,
    }
}

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    let data = circles(100, 0.45, 0.07, &mut rng())?;
    let mut planes = Vec::new();
    for (name, activation) in [
        ("W2·W1·x", Activation::Linear),
        ("W2·max(0, W1·x)", Activation::Relu),
    ] {
        let mut mlp = Mlp::new(&mut rng(), &[2, 8, 1], activation)?;
        train(&mut mlp, 250, 0.05, |mlp| hinge(mlp, &data))?;
        let right = sides_right(&mlp, &data)?;
        println!("  {name}: {:.0} % right", 100.0 * right);
        if activation == Activation::Linear {
            let one = collapsed(&mlp.layers[0], &mlp.layers[1]);
            let mut furthest: f64 = 0.0;
            for (point, _) in data.rows() {
                furthest = furthest.max((mlp.forward(point)?[0] - one.forward(point)?[0]).abs());
            }
            println!(
                "  W3 = W2·W1 is {:?}; outputs differ by {furthest:.0e} at most",
                one.neurons[0].weights
            );
            agree("two layers and one", furthest, 0.0, 1e-14)?;
            hold(right < 0.75, "two linear layers draw a line")?;
        } else {
            agree("the share with a max", right, 1.0, 0.0)?;
        }
        planes.push(Plane {
            title: format!("{name}: {:.0} % right", 100.0 * right),
            axes: ["x", "y"].map(String::from),
            xs: -1.6..1.6,
            ys: -1.6..1.6,
            points: dots(&data),
            scores: Box::new(move |(x, y)| Ok(mlp.forward(&[x, y])?)),
        });
    }
    pictures.planes("04-collapse.svg", 2, [340, 320], &planes)
}
