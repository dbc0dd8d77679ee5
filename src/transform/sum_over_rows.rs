//! Adds outputs over all rows. Each sum is one number, which can be differentiated with respect to uniform inputs.

use crate::error::{Error, Result};
use crate::ir::{Class, Ir, Kind, Symbol, extend, push};

/// The sums of all outputs. Their derivatives are taken with respect to the chosen inputs, or to all uniform inputs if none
/// were chosen.
///
/// # Errors
/// If a varying input was chosen.
pub(crate) fn sum_over_rows(ir: Ir) -> Result<Ir> {
    let outputs = ir.outputs.clone();
    let (mut ir, sums) = extend(ir, || {
        let one = Symbol::ONE.id();
        let sum = |&y| push(Kind::SumOverRows, &[y, one]);
        outputs.iter().map(sum).collect::<Vec<_>>()
    });
    let is_uniform = |place: &u32| ir.inputs[*place as usize] == Class::Uniform;
    if let Some(chosen) = &ir.variables
        && let Some(place) = chosen.iter().find(|place| !is_uniform(place))
    {
        let problem = format!(
            "input {place} varies by row; a sum over rows has derivatives with respect to uniform inputs only"
        );
        return Err(Error::argument("with_respect_to", problem));
    }
    ir.variables = Some(ir.variables().into_iter().filter(is_uniform).collect());
    ir.outputs = sums;
    Ok(ir)
}
