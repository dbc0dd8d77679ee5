//! Where a factor of 0 meets an infinite one in the chain rule, and whether the zero is exact or only a limit.
//!
//! The sweep takes `0·∞` as 0. That is right if the zero is *exact*: if it stays 0 around the point, because a gate is closed,
//! a branch was not taken or a factor is constant. If the zero depends on the inputs, the product is *indeterminate*: the slope
//! of `(√x)²` at 0 is 1, but its factors there are 0 and ∞.

use std::fmt;
use std::panic::Location;

use super::Gradients;
use super::cone::Cone;
use super::vary::{partial_varies, varies};
use crate::graph::{Graph, NodeKey, Operation, Term};
use crate::op::{Law, Op};
use crate::tape;
use crate::var::{Var, compare};

/// A product `0·∞` or `0·NaN` in the chain rule: the derivative with respect to an operand of one operation.
///
/// ```
/// use chainrule::Var;
///
/// let x = Var::new(0.0).named("x");
/// let zeros = x.sqrt().square().diagnose().zeros;
/// assert_eq!(zeros.len(), 1);
/// assert!(!zeros[0].is_exact);
/// assert_eq!(
///     zeros[0].to_string(),
///     "Sqrt(0.0) = 0.0, node 2, operand 0: derivative 0.0 of the result times slope inf is indeterminate"
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ZeroProduct {
    /// The operation.
    pub operation: Operation,
    /// The product.
    pub term: Term,
    /// Whether the zero does not depend on the inputs. Then the product is exactly 0, otherwise it is indeterminate.
    pub is_exact: bool,
    /// The row of a batch, counted from 0; `None` at a single point.
    pub row: Option<usize>,
}

impl fmt::Display for ZeroProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}: ")?;
        }
        let is = if self.is_exact { "0" } else { "indeterminate" };
        write!(f, "{}, {} is {is}", self.operation, self.term)
    }
}

/// Derivatives in which indeterminate products are NaN, and the places of all products of 0 and ∞ or NaN.
///
/// ```
/// use chainrule::Var;
///
/// // The slope of (√x)² is 1, but at 0 the chain rule cannot tell.
/// let x = Var::new(0.0);
/// let y = x.sqrt().square();
/// assert_eq!(y.backward()[x], 0.0);
/// assert!(y.diagnose().gradients[x].is_nan());
///
/// // A closed gate is exact: the logarithm does not matter.
/// let z = x.less(1.0).select(x * 3.0, x.ln());
/// assert_eq!(z.diagnose().gradients[x], 3.0);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The value of each output. It is NaN if it contains a derivative that is indeterminate.
    pub values: Vec<f64>,
    /// The derivatives. They are those of [`backward`](Var::backward) if no product is indeterminate.
    pub gradients: Gradients,
    /// Every product of 0 with an infinity or NaN: those within recorded derivatives, which are part of the values, then those
    /// of the sweep, from the output on.
    pub zeros: Vec<ZeroProduct>,
}

impl Var {
    /// The derivatives of this value, where indeterminate products are NaN; and every product of 0 with ∞ or NaN.
    ///
    /// It takes several times as long as [`backward`](Self::backward). See [`Diagnosis`].
    ///
    /// ```
    /// let x = chainrule::Var::new(4.0);
    /// let diagnosis = x.sqrt().diagnose();
    /// assert_eq!((diagnosis.gradients[x], diagnosis.zeros.len()), (0.25, 0));
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn diagnose(self) -> Diagnosis {
        self.check();
        tape::with(|graph| graph.diagnose(&[(self, 1.0)]))
    }
}

impl Graph {
    /// The derivatives of the outputs' seeded sum, where indeterminate products are NaN; and every product of 0 with ∞ or NaN.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(0.0);
    ///     (x, x.recip().recip())
    /// });
    /// assert!(graph.diagnose(&[(y, 1.0)]).gradients[x].is_nan());
    /// ```
    ///
    /// # Panics
    /// If an output is not alive on this graph.
    #[track_caller]
    pub fn diagnose(&self, outputs: &[(Var, f64)]) -> Diagnosis {
        // The slopes at a point are numbers that depend on all inputs.
        compare::swept(self.id(), Location::caller());
        let keys: Vec<NodeKey> = outputs
            .iter()
            .filter_map(|(y, _)| {
                y.check_on(self);
                y.key()
            })
            .collect();
        let cone = Cone::whole(self, &keys);
        let mut sweep = Sweep {
            graph: self,
            varies: varies(self, &cone),
            values: Vec::new(),
            adjoints: vec![Adjoint::default(); cone.slots.len()],
            cone,
            zeros: Vec::new(),
        };
        for place in 0..sweep.cone.slots.len() {
            sweep.evaluate(place);
        }
        for (y, seed) in outputs {
            if let Some(place) = y.key().and_then(|key| sweep.cone.place(key.slot())) {
                let adjoint = &mut sweep.adjoints[place];
                adjoint.sum += seed;
                adjoint.reached = true;
            }
        }
        for place in (0..sweep.cone.slots.len()).rev() {
            sweep.visit(place);
        }
        let mut gradients = Gradients::new();
        gradients.clear(self, 0, Some(sweep.cone));
        for (place, adjoint) in gradients.adjoints.iter_mut().zip(&sweep.adjoints) {
            *place = adjoint.sum;
        }
        let place = |y: &Var| y.key().and_then(|key| gradients.place(key.slot()));
        let values = outputs.iter();
        let values = values.map(|(y, _)| place(y).map_or(y.peek(), |place| sweep.values[place]));
        Diagnosis {
            values: values.collect(),
            zeros: sweep.zeros,
            gradients,
        }
    }
}

