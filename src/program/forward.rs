//! Forward mode as code: the derivative of every value in one direction, computed beside it.
//!
//! Takes code and a tangent for each input, gives the code with the tangents of the outputs as further outputs. The
//! tangent of a value is the sum `Σ t·p` over its operands, from left to right, as [`Dual`](crate::Dual) computes it.

use super::code::{Code, Id, Kind};
use super::reverse::sum;
use super::symbol::{self, Symbol};
use crate::op::{Op, Scalar};

/// Appends the tangents of all outputs to code and outputs.
pub(crate) fn tangents(code: Code, directions: &[Symbol]) -> Code {
    let outputs = code.outputs.clone();
    let old = code.clone();
    let (mut code, tangents) = symbol::extend(code, || {
        let mut tangents = vec![Symbol::Constant(0.0); old.len()];
        for id in old.ids() {
            tangents[id as usize] = match old.kind(id) {
                Kind::Input(place) => directions
                    .get(place as usize)
                    .copied()
                    .unwrap_or(Symbol::Constant(0.0)),
                Kind::Apply(op) => tangent(op, old.operands(id), id, &tangents),
                Kind::Constant(_) | Kind::Rows => Symbol::Constant(0.0),
            };
        }
        let outputs = outputs.iter();
        outputs
            .map(|&y| tangents[y as usize].id())
            .collect::<Vec<Id>>()
    });
    code.outputs.extend(tangents);
    code
}

/// The tangent of the value that an operation made, from its operands' tangents, by place in the old code.
pub(crate) fn tangent(op: Op, operands: &[Id], id: Id, tangents: &[Symbol]) -> Symbol {
    let of = |place: usize| tangents[operands[place] as usize];
    let moves = |place: usize| !of(place).vanishes();
    if !(0..operands.len()).any(moves) {
        return Symbol::Constant(0.0);
    }
    let symbols: Vec<Symbol> = operands
        .iter()
        .map(|&operand| Symbol::of(operand))
        .collect();
    let y = Symbol::of(id);
    let mut terms: Vec<[Id; 2]> = Vec::new();
    let mut add = |place: usize, partial: Symbol| {
        if moves(place) && !partial.vanishes() {
            terms.push([of(place).id(), partial.id()]);
        }
    };
    match (op, &symbols[..]) {
        (Op::Unary(op), &[x]) => add(0, op.partial(x, y)),
        (Op::Binary(op), &[a, b]) => {
            if moves(0) {
                add(0, op.left(a, b, y));
            }
            if moves(1) {
                add(1, op.right(a, b, y));
            }
        }
        (Op::Ternary(op), &[a, b, c]) => {
            if moves(0) {
                add(0, op.first(a, b, c, y));
            }
            if moves(1) {
                add(1, op.second(a, b, c, y));
            }
            if moves(2) {
                add(2, op.third(a, b, c, y));
            }
        }
        (Op::Nary(op), xs) => op.partials(xs, y, &mut |place, partial| add(place, partial)),
        _ => {}
    }
    sum(&terms)
}
