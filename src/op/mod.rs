//! The operations: one table, and everything that follows from it.
//!
//! The rows of the table become the operations' names ([`UnaryOp`], [`BinaryOp`], [`TernaryOp`], [`NaryOp`], together
//! [`Op`]), one type per row ([`rows`]) with its value and partials, and the methods of [`Scalar`]. Outside this module, only
//! side tables with a line for every operation tell operations apart; a few other places name the row that they apply.
//!
//! `table` holds the rows, `names` makes the names and laws from them, `algebra` the traits with the methods of `Scalar`,
//! and `formulas` the values and partials, with the folds of `many`. `tangent` adds the terms of forward mode,
//! and `values` has the formulas of values as text.

#[macro_use]
mod operators;
#[macro_use]
mod table;
#[macro_use]
mod methods;
mod algebra;
mod formulas;
mod many;
mod names;
mod operands;
pub(crate) mod tangent;
mod values;

pub use algebra::{Binary, Nary, Scalar, Ternary, Unary};
pub(crate) use algebra::{Sealed, chain, chain_add, interleaved_dot, same_length};
pub(crate) use formulas::{Visit, value_and_partial, values, values_with};
#[cfg(feature = "nn")]
pub(crate) use many::shares;
pub use names::{BinaryOp, Interval, Law, NaryOp, Op, Row, TernaryOp, UnaryOp, rows};
pub use operands::Operands;
pub(crate) use tangent::KnownPartials;
