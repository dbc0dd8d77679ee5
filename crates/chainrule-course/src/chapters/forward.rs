//! Chapter 6: the lecture's three layers, 3 → 4 → 4 → 1, against `NumPy`.

use chainrule::nn::{Activation, Mlp};
use chainrule::{Var, tape};

use crate::learn::{agree, matrix, reference};
use crate::plot::{Outcome, Pictures};

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    let numpy = reference("tests/data/forward3/sigmoid_3_4_4_1.json")?;
    let given = |name: &str| matrix(&numpy[name]);
    // Per neuron: its row of W, then its bias.
    let mut parameters = Vec::new();
    for (weights, biases) in [("W1", "b1"), ("W2", "b2"), ("W3", "b3")] {
        for (row, bias) in given(weights)?.into_iter().zip(given(biases)?) {
            parameters.extend(row);
            parameters.extend(bias);
        }
    }
    let mlp = Mlp::builder(3)
        .layer(4, Activation::Sigmoid)
        .layer(4, Activation::Sigmoid)
        .layer(1, Activation::Linear)
        .build_from(&parameters)?;

    let mut values = given("x")?.concat();
    for (layer, name) in mlp.layers.iter().zip(["h1", "h2", "out"]) {
        values = layer.forward(&values)?;
        println!("  {name:3} = {values:.6?}");
        for (ours, theirs) in values.iter().zip(given(name)?.concat()) {
            agree(name, *ours, theirs, 1e-15)?;
        }
    }

    // The weights are constants here, so the picture shows how the input flows.
    let x: Vec<Var> = (1..)
        .zip(given("x")?.concat())
        .map(|(i, x)| Var::new(x).named(format!("x{i}")))
        .collect();
    let neuron = &mlp.layers[0].neurons[0];
    let h = tape::named("first hidden neuron", || {
        let terms = neuron.weights.iter().zip(&x).map(|(&w, &x)| x * w);
        let sum: Var = terms.sum();
        (sum + neuron.bias.unwrap_or(0.0)).sigmoid().named("h1")
    });
    agree("the neuron recorded", h.value(), given("h1")?[0][0], 1e-15)?;
    pictures.graph("06-neuron.svg", &h.picture().gradients(&h.backward()))
}
