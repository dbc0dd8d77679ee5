//! The properties that rows state of their operations.

use super::UnaryOp;

/// A range of operands, ends included.
///
/// ```
/// use chainrule::op::{Interval, UnaryOp};
/// let domain: &[Interval] = UnaryOp::Sqrt.row().domain;
/// assert_eq!(domain, [[0.0, f64::INFINITY]]);
/// ```
pub type Interval = [f64; 2];

/// A property of an operation `f`, as data from which tests are made.
///
/// ```
/// use chainrule::op::{Law, Op, UnaryOp};
///
/// for &op in UnaryOp::ALL {
///     if op.row().laws.contains(&Law::Odd) {
///         let f = |x: f64| Op::Unary(op).apply(&[x]).unwrap();
///         assert_eq!(f(-0.5), -f(0.5));
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Law {
    /// `f(−x) = −f(x)`.
    Odd,
    /// `f(−x) = f(x)`.
    Even,
    /// A larger operand gives no smaller value.
    Nondecreasing,
    /// A larger operand gives no larger value.
    Nonincreasing,
    /// `f(f(x)) = x`, up to rounding.
    Involution,
    /// `f(f(x)) = f(x)`.
    Idempotent,
    /// `f(x, x) = x`.
    SelfIdentity,
    /// `f(a, b) = f(b, a)`, to the last bit.
    Commutative,
    /// `f(x, e) = x` for this `e`.
    Identity(f64),
    /// Every value is between these, or equal to one of them.
    Range(f64, f64),
    /// `f(x) = y`, to the last bit.
    At(f64, f64),
    /// `g(f(x)) = x` for this `g`, up to rounding.
    InverseOf(UnaryOp),
    /// Every partial is a constant.
    Linear,
    /// Every partial depends on other operands only.
    Bilinear,
    /// The second operand is an integer.
    IntegerRight,
    /// Operands come in pairs.
    Pairs,
    /// The value has a corner where the first operand is this.
    Kink(f64),
    /// The value, or its slope, jumps where an operand is this.
    Break(f64),
    /// The value jumps at many places.
    Breaks,
    /// The value has a corner where two operands are equal.
    KinkAtTie,
    /// The value has a corner where all operands are 0.
    KinkAtOrigin,
    /// The value jumps where two operands are equal.
    BreakAtTie,
    /// The value is the operand, and its slope is declared to be 0.
    Stop,
    /// The value is the first operand, and its slopes are declared by other operands.
    Declared,
    /// Every slope is 0.
    Blocks,
    /// The value is that of an operand, or a bound of the row; the slope is 1 with respect to that operand, divided equally
    /// among ties, and 0 with respect to the others.
    Routes,
    /// The value is composed of other operations, and programs compute those.
    Composed,
}
