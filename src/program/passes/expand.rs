//! Operations that are made of others ([`Law::Composed`]): their parts take their places.
//!
//! `logΣexp(a, b) = m + ln(e^(a−m) + e^(b−m))` with the largest `m`. The parts have the value's bits by definition, can be
//! shared with those of the derivatives, and each is a fast loop of its own.

use crate::op::{Law, Nary, Op, Visit};
use crate::program::code::{Code, Id, Kind};
use crate::program::symbol::{self, Symbol};

/// The code with every composed operation taken apart; none if there is no such.
pub(super) fn apply(code: &Code) -> Option<Code> {
    let composed = |kind: Kind| match kind {
        Kind::Apply(op) => op.obeys(Law::Composed).then_some(op),
        _ => None,
    };
    if !code.ids().any(|id| composed(code.kind(id)).is_some()) {
        return None;
    }
    Some(super::rewrite(
        code,
        |new, _, kind, operands| match composed(kind) {
            None => new.push(kind, operands),
            Some(op) => {
                let (expanded, id) = symbol::extend(std::mem::take(new), || {
                    let operands: Vec<Symbol> = operands.iter().map(|&id| Symbol::of(id)).collect();
                    value(op, &operands).id()
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
