//! The recorded gradient: the reverse sweep over recording values, so that its result is a graph too.

use fixedbitset::FixedBitSet;
use smallvec::SmallVec;

use super::cone::Cone;
use crate::graph::{Graph, NodeKey};
use crate::op::{Scalar, chain, chain_add};
use crate::tape;
use crate::var::Var;

impl Var {
    /// Records the derivatives of this value with respect to `xs`, so that they can be differentiated again.
    ///
    /// Their values have the same bits as those of [`backward`](Var::backward). Only nodes on paths to `xs` are
    /// visited, and each records about two to four nodes. The derivative with respect to a value that this one does not
    /// depend on is the constant 0.
    ///
    /// ```
    /// use chainrule::Var;
    ///
    /// let x = Var::new(2.0);
    /// let y = x.powi(3);
    /// let first = y.gradient(&[x])[0];
    /// let second = first.gradient(&[x])[0];
    /// assert_eq!((first.value(), second.value()), (12.0, 12.0));
    /// assert_eq!(second.backward()[x], 6.0);
    /// ```
    ///
    /// # Panics
    /// If this value or one of `xs` was freed or is not on the current graph, or if one of `xs` is a constant.
    #[track_caller]
    pub fn gradient(self, xs: &[Var]) -> Vec<Var> {
        gradient_with(&[(self, Var::from(1.0))], xs)
    }
}

/// Records the derivatives of the outputs' seeded sum, `Σ seedᵢ·yᵢ`, with respect to `xs`.
///
/// The seeds are recorded values or constants, so the result can be differentiated with respect to them too.
///
/// ```
/// use chainrule::{Var, gradient_with};
/// let x = Var::new(2.0);
/// let gradient = gradient_with(&[(x * 3.0, 1.0.into()), (x.square(), 10.0.into())], &[x]);
/// assert_eq!(gradient[0], 43.0);
/// ```
///
/// # Panics
/// If an output, a seed or one of `xs` was freed or is not on the current graph, or if one of `xs` is a constant.
#[track_caller]
pub fn gradient_with(outputs: &[(Var, Var)], xs: &[Var]) -> Vec<Var> {
    for (y, seed) in outputs {
        y.check();
        seed.check();
    }
    for x in xs {
        assert!(
            !x.is_constant(),
            "no derivative with respect to a constant: make the value an input with `Var::new`"
        );
        x.check();
    }
    let mut sweep = tape::with(|graph| Sweep::new(graph, outputs, xs));
    for &(y, seed) in outputs {
        if let Some(key) = y.key() {
            sweep.seed(key, seed);
        }
    }
    for &slot in sweep.slots.clone().iter().rev() {
        sweep.visit(slot);
    }
    xs.iter().map(|&x| sweep.take(x)).collect()
}

/// A recorded sweep in progress.
struct Sweep {
    /// The slots, ascending, of the nodes between the outputs and the requested values.
    slots: Vec<usize>,
    range: Range,
    /// The adjoint of each slot of the range.
    adjoints: Vec<Adjoint>,
}

/// The slots that can matter: no node below the lowest requested value depends on one.
enum Range {
    /// A small cone.
    Cone(Cone),
    /// All slots from this one to the highest output.
    From(usize),
}

#[derive(Clone, Copy)]
enum Adjoint {
    /// The node does not depend on a requested value.
    Unwanted,
    /// No term has been added yet.
    Zero,
    Sum(Var),
}

impl Range {
    /// The index of a slot among the adjoints. Above the highest output there is none, but this may return an index.
    fn place(&self, slot: usize) -> Option<usize> {
        match self {
            Self::Cone(cone) => cone.place(slot),
            Self::From(floor) => slot.checked_sub(*floor),
        }
    }
}

impl Sweep {
    fn new(graph: &Graph, outputs: &[(Var, Var)], xs: &[Var]) -> Self {
        let keys: SmallVec<[NodeKey; 4]> = outputs.iter().filter_map(|(y, _)| y.key()).collect();
        let requested = xs.iter().filter_map(|x| x.key());
        let floor = requested.clone().map(NodeKey::slot).min();
        let floor = floor.unwrap_or(usize::MAX);
        let (range, slots) = match Cone::small(graph, &keys, floor) {
            Some(cone) => {
                let slots = cone.slots.iter().map(|&slot| slot as usize).collect();
                (Range::Cone(cone), slots)
            }
            None => (Range::From(floor), cone_in_range(graph, &keys, floor)),
        };
        let last = slots.last().and_then(|&slot| range.place(slot));
        let mut sweep = Self {
            adjoints: vec![Adjoint::Unwanted; last.map_or(0, |last| last + 1)],
            slots,
            range,
        };
        for key in requested {
            if let Some(adjoint) = sweep.adjoint(key.slot()) {
                *adjoint = Adjoint::Zero;
            }
        }
        let mut slots = std::mem::take(&mut sweep.slots);
        slots.retain(|&slot| {
            let mut operands = graph.node_at(slot).operands().iter();
            let reaches = operands.any(|key| sweep.wants(key.slot()));
            if reaches && let Some(adjoint) = sweep.adjoint(slot) {
                *adjoint = Adjoint::Zero;
            }
            reaches
        });
        sweep.slots = slots;
        sweep
    }

