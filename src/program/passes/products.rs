//! Contraction, at level `Fast`: a product that only a sum uses is added with one rounding.
//!
//! Before derivatives are made, a sum of products of a uniform and a varying factor becomes a dot product, which can
//! become a row of a [matrix](super::super::matrix). Afterwards `a·b + c = fma(a, b, c)` for any other product. The error of a
//! sum can only become smaller, for fewer roundings are made.

use super::{rewrite, uses};
use crate::op::{Binary, Nary, Op, Ternary, Unary, rows};
use crate::program::code::{Class, Code, Id, Kind};

const ADD: Kind = Kind::Apply(Op::Binary(rows::Add::OP));
const MUL: Kind = Kind::Apply(Op::Binary(rows::Mul::OP));
const SQUARE: Kind = Kind::Apply(Op::Unary(rows::Square::OP));
const SUM: Kind = Kind::Apply(Op::Nary(rows::Sum::OP));
const DOT: Kind = Kind::Apply(Op::Nary(rows::Dot::OP));
const FUSED: Kind = Kind::Apply(Op::Ternary(rows::MulAdd::OP));

/// Sums of products of uniform and varying factors as dot products; none if there are no such.
pub(super) fn dots(code: &Code) -> Option<Code> {
    let chained = super::chains::apply(code);
    let code = chained.as_ref().unwrap_or(code);
    let (uses, classes) = (uses(code), code.classes());
    let is_term = |id: Id| {
        is_product(code, &uses, id) && {
            let [a, b] = factors(code, id).map(|factor| classes[factor as usize]);
            a.min(b) < Class::Varying && a.max(b) == Class::Varying
        }
    };
    let is_dot = |id: Id| {
        matches!(code.kind(id), ADD | SUM)
            && code.operands(id).iter().filter(|&&id| is_term(id)).count() >= 2
    };
    if !code.ids().any(is_dot) {
        return chained;
    }
    let dots = rewrite(code, |new, id, kind, operands| {
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
    });
    // The products that went into sums are of no use any more.
    Some(super::compact(&dots))
}

/// Products added with one rounding; none if there are no such.
pub(super) fn fused(code: &Code) -> Option<Code> {
    let uses = uses(code);
    let product = |id: Id| {
        let operands = code.operands(id).iter();
        let mut places = operands.enumerate();
        let found = places.find(|&(_, &operand)| is_product(code, &uses, operand));
        found.filter(|_| code.kind(id) == ADD)
    };
    if !code.ids().any(|id| product(id).is_some()) {
        return None;
    }
    let fused = rewrite(code, |new, id, kind, operands| match product(id) {
        Some((place, _)) => {
            let [w, x] = factors(new, operands[place]);
            new.push(FUSED, &[w, x, operands[1 - place]])
        }
        None => new.push(kind, operands),
    });
    Some(super::compact(&fused))
}

/// Whether a value is a product that is used once.
fn is_product(code: &Code, uses: &[u32], id: Id) -> bool {
    matches!(code.kind(id), MUL | SQUARE) && uses[id as usize] == 1
}

/// The factors of a product: both operands, or the only one twice.
fn factors(code: &Code, product: Id) -> [Id; 2] {
    match *code.operands(product) {
        [a, b, ..] => [a, b],
        [a] => [a, a],
        [] => [product, product],
    }
}
