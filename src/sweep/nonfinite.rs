//! Searches a recorded computation for its first value or derivative that is not finite.

use std::panic::Location;

use super::cone::Cone;
use crate::graph::{Graph, KEPT, NodeKey, NonFinite, Operation, Term};
use crate::tape;
use crate::var::{Var, compare};

impl Var {
    /// The first infinite or NaN value that this value was computed from, and the way from there; `None` if all are finite.
    ///
    /// If this value itself is not finite, it is one that made it so. Otherwise it did no harm: a choice dropped it, or a
    /// quotient made it 0.
    ///
    /// ```
    /// use chainrule::Var;
    ///
    /// let (a, b) = (Var::new(3.0).named("a"), Var::new(3.0).named("b"));
    /// let y = (a.exp() / (a - b)).tanh() * 0.5;
    /// let first = y.first_nonfinite().unwrap();
    /// assert_eq!(first.operation.op.row().name, "Div");
    /// assert_eq!(first.operation.operands[1], 0.0);
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn first_nonfinite(self) -> Option<NonFinite> {
        self.check();
        tape::with(|graph| graph.first_nonfinite(&[self]))
    }

    /// The first infinite or NaN derivative of the backward sweep, from this value on; `None` if all are finite.
    ///
    /// ```
    /// use chainrule::Var;
    ///
    /// let x = Var::new(0.0).named("x");
    /// let y = x.cbrt() + 1.0;
    /// let message = y.first_nonfinite_gradient().unwrap().to_string();
    /// assert!(message.starts_with(
    ///     "derivative not finite: Cbrt(0.0) = 0.0, node 2, operand 0: derivative 1.0 of the result times slope inf"
    /// ));
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn first_nonfinite_gradient(self) -> Option<NonFinite> {
        self.check();
        tape::with(|graph| graph.first_nonfinite_gradient(&[(self, 1.0)]))
    }
}

impl Graph {
    /// Does the same as [`Var::first_nonfinite`] for several outputs of this graph: for the first that is not finite, or for
    /// all if they are.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(-1.0).ln() + 1.0);
    /// assert_eq!(graph.first_nonfinite(&[y]).unwrap().operation.operands, [-1.0]);
    /// ```
    ///
    /// # Panics
    /// If an output is not alive on this graph.
    #[track_caller]
    pub fn first_nonfinite(&self, outputs: &[Var]) -> Option<NonFinite> {
        let mut keys = self.keys(outputs.iter().copied());
        // A constant has no node.
        let constants = outputs.iter().filter(|y| y.is_constant());
        let mut numbers = constants.map(|y| y.peek());
        if let Some(value) = numbers.find(|value| !value.is_finite()) {
            return Some(NonFinite::new(Operation::constant(value)));
        }
        let spoiled = keys.iter().position(|&key| !self.value_of(key).is_finite());
        if let Some(place) = spoiled {
            keys = vec![keys[place]];
        }
        let must_spoil = spoiled.is_some();
        let cone = Cone::whole(self, &keys);
        let place = |key: &NodeKey| cone.place(key.slot());
        let is_finite = |place: usize| self.node_at(cone.slots[place] as usize).value().is_finite();
        // The nodes that an output got its infinity or NaN from; all that are not finite if the outputs are.
        let mut spoils: Vec<bool> = (0..cone.slots.len())
            .map(|place| !is_finite(place))
            .collect();
        if must_spoil {
            let mut reached = vec![false; cone.slots.len()];
            keys.iter()
                .filter_map(place)
                .for_each(|place| reached[place] = true);
            for at in (0..cone.slots.len()).rev() {
                if spoils[at] && reached[at] {
                    let operands = self.node_at(cone.slots[at] as usize).operands().iter();
                    operands
                        .filter_map(place)
                        .for_each(|place| reached[place] = true);
                }
            }
            spoils
                .iter_mut()
                .zip(&reached)
                .for_each(|(spoils, reached)| *spoils &= reached);
        }
        let first = spoils.iter().position(|&spoils| spoils)?;
        let start = self.key_at(cone.slots[first] as usize);
        let mut found = NonFinite::new(self.operation(start)?);
        self.lead(&mut found, &cone, first, |at| !must_spoil || spoils[at]);
        Some(found)
    }

