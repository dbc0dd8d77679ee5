//! The recorded gradient: the reverse sweep, done with recording values, so that its result is a graph too.

use smallvec::SmallVec;

use crate::graph::{Graph, NodeKey};
use crate::op::{Op, Scalar, chain, chain_add};
use crate::tape;
use crate::var::{Var, compare};

impl Var {
    /// The derivatives of this value by `xs`, recorded as values themselves, so that they can be differentiated again.
    ///
    /// Their values are those of [`backward`](Var::backward) to the last bit. Only what leads to `xs` is recorded,
    /// about two to four nodes for each node between. The derivative by a value that this one does not depend on is the
    /// constant 0.
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
    /// If this value or one of `xs` was freed or is not on the current graph, and if one of `xs` is a constant.
    #[track_caller]
    pub fn gradient(self, xs: &[Var]) -> Vec<Var> {
        gradient_with(&[(self, Var::from(1.0))], xs)
    }
}

/// The derivatives of the seeded sum of outputs, `Σ seedᵢ·yᵢ`, by `xs`, recorded as values themselves.
///
/// The seeds are recorded values or constants, so that derivatives of derivatives in a direction can be written.
///
/// ```
/// use chainrule::{Var, gradient_with};
/// let x = Var::new(2.0);
/// let gradient = gradient_with(&[(x * 3.0, 1.0.into()), (x.square(), 10.0.into())], &[x]);
/// assert_eq!(gradient[0], 43.0);
/// ```
///
/// # Panics
/// As [`Var::gradient`].
#[track_caller]
pub fn gradient_with(outputs: &[(Var, Var)], xs: &[Var]) -> Vec<Var> {
    for (y, seed) in outputs {
        y.check();
        seed.check();
    }
    for x in xs {
        assert!(
            !x.is_constant(),
            "no derivative by a constant: make the value with `Var::new`"
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

/// A recorded sweep under way.
struct Sweep {
    /// What the outputs depend on and what depends on a requested value, ascending.
    slots: Vec<usize>,
    /// The adjoint of each slot that leads to a requested value.
    adjoints: Vec<Adjoint>,
}

#[derive(Clone, Copy)]
enum Adjoint {
    /// Nothing requested is reached from here.
    Unwanted,
    /// Nothing has arrived yet.
    Zero,
    Sum(Var),
}

/// What is known of a node before its derivatives are recorded.
struct Visit {
    op: Op,
    arguments: SmallVec<[Var; 4]>,
    y: Var,
    /// For each argument the slot whose adjoint wants a derivative.
    wanted: SmallVec<[Option<usize>; 4]>,
}

impl Sweep {
    fn new(graph: &Graph, outputs: &[(Var, Var)], xs: &[Var]) -> Self {
        let mut keys: SmallVec<[NodeKey; 4]> = SmallVec::new();
        for (y, _) in outputs {
            keys.extend(y.key());
        }
        let top = keys.iter().map(|key| key.slot()).max().unwrap_or(0);
        let mut adjoints = vec![Adjoint::Unwanted; top + 1];
        for key in xs.iter().filter_map(|x| x.key()) {
            if let Some(adjoint) = adjoints.get_mut(key.slot()) {
                *adjoint = Adjoint::Zero;
            }
        }
        let mut slots: Vec<usize> = graph.order(&keys).iter().map(|key| key.slot()).collect();
        slots.sort_unstable();
        slots.retain(|&slot| {
            let reaches = graph
                .node_at(slot)
                .operands()
                .iter()
                .any(|operand| !matches!(adjoints[operand.slot()], Adjoint::Unwanted));
            if reaches {
                adjoints[slot] = Adjoint::Zero;
            }
            reaches
        });
        Self { slots, adjoints }
    }

    fn seed(&mut self, key: NodeKey, seed: Var) {
        let adjoint = &mut self.adjoints[key.slot()];
        *adjoint = match *adjoint {
            Adjoint::Unwanted => return,
            Adjoint::Zero => Adjoint::Sum(seed),
            Adjoint::Sum(sum) => Adjoint::Sum(sum + seed),
        };
    }

    /// Passes the adjoint of one node on to those operands that lead to a requested value.
    fn visit(&mut self, slot: usize) {
        let Adjoint::Sum(u) = self.adjoints[slot] else {
            return;
        };
        if u.vanishes() {
            return;
        }
        let Visit {
            op,
            arguments,
            y,
            wanted,
        } = tape::with(|graph| self.prepare(graph, slot));
        let is_wanted = |place: usize| wanted[place].is_some();
        op.each_partial(&arguments, y, is_wanted, &mut |place, partial| {
            if let Some(operand) = wanted[place] {
                self.add(operand, u, partial);
            }
        });
    }

    fn prepare(&self, graph: &Graph, slot: usize) -> Visit {
        let node = graph.node_at(slot);
        let mut wanted: SmallVec<[Option<usize>; 4]> = node
            .operands()
            .iter()
            .map(|operand| {
                let slot = operand.slot();
                (!matches!(self.adjoints[slot], Adjoint::Unwanted)).then_some(slot)
            })
            .collect();
        if let Some((place, _)) = node.constant() {
            wanted.insert(place, None);
        }
        Visit {
            op: node.op(),
            arguments: node.arguments(|key| Var::at(graph, key)),
            y: Var::at(graph, graph.key_at(slot)),
            wanted,
        }
    }

    /// Adds `u·partial` to the adjoint of a slot. A factor ±1 records a plain sum: the bits are the same.
    fn add(&mut self, slot: usize, u: Var, partial: Var) {
        if partial.vanishes() {
            return;
        }
        let unit = if partial.is_constant() {
            partial.value()
        } else {
            0.0
        };
        let sum = match self.adjoints[slot] {
            Adjoint::Sum(sum) if unit == 1.0 => sum + u,
            Adjoint::Sum(sum) if unit == -1.0 => sum - u,
            Adjoint::Sum(sum) => chain_add(u, partial, sum),
            _ if unit == 1.0 => u,
            _ if unit == -1.0 => -u,
            _ if u.is_constant() && u.value() == 1.0 => partial,
            _ => chain(u, partial),
        };
        self.adjoints[slot] = Adjoint::Sum(sum);
    }

    /// The derivative by `x`, with the sign of a zero dropped as [`Gradients`](crate::Gradients) does.
    ///
    /// A traced derivative may be a zero elsewhere.
    fn take(&self, x: Var) -> Var {
        let slot = x.key().map_or(0, NodeKey::slot);
        let negative = |sum: Var| sum.value() == 0.0 && sum.value().is_sign_negative();
        match self.adjoints.get(slot) {
            Some(&Adjoint::Sum(sum)) if negative(sum) || compare::watched() => sum + 0.0,
            Some(&Adjoint::Sum(sum)) => sum,
            _ => Var::from(0.0),
        }
    }
}
