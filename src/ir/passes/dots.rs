//! Sums of products of a uniform and a varying factor become dot products, which the backend can gather into a matrix.
//!
//! The error of a sum can only shrink, because it rounds less often.

use super::pass::{Level, Pass, Run};
use super::product::{ADD, factors, is_single_use};
use crate::ir::code::{Class, Id, Ir, Kind};
use crate::ir::rewrite::rewrite;
use crate::op::{Nary, Op, rows};

const SUM: Kind = Kind::Apply(Op::Nary(rows::Sum::OP));
const DOT: Kind = Kind::Apply(Op::Nary(rows::Dot::OP));

pub(super) const PASS: Pass = Pass {
    name: "dots",
    level: Level::Fast,
    before_derivatives: true,
    equations: "w·x + v·y = dot(w, x, v, y), w and v uniform, x and y varying",
    run: Run::Whole(apply),
};

/// Replaces sums of products by dot products; `None` if there are none.
fn apply(code: &Ir, uses: &[u32]) -> Option<Ir> {
    let classes = code.classes();
    let is_term = |id: Id| {
        is_single_use(code, uses, id) && {
            let [a, b] = factors(code, id).map(|factor| classes[factor as usize]);
            a.min(b) < Class::Varying && a.max(b) == Class::Varying
        }
    };
    let is_dot = |id: Id| {
        matches!(code.kind(id), ADD | SUM)
            && code.operands(id).iter().filter(|&&id| is_term(id)).count() >= 2
    };
    if !code.ids().any(is_dot) {
        return None;
    }
    Some(rewrite(code, uses, |new, id, kind, operands| {
        if !is_dot(id) {
            return new.push(kind, operands);
        }
        let (mut pairs, mut rest) = (Vec::new(), Vec::new());
        for (&old, &term) in code.operands(id).iter().zip(operands) {
            if is_term(old) {
                pairs.push(factors(new, term));
            } else {
                rest.push(term);
            }
        }
        let dot = new.push(DOT, pairs.as_flattened());
        rest.into_iter()
            .fold(dot, |sum, term| new.push(ADD, &[sum, term]))
    }))
}
