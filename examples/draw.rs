//! Draws the lecture's examples of backpropagation and a small network.
//!
//! `cargo run --example draw [directory]` writes pictures in the language of Graphviz, and images of them if the
//! program `dot` is installed.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use chainrule::{Direction, Var, tape};

/// The lecture's first example: `f = (x + y)·z`.
fn product() -> String {
    let x = Var::new(-2.0).named("x");
    let y = Var::new(5.0).named("y");
    let z = Var::new(-4.0).named("z");
    let q = (x + y).named("q");
    let f = (q * z).named("f");
    f.dot().gradients(&f.backward()).to_string()
}

/// The lecture's second example, a neuron: `1/(1 + exp(−(w₀x₀ + w₁x₁ + w₂)))`.
fn sigmoid() -> String {
    let [w0, x0] = [Var::new(2.0).named("w0"), Var::new(-1.0).named("x0")];
    let [w1, x1] = [Var::new(-3.0).named("w1"), Var::new(-2.0).named("x1")];
    let w2 = Var::new(-3.0).named("w2");
    let f = 1.0 / (1.0 + (-(w0 * x0 + w1 * x1 + w2)).exp());
    f.dot().gradients(&f.backward()).precision(2).to_string()
}

/// Weights, a bias and an activation; the weights are recorded here, so they stand in the neuron's box.
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
fn network() -> String {
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
    loss.dot().gradients(&loss.backward()).to_string()
}

/// The last steps of a long computation: what is further away is counted.
fn long_sum() -> String {
    let terms = (1..=1000).map(|n| Var::new(f64::from(n)).recip().square());
    let sum = terms.fold(Var::new(0.0), |sum, term| sum + term);
    let pi = (sum * 6.0).sqrt().named("π");
    pi.dot()
        .max_nodes(12)
        .direction(Direction::TopToBottom)
        .precision(6)
        .to_string()
}

/// Writes the text, and the image if `dot` can be run; gives what was written.
fn write(directory: &Path, name: &str, text: &str) -> Result<Vec<PathBuf>, String> {
    let source = directory.join(name).with_extension("dot");
    let image = source.with_extension("svg");
    fs::write(&source, text)
        .map_err(|error| format!("cannot write {}: {error}", source.display()))?;
    let program = Command::new("dot")
        .arg("-Tsvg")
        .arg(&source)
        .arg("-o")
        .arg(&image)
        .status();
    match program {
        Ok(status) if status.success() => Ok(vec![source, image]),
        Ok(status) => Err(format!("dot could not draw {}: {status}", source.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(vec![source]),
        Err(error) => Err(format!("cannot run the program dot: {error}")),
    }
}

fn draw(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory)
        .map_err(|error| format!("cannot make the directory {}: {error}", directory.display()))?;
    let mut images = true;
    for (name, text) in [
        ("product", product()),
        ("sigmoid", sigmoid()),
        ("network", network()),
        ("long_sum", long_sum()),
    ] {
        let written = write(directory, name, &text)?;
        images &= written.len() > 1;
        for path in written {
            println!("{}", path.display());
        }
    }
    if !images {
        println!(
            "No images: install Graphviz (its program is `dot`) and run this again, or draw one yourself with"
        );
        println!(
            "    dot -Tsvg {} -o product.svg",
            directory.join("product.dot").display()
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let directory = arguments
        .next()
        .map_or_else(|| PathBuf::from("target/pictures"), PathBuf::from);
    if arguments.next().is_some() || directory.to_string_lossy().starts_with('-') {
        eprintln!("usage: cargo run --example draw [directory]   (target/pictures without one)");
        return ExitCode::FAILURE;
    }
    match draw(&directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
