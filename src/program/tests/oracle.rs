//! Implements the documented order of sums over rows a second time, without any program.
//!
//! A value's adjoint is the sum over its uses, the latest first. If varying values use a shared value, each use adds its
//! rows in ascending order within blocks of 64. Blocks are added along a tree. Uses by shared values are added last.

use crate::op::Op;
use crate::strategies::{Expression, Operand};

/// What a value depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Constant,
    Uniform,
    Varying,
}

/// A use of a value: the user's adjoint and the partial, per row or for all rows.
enum Use {
    Rows(Vec<[f64; 2]>),
    Shared([f64; 2]),
}

fn term(sum: f64, [u, p]: [f64; 2]) -> f64 {
    if u == 0.0 || p == 0.0 {
        sum
    } else {
        u.mul_add(p, sum)
    }
}

/// Adds neighbours first, then neighbouring pairs, and so on.
fn tree(sums: &[f64]) -> f64 {
    match sums {
        [] => 0.0,
        [only] => *only,
        _ => {
            let (left, right) = sums.split_at(sums.len().next_power_of_two() / 2);
            tree(left) + tree(right)
        }
    }
}

/// The sum of the result over all rows, and its derivatives with respect to the first inputs, which all rows share.
pub(super) fn sum_gradient(e: &Expression, p: &[f64], rows: &[Vec<f64>]) -> (f64, Vec<f64>) {
    let inputs = e.inputs.len();
    let class_of = |classes: &[Class], operand: &Operand| match *operand {
        Operand::Value(i) => classes[i],
        Operand::Constant(_) => Class::Constant,
    };
    let mut classes = vec![Class::Uniform; p.len()];
    classes.resize(inputs, Class::Varying);
    for (_, operands) in &e.steps {
        let class = operands
            .iter()
            .map(|operand| class_of(&classes, operand))
            .max();
        classes.push(class.unwrap_or(Class::Constant));
    }
    let values: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| values(e, &[p, row].concat()))
        .collect();
    let results: Vec<f64> = values
        .iter()
        .map(|values| values[values.len() - 1])
        .collect();
    let of_block = |block: &[f64]| block.iter().fold(0.0, |sum, &y| term(sum, [y, 1.0]));
    let total = tree(&results.chunks(64).map(of_block).collect::<Vec<f64>>());

    let mut uses: Vec<Vec<Use>> = classes.iter().map(|_| Vec::new()).collect();
    uses[classes.len() - 1].push(Use::Rows(vec![[1.0, 1.0]; rows.len()]));
    let mut gradient = vec![0.0; p.len()];
    for id in (0..classes.len()).rev() {
        let of_value = std::mem::take(&mut uses[id]);
        let partials = |row: usize| partials(e, id, &values[row]);
        match classes[id] {
            Class::Constant => {}
            Class::Varying => {
                let adjoints: Vec<f64> =
                    (0..rows.len()).map(|row| of_row(&of_value, row)).collect();
                let Some(step) = id.checked_sub(inputs) else {
                    continue;
                };
                let by_row: Vec<Vec<f64>> = (0..rows.len()).map(partials).collect();
                for (place, operand) in e.steps[step].1.iter().enumerate() {
                    if let Operand::Value(operand) = *operand {
                        let pairs = adjoints
                            .iter()
                            .zip(&by_row)
                            .map(|(&u, partials)| [u, partials[place]]);
                        uses[operand].push(Use::Rows(pairs.collect()));
                    }
                }
            }
            Class::Uniform => {
                let adjoint = of_all(&of_value, rows.len());
                let Some(step) = id.checked_sub(inputs) else {
                    gradient[id] = adjoint + 0.0;
                    continue;
                };
                if rows.is_empty() {
                    continue;
                }
                for (operand, partial) in e.steps[step].1.iter().zip(partials(0)) {
                    if let Operand::Value(operand) = *operand {
                        uses[operand].push(Use::Shared([adjoint, partial]));
                    }
                }
            }
        }
    }
    (total, gradient)
}

/// The adjoint of a value in one row.
fn of_row(uses: &[Use], row: usize) -> f64 {
    let terms = uses.iter().map(|used| match used {
        Use::Rows(pairs) => pairs[row],
        Use::Shared(_) => [0.0, 0.0],
    });
    terms.fold(0.0, term)
}

/// The adjoint of a value that all rows share.
fn of_all(uses: &[Use], rows: usize) -> f64 {
    let blocks = (0..rows).step_by(64).map(|first| {
        let of_block = uses.iter().flat_map(|used| match used {
            Use::Rows(pairs) => &pairs[first..rows.min(first + 64)],
            Use::Shared(_) => &[],
        });
        of_block.copied().fold(0.0, term)
    });
    let of_rows = tree(&blocks.collect::<Vec<f64>>());
    let shared = uses.iter().filter_map(|used| match used {
        Use::Rows(_) => None,
        Use::Shared(pair) => Some(*pair),
    });
    shared.fold(term(0.0, [of_rows, 1.0]), term)
}

fn values(e: &Expression, inputs: &[f64]) -> Vec<f64> {
    let mut values = inputs.to_vec();
    for (op, operands) in &e.steps {
        let y = op.apply(&arguments(operands, &values));
        values.push(y.expect("operands fit"));
    }
    values
}

fn arguments(operands: &[Operand], values: &[f64]) -> Vec<f64> {
    let argument = |operand: &Operand| match *operand {
        Operand::Value(i) => values[i],
        Operand::Constant(constant) => constant,
    };
    operands.iter().map(argument).collect()
}

fn partials(e: &Expression, id: usize, values: &[f64]) -> Vec<f64> {
    let (op, operands): &(Op, _) = &e.steps[id - e.inputs.len()];
    op.partials(&arguments(operands, values), values[id])
}
