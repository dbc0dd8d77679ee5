//! Taylor coefficients of any order along a line, computed from the table's first partials alone.
//!
//! For `y = f(a, b, …)` and inputs `x(t)`, `y′ = Σ a′·∂f/∂a`. So the coefficients satisfy
//! `k·y_k = Σ Σ_{j=1…k} j·a_j·p_{k−j}`, where `p` is the series of the partial. A partial is code like any other, so the
//! same rule computes its series, one order shorter. Partials of partials are merged with existing values (the partial of
//! the sine's partial is the sine again), so there are few of them. The work is quadratic in the order.

use super::outputs::without_signs;
use super::parts::Parts;
use super::reverse::sum;
use crate::ir::{Id, Ir, Kind, Symbol, compact, extend_merged, len, node};
use crate::op::Scalar;

/// The coefficients `y₀ … y_K` of `y(x + t·v)` for every output `y`. The directions `v` are new inputs, one per variable.
pub(super) fn taylor(ir: &Ir, order: usize) -> (Ir, Parts) {
    let mut ir = compact(ir);
    let mut directions = vec![None; ir.inputs.len()];
    for place in ir.variables() {
        let class = ir.inputs[place as usize];
        directions[place as usize] = Some(Symbol::Value(ir.push_input(class)));
    }
    let outputs = ir.outputs.clone();
    let (mut ir, coefficients) = extend_merged(ir, || {
        let mut series = Series::default();
        series.grow(&directions);
        series.expand(&outputs, order, &directions);
        series.run(order, &directions);
        let of = |&id: &Id| series.coefficients(id, order);
        outputs.iter().flat_map(of).collect::<Vec<Id>>()
    });
    let parts = Parts::values(coefficients.len());
    ir.outputs = coefficients;
    let ir = without_signs(ir, |place| place % (order + 1) != 0);
    (compact(&ir), parts)
}

#[derive(Default)]
struct Series {
    /// Whether a value changes along the line.
    varies: Vec<bool>,
    /// The highest order needed of each value's coefficients.
    order: Vec<usize>,
    /// The partials of the operation that makes each value, once they are written.
    partials: Vec<Option<Vec<Symbol>>>,
    /// The coefficients of each value from order 1 up.
    coefficients: Vec<Vec<Symbol>>,
}

impl Series {
    /// Adds entries for the values appended since the last call.
    fn grow(&mut self, directions: &[Option<Symbol>]) {
        for id in self.varies.len()..len() {
            let (kind, operands) = node(id as Id);
            self.varies.push(match kind {
                Kind::Input(place) => directions.get(place as usize).is_some_and(Option::is_some),
                _ => operands
                    .iter()
                    .any(|&operand| self.varies[operand as usize]),
            });
        }
        self.order.resize(self.varies.len(), 0);
        self.partials.resize(self.varies.len(), None);
    }

    /// Writes the partials that the outputs' coefficients up to `order` need, and the partials of those partials.
    fn expand(&mut self, outputs: &[Id], order: usize, directions: &[Option<Symbol>]) {
        for &id in outputs {
            self.order[id as usize] = order;
        }
        for order in (1..=order).rev() {
            let asked = |series: &Self, id: usize| series.varies[id] && series.order[id] >= order;
            let count = self.varies.len();
            for id in (0..count).rev().filter(|&id| self.varies[id]) {
                if asked(self, id) {
                    for operand in node(id as Id).1 {
                        let operand = &mut self.order[operand as usize];
                        *operand = order.max(*operand);
                    }
                }
            }
            for id in 0..count {
                if !asked(self, id) || self.partials[id].is_some() {
                    continue;
                }
                let (kind, operands) = node(id as Id);
                let Kind::Apply(op) = kind else { continue };
                let partials = op.partials(&Symbol::all(&operands), Symbol::at(id as Id));
                self.grow(directions);
                for (partial, &operand) in partials.iter().zip(&operands) {
                    if let (Symbol::Value(partial), true) =
                        (*partial, self.varies[operand as usize])
                    {
                        let asked = &mut self.order[partial as usize];
                        *asked = (order - 1).max(*asked);
                    }
                }
                self.partials[id] = Some(partials);
            }
        }
    }

    /// Writes all coefficients that are needed.
    fn run(&mut self, order: usize, directions: &[Option<Symbol>]) {
        self.coefficients = vec![Vec::new(); self.varies.len()];
        for k in 1..=order {
            for id in 0..self.varies.len() {
                if self.order[id] < k || !self.varies[id] {
                    continue;
                }
                let (kind, operands) = node(id as Id);
                let coefficient = match kind {
                    Kind::Input(place) if k == 1 => {
                        directions[place as usize].unwrap_or(Symbol::ZERO)
                    }
                    Kind::Apply(_) => self.next(k, id, &operands),
                    _ => Symbol::ZERO,
                };
                self.coefficients[id].push(coefficient);
            }
        }
    }

    /// Coefficient `k` of a value, from its operands' coefficients and those of its partials below `k`, which are already
    /// written.
    fn next(&self, k: usize, id: usize, operands: &[Id]) -> Symbol {
        let partials = self.partials[id].as_deref().unwrap_or_default();
        // A constant partial has no series: k·y_k = k·a_k·p. This omits the factor k and its rounding.
        let (mut linear, mut terms) = (Vec::new(), Vec::new());
        let add = |terms: &mut Vec<[Id; 2]>, u: Symbol, p: Symbol| {
            if !u.vanishes() && !p.vanishes() {
                terms.push([u.id(), p.id()]);
            }
        };
        for (&operand, &partial) in operands.iter().zip(partials) {
            if !self.varies[operand as usize] {
                continue;
            }
            if partial.constant().is_some() {
                add(&mut linear, self.coefficient(operand, k), partial);
                continue;
            }
            for j in 1..=k {
                let a = self.coefficient(operand, j);
                let scaled = if j == 1 || a.vanishes() {
                    a
                } else {
                    a * j as f64
                };
                add(&mut terms, scaled, self.coefficient(partial.id(), k - j));
            }
        }
        if terms.is_empty() {
            return sum(&linear);
        }
        let curved = sum(&terms);
        let curved = if k == 1 { curved } else { curved / k as f64 };
        match linear[..] {
            [] => curved,
            _ => sum(&linear) + curved,
        }
    }

    /// A coefficient that was written; 0 if the value does not change.
    fn coefficient(&self, id: Id, k: usize) -> Symbol {
        if k == 0 {
            return Symbol::at(id);
        }
        let known = self
            .coefficients
            .get(id as usize)
            .and_then(|known| known.get(k - 1));
        known.copied().unwrap_or(Symbol::ZERO)
    }

    /// All coefficients of an output.
    fn coefficients(&self, id: Id, order: usize) -> Vec<Id> {
        (0..=order).map(|k| self.coefficient(id, k).id()).collect()
    }
}
