//! Derivatives of every kind: forward, reverse, mixed, of higher order, sparse, custom.
//!
//! - *Of a closure, at a point*: the functions of this module, [`gradient`] to [`taylor`].
//! - *Of a function traced once*: methods of [`Program`](crate::Program) and [`Evaluator`](crate::Evaluator) by the same
//!   names, and as programs of their own `gradient_program` to `taylor_program`.
//! - *Of which few can be other than 0*: [`Program::sparse_jacobian`](crate::Program::sparse_jacobian),
//!   [`Program::sparse_hessian`](crate::Program::sparse_hessian); [`Sparse`], [`Pattern`], [`Csr`].
//! - *Within a function that is differentiated itself*: [`recorded`].
//! - *With slopes of one's own, or through equations*: [`custom()`], [`opaque`], [`implicit()`], [`fixed_point`].
//! - *Through a long computation, in little memory*: [`checkpointed`] for parts of any kind, [`unroll()`] for a loop.
//! - *At corners*: [`Program::kinks`](crate::Program::kinks), [`Program::one_sided`](crate::Program::one_sided).
//!
//! ```
//! use chainrule::{Program, derive};
//!
//! let rosenbrock = |x: &[chainrule::Var]| (x[1] - x[0].square()).square() * 100.0 + (-x[0] + 1.0).square();
//! assert_eq!(derive::gradient(rosenbrock, &[1.0, 1.0])?, [0.0, 0.0]);
//! assert_eq!(derive::hessian(rosenbrock, &[1.0, 1.0])?, [802.0, -400.0, -400.0, 200.0]);
//!
//! // Many points: trace once, and keep the memory.
//! let mut at = Program::trace(2, rosenbrock)?.evaluator();
//! assert_eq!(at.hvp(&[1.0, 1.0], &[1.0, 2.0])?, [2.0, 0.0]);
//! # Ok::<(), chainrule::Error>(())
//! ```

mod call;
mod checkpoint;
mod codes;
mod colour;
mod cones;
#[cfg(any(feature = "nalgebra-sparse", feature = "sprs"))]
mod convert;
mod custom;
mod direct;
mod functions;
mod implicit;
mod kinks;
mod pattern;
mod point;
mod programs;
pub mod recorded;
mod sparse;
mod taylor;
mod unroll;

pub use checkpoint::{Checkpoints, checkpointed};
pub use custom::{custom, custom_jvp, custom_vjp, opaque, stop_gradient};
pub use functions::{derivative, gradient, hessian, hvp, jacobian, jvp, laplacian, taylor, vjp};
pub use implicit::{fixed_point, implicit};
pub use kinks::Kink;
pub use pattern::Pattern;
pub use sparse::{Csr, Sparse};
pub use unroll::{Unrolled, unroll};

/// In which direction derivatives are computed.
///
/// ```
/// use chainrule::{Program, derive::Mode};
///
/// let f = Program::trace(3, |x| x[0] * x[1] * x[2])?;
/// let forward = f.jacobian_program(Mode::Forward);
/// let reverse = f.jacobian_program(Mode::Reverse);
/// let x = [2.0, 3.0, 4.0];
/// assert_eq!(forward.values(&x)?, [12.0, 8.0, 6.0]);
/// assert_eq!(reverse.values(&x)?, [12.0, 8.0, 6.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// From each input to the outputs.
    Forward,
    /// From each output to the inputs.
    Reverse,
    /// Whichever passes through fewer values.
    #[default]
    Cheaper,
}
