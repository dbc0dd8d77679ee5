//! Constant folding: `f(2, 3) = y`. An operation among numbers is the number it gives.

use smallvec::SmallVec;

use crate::program::code::{Code, Id, Kind};

/// The number that this operation gives, if all its operands are numbers.
pub(super) fn apply(code: &Code, kind: Kind, operands: &[Id]) -> Option<f64> {
    let Kind::Apply(op) = kind else { return None };
    let numbers: Option<SmallVec<[f64; 8]>> =
        operands.iter().map(|&id| code.constant(id)).collect();
    op.apply(&numbers?)
}
