//! A copy of the part of a graph that outputs depend on: what pictures, explanations and pages show.

use std::collections::{BTreeSet, HashMap};

use petgraph::visit::{Bfs, VisitMap, Visitable};

use super::label::shown;
use crate::graph::{Graph, NodeKey};
use crate::op::Op;
use crate::var::Var;

/// The nodes nearest to the outputs, the groups around them, and the number of the other nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// The nodes, in the order of recording.
    pub(crate) nodes: Vec<NodeCopy>,
    /// The groups around the nodes, in the order of recording: each comes after the group around it.
    pub(crate) groups: Vec<GroupCopy>,
    /// The outputs that are constants.
    pub(crate) constants: Vec<f64>,
    /// How many more nodes the outputs depend on.
    pub(crate) hidden: usize,
}

/// A copy of a node.
#[derive(Clone, Debug)]
pub(crate) struct NodeCopy {
    pub(crate) key: NodeKey,
    pub(crate) var: Var,
    pub(crate) op: Op,
    /// Its name as it is shown; none if it is empty.
    pub(crate) name: Option<String>,
    /// What an explanation calls it: its name, or words for a node without one. Empty in a picture.
    pub(crate) label: String,
    /// The innermost group, by its place in the snapshot.
    pub(crate) group: Option<usize>,
    /// The operands, in the operation's order.
    pub(crate) operands: Vec<OperandCopy>,
}

/// A copy of an operand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OperandCopy {
    pub(crate) source: Source,
    pub(crate) value: f64,
    /// The derivative of the node with respect to this operand.
    pub(crate) partial: f64,
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A node of the snapshot, by its place.
    Node(usize),
    Constant,
    /// A node that is not in the snapshot.
    Hidden,
}

/// A copy of a named group.
#[derive(Clone, Debug)]
pub(crate) struct GroupCopy {
    /// Its label as it is shown.
    pub(crate) label: String,
    /// The group around it, by its place in the snapshot, which is lower.
    pub(crate) parent: Option<usize>,
}

impl OperandCopy {
    /// The place of the operand's node in the snapshot, if it is there.
    pub(crate) fn node(&self) -> Option<usize> {
        match self.source {
            Source::Node(place) => Some(place),
            Source::Constant | Source::Hidden => None,
        }
    }
}

impl NodeCopy {
    /// Its label within these groups, outermost first: see [`within`].
    pub(crate) fn label_within(&self, groups: &[&str]) -> &str {
        within(&self.label, groups)
    }
}

/// A name without the labels of the groups around it, outermost first, which it can begin with: `w1` for
/// `layer 1 neuron 2 w1` within these groups.
pub(super) fn within<'a>(mut name: &'a str, groups: &[&str]) -> &'a str {
    for group in groups {
        let rest = name.strip_prefix(group).unwrap_or(name);
        let rest = rest.strip_prefix([' ', '/', '.', ':']).unwrap_or(name);
        name = if rest.is_empty() { name } else { rest };
    }
    name
}

impl Snapshot {
    /// Copies up to `limit` nodes, those nearest to the outputs, which are alive on this graph.
    ///
    /// Groups are copied to a depth of `deepest`; a node in a deeper group counts to the innermost copied one.
    pub(crate) fn new(graph: &Graph, outputs: &[Var], limit: usize, deepest: usize) -> Self {
        let keys: Vec<NodeKey> = outputs.iter().filter_map(|output| output.key()).collect();
        let constants = outputs.iter().filter(|output| output.is_constant());
        let (mut copied, live) = nearest(graph, &keys, limit);
        copied.sort_unstable_by_key(|key| key.slot());
        let places: HashMap<NodeKey, usize> = copied.iter().copied().zip(0..).collect();
        let (groups, group_places) = groups_around(graph, &copied, deepest);
        let nodes = copied.iter().map(|&key| NodeCopy {
            key,
            var: Var::at(graph, key),
            op: graph[key].op(),
            name: graph.name(key).filter(|name| !name.is_empty()).map(shown),
            label: String::new(),
            group: graph.group_of(key).map(|group| group_places[&group]),
            operands: operands(graph, key, &places),
        });
        Self {
            nodes: nodes.collect(),
            groups,
            constants: constants.map(|output| output.peek()).collect(),
            hidden: live - copied.len(),
        }
    }

