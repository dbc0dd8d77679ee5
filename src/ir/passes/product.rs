//! Products that can be fused into a sum.

use crate::ir::code::{Id, Ir, Kind};
use crate::op::{Binary, Op, Unary, rows};

pub(super) const ADD: Kind = Kind::Apply(Op::Binary(rows::Add::OP));
const MUL: Kind = Kind::Apply(Op::Binary(rows::Mul::OP));
const SQUARE: Kind = Kind::Apply(Op::Unary(rows::Square::OP));

/// Whether a value is a product that is used once.
pub(super) fn is_single_use(code: &Ir, uses: &[u32], id: Id) -> bool {
    matches!(code.kind(id), MUL | SQUARE) && uses[id as usize] == 1
}

/// The factors of a product; a square has the same factor twice.
pub(super) fn factors(code: &Ir, product: Id) -> [Id; 2] {
    match *code.operands(product) {
        [a, b, ..] => [a, b],
        [a] => [a, a],
        [] => [product, product],
    }
}