    /// Does the same as [`Var::first_nonfinite_gradient`] for outputs of this graph, each with its seed.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(0.0).sqrt());
    /// assert_eq!(graph.first_nonfinite_gradient(&[(y, 1.0)]).unwrap().operation.op.row().name, "Sqrt");
    /// ```
    ///
    /// # Panics
    /// If an output is not alive on this graph.
    #[track_caller]
    pub fn first_nonfinite_gradient(&self, outputs: &[(Var, f64)]) -> Option<NonFinite> {
        let keys = self.keys(outputs.iter().map(|&(y, _)| y));
        let cone = Cone::whole(self, &keys);
        let mut adjoints = vec![0.0; cone.slots.len()];
        for &(y, seed) in outputs {
            if let Some(place) = y.key().and_then(|key| cone.place(key.slot())) {
                adjoints[place] += seed;
            }
        }
        for at in (0..cone.slots.len()).rev() {
            let adjoint = adjoints[at];
            if adjoint == 0.0 {
                continue;
            }
            let key = self.key_at(cone.slots[at] as usize);
            let node = &self[key];
            let operands = node.arguments(|key| self.value_of(key));
            let partials = node.op().partials(&operands, node.value());
            let targets = node.each_argument(|key| cone.place(key.slot()), |_| None);
            for (operand, (target, &partial)) in targets.iter().zip(&partials).enumerate() {
                let Some(target) = *target else { continue };
                if partial == 0.0 {
                    // The zero rule.
                    continue;
                }
                adjoints[target] = adjoint.mul_add(partial, adjoints[target]);
                if !adjoints[target].is_finite() {
                    let mut found = NonFinite::new(self.operation(key)?);
                    found.term = Some(Term::new(operand, adjoint, partial));
                    self.lead(&mut found, &cone, at, |_| true);
                    return Some(found);
                }
            }
        }
        None
    }

    /// The keys of the values that are not constants, after checking them.
    #[track_caller]
    fn keys(&self, outputs: impl Iterator<Item = Var>) -> Vec<NodeKey> {
        // What is found depends on the numbers at this point.
        compare::swept(self.id(), Location::caller());
        let mut keys = Vec::new();
        for y in outputs {
            y.check_on(self);
            keys.extend(y.key());
        }
        keys
    }

    /// Adds the way from a node of a cone to one of the cone's outputs, through these nodes only.
    fn lead(
        &self,
        found: &mut NonFinite,
        cone: &Cone,
        start: usize,
        through: impl Fn(usize) -> bool,
    ) {
        let node = |at: usize| self.node_at(cone.slots[at] as usize);
        // The operand through which each node depends on the start.
        let mut from = vec![usize::MAX; cone.slots.len()];
        let mut last = start;
        for at in start + 1..cone.slots.len() {
            let operands = node(at).operands().iter();
            let mut operands = operands.filter_map(|key| cone.place(key.slot()));
            let depends = |&place: &usize| place == start || from[place] != usize::MAX;
            if through(at)
                && let Some(operand) = operands.find(depends)
            {
                from[at] = operand;
                last = at;
            }
        }
        let mut way = Vec::new();
        while last != start {
            way.push(last);
            last = from[last];
        }
        way.reverse();
        found.omitted = way.len().saturating_sub(2 * KEPT);
        let kept = way
            .iter()
            .take(KEPT)
            .chain(&way[way.len().min(KEPT + found.omitted)..]);
        let keys = kept.map(|&at| self.key_at(cone.slots[at] as usize));
        found.path = keys
            .filter_map(|key| self.operation(key))
            .collect::<Vec<Operation>>();
    }
}