    /// A group and those around it, innermost first.
    pub(crate) fn around(&self, group: Option<usize>) -> impl Iterator<Item = usize> {
        std::iter::successors(group, |&group| self.groups[group].parent)
    }

    /// The labels of a group and those around it, outermost first.
    pub(crate) fn path(&self, group: Option<usize>) -> Vec<&str> {
        let around = self.around(group);
        let mut labels: Vec<&str> = around
            .map(|group| self.groups[group].label.as_str())
            .collect();
        labels.reverse();
        labels
    }

    /// The group that each node is drawn in. An input outside all groups is moved into a group if all its uses are there and
    /// its name says that it belongs there, like that of a parameter of a neuron. No wire leads into an input, so no wire can
    /// lead out and back in.
    pub(crate) fn homes(&self) -> Vec<Option<usize>> {
        let mut homes: Vec<Option<usize>> = self.nodes.iter().map(|node| node.group).collect();
        let mut users: Vec<Vec<Option<usize>>> = vec![Vec::new(); self.nodes.len()];
        for node in &self.nodes {
            for place in node.operands.iter().filter_map(OperandCopy::node) {
                users[place].push(node.group);
            }
        }
        for ((home, node), users) in homes.iter_mut().zip(&self.nodes).zip(users) {
            let (Some(name), Some(&first)) = (&node.name, users.first()) else {
                continue;
            };
            let shared = users.iter().all(|&group| group == first);
            if node.operands.is_empty() && home.is_none() && shared {
                let path = self.path(first);
                if path.iter().all(|label| name.contains(label)) && within(name, &path) != name {
                    *home = first;
                }
            }
        }
        homes
    }
}

/// Copies the groups around these nodes, and gives the place of the copy for each group of the graph.
fn groups_around(
    graph: &Graph,
    keys: &[NodeKey],
    deepest: usize,
) -> (Vec<GroupCopy>, HashMap<usize, usize>) {
    let mut around = BTreeSet::new();
    for &key in keys {
        let mut next = graph.group_of(key);
        while let Some(group) = next
            && around.insert(group)
        {
            next = graph.groups()[group].parent;
        }
    }
    let (mut groups, mut depths) = (Vec::new(), Vec::new());
    let mut places: HashMap<usize, usize> = HashMap::new();
    // A group comes after the one around it.
    for group in around {
        let parent = graph.groups()[group].parent.map(|parent| places[&parent]);
        let depth = parent.map_or(0, |parent| depths[parent]);
        let place = match parent {
            Some(parent) if depth == deepest => parent,
            _ => {
                depths.push(depth + 1);
                let label = shown(&graph.groups()[group].label);
                groups.push(GroupCopy { label, parent });
                groups.len() - 1
            }
        };
        places.insert(group, place);
    }
    (groups, places)
}

/// Up to `limit` nodes nearest to the outputs, by petgraph's [`Bfs`], and the number of nodes that the outputs depend on.
fn nearest(graph: &Graph, outputs: &[NodeKey], limit: usize) -> (Vec<NodeKey>, usize) {
    let mut search = Bfs {
        discovered: graph.visit_map(),
        ..Bfs::default()
    };
    for &output in outputs {
        if search.discovered.visit(output) {
            search.stack.push_back(output);
        }
    }
    let mut reached = std::iter::from_fn(|| search.next(graph));
    let found: Vec<NodeKey> = reached.by_ref().take(limit).collect();
    let live = found.len() + reached.count();
    (found, live)
}

/// Copies the operands of a node, given the places of the nodes that are copied.
fn operands(graph: &Graph, key: NodeKey, places: &HashMap<NodeKey, usize>) -> Vec<OperandCopy> {
    let node = &graph[key];
    let values = node.arguments(|operand| graph[operand].value());
    let partials = node.op().partials(&values, node.value());
    let source = |operand: NodeKey| {
        let place = places.get(&operand);
        place.map_or(Source::Hidden, |&i| Source::Node(i))
    };
    let sources = node.each_argument(source, |_| Source::Constant);
    let copy = |(source, (&value, partial))| OperandCopy {
        source,
        value,
        partial,
    };
    let operands = sources.into_iter().zip(values.iter().zip(partials));
    operands.map(copy).collect()
}
