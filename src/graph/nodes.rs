//! The graph itself: nodes in the order of recording, and what is asked of them.

use std::fmt;
use std::ops::Index;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use slotmap::SlotMap;
use smallvec::SmallVec;

use super::comparison::Comparison;
use super::generations::{Alive, Generations};
use super::key::{GraphId, NodeKey};
use super::names::Names;
use super::order::CachedOrder;
use super::watch::Watch;
use crate::labels::Labels;
use crate::op::{Op, Scalar};

/// How many of the latest comparisons are searched for the same one.
const RECENT: usize = 16;

/// What is constant about a node: an operand of a binary operation, which is stored in the node, or the node itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    None,
    Left,
    Right,
    /// The node is an input that stands for a constant operand of an operation on many.
    Itself,
}

/// One node: an input or the result of an operation.
///
/// ```
/// use chainrule::op::{BinaryOp, Op};
/// use chainrule::{Node, Var, tape};
///
/// let (graph, y) = tape::record(|| Var::new(2.0) * 3.0);
/// let node: &Node = graph.node(y);
/// assert_eq!((node.op(), node.value()), (Op::Binary(BinaryOp::Mul), 6.0));
/// assert_eq!((node.operands().len(), node.constant()), (1, Some((1, 3.0))));
/// ```
#[derive(Clone, Debug)]
pub struct Node {
    value: f64,
    payload: f64,
    pub(super) operands: SmallVec<[NodeKey; 2]>,
    op: Op,
    constant: Constant,
}

impl Node {
    /// An input.
    #[inline]
    pub(crate) fn input(value: f64) -> Self {
        Self {
            value,
            payload: 0.0,
            operands: SmallVec::new(),
            op: Op::Input,
            constant: Constant::None,
        }
    }

    /// An input that stands for a constant.
    #[inline]
    pub(crate) fn constant_input(value: f64) -> Self {
        Self {
            constant: Constant::Itself,
            ..Self::input(value)
        }
    }

    /// Whether it is an input that can change.
    pub(crate) fn is_variable(&self) -> bool {
        self.op == Op::Input && self.constant != Constant::Itself
    }

    /// The result of a unary operation, or of a binary one with a constant operand.
    #[inline]
    pub(crate) fn one(
        value: f64,
        op: Op,
        operand: NodeKey,
        constant: Constant,
        payload: f64,
    ) -> Self {
        Self {
            value,
            payload,
            operands: SmallVec::from_buf_and_len([operand, NodeKey::default()], 1),
            op,
            constant,
        }
    }

    /// The result of a binary operation on two nodes.
    #[inline]
    pub(crate) fn two(value: f64, op: Op, operands: [NodeKey; 2]) -> Self {
        Self {
            value,
            payload: 0.0,
            operands: SmallVec::from_buf(operands),
            op,
            constant: Constant::None,
        }
    }

    /// The result of an operation on any number of nodes.
    #[inline]
    pub(crate) fn many(value: f64, op: Op, operands: SmallVec<[NodeKey; 2]>) -> Self {
        Self {
            value,
            payload: 0.0,
            operands,
            op,
            constant: Constant::None,
        }
    }

    /// The result of an operation of any kind, with a constant operand or without.
    #[cfg(feature = "serde")]
    pub(super) fn applied(
        value: f64,
        op: Op,
        operands: SmallVec<[NodeKey; 2]>,
        constant: Constant,
        payload: f64,
    ) -> Self {
        Self {
            value,
            payload,
            operands,
            op,
            constant,
        }
    }

    /// The value.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0) * 3.0);
    /// assert_eq!(graph.node(y).value(), 6.0);
    /// ```
    #[inline]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The operation that computed the value.
    ///
    /// ```
    /// use chainrule::{Var, op::{Op, UnaryOp}, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0).exp());
    /// assert_eq!(graph.node(y).op(), Op::Unary(UnaryOp::Exp));
    /// ```
    #[inline]
    pub fn op(&self) -> Op {
        self.op
    }

