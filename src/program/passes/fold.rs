//! Constant folding: `f(2, 3) = y`. An operation among numbers is the number it gives.

use smallvec::SmallVec;

use crate::program::code::{Code, Id, Kind};

/// The number that stands for this operation, if all its operands are numbers.
pub(super) fn apply(code: &mut Code, kind: Kind, operands: &[Id]) -> Option<Id> {
    let Kind::Apply(op) = kind else { return None };
    let numbers: Option<SmallVec<[f64; 8]>> =
        operands.iter().map(|&id| code.constant(id)).collect();
    let value = op.apply(&numbers?)?;
    Some(code.push(Kind::Constant(value.to_bits()), &[]))
}
