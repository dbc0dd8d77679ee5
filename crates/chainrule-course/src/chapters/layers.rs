//! Chapter 3: hidden layers give templates that all classes share, and boundaries that bend.

use chainrule::nn::data::spirals;
use chainrule::nn::{Activation, Mlp, loss};
use chainrule::{Parameters, Var};

use crate::architecture::Architecture;
use crate::cells::{Table, Tile, Tiles, scaled};
use crate::drawing::Ink;
use crate::learn::{classes_right, digits, hold, rng, svm, train, train_on_digits};
use crate::plot::{Outcome, Pictures, Plane};

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    architectures(pictures)?;
    graph(pictures)?;
    page(pictures)?;
    boundaries(pictures)?;
    templates(pictures)
}

/// The lecture's two networks as circles and lines.
fn architectures(pictures: &Pictures) -> Outcome<()> {
    let networks = [&[3, 4, 2][..], &[3, 4, 4, 1]].map(|sizes| Architecture {
        sizes,
        has_biases: true,
    });
    for network in &networks {
        println!("  {}: {}", network.title(), network.count());
        let mlp = Mlp::new(&mut rng(), network.sizes, Activation::Relu)?;
        hold(
            mlp.parameter_count() == network.parameters().iter().sum::<usize>(),
            "the picture counts the parameters that the network has",
        )?;
    }
    pictures.architectures("03-architectures.svg", &networks)
}

/// A network of two layers, small enough to show completely.
fn graph(pictures: &Pictures) -> Outcome<()> {
    // Per neuron: its row of W, then its bias.
    let mlp = Mlp::builder(2)
        .layer(2, Activation::Relu)
        .layer(1, Activation::Linear)
        .build_from(&[1.0, -2.0, 0.5, 0.5, 1.0, -1.0, 2.0, -1.0, 0.25])?;
    let x = [Var::new(1.5).named("x1"), Var::new(0.5).named("x2")];
    let score = mlp.record_named().forward_named(&x)?[0].named("f");
    pictures.graph(
        "03-network.svg",
        &score.picture().gradients(&score.backward()),
    )
}

/// A page that steps through a network of three layers.
fn page(pictures: &Pictures) -> Outcome<()> {
    let mlp = Mlp::builder(2)
        .layer(4, Activation::Relu)
        .layer(4, Activation::Tanh)
        .layer(1, Activation::Linear)
        .build(&mut rng())?;
    let x = [Var::new(0.5).named("x1"), Var::new(-1.0).named("x2")];
    let score = mlp.record_named().forward_named(&x)?[0].named("score");
    let loss = (score - 1.0).square().named("loss");
    let title = "A network of 2, 4, 4 and 1 neurons";
    pictures.steps("03-network.html", title, &loss.explain())
}

/// One, two and three layers on three spiral arms.
fn boundaries(pictures: &Pictures) -> Outcome<()> {
    let data = spirals(3, 60, 0.15, &mut rng())?;
    let classes = data.classes(3)?;
    let rows: Vec<&[f64]> = data.inputs().iter().map(Vec::as_slice).collect();
    let points = || {
        data.rows()
            .zip(&classes)
            .map(|((point, _), &class)| ((point[0], point[1]), class))
            .collect()
    };
    let mut planes = Vec::new();
    let mut shares = Vec::new();
    for (name, sizes) in [
        ("f = W·x", vec![2, 3]),
        ("W2·max(0, W1·x), H = 24", vec![2, 24, 3]),
        ("three layers, H = 16, 16", vec![2, 16, 16, 3]),
    ] {
        let mut mlp = Mlp::new(&mut rng(), &sizes, Activation::Relu)?;
        train(&mut mlp, 300, 0.03, |mlp| {
            Ok(svm(mlp, &rows, &classes)? + loss::l2_penalty(&mlp.parameters(), 1e-4)?)
        })?;
        let right = classes_right(&mlp, &data, 3)?;
        println!(
            "  {name}: {:.0} % right, {} parameters",
            100.0 * right,
            mlp.parameter_count()
        );
        shares.push(right);
        planes.push(Plane {
            title: format!("{name}: {:.0} %", 100.0 * right),
            axes: ["x", "y"].map(String::from),
            xs: -1.1..1.1,
            ys: -1.1..1.1,
            points: points(),
            scores: Box::new(move |(x, y)| Ok(mlp.forward(&[x, y])?)),
        });
    }
    hold(
        shares[0] < 0.6 && shares[1] > 0.9 && shares[2] > 0.95,
        "layers bend the boundary",
    )?;
    pictures.planes("03-layers.svg", 3, [320, 300], &planes)
}

/// The templates of hidden units in a network that classifies digits, and the classes that use them.
fn templates(pictures: &Pictures) -> Outcome<()> {
    let (train, test) = digits()?;
    let mut mlp = Mlp::new(&mut rng(), &[64, 16, 10], Activation::Relu)?;
    train_on_digits(&mut mlp, &train, 16, 5e-3)?;
    let right = classes_right(&mlp, &test, 10)?;
    println!(
        "  digits with 16 hidden units: {:.1} % accuracy on unseen digits",
        100.0 * right
    );
    hold(right > 0.94, "two layers read digits better than one")?;
    let rows = |layer: usize| -> Vec<Vec<f64>> {
        mlp.layers[layer]
            .neurons
            .iter()
            .map(|row| row.weights.clone())
            .collect()
    };
    let tiles: Vec<Tile> = (1..)
        .zip(rows(0))
        .map(|(unit, weights): (usize, _)| Tile {
            name: unit.to_string(),
            values: scaled(&weights),
        })
        .collect();
    let mut tiles = tiles.into_iter();
    let lines = [(); 2].map(|()| (String::new(), tiles.by_ref().take(8).collect()));
    let group = Tiles {
        title: String::new(),
        rows: lines.into(),
        dot: 10,
        ink: Ink::Signed,
    };
    let said = "Sixteen templates of 8 by 8 weights, one per hidden unit. Positive weights are orange, negative ones blue.";
    pictures.tiles("03-hidden.svg", said, &[group])?;
    let shared = rows(1);
    let used = |unit: usize| shared.iter().filter(|class| class[unit] > 0.2).count();
    let most = (0..16).map(used).max().unwrap_or(0);
    println!("  the most shared hidden unit supports {most} classes");
    hold(most >= 2, "classes share hidden units")?;
    let largest = shared
        .iter()
        .flatten()
        .fold(0.0_f64, |largest, w| largest.max(w.abs()));
    let lines = shared.iter().enumerate().map(|(digit, row)| {
        let parts = row.iter().map(|weight| weight / largest);
        (digit.to_string(), parts.collect())
    });
    let table = Table {
        title: "W2: how much each class likes each template",
        names: ["digit", "hidden unit"],
        columns: (1..=16).map(|unit| unit.to_string()).collect(),
        rows: lines.collect(),
        ink: Ink::Signed,
    };
    let said = "Table of the weights W2: one row per digit, one column per hidden unit. Positive weights are orange, negative ones blue.";
    pictures.tables("03-sharing.svg", said, &[table])
}
