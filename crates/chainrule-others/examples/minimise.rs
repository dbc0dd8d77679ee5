//! Prints what argmin's solvers need on Rosenbrock's function of ten inputs and on a logistic regression.
//!
//! Run with `cargo run --release -p chainrule-others --example minimise`.

use std::cell::RefCell;

use argmin::core::Error;
use chainrule_others::logistic;
use chainrule_others::minimise::{Method, Minimum, minimise, rosenbrock_program};
use chainrule_others::objective::{Objective, RowSum};

fn line(problem: &str, method: Method, found: &Minimum) {
    let Minimum {
        value,
        iterations,
        costs,
        gradients,
        hessians,
        time,
        ..
    } = found;
    println!(
        "| {problem} | {method:?} | {iterations} | {costs} | {gradients} | {hessians} | {value:.3e} | {:.1} |",
        time.as_secs_f64() * 1e3
    );
}

fn main() -> Result<(), Error> {
    println!("| function | solver | iterations | values | gradients | Hessians | minimum | ms |");
    println!("|---|---|---:|---:|---:|---:|---:|---:|");
    for method in Method::ALL {
        let (f, start) = rosenbrock_program(10)?;
        line(
            "Rosenbrock, 10 inputs",
            method,
            &minimise(method, Objective(f), &start, 1e-10)?,
        );
    }
    let data = logistic::data(1000, 1);
    for method in Method::ALL {
        let batch = RefCell::new(logistic::batch(&data)?);
        let start = [0.0; logistic::FEATURES];
        line(
            "logistic, 1000 rows",
            method,
            &minimise(method, RowSum(batch), &start, logistic::FLAT)?,
        );
    }
    for method in Method::ALL {
        let f = Objective(logistic::array_program(&data)?);
        let start = [0.0; logistic::FEATURES];
        line(
            "the same with arrays",
            method,
            &minimise(method, f, &start, logistic::FLAT)?,
        );
    }
    Ok(())
}
