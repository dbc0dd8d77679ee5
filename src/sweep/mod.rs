//! Reverse mode: from an output back to everything it was made from.
//!
//! The sweep takes a graph and seeds, one for each output, and gives [`Gradients`]: for every node the derivative of the
//! seeded sum of outputs by it. [`recorded`] does the same by recording, so that the result can be differentiated again.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the fused instruction"
)]

mod recorded;

pub use recorded::gradient_with;

use std::ops::{Index, Range, RangeInclusive};

use smallvec::SmallVec;

use crate::graph::{Constant, Graph, GraphId, NodeKey};
use crate::math::fused::{Fused, Inline, with_fma};
use crate::op::Op;
use crate::tape;
use crate::var::Var;

/// The derivatives of an output by every node that it was made from.
///
/// `grads[x]` is the derivative by `x`, 0 if the output does not depend on it. The values are a copy: recording on, or
/// freeing the graph, does not change them, and a second sweep starts anew.
///
/// ```
/// use chainrule::Var;
///
/// let (x, y, z) = (Var::new(2.0), Var::new(3.0), Var::new(4.0));
/// let grads = (x * y).backward();
/// assert_eq!((grads[x], grads[y], grads[z]), (3.0, 2.0, 0.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    graph: GraphId,
    /// By slot, up to the highest output; the place 0 stands for slotmap's sentinel.
    adjoints: Vec<f64>,
    /// The generation each slot had, of all slots alive at the sweep.
    generations: Vec<u32>,
    /// Operand values of the n-ary node at hand.
    operands: Vec<f64>,
}

impl Gradients {
    /// No derivatives yet: a buffer for [`sweep`](Self::sweep).
    ///
    /// ```
    /// let grads = chainrule::Gradients::new();
    /// assert_eq!(grads.iter().count(), 0);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sweeps the thread's current graph from these outputs, each with its seed, and keeps the memory of the last time.
    ///
    /// ```
    /// use chainrule::{Gradients, Var, tape};
    /// let mut grads = Gradients::new();
    /// for step in 0..3 {
    ///     tape::scope(|| {
    ///         let x = Var::new(f64::from(step));
    ///         grads.sweep(&[(x * x, 1.0)]);
    ///         assert_eq!(grads[x], 2.0 * f64::from(step));
    ///     });
    /// }
    /// ```
    ///
    /// # Panics
    /// If an output's node was freed or is not on the current graph.
    #[track_caller]
    pub fn sweep(&mut self, outputs: &[(Var, f64)]) {
        for (y, _) in outputs {
            y.check();
        }
        tape::with(|graph| graph.sweep(outputs, self));
    }

    /// The derivative by `x`; `None` for a constant and for a value that was not alive on the graph swept.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(2.0);
    /// let grads = x.square().backward();
    /// assert_eq!(grads.get(x), Some(4.0));
    /// assert_eq!(grads.get(Var::from(2.0)), None);
    /// ```
    #[inline]
    pub fn get(&self, x: Var) -> Option<f64> {
        self.slot(x).map(|slot| self.at(slot))
    }

    /// The derivatives by many values.
    ///
    /// ```
    /// use chainrule::Var;
    /// let xs = [1.0, 2.0].map(Var::new);
    /// assert_eq!((xs[0] * xs[1]).backward().of(&xs), [2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// As indexing does.
    #[track_caller]
    pub fn of(&self, xs: &[Var]) -> Vec<f64> {
        let mut derivatives = Vec::with_capacity(xs.len());
        for &x in xs {
            derivatives.push(self[x]);
        }
        derivatives
    }

    /// The derivative by the node with this key, on the graph that was swept.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(2.0);
    /// assert_eq!(x.square().backward().by_key(x.key().unwrap()), Some(4.0));
    /// ```
    pub fn by_key(&self, key: NodeKey) -> Option<f64> {
        let alive = self.generations.get(key.slot()) == Some(&key.generation());
        alive.then(|| self.at(key.slot()))
    }

