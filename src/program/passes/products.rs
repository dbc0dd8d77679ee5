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

/// Sums of products of uniform and varying factors as dot products.
pub(super) fn dots(code: &Code) -> Code {
    let chained = super::chains::apply(code);
    let code = chained.as_ref().unwrap_or(code);
    let (uses, classes) = (uses(code), code.classes());
    let dots = rewrite(code, |new, id, kind, operands| {
        if !matches!(kind, ADD | SUM) {
            return new.push(kind, operands);
        }
        let (mut pairs, mut rest) = (Vec::new(), Vec::new());
        for (&old, &term) in code.operands(id).iter().zip(operands) {
            let factors = factors(new, &uses, old, term).filter(|_| {
                let [a, b] = factors_of(code, old).map(|factor| classes[factor as usize]);
                a.min(b) < Class::Varying && a.max(b) == Class::Varying
            });
            match factors {
                Some(pair) => pairs.push(pair),
                None => rest.push(term),
            }
        }
        if pairs.len() < 2 {
            return new.push(kind, operands);
        }
        let dot = new.push(DOT, pairs.as_flattened());
        rest.into_iter()
            .fold(dot, |sum, term| new.push(ADD, &[sum, term]))
    });
    // The products that went into sums are of no use any more.
    rewrite(&dots, |new, _, kind, operands| new.push(kind, operands))
}

/// Products added with one rounding.
pub(super) fn fused(code: &Code) -> Code {
    let uses = uses(code);
    let fused = rewrite(code, |new, id, kind, operands| {
        let (ADD, &[a, b]) = (kind, operands) else {
            return new.push(kind, operands);
        };
        let [old_a, old_b] = factors_of(code, id);
        if let Some([w, x]) = factors(new, &uses, old_a, a) {
            new.push(FUSED, &[w, x, b])
        } else if let Some([w, x]) = factors(new, &uses, old_b, b) {
            new.push(FUSED, &[w, x, a])
        } else {
            new.push(kind, operands)
        }
    });
    rewrite(&fused, |new, _, kind, operands| new.push(kind, operands))
}

/// The factors of an operand, old place and new, if it is a product that nothing else uses.
fn factors(new: &Code, uses: &[u32], old: Id, product: Id) -> Option<[Id; 2]> {
    let is_product = matches!(new.kind(product), MUL | SQUARE) && uses[old as usize] == 1;
    is_product.then(|| factors_of(new, product))
}

/// Both operands, or the only one twice.
fn factors_of(code: &Code, id: Id) -> [Id; 2] {
    match *code.operands(id) {
        [a, b, ..] => [a, b],
        [a] => [a, a],
        [] => [id, id],
    }
}
