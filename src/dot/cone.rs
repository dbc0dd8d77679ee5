//! What a picture shows of a graph: a copy of the nodes nearest to the outputs.

use std::collections::{BTreeMap, HashMap};

use petgraph::visit::{Bfs, VisitMap, Visitable};

use crate::graph::{Graph, NodeKey};
use crate::op::Op;
use crate::var::Var;

/// How many groups deep a picture goes; what is nested deeper is drawn in the innermost of these.
const DEEPEST: usize = 32;

/// The nodes shown, in the order of recording, and what is known of the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Cone {
    pub(super) nodes: Vec<Shown>,
    /// Outputs without a node.
    pub(super) constants: Vec<f64>,
    /// The groups that hold nodes shown, and those around them, by their place in the graph.
    pub(super) groups: BTreeMap<usize, Scope>,
    /// How many nodes the outputs depend on that are not shown.
    pub(super) hidden: usize,
}

/// A node shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) var: Var,
    pub(super) op: Op,
    pub(super) name: Option<String>,
    pub(super) group: Option<usize>,
    pub(super) feeds: Vec<Feed>,
}

/// What leads into a node.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    pub(super) source: Source,
    /// The derivative of the node by this operand.
    pub(super) partial: f64,
    /// How often the node uses it.
    pub(super) uses: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// A node shown, by its place.
    Shown(usize),
    /// A constant operand.
    Constant(f64),
    /// Nodes not shown.
    Hidden,
}

/// A group shown.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) label: String,
    pub(super) parent: Option<usize>,
}

impl Cone {
    /// Copies up to `limit` nodes, those nearest to the outputs, which are alive on this graph.
    pub(super) fn of(graph: &Graph, outputs: &[Var], limit: usize) -> Self {
        let mut cone = Self::default();
        let mut keys = Vec::new();
        for output in outputs {
            match output.key() {
                Some(key) => keys.push(key),
                None => cone.constants.push(output.value()),
            }
        }
        let (mut shown, live) = nearest(graph, &keys, limit);
        cone.hidden = live - shown.len();
        shown.sort_unstable_by_key(|key| key.slot());
        let places: HashMap<NodeKey, usize> = shown
            .iter()
            .enumerate()
            .map(|(place, &key)| (key, place))
            .collect();
        for &key in &shown {
            let group = cone.enter(graph, key);
            cone.nodes.push(Shown {
                var: Var::at(graph, key),
                op: graph[key].op(),
                name: graph.name(key).map(str::to_owned),
                group,
                feeds: feeds(graph, key, &places),
            });
        }
        cone
    }

    /// What stands for the nodes not shown, if there are any: how many they are.
    pub(super) fn rest(&self) -> Option<String> {
        match self.hidden {
            0 => None,
            1 => Some("… 1 more node".to_owned()),
            hidden => Some(format!("… {hidden} more nodes")),
        }
    }

    /// A group shown and those around it, innermost first.
    pub(super) fn around(&self, group: Option<usize>) -> impl Iterator<Item = usize> {
        std::iter::successors(group, |group| self.groups.get(group)?.parent)
    }

    /// Takes the groups around a node over, and gives the innermost of them that is drawn.
    fn enter(&mut self, graph: &Graph, key: NodeKey) -> Option<usize> {
        let groups = graph.groups();
        let mut around = Vec::new();
        let mut next = graph.group_of(key);
        while let Some(group) = next {
            around.push(group);
            next = groups[group].parent;
        }
        let deepest = around.len().saturating_sub(DEEPEST);
        for &group in &around[deepest..] {
            let scope = || Scope {
                label: groups[group].label.clone(),
                parent: groups[group].parent,
            };
            self.groups.entry(group).or_insert_with(scope);
        }
        around.get(deepest).copied()
    }
}

/// Up to `limit` nodes nearest to the outputs, by petgraph's [`Bfs`], and how many nodes they depend on altogether.
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
    let mut shown = Vec::new();
    let mut live = 0;
    while let Some(key) = search.next(graph) {
        if live < limit {
            shown.push(key);
        }
        live += 1;
    }
    (shown, live)
}

/// What leads into a node, in the order of its operands.
///
/// Operands that are not shown are one feed, and so is an operand that an n-ary operation uses many times: a picture is
/// no larger than the nodes it shows.
fn feeds(graph: &Graph, key: NodeKey, places: &HashMap<NodeKey, usize>) -> Vec<Feed> {
    let node = &graph[key];
    let arguments = node.arguments(|operand| graph[operand].value());
    let partials = node.op().partials(&arguments, node.value());
    let source = |operand: &NodeKey| {
        places
            .get(operand)
            .copied()
            .map_or(Source::Hidden, Source::Shown)
    };
    let mut sources: Vec<Source> = node.operands().iter().map(source).collect();
    if let Some((place, constant)) = node.constant() {
        sources.insert(place, Source::Constant(constant));
    }
    let mut feeds: Vec<Feed> = Vec::new();
    let mut seen: HashMap<Option<usize>, usize> = HashMap::new();
    for (source, partial) in sources.into_iter().zip(partials) {
        let merged = match (source, node.op()) {
            (Source::Hidden, _) => Some(None),
            (Source::Shown(place), Op::Nary(_)) => Some(Some(place)),
            _ => None,
        };
        if let Some(identity) = merged {
            let place = *seen.entry(identity).or_insert(feeds.len());
            if let Some(feed) = feeds.get_mut(place) {
                feed.partial += partial;
                feed.uses += 1;
                continue;
            }
        }
        feeds.push(Feed {
            source,
            partial,
            uses: 1,
        });
    }
    feeds
}
