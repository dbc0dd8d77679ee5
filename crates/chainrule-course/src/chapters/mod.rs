//! The chapters, in the order of the lecture. Each prints its numbers, checks them, and draws.

mod activations;
mod chain;
mod collapse;
mod features;
mod forward;
mod layers;
mod linear;
mod losses;
mod patterns;
mod training;

use crate::plot::{Outcome, Pictures};

type Chapter = fn(&Pictures) -> Outcome<()>;

/// Title and code of each chapter.
pub(crate) const CHAPTERS: [(&str, Chapter); 10] = [
    ("Linear classifiers and their limit", linear::run),
    ("Feature transforms", features::run),
    ("Two and three layers", layers::run),
    ("Why the max?", collapse::run),
    ("Activation functions", activations::run),
    ("Feed-forward, number by number", forward::run),
    ("The full training loop", training::run),
    ("Loss functions", losses::run),
    ("The chain rule", chain::run),
    ("Patterns in gradient flow", patterns::run),
];
