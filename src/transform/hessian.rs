//! Second derivatives of the first output, by forward over reverse, and third ones.

use super::dependencies::Dependencies;
use super::direct::{self, Entry};
use super::forward;
use super::jacobian::{append_dense, direct_limit, sparse};
use super::outputs::last_part;
use super::parts::Parts;
use super::reverse::{self, append_adjoints};
use super::sparsity::Sparsity;
use crate::error::Result;
use crate::ir::{Class, Id, Ir, Kind, Symbol, extend};
use crate::op::{Law, Scalar, rows};

/// Whether second derivatives are the same in either order. They are not if the table declares a slope that differs from
/// the derivative of the value.
pub(crate) fn is_symmetric(ir: &Ir) -> bool {
    ir.ids().all(|id| match ir.kind(id) {
        Kind::Apply(op) => !op.obeys(Law::Stop) && !op.obeys(Law::Declared),
        _ => true,
    })
}

/// Whether the code of single second derivatives would be many times as long as that of the gradient.
pub(super) fn is_long(ir: &Ir) -> Result<bool> {
    let (gradient, _) = reverse::gradient(ir)?;
    let limit = direct_limit(gradient.len() + gradient.operand_count());
    let dependents = Dependencies::new(&gradient).count_dependents(limit);
    Ok(dependents.is_none())
}

/// Whether the code of the Hessian's diagonal would be many times as long as that of the gradient.
pub(super) fn diagonal_is_long(ir: &Ir) -> Result<bool> {
    let (gradient, _) = reverse::gradient(ir)?;
    let limit = direct_limit(gradient.len());
    let mut dependencies = Dependencies::new(&gradient);
    let is_wanted = |row: u32, column| row == column + 1;
    Ok(direct::count_needed(&mut dependencies, is_wanted, limit).is_none())
}

/// Value, gradient and second derivatives, row by row.
pub(super) fn hessian(ir: &Ir) -> Result<(Ir, Parts)> {
    let count = ir.variables().len();
    let (mut ir, entries) = entries(ir, |_, _| true)?;
    append_dense(&mut ir, count, count, &entries);
    Ok((ir, Parts::new(&[1, count, count * count], 1)))
}

/// The code of the second derivatives that can be nonzero, row by row, and their sparsity pattern.
pub(crate) fn sparse_hessian(ir: &Ir) -> Result<(Ir, Sparsity)> {
    let pattern = hessian_sparsity(ir)?;
    let in_pattern = |row, column| pattern.place(row as usize, column as usize).is_some();
    let (ir, entries) = entries(ir, in_pattern)?;
    Ok((sparse(ir, &pattern, &entries), pattern))
}

/// The sparsity pattern of the second derivatives; of entries that can be nonzero in either order if they are symmetric.
pub(crate) fn hessian_sparsity(ir: &Ir) -> Result<Sparsity> {
    let gradient = last_part(reverse::gradient(ir)?);
    let pattern = Sparsity::of_outputs(&gradient);
    if is_symmetric(ir) {
        return Ok(pattern.symmetric());
    }
    Ok(pattern)
}

/// The gradient's code, followed by the second derivatives for which `wanted(row, column)` holds; by one triangle of them if
/// they are symmetric.
fn entries(ir: &Ir, wanted: impl Fn(u32, u32) -> bool) -> Result<(Ir, Vec<Entry>)> {
    let symmetric = is_symmetric(ir);
    let wanted = |row, column| (!symmetric || row >= column) && wanted(row, column);
    let (ir, mut entries) = derivatives_of_gradient(ir, wanted)?;
    if symmetric {
        let below = entries.iter().filter(|entry| entry.row != entry.column);
        let mirrored = below.map(|&Entry { row, column, id }| Entry {
            row: column,
            column: row,
            id,
        });
        let mirrored: Vec<Entry> = mirrored.collect();
        entries.extend(mirrored);
    }
    Ok((ir, entries))
}

/// The gradient's code, followed by the derivatives of its entries for which `wanted(row, column)` holds.
fn derivatives_of_gradient(ir: &Ir, wanted: impl Fn(u32, u32) -> bool) -> Result<(Ir, Vec<Entry>)> {
    let (gradient, _) = reverse::gradient(ir)?;
    // The value is the output before those of the gradient.
    let wanted = |row: u32, column| row > 0 && wanted(row - 1, column);
    let (ir, mut entries) = direct::forward(gradient, wanted);
    for entry in &mut entries {
        entry.row -= 1;
    }
    Ok((ir, entries))
}

/// Value, gradient and diagonal of the Hessian.
pub(super) fn diagonal(ir: &Ir) -> Result<(Ir, Parts)> {
    let count = ir.variables().len();
    let (mut ir, mut entries) = derivatives_of_gradient(ir, |row, column| row == column)?;
    for entry in &mut entries {
        entry.column = 0;
    }
    append_dense(&mut ir, count, 1, &entries);
    Ok((ir, Parts::new(&[1, count, count], 1)))
}

/// Value, gradient and the sum of the Hessian's diagonal.
pub(super) fn laplacian(ir: &Ir) -> Result<(Ir, Parts)> {
    let (ir, parts) = diagonal(ir)?;
    let count = parts.lengths()[1];
    let diagonal = ir.outputs[1 + count..].to_vec();
    let (mut ir, sum) = extend(ir, || {
        Symbol::apply_n::<rows::Sum>(&Symbol::all(&diagonal)).id()
    });
    ir.outputs.truncate(1 + count);
    ir.outputs.push(sum);
    Ok((ir, Parts::new(&[1, count, 1], 1)))
}