    /// The adjoint of a slot in the range.
    fn adjoint(&mut self, slot: usize) -> Option<&mut Adjoint> {
        let place = self.range.place(slot)?;
        self.adjoints.get_mut(place)
    }

    /// The adjoint of a slot; what is not in the range is not wanted.
    fn at(&self, slot: usize) -> Adjoint {
        let place = self.range.place(slot);
        let adjoint = place.and_then(|place| self.adjoints.get(place));
        adjoint.copied().unwrap_or(Adjoint::Unwanted)
    }

    fn set(&mut self, slot: usize, sum: Var) {
        if let Some(adjoint) = self.adjoint(slot) {
            *adjoint = Adjoint::Sum(sum);
        }
    }

    fn seed(&mut self, key: NodeKey, seed: Var) {
        let sum = match self.at(key.slot()) {
            Adjoint::Unwanted => return,
            Adjoint::Zero => seed,
            Adjoint::Sum(sum) => sum + seed,
        };
        self.set(key.slot(), sum);
    }

    /// Adds adjoint · partial of one node to the adjoints of the operands that depend on a requested value.
    fn visit(&mut self, slot: usize) {
        let Adjoint::Sum(u) = self.at(slot) else {
            return;
        };
        if u.vanishes() {
            return;
        }
        // The slot of each argument that needs an adjoint; `None` for the other arguments.
        let wanted = |operand: NodeKey| Some(operand.slot()).filter(|&slot| self.wants(slot));
        let (op, arguments, y, wanted) = tape::with(|graph| {
            let (node, y) = (graph.node_at(slot), Var::at(graph, graph.key_at(slot)));
            let arguments = node.arguments(|key| Var::at(graph, key));
            (
                node.op(),
                arguments,
                y,
                node.each_argument(wanted, |_| None),
            )
        });
        let is_wanted = |place: usize| wanted[place].is_some();
        op.each_partial(&arguments, y, is_wanted, &mut |place, partial| {
            if let Some(operand) = wanted[place] {
                self.add(operand, u, partial);
            }
        });
    }

    fn wants(&self, slot: usize) -> bool {
        !matches!(self.at(slot), Adjoint::Unwanted)
    }

    /// Adds `u·partial` to the adjoint of a slot. A constant partial of ±1 records a plain sum, with the same bits.
    fn add(&mut self, slot: usize, u: Var, partial: Var) {
        if partial.vanishes() {
            return;
        }
        let constant = partial.is_constant().then(|| partial.peek());
        let unit = constant.unwrap_or(0.0);
        let sum = match self.at(slot) {
            Adjoint::Sum(sum) if unit == 1.0 => sum + u,
            Adjoint::Sum(sum) if unit == -1.0 => sum - u,
            Adjoint::Sum(sum) => chain_add(u, partial, sum),
            _ if unit == 1.0 => u,
            _ if unit == -1.0 => -u,
            _ if u.is_constant() && u.peek() == 1.0 => partial,
            _ => chain(u, partial),
        };
        self.set(slot, sum);
    }

    /// The derivative with respect to `x`. Adding 0 turns −0 into 0, like in [`Gradients`](crate::Gradients). It is recorded
    /// for every number, so that a program that is made of this graph has the same bits at other points.
    fn take(&self, x: Var) -> Var {
        match x.key().map(|key| self.at(key.slot())) {
            Some(Adjoint::Sum(sum)) => sum + 0.0,
            _ => Var::from(0.0),
        }
    }
}

/// The slots, ascending, of the nodes that the outputs depend on, without those below `floor`.
fn cone_in_range(graph: &Graph, outputs: &[NodeKey], floor: usize) -> Vec<usize> {
    let top = outputs.iter().map(|key| key.slot()).max().unwrap_or(0);
    let mut needed = FixedBitSet::with_capacity((top + 1).saturating_sub(floor));
    let mut slots = Vec::new();
    let mark = |needed: &mut FixedBitSet, keys: &[NodeKey]| {
        for place in keys.iter().filter_map(|key| key.slot().checked_sub(floor)) {
            needed.insert(place);
        }
    };
    mark(&mut needed, outputs);
    for place in (0..needed.len()).rev() {
        if needed.contains(place) {
            slots.push(floor + place);
            mark(&mut needed, graph.node_at(floor + place).operands());
        }
    }
    slots.reverse();
    slots
}
