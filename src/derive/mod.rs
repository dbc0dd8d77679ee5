//! Derivatives of every kind: forward, reverse, mixed, of higher order, sparse, custom.

mod call;
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
