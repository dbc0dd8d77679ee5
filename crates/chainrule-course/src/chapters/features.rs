//! Chapter 2: in polar coordinates, a line separates circles.

use chainrule::nn::data::{Dataset, circles};
use chainrule::nn::{Activation, Mlp};
use chainrule::{Scalar, Var};

use crate::learn::{agree, dots, hinge, rng, sides_right, train};
use crate::plot::{Outcome, Pictures, Plane};

/// The lecture's feature transform: a point's distance from the origin and its angle.
fn polar<S: Scalar>([x, y]: [S; 2]) -> [S; 2] {
    [x.hypot(y), y.atan2(x)]
}

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    let rings = circles(100, 0.45, 0.07, &mut rng())?;
    let features = rings
        .inputs()
        .iter()
        .map(|point| polar([point[0], point[1]]).to_vec());
    let features = Dataset::new(features.collect(), rings.targets().to_vec())?;

    let mut before = Mlp::new(&mut rng(), &[2, 1], Activation::Linear)?;
    train(&mut before, 200, 0.05, |mlp| hinge(mlp, &rings))?;
    let mut after = Mlp::new(&mut rng(), &[2, 1], Activation::Linear)?;
    train(&mut after, 400, 0.05, |mlp| hinge(mlp, &features))?;
    let shares = [
        sides_right(&before, &rings)?,
        sides_right(&after, &features)?,
    ];
    println!("  on (x, y):  {:.0} % right", 100.0 * shares[0]);
    println!("  on (r, θ):  {:.0} % right", 100.0 * shares[1]);
    agree("the share in polar coordinates", shares[1], 1.0, 0.0)?;

    let title = |name: &str, share: f64| format!("{name}: {:.0} % right", 100.0 * share);
    let back = after.clone();
    let planes = [
        Plane {
            title: title("a line in (x, y)", shares[0]),
            axes: ["x", "y"].map(String::from),
            xs: -1.6..1.6,
            ys: -1.6..1.6,
            points: dots(&rings),
            scores: Box::new(move |(x, y)| Ok(before.forward(&[x, y])?)),
        },
        Plane {
            title: title("a line in (r, θ)", shares[1]),
            axes: ["r", "θ"].map(String::from),
            xs: 0.0..1.6,
            ys: -3.4..3.4,
            points: dots(&features),
            scores: Box::new(move |(r, theta)| Ok(after.forward(&[r, theta])?)),
        },
        Plane {
            title: "the same line, seen in (x, y)".to_owned(),
            axes: ["x", "y"].map(String::from),
            xs: -1.6..1.6,
            ys: -1.6..1.6,
            points: dots(&rings),
            scores: Box::new(move |(x, y)| Ok(back.forward(&polar([x, y]))?)),
        },
    ];
    pictures.planes("02-polar.svg", 3, [320, 300], &planes)?;

    // The transform is ordinary code, so the engine differentiates through it.
    let (x, y) = (Var::new(3.0).named("x"), Var::new(4.0).named("y"));
    let [r, theta] = polar([x, y]);
    let (r, theta) = (r.named("r"), theta.named("θ"));
    let score = (r * -2.0 + theta * 0.1 + 1.5).named("score");
    let grads = score.backward();
    agree(
        "∂score/∂x",
        grads[x],
        -2.0 * 0.6 + 0.1 * (-4.0 / 25.0),
        1e-15,
    )?;
    agree(
        "∂score/∂y",
        grads[y],
        -2.0 * 0.8 + 0.1 * (3.0 / 25.0),
        1e-15,
    )?;
    pictures.graph("02-transform.svg", &score.picture().gradients(&grads))
}
