//! Walks that make new code from old code, one live value after another.

use super::code::{Id, Ir, Kind};

/// The code without values that no output and no guard depends on. Nothing is merged, so derivatives keep their bits.
pub(crate) fn compact(ir: &Ir) -> Ir {
    rewrite(ir, |new, _, kind, operands| new.push(kind, operands))
}

/// Walks the live values in order. `step` appends each value to the new code; its arguments are the new code, the old
/// index, the kind, and the operands' new indices.
pub(crate) fn rewrite(ir: &Ir, mut step: impl FnMut(&mut Ir, Id, Kind, &[Id]) -> Id) -> Ir {
    let live = live(ir);
    let mut new = Ir::default();
    new.inputs.clone_from(&ir.inputs);
    new.variables.clone_from(&ir.variables);
    new.reserve(ir.len(), ir.operand_count());
    let mut places = vec![Id::MAX; ir.len()];
    let mut operands = Vec::new();
    for id in ir.ids() {
        if live[id as usize] {
            let old = ir.operands(id).iter();
            operands.clear();
            operands.extend(old.map(|&operand| places[operand as usize]));
            places[id as usize] = step(&mut new, id, ir.kind(id), &operands);
        }
    }
    let place = |id: &Id| places[*id as usize];
    new.outputs = ir.outputs.iter().map(place).collect();
    new.guards = ir
        .guards
        .iter()
        .map(|sides| [place(&sides[0]), place(&sides[1])])
        .collect();
    new
}

/// Which values an output or a guard depends on.
pub(crate) fn live(ir: &Ir) -> Vec<bool> {
    let mut live = vec![false; ir.len()];
    for root in ir.roots() {
        live[root as usize] = true;
    }
    for id in ir.ids().rev() {
        if live[id as usize] {
            for &operand in ir.operands(id) {
                live[operand as usize] = true;
            }
        }
    }
    live
}

/// How often live values use each value, outputs and guards counted.
pub(crate) fn uses(ir: &Ir) -> Vec<u32> {
    let live = live(ir);
    let mut uses = vec![0; ir.len()];
    for id in ir.ids().filter(|&id| live[id as usize]) {
        for &operand in ir.operands(id) {
            uses[operand as usize] += 1;
        }
    }
    for root in ir.roots() {
        uses[root as usize] += 1;
    }
    uses
}
