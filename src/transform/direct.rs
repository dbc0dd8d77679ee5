//! Single derivatives as code: each output with respect to each variable that it depends on, and nothing else.
//!
//! Forward, the tangent along one variable is written for the values that depend on it; in reverse, the adjoints of one
//! output for the values that it depends on. Two columns of a Jacobian that have no row in common have no value in common
//! either, so writing columns one by one never takes more operations than evaluating columns of one colour together.

use super::dependencies::Dependencies;
use super::forward;
use super::reverse::Sweep;
use crate::ir::{Id, Ir, Kind, Symbol, extend};

/// A derivative that was written: of the output `row` with respect to the variable `column`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) id: Id,
}

/// Appends the derivatives of outputs, one variable after another, where `wanted` of row and column says so and the output
/// depends on the variable.
pub(super) fn forward(ir: Ir, wanted: impl Fn(u32, u32) -> bool) -> (Ir, Vec<Entry>) {
    let old = ir.clone();
    extend(ir, || {
        let mut dependencies = Dependencies::new(&old);
        let mut dependents = Vec::new();
        let mut needed = vec![false; old.len()];
        let mut tangents = vec![Symbol::ZERO; old.len()];
        let mut entries = Vec::new();
        for column in 0..dependencies.variables.len() as u32 {
            let Some(variable) = dependencies.variables[column as usize] else {
                continue;
            };
            dependencies.dependents(std::iter::once(variable), &mut dependents);
            for &id in dependents.iter().rev() {
                let is_wanted = |&row: &u32| wanted(row, column);
                needed[id as usize] |= dependencies.outputs_at(id).iter().any(is_wanted);
                if needed[id as usize] {
                    // Operands that do not depend on the variable are marked too, and never looked at.
                    for &operand in old.operands(id) {
                        needed[operand as usize] = true;
                    }
                }
            }
            for &id in &dependents {
                if needed[id as usize] {
                    tangents[id as usize] = match old.kind(id) {
                        Kind::Input(_) => Symbol::ONE,
                        _ => forward::tangent(&old, id, &tangents),
                    };
                }
                for &row in dependencies.outputs_at(id) {
                    if wanted(row, column) {
                        let id = tangents[id as usize].id();
                        entries.push(Entry { row, column, id });
                    }
                }
            }
            for &id in &dependents {
                tangents[id as usize] = Symbol::ZERO;
                needed[id as usize] = false;
                for &operand in old.operands(id) {
                    needed[operand as usize] = false;
                }
            }
        }
        entries
    })
}

/// Appends the derivatives of every output with respect to the variables that it depends on, one output after another.
pub(super) fn reverse(ir: Ir) -> (Ir, Vec<Entry>) {
    let old = ir.clone();
    let variables = old.variables();
    let mut columns = vec![0; old.inputs.len()];
    for (column, &place) in (0..).zip(&variables) {
        columns[place as usize] = column;
    }
    extend(ir, || {
        let mut dependencies = Dependencies::new(&old);
        let mut sweep = Sweep::new(&old, &variables);
        let mut needed = Vec::new();
        let mut entries = Vec::new();
        for (row, &output) in (0..).zip(&old.outputs) {
            dependencies.dependencies(std::iter::once(output), &mut needed);
            sweep.add(output, false, Symbol::ONE, Symbol::ONE);
            sweep.run(needed.iter().rev().copied(), |input, adjoint| {
                let (column, id) = (columns[input as usize], adjoint.id());
                entries.push(Entry { row, column, id });
            });
        }
        entries
    })
}
