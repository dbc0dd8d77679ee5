//! The one interpreter: computes code with any type of number, one value after another.

use smallvec::SmallVec;

use super::code::{Id, Ir, Kind};
use crate::op::{Op, Scalar};

/// Computes every value of code without rows. Calls `see` for each operation with the operation, its operands, its value
/// and its index.
#[track_caller]
pub(crate) fn interpret<S: Scalar>(
    ir: &Ir,
    inputs: &[S],
    mut see: impl FnMut(Op, &[S], S, Id),
) -> Vec<S> {
    let mut values: Vec<S> = Vec::with_capacity(ir.len());
    let mut operands: SmallVec<[S; 8]> = SmallVec::new();
    for id in ir.ids() {
        let value = match ir.kind(id) {
            Kind::Input(place) => inputs[place as usize],
            Kind::Constant(bits) => S::from(f64::from_bits(bits)),
            Kind::Apply(op) => {
                operands.clear();
                operands.extend(ir.operands(id).iter().map(|&id| values[id as usize]));
                let value = op.apply(&operands).unwrap_or(S::from(f64::NAN));
                see(op, &operands, value, id);
                value
            }
            // There are no rows to add here, so the sum is unknown.
            Kind::SumOverRows => S::from(f64::NAN),
        };
        values.push(value);
    }
    values
}