    /// Every node with a derivative other than 0, in the order of recording.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(2.0);
    /// let y = x.square();
    /// let grads: Vec<_> = y.backward().iter().collect();
    /// assert_eq!(grads, [(x.key().unwrap(), 4.0), (y.key().unwrap(), 1.0)]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (NodeKey, f64)> + '_ {
        self.adjoints
            .iter()
            .enumerate()
            .filter(|&(_, &adjoint)| adjoint != 0.0)
            .map(|(slot, &adjoint)| (NodeKey::of(slot as u32, self.generations[slot]), adjoint))
    }

    /// No adjoints yet, for the first so many slots of a graph.
    fn clear(&mut self, graph: &Graph, slots: usize) {
        self.graph = graph.id();
        self.generations.clear();
        self.generations.extend_from_slice(graph.generations());
        self.adjoints.clear();
        self.adjoints.resize(slots, 0.0);
    }

    /// Sets the adjoint of a value of the graph; a constant has none.
    pub(crate) fn set(&mut self, x: Var, adjoint: f64) {
        if let Some(slot) = self.slot(x) {
            self.adjoints[slot] = adjoint;
        }
    }

    /// The adjoint in a slot: 0 above the highest output, and never −0.
    #[inline]
    fn at(&self, slot: usize) -> f64 {
        self.adjoints.get(slot).map_or(0.0, |adjoint| adjoint + 0.0)
    }

    #[inline]
    fn slot(&self, x: Var) -> Option<usize> {
        let key = x.key()?;
        let alive = x.graph_id() == self.graph
            && self.generations.get(key.slot()) == Some(&key.generation());
        alive.then(|| key.slot())
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn reject(&self, x: Var) -> ! {
        assert!(
            !x.is_constant(),
            "no derivative by a constant: make the value with `Var::new`, or use `Gradients::get`"
        );
        assert!(
            x.graph_id() != self.graph,
            "no derivative by a Var that was not alive when these gradients were computed: it was recorded \
             later, or freed before"
        );
        panic!(
            "no derivative by a Var of another graph or thread than the one these gradients were computed on"
        );
    }
}

impl Index<Var> for Gradients {
    type Output = f64;

    /// The derivative by `x`.
    ///
    /// # Panics
    /// If `x` is a constant, or was not alive on the graph when it was swept; the message says which.
    #[inline]
    #[track_caller]
    fn index(&self, x: Var) -> &f64 {
        match self.slot(x) {
            Some(slot) => match self.adjoints.get(slot) {
                Some(adjoint) if *adjoint != 0.0 => adjoint,
                _ => &0.0,
            },
            None => self.reject(x),
        }
    }
}

impl Index<&Var> for Gradients {
    type Output = f64;

    #[inline]
    #[track_caller]
    fn index(&self, x: &Var) -> &f64 {
        &self[*x]
    }
}

impl Var {
    /// The derivatives of this value by everything it was made from.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0);
    /// let y = x.square() + x;
    /// assert_eq!(y.backward()[x], 7.0);
    /// assert_eq!(y.backward()[x], 7.0); // nothing is kept between sweeps
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn backward(self) -> Gradients {
        self.backward_with(1.0)
    }

    /// The derivatives of `seed` times this value: one row of a vector–Jacobian product.
    ///
    /// For several outputs at once see [`backward_with`](crate::backward_with).
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0);
    /// assert_eq!(x.square().backward_with(10.0)[x], 60.0);
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn backward_with(self, seed: f64) -> Gradients {
        backward_with(&[(self, seed)])
    }
}

/// The derivatives of the seeded sum of these outputs, `Σ seedᵢ·yᵢ`, in one sweep of the current graph.
///
/// ```
/// use chainrule::{Var, backward_with};
/// let x = Var::new(2.0);
/// let grads = backward_with(&[(x * 3.0, 1.0), (x.square(), 10.0)]);
/// assert_eq!(grads[x], 43.0);
/// ```
///
/// # Panics
/// If an output was freed or is not on the current graph.
#[track_caller]
pub fn backward_with(outputs: &[(Var, f64)]) -> Gradients {
    let mut grads = Gradients::new();
    grads.sweep(outputs);
    grads
}

