//! Which operands a derivative can pass to.
//!
//! By the table's laws, some partials are 0 wherever the value is a number: those of a step function, of the condition of a
//! `select`, and of a product with respect to a factor whose partner is 0. A derivative that passes through one of them is
//! 0, so it needs neither an entry in a sparsity pattern nor code.

use crate::ir::{Id, Ir, Kind};
use crate::op::{Law, Op};

/// The operands of a code to which derivatives pass.
pub(super) struct Live<'a> {
    ir: &'a Ir,
    /// Whether a value is 0 wherever it is a number.
    zeros: Vec<bool>,
}

impl<'a> Live<'a> {
    pub(super) fn new(ir: &'a Ir) -> Self {
        let mut live = Self {
            ir,
            zeros: Vec::with_capacity(ir.len()),
        };
        for id in ir.ids() {
            let is_zero = live.is_zero(id);
            live.zeros.push(is_zero);
        }
        live
    }

    /// Whether the partial of a value with respect to this operand can be nonzero.
    pub(super) fn passes(&self, id: Id, place: usize) -> bool {
        match self.ir.kind(id) {
            Kind::Apply(op) if op.blocks(place) => false,
            // The operands are the value, then pairs of an operand and its slope.
            Kind::Apply(op) if op.obeys(Law::Declared) => {
                place % 2 == 1 && place + 1 < self.ir.operands(id).len()
            }
            Kind::Apply(op) if op.obeys(Law::Bilinear) => self.zero(id, place ^ 1) != Some(true),
            Kind::SumOverRows => self.zero(id, place ^ 1) != Some(true),
            _ => true,
        }
    }

    /// Whether the operand at this place is 0; `None` if there is no operand.
    fn zero(&self, id: Id, place: usize) -> Option<bool> {
        let operand = self.ir.operands(id).get(place)?;
        Some(self.zeros[*operand as usize])
    }

    fn is_zero(&self, id: Id) -> bool {
        let operands = || 0..self.ir.operands(id).len();
        let zero = |place| self.zero(id, place) == Some(true);
        // A factor of 0 makes a product 0 only by the zero rule: 0·∞ is not a number. An addend has no partner.
        let products = || operands().all(|place| zero(place) || zero(place ^ 1));
        match self.ir.kind(id) {
            Kind::Input(_) => false,
            Kind::Constant(bits) => f64::from_bits(bits) == 0.0,
            Kind::SumOverRows => products(),
            Kind::Apply(op) => {
                op.obeys(Law::Range(0.0, 0.0))
                    || op.obeys(Law::Linear) && operands().all(zero)
                    || op.obeys(Law::ZeroRule) && products()
            }
        }
    }
}

impl Op {
    /// Whether the slope with respect to the operand at this place is 0 by law.
    fn blocks(self, place: usize) -> bool {
        let mut laws = self.laws().iter();
        laws.any(|law| match *law {
            Law::Blocks | Law::Stop => true,
            Law::BlocksAt(blocked) => blocked == place,
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Live;
    use crate::ir::parse;

    #[test]
    fn a_sum_over_rows_passes_no_derivative_to_a_factor_whose_partner_is_zero() {
        let ir = parse("x = input 0 varying\nz = 0.0\ns = SumOverRows x z z x x x\noutput s");
        let live = Live::new(&ir);
        let sum = ir.outputs()[0];
        let passes: Vec<bool> = (0..6).map(|place| live.passes(sum, place)).collect();
        assert_eq!(passes, [false, true, true, false, true, true]);
    }
}
