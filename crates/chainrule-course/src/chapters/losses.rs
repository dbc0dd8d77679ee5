//! Chapter 8: the lecture's loss, its penalty, and the effect of both on a boundary.

use chainrule::nn::data::{Dataset, moons};
use chainrule::nn::loss::{l2_penalty, multiclass_hinge};
use chainrule::nn::optimizer::Adam;
use chainrule::nn::{Activation, Mlp};
use chainrule::{Var, tape};

use plotters::chart::SeriesLabelPosition;

use crate::learn::{agree, dots, hinge, hold, rng, sides_right, train, train_with};
use crate::plot::{BLUE, Chart, Outcome, Pictures, Plane, RED, Series};

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

    overfitting(pictures)?;
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

/// Half moons that overlap: few points to learn from, and many that the network never sees.
fn overlapping_moons() -> chainrule::Result<[Dataset; 2]> {
    let mut rng = rng();
    Ok([
        moons(SEEN, NOISE, &mut rng)?,
        moons(HELD_OUT, NOISE, &mut rng)?,
    ])
}

const SEEN: usize = 60;
const HELD_OUT: usize = 600;
const NOISE: f64 = 0.3;
const HIDDEN: [usize; 3] = [2, 6, 48];
const STRENGTHS: [f64; 3] = [0.0, 0.003, 0.1];

/// The shares of seen and of held-out points on the correct side.
struct Right {
    seen: f64,
    held_out: f64,
}

/// The boundary for a growing number of hidden units and a growing penalty.
fn grid(pictures: &Pictures) -> Outcome<()> {
    let [seen, held_out] = overlapping_moons()?;
    let mut planes = Vec::new();
    let mut shares = Vec::new();
    for hidden in HIDDEN {
        for strength in STRENGTHS {
            let mut mlp = Mlp::new(&mut rng(), &[2, hidden, 1], Activation::Relu)?;
            train(&mut mlp, 1000, 0.05, |mlp| {
                Ok(hinge(mlp, &seen)? + l2_penalty(&weights(mlp), strength)?)
            })?;
            let size: f64 = weights(&mlp).iter().map(|w| w * w).sum();
            let right = Right {
                seen: sides_right(&mlp, &seen)?,
                held_out: sides_right(&mlp, &held_out)?,
            };
            let percent = format!(
                "seen {:.0} %, held out {:.0} %",
                100.0 * right.seen,
                100.0 * right.held_out
            );
            println!("  H = {hidden:2}, λ = {strength:5}: {percent}, Σ W² = {size:6.1}");
            shares.push(right);
            planes.push(Plane {
                title: format!("H = {hidden}, λ = {strength}"),
                axes: [percent, String::new()],
                xs: -2.0..3.0,
                ys: -1.6..2.1,
                points: dots(&seen),
                scores: Box::new(move |(x, y)| Ok(mlp.forward(&[x, y])?)),
            });
        }
    }
    let [free, penalised, crushed] = [6, 7, 8].map(|place| &shares[place]);
    hold(
        shares.iter().all(|other| free.seen >= other.seen),
        "many units without a penalty are best on the points that they have seen",
    )?;
    hold(
        penalised.held_out > free.held_out && penalised.held_out > crushed.held_out,
        "with many units, a moderate penalty is best on points held out",
    )?;
    pictures.planes("08-grid.svg", 3, [290, 260], &planes)
}

/// The loss of seen and of held-out points while a large network trains, without and with a penalty.
fn overfitting(pictures: &Pictures) -> Outcome<()> {
    const STEPS: usize = 100;
    const BETWEEN: usize = 10;
    let [seen, held_out] = overlapping_moons()?;
    let mut charts = Vec::new();
    let mut ends = Vec::new();
    for strength in [STRENGTHS[0], STRENGTHS[1]] {
        let mut mlp = Mlp::new(&mut rng(), &[2, HIDDEN[2], 1], Activation::Relu)?;
        let mut optimizer = Adam::new(0.05)?;
        let mut losses = [Vec::new(), Vec::new()];
        for step in 0..=STEPS {
            for (losses, data) in losses.iter_mut().zip([&seen, &held_out]) {
                losses.push(((step * BETWEEN) as f64, hinge(&mlp, data)?));
            }
            if step < STEPS {
                train_with(&mut optimizer, &mut mlp, BETWEEN, |mlp| {
                    Ok(hinge(mlp, &seen)? + l2_penalty(&weights(mlp), strength)?)
                })?;
            }
        }
        let [lowest, end] = [
            losses[1]
                .iter()
                .map(|point| point.1)
                .fold(f64::INFINITY, f64::min),
            losses[1][STEPS].1,
        ];
        println!(
            "  H = {}, λ = {strength}: loss seen {:.2}, held out {end:.2}, its lowest {lowest:.2}",
            HIDDEN[2], losses[0][STEPS].1
        );
        ends.push(end / lowest);
        let [first, second] = losses;
        charts.push(Chart {
            title: format!("H = {}, λ = {strength}", HIDDEN[2]),
            axes: ["step", "SVM loss"],
            xs: 0.0..(STEPS * BETWEEN) as f64,
            ys: 0.0..1.5,
            logarithmic: None,
            legend: Some(SeriesLabelPosition::UpperRight),
            series: vec![
                Series {
                    name: "seen",
                    colour: BLUE,
                    points: first,
                    dots: false,
                },
                Series {
                    name: "held out",
                    colour: RED,
                    points: second,
                    dots: false,
                },
            ],
        });
    }
    hold(
        ends[0] > 1.5,
        "without a penalty, the loss of points held out rises again",
    )?;
    hold(ends[1] < 1.3, "with a penalty, it stays low")?;
    pictures.charts("08-overfitting.svg", 2, [400, 280], &charts)
}