    /// The keys of the operands, in order, without a constant operand.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     (x, x * 3.0)
    /// });
    /// assert_eq!(graph.node(y).operands(), [x.key().unwrap()]);
    /// ```
    #[inline]
    pub fn operands(&self) -> &[NodeKey] {
        &self.operands
    }

    /// The position and value of a binary operation's constant operand; position 0 is left, 1 is right.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| 3.0 - Var::new(2.0));
    /// assert_eq!(graph.node(y).constant(), Some((0, 3.0)));
    /// ```
    pub fn constant(&self) -> Option<(usize, f64)> {
        match self.constant {
            Constant::None | Constant::Itself => None,
            Constant::Left => Some((0, self.payload)),
            Constant::Right => Some((1, self.payload)),
        }
    }

    #[inline]
    pub(crate) fn constant_side(&self) -> Constant {
        self.constant
    }

    /// The value of the constant operand; 0 if there is none.
    #[inline]
    pub(crate) fn payload(&self) -> f64 {
        self.payload
    }

    /// The operation's arguments in order: `operand` gives each node's.
    pub(crate) fn arguments<S: Scalar>(
        &self,
        operand: impl FnMut(NodeKey) -> S,
    ) -> SmallVec<[S; 4]> {
        self.each_argument(operand, S::from)
    }

    /// Something for each argument in order: for the nodes, and for the constant at its position.
    pub(crate) fn each_argument<T>(
        &self,
        node: impl FnMut(NodeKey) -> T,
        constant: impl FnOnce(f64) -> T,
    ) -> SmallVec<[T; 4]> {
        let mut all: SmallVec<[T; 4]> = self.operands.iter().copied().map(node).collect();
        if let Some((position, number)) = self.constant() {
            all.insert(position, constant(number));
        }
        all
    }
}

/// The size of a graph.
///
/// ```
/// use chainrule::{Stats, Var, tape};
/// let (graph, _) = tape::record(|| Var::new(2.0).exp());
/// let Stats { nodes, bytes, .. } = graph.stats();
/// assert_eq!(nodes, 2);
/// assert_eq!(graph.stats().to_string(), format!("2 nodes, {bytes} bytes"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of live nodes.
    pub nodes: usize,
    /// The memory reserved for nodes, in bytes, including room for later nodes but not names and groups.
    pub bytes: usize,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} nodes, {} bytes", self.nodes, self.bytes)
    }
}

/// A recorded computation.
///
/// Most programs only use the thread's own graph, through [`Var`](crate::Var) and [`tape`](crate::tape). A `Graph`
/// value can be kept, sent to another thread, swept with [`backward`](Self::backward) and drawn while another graph is
/// recorded.
///
/// ```
/// use chainrule::{Graph, Var};
///
/// let mut graph = Graph::new();
/// let (x, y) = graph.record(|| {
///     let x = Var::new(3.0);
///     (x, x * x)
/// });
/// assert_eq!(graph.backward(&[(y, 1.0)])[x], 6.0);
/// assert_eq!(graph.stats().nodes, 2);
/// ```
#[derive(Debug)]
pub struct Graph {
    id: GraphId,
    pub(super) nodes: SlotMap<NodeKey, Node>,
    pub(super) generations: Generations,
    /// The number of operands stored outside their nodes because they did not fit.
    spilled: usize,
    /// The numbers of nodes and comparisons at the start of each open scope.
    scopes: Vec<[usize; 2]>,
    /// The comparisons of its values, in order.
    comparisons: Vec<Comparison>,
    /// The values that must be labels.
    labels: Vec<(NodeKey, Labels)>,
    pub(super) names: Names,
    pub(super) watch: Watch,
    pub(super) order: Mutex<CachedOrder>,
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
    }
}

impl Index<NodeKey> for Graph {
    type Output = Node;

