//! Traces the model and writes its residuals with their Jacobian as Rust.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use chainrule::{Mode, Program, Transform};

mod model;

fn main() -> Result<(), Box<dyn Error>> {
    let f = Program::trace(3, model::residuals)?;
    let text = f.to_rust_of(Transform::Jacobian(Mode::Cheaper), "residuals")?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("residuals.rs"), text)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=model.rs");
    Ok(())
}
