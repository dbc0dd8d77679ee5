//! Contraction, at level `Fast`: a product that only a sum uses is added with one rounding.
//!
//! `a·b + c = fma(a, b, c)`, `x² + c = fma(x, x, c)`; a sum of products alone is a dot product. The error of a sum can
//! only become smaller, for fewer roundings are made.

use super::{rewrite, uses};
use crate::op::{Binary, Nary, Op, Ternary, Unary, rows};
use crate::program::code::{Code, Id, Kind};

const ADD: Kind = Kind::Apply(Op::Binary(rows::Add::OP));
const MUL: Kind = Kind::Apply(Op::Binary(rows::Mul::OP));
const SQUARE: Kind = Kind::Apply(Op::Unary(rows::Square::OP));
const SUM: Kind = Kind::Apply(Op::Nary(rows::Sum::OP));
const DOT: Kind = Kind::Apply(Op::Nary(rows::Dot::OP));
const FUSED: Kind = Kind::Apply(Op::Ternary(rows::MulAdd::OP));

pub(super) fn apply(code: &Code) -> Code {
    let code = super::chains::apply(code);
    let uses = uses(&code);
    let fused = rewrite(&code, |new, id, kind, operands| {
        // The factors of an operand, if it is a product that nothing else uses.
        let factors = |place: usize| -> Option<[Id; 2]> {
            let product = operands[place];
            if uses[code.operands(id)[place] as usize] != 1 {
                return None;
            }
            match (new.kind(product), new.operands(product)) {
                (MUL, &[w, x]) => Some([w, x]),
                (SQUARE, &[x]) => Some([x, x]),
                _ => None,
            }
        };
        match (kind, operands) {
            (ADD, &[a, b]) => match (factors(0), factors(1)) {
                (Some([w, x]), Some([u, v])) => new.push(DOT, &[w, x, u, v]),
                (Some([w, x]), None) => new.push(FUSED, &[w, x, b]),
                (None, Some([w, x])) => new.push(FUSED, &[w, x, a]),
                (None, None) => new.push(kind, operands),
            },
            (SUM, _) => {
                let pairs: Option<Vec<[Id; 2]>> = (0..operands.len()).map(factors).collect();
                match pairs {
                    Some(pairs) => new.push(DOT, pairs.as_flattened()),
                    None => new.push(kind, operands),
                }
            }
            _ => new.push(kind, operands),
        }
    });
    // The products that went into sums are of no use any more.
    rewrite(&fused, |new, _, kind, operands| new.push(kind, operands))
}
