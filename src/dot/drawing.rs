//! The parts of a picture and the lines between them, as a petgraph graph that petgraph's `Dot` prints.

use std::collections::BTreeMap;
use std::fmt;

use petgraph::dot::{Config, Dot, RankDir};
use petgraph::graph::{DiGraph, EdgeReference, NodeIndex};

use super::cone::{Cone, Feed, Shown, Source};
use super::moment::AT_WORK;
use super::wire::{INK, LOCAL, VALUE, WIRE};
use super::{Direction, Picture, label};
use crate::op::Op;

/// A group's shade is translucent: a group within another is darker.
const GROUP: &str =
    "labeljust=l margin=10 style=\"rounded,filled\" color=\"#d0d7de\" fillcolor=\"#8c959f1c\"";

/// Something drawn: a gate, a wire's label, a constant.
#[derive(Debug)]
struct Part {
    attributes: String,
    group: Option<usize>,
}

/// A picture laid out in parts and lines.
pub(super) struct Drawing<'a> {
    picture: &'a Picture<'a>,
    /// Lines run the way values do.
    parts: DiGraph<Part, String>,
    /// Where the wire of an operand enters a group.
    points: BTreeMap<(usize, usize), NodeIndex>,
    compass: Compass,
}

/// Where lines enter and leave, by Graphviz's names of the points of the compass.
struct Compass {
    leave: &'static str,
    enter: &'static str,
    first: &'static str,
    last: &'static str,
    rank: RankDir,
}

impl Compass {
    fn of(direction: Direction) -> Self {
        let (leave, enter, first, last, rank) = match direction {
            Direction::LeftToRight => ("e", "w", "nw", "sw", RankDir::LR),
            Direction::RightToLeft => ("w", "e", "ne", "se", RankDir::RL),
            Direction::TopToBottom => ("s", "n", "nw", "ne", RankDir::TB),
            Direction::BottomToTop => ("n", "s", "sw", "se", RankDir::BT),
        };
        Self {
            leave,
            enter,
            first,
            last,
            rank,
        }
    }
}

impl<'a> Drawing<'a> {
    pub(super) fn of(picture: &'a Picture<'a>) -> Self {
        let mut drawing = Self {
            picture,
            parts: DiGraph::new(),
            points: BTreeMap::new(),
            compass: Compass::of(picture.direction),
        };
        drawing.lay_out(&picture.cone);
        drawing
    }

    fn lay_out(&mut self, cone: &Cone) {
        for &constant in &cone.constants {
            self.constant(constant, None);
        }
        let hidden = cone.rest().map(|text| self.hidden(&text));
        let mut ends = Vec::with_capacity(cone.nodes.len());
        for node in &cone.nodes {
            let end = if node.op == Op::Input {
                let label = self.wire(node);
                self.part(label.unwrap_or_else(bare), node.group)
            } else {
                let gate = self.part(self.gate(node), node.group);
                let feeds = node.feeds.len();
                for (place, feed) in node.feeds.iter().enumerate() {
                    let source = match feed.source {
                        Source::Shown(operand) => {
                            self.take_up(cone, operand, ends[operand], node.group)
                        }
                        Source::Constant(constant) => self.constant(constant, node.group),
                        Source::Hidden => match hidden {
                            Some(part) => part,
                            None => continue,
                        },
                    };
                    let line = self.line(node, feed, self.side(node.op, place, feeds));
                    self.parts.add_edge(source, gate, line);
                }
                match self.wire(node) {
                    Some(label) => {
                        let wire = self.part(label, node.group);
                        let line = format!(
                            "tailport={} headport={} arrowhead=none weight=8",
                            self.compass.leave, self.compass.enter
                        );
                        self.parts.add_edge(gate, wire, line);
                        wire
                    }
                    None => gate,
                }
            };
            ends.push(end);
        }
    }

    /// Where the wire of an operand can be taken up by a node: its end, or, if the node is in a group that the operand is
    /// not in, a point of the wire within that group.
    ///
    /// Without such points Graphviz would lead the wire around the group to the rank of the node.
    fn take_up(
        &mut self,
        cone: &Cone,
        operand: usize,
        end: NodeIndex,
        group: Option<usize>,
    ) -> NodeIndex {
        let mut around = cone.around(cone.nodes[operand].group);
        let Some(entered) = group.filter(|&group| !around.any(|other| other == group)) else {
            return end;
        };
        if let Some(&point) = self.points.get(&(operand, entered)) {
            return point;
        }
        let point = self.part(
            format!("label=\"\" shape=point width=0.02 color=\"{WIRE}\""),
            group,
        );
        let line = format!("tailport={} arrowhead=none weight=2", self.compass.leave);
        self.parts.add_edge(end, point, line);
        self.points.insert((operand, entered), point);
        point
    }

    fn part(&mut self, attributes: String, group: Option<usize>) -> NodeIndex {
        self.parts.add_node(Part { attributes, group })
    }

    fn constant(&mut self, value: f64, group: Option<usize>) -> NodeIndex {
        let value = label::number(value, self.picture.precision);
        let attributes = format!(
            "label=\"{value}\" shape=box style=\"rounded,filled\" fillcolor=\"#eaeef2\" color=\"#d0d7de\" \
             fontcolor=\"{VALUE}\" fontsize=11 width=0.25 height=0.22 margin=\"0.06,0.02\""
        );
        self.part(attributes, group)
    }

    fn hidden(&mut self, text: &str) -> NodeIndex {
        let attributes = format!(
            "label=\"{text}\" shape=box style=\"rounded,dashed\" color=\"{WIRE}\" \
             fontcolor=\"{LOCAL}\" fontsize=11 height=0.3 margin=\"0.1,0.04\""
        );
        self.part(attributes, None)
    }

