//! The recording value: a number that remembers how it was computed.

#![expect(
    clippy::inline_always,
    reason = "passing a `Var` to a function through memory stalls the processor: 13 ns per node instead of 9"
)]

pub(crate) mod compare;
mod find;
mod methods;
mod read;

use std::fmt;
use std::panic::Location;

use smallvec::SmallVec;

use crate::error::Result;
use crate::graph::{Constant, GraphId, Node, NodeKey};
use crate::labels::Labels;
use crate::math::fused;
use crate::op::{
    Binary, Nary, Op, Scalar, Sealed, Ternary, Unary, interleaved_dot, rows, same_length,
};
use crate::{Graph, tape};

/// A number that records every operation on it.
///
/// [`Var::new`] records an input. Arithmetic computes values at once and appends nodes to the thread's current graph.
/// [`backward`](Var::backward) returns the derivatives of a value with respect to everything it was computed from. A
/// `Var` is a small handle: copy it freely. `Var::from(2.0)` is a *constant*: it has no node, and arithmetic on
/// constants alone records nothing.
///
/// Comparisons (`<`, `==`) compare the values, so ordinary `if` and loops work; only the branch taken is recorded.
///
/// ```
/// use chainrule::Var;
///
/// let a = Var::new(-4.0);
/// let b = Var::new(2.0);
/// let c = a + b;
/// let d = if c < 0.0 { c * c } else { c };
/// let grads = d.backward();
/// assert_eq!(d.value(), 4.0);
/// assert_eq!((grads[a], grads[b]), (-4.0, -4.0));
/// ```
///
/// # Panics
/// Arithmetic panics, with advice, on a `Var` whose node was freed (its [`tape::scope`](crate::tape::scope) ended), or
/// that was recorded on another thread or on a graph other than the current one.
#[derive(Clone, Copy)]
pub struct Var {
    value: f64,
    /// The node's key as one number: storing a key as two halves and loading both at once stalls the processor.
    key: u64,
    graph: GraphId,
}

impl Var {
    /// Records an input with this value.
    ///
    /// ```
    /// let x = chainrule::Var::new(2.5);
    /// assert_eq!(x.value(), 2.5);
    /// ```
    #[inline]
    #[track_caller]
    pub fn new(value: f64) -> Self {
        let at = Location::caller();
        tape::with(|graph| {
            let key = graph.insert(at, || Node::input(value));
            Self::from_key(graph, value, key)
        })
    }

    /// A constant, without a node: arithmetic on constants alone records nothing.
    ///
    /// This is the function of `From<f64>`. It is a function of the type too, so that traits of other crates with a function
    /// `from` do not make the call ambiguous.
    ///
    /// ```
    /// use chainrule::Var;
    /// assert!(Var::from(2.0).is_constant());
    /// ```
    #[inline]
    pub fn from(value: f64) -> Self {
        Self {
            value,
            key: 0,
            graph: GraphId::default(),
        }
    }

