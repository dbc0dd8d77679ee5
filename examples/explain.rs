//! Explains the lecture's two examples of backpropagation step by step.
//!
//! `cargo run --example explain [directory]` prints every step and writes, for each example, a page that steps through it
//! (by default in `target/pictures`). In a terminal, values are green and gradients red, as on pictures. Open a page in a
//! browser; it needs no network.

#[path = "shared/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use chainrule::{Explanation, Var, tape};

/// The lecture's first example: `f = (x + y)·z`.
fn product() -> Explanation {
    let x = Var::new(-2.0).named("x");
    let y = Var::new(5.0).named("y");
    let z = Var::new(-4.0).named("z");
    let q = (x + y).named("q");
    (q * z).named("f").explain()
}

/// The lecture's second example, a neuron gate by gate: `1/(1 + exp(−(w₀x₀ + w₁x₁ + w₂)))`.
fn sigmoid() -> Explanation {
    let [w0, x0] = [Var::new(2.0).named("w0"), Var::new(-1.0).named("x0")];
    let [w1, x1] = [Var::new(-3.0).named("w1"), Var::new(-2.0).named("x1")];
    let w2 = Var::new(-3.0).named("w2");
    let (a, b) = ((w0 * x0).named("a"), (w1 * x1).named("b"));
    let c = (a + b).named("c");
    let d = (c + w2).named("d");
    let exponential = (-d).named("−d").exp().named("e⁻ᵈ");
    let h = (exponential + 1.0).named("h");
    h.recip().named("f").explain()
}

fn explain(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory)
        .map_err(|error| format!("cannot make the directory {}: {error}", directory.display()))?;
    for (name, title, explanation) in [
        ("product", "f = (x + y)·z", tape::scope(product)),
        (
            "neuron",
            "f = 1/(1 + exp(−(w0·x0 + w1·x1 + w2)))",
            tape::scope(sigmoid),
        ),
    ] {
        let text = if terminal::has_colours() {
            explanation.to_ansi()
        } else {
            explanation.to_string()
        };
        println!("{title}\n\n{text}");
        let path = directory.join(name).with_extension("html");
        fs::write(&path, explanation.html().title(title).to_string())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("Step through it: {}\n", path.display());
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let directory = arguments
        .next()
        .map_or_else(|| PathBuf::from("target/pictures"), PathBuf::from);
    if arguments.next().is_some() || directory.to_string_lossy().starts_with('-') {
        eprintln!("usage: cargo run --example explain [directory]   (default: target/pictures)");
        return ExitCode::FAILURE;
    }
    match explain(&directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
