//! Samples the posterior of the eight schools with NUTS, and prints its means beside the exact ones.
//!
//! Run with `cargo run --release -p chainrule-others --example eight_schools`.

use std::time::Instant;

use chainrule_others::schools::{UNKNOWNS, exact_means, mean, program, quantities, sample};

fn main() -> anyhow::Result<()> {
    let began = Instant::now();
    let draws = sample(&program()?, &[0.0; UNKNOWNS], 10_000, 1)?;
    let seconds = began.elapsed().as_secs_f64();
    println!("| quantity | mean of the draws | Monte-Carlo error | exact mean |");
    println!("|---|---:|---:|---:|");
    for (k, exact) in exact_means().iter().enumerate() {
        let values: Vec<f64> = draws.points.iter().map(|x| quantities(x)[k]).collect();
        let (mean, error) = mean(&values);
        let name = match k {
            8 => "μ".to_owned(),
            9 => "τ".to_owned(),
            k => format!("school {}", k + 1),
        };
        println!("| {name} | {mean:.3} | {error:.3} | {exact:.3} |");
    }
    println!();
    println!(
        "{} draws, {} of them diverged; {} gradients, {seconds:.2} s",
        draws.points.len(),
        draws.diverged,
        draws.gradients
    );
    Ok(())
}
