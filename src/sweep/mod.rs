//! Reverse mode: from an output back to everything it was computed from.
//!
//! The sweep takes a graph and a seed for each output, and returns [`Gradients`]: the derivatives of the seeded sum of
//! the outputs with respect to every node. [`recorded`] records these derivatives, so that they can be differentiated
//! again.

#![expect(
    clippy::inline_always,
    reason = "only inlined code is compiled for the fused instruction"
)]

mod cone;
pub(crate) mod diagnosis;
mod nonfinite;
mod recorded;
mod vary;

pub use recorded::gradient_with;

use std::ops::{Index, Range, RangeInclusive};
use std::panic::Location;

use smallvec::SmallVec;

use self::cone::Cone;
use crate::graph::{Alive, Constant, Graph, GraphId, NodeKey};
use crate::math::fused::{Fused, Inline, with_fma};
use crate::op::Op;
use crate::tape;
use crate::var::{Var, compare};

/// The derivatives of an output with respect to every node that it was computed from.
///
/// `grads[x]` is the derivative with respect to `x`, or 0 if the output does not depend on `x`. Recording more nodes or
/// freeing the graph does not change these numbers, and a second sweep does not add to them.
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
    /// The adjoint of each slot of the cone; without a cone, of each slot up to the highest output, where index 0 is
    /// slotmap's sentinel.
    adjoints: Vec<f64>,
    cone: Option<Cone>,
    /// The keys alive when the sweep ran.
    alive: Alive,
    /// The operands' values of the n-ary node being visited.
    operands: Vec<f64>,
}

impl Gradients {
    /// An empty buffer for [`sweep`](Self::sweep).
    ///
    /// ```
    /// let grads = chainrule::Gradients::new();
    /// assert_eq!(grads.iter().count(), 0);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sweeps the thread's current graph from these outputs, each with its seed, and reuses this buffer's memory.
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

    /// The derivative with respect to `x`; `None` if `x` is a constant or was not alive on the graph when it was swept.
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

    /// The derivatives with respect to each of `xs`.
    ///
    /// ```
    /// use chainrule::Var;
    /// let xs = [1.0, 2.0].map(Var::new);
    /// assert_eq!((xs[0] * xs[1]).backward().of(&xs), [2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If one of `xs` is a constant, or was not alive on the graph when it was swept.
    #[track_caller]
    pub fn of(&self, xs: &[Var]) -> Vec<f64> {
        let mut derivatives = Vec::with_capacity(xs.len());
        for &x in xs {
            derivatives.push(self[x]);
        }
        derivatives
    }

    /// The derivative with respect to the node with this key; `None` if it was not alive on the graph when it was
    /// swept.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(2.0);
    /// assert_eq!(x.square().backward().by_key(x.key().unwrap()), Some(4.0));
    /// ```
    pub fn by_key(&self, key: NodeKey) -> Option<f64> {
        let alive = self.alive.holds(key);
        alive.then(|| self.at(key.slot()))
    }

    /// The derivatives with respect to all named values of the current graph, with their
    /// [paths](crate::Origin::path), in the order of recording. Values recorded after the sweep are left out.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let y = tape::named("layer 1", || Var::new(3.0).named("w") * Var::new(2.0).named("x"));
    /// let grads = y.backward().named();
    /// assert_eq!(grads, [("layer 1/w".to_string(), 2.0), ("layer 1/x".to_string(), 3.0)]);
    /// ```
    pub fn named(&self) -> Vec<(String, f64)> {
        tape::with(|graph| graph.named_gradients(self))
    }

