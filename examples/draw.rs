//! Draws the lecture's examples of backpropagation and a small network.
//!
//! `cargo run --example draw [directory]` writes each picture twice: as an SVG image and as Graphviz text.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use chainrule::{Direction, Picture, Var, tape};

/// A picture as an image and as Graphviz text.
struct Drawn {
    svg: String,
    text: String,
}

impl From<Picture<'_>> for Drawn {
    fn from(picture: Picture<'_>) -> Self {
        Self {
            svg: picture.to_svg(),
            text: picture.to_string(),
        }
    }
}

/// The lecture's first example: `f = (x + y)·z`.
fn product() -> Drawn {
    let x = Var::new(-2.0).named("x");
    let y = Var::new(5.0).named("y");
    let z = Var::new(-4.0).named("z");
    let q = (x + y).named("q");
    let f = (q * z).named("f");
    f.picture().gradients(&f.backward()).into()
}

/// The lecture's second example, a neuron: `1/(1 + exp(−(w₀x₀ + w₁x₁ + w₂)))`.
fn sigmoid() -> Drawn {
    let [w0, x0] = [Var::new(2.0).named("w0"), Var::new(-1.0).named("x0")];
    let [w1, x1] = [Var::new(-3.0).named("w1"), Var::new(-2.0).named("x1")];
    let w2 = Var::new(-3.0).named("w2");
    let f = 1.0 / (1.0 + (-(w0 * x0 + w1 * x1 + w2)).exp());
    f.picture().gradients(&f.backward()).precision(2).into()
}

/// Weights, a bias and an activation. The weights are recorded here, so they are in the neuron's box.
fn neuron(label: &str, weights: &[f64], bias: f64, inputs: &[Var]) -> Var {
    tape::named(label, || {
        let weights: Vec<Var> = (1..)
            .zip(weights)
            .map(|(i, &w)| Var::new(w).named(format!("w{i}")))
            .collect();
        let bias = Var::new(bias).named("b");
        let sum: Var = weights.iter().zip(inputs).map(|(&w, &x)| w * x).sum();
        (sum + bias).tanh()
    })
}

/// A network of two layers and three neurons, and its squared error.
fn network() -> Drawn {
    let inputs = [Var::new(0.5).named("x1"), Var::new(-1.0).named("x2")];
    let hidden = tape::named("hidden layer", || {
        [
            neuron("neuron 1", &[0.7, -0.3], 0.1, &inputs),
            neuron("neuron 2", &[0.4, 0.9], -0.2, &inputs),
        ]
    });
    let output = tape::named("output layer", || {
        neuron("neuron 3", &[1.1, -0.8], 0.05, &hidden)
    });
    let loss = (output - 1.0).square().named("loss");
    loss.picture().gradients(&loss.backward()).into()
}

/// The last steps of a long computation. Earlier nodes are only counted.
fn long_sum() -> Drawn {
    let terms = (1..=1000).map(|n| Var::new(f64::from(n)).recip().square());
    let sum = terms.fold(Var::new(0.0), |sum, term| sum + term);
    let pi = (sum * 6.0).sqrt().named("π");
    pi.picture()
        .max_nodes(12)
        .direction(Direction::TopToBottom)
        .precision(6)
        .into()
}

/// Writes all pictures, and prints their paths.
fn draw(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, drawn) in [
        ("product", product()),
        ("sigmoid", sigmoid()),
        ("network", network()),
        ("long_sum", long_sum()),
    ] {
        for (extension, text) in [("svg", drawn.svg), ("dot", drawn.text)] {
            let path = directory.join(name).with_extension(extension);
            fs::write(&path, text)?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let directory = arguments
        .next()
        .map_or_else(|| PathBuf::from("target/pictures"), PathBuf::from);
    if arguments.next().is_some() || directory.to_string_lossy().starts_with('-') {
        eprintln!("usage: cargo run --example draw [directory]   (default: target/pictures)");
        return ExitCode::FAILURE;
    }
    match draw(&directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write to {}: {error}", directory.display());
            ExitCode::FAILURE
        }
    }
}
