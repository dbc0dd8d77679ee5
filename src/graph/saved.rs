//! Graphs in any format of serde.
//!
//! The form has no values of operations: they are computed again, so a form cannot contradict itself.

use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::panic::Location;

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::comparison::{Comparison, Outcome, Side, Test};
use super::key::NodeKey;
use super::names::{Group, Names};
use super::nodes::{Constant, Graph, Node};
use crate::labels::Labels;
use crate::op::Op;
use crate::saved::{Bits, Format, Name, Operation, SiteReader, SiteWriter, Sites, Version, faulty};

struct GraphFormat;

impl Format for GraphFormat {
    const NAME: &'static str = "chainrule graph";
    const VERSION: u32 = 1;
}

/// A graph. Nodes are counted from 1.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: Name<GraphFormat>,
    version: Version<GraphFormat>,
    nodes: Vec<NodeForm>,
    comparisons: Vec<ComparisonForm>,
    labels: Vec<(u32, Labels)>,
    names: NamesForm,
    sites: Sites,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum NodeForm {
    Input(Bits),
    /// An input that stands for a constant operand.
    Constant(Bits),
    Apply {
        op: Operation,
        nodes: Vec<u32>,
        /// The constant operand, and its side.
        constant: Option<(SideForm, Bits)>,
    },
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SideForm {
    Left,
    Right,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComparisonForm {
    sides: [ComparedForm; 2],
    test: Test,
    outcome: Outcome,
    site: u32,
}

/// An operand of a comparison.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ComparedForm {
    Node(u32),
    Constant(Bits),
}

/// Names of nodes, groups, and the lines of source that recorded nodes. Nodes are counted from 1.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamesForm {
    nodes: Vec<(u32, String)>,
    groups: Vec<GroupForm>,
    /// Nodes with the indices of their places.
    lines: Vec<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupForm {
    label: String,
    /// The index of the group around it.
    parent: Option<u32>,
    /// The first node in it, and the first one after it.
    nodes: (u32, u32),
}

impl NamesForm {
    /// The form of the names of these nodes, in ascending order, and of all groups. No node is above `count`.
    pub(crate) fn new(
        names: &Names,
        count: usize,
        slots: impl Iterator<Item = usize> + Clone,
        sites: &mut SiteWriter,
    ) -> Self {
        let group = |group: &Group| GroupForm {
            label: group.label.clone(),
            parent: group.parent.map(|parent| parent as u32),
            nodes: (
                group.slots.start.min(count + 1) as u32,
                group.slots.end.min(count + 1) as u32,
            ),
        };
        let name = |slot| Some((slot as u32, names.nodes.get(&slot)?.clone()));
        Self {
            nodes: slots.clone().filter_map(name).collect(),
            groups: names.groups.iter().map(group).collect(),
            lines: slots
                .filter_map(|slot| Some((slot as u32, sites.index(&names.line(slot)?))))
                .collect(),
        }
    }

    /// The names of a graph with `count` nodes.
    pub(crate) fn read(self, count: usize, sites: &SiteReader) -> Result<Names, String> {
        let known = |node: u32, what: &str| {
            let slot = Some(node as usize).filter(|slot| (1..=count).contains(slot));
            slot.ok_or_else(|| format!("{what}: there is no node {node} among {count}"))
        };
        let mut nodes = BTreeMap::new();
        for (node, name) in self.nodes {
            if nodes.insert(known(node, "a name")?, name).is_some() {
                return Err(format!("node {node} has two names"));
            }
        }
        let mut groups: Vec<Group> = Vec::new();
        // Groups nest: those that are open at the start of a group, innermost last.
        let mut open: Vec<usize> = Vec::new();
        for (
            index,
            GroupForm {
                label,
                parent,
                nodes,
            },
        ) in self.groups.into_iter().enumerate()
        {
            let slots = nodes.0 as usize..nodes.1 as usize;
            let parent = parent.map(|parent| parent as usize);
            let wrong = |what: &str| Err(format!("group {index} {what}"));
            if slots.start == 0 || slots.end > count + 1 || slots.start > slots.end {
                return wrong(&format!("has the nodes {slots:?} of {count}"));
            }
            if groups
                .last()
                .is_some_and(|last| last.slots.start > slots.start)
            {
                return wrong("begins before the group before it");
            }
            while open.last().copied() != parent {
                match open.pop() {
                    Some(closed) if groups[closed].slots.end <= slots.start => {}
                    Some(_) => return wrong("overlaps a group that is not around it"),
                    None => return wrong("is in a group that is not around it"),
                }
            }
            if parent.is_some_and(|parent| groups[parent].slots.end < slots.end) {
                return wrong("ends after the group around it");
            }
            open.push(index);
            groups.push(Group {
                label,
                parent,
                slots,
            });
        }
        let mut loaded = BTreeMap::new();
        for (node, site) in self.lines {
            let slot = known(node, "a line")?;
            let site = sites.get(site, format_args!("node {node}"))?;
            if loaded.insert(slot, site).is_some() {
                return Err(format!("node {node} has two lines"));
            }
        }
        Ok(Names {
            nodes,
            groups,
            loaded,
            ..Names::default()
        })
    }
}

impl Form {
    fn new(graph: &Graph) -> Self {
        let mut sites = SiteWriter::default();
        let number = |key: NodeKey| key.slot() as u32;
        let node = |(_, node): (NodeKey, &Node)| match (node.op(), node.constant_side()) {
            (Op::Input, Constant::Itself) => NodeForm::Constant(Bits(node.value().to_bits())),
            (Op::Input, _) => NodeForm::Input(Bits(node.value().to_bits())),
            (op, _) => NodeForm::Apply {
                op: Operation(op),
                nodes: node.operands().iter().map(|&key| number(key)).collect(),
                constant: node.constant().map(|(side, number)| {
                    let side = if side == 0 {
                        SideForm::Left
                    } else {
                        SideForm::Right
                    };
                    (side, Bits(number.to_bits()))
                }),
            },
        };
        let compared = |side: Side| match side.node {
            Some((_, key)) => ComparedForm::Node(number(key)),
            None => ComparedForm::Constant(Bits(side.value.to_bits())),
        };
        let comparisons = graph.comparisons().iter().map(|comparison| ComparisonForm {
            sides: comparison.sides.map(compared),
            test: comparison.test,
            outcome: comparison.outcome,
            site: sites.index(&comparison.at),
        });
        let comparisons = comparisons.collect();
        Self {
            format: Name::default(),
            version: Version::default(),
            nodes: graph.iter().map(node).collect(),
            comparisons,
            labels: graph
                .labels()
                .iter()
                .map(|&(key, labels)| (number(key), labels))
                .collect(),
            names: NamesForm::new(graph.names(), graph.len(), 1..=graph.len(), &mut sites),
            sites: sites.finish(),
        }
    }

    fn read(self) -> Result<Graph, String> {
        let mut graph = Graph::new();
        let known = self.sites.read();
        for node in self.nodes {
            append(&mut graph, node)?;
        }
        let count = graph.len();
        for (index, form) in self.comparisons.into_iter().enumerate() {
            let what = format!("comparison {index}");
            let at = known.get(form.site, &what)?;
            let [left, right] = form.sides;
            let sides = [
                compared(&graph, &left, &what)?,
                compared(&graph, &right, &what)?,
            ];
            let [a, b] = sides.map(|side| side.value);
            if form.test.outcome(a, b) != form.outcome {
                let symbol = form.test.symbol();
                return Err(format!(
                    "{what}, {a:?} {symbol} {b:?}, has the outcome {}",
                    form.outcome
                ));
            }
            graph.append_comparison(Comparison {
                sides,
                test: form.test,
                outcome: form.outcome,
                at,
            });
        }
        for (node, labels) in self.labels {
            let key = key(&graph, node, "a label")?;
            graph.expect_label(key, labels);
        }
        graph.names = self.names.read(count, &known)?;
        Ok(graph)
    }
}

/// Appends a node, and computes its value.
fn append(graph: &mut Graph, form: NodeForm) -> Result<(), String> {
    let number = graph.len() + 1;
    let node = match form {
        NodeForm::Input(value) => Node::input(f64::from_bits(value.0)),
        NodeForm::Constant(value) => Node::constant_input(f64::from_bits(value.0)),
        NodeForm::Apply {
            op: Operation(op),
            nodes,
            constant,
        } => {
            let what = format!("node {number}, {}", op.row().name);
            let mut operands: SmallVec<[NodeKey; 2]> = SmallVec::with_capacity(nodes.len());
            for &node in &nodes {
                operands.push(key(graph, node, &what)?);
            }
            let mut values: SmallVec<[f64; 4]> =
                operands.iter().map(|&key| graph.value_of(key)).collect();
            let (side, payload) = match constant {
                None => (Constant::None, 0.0),
                Some((side, bits)) => {
                    if !(matches!(op, Op::Binary(_)) && operands.len() == 1) {
                        return Err(format!(
                            "{what}: only one of two operands can be a constant"
                        ));
                    }
                    let constant = f64::from_bits(bits.0);
                    let (side, at) = match side {
                        SideForm::Left => (Constant::Left, 0),
                        SideForm::Right => (Constant::Right, 1),
                    };
                    values.insert(at, constant);
                    (side, constant)
                }
            };
            let value = op.apply(&values[..]).filter(|_| op.takes(values.len()));
            let value = value.ok_or_else(|| {
                let count = values.len();
                format!("{what}: the operation does not take {count} operands")
            })?;
            if operands.spilled() {
                graph.count_spilled(operands.len());
            }
            Node::applied(value, op, operands, side, payload)
        }
    };
    graph.insert(Location::caller(), || node);
    Ok(())
}

/// The key of an earlier node, mentioned by `what`.
fn key(graph: &Graph, node: u32, what: &str) -> Result<NodeKey, String> {
    let count = graph.len();
    if node == 0 || node as usize > count {
        return Err(format!(
            "{what}: node {node} is not among the {count} nodes before it"
        ));
    }
    Ok(graph.key_at(node as usize))
}

fn compared(graph: &Graph, form: &ComparedForm, what: &str) -> Result<Side, String> {
    Ok(match *form {
        ComparedForm::Constant(bits) => Side {
            value: f64::from_bits(bits.0),
            node: None,
        },
        ComparedForm::Node(node) => {
            let key = key(graph, node, what)?;
            Side {
                value: graph.value_of(key),
                node: Some((graph.id(), key)),
            }
        }
    })
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Form::new(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Graph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        form.read()
            .map_err(|problem| faulty(GraphFormat::NAME, &problem))
    }
}
