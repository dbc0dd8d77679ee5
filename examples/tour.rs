//! The engine in one page: micrograd's first example, with the numbers its README prints.
//!
//! Shows that ordinary arithmetic records itself, that one sweep gives the derivative with respect to every value, that
//! values can have names, and that the same formula runs over plain numbers.
//!
//! Run with `cargo run --example tour`.

use chainrule::{Scalar, Var, tape};

/// The formula, over any type of number.
#[expect(
    clippy::misrefactored_assign_op,
    reason = "written as micrograd writes it"
)]
fn g<S: Scalar>(a: S, b: S) -> S {
    let mut c = a + b;
    let mut d = a * b + b.powi(3);
    c += c + 1.0;
    c += S::from(1.0) + c - a;
    d += d * 2.0 + (b + a).relu();
    d += d * 3.0 + (b - a).relu();
    let e = c - d;
    let f = e.powi(2);
    let mut g = f / 2.0;
    g += S::from(10.0) / f;
    g
}

fn main() {
    let a = Var::new(-4.0).named("a");
    let b = Var::new(2.0).named("b");
    let y = g(a, b).named("g");
    println!("g     = {y:.4}   (the outcome of the forward pass)");

    let grads = y.backward();
    println!("dg/da = {:.4}  (how g responds to a)", grads[a]);
    println!("dg/db = {:.4}  (how g responds to b)", grads[b]);
    println!("recorded in {} nodes", tape::stats().nodes);

    println!(
        "over plain numbers g = {:.4}, nothing recorded",
        g(-4.0, 2.0)
    );
}