    /// Iterates over the nodes whose derivative is not 0, with their derivatives, in the order of recording.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(2.0);
    /// let y = x.square();
    /// let grads: Vec<_> = y.backward().iter().collect();
    /// assert_eq!(grads, [(x.key().unwrap(), 4.0), (y.key().unwrap(), 1.0)]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (NodeKey, f64)> + '_ {
        let slot = |place: usize| match &self.cone {
            Some(cone) => cone.slots[place] as usize,
            None => place,
        };
        let adjoints = self.adjoints.iter().enumerate();
        let reached = adjoints.filter(|&(_, &adjoint)| adjoint != 0.0);
        reached.map(move |(place, &adjoint)| (self.alive.key_at(slot(place)), adjoint))
    }

    /// Sets the adjoints of the first `slots` slots of a graph to 0, or those of the cone if there is one.
    fn clear(&mut self, graph: &Graph, slots: usize, cone: Option<Cone>) {
        self.graph = graph.id();
        self.alive = graph.alive();
        let places = cone.as_ref().map_or(slots, |cone| cone.slots.len());
        self.cone = cone;
        self.adjoints.clear();
        self.adjoints.resize(places, 0.0);
    }

    /// Sets the adjoint of a value of the graph; does nothing for a constant.
    pub(crate) fn set(&mut self, x: Var, adjoint: f64) {
        if let Some(place) = self.slot(x).and_then(|slot| self.place(slot)) {
            self.adjoints[place] = adjoint;
        }
    }

    /// The adjoint of a slot, never −0; it is 0 outside the cone and above the highest output.
    #[inline]
    fn at(&self, slot: usize) -> f64 {
        let adjoint = self.place(slot).and_then(|place| self.adjoints.get(place));
        adjoint.map_or(0.0, |adjoint| adjoint + 0.0)
    }

    /// The index among the adjoints.
    #[inline]
    fn place(&self, slot: usize) -> Option<usize> {
        match &self.cone {
            Some(cone) => cone.place(slot),
            None => Some(slot),
        }
    }

    #[inline]
    fn slot(&self, x: Var) -> Option<usize> {
        let key = x.key()?;
        let alive = x.graph_id() == self.graph && self.alive.holds(key);
        alive.then(|| key.slot())
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn reject(&self, x: Var) -> ! {
        assert!(
            !x.is_constant(),
            "no derivative with respect to a constant: make the value an input with `Var::new`, or use `Gradients::get`"
        );
        assert!(
            x.graph_id() != self.graph,
            "no derivative with respect to a Var that was not alive when these gradients were computed: \
             it was recorded later, or freed earlier; compute them after it is recorded and before it is freed"
        );
        panic!(
            "no derivative with respect to a Var of another graph or thread than the one these gradients were computed \
             on: index them with the values of that graph"
        );
    }
}

impl Index<Var> for Gradients {
    type Output = f64;

    /// The derivative with respect to `x`.
    ///
    /// # Panics
    /// If `x` is a constant, or was not alive on the graph when it was swept. The message says which.
    #[inline]
    #[track_caller]
    fn index(&self, x: Var) -> &f64 {
        match self.slot(x) {
            Some(slot) => match self.place(slot).and_then(|place| self.adjoints.get(place)) {
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
    /// The derivatives of this value with respect to everything it was computed from.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0);
    /// let y = x.square() + x;
    /// assert_eq!(y.backward()[x], 7.0);
    /// assert_eq!(y.backward()[x], 7.0); // the second sweep starts from 0
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

/// The derivatives of the outputs' seeded sum, `Σ seedᵢ·yᵢ`, from one sweep of the current graph.
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
    /// The derivatives of the outputs' seeded sum, `Σ seedᵢ·yᵢ`, with respect to every node: a vector–Jacobian product.
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

    /// Does the same as [`backward`](Self::backward) and reuses the memory of `grads`.
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
        compare::swept(self.id(), Location::caller());
        let keyed = outputs
            .iter()
            .filter_map(|&(y, seed)| Some((y.key()?, seed)));
        let seeds: SmallVec<[(NodeKey, f64); 4]> = keyed.collect();
        let keys: SmallVec<[NodeKey; 4]> = seeds.iter().map(|&(key, _)| key).collect();
        let top = keys.iter().map(|key| key.slot()).max().unwrap_or(0);
        grads.clear(self, top + 1, Cone::small(self, &keys, 0));
        let mut lowest = top;
        for &(key, seed) in &seeds {
            if let Some(place) = grads.place(key.slot()) {
                grads.adjoints[place] += seed;
            }
            lowest = lowest.min(key.slot());
        }
        let (adjoints, operands) = (&mut grads.adjoints[..], &mut grads.operands);
        match &grads.cone {
            Some(cone) => with_fma(ConeSweep {
                graph: self,
                adjoints: OfCone { cone, adjoints },
                operands,
            }),
            None => with_fma(Sweep {
                graph: self,
                adjoints,
                operands,
                slots: lowest..=top,
            }),
        }
    }

    /// Does the same as [`Gradients::named`] for the named values of this graph.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(3.0).named("x").square());
    /// let grads = graph.backward(&[(y, 1.0)]);
    /// assert_eq!(graph.named_gradients(&grads), [("x".to_string(), 6.0)]);
    /// ```
    pub fn named_gradients(&self, gradients: &Gradients) -> Vec<(String, f64)> {
        let named = self.named().into_iter();
        named
            .filter_map(|(name, x)| Some((name, gradients.get(x)?)))
            .collect()
    }

    /// Begins a sweep over several ranges of slots, between which adjoints are read and set. Returns the end of the
    /// slots.
    pub(crate) fn begin_sweep(&self, seeds: &[(Var, f64)], grads: &mut Gradients) -> usize {
        let end = self.len() + 1;
        grads.clear(self, end, None);
        for &(y, seed) in seeds {
            grads.set(y, grads.get(y).unwrap_or(0.0) + seed);
        }
        end
    }

    /// Visits the nodes in these slots, latest first, and adds to the adjoints of their operands.
    pub(crate) fn sweep_slots(&self, slots: Range<usize>, grads: &mut Gradients) {
        let (adjoints, operands) = (&mut grads.adjoints[..], &mut grads.operands);
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

/// Where a sweep finds the adjoint of a slot.
trait Adjoints {
    fn of(&mut self, slot: usize) -> &mut f64;
}

/// One adjoint per slot.
impl Adjoints for [f64] {
    #[inline(always)]
    fn of(&mut self, slot: usize) -> &mut f64 {
        &mut self[slot]
    }
}

/// One adjoint per slot of a cone.
struct OfCone<'a> {
    cone: &'a Cone,
    adjoints: &'a mut [f64],
}

impl Adjoints for OfCone<'_> {
    #[inline(always)]
    fn of(&mut self, slot: usize) -> &mut f64 {
        let place = self.cone.place(slot);
        &mut self.adjoints[place.expect("a cone has the operands of its nodes")]
    }
}

/// A sweep over a range of slots.
struct Sweep<'a> {
    graph: &'a Graph,
    adjoints: &'a mut [f64],
    operands: &'a mut Vec<f64>,
    /// From the lowest slot with an adjoint to the highest; `call` lowers the start as it reaches operands.
    slots: RangeInclusive<usize>,
}

impl Fused for Sweep<'_> {
    type Output = ();

