//! Forward mode as code: computes the derivative of every value in one direction along with the value.
//!
//! The tangent of a value is the sum `Σ t·p` over its operands from left to right, as in [`Dual`](crate::Dual).

use super::parts::Parts;
use super::reverse::sum;
use crate::ir::{Class, Id, Ir, Kind, Symbol, extend, push};
use crate::op::Scalar;

/// All outputs, and their derivatives in one direction. The direction is a list of new inputs.
pub(super) fn jvp(ir: &Ir) -> (Ir, Parts) {
    let count = ir.outputs.len();
    let ir = append_tangents(ir.clone(), None);
    (ir, Parts::new(&[count, count], 1))
}

/// Appends the derivatives of all outputs in one direction. The direction has one new input per variable, in the variable's
/// class or in `class`, if given.
pub(super) fn append_tangents(mut ir: Ir, class: Option<Class>) -> Ir {
    let mut directions = vec![Symbol::ZERO; ir.inputs.len()];
    for place in ir.variables() {
        let class = class.unwrap_or(ir.inputs[place as usize]);
        directions[place as usize] = Symbol::Value(ir.push_input(class));
    }
    directions.resize(ir.inputs.len(), Symbol::ZERO);
    let old = ir.clone();
    let (mut ir, tangents) = extend(ir, || {
        let mut tangents = vec![Symbol::ZERO; old.len()];
        for id in old.ids() {
            tangents[id as usize] = match old.kind(id) {
                Kind::Input(place) => directions[place as usize],
                _ => tangent(&old, id, &tangents),
            };
        }
        let tangent = |&y: &Id| tangents[y as usize].id();
        old.outputs.iter().map(tangent).collect::<Vec<Id>>()
    });
    ir.outputs.extend(tangents);
    ir
}

/// The tangent of an operation or of a sum over rows, from the tangents of its operands.
pub(super) fn tangent(ir: &Ir, id: Id, tangents: &[Symbol]) -> Symbol {
    let operands = ir.operands(id);
    let of = |place: usize| tangents[operands[place] as usize];
    let moves = |place: usize| !of(place).vanishes();
    if !(0..operands.len()).any(moves) {
        return Symbol::ZERO;
    }
    let mut terms: Vec<[Id; 2]> = Vec::new();
    let mut add = |place: usize, partial: Symbol| {
        if !partial.vanishes() {
            terms.push([of(place).id(), partial.id()]);
        }
    };
    match ir.kind(id) {
        Kind::Apply(op) => {
            op.each_partial(&Symbol::all(operands), Symbol::at(id), moves, &mut add);
            sum(&terms)
        }
        Kind::SumOverRows => {
            for place in (0..operands.len()).filter(|&place| moves(place)) {
                add(place, Symbol::at(operands[place ^ 1]));
            }
            match &terms[..] {
                [] => Symbol::ZERO,
                _ => Symbol::Value(push(Kind::SumOverRows, terms.as_flattened())),
            }
        }
        Kind::Input(_) | Kind::Constant(_) => Symbol::ZERO,
    }
}
