//! Many directions at one point: all inputs are uniform, and each row of data is a direction.

use super::parts::Parts;
use super::{forward, reverse};
use crate::error::Result;
use crate::ir::{Class, Ir};

pub(crate) fn jvp(ir: &Ir) -> (Ir, Parts) {
    tangents(ir.clone(), 0)
}

pub(super) fn hvp(ir: &Ir) -> Result<(Ir, Parts)> {
    let (gradient, _) = reverse::gradient(ir)?;
    Ok(tangents(gradient, 1))
}

pub(crate) fn vjp(ir: &Ir) -> (Ir, Parts) {
    let uniform = ir.clone().with_inputs(Class::Uniform);
    let (mut ir, parts) = reverse::weighted(uniform, |_| Class::Varying);
    ir.outputs.drain(..parts.lengths()[0]);
    (ir, Parts::new(&[parts.lengths()[1]], 0))
}

/// The tangents of all outputs except the first `skipped`, with one direction per row.
fn tangents(ir: Ir, skipped: usize) -> (Ir, Parts) {
    let count = ir.outputs.len();
    let mut ir = forward::append_tangents(ir.with_inputs(Class::Uniform), Some(Class::Varying));
    ir.outputs.drain(..count + skipped);
    (ir, Parts::new(&[count - skipped], 0))
}
