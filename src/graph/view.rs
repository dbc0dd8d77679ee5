//! petgraph's traits for the graph, and the topological order that petgraph computes.
//!
//! `&Graph` has an edge from every node to each of its operands, so a depth-first search from an output visits the
//! nodes that the output depends on. [`Consumers`] adds the other direction, for algorithms that need both.

use std::iter::Copied;
use std::slice;
use std::sync::{Arc, PoisonError};

use fixedbitset::FixedBitSet;
use petgraph::Directed;
use petgraph::Direction;
use petgraph::visit::{
    Data, DfsPostOrder, EdgeRef, GraphBase, GraphProp, IntoEdgeReferences, IntoEdges,
    IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers, IntoNodeReferences,
    NodeCompactIndexable, NodeCount, NodeIndexable, VisitMap, Visitable,
};

use super::key::NodeKey;
use super::lists::Lists;
use super::nodes::{Graph, Node};
use super::order::CachedOrder;

/// An edge of the graph: `consumer` uses `operand` as its operand number `place`.
///
/// ```
/// use chainrule::{Operand, Var, tape};
/// use petgraph::visit::IntoEdgeReferences;
///
/// let (graph, (x, y)) = tape::record(|| {
///     let x = Var::new(2.0);
///     (x, x.exp())
/// });
/// let (consumer, operand) = (y.key().unwrap(), x.key().unwrap());
/// let edges: Vec<Operand> = (&graph).edge_references().collect();
/// assert_eq!((edges[0].consumer, edges[0].operand, edges[0].place), (consumer, operand, 0));
/// assert_eq!(edges.len(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Operand {
    /// The node that uses the operand.
    pub consumer: NodeKey,
    /// The node that is the operand.
    pub operand: NodeKey,
    /// The index among the consumer's [`operands`](Node::operands).
    pub place: usize,
}

impl EdgeRef for Operand {
    type NodeId = NodeKey;
    type EdgeId = Operand;
    type Weight = usize;

    fn source(&self) -> NodeKey {
        self.consumer
    }

    fn target(&self) -> NodeKey {
        self.operand
    }

    fn weight(&self) -> &usize {
        &self.place
    }

    fn id(&self) -> Operand {
        *self
    }
}

/// The set of nodes that a search has visited.
///
/// ```
/// use chainrule::{Var, Visited, tape};
/// use petgraph::visit::{VisitMap, Visitable};
///
/// let (graph, x) = tape::record(|| Var::new(2.0));
/// let x = x.key().unwrap();
/// let mut seen: Visited = graph.visit_map();
/// assert!(!seen.is_visited(&x));
/// assert!(seen.visit(x), "for the first time");
/// assert!(!seen.visit(x));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Visited(FixedBitSet);

impl VisitMap<NodeKey> for Visited {
    fn visit(&mut self, node: NodeKey) -> bool {
        !self.0.put(node.slot())
    }

    fn is_visited(&self, node: &NodeKey) -> bool {
        self.0.contains(node.slot())
    }

    fn unvisit(&mut self, node: NodeKey) -> bool {
        let seen = self.0.contains(node.slot());
        self.0.remove(node.slot());
        seen
    }
}

impl GraphBase for Graph {
    type NodeId = NodeKey;
    type EdgeId = Operand;
}

impl Data for Graph {
    type NodeWeight = Node;
    type EdgeWeight = usize;
}

impl GraphProp for Graph {
    type EdgeType = Directed;
}

impl NodeCount for Graph {
    fn node_count(&self) -> usize {
        self.len()
    }
}

impl NodeIndexable for Graph {
    fn node_bound(&self) -> usize {
        self.len()
    }

    fn to_index(&self, node: NodeKey) -> usize {
        node.slot() - 1
    }

    fn from_index(&self, index: usize) -> NodeKey {
        self.key_at(index + 1)
    }
}

impl NodeCompactIndexable for Graph {}

impl Visitable for Graph {
    type Map = Visited;

    fn visit_map(&self) -> Visited {
        Visited(FixedBitSet::with_capacity(self.generations.len()))
    }

    fn reset_map(&self, map: &mut Visited) {
        map.0.clear();
        map.0.grow(self.generations.len());
    }
}

impl<'a> IntoNeighbors for &'a Graph {
    type Neighbors = Copied<slice::Iter<'a, NodeKey>>;

    fn neighbors(self, node: NodeKey) -> Self::Neighbors {
        self.nodes[node].operands.iter().copied()
    }
}

impl<'a> IntoNodeIdentifiers for &'a Graph {
    type NodeIdentifiers = Box<dyn Iterator<Item = NodeKey> + 'a>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        Box::new(self.iter().map(|(key, _)| key))
    }
}

impl<'a> IntoNodeReferences for &'a Graph {
    type NodeRef = (NodeKey, &'a Node);
    type NodeReferences = Box<dyn Iterator<Item = Self::NodeRef> + 'a>;

    fn node_references(self) -> Self::NodeReferences {
        Box::new(self.iter())
    }
}

impl<'a> IntoEdgeReferences for &'a Graph {
    type EdgeRef = Operand;
    type EdgeReferences = Box<dyn Iterator<Item = Operand> + 'a>;

