//! Chapter 1: a linear classifier has one template per class and straight boundaries.

use chainrule::Parameters;
use chainrule::nn::data::{Dataset, blobs, circles};
use chainrule::nn::{Activation, Mlp, loss};

use crate::cells::{Tile, Tiles, scaled};
use crate::drawing::Ink;
use crate::learn::{
    agree, classes_right, digits, dots, hinge, hold, rng, sides_right, train, train_on_digits,
};
use crate::plot::{Outcome, Pictures, Plane};

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    templates(pictures)?;
    boundaries(pictures)
}

/// One template per class: the rows of W.
fn templates(pictures: &Pictures) -> Outcome<()> {
    let (train, test) = digits()?;
    let mut linear = Mlp::new(&mut rng(), &[64, 10], Activation::Linear)?;
    train_on_digits(&mut linear, &train, 12, 5e-2)?;
    let right = classes_right(&linear, &test, 10)?;
    println!("  digits: {:.1} % accuracy on unseen digits", 100.0 * right);
    hold(right > 0.9, "a linear classifier reads nine of ten digits")?;
    let neurons = linear.layers[0].neurons.iter().enumerate();
    let templates = neurons.map(|(digit, neuron)| Tile {
        name: digit.to_string(),
        values: scaled(&neuron.weights),
    });
    let group = Tiles {
        title: String::new(),
        rows: vec![(String::new(), templates.collect())],
        dot: 10,
        ink: Ink::Signed,
    };
    let said = "Ten templates of 8 by 8 weights, one per digit. Positive weights are orange, negative ones blue.";
    pictures.tiles("01-templates.svg", said, &[group])
}

/// A line separates two clusters of points. No line separates a circle from another one inside it.
fn boundaries(pictures: &Pictures) -> Outcome<()> {
    let heaps = blobs(&[[-1.1, -0.7], [1.0, 0.8]], 40, 0.35, &mut rng())?;
    let labels = heaps
        .targets()
        .iter()
        .map(|class| 2.0 * class - 1.0)
        .collect();
    let heaps = Dataset::new(heaps.inputs().to_vec(), labels)?;
    let rings = circles(100, 0.45, 0.07, &mut rng())?;
    let mut planes = Vec::new();
    for (name, data) in [("two clusters", &heaps), ("two circles", &rings)] {
        let mut linear = Mlp::new(&mut rng(), &[2, 1], Activation::Linear)?;
        train(&mut linear, 200, 0.05, |mlp| {
            Ok(hinge(mlp, data)? + loss::l2_penalty(&mlp.parameters(), 1e-3)?)
        })?;
        let right = sides_right(&linear, data)?;
        println!(
            "  {name}: {:.0} % on the right side of the line",
            100.0 * right
        );
        if name == "two clusters" {
            agree("the share of the heaps", right, 1.0, 0.0)?;
        } else {
            hold(right < 0.75, "no line separates circles")?;
        }
        planes.push(Plane {
            title: format!("{name}: {:.0} % right", 100.0 * right),
            axes: ["x", "y"].map(String::from),
            xs: -2.2..2.2,
            ys: -2.0..2.0,
            points: dots(data),
            scores: Box::new(move |(x, y)| Ok(linear.forward(&[x, y])?)),
        });
    }
    pictures.planes("01-boundaries.svg", 2, [360, 320], &planes)
}
