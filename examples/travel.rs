//! Saves a program and loads it again, and prints how many bytes and how much time that takes.
//!
//! `cargo run --release --example travel --features serde [-- STEPS]` simulates a ring of coupled oscillators. The function
//! that was traced is needed only once: the loaded program has the same bits.

use std::process::ExitCode;
use std::time::Instant;

use chainrule::{Program, Scalar, Transform};

/// How many oscillators there are.
const RING: usize = 50;

/// The energy of the ring after some steps, as a function of the first angles.
fn energy<S: Scalar>(angles: &[S], steps: usize) -> S {
    let mut angles = angles.to_vec();
    let mut speeds = vec![S::from(0.0); angles.len()];
    for _ in 0..steps {
        for i in 0..RING {
            let pull = (angles[(i + 1) % RING] - angles[i]).sin()
                - (angles[i] - angles[(i + RING - 1) % RING]).sin();
            speeds[i] = pull * 0.05 + speeds[i] * 0.999;
        }
        for (angle, &speed) in angles.iter_mut().zip(&speeds) {
            *angle += speed * 0.05;
        }
    }
    speeds.iter().map(|speed| speed.square()).sum()
}

/// Runs work and prints its seconds.
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what:44} {:8.3} s", start.elapsed().as_secs_f64());
    result
}

fn run(steps: usize) -> Result<(), Box<dyn std::error::Error>> {
    let point: Vec<f64> = (0..RING).map(|i| (i as f64 * 0.7).sin()).collect();
    let f = timed("trace", || Program::trace(RING, |x| energy(x, steps)))?;
    println!("  {} values", f.ir().len());
    let gradient = timed("first gradient, which compiles", || f.gradient(&point))?;
    timed("next gradient", || f.gradient(&point))?;

    let json = timed("save as JSON", || serde_json::to_string(&f))?;
    println!("  {} bytes", json.len());
    let loaded: Program = timed("load from JSON", || serde_json::from_str(&json))?;
    let bytes = timed("save as bytes of postcard", || postcard::to_allocvec(&f))?;
    println!("  {} bytes", bytes.len());
    let again: Program = timed("load from bytes", || postcard::from_bytes(&bytes))?;
    let of_loaded = timed("first gradient of the loaded program", || {
        loaded.gradient(&point)
    })?;
    let same = of_loaded == gradient && again.gradient(&point)? == gradient;
    println!(
        "  the gradients have {} bits",
        if same { "the same" } else { "other" }
    );

    // A derivative is a program too. It travels after it was made.
    let derivative = timed("gradient as a program", || f.transform(Transform::Gradient))?;
    let bytes = timed("save it as bytes", || postcard::to_allocvec(&derivative))?;
    println!("  {} bytes", bytes.len());
    let loaded: Program = timed("load it", || postcard::from_bytes(&bytes))?;
    let values = timed("first values, which compile", || loaded.values(&point))?;
    println!(
        "  the gradients have {} bits",
        if values == gradient.1 {
            "the same"
        } else {
            "other"
        }
    );
    Ok(())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let steps = arguments.next().map_or(Ok(1000), |steps| steps.parse());
    let (Ok(steps), None) = (steps, arguments.next()) else {
        eprintln!(
            "usage: cargo run --release --example travel --features serde [-- STEPS]   (default: 1000)"
        );
        return ExitCode::from(2);
    };
    match run(steps) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