    /// The sine and the cosine: two nodes.
    ///
    /// A function of the type too, like all functions of the table, so that traits of other crates do not make the call
    /// ambiguous.
    ///
    /// ```
    /// use chainrule::Var;
    /// let (sine, cosine) = Var::new(0.0).sin_cos();
    /// assert_eq!((sine.value(), cosine.value()), (0.0, 1.0));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sin_cos(self) -> (Self, Self) {
        (self.sin(), self.cos())
    }

    /// Whether this is a constant, without a node: made by `Var::from`, or computed from constants alone.
    ///
    /// ```
    /// use chainrule::Var;
    /// assert!((Var::from(2.0) * 3.0).is_constant());
    /// assert!(!Var::new(2.0).is_constant());
    /// ```
    #[inline]
    pub fn is_constant(self) -> bool {
        self.graph == GraphId::default()
    }

    /// The node's key in its graph; `None` for a constant.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, x) = tape::record(|| Var::new(2.0));
    /// assert_eq!(graph.get(x.key().unwrap()).unwrap().value(), 2.0);
    /// ```
    #[inline]
    pub fn key(self) -> Option<NodeKey> {
        (!self.is_constant()).then(|| NodeKey::from_bits(self.key))
    }

    /// Names the node, for pictures and messages, and returns the value. A constant has no node, so it stays unnamed.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, w) = tape::record(|| Var::new(2.0).named("w1"));
    /// assert_eq!(graph.name(w.key().unwrap()), Some("w1"));
    /// ```
    ///
    /// # Panics
    /// If the node was freed or is not on the current graph.
    #[must_use = "the name is on the node; use the value, or write `let _ =`"]
    #[track_caller]
    pub fn named(self, name: impl Into<String>) -> Self {
        if let Some(key) = self.key() {
            self.check();
            let name = name.into();
            tape::with(|graph| graph.set_name(key, name));
        }
        self
    }

    /// The identity of the graph that its node is on.
    #[inline]
    pub(crate) fn graph_id(self) -> GraphId {
        self.graph
    }

    /// The `Var` of a node of this graph, whose value the caller knows.
    #[inline]
    fn from_key(graph: &Graph, value: f64, key: NodeKey) -> Self {
        Self {
            value,
            key: key.to_bits(),
            graph: graph.id(),
        }
    }

    /// Records an operation on this node, or on it and a constant.
    #[inline(always)]
    #[track_caller]
    fn one(self, value: f64, op: Op, constant: Constant, payload: f64) -> Self {
        let at = Location::caller();
        let key = append_one(value, op, self.graph, self.key, constant, payload, at);
        if key == 0 {
            tape::refuse();
        }
        Self { value, key, ..self }
    }

    /// Records an operation on this node and another.
    #[inline(always)]
    #[track_caller]
    fn two(self, b: Self, value: f64, op: Op) -> Self {
        if self.graph != b.graph {
            refuse_mixed(self.graph, self.key, b.graph, b.key);
        }
        let key = append_two(value, op, self.graph, self.key, b.key, Location::caller());
        if key == 0 {
            tape::refuse();
        }
        Self { value, key, ..self }
    }

    /// Checks that this is a constant or alive on the current graph.
    ///
    /// # Panics
    /// If it is neither, with advice, at the caller's line.
    #[track_caller]
    pub(crate) fn check(self) {
        if let Some(refusal) = tape::with(|graph| self.refusal(graph)) {
            panic!("{refusal}");
        }
    }

    /// Does the same as [`check`](Self::check) for this graph instead of the current one.
    #[track_caller]
    pub(crate) fn check_on(self, graph: &Graph) {
        if let Some(refusal) = self.refusal(graph) {
            panic!("{refusal}");
        }
    }

    #[inline]
    fn refusal(self, graph: &Graph) -> Option<&'static str> {
        graph.refusal(self.graph, self.key()?)
    }

    /// The `Var` of a live node of this graph.
    #[inline]
    pub(crate) fn at(graph: &Graph, key: NodeKey) -> Self {
        Self::from_key(graph, graph.value_of(key), key)
    }

    /// The key of its node, which is known to be on this graph; a constant is appended as an input.
    #[inline]
    fn leaf(self, graph: &mut Graph, at: &'static Location<'static>) -> NodeKey {
        if self.is_constant() {
            return graph.insert(at, || Node::constant_input(self.value));
        }
        NodeKey::from_bits(self.key)
    }
}

impl From<f64> for Var {
    /// A constant: no node is recorded.
    #[inline]
    fn from(value: f64) -> Self {
        Self::from(value)
    }
}

impl Default for Var {
    /// The constant 0.
    fn default() -> Self {
        Self::from(0.0)
    }
}

impl fmt::Debug for Var {
    /// The value and the node's name or number: `Var(2.5, "w1")`, `Var(2.5, node 7)`, `Var(2.5, constant)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Var({:?}, ", self.value)?;
        let Some(key) = self.key() else {
            return f.write_str("constant)");
        };
        match tape::name(self.graph, key) {
            Some(name) => write!(f, "{name:?})"),
            None => write!(f, "node {})", key.slot()),
        }
    }
}

