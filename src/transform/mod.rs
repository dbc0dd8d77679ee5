//! Transforms: code in, code out, as equations.
//!
//! A derivative is a program like any other. [`Transform`] lists what can be made from a program. Each variant has one file
//! in this room, which evaluates the table's partials on symbols that write code. With inputs `x`, outputs `y` and first
//! output `f`:
//!
//! | | further inputs | outputs |
//! |---|---|---|
//! | `Values` | | `yᵢ` |
//! | `Gradient` | | `f`, `∂f/∂xⱼ` |
//! | `Jacobian` | | `yᵢ`, `∂yᵢ/∂xⱼ` row by row |
//! | `Jvp` | `v` | `yᵢ`, `Σⱼ ∂yᵢ/∂xⱼ·vⱼ` |
//! | `Vjp` | `u` | `yᵢ`, `Σᵢ uᵢ·∂yᵢ/∂xⱼ` |
//! | `Hessian` | | `f`, `∂f/∂xⱼ`, `∂²f/∂xᵢ∂xⱼ` row by row |
//! | `HessianDiagonal`, `Laplacian` | | `f`, `∂f/∂xⱼ`, then `∂²f/∂xⱼ²` or their sum |
//! | `Hvp`, `Vhp` | `v` | `f`, `∂f/∂xⱼ`, `Σⱼ ∂²f/∂xᵢ∂xⱼ·vⱼ` |
//! | `Curvature` | `v` | `Σᵢⱼ vᵢ·∂²f/∂xᵢ∂xⱼ·vⱼ` |
//! | `Third` | `u`, `v` | `f`, `∂f/∂xⱼ`, `Σⱼₖ ∂³f/∂xᵢ∂xⱼ∂xₖ·uⱼvₖ` |
//! | `Taylor(K)` | `v` | `y₀ … y_K` of `y(x + t·v) = Σ yₖtᵏ` for each output |
//!
//! [`sum_over_rows`] adds outputs over all rows. Every transform also applies to the sums.

mod colouring;
mod dependencies;
mod direct;
mod directions;
mod forward;
mod hessian;
mod jacobian;
mod live;
mod outputs;
mod partials;
mod parts;
mod reverse;
mod sparsity;
mod step;
mod sum_over_rows;
mod taylor;

pub(crate) use colouring::{
    Both as Colours, NONE as NO_COLOUR, alone as alone_in_colour, both as colour_both,
    columns as colour_columns, count as count_colours, star as colour_star,
};
pub(crate) use directions::{jvp as jvp_by_row, vjp as vjp_by_row};
pub(crate) use hessian::{hessian_sparsity, is_symmetric, sparse_hessian};
pub use jacobian::Mode;
pub(crate) use jacobian::{is_long as jacobian_is_long, sparse_jacobian};
pub(crate) use outputs::{all_parts, first as first_output, join, last_part, select};
pub(crate) use partials::partials;
pub(crate) use parts::Parts;
pub(crate) use reverse::varies;
pub use sparsity::Sparsity;
pub(crate) use step::{StepCode, StepShape, adjoint_step, split as split_step, tangent_step};
pub(crate) use sum_over_rows::sum_over_rows;

use crate::error::Result;
use crate::ir::Ir;