impl Graph {
    /// The derivatives of the seeded sum of these outputs, `Σ seedᵢ·yᵢ`, by every node: a vector–Jacobian product.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, (x, y, z)) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     (x, x * 3.0, x.square())
    /// });
    /// let grads = graph.backward(&[(y, 1.0), (z, 10.0)]);
    /// assert_eq!(grads[x], 43.0);
    /// ```
    ///
    /// # Panics
    /// If an output is not alive on this graph.
    #[track_caller]
    pub fn backward(&self, outputs: &[(Var, f64)]) -> Gradients {
        let mut grads = Gradients::new();
        self.sweep(outputs, &mut grads);
        grads
    }

    /// As [`backward`](Self::backward), into a buffer that keeps its memory.
    ///
    /// ```
    /// use chainrule::{Gradients, Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     (x, x.square())
    /// });
    /// let mut grads = Gradients::new();
    /// graph.sweep(&[(y, 1.0)], &mut grads);
    /// assert_eq!(grads[x], 4.0);
    /// ```
    ///
    /// # Panics
    /// If an output is not alive on this graph.
    #[track_caller]
    pub fn sweep(&self, outputs: &[(Var, f64)], grads: &mut Gradients) {
        for (y, _) in outputs {
            y.check_on(self);
        }
        let seeds: SmallVec<[(NodeKey, f64); 4]> = outputs
            .iter()
            .filter_map(|&(y, seed)| Some((y.key()?, seed)))
            .collect();
        let top = seeds.iter().map(|(key, _)| key.slot()).max().unwrap_or(0);
        grads.clear(self, top + 1);
        let mut lowest = top;
        for &(key, seed) in &seeds {
            grads.adjoints[key.slot()] += seed;
            lowest = lowest.min(key.slot());
        }
        with_fma(Sweep {
            graph: self,
            adjoints: &mut grads.adjoints,
            operands: &mut grads.operands,
            seeds: &seeds,
            slots: lowest..=top,
        });
    }
}

impl Graph {
    /// Begins a sweep in stretches, between which adjoints are read and set. Gives the end of the slots.
    pub(crate) fn begin_sweep(&self, seeds: &[(Var, f64)], grads: &mut Gradients) -> usize {
        let end = self.generations().len();
        grads.clear(self, end);
        for &(y, seed) in seeds {
            grads.set(y, grads.get(y).unwrap_or(0.0) + seed);
        }
        end
    }

    /// Passes on the adjoints of the nodes in these slots, the latest first.
    pub(crate) fn sweep_slots(&self, slots: Range<usize>, grads: &mut Gradients) {
        let Gradients {
            adjoints, operands, ..
        } = grads;
        with_fma(Inline(
            #[inline(always)]
            || {
                for slot in slots.clone().rev() {
                    if adjoints[slot] != 0.0 {
                        visit(self, adjoints, operands, slot);
                    }
                }
            },
        ));
    }
}

/// A sweep under way.
struct Sweep<'a> {
    graph: &'a Graph,
    adjoints: &'a mut [f64],
    operands: &'a mut Vec<f64>,
    seeds: &'a [(NodeKey, f64)],
    /// From the lowest slot with an adjoint, below which there is nothing to do, to the highest.
    slots: RangeInclusive<usize>,
}

