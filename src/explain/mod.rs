//! The backward pass step by step, as a lecture tells it: upstream gradient times local gradient.
//!
//! An [`Explanation`] of an output has a [`Step`] for each event on the way back: where the pass starts, what a gate does with
//! the gradient that reaches it, where the gradients of a value's copies add up. It copies everything it tells, so the graph
//! can change or be freed before it is printed. Its `Display` is text for the terminal, [`Explanation::frames`] are
//! pictures, [`Explanation::html`] is a page.
//!
//! `step` holds a step and its sentence, `explanation` the whole pass, and `replay` finds the steps of a graph.

mod explanation;
mod replay;
mod step;

pub use explanation::Explanation;
pub use step::{Branch, Pattern, Step};