    /// The node with this key.
    ///
    /// # Panics
    /// If the node is not alive.
    fn index(&self, key: NodeKey) -> &Node {
        &self.nodes[key]
    }
}

impl Graph {
    /// An empty graph.
    ///
    /// ```
    /// assert_eq!(chainrule::Graph::new().stats().nodes, 0);
    /// ```
    pub fn new() -> Self {
        Self {
            id: GraphId::fresh(),
            nodes: SlotMap::with_key(),
            generations: Generations::new(),
            spilled: 0,
            scopes: Vec::new(),
            comparisons: Vec::new(),
            labels: Vec::new(),
            names: Names::default(),
            watch: Watch::default(),
            order: Mutex::default(),
        }
    }

    /// The number of nodes and the memory they take.
    ///
    /// ```
    /// let (graph, _) = chainrule::tape::record(|| chainrule::Var::new(1.0).exp());
    /// assert_eq!(graph.stats().nodes, 2);
    /// ```
    pub fn stats(&self) -> Stats {
        // A slot of slotmap holds the node and its generation, at the node's alignment.
        const SLOT: usize = size_of::<Node>() + align_of::<Node>();
        Stats {
            nodes: self.len(),
            bytes: self.nodes.capacity() * SLOT
                + self.generations.bytes()
                + self.spilled * size_of::<NodeKey>(),
        }
    }

    /// Iterates over all nodes with their keys, in the order of recording.
    ///
    /// ```
    /// let (graph, _) = chainrule::tape::record(|| chainrule::Var::new(2.0).square());
    /// let values: Vec<f64> = graph.iter().map(|(_, node)| node.value()).collect();
    /// assert_eq!(values, [2.0, 4.0]);
    /// ```
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (NodeKey, &Node)> + ExactSizeIterator + Clone {
        (1..self.generations.len()).map(|slot| {
            let key = self.key_at(slot);
            (key, &self.nodes[key])
        })
    }

    /// The node with this key, if it is alive in this graph.
    ///
    /// Keys are unique within one graph only.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, x) = tape::record(|| Var::new(2.0));
    /// assert_eq!(graph.get(x.key().unwrap()).unwrap().value(), 2.0);
    /// ```
    pub fn get(&self, key: NodeKey) -> Option<&Node> {
        self.nodes.get(key)
    }

    pub(crate) fn id(&self) -> GraphId {
        self.id
    }