impl Fused for Sweep<'_> {
    type Output = ();

    /// Passes every adjoint on to the operands, latest node first.
    ///
    /// Operands stand in lower slots, so slots from above are a reverse topological order; a slot whose adjoint is 0 is
    /// passed over in a nanosecond. Where most of the graph is of no use to the outputs, it is cheaper to have petgraph
    /// find the nodes that are, and visit those alone, in the same order.
    #[inline(always)]
    fn call(self) {
        const PATIENCE: usize = 1 << 14;
        let (mut lowest, mut slot) = self.slots.into_inner();
        let (mut live, mut idle) = (0, 0);
        while slot >= lowest && slot > 0 {
            if self.adjoints[slot] == 0.0 {
                idle += 1;
                if idle > PATIENCE + 16 * live {
                    break;
                }
            } else {
                live += 1;
                lowest = lowest.min(visit(self.graph, self.adjoints, self.operands, slot));
            }
            slot -= 1;
        }
        if slot >= lowest && slot > 0 {
            for slot in cone_below(self.graph, self.seeds, slot) {
                if self.adjoints[slot] != 0.0 {
                    visit(self.graph, self.adjoints, self.operands, slot);
                }
            }
        }
    }
}

/// The slots below this one of nodes that the outputs depend on, latest first.
#[inline(never)]
fn cone_below(graph: &Graph, seeds: &[(NodeKey, f64)], slot: usize) -> Vec<usize> {
    let outputs: SmallVec<[NodeKey; 4]> = seeds.iter().map(|&(key, _)| key).collect();
    let order = graph.order(&outputs);
    let mut slots: Vec<usize> = order
        .iter()
        .map(|key| key.slot())
        .filter(|&s| s < slot)
        .collect();
    slots.sort_unstable_by_key(|&slot| std::cmp::Reverse(slot));
    slots
}

/// Passes the adjoint of one node on to its operands, `operand's += adjoint · partial`; gives the lowest operand's slot.
#[inline(always)]
fn visit(graph: &Graph, adjoints: &mut [f64], operands: &mut Vec<f64>, slot: usize) -> usize {
    let node = graph.node_at(slot);
    let (u, y) = (adjoints[slot], node.value());
    match (node.op(), node.operands()) {
        (Op::Unary(op), &[x]) => {
            let partial = op.partial(graph.value_of(x), y);
            add(adjoints, x, u, partial)
        }
        (Op::Binary(op), &[a, b]) => {
            let (x, z) = (graph.value_of(a), graph.value_of(b));
            let (left, right) = op.partials(x, z, y);
            add(adjoints, a, u, left).min(add(adjoints, b, u, right))
        }
        (Op::Binary(op), &[x]) => {
            let value = graph.value_of(x);
            let partial = match node.constant_side() {
                Constant::Left => op.right(node.payload(), value, y),
                _ => op.left(value, node.payload(), y),
            };
            add(adjoints, x, u, partial)
        }
        (Op::Ternary(op), &[a, b, c]) => {
            let [v, w, z] = [a, b, c].map(|key| graph.value_of(key));
            let lowest = add(adjoints, a, u, op.first(v, w, z, y));
            let lowest = lowest.min(add(adjoints, b, u, op.second(v, w, z, y)));
            lowest.min(add(adjoints, c, u, op.third(v, w, z, y)))
        }
        (Op::Nary(op), keys) => {
            operands.clear();
            operands.extend(keys.iter().map(|&key| graph.value_of(key)));
            let mut lowest = slot;
            op.partials(operands, y, &mut |i, partial| {
                lowest = lowest.min(add(adjoints, keys[i], u, partial));
            });
            lowest
        }
        _ => slot,
    }
}

/// Adds `u·partial` to an operand's adjoint, rounded once; nothing if the partial is 0, whatever `u` is. Gives its slot.
#[inline(always)]
fn add(adjoints: &mut [f64], operand: NodeKey, u: f64, partial: f64) -> usize {
    let slot = operand.slot();
    let sum = u.mul_add(partial, adjoints[slot]);
    // `u` is not 0, so only a partial of 0 can annihilate, and without a NaN the plain product was 0 already.
    if !(sum.is_nan() && partial == 0.0) {
        adjoints[slot] = sum;
    }
    slot
}
