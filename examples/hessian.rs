//! Newton's method with exact second derivatives, on Rosenbrock's function.
//!
//! Shows the value, the gradient and the Hessian of one traced function, and a use for them: each step solves
//! `(H + λ·1)·step = −gradient`, with `λ` just large enough for the factorization to exist and the value to fall.
//!
//! Run with `cargo run --release --example hessian`.

use chainrule::{Program, Result, Scalar};

const N: usize = 10;

fn rosenbrock<S: Scalar>(x: &[S]) -> S {
    x.windows(2)
        .map(|p| (p[1] - p[0] * p[0]).square() * 100.0 + (-p[0] + 1.0).square())
        .sum()
}

fn main() -> Result<()> {
    let f = Program::trace(N, rosenbrock)?;
    println!("{:?}\n", f.hessian_sparsity()?);
    let mut at = f.evaluator();
    let mut x = vec![0.0; N];
    println!(
        "{:>4} {:>14} {:>12} {:>10}",
        "step", "value", "|gradient|", "lambda"
    );
    let mut lambda = 0.0;
    for step in 0..=30 {
        let (value, gradient) = at.gradient(&x)?;
        let gradient = gradient.to_vec();
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        println!("{step:>4} {value:>14.6e} {norm:>12.3e} {lambda:>10.1e}");
        if norm < 1e-8 {
            println!("\nat the minimum after {step} steps: x[0] = {:.12}", x[0]);
            return Ok(());
        }
        let hessian = at.hessian(&x)?.2.to_vec();
        // No damping if the step helps. Otherwise more and more damping, until rounding prevents a lower value.
        let dampings = std::iter::once(0.0).chain((0..20).map(|k| 4.0_f64.powi(k)));
        let mut lower = None;
        for damping in dampings {
            lambda = damping;
            if let Some(step) = solve(&hessian, &gradient, damping) {
                let next: Vec<f64> = x.iter().zip(step).map(|(x, s)| x - s).collect();
                if at.value(&next)? <= value {
                    lower = Some(next);
                    break;
                }
            }
        }
        let Some(next) = lower else { break };
        x = next;
    }
    println!("\nnot converged after 30 steps");
    Ok(())
}

/// Solves `(H + λ·1)·s = g` by Cholesky factorization; `None` if the matrix is not positive definite.
fn solve(hessian: &[f64], gradient: &[f64], lambda: f64) -> Option<Vec<f64>> {
    let n = gradient.len();
    let mut l = hessian.to_vec();
    for i in 0..n {
        l[i * n + i] += lambda;
    }
    for j in 0..n {
        for k in 0..j {
            for i in j..n {
                l[i * n + j] -= l[i * n + k] * l[j * n + k];
            }
        }
        let pivot = l[j * n + j];
        if pivot <= 1e-12 {
            return None;
        }
        for i in j..n {
            l[i * n + j] /= pivot.sqrt();
        }
    }
    let mut s = gradient.to_vec();
    for i in 0..n {
        let known: f64 = (0..i).map(|k| l[i * n + k] * s[k]).sum();
        s[i] = (s[i] - known) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| l[k * n + i] * s[k]).sum();
        s[i] = (s[i] - known) / l[i * n + i];
    }
    Some(s)
}
