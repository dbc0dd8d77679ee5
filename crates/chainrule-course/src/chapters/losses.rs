//! Chapter 8: the lecture's loss, its penalty, and the effect of both on a boundary.

use chainrule::nn::data::moons;
use chainrule::nn::loss::{l2_penalty, multiclass_hinge};
use chainrule::nn::{Activation, Mlp};
use chainrule::{Var, tape};

use crate::learn::{agree, dots, hinge, hold, rng, sides_right, train};
use crate::plot::{Outcome, Pictures, Plane};

/// The lecture's examples: the scores of cat, car and frog, and the correct class.
const EXAMPLES: [([f64; 3], usize, f64); 3] = [
    ([3.2, 5.1, -1.7], 0, 2.9),
    ([1.3, 4.9, 2.0], 1, 0.0),
    ([2.2, 2.5, -3.1], 2, 12.9),
];

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    let mut rows = Vec::new();
    for (scores, class, lecture) in EXAMPLES {
        let loss = multiclass_hinge(&[scores], &[class], 1.0)?;
        println!("  scores {scores:?}, class {class}: L_i = {loss:.1}");
        agree("L_i", loss, lecture, 1e-14)?;
        rows.push((scores, class));
    }
    let (scores, classes): (Vec<[f64; 3]>, Vec<usize>) = rows.into_iter().unzip();
    let mean = multiclass_hinge(&scores, &classes, 1.0)?;
    println!("  the data loss is their mean, {mean:.4}");
    agree("the data loss", mean, 15.8 / 3.0, 1e-14)?;

    let named = ["s_cat", "s_car", "s_frog"];
    let s: Vec<Var> = EXAMPLES[0]
        .0
        .iter()
        .zip(named)
        .map(|(&s, name)| Var::new(s).named(name))
        .collect();
    let margin = |label: &str, j: usize| tape::named(label, || (s[j] - s[0] + 1.0).relu());
    let loss = (margin("car", 1) + margin("frog", 2)).named("L_i");
    let grads = loss.backward();
    hold(
        grads.of(&s) == [-1.0, 1.0, 0.0],
        "each violated margin passes 1 up and 1 down",
    )?;
    pictures.graph("08-svm.svg", &loss.picture().gradients(&grads))?;

    grid(pictures)
}

/// All weights of a network, without its biases.
fn weights<S: Copy>(mlp: &Mlp<S>) -> Vec<S> {
    let neurons = mlp.layers.iter().flat_map(|layer| &layer.neurons);
    neurons
        .flat_map(|neuron| &neuron.weights)
        .copied()
        .collect()
}

/// The boundary for a growing number of hidden units and a growing penalty.
fn grid(pictures: &Pictures) -> Outcome<()> {
    let data = moons(60, 0.22, &mut rng())?;
    let mut planes = Vec::new();
    for hidden in [2, 6, 24] {
        for strength in [0.0, 0.003, 0.05] {
            let mut mlp = Mlp::new(&mut rng(), &[2, hidden, 1], Activation::Relu)?;
            let losses = train(&mut mlp, 300, 0.05, |mlp| {
                Ok(hinge(mlp, &data)? + l2_penalty(&weights(mlp), strength)?)
            })?;
            let size: f64 = weights(&mlp).iter().map(|w| w * w).sum();
            let right = sides_right(&mlp, &data)?;
            println!(
                "  H = {hidden:2}, λ = {strength:4}: {:3.0} % right, Σ W² = {size:6.1}, loss {:.3}",
                100.0 * right,
                losses[losses.len() - 1]
            );
            planes.push(Plane {
                title: format!("H = {hidden}, λ = {strength}: {:.0} %", 100.0 * right),
                axes: ["", ""],
                xs: -1.8..2.8,
                ys: -1.4..1.9,
                points: dots(&data),
                scores: Box::new(move |(x, y)| Ok(mlp.forward(&[x, y])?)),
            });
        }
    }
    pictures.planes("08-grid.svg", 3, [290, 250], &planes)
}