/// Value, gradient and the Hessian times a direction: the gradient's derivatives in it.
pub(super) fn hvp(ir: &Ir) -> Result<(Ir, Parts)> {
    let (gradient, parts) = reverse::gradient(ir)?;
    let count = parts.lengths()[1];
    let mut ir = forward::append_tangents(gradient, None);
    // Removes the derivative of the value, which is not needed.
    ir.outputs.remove(1 + count);
    Ok((ir, Parts::new(&[1, count, count], 1)))
}

/// A direction times the Hessian times the direction.
pub(super) fn curvature(ir: &Ir) -> Result<(Ir, Parts)> {
    let (gradient, _) = reverse::gradient(ir)?;
    let (inputs, outputs) = (gradient.inputs.len(), gradient.outputs.len());
    let mut ir = forward::append_tangents(gradient, Some(Class::Uniform));
    let products = ir.outputs.split_off(outputs + 1);
    let directions = ir.input_values().into_iter().skip(inputs).flatten();
    let terms = products.into_iter().zip(directions);
    let terms: Vec<[Id; 2]> = terms.map(|(product, v)| [product, v]).collect();
    let (mut ir, curvature) = extend(ir, || reverse::sum(&terms).id());
    ir.outputs = vec![curvature];
    Ok((ir, Parts::new(&[1], 0)))
}

/// Value, gradient and a direction times the Hessian: the gradient of the derivative in that direction.
pub(super) fn vhp(ir: &Ir) -> Result<(Ir, Parts)> {
    reverse_over_forward(ir, 1)
}

/// Value, gradient and the third derivatives in two directions.
pub(super) fn third(ir: &Ir) -> Result<(Ir, Parts)> {
    reverse_over_forward(ir, 2)
}

/// Value, gradient, and the gradient of the derivative in each of the first `directions` directions, one after another.
fn reverse_over_forward(ir: &Ir, directions: usize) -> Result<(Ir, Parts)> {
    let variables = ir.variables();
    let (mut ir, parts) = reverse::gradient(ir)?;
    let outputs = std::mem::take(&mut ir.outputs);
    let mut slope = outputs[0];
    let chosen = ir.variables.replace(variables.clone());
    for _ in 0..directions {
        ir.outputs = vec![slope];
        ir = forward::append_tangents(ir, None);
        slope = ir.outputs[1];
    }
    ir.outputs = outputs;
    ir.variables = chosen;
    let ir = append_adjoints(&ir, &[(slope, Symbol::ONE)], &variables);
    let count = variables.len();
    debug_assert_eq!(parts.lengths(), [1, count]);
    Ok((ir, Parts::new(&[1, count, count], 1)))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use crate::ir::Class;
    use crate::transform::Transform;

    /// `(Σ xᵢ²)²`, or `exp(Σ tanh(xᵢ·Σ xᵢ²))`, in which every second derivative needs many values.
    fn coupled(n: u32, is_dense: bool) -> crate::ir::Ir {
        let mut text = String::new();
        for i in 0..n {
            let _ = writeln!(text, "x{i} = input {i} uniform\ns{i} = Square x{i}");
        }
        let list = |name: &str| {
            let names: Vec<String> = (0..n).map(|i| format!("{name}{i}")).collect();
            names.join(" ")
        };
        let _ = writeln!(text, "s = Sum {}", list("s"));
        if is_dense {
            for i in 0..n {
                let _ = writeln!(text, "p{i} = Mul x{i} s\nt{i} = Tanh p{i}");
            }
            let _ = writeln!(text, "t = Sum {}\ny = Exp t\noutput y", list("t"));
        } else {
            text += "y = Square s\noutput y\n";
        }
        crate::ir::parse(&text)
    }

    #[test]
    fn the_diagonal_needs_linear_code() {
        for n in [200, 400, 800] {
            for is_dense in [false, true] {
                let ir = coupled(n, is_dense);
                let transform = match Transform::HessianDiagonal.by_row(&ir).unwrap() {
                    Some((transform, _)) => transform,
                    None => Transform::HessianDiagonal,
                };
                assert_eq!(transform == Transform::HvpByRow, is_dense);
                for transform in [transform, Transform::Curvature] {
                    let (code, _) = transform.apply(&ir).unwrap();
                    assert!(code.len() + code.operand_count() < 100 * n as usize);
                }
            }
        }
    }

    #[test]
    fn sums_over_rows_can_be_differentiated_twice() {
        let ir = crate::ir::parse(
            "p = input 0 uniform\nx = input 1 varying\nq = Square p\ny = Mul q x\noutput y",
        );
        let summed = crate::transform::sum_over_rows(ir).unwrap();
        let (hessian, parts) = Transform::Hessian.apply(&summed).unwrap();
        assert_eq!(parts.lengths(), [1, 1, 1]);
        let classes = hessian.classes();
        assert!(
            hessian
                .outputs
                .iter()
                .all(|&y| classes[y as usize] < Class::Varying)
        );
        assert_eq!(crate::ir::problem(&hessian), None);
    }
}
