//! Single derivatives as code: each output with respect to each variable that it depends on, and nothing else.
//!
//! In forward mode, the tangent along one variable is written for the values that depend on it. In reverse mode, the
//! adjoints of one output are written for the values that it depends on. Two columns of a Jacobian that share no row share
//! no value through which derivatives pass either. So apart from the zeros of step functions, writing columns one by one
//! takes no more operations than evaluating columns of one colour together.

use super::dependencies::Dependencies;
use super::forward;
use super::reverse::Sweep;
use crate::ir::{Id, Ir, Kind, Symbol, extend};

/// A derivative in the code: of the output `row` with respect to the variable `column`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) id: Id,
}

/// Appends derivatives in forward mode, one variable after another: those with `wanted(row, column)` whose output depends
/// on the variable.
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
            mark_needed(
                &dependencies,
                &dependents,
                |row| wanted(row, column),
                &mut needed,
            );
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
            }
            unmark(&old, &dependents, &mut needed);
        }
        entries
    })
}

/// Marks the values on the way from a variable to the wanted outputs. `dependents` are those of the variable.
fn mark_needed(
    dependencies: &Dependencies<'_>,
    dependents: &[Id],
    is_wanted: impl Fn(u32) -> bool,
    needed: &mut [bool],
) {
    for &id in dependents.iter().rev() {
        let mut outputs = dependencies.outputs_at(id).iter();
        needed[id as usize] |= outputs.any(|&row| is_wanted(row));
        if needed[id as usize] {
            // This also marks operands that do not depend on the variable, but nothing reads those marks.
            for &operand in dependencies.ir.operands(id) {
                needed[operand as usize] = true;
            }
        }
    }
}

/// Removes the marks of [`mark_needed`].
fn unmark(ir: &Ir, dependents: &[Id], needed: &mut [bool]) {
    for &id in dependents {
        needed[id as usize] = false;
        for &operand in ir.operands(id) {
            needed[operand as usize] = false;
        }
    }
}

/// The number of values for which [`forward`] would write a tangent, or `None` if it exceeds `limit`.
pub(super) fn count_needed(
    dependencies: &mut Dependencies<'_>,
    wanted: impl Fn(u32, u32) -> bool,
    limit: usize,
) -> Option<usize> {
    let mut needed = vec![false; dependencies.ir.len()];
    let mut dependents = Vec::new();
    let mut count = 0;
    for column in 0..dependencies.variables.len() as u32 {
        let variable = dependencies.variables[column as usize];
        dependencies.dependents(variable.into_iter(), &mut dependents);
        mark_needed(
            dependencies,
            &dependents,
            |row| wanted(row, column),
            &mut needed,
        );
        count += dependents.iter().filter(|&&id| needed[id as usize]).count();
        unmark(dependencies.ir, &dependents, &mut needed);
        if count > limit {
            return None;
        }
    }
    Some(count)
}

/// Appends the derivatives of the outputs for which `wanted(row)` holds in reverse mode, one output after another, with
/// respect to the variables that the output depends on.
pub(super) fn reverse(ir: Ir, wanted: impl Fn(u32) -> bool) -> (Ir, Vec<Entry>) {
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
        for (row, &output) in (0..).zip(&old.outputs).filter(|&(row, _)| wanted(row)) {
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
