//! Evaluates code at a point, with a bound for the rounding error of every value and a mark of the smooth piece it lies on.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::difference::Sample;
use crate::ir::{Id, Ir, Kind};
use crate::op::{Law, Op};
use crate::program::Kink;

/// Every value of some code at one point.
pub(crate) struct Evaluated {
    pub(crate) values: Vec<f64>,
    /// A bound, to first order, for the rounding error of each value.
    pub(crate) errors: Vec<f64>,
    /// Equal at two points if every operation takes the same side of its corners and jumps at both.
    pub(super) piece: u64,
}

impl Evaluated {
    pub(super) fn sample(&self, id: Id) -> Sample {
        Sample {
            value: self.values[id as usize],
            error: self.errors[id as usize],
        }
    }
}

/// The values that a value is computed from, and itself.
pub(super) fn needed(ir: &Ir, value: Id) -> Vec<bool> {
    let mut needed = vec![false; ir.len()];
    needed[value as usize] = true;
    for id in ir.ids().rev() {
        if needed[id as usize] {
            let operands = ir.operands(id).iter();
            operands.for_each(|&operand| needed[operand as usize] = true);
        }
    }
    needed
}

/// Computes every value from the numbers of the inputs.
pub(crate) fn evaluate(ir: &Ir, of_input: impl Fn(usize) -> f64) -> Evaluated {
    let (mut values, mut errors) = (Vec::with_capacity(ir.len()), Vec::with_capacity(ir.len()));
    let mut piece = FxHasher::default();
    for id in ir.ids() {
        let sample = match ir.kind(id) {
            Kind::Constant(bits) => Sample::exact(f64::from_bits(bits)),
            Kind::Input(place) => Sample::exact(of_input(place as usize)),
            // Unknown at a single point.
            Kind::SumOverRows => Sample::exact(f64::NAN),
            Kind::Apply(op) => {
                let sample = |&id: &Id| Sample {
                    value: values[id as usize],
                    error: errors[id as usize],
                };
                apply(op, ir.operands(id).iter().map(sample), &mut piece)
            }
        };
        values.push(sample.value);
        errors.push(sample.error);
    }
    Evaluated {
        values,
        errors,
        piece: piece.finish(),
    }
}

/// Computes some operations in order, from the numbers of all other values. Returns the last value, and a mark of the smooth
/// piece that they lie on; `None` if there is no operation.
pub(super) fn evaluate_some(
    ir: &Ir,
    ids: &[Id],
    of_other: impl Fn(Id) -> f64,
) -> Option<(Sample, u64)> {
    let mut samples: Vec<Sample> = Vec::with_capacity(ids.len());
    let mut piece = FxHasher::default();
    for &id in ids {
        let Kind::Apply(op) = ir.kind(id) else {
            return None;
        };
        let sample = |&id: &Id| match ids[..samples.len()].binary_search(&id) {
            Ok(place) => samples[place],
            Err(_) => Sample::exact(of_other(id)),
        };
        let sample = apply(op, ir.operands(id).iter().map(sample), &mut piece);
        samples.push(sample);
    }
    Some((*samples.last()?, piece.finish()))
}

/// Applies an operation and marks the side that it takes.
fn apply(op: Op, operands: impl Iterator<Item = Sample> + Clone, piece: &mut FxHasher) -> Sample {
    let errors: SmallVec<[f64; 8]> = operands.clone().map(|operand| operand.error).collect();
    let operands: SmallVec<[f64; 8]> = operands.map(|operand| operand.value).collect();
    let value = op.apply(&operands).unwrap_or(f64::NAN);
    mark(op, &operands, value, piece);
    Sample {
        value,
        error: rounding(op, &operands, value, &errors),
    }
}

/// Adds the side that an operation takes.
pub(super) fn mark(op: Op, operands: &[f64], value: f64, piece: &mut impl Hasher) {
    if op.obeys(Law::Breaks) && op.obeys(Law::Blocks) {
        value.to_bits().hash(piece);
    } else if op.obeys(Law::Remainder) || chooses_by_index(op) {
        let mut add = |_, slope: f64| slope.to_bits().hash(piece);
        op.each_partial(operands, value, |_| true, &mut add);
    } else if op.obeys(Law::KinkAtOrigin) {
        // A line may pass through the origin, where the operands change their signs together.
        let signs = operands.iter().map(|x| x.is_sign_negative());
        signs.for_each(|sign| sign.hash(piece));
    } else if let Some(kink) = Kink::new(op, operands, value, |_| true) {
        kink.branch.hash(piece);
    }
}