    fn edge_references(self) -> Self::EdgeReferences {
        Box::new(self.iter().flat_map(|(key, _)| self.edges(key)))
    }
}

impl<'a> IntoEdges for &'a Graph {
    type Edges = Box<dyn Iterator<Item = Operand> + 'a>;

    fn edges(self, consumer: NodeKey) -> Self::Edges {
        let operands = self.neighbors(consumer).enumerate();
        Box::new(operands.map(move |(place, operand)| Operand {
            consumer,
            operand,
            place,
        }))
    }
}

/// The graph with an index of every node's consumers, for algorithms that follow edges in both directions, for example
/// [`toposort`](petgraph::algo::toposort).
///
/// It has the graph's edges: outgoing edges lead to operands, incoming edges come from consumers.
///
/// ```
/// use chainrule::{Consumers, Var, tape};
/// use petgraph::Direction;
/// use petgraph::visit::IntoNeighborsDirected;
///
/// let (graph, (x, y)) = tape::record(|| {
///     let x = Var::new(2.0);
///     (x, x.exp())
/// });
/// let (x, y) = (x.key().unwrap(), y.key().unwrap());
/// let consumers: Consumers = graph.consumers();
/// assert!((&consumers).neighbors_directed(x, Direction::Incoming).eq([y]));
/// assert!((&consumers).neighbors_directed(y, Direction::Outgoing).eq([x]));
/// ```
#[derive(Debug)]
pub struct Consumers<'a> {
    graph: &'a Graph,
    of_slot: Lists<NodeKey>,
}

impl Consumers<'_> {
    /// The nodes that use the node `key`, in the order of recording, once per use.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     (x, x * x)
    /// });
    /// let (x, y) = (x.key().unwrap(), y.key().unwrap());
    /// assert_eq!(graph.consumers().of(x), [y, y]);
    /// ```
    pub fn of(&self, key: NodeKey) -> &[NodeKey] {
        self.of_slot.of(key.slot())
    }
}

impl GraphBase for Consumers<'_> {
    type NodeId = NodeKey;
    type EdgeId = Operand;
}

impl NodeCount for Consumers<'_> {
    fn node_count(&self) -> usize {
        self.graph.node_count()
    }
}

impl Visitable for Consumers<'_> {
    type Map = Visited;

    fn visit_map(&self) -> Visited {
        self.graph.visit_map()
    }

    fn reset_map(&self, map: &mut Visited) {
        self.graph.reset_map(map);
    }
}

impl<'a> IntoNodeIdentifiers for &'a Consumers<'_> {
    type NodeIdentifiers = Box<dyn Iterator<Item = NodeKey> + 'a>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        self.graph.node_identifiers()
    }
}

impl<'a> IntoNeighbors for &'a Consumers<'_> {
    type Neighbors = Copied<slice::Iter<'a, NodeKey>>;

    fn neighbors(self, node: NodeKey) -> Self::Neighbors {
        self.graph.neighbors(node)
    }
}

impl<'a> IntoNeighborsDirected for &'a Consumers<'_> {
    type NeighborsDirected = Copied<slice::Iter<'a, NodeKey>>;

    fn neighbors_directed(self, node: NodeKey, direction: Direction) -> Self::NeighborsDirected {
        match direction {
            Direction::Outgoing => self.graph.neighbors(node),
            Direction::Incoming => self.of(node).iter().copied(),
        }
    }
}

impl Graph {
    /// The nodes that the outputs depend on, operands before the nodes that use them, by petgraph's [`DfsPostOrder`].
    ///
    /// Unlike the order of recording, it omits nodes that the outputs do not need. It does not recurse and takes 11 to
    /// 25 ns per listed node. The last order is cached and returned again for the same outputs until one of
    /// them is freed.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     let _unused = x.exp();
    ///     x * x
    /// });
    /// assert_eq!(graph.order(&[y.key().unwrap()]).len(), 2);
    /// ```
    ///
    /// # Panics
    /// If a key's node is not alive in this graph. A key of another graph is not detected.
    pub fn order(&self, outputs: &[NodeKey]) -> Arc<[NodeKey]> {
        let mut cached = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.outputs != outputs || cached.order.is_empty() {
            let mut search = DfsPostOrder::empty(self);
            let mut order = Vec::new();
            for &output in outputs {
                search.move_to(output);
                while let Some(node) = search.next(self) {
                    order.push(node);
                }
            }
            *cached = CachedOrder {
                outputs: outputs.to_vec(),
                order: order.into(),
            };
        }
        Arc::clone(&cached.order)
    }

    /// Builds an index of every node's consumers, in time linear in the graph's size.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// use petgraph::algo::toposort;
    /// let (graph, y) = tape::record(|| Var::new(2.0).exp().sqrt());
    /// let order = toposort(&graph.consumers(), None).unwrap();
    /// assert_eq!(order[0], y.key().unwrap()); // results first, because edges lead to operands
    /// ```
    pub fn consumers(&self) -> Consumers<'_> {
        let uses = self.iter().flat_map(|(key, node)| {
            let operands = node.operands.iter();
            operands.map(move |operand| (operand.slot(), key))
        });
        Consumers {
            graph: self,
            of_slot: Lists::new(self.generations.len(), uses),
        }
    }
}
