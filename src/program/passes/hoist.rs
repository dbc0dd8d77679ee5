//! Uniform factors out of sums over rows, at level `Fast`: `Σ s·v = s·Σ v`, formed once a call instead of once a row.

use super::{rewrite, uses};
use crate::op::{Binary, Op, rows};
use crate::program::code::{Class, Code, Id, Kind};

const CHAIN: Kind = Kind::Apply(Op::Binary(rows::Chain::OP));

/// The code with uniform factors outside; none if there are no such.
pub(super) fn apply(code: &Code) -> Option<Code> {
    let (uses, classes) = (uses(code), code.classes());
    // Where the uniform factor stands in the product whose sum over rows this is.
    let factor = |id: Id| {
        let (Kind::Rows, &[product, p]) = (code.kind(id), code.operands(id)) else {
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
    let hoisted = rewrite(code, |new, id, kind, operands| {
        let (Some(place), &[product, one]) = (factor(id), operands) else {
            return new.push(kind, operands);
        };
        let factors = new.operands(product);
        let (s, v) = (factors[place], factors[1 - place]);
        let sum = new.push(Kind::Rows, &[v, one]);
        new.push(CHAIN, &[s, sum])
    });
    // The products that are not formed any more.
    Some(super::compact(&hoisted))
}
