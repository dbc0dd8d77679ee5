//! Small neural networks: layers of neurons, data, losses, optimizers, training and metrics.
//!
//! An [`Mlp`] consists of [`Layer`]s of [`Neuron`]s with an [`Activation`], over any kind of number. [`data`] reads or
//! generates rows of numbers with a target each, and splits them into parts and batches. A [`loss`] measures how far
//! outputs are from targets, and an [`optimizer`] moves the parameters down the gradient. [`fit`] repeats this through a
//! compiled program, and [`metrics`] compares predictions with targets.

mod activation;
mod builder;
mod check;
#[cfg(feature = "serde")]
pub mod checkpoint;
pub mod data;
pub mod fit;
mod initialization;
mod layer;
pub mod loss;
pub mod metrics;
mod mlp;
pub mod optimizer;
#[cfg(feature = "serde")]
mod saved;

pub use activation::{Activation, softmax};
pub use builder::MlpBuilder;
pub use fit::Fit;
pub use initialization::Initialization;
pub use layer::{Layer, Neuron};
pub use mlp::Mlp;
