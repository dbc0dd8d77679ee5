//! Optimizers: they take a gradient and move the parameters one step down it.
//!
//! From its first step on, an optimizer keeps a state of past gradients, one entry per parameter. Parameters are plain
//! numbers, in a slice or in any structure of [`Parameters`](crate::Parameters), such as an [`Mlp`](super::Mlp). A
//! [`Schedule`] says how the learning rate changes from step to step.
//!
//! ```
//! use chainrule::nn::optimizer::{Adam, Optimizer, Schedule};
//!
//! // The minimum of (x − 3)².
//! let schedule = Schedule::linear(0.5, 0.01, 200)?;
//! let mut adam = Adam::new(schedule.rate(0))?;
//! let mut x = vec![0.0];
//! for step in 0..200 {
//!     adam.set_rate(schedule.rate(step))?;
//!     let gradient = [2.0 * (x[0] - 3.0)];
//!     adam.step(&mut x, &gradient)?;
//! }
//! assert!((x[0] - 3.0).abs() < 1e-3);
//! # Ok::<(), chainrule::Error>(())
//! ```

mod adaptive;
mod rule;
mod schedule;
mod sgd;
mod state;

pub use adaptive::{Adam, AdamW, RmsProp};
pub use rule::{DynParameters, Optimizer};
pub use schedule::Schedule;
pub use sgd::Sgd;
