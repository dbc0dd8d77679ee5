//! Constant folding: replaces an operation on numbers by its result.

use smallvec::SmallVec;

use super::pass::{Level, Pass, Replacement, Run};
use crate::ir::code::{Id, Ir, Kind};

pub(super) const PASS: Pass = Pass {
    name: "fold",
    level: Level::Exact,
    before_derivatives: false,
    equations: "f(2, 3) = y, a number",
    run: Run::Local(|_| {
        Box::new(
            |new: &mut Ir, kind: Kind, operands: &[Id]| match apply(new, kind, operands) {
                Some(number) => Replacement::By(Kind::Constant(number.to_bits()), SmallVec::new()),
                None => Replacement::None,
            },
        )
    }),
};

/// The result of this operation, if all its operands are numbers.
fn apply(code: &Ir, kind: Kind, operands: &[Id]) -> Option<f64> {
    let Kind::Apply(op) = kind else { return None };
    // Nearly all operations have an operand that is not a number, which is quickly found.
    if operands.iter().any(|&id| code.constant(id).is_none()) {
        return None;
    }
    let numbers = operands.iter().filter_map(|&id| code.constant(id));
    op.apply(&numbers.collect::<SmallVec<[f64; 8]>>())
}
