//! Jacobians: the derivatives of every output with respect to every variable, dense or sparse.

use super::dependencies::Dependencies;
use super::direct::{self, Entry};
use super::outputs::without_signs;
use super::parts::Parts;
use super::sparsity::Sparsity;
use crate::ir::{Ir, Kind, compact};

/// The order in which the chain rule is applied.
///
/// ```
/// use chainrule::{Mode, Program, Transform};
///
/// let f = Program::trace(3, |x| x[0] * x[1] * x[2])?;
/// let forward = f.transform(Transform::Jacobian(Mode::Forward))?;
/// let reverse = f.transform(Transform::Jacobian(Mode::Reverse))?;
/// let x = [2.0, 3.0, 4.0];
/// assert_eq!(forward.values(&x)?, [12.0, 8.0, 6.0]);
/// assert_eq!(reverse.values(&x)?, [12.0, 8.0, 6.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Mode {
    /// From each input to the outputs.
    Forward,
    /// From each output to the inputs.
    Reverse,
    /// The one that passes through fewer values.
    #[default]
    Cheaper,
}

/// Entries are written one by one while they pass through fewer values and operands than this many times the program's own.
const DIRECT: usize = 16;

/// The size that single derivatives may pass through if the code has this size.
pub(super) fn direct_limit(size: usize) -> usize {
    DIRECT * size + 4096
}

/// Whether the code of single derivatives would be many times as long as the program.
pub(crate) fn is_long(ir: &Ir) -> bool {
    cheaper(
        ir,
        Mode::Cheaper,
        direct_limit(ir.len() + ir.operand_count()),
    )
    .is_none()
}

/// The mode in which single derivatives pass through fewer values; `None` if there are more than `limit`.
fn cheaper(ir: &Ir, mode: Mode, limit: usize) -> Option<Mode> {
    let mut dependencies = Dependencies::new(ir);
    match mode {
        Mode::Forward => dependencies.count_dependents(limit).map(|_| mode),
        Mode::Reverse => dependencies.count_dependencies(limit).map(|_| mode),
        Mode::Cheaper => {
            let reverse = dependencies.count_dependencies(limit);
            let forward = dependencies.count_dependents(reverse.unwrap_or(limit));
            forward
                .map(|_| Mode::Forward)
                .or(reverse.map(|_| Mode::Reverse))
        }
    }
}

/// All outputs, and their derivatives, row by row.
pub(super) fn jacobian(ir: &Ir, mode: Mode) -> (Ir, Parts) {
    let (rows, columns) = (ir.outputs.len(), ir.variables().len());
    let (mut ir, entries) = entries(ir, mode, |_| true, |_, _| true);
    append_dense(&mut ir, rows, columns, &entries);
    (ir, Parts::new(&[rows, rows * columns], 1))
}

/// The code of the derivatives that can be nonzero, row by row, and their sparsity pattern.
pub(crate) fn sparse_jacobian(ir: &Ir, mode: Mode) -> (Ir, Sparsity) {
    let pattern = Sparsity::of_outputs(ir);
    let in_pattern = |row, column| pattern.place(row as usize, column as usize).is_some();
    let has_entries = |row| !pattern.row(row as usize).is_empty();
    let (ir, entries) = entries(ir, mode, has_entries, in_pattern);
    (sparse(ir, &pattern, &entries), pattern)
}

/// The code of single derivatives: all of the rows for which `wanted(row)` holds in reverse mode, only those for which
/// `wanted_entry(row, column)` holds in forward mode.
fn entries(
    ir: &Ir,
    mode: Mode,
    wanted: impl Fn(u32) -> bool,
    wanted_entry: impl Fn(u32, u32) -> bool,
) -> (Ir, Vec<Entry>) {
    let ir = compact(ir);
    match cheaper(&ir, mode, usize::MAX) {
        Some(Mode::Reverse) => direct::reverse(ir, wanted),
        _ => direct::forward(ir, wanted_entry),
    }
}

/// Appends a matrix to the outputs, row by row, zeros included.
pub(super) fn append_dense(ir: &mut Ir, rows: usize, columns: usize, entries: &[Entry]) {
    let zero = ir.push(Kind::Constant(0), &[]);
    let first = ir.outputs.len();
    ir.outputs.resize(first + rows * columns, zero);
    for entry in entries {
        ir.outputs[first + entry.row as usize * columns + entry.column as usize] = entry.id;
    }
}

/// The code of the entries of a pattern alone, row by row.
pub(super) fn sparse(mut ir: Ir, pattern: &Sparsity, entries: &[Entry]) -> Ir {
    let zero = ir.push(Kind::Constant(0), &[]);
    ir.outputs = vec![zero; pattern.len()];
    for entry in entries {
        if let Some(place) = pattern.place(entry.row as usize, entry.column as usize) {
            ir.outputs[place] = entry.id;
        }
    }
    compact(&without_signs(ir, |_| true))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::{Dependencies, Mode, cheaper};

    #[test]
    fn a_triangle_of_sums_passes_through_each_operand_once() {
        for n in [50, 100, 200] {
            let mut text = String::new();
            for i in 0..n {
                let _ = writeln!(text, "x{i} = input {i} uniform");
            }
            let mut sum = String::new();
            for i in 0..n {
                let _ = write!(sum, " x{i}");
                let _ = writeln!(text, "y{i} = Sum{sum}");
            }
            for i in 0..n {
                let _ = writeln!(text, "output y{i}");
            }
            let ir = crate::ir::parse(&text);
            let size = ir.len() + ir.operand_count();
            let mut dependencies = Dependencies::new(&ir);
            let reverse = dependencies.count_dependencies(usize::MAX).unwrap();
            let forward = dependencies.count_dependents(usize::MAX).unwrap();
            assert!(reverse < 3 * size, "{reverse} {size}");
            // Each column would pass through whole sums.
            assert!(forward > n / 4 * size, "{forward} {size}");
            assert_eq!(cheaper(&ir, Mode::Cheaper, 3 * size), Some(Mode::Reverse));
        }
    }
}