    /// Where the line of an operand enters its gate, if the operands are few: the first operand above, the last one below.
    fn side(&self, op: Op, place: usize, feeds: usize) -> Option<&'static str> {
        let ordered = matches!(op, Op::Binary(_) | Op::Ternary(_)) && feeds > 1;
        match place {
            _ if !ordered => None,
            0 => Some(self.compass.first),
            _ if place + 1 == feeds => Some(self.compass.last),
            _ => Some(self.compass.enter),
        }
    }

    /// A node's gate, marked if it is at work.
    fn gate(&self, node: &Shown) -> String {
        let mut attributes = gate(node.op);
        if self.picture.is_at_work(node, true) {
            attributes.push_str(&mark());
        }
        attributes
    }

    /// The line of an operand into its gate.
    fn line(&self, node: &Shown, feed: &Feed, side: Option<&str>) -> String {
        let mut line = match feed.source {
            Source::Shown(_) => format!("tailport={}", self.compass.leave),
            Source::Constant(_) => "color=\"#afb8c1\"".to_owned(),
            Source::Hidden => "style=dashed".to_owned(),
        };
        if let Some(side) = side {
            line.push_str(" headport=");
            line.push_str(side);
        }
        match self.picture.note(node, feed) {
            Some(said) => format!("{line} label=\"{}\"", said.now),
            None => line,
        }
    }

    /// The label a node's wire runs through; none if nothing is to be said there.
    fn wire(&self, node: &Shown) -> Option<String> {
        let wire = self.picture.wire(node);
        let style = if self.picture.is_at_work(node, false) {
            mark()
        } else {
            " style=\"\"".to_owned()
        };
        (!wire.is_bare()).then(|| format!("label=<{wire}> shape=plain{style}"))
    }
}

/// How the part at work stands out.
fn mark() -> String {
    let [border, inside] = AT_WORK;
    format!(" style=filled fillcolor=\"{inside}\" color=\"{border}\" penwidth=2")
}

/// An input of which nothing is shown but that it is one.
fn bare() -> String {
    format!(
        "label=\"{}\" shape=plain fontcolor=\"{WIRE}\"",
        Op::Input.row().symbol
    )
}

/// A gate: a circle around the operation's symbol.
fn gate(op: Op) -> String {
    let symbol = op.row().symbol;
    match symbol.chars().count() {
        0..=2 => format!("label=\"{symbol}\" shape=circle fixedsize=true width=0.36 fontsize=15"),
        3 => format!("label=\"{symbol}\" shape=circle fixedsize=true width=0.42 fontsize=11"),
        _ => format!(
            "label=\"{symbol}\" shape=ellipse height=0.36 width=0.5 margin=\"0.02,0.02\" fontsize=11"
        ),
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "digraph chainrule {{")?;
        writeln!(
            f,
            "    graph [ranksep=0.16 nodesep=0.18 fontname=\"Helvetica\" fontsize=12 fontcolor=\"{LOCAL}\"]"
        )?;
        writeln!(
            f,
            "    node [fontname=\"Helvetica\" fontsize=12 color=\"{INK}\" fontcolor=\"{INK}\" style=filled fillcolor=white]"
        )?;
        writeln!(
            f,
            "    edge [fontname=\"Helvetica\" fontsize=9 fontcolor=\"{LOCAL}\" color=\"{WIRE}\" arrowsize=0.5]"
        )?;
        let config = [
            Config::GraphContentOnly,
            Config::NodeNoLabel,
            Config::EdgeNoLabel,
            Config::RankDir(self.compass.rank),
        ];
        let line = |_, edge: EdgeReference<'_, String>| edge.weight().clone();
        let part = |_, (_, part): (NodeIndex, &Part)| part.attributes.clone();
        write!(
            f,
            "{:?}",
            Dot::with_attr_getters(&self.parts, &config, &line, &part)
        )?;
        self.write_groups(f)?;
        // Last, for groups would take the heading over.
        if let Some(moment) = &self.picture.moment {
            let (color, heading) = (AT_WORK[0], label::text(&moment.heading()));
            writeln!(
                f,
                "    label=<<FONT COLOR=\"{color}\"><B>{heading}</B></FONT>> labelloc=t"
            )?;
        }
        f.write_str("}\n")
    }
}

impl Drawing<'_> {
    /// Boxes around the parts of each group, one within another.
    fn write_groups(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = &self.picture.cone.groups;
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for part in self.parts.node_indices() {
            if let Some(group) = self.parts[part].group {
                parts.entry(group).or_default().push(part.index());
            }
        }
        // A group's place follows those of the groups around it and precedes those of later ones, so that groups in
        // their order are their tree walked depth first.
        let mut open: Vec<usize> = Vec::new();
        for (&group, scope) in groups {
            while open.last().copied() != scope.parent && open.pop().is_some() {
                writeln!(f, "{:1$}}}", "", 4 * (open.len() + 1))?;
            }
            open.push(group);
            let indent = 4 * open.len();
            writeln!(f, "{:indent$}subgraph cluster_{group} {{", "")?;
            let label = match label::text(&scope.label) {
                text if text.is_empty() => "\"\"".to_owned(),
                text => format!("<{text}>"),
            };
            writeln!(f, "{:indent$}    label={label} {GROUP}", "")?;
            for part in parts.get(&group).into_iter().flatten() {
                writeln!(f, "{:indent$}    {part}", "")?;
            }
        }
        while open.pop().is_some() {
            writeln!(f, "{:1$}}}", "", 4 * (open.len() + 1))?;
        }
        Ok(())
    }
}
