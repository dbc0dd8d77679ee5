//! Single derivatives as code: each output by each input that it depends on, and nothing else.
//!
//! Forward, the tangent along one input is written for the values above that input alone; in reverse, the adjoints of
//! one output for the values below it. Two columns of a Jacobian that have no row in common have no value in common
//! either, so the columns one by one are never more operations than colours of columns evaluated together.

use smallvec::SmallVec;

use super::cones::Cones;
use crate::op::Op;
use crate::program::code::{Code, Id, Kind};
use crate::program::forward;
use crate::program::reverse;
use crate::program::symbol::{self, Symbol};

/// A derivative that was written: of this output, by this input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) id: Id,
}

/// Appends the derivatives of outputs by the first `columns` inputs, one input after another, where `wanted` of row and
/// column says so and there is a dependence.
pub(super) fn forward(
    code: Code,
    columns: usize,
    wanted: impl Fn(u32, u32) -> bool,
) -> (Code, Vec<Entry>) {
    let old = code.clone();
    symbol::extend(code, || {
        let mut cones = Cones::new(&old);
        let mut above = Vec::new();
        let mut needed = vec![false; old.len()];
        let mut tangents = vec![Symbol::Constant(0.0); old.len()];
        let mut entries = Vec::new();
        for column in 0..columns as u32 {
            let Some(input) = cones.inputs[column as usize] else {
                continue;
            };
            cones.above(std::iter::once(input), &mut above);
            for &id in above.iter().rev() {
                let is_wanted = |&row: &u32| wanted(row, column);
                needed[id as usize] |= cones.outputs_at(id).iter().any(is_wanted);
                if needed[id as usize] {
                    // Operands outside of the cone are marked too, and not looked at.
                    for &operand in old.operands(id) {
                        needed[operand as usize] = true;
                    }
                }
            }
            for &id in &above {
                if needed[id as usize] {
                    tangents[id as usize] = match old.kind(id) {
                        Kind::Apply(op) => forward::tangent(op, old.operands(id), id, &tangents),
                        _ => Symbol::Constant(1.0),
                    };
                }
                for &row in cones.outputs_at(id) {
                    if wanted(row, column) {
                        let id = tangents[id as usize].id();
                        entries.push(Entry { row, column, id });
                    }
                }
            }
            for &id in &above {
                tangents[id as usize] = Symbol::Constant(0.0);
                needed[id as usize] = false;
                for &operand in old.operands(id) {
                    needed[operand as usize] = false;
                }
            }
        }
        entries
    })
}

/// Appends the derivatives of every output by the first `columns` inputs that it depends on, one output after another.
pub(super) fn reverse(code: Code, columns: usize) -> (Code, Vec<Entry>) {
    let old = code.clone();
    let varies = varies(&old, columns);
    symbol::extend(code, || {
        let mut cones = Cones::new(&old);
        let mut below = Vec::new();
        let mut terms: Vec<SmallVec<[[Id; 2]; 2]>> = vec![SmallVec::new(); old.len()];
        let mut entries = Vec::new();
        for (row, &output) in (0..).zip(&old.outputs) {
            cones.below(std::iter::once(output), &mut below);
            let one = Symbol::Constant(1.0).id();
            terms[output as usize].push([one, one]);
            for &id in below.iter().rev() {
                let uses = std::mem::take(&mut terms[id as usize]);
                if uses.is_empty() || !varies[id as usize] {
                    continue;
                }
                let adjoint = reverse::sum(&uses);
                match old.kind(id) {
                    Kind::Input(column) => {
                        let id = adjoint.id();
                        entries.push(Entry { row, column, id });
                    }
                    Kind::Apply(op) => pass(&old, &varies, op, id, adjoint, &mut terms),
                    Kind::Constant(_) | Kind::Rows => {}
                }
            }
        }
        entries
    })
}

/// Which values depend on the first `columns` inputs.
fn varies(code: &Code, columns: usize) -> Vec<bool> {
    let mut varies = vec![false; code.len()];
    for id in code.ids() {
        varies[id as usize] = match code.kind(id) {
            Kind::Input(place) => (place as usize) < columns,
            _ => code
                .operands(id)
                .iter()
                .any(|&operand| varies[operand as usize]),
        };
    }
    varies
}

/// Passes an adjoint on to the operands that depend on an input.
fn pass(
    code: &Code,
    varies: &[bool],
    op: Op,
    id: Id,
    u: Symbol,
    terms: &mut [SmallVec<[[Id; 2]; 2]>],
) {
    let operands = code.operands(id);
    let symbols: SmallVec<[Symbol; 4]> = operands
        .iter()
        .map(|&operand| Symbol::of(operand))
        .collect();
    let partials = op.partials(&symbols, Symbol::of(id));
    for (&operand, partial) in operands.iter().zip(partials) {
        let vanishes =
            matches!(partial, Symbol::Constant(0.0)) || matches!(u, Symbol::Constant(0.0));
        if varies[operand as usize] && !vanishes {
            terms[operand as usize].push([u.id(), partial.id()]);
        }
    }
}
