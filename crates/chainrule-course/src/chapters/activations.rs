//! Chapter 5: six activations with their slopes, and the effect of saturation on a gradient.

use chainrule::{Var, tape};
use plotters::chart::SeriesLabelPosition;

use crate::learn::{agree, hold};
use crate::plot::{BLUE, Chart, Outcome, Pictures, RED, Series};

/// A function over recorded values.
type Function = fn(Var) -> Var;

const FUNCTIONS: [(&str, Function); 6] = [
    ("sigmoid 1/(1 + e⁻ˣ)", |x| x.sigmoid()),
    ("tanh x", |x| x.tanh()),
    ("ReLU max(0, x)", |x| x.relu()),
    ("leaky ReLU max(0.1·x, x)", |x| x.leaky_relu(0.1)),
    ("maxout max(−x/2, x − 1)", |x| {
        Var::max_of(&[x * -0.5, x - 1.0])
    }),
    ("ELU x or eˣ − 1", |x| x.elu(1.0)),
];

/// Value and slope, computed by the engine.
fn at(function: Function, x: f64) -> (f64, f64) {
    tape::scope(|| {
        let x = Var::new(x);
        let y = function(x);
        (y.value(), y.backward()[x])
    })
}

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    let xs = || (-100..=100).map(|step| f64::from(step) / 20.0);
    let low = |&(_, y): &(f64, f64)| y <= 3.5;
    let charts = FUNCTIONS.map(|(name, function)| Chart {
        title: name.to_owned(),
        axes: ["x", ""],
        xs: -5.0..5.0,
        ys: -1.5..3.5,
        logarithmic: None,
        legend: (name == FUNCTIONS[0].0).then_some(SeriesLabelPosition::UpperLeft),
        series: vec![
            Series {
                name: "function",
                colour: BLUE,
                points: xs().map(|x| (x, at(function, x).0)).filter(low).collect(),
                dots: false,
            },
            Series {
                name: "derivative",
                colour: RED,
                points: xs().map(|x| (x, at(function, x).1)).collect(),
                dots: false,
            },
        ],
    });
    pictures.charts("05-activations.svg", 3, [300, 250], &charts)?;

    println!("  x         σ′(x)         tanh′(x)      ReLU′(x)");
    for x in [0.0, 2.0, 5.0, 10.0, 20.0] {
        let [sigmoid, tanh, relu] = [0, 1, 2].map(|place| at(FUNCTIONS[place].1, x).1);
        println!("  {x:<8}  {sigmoid:<12.3e}  {tanh:<12.3e}  {relu}");
    }
    agree("σ′(0)", at(FUNCTIONS[0].1, 0.0).1, 0.25, 0.0)?;
    agree(
        "σ′(10)",
        at(FUNCTIONS[0].1, 10.0).1,
        4.539_580_773_595_168e-5,
        1e-19,
    )?;

    for layers in [1, 5, 10] {
        let through = |function: Function| {
            tape::scope(|| {
                let x = Var::new(0.5);
                let y = (0..layers).fold(x, |h, _| function(h));
                y.backward()[x]
            })
        };
        let [sigmoid, relu] = [0, 2].map(|place| through(FUNCTIONS[place].1));
        println!("  after {layers:2} layers: sigmoid {sigmoid:.1e}, ReLU {relu}");
        hold(
            sigmoid <= 0.25_f64.powi(layers),
            "a sigmoid passes at most a quarter",
        )?;
        agree("the gradient through rectifiers", relu, 1.0, 0.0)?;
    }
    Ok(())
}
