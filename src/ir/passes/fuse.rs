//! Fuses a product and a sum into one operation with one rounding, if nothing else uses the product.

use super::pass::{Level, Pass, Run};
use super::product::{ADD, factors, is_single_use};
use crate::ir::code::{Id, Ir, Kind};
use crate::ir::rewrite::rewrite;
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
fn apply(code: &Ir, uses: &[u32]) -> Option<Ir> {
    let product = |id: Id| {
        let mut sums = code.operands(id).iter().filter(|_| code.kind(id) == ADD);
        sums.position(|&operand| is_single_use(code, uses, operand))
    };
    if !code.ids().any(|id| product(id).is_some()) {
        return None;
    }
    Some(rewrite(
        code,
        uses,
        |new, id, kind, operands| match product(id) {
            Some(place) => {
                let [w, x] = factors(new, operands[place]);
                new.push(FUSED, &[w, x, operands[1 - place]])
            }
            None => new.push(kind, operands),
        },
    ))
}