impl fmt::Display for Var {
    /// The value, formatted as a number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

operators!(inline, [] Var);

impl Sealed for Var {}

impl Scalar for Var {
    #[inline(always)]
    #[track_caller]
    fn apply<O: Unary>(self) -> Self {
        let value = O::value(self.value);
        if self.is_constant() {
            return Self::from(value);
        }
        self.one(value, Op::Unary(O::OP), Constant::None, 0.0)
    }

    #[inline(always)]
    #[track_caller]
    fn apply2<O: Binary>(self, b: Self) -> Self {
        let value = O::value(self.value, b.value);
        let op = Op::Binary(O::OP);
        match (self.is_constant(), b.is_constant()) {
            (false, false) => self.two(b, value, op),
            (false, true) => self.one(value, op, Constant::Right, b.value),
            (true, false) => b.one(value, op, Constant::Left, self.value),
            (true, true) => Self::from(value),
        }
    }

    #[track_caller]
    fn apply3<O: Ternary>(self, b: Self, c: Self) -> Self {
        let value = O::value(self.value, b.value, c.value);
        record_many(value, Op::Ternary(O::OP), &[self, b, c])
    }

    #[track_caller]
    fn apply_n<O: Nary>(operands: &[Self]) -> Self {
        let mut values = SmallVec::<[f64; 64]>::new();
        values.extend(operands.iter().map(|operand| operand.value));
        record_many(f64::apply_n::<O>(&values), Op::Nary(O::OP), operands)
    }

    fn expect_label(self, labels: Labels) -> Self {
        if let Some(key) = self.key() {
            tape::with(|graph| {
                if graph.holds(self.graph, key) {
                    graph.expect_label(key, labels);
                }
            });
        }
        self
    }

    /// Copies the keys from the two slices into the node: an intermediate list of handles would double the cost.
    #[inline(always)]
    #[track_caller]
    fn dot_product(ws: &[Self], xs: &[Self]) -> Result<Self> {
        same_length(ws, xs)?;
        let pairs = || ws.iter().zip(xs);
        let value = fused::dot(pairs().map(|(w, x)| (w.value, x.value)));
        let at = Location::caller();
        let recorded = tape::with(|graph| {
            let mut keys = vec![NodeKey::default(); 2 * ws.len()];
            let mut alive = !ws.is_empty();
            for (place, (w, x)) in keys.as_chunks_mut::<2>().0.iter_mut().zip(pairs()) {
                *place = [w.key, x.key].map(NodeKey::from_bits);
                alive &= graph.holds(w.graph, place[0]) & graph.holds(x.graph, place[1]);
            }
            alive.then(|| append_many(graph, value, Op::Nary(rows::Dot::OP), keys.into(), at))
        });
        // Constants, and values that must be refused, take the general path.
        match recorded {
            Some(result) => Ok(result),
            None => Ok(interleaved_dot(ws, xs)),
        }
    }

    #[inline]
    fn vanishes(self) -> bool {
        self.value == 0.0 && self.is_constant()
    }

