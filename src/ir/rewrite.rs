//! Walks that make new code from old code, one used value after another.

use super::code::{Id, Ir, Kind};

/// The code without values that no output and no guard depends on. Nothing is merged, so derivatives keep their bits.
pub(crate) fn compact(ir: &Ir) -> Ir {
    rewrite(ir, &uses(ir), |new, _, kind, operands| {
        new.push(kind, operands)
    })
}

/// Walks the values that are [used](uses), in order. `step` appends each value to the new code; its arguments are the new
/// code, the old index, the kind, and the operands' new indices.
pub(crate) fn rewrite(
    ir: &Ir,
    uses: &[u32],
    mut step: impl FnMut(&mut Ir, Id, Kind, &[Id]) -> Id,
) -> Ir {
    let mut new = Ir::default();
    new.inputs.clone_from(&ir.inputs);
    new.variables.clone_from(&ir.variables);
    new.labels.clone_from(&ir.labels);
    new.sources = ir.sources.emptied();
    new.reserve(ir.len(), ir.operand_count());
    let mut places = vec![Id::MAX; ir.len()];
    let mut operands = Vec::new();
    for id in ir.ids() {
        if uses[id as usize] > 0 {
            let old = ir.operands(id).iter();
            operands.clear();
            operands.extend(old.map(|&operand| places[operand as usize]));
            let place = step(&mut new, id, ir.kind(id), &operands);
            new.sources.carry(place as usize, &ir.sources, id as usize);
            places[id as usize] = place;
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

/// How often each value is used by outputs, guards, and the values that these depend on.
pub(crate) fn uses(ir: &Ir) -> Vec<u32> {
    let mut uses = vec![0; ir.len()];
    for root in ir.roots() {
        uses[root as usize] += 1;
    }
    for id in ir.ids().rev() {
        if uses[id as usize] > 0 {
            for &operand in ir.operands(id) {
                uses[operand as usize] += 1;
            }
        }
    }
    uses
}
