//! Moves uniform factors out of sums over rows: they are multiplied once per call instead of once per row.

use super::pass::{Level, Pass, Run};
use crate::ir::code::{Class, Id, Ir, Kind};
use crate::ir::rewrite::rewrite;
use crate::op::{Binary, Op, rows};

const CHAIN: Kind = Kind::Apply(Op::Binary(rows::Chain::OP));

pub(super) const PASS: Pass = Pass {
    name: "hoist",
    level: Level::Fast,
    before_derivatives: false,
    equations: "Σ s·v = s·Σ v over rows, s uniform",
    run: Run::Whole(apply),
};

/// Moves uniform factors out of sums; `None` if there are none.
fn apply(code: &Ir, uses: &[u32]) -> Option<Ir> {
    let classes = code.classes();
    // Which operand of the summed product is the uniform factor.
    let factor = |id: Id| {
        let (Kind::SumOverRows, &[product, p]) = (code.kind(id), code.operands(id)) else {
            return None;
        };
        let varying = |id: Id| classes[id as usize] == Class::Varying;
        if code.kind(product) != CHAIN || uses[product as usize] != 1 || varying(p) {
            return None;
        }
        match *code.operands(product) {
            [a, b] if varying(a) != varying(b) => Some(usize::from(varying(a))),
            _ => None,
        }
    };
    if !code.ids().any(|id| factor(id).is_some()) {
        return None;
    }
    Some(rewrite(code, uses, |new, id, kind, operands| {
        let (Some(place), &[product, one]) = (factor(id), operands) else {
            return new.push(kind, operands);
        };
        let factors = new.operands(product);
        let (s, v) = (factors[place], factors[1 - place]);
        let sum = new.push(Kind::SumOverRows, &[v, one]);
        new.push(CHAIN, &[s, sum])
    }))
}