/// What can be made from a program, as [another program](crate::Program::transform).
///
/// ```
/// use chainrule::{Program, Transform};
///
/// let f = Program::trace(2, |x| x[0].square() * x[1])?;
/// let hessian = f.transform(Transform::Hessian)?;
/// assert_eq!(hessian.values(&[3.0, 2.0])?, [4.0, 6.0, 6.0, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Transform {
    /// Every output, unchanged.
    Values,
    /// The derivatives of the first output with respect to every input.
    Gradient,
    /// The derivatives of every output with respect to every input, row by row: one row per output.
    Jacobian(Mode),
    /// The derivative of every output in one direction. The direction is a list of further inputs, each in the class of its
    /// input.
    Jvp,
    /// The derivatives of a weighted sum of all outputs with respect to every input. The weights are further inputs.
    Vjp,
    /// The second derivatives of the first output, row by row.
    Hessian,
    /// The diagonal of the Hessian.
    HessianDiagonal,
    /// The sum of the Hessian's diagonal.
    Laplacian,
    /// The Hessian times a direction, forward over reverse.
    Hvp,
    /// A direction times the Hessian, reverse over forward.
    Vhp,
    /// The second derivative of the first output along a line: a direction times the Hessian times the direction. The
    /// direction is a list of further inputs, uniform so that all rows share it.
    Curvature,
    /// The third derivatives of the first output in two directions, with respect to every input.
    Third,
    /// The Taylor coefficients of every output along a line: `order + 1` coefficients per output.
    Taylor(usize),
    /// The derivatives of every output in many directions at one point. All inputs are uniform, and each row is a
    /// direction.
    JvpByRow,
    /// The derivatives of many weighted sums of the outputs at one point. All inputs are uniform, and each row holds
    /// weights.
    VjpByRow,
    /// The Hessian times many directions at one point. All inputs are uniform, and each row is a direction.
    HvpByRow,
}

impl Transform {
    /// The transformed code, and the parts of its outputs. The last part is the one that names the transform.
    pub(crate) fn apply(self, ir: &Ir) -> Result<(Ir, Parts)> {
        Ok(match self {
            Self::Values => (ir.clone(), Parts::values(ir.outputs().len())),
            Self::Gradient => reverse::gradient(ir)?,
            Self::Vjp => reverse::vjp(ir),
            Self::Jvp => forward::jvp(ir),
            Self::Jacobian(mode) => jacobian::jacobian(ir, mode),
            Self::Hessian => hessian::hessian(ir)?,
            Self::HessianDiagonal => hessian::diagonal(ir)?,
            Self::Laplacian => hessian::laplacian(ir)?,
            Self::Hvp => hessian::hvp(ir)?,
            Self::Vhp => hessian::vhp(ir)?,
            Self::Curvature => hessian::curvature(ir)?,
            Self::Third => hessian::third(ir)?,
            Self::Taylor(order) => taylor::taylor(ir, order),
            Self::JvpByRow => directions::jvp(ir),
            Self::VjpByRow => directions::vjp(ir),
            Self::HvpByRow => directions::hvp(ir)?,
        })
    }

    /// Whether the transformed code has more inputs than the code itself, such as a direction.
    pub(crate) fn adds_inputs(self) -> bool {
        match self {
            Self::Values
            | Self::Gradient
            | Self::Jacobian(_)
            | Self::Hessian
            | Self::HessianDiagonal
            | Self::Laplacian => false,
            Self::Vjp
            | Self::Jvp
            | Self::Hvp
            | Self::Vhp
            | Self::Curvature
            | Self::Third
            | Self::Taylor(_)
            | Self::JvpByRow
            | Self::VjpByRow
            | Self::HvpByRow => true,
        }
    }

    /// The transform that computes the same matrix one direction at a time, if the code of single entries would be many
    /// times as long as the program. The flag says whether a direction gives a column.
    pub(crate) fn by_row(self, ir: &Ir) -> Result<Option<(Self, bool)>> {
        Ok(match self {
            Self::Jacobian(mode) if mode == Mode::Cheaper && jacobian::is_long(ir) => {
                if ir.variables().len() <= ir.outputs().len() {
                    Some((Self::JvpByRow, true))
                } else {
                    Some((Self::VjpByRow, false))
                }
            }
            Self::Hessian if hessian::is_long(ir)? => Some((Self::HvpByRow, true)),
            Self::HessianDiagonal | Self::Laplacian if hessian::diagonal_is_long(ir)? => {
                Some((Self::HvpByRow, true))
            }
            _ => None,
        })
    }
}