    /// The number of live nodes, which is also the highest slot in use.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.generations.len() - 1
    }

    /// The keys that are alive now.
    pub(crate) fn alive(&self) -> Alive {
        self.generations.alive()
    }

    #[inline]
    pub(crate) fn key_at(&self, slot: usize) -> NodeKey {
        self.generations.key_at(slot)
    }

    /// The node in a slot in use.
    #[inline]
    pub(crate) fn node_at(&self, slot: usize) -> &Node {
        &self.nodes[self.key_at(slot)]
    }

    /// The value of a node that is known to be alive.
    #[inline]
    pub(crate) fn value_of(&self, key: NodeKey) -> f64 {
        self.nodes[key].value
    }

    /// Whether the node with this key and graph identity is alive in this graph.
    #[inline]
    pub(crate) fn holds(&self, id: GraphId, key: NodeKey) -> bool {
        id == self.id && self.generations.holds(key)
    }

    /// The message for a caller whose value is not alive in this graph; `None` if it is.
    #[inline]
    pub(crate) fn refusal(&self, id: GraphId, key: NodeKey) -> Option<&'static str> {
        (!self.holds(id, key)).then(|| self.reason(id))
    }

    /// The reason for refusing a value with this graph identity that is known not to be alive here.
    #[cold]
    #[inline(never)]
    pub(crate) fn reason(&self, id: GraphId) -> &'static str {
        if id == self.id {
            "stale Var: its node was freed when its `tape::scope` ended or the tape was cleared; \
             return plain numbers from a scope, or record the value again"
        } else if id.thread() == self.id.thread() {
            "Var of another graph: it was recorded on a different graph than the one used here; \
             if it came from `tape::record`, use the methods of the graph returned with it, \
             or record inside `Graph::record`; in a traced function, a step or a part, pass it as an operand, \
             or use it as a constant with `Var::from(x.value())`"
        } else {
            "Var of another thread: it was recorded on a graph that another thread created; \
             send its `value()` to this thread and make an input of it with `Var::new`, or a constant with `Var::from`"
        }
    }

    /// Appends the node that `make` builds in place; `at` is the line of source that records it.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        at: &'static Location<'static>,
        make: impl FnOnce() -> Node,
    ) -> NodeKey {
        let key = self.nodes.insert_with_key(|_| make());
        assert!(key.slot() == self.generations.len(), "slots ascend");
        self.generations.push(key.generation());
        if self.watch != Watch::default() {
            self.attend(key, at);
        }
        key
    }

    /// Sets what is done with each new node, and returns what was done before.
    pub(crate) fn set_watch(&mut self, watch: Watch) -> Watch {
        std::mem::replace(&mut self.watch, watch)
    }

    /// Counts the operands of the last node as stored outside it.
    #[inline]
    pub(crate) fn count_spilled(&mut self, operands: usize) {
        self.spilled += operands;
    }

    /// Remembers a comparison, if its operands are constants and live nodes of this graph. A loop that compares the same
    /// values again and again is remembered once.
    pub(crate) fn remember(&mut self, comparison: Comparison) {
        let mut nodes = comparison.sides.iter().filter_map(|side| side.node);
        let alive = nodes.all(|(graph, key)| self.holds(graph, key));
        let mut latest = self.comparisons.iter().rev().take(RECENT);
        if alive && !latest.any(|earlier| earlier.is_like(&comparison)) {
            self.comparisons.push(comparison);
        }
    }

    /// Appends a comparison of live nodes of this graph and constants.
    #[cfg(feature = "serde")]
    pub(super) fn append_comparison(&mut self, comparison: Comparison) {
        self.comparisons.push(comparison);
    }

    /// The comparisons of its values, in order.
    pub(crate) fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// Remembers that the value of a live node must be a label.
    pub(crate) fn expect_label(&mut self, key: NodeKey, labels: Labels) {
        if self.labels.last() != Some(&(key, labels)) {
            self.labels.push((key, labels));
        }
    }

    /// The values that must be labels.
    pub(crate) fn labels(&self) -> &[(NodeKey, Labels)] {
        &self.labels
    }

    /// Begins a scope; its end frees everything recorded from here on.
    pub(crate) fn open_scope(&mut self) {
        self.scopes.push([self.len(), self.comparisons.len()]);
    }

    /// Ends the innermost scope and frees its nodes.
    pub(crate) fn close_scope(&mut self) {
        let [nodes, comparisons] = self.scopes.pop().unwrap_or([0; 2]);
        self.truncate(nodes);
        // Those of freed values are not needed any more.
        let within = self
            .comparisons
            .split_off(comparisons.min(self.comparisons.len()));
        for comparison in within {
            self.remember(comparison);
        }
    }

    /// Frees every node; open scopes stay open and are now empty.
    pub(crate) fn clear(&mut self) {
        self.scopes.fill([0; 2]);
        self.comparisons.clear();
        self.truncate(0);
    }

    /// Frees nodes, last to first, until `len` are left, and removes their names.
    fn truncate(&mut self, len: usize) {
        if len == self.len() {
            return;
        }
        let is_kept = |&(key, _): &(NodeKey, Labels)| key.slot() <= len;
        self.labels.retain(is_kept);
        while self.generations.len() > len + 1 {
            let key = self.key_at(self.generations.len() - 1);
            self.generations.pop();
            if let Some(node) = self.nodes.remove(key)
                && node.operands.spilled()
            {
                self.spilled -= node.operands.len();
            }
        }
        self.names.truncate(len);
        self.order
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .forget(len);
    }
}
