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

/// The index of the input, if the value is one.
pub(crate) fn input(ir: &Ir, id: Id) -> Option<usize> {
    match ir.kind(id) {
        Kind::Input(place) => Some(place as usize),
        _ => None,
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

/// Computes the first `count` values. `fixed` gives values that are not computed: inputs, and others to hold.
pub(crate) fn evaluate(ir: &Ir, count: usize, fixed: impl Fn(Id) -> Option<f64>) -> Evaluated {
    let (mut values, mut errors) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut piece = FxHasher::default();
    let mut operands: SmallVec<[f64; 8]> = SmallVec::new();
    for id in 0..count as Id {
        let (value, error) = match (fixed(id), ir.kind(id)) {
            (Some(value), _) => (value, 0.0),
            (None, Kind::Constant(bits)) => (f64::from_bits(bits), 0.0),
            (None, Kind::Apply(op)) => {
                operands.clear();
                operands.extend(ir.operands(id).iter().map(|&id| values[id as usize]));
                let value = op.apply(&operands).unwrap_or(f64::NAN);
                mark(op, &operands, value, &mut piece);
                let of_operands = ir.operands(id).iter().map(|&id| errors[id as usize]);
                let of_operands: SmallVec<[f64; 8]> = of_operands.collect();
                (value, rounding(op, &operands, value, &of_operands))
            }
            // Unknown at a single point.
            (None, Kind::Input(_) | Kind::SumOverRows) => (f64::NAN, 0.0),
        };
        values.push(value);
        errors.push(error);
    }
    Evaluated {
        values,
        errors,
        piece: piece.finish(),
    }
}

/// Adds the side that an operation takes.
pub(super) fn mark(op: Op, operands: &[f64], value: f64, piece: &mut impl Hasher) {
    if op.obeys(Law::Breaks) && op.obeys(Law::Blocks) {
        value.to_bits().hash(piece);
    } else if op.obeys(Law::Remainder) {
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

/// A bound, to first order, for the error of an operation's value: `Σ |∂y/∂xᵢ|·errorᵢ`, and its own rounding.
pub(super) fn rounding(op: Op, operands: &[f64], value: f64, errors: &[f64]) -> f64 {
    if op.obeys(Law::Declared) || op.obeys(Law::Stop) {
        // The value passes unchanged, although its slope is 0.
        return errors.first().copied().unwrap_or(0.0);
    }
    let (mut passed, mut size, mut is_zero) = (0.0, 0.0, true);
    let mut add = |place: usize, partial: f64| {
        if partial != 0.0 && errors[place] != 0.0 {
            passed += partial.abs() * errors[place];
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

/// Whether the value is the number nearest to the exact one.
fn rounds_once(op: Op) -> bool {
    [Law::Linear, Law::Bilinear, Law::Routes]
        .map(|law| op.obeys(law))
        .contains(&true)
}