/// Whether the operation picks an operand by an index, as `gather` does. Its slopes then show which one.
fn chooses_by_index(op: Op) -> bool {
    op.obeys(Law::Breaks) && op.obeys(Law::Routes)
}

/// A bound, to first order, for the error of an operation's value: `Σ |∂y/∂xᵢ|·errorᵢ`, and its own rounding.
pub(super) fn rounding(op: Op, operands: &[f64], value: f64, errors: &[f64]) -> f64 {
    if op.obeys(Law::Declared) || op.obeys(Law::Stop) {
        // The value passes unchanged, although its slope is 0.
        return errors.first().copied().unwrap_or(0.0);
    }
    let (mut passed, mut size, mut is_zero) = (0.0, 0.0, true);
    let mut add = |place: usize, partial: f64| {
        if partial != 0.0 && errors[place] != 0.0 {
            let product = partial.abs() * errors[place];
            // The product is not 0 although it may underflow.
            passed += if product == 0.0 {
                f64::from_bits(1)
            } else {
                product
            };
        }
        if partial != 0.0 && operands[place] != 0.0 {
            size += (partial * operands[place]).abs();
            is_zero = false;
        }
    };
    op.each_partial(operands, value, |_| true, &mut add);
    passed + own_rounding(op, operands, value, (size, is_zero))
}

/// A bound for the error that an operation adds by rounding its value. `size` is the sum of its terms' magnitudes, and whether
/// all of them are 0.
pub(super) fn own_rounding(
    op: Op,
    operands: &[f64],
    value: f64,
    (size, is_zero): (f64, bool),
) -> f64 {
    if op.obeys(Law::Declared) || op.obeys(Law::Stop) {
        return 0.0;
    }
    // A fold rounds as many times as it has operands, each time a number of about the size of its terms.
    let own = match op {
        Op::Nary(_) => operands.len() as f64 * f64::EPSILON * (size + value.abs()),
        _ if rounds_once(op) => 0.5 * f64::EPSILON * value.abs(),
        _ => 4.0 * f64::EPSILON * value.abs(),
    };
    // The distance between subnormal numbers.
    let may_underflow = !value.is_normal() && !is_zero;
    own + if may_underflow { 1e-320 } else { 0.0 }
}

/// Whether an operation may take another side of its corners and jumps for operands within their errors.
pub(super) fn crosses(op: Op, operands: &[f64], value: f64, errors: &[f64]) -> bool {
    let total: f64 = errors.iter().sum();
    if total == 0.0 {
        return false;
    }
    if op.obeys(Law::KinkAtOrigin) {
        return operands.iter().all(|x| x.abs() <= total);
    }
    if !(op.obeys(Law::Breaks) && op.obeys(Law::Blocks)
        || op.obeys(Law::Remainder)
        || chooses_by_index(op))
    {
        let place = op.laws().iter().find_map(|law| match *law {
            Law::Kink(place, _) | Law::Break(place, _) => Some(place),
            _ => None,
        });
        let error = place.map_or(total, |place| errors[place]);
        let kink = Kink::new(op, operands, value, |_| true);
        return error > 0.0 && kink.is_some_and(|kink| kink.distance <= error);
    }
    // The multiple of a divisor's error counts for a remainder.
    let partials = op.partials(operands, value);
    let passed = partials.iter().zip(errors).map(|(p, e)| (p * e).abs());
    let reach = passed.sum::<f64>().max(total);
    let piece = |operands: &[f64], value: f64| {
        let mut piece = FxHasher::default();
        mark(op, operands, value, &mut piece);
        piece.finish()
    };
    let there = piece(operands, value);
    moved(operands, errors, reach).any(|operands| {
        let value = op.apply(&operands).unwrap_or(f64::NAN);
        piece(&operands, value) != there
    })
}

/// The operands of an operation with one of those that have errors moved to either side.
pub(super) fn moved(operands: &[f64], errors: &[f64], by: f64) -> impl Iterator<Item = Vec<f64>> {
    let uncertain = (0..operands.len()).filter(|&place| errors[place] != 0.0);
    uncertain.flat_map(move |place| {
        [-by, by].map(|error| {
            let mut operands = operands.to_vec();
            operands[place] += error;
            operands
        })
    })
}

/// Whether the value is the number nearest to the exact one.
fn rounds_once(op: Op) -> bool {
    [Law::Linear, Law::Bilinear, Law::Routes]
        .map(|law| op.obeys(law))
        .contains(&true)
}
