//! Code with other outputs: a selection, or the outputs of two codes.

use super::parts::Parts;
use crate::error::{Error, Result};
use crate::ir::{Id, Ir, Kind, Symbol, compact, extend};

/// The first output.
pub(crate) fn first(ir: &Ir) -> Result<Id> {
    let none = || Error::argument("outputs", "expected at least 1, found 0");
    ir.outputs.first().copied().ok_or_else(none)
}

/// The code with only the last part of its outputs, without values that they do not need.
pub(crate) fn last_part((mut ir, parts): (Ir, Parts)) -> Ir {
    let last = parts.lengths().len() - 1;
    ir.outputs.drain(..ir.outputs.len() - parts.lengths()[last]);
    if parts.is_derivative(last) {
        ir = without_signs(ir, |_| true);
    }
    compact(&ir)
}

/// The code with unsigned zeros in the parts that are derivatives, as answers have them.
pub(crate) fn all_parts((ir, parts): (Ir, Parts)) -> Ir {
    without_signs(ir, |place| place >= parts.value_count())
}

/// The code with unsigned zeros at the outputs for which `is_derivative` holds.
pub(super) fn without_signs(ir: Ir, is_derivative: impl Fn(usize) -> bool) -> Ir {
    let mut outputs = ir.outputs.clone();
    let (mut ir, ()) = extend(ir, || {
        for (place, id) in outputs.iter_mut().enumerate() {
            if is_derivative(place) {
                *id = (Symbol::at(*id) + 0.0).id();
            }
        }
    });
    ir.outputs = outputs;
    ir
}

/// The code with only these outputs.
pub(crate) fn select(ir: &Ir, outputs: &[usize]) -> Result<Ir> {
    let mut selected = ir.clone();
    let count = ir.outputs.len();
    if let Some(place) = outputs.iter().find(|&&place| place >= count) {
        let problem = format!("index {place} is out of range: the program has {count} outputs");
        return Err(Error::argument("outputs", problem));
    }
    selected.outputs = outputs.iter().map(|&place| ir.outputs[place]).collect();
    Ok(compact(&selected))
}

/// The code with the outputs and guards of `other` appended. Both have the same inputs.
pub(crate) fn join(ir: &Ir, other: &Ir) -> Ir {
    let mut joined = ir.clone();
    joined.reserve(other.len(), other.operand_count());
    let mut inputs = ir.input_values();
    let mut places: Vec<Id> = Vec::with_capacity(other.len());
    let mut operands = Vec::new();
    for id in other.ids() {
        let kind = other.kind(id);
        let used = other.operands(id).iter();
        operands.clear();
        operands.extend(used.map(|&operand| places[operand as usize]));
        places.push(match kind {
            Kind::Input(place) => {
                *inputs[place as usize].get_or_insert_with(|| joined.push(kind, &[]))
            }
            _ => joined.push(kind, &operands),
        });
    }
    let place = |&id: &Id| places[id as usize];
    joined.outputs.extend(other.outputs.iter().map(place));
    let guards = other.guards.iter();
    let guards = guards.map(|sides| sides.map(|id| place(&id)));
    joined.guards.extend(guards);
    joined
}
