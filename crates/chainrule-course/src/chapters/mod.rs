//! The chapters: those of the lecture in its order, between an introduction and three that lead further. Each prints its numbers, checks them, and draws.

mod activations;
mod chain;
mod collapse;
mod engine;
mod features;
mod forward;
mod layers;
mod learned;
mod linear;
mod losses;
mod matrices;
mod patterns;
mod slopes;
mod training;

use crate::plot::{Outcome, Pictures};

type Chapter = fn(&Pictures) -> Outcome<()>;

/// Title and code of each chapter, from chapter 0 on.
pub(crate) const CHAPTERS: [(&str, Chapter); 14] = [
    ("Slopes and steps downhill", slopes::run),
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
    ("Vectors and matrices", matrices::run),
    ("Build the engine yourself", engine::run),
    ("Features chosen, features learned", learned::run),
];
