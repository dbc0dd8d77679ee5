//! Derivatives of functions, and building blocks for functions that will be differentiated.
//!
//! - *The derivative of a closure at a point*: the functions [`gradient`] to [`taylor`]. They give the same results as the
//!   methods of [`Program`](crate::Program), [`Evaluator`](crate::Evaluator) and [`Batch`](crate::Batch) with the same
//!   names.
//! - *Derivatives within a function that is itself differentiated*: [`recorded`].
//! - *Declared slopes, and solutions of equations*: [`custom()`], [`opaque`], [`implicit()`], [`fixed_point`].
//! - *Long computations in little memory*: [`recomputed`] for parts of any kind, [`unroll()`] for a loop.
//!
//! ```
//! use chainrule::{Program, derive};
//!
//! let rosenbrock = |x: &[chainrule::Var]| (x[1] - x[0].square()).square() * 100.0 + (-x[0] + 1.0).square();
//! assert_eq!(derive::gradient(rosenbrock, &[1.0, 1.0])?, (0.0, vec![0.0, 0.0]));
//! assert_eq!(derive::hessian(rosenbrock, &[1.0, 1.0])?.2, [802.0, -400.0, -400.0, 200.0]);
//!
//! // Many points: trace once and reuse the memory.
//! let mut at = Program::trace(2, rosenbrock)?.evaluator();
//! assert_eq!(at.hvp(&[1.0, 1.0], &[1.0, 2.0])?.2, [2.0, 0.0]);
//! # Ok::<(), chainrule::Error>(())
//! ```

mod custom;
mod implicit;
mod recompute;
pub mod recorded;
mod unroll;

pub use custom::{custom, custom_jvp, custom_vjp, opaque, stop_gradient};
pub use implicit::{fixed_point, implicit};
pub use recompute::{Segments, recomputed};
pub use unroll::{Unrolled, unroll};

// Every question that can be asked of a closure.
pub use crate::program::questions::*;
