//! Small neural networks: layers of neurons, what they learn from, how they learn and how well.
//!
//! An [`Mlp`] is made of [`Layer`]s of [`Neuron`]s with an [`Activation`], over any kind of number. [`data`] reads or
//! generates rows of numbers with a target each, and deals them out in parts and batches; a [`loss`] says how far
//! outputs are from targets; an [`optimizer`] moves the parameters down the gradient; [`fit`] does all of this over and
//! over, through a compiled program; [`metrics`] compares predictions with targets.

mod activation;
mod builder;
#[cfg(feature = "serde")]
pub mod checkpoint;
pub mod data;
pub mod fit;
mod layer;
pub mod loss;
pub mod metrics;
mod mlp;
pub mod optimizer;

pub use activation::{Activation, softmax};
pub use builder::{Initialization, MlpBuilder};
pub use fit::Fit;
pub use layer::{Layer, Neuron};
pub use mlp::Mlp;