/// The adjoint of a node so far.
#[derive(Clone, Copy, Default)]
struct Adjoint {
    sum: f64,
    /// Whether an output depends on the node.
    reached: bool,
    /// Whether the sum depends on the inputs, so that it is 0 at this point only, if it is 0.
    varies: bool,
}

struct Sweep<'a> {
    graph: &'a Graph,
    cone: Cone,
    varies: Vec<bool>,
    /// The values, with NaN for indeterminate derivatives among them and all that is computed from these.
    values: Vec<f64>,
    adjoints: Vec<Adjoint>,
    zeros: Vec<ZeroProduct>,
}

impl Sweep<'_> {
    /// Computes the next value, and looks for products of 0 with ∞ or NaN in it, if it is part of a derivative.
    fn evaluate(&mut self, place: usize) {
        let key = self.graph.key_at(self.cone.slots[place] as usize);
        let node = &self.graph[key];
        let at = |key: NodeKey| self.cone.place(key.slot());
        let values = &self.values;
        let operands = node.arguments(|key| at(key).map_or(f64::NAN, |place| values[place]));
        let recorded = node.arguments(|key| self.graph.value_of(key));
        let is_same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits();
        let mut value = node.value();
        if !operands.iter().zip(&recorded).all(is_same) {
            value = node.op().apply(&operands).unwrap_or(f64::NAN);
        }
        if node.op().obeys(Law::ZeroRule) {
            let varying = node.each_argument(
                |key| at(key).is_some_and(|place| self.varies[place]),
                |_| false,
            );
            for first in (0..operands.len() / 2 * 2).step_by(2) {
                let (u, p) = (operands[first], operands[first + 1]);
                let operand = if u == 0.0 { first } else { first + 1 };
                if (u == 0.0 || p == 0.0) && !(u.is_finite() && p.is_finite()) {
                    let is_exact = !varying[operand];
                    if !is_exact {
                        value = f64::NAN;
                    }
                    self.zeros
                        .extend(self.graph.operation(key).map(|operation| ZeroProduct {
                            operation,
                            term: Term::new(operand, u, p),
                            is_exact,
                            row: None,
                        }));
                }
            }
        }
        self.values.push(value);
    }

    /// Adds the terms of one node to the adjoints of its operands.
    fn visit(&mut self, place: usize) {
        let key = self.graph.key_at(self.cone.slots[place] as usize);
        let node = &self.graph[key];
        let u = self.adjoints[place];
        let op = node.op();
        if !u.reached || op == Op::Input {
            return;
        }
        let places = node.each_argument(|key| self.cone.place(key.slot()), |_| None);
        let values = &self.values;
        let operands = node.arguments(|key| {
            self.cone
                .place(key.slot())
                .map_or(f64::NAN, |place| values[place])
        });
        let varying: Vec<bool> = places
            .iter()
            .map(|place| place.is_some_and(|place| self.varies[place]))
            .collect();
        let partials = op.partials(&operands, values[place]);
        for (operand, (&target, &partial)) in places.iter().zip(&partials).enumerate() {
            let Some(target) = target else { continue };
            let there = (&operands[..], values[place]);
            let partial_varies = partial_varies(op, there, &varying, operand);
            let is_zero = u.sum == 0.0 || partial == 0.0;
            let is_exact = u.sum == 0.0 && !u.varies || partial == 0.0 && !partial_varies;
            let zero_varies = is_zero && !is_exact;
            let adjoint = &mut self.adjoints[target];
            adjoint.reached = true;
            if !is_zero {
                adjoint.sum = u.sum.mul_add(partial, adjoint.sum);
                adjoint.varies |= u.varies || partial_varies;
                continue;
            }
            adjoint.varies |= zero_varies;
            if u.sum.is_finite() && partial.is_finite() {
                continue;
            }
            if zero_varies {
                adjoint.sum = f64::NAN;
            }
            self.zeros
                .extend(self.graph.operation(key).map(|operation| ZeroProduct {
                    operation,
                    term: Term::new(operand, u.sum, partial),
                    is_exact: !zero_varies,
                    row: None,
                }));
        }
    }
}
