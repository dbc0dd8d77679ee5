//! Outputs added over all rows: one number each, which can be differentiated with respect to uniform inputs.

use crate::ir::{Class, Ir, Kind, Symbol, extend, push};

/// The sums of all outputs. Derivatives of them are with respect to the uniform ones among the variables.
pub(crate) fn sum_over_rows(ir: &Ir) -> Ir {
    let outputs = ir.outputs.clone();
    let (mut summed, sums) = extend(ir.clone(), || {
        let one = Symbol::ONE.id();
        let sum = |&y| push(Kind::SumOverRows, &[y, one]);
        outputs.iter().map(sum).collect::<Vec<_>>()
    });
    let mut variables = ir.variables();
    variables.retain(|&place| ir.inputs[place as usize] == Class::Uniform);
    summed.variables = Some(variables);
    summed.outputs = sums;
    summed
}
