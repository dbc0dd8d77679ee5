//! Property tests of your own functions: random expressions, points where things go wrong, and one call that tries a function
//! in every mode.
//!
//! This module needs the feature `proptest`, usually of a dev-dependency:
//! `chainrule = { path = "../chainrule", features = ["proptest"] }`, next to `proptest` itself.
//!
//! `expression` makes the expressions, `points` the numbers, and `modes` compares the modes.
//!
//! ```
//! use chainrule::{Scalar, derive, strategies};
//! use proptest::prelude::*;
//!
//! /// ln(1 + eˣ), with a slope that does not overflow.
//! fn softplus<S: Scalar>(x: S) -> S {
//!     derive::custom(x.exp().ln_1p(), &[(x, x.sigmoid())])
//! }
//!
//! proptest!(|(x in strategies::within([-30.0, 30.0]))| {
//!     strategies::agree(|x| softplus(x[0]), &[x])?;
//! });
//! ```

mod expression;
mod modes;
mod points;

pub use expression::{Expression, Operand, all_ops, arity};
pub use modes::{Disagreement, agree};
pub use points::{operands, wild, within};