    #[inline]
    #[track_caller]
    fn shared(self) -> Self {
        if !self.is_constant() {
            return self;
        }
        let at = Location::caller();
        tape::with(|graph| {
            let key = self.leaf(graph, at);
            Self::from_key(graph, self.value, key)
        })
    }
}

// The two most frequent kinds of node are appended by one function call for all operations, with its arguments in
// registers. The code inlined around the call is short, so that the `Var` itself stays in registers too.

/// Appends an operation on one node, or on it and a constant, to the current graph; returns 0 if the operand is not
/// alive there, so that the caller, which knows the line of the user's program, can refuse it.
#[inline(never)]
fn append_one(
    value: f64,
    op: Op,
    id: GraphId,
    operand: u64,
    constant: Constant,
    payload: f64,
    at: &'static Location<'static>,
) -> u64 {
    let operand = NodeKey::from_bits(operand);
    tape::with(|graph| {
        if !graph.holds(id, operand) {
            return keep_refusal(graph, id);
        }
        graph
            .insert(at, || Node::one(value, op, operand, constant, payload))
            .to_bits()
    })
}

/// Stores the reason why a value with this graph identity is refused, and returns 0, which means no node.
#[cold]
#[inline(never)]
fn keep_refusal(graph: &Graph, id: GraphId) -> u64 {
    tape::keep_refusal(graph.reason(id));
    0
}

/// Appends an operation on two nodes of one graph to the current graph; returns 0 if they are not both alive there.
#[inline(never)]
fn append_two(
    value: f64,
    op: Op,
    id: GraphId,
    left: u64,
    right: u64,
    at: &'static Location<'static>,
) -> u64 {
    let operands = [left, right].map(NodeKey::from_bits);
    tape::with(|graph| {
        if !(graph.holds(id, operands[0]) && graph.holds(id, operands[1])) {
            return keep_refusal(graph, id);
        }
        graph
            .insert(at, || Node::two(value, op, operands))
            .to_bits()
    })
}

/// Records an operation on many operands; constants among them become inputs. If all are constants, so is the result.
#[track_caller]
fn record_many(value: f64, op: Op, operands: &[Var]) -> Var {
    let at = Location::caller();
    let recorded = tape::with(|graph| {
        // Every operand is checked before the first input is recorded, so that misuse leaves the graph unchanged.
        let mut constants = 0;
        for operand in operands {
            if operand.is_constant() {
                constants += 1;
            } else if !graph.holds(operand.graph, NodeKey::from_bits(operand.key)) {
                return None;
            }
        }
        if constants == operands.len() {
            return Some(Var::from(value));
        }
        let mut keys = SmallVec::new();
        if constants == 0 {
            keys.extend(
                operands
                    .iter()
                    .map(|operand| NodeKey::from_bits(operand.key)),
            );
        } else {
            keys.extend(operands.iter().map(|operand| operand.leaf(graph, at)));
        }
        Some(append_many(graph, value, op, keys, at))
    });
    match recorded {
        Some(result) => result,
        None => refuse_any(operands),
    }
}

/// Panics for two values on different graphs, given by graph and key: one of them is not alive on the current graph.
#[cold]
#[inline(never)]
#[track_caller]
fn refuse_mixed(left: GraphId, left_key: u64, right: GraphId, right_key: u64) -> ! {
    for (graph, key) in [(left, left_key), (right, right_key)] {
        Var {
            value: 0.0,
            key,
            graph,
        }
        .check();
    }
    unreachable!("two graphs are not both the current one")
}

/// Panics for the first of many values that is not alive on the current graph.
#[cold]
#[track_caller]
fn refuse_any(operands: &[Var]) -> ! {
    for operand in operands {
        operand.check();
    }
    unreachable!("all values are alive on the current graph")
}

/// Appends an operation on many nodes to this graph.
#[inline(always)]
fn append_many(
    graph: &mut Graph,
    value: f64,
    op: Op,
    keys: SmallVec<[NodeKey; 2]>,
    at: &'static Location<'static>,
) -> Var {
    if keys.spilled() {
        graph.count_spilled(keys.len());
    }
    let key = graph.insert(at, || Node::many(value, op, keys));
    Var::from_key(graph, value, key)
}

impl Graph {
    /// The node of a value that was recorded on this graph.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0) + 1.0);
    /// assert_eq!(graph.node(y).op().row().symbol, "+");
    /// ```
    ///
    /// # Panics
    /// If `x` is a constant or not alive on this graph.
    #[track_caller]
    pub fn node(&self, x: Var) -> &Node {
        let Some(key) = x.key() else {
            panic!("a constant has no node: make the value with `Var::new`, not `Var::from`");
        };
        x.check_on(self);
        &self[key]
    }

    /// The value of the node with this key, to compute and to sweep with; `None` if the node is not alive in this graph.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     (x, x.square())
    /// });
    /// let (last, _) = graph.iter().next_back().unwrap();
    /// assert_eq!(graph.var(last), Some(y));
    /// assert_eq!(graph.backward(&[(graph.var(last).unwrap(), 1.0)])[x], 4.0);
    /// ```
    pub fn var(&self, key: NodeKey) -> Option<Var> {
        self.get(key).map(|_| Var::at(self, key))
    }
}
