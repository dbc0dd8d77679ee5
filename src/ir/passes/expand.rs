//! Replaces operations that are composed of others ([`Law::Composed`]) by their parts.
//!
//! By definition, the parts compute the same bits. Derivatives share them, and each part runs as a fast loop.

use super::pass::{Level, Pass, Run};
use crate::ir::code::{Id, Ir, Kind};
use crate::ir::rewrite::rewrite;
use crate::ir::symbol::{self, Symbol};
use crate::op::{Law, Nary, Op, Visit};

pub(super) const PASS: Pass = Pass {
    name: "expand",
    level: Level::Exact,
    before_derivatives: false,
    equations: "logΣexp(a, b) = m + ln(e^(a−m) + e^(b−m)), and other operations composed of simpler ones",
    run: Run::Whole(apply),
};

/// Replaces every composed operation by its parts; `None` if there is none.
fn apply(code: &Ir, uses: &[u32]) -> Option<Ir> {
    let composed = |kind: Kind| match kind {
        Kind::Apply(op) => op.obeys(Law::Composed).then_some(op),
        _ => None,
    };
    if !code.ids().any(|id| composed(code.kind(id)).is_some()) {
        return None;
    }
    Some(rewrite(
        code,
        uses,
        |new, _, kind, operands| match composed(kind) {
            None => new.push(kind, operands),
            Some(op) => {
                let (expanded, id) = symbol::extend(std::mem::take(new), || {
                    value(op, &Symbol::all(operands)).id()
                });
                *new = expanded;
                id
            }
        },
    ))
}

/// The parts of an operation of many operands.
fn value(op: Op, operands: &[Symbol]) -> Symbol {
    struct Value<'a>(&'a [Symbol]);
    impl Visit for Value<'_> {
        type Output = Option<Symbol>;
        fn unary<O: crate::op::Unary>(self) -> Option<Symbol> {
            None
        }
        fn binary<O: crate::op::Binary>(self) -> Option<Symbol> {
            None
        }
        fn ternary<O: crate::op::Ternary>(self) -> Option<Symbol> {
            None
        }
        fn nary<O: Nary>(self) -> Option<Symbol> {
            Some(O::value(self.0))
        }
    }
    let parts = op.visit(Value(operands)).flatten();
    parts.unwrap_or_else(|| {
        let operands: Vec<Id> = operands.iter().map(|operand| operand.id()).collect();
        Symbol::Value(symbol::push(Kind::Apply(op), &operands))
    })
}