    /// Visits every node with an adjoint, latest first, and adds to the adjoints of its operands.
    ///
    /// Operands are in lower slots, so descending slots are a reverse topological order. Skipping a slot whose adjoint
    /// is 0 takes a nanosecond.
    #[inline(always)]
    fn call(self) {
        let (mut lowest, mut slot) = self.slots.into_inner();
        while slot >= lowest && slot > 0 {
            if self.adjoints[slot] != 0.0 {
                lowest = lowest.min(visit(self.graph, self.adjoints, self.operands, slot));
            }
            slot -= 1;
        }
    }
}

/// A sweep over the nodes of a cone, in the same order.
struct ConeSweep<'a> {
    graph: &'a Graph,
    adjoints: OfCone<'a>,
    operands: &'a mut Vec<f64>,
}

impl Fused for ConeSweep<'_> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        for (place, &slot) in self.adjoints.cone.slots.iter().enumerate().rev() {
            if self.adjoints.adjoints[place] != 0.0 {
                let adjoints = &mut self.adjoints;
                visit(self.graph, adjoints, self.operands, slot as usize);
            }
        }
    }
}

/// Adds adjoint · partial of one node to the adjoint of each operand; returns the lowest operand's slot.
#[inline(always)]
fn visit<A: Adjoints + ?Sized>(
    graph: &Graph,
    adjoints: &mut A,
    operands: &mut Vec<f64>,
    slot: usize,
) -> usize {
    let node = graph.node_at(slot);
    let (u, y) = (*adjoints.of(slot), node.value());
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

/// Adds `u·partial` to an operand's adjoint, rounded once, or nothing if the partial is 0, for any `u`. Returns the
/// slot.
#[inline(always)]
fn add<A: Adjoints + ?Sized>(adjoints: &mut A, operand: NodeKey, u: f64, partial: f64) -> usize {
    let slot = operand.slot();
    let adjoint = adjoints.of(slot);
    let sum = u.mul_add(partial, *adjoint);
    // `u` is not 0, so the zero rule can only apply to the partial. If the sum is not NaN, the plain product was 0
    // already.
    if !(sum.is_nan() && partial == 0.0) {
        *adjoint = sum;
    }
    slot
}
