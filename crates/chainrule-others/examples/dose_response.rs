//! Fits two curves of four parameters, and prints their standard errors from the Jacobian and from the Hessian.
//!
//! Run with `cargo run --release -p chainrule-others --example dose_response`.

use chainrule_others::dose_response::{
    Estimate, TRUTH, fit, growth, measured, onions, residuals, response,
};

fn table(curve: &str, names: [&str; 4], expected: [f64; 4], found: &Estimate) {
    for k in 0..4 {
        println!(
            "| {curve} | {} | {} | {:.4} | {:.4} | {:.4} |",
            names[k],
            expected[k],
            found.parameters[k],
            found.from_jacobian[k],
            found.from_hessian[k]
        );
    }
}

fn main() -> chainrule::Result<()> {
    println!("| curve | parameter | expected | found | error from J | error from H |");
    println!("|---|---|---:|---:|---:|---:|");
    let found = fit(
        residuals(response, &measured(0.03, 1))?,
        &[0.0, 1.0, 0.0, 1.0],
    )?;
    let names = ["bottom", "top", "log dose halfway", "slope"];
    table("dose and response", names, TRUTH, &found);
    let found = fit(residuals(growth, &onions())?, &[100.0, 10.0, 1.0, 1.0])?;
    let certified = [699.6415, 5.2771, 0.7596, 1.2792];
    table(
        "growth (Rat43)",
        ["b1", "b2", "b3", "b4"],
        certified,
        &found,
    );
    Ok(())
}
