//! The gradient through a long integration of a differential equation, in a chosen amount of memory.
//!
//! A Lotka–Volterra system of two species, integrated by the classical Runge–Kutta method. The loss is the distance of the
//! end from a target, and its gradient is with respect to the four rates and the start. The first line of the table records
//! the whole loop; all other lines have the same bits.
//!
//! Run with `cargo run --release --example ode`, and `-- 1000000` for a million steps.

use std::time::Instant;

use chainrule::{Result, Var, derive, tape};

/// The growth of both species. The rates `p` are those of births, of being eaten, of eating and of deaths.
fn speed(x: [Var; 2], p: &[Var]) -> [Var; 2] {
    let met = x[0] * x[1];
    [p[0] * x[0] - p[1] * met, p[2] * met - p[3] * x[1]]
}

/// One step of length `h` of the classical Runge–Kutta method.
fn step(x: &[Var], p: &[Var], h: f64) -> Vec<Var> {
    let x = [x[0], x[1]];
    let along = |k: [Var; 2], h: f64| [x[0] + k[0] * h, x[1] + k[1] * h];
    let k1 = speed(x, p);
    let k2 = speed(along(k1, 0.5 * h), p);
    let k3 = speed(along(k2, 0.5 * h), p);
    let k4 = speed(along(k3, h), p);
    let sum = |i: usize| x[i] + (k1[i] + (k2[i] + k3[i]) * 2.0 + k4[i]) * (h / 6.0);
    vec![sum(0), sum(1)]
}

fn loss(x: &[Var], _: &[Var]) -> Var {
    (x[0] - 2.0).square() + (x[1] - 1.0).square()
}

fn main() -> Result<()> {
    let steps: usize = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(20_000);
    let (start, rates, h) = ([1.0, 0.5], [1.1, 0.4, 0.1, 0.4], 20.0 / steps as f64);

    println!("{steps} steps");
    println!(
        "{:>16} {:>12} {:>14} {:>10}  gradient with respect to the rates",
        "states kept", "steps made", "memory", "seconds"
    );
    // One recording of everything, if it fits into memory.
    if steps <= 200_000 {
        let began = Instant::now();
        let (graph, (x, p, y)) = tape::record(|| {
            let (start, p) = (start.map(Var::new), rates.map(Var::new));
            let mut x = start.to_vec();
            for _ in 0..steps {
                x = step(&x, &p, h);
            }
            (start, p, loss(&x, &p))
        });
        let grads = graph.backward(&[(y, 1.0)]);
        let bytes = graph.stats().bytes + graph.stats().nodes * size_of::<f64>();
        print("the whole graph", steps, bytes, began, &grads.of(&p));
        assert!(grads.of(&x).iter().all(|g| g.is_finite()));
    }
    let root = steps.isqrt();
    let mut first: Option<Vec<f64>> = None;
    for kept in [steps, root, 30, 10, 5] {
        let began = Instant::now();
        let run = derive::unroll(steps, &start, &rates, kept, |_, x, p| step(x, p, h), loss)?;
        let bytes = run.kept * size_of_val(&start);
        print(
            &run.kept.to_string(),
            run.steps,
            bytes,
            began,
            &run.by_parameters,
        );
        let bits = first.get_or_insert_with(|| run.by_parameters.clone());
        assert_eq!(
            bits, &run.by_parameters,
            "the number of kept states changes no bit"
        );
    }
    Ok(())
}

fn print(kept: &str, steps: usize, bytes: usize, began: Instant, gradient: &[f64]) {
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{kept:>16} {steps:>12} {:>11.1} kB {seconds:>10.3}  {gradient:.9?}",
        bytes as f64 / 1e3
    );
}
