//! Fuses a product and a sum into one operation with one rounding, if nothing else uses the product.

use super::pass::{Level, Pass, Run};
use super::product::{ADD, factors, is_single_use};
use crate::ir::code::{Id, Ir, Kind};
use crate::ir::rewrite::{rewrite, uses};
use crate::op::{Op, Ternary, rows};

const FUSED: Kind = Kind::Apply(Op::Ternary(rows::MulAdd::OP));

pub(super) const PASS: Pass = Pass {
    name: "fuse",
    level: Level::Fast,
    before_derivatives: false,
    equations: "a·b + c = fma(a, b, c)",
    run: Run::Whole(apply),
};

/// Fuses products with sums; `None` if there are none.
fn apply(code: &Ir) -> Option<Ir> {
    let uses = uses(code);
    let product = |id: Id| {
        let mut operands = code.operands(id).iter();
        let place = operands.position(|&operand| is_single_use(code, &uses, operand));
        place.filter(|_| code.kind(id) == ADD)
    };
    if !code.ids().any(|id| product(id).is_some()) {
        return None;
    }
    Some(rewrite(code, |new, id, kind, operands| match product(id) {
        Some(place) => {
            let [w, x] = factors(new, operands[place]);
            new.push(FUSED, &[w, x, operands[1 - place]])
        }
        None => new.push(kind, operands),
    }))
}
