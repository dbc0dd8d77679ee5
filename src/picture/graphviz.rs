//! The picture as Graphviz text: its items and lines are a petgraph graph, which petgraph's `Dot` prints.

use std::collections::BTreeMap;
use std::fmt;

use petgraph::dot::{Config, Dot, RankDir};
use petgraph::graph::{DiGraph, EdgeReference, NodeIndex};

use super::direction::Direction;
use super::feed::{Feed, feeds};
use super::frame::HIGHLIGHT;
use super::label;
use super::options::Picture;
use super::snapshot::{NodeCopy, Source};
use super::wire::{INK, LOCAL, VALUE, WIRE};
use crate::op::Op;

/// A group's shade is translucent: a group within another is darker.
const GROUP: &str =
    "labeljust=l margin=10 style=\"rounded,filled\" color=\"#d0d7de\" fillcolor=\"#8c959f1c\"";

/// Something drawn: a circle, a wire's label, a constant.
#[derive(Debug)]
struct Item {
    attributes: String,
    group: Option<usize>,
}

/// A picture as items and lines.
struct Drawing<'a> {
    picture: &'a Picture<'a>,
    /// Lines run the way values do.
    items: DiGraph<Item, String>,
    /// Where the wire of an operand enters a group.
    points: BTreeMap<(usize, usize), NodeIndex>,
    compass: Compass,
}

/// Where lines enter and leave, by Graphviz's names of the points of the compass.
#[derive(Clone, Copy)]
struct Compass {
    leave: &'static str,
    enter: &'static str,
    first: &'static str,
    last: &'static str,
    rank: RankDir,
}

impl Compass {
    fn new(direction: Direction) -> Self {
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
    fn new(picture: &'a Picture<'a>) -> Self {
        let mut drawing = Self {
            picture,
            items: DiGraph::new(),
            points: BTreeMap::new(),
            compass: Compass::new(picture.direction),
        };
        drawing.add_nodes();
        drawing
    }

    fn add_nodes(&mut self) {
        for &constant in &self.picture.snapshot.constants {
            self.constant(constant, None);
        }
        let hidden = self.picture.rest().map(|text| self.hidden(&text));
        let mut ends = Vec::with_capacity(self.picture.snapshot.nodes.len());
        for node in &self.picture.snapshot.nodes {
            let end = if node.op == Op::Input {
                let label = self.wire(node);
                self.item(label.unwrap_or_else(bare), node.group)
            } else {
                let circle = self.item(self.circle(node), node.group);
                let feeds = feeds(node);
                for (place, feed) in feeds.iter().enumerate() {
                    let source = match feed.operand.source {
                        Source::Node(operand) => self.take_up(operand, ends[operand], node.group),
                        Source::Constant => self.constant(feed.operand.value, node.group),
                        Source::Hidden => match hidden {
                            Some(item) => item,
                            None => continue,
                        },
                    };
                    let line = self.line(node, feed, self.side(node.op, place, feeds.len()));
                    self.items.add_edge(source, circle, line);
                }
                match self.wire(node) {
                    Some(label) => {
                        let wire = self.item(label, node.group);
                        let Compass { leave, enter, .. } = self.compass;
                        let ports = format!("tailport={leave} headport={enter}");
                        let line = format!("{ports} arrowhead=none weight=8");
                        self.items.add_edge(circle, wire, line);
                        wire
                    }
                    None => circle,
                }
            };
            ends.push(end);
        }
    }

    /// Where a node takes up the wire of an operand: at its end or, if the node is in a group that the operand is not in,
    /// at a point of the wire within that group.
    ///
    /// Without this point Graphviz would lead the wire around the group to the rank of the node.
    fn take_up(&mut self, operand: usize, end: NodeIndex, group: Option<usize>) -> NodeIndex {
        let snapshot = &self.picture.snapshot;
        let mut around = snapshot.around(snapshot.nodes[operand].group);
        let Some(entered) = group.filter(|&group| !around.any(|other| other == group)) else {
            return end;
        };
        if let Some(&point) = self.points.get(&(operand, entered)) {
            return point;
        }
        let attributes = format!("label=\"\" shape=point width=0.02 color=\"{WIRE}\"");
        let point = self.item(attributes, group);
        let line = format!("tailport={} arrowhead=none weight=2", self.compass.leave);
        self.items.add_edge(end, point, line);
        self.points.insert((operand, entered), point);
        point
    }

    fn item(&mut self, attributes: String, group: Option<usize>) -> NodeIndex {
        self.items.add_node(Item { attributes, group })
    }

    fn constant(&mut self, value: f64, group: Option<usize>) -> NodeIndex {
        let value = label::number(value, self.picture.precision);
        let attributes = format!(
            "label=\"{value}\" shape=box style=\"rounded,filled\" fillcolor=\"#eaeef2\" color=\"#d0d7de\" \
             fontcolor=\"{VALUE}\" fontsize=11 width=0.25 height=0.22 margin=\"0.06,0.02\""
        );
        self.item(attributes, group)
    }

    fn hidden(&mut self, text: &str) -> NodeIndex {
        let attributes = format!(
            "label=\"{text}\" shape=box style=\"rounded,dashed\" color=\"{WIRE}\" \
             fontcolor=\"{LOCAL}\" fontsize=11 height=0.3 margin=\"0.1,0.04\""
        );
        self.item(attributes, None)
    }

    /// The side at which an operand's line enters its circle if the operands are few: the first above, the last below.
    fn side(&self, op: Op, place: usize, feeds: usize) -> Option<&'static str> {
        let ordered = matches!(op, Op::Binary(_) | Op::Ternary(_)) && feeds > 1;
        match place {
            _ if !ordered => None,
            0 => Some(self.compass.first),
            _ if place + 1 == feeds => Some(self.compass.last),
            _ => Some(self.compass.enter),
        }
    }

    /// A node's circle, with its highlight.
    fn circle(&self, node: &NodeCopy) -> String {
        let mut attributes = circle(node.op);
        if self.picture.highlights(node, true) {
            attributes.push_str(&highlight());
        }
        attributes
    }

    /// The line of an operand into its circle.
    fn line(&self, node: &NodeCopy, feed: &Feed, side: Option<&str>) -> String {
        let mut line = match feed.operand.source {
            Source::Node(_) => format!("tailport={}", self.compass.leave),
            Source::Constant => "color=\"#afb8c1\"".to_owned(),
            Source::Hidden => "style=dashed".to_owned(),
        };
        if let Some(side) = side {
            line.push_str(" headport=");
            line.push_str(side);
        }
        match self.picture.caption(node, feed) {
            Some(caption) => format!("{line} label=\"{}\"", caption.now),
            None => line,
        }
    }

    /// The label through which a node's wire runs, if it has any text.
    fn wire(&self, node: &NodeCopy) -> Option<String> {
        let wire = self.picture.wire(node);
        let style = if self.picture.highlights(node, false) {
            highlight()
        } else {
            " style=\"\"".to_owned()
        };
        (!wire.is_bare()).then(|| format!("label=<{wire}> shape=plain{style}"))
    }
}

/// The attributes of what is highlighted.
fn highlight() -> String {
    let [border, inside] = HIGHLIGHT;
    format!(" style=filled fillcolor=\"{inside}\" color=\"{border}\" penwidth=2")
}

/// An input without any text, drawn as the symbol of inputs.
fn bare() -> String {
    let symbol = Op::Input.row().symbol;
    format!("label=\"{symbol}\" shape=plain fontcolor=\"{WIRE}\"")
}

/// A circle around the operation's symbol.
fn circle(op: Op) -> String {
    let symbol = op.row().symbol;
    match symbol.chars().count() {
        0..=2 => format!("label=\"{symbol}\" shape=circle fixedsize=true width=0.36 fontsize=15"),
        3 => format!("label=\"{symbol}\" shape=circle fixedsize=true width=0.42 fontsize=11"),
        _ => format!(
            "label=\"{symbol}\" shape=ellipse height=0.36 width=0.5 margin=\"0.02,0.02\" fontsize=11"
        ),
    }
}

impl Picture<'_> {
    /// The picture as text in the language of Graphviz, from which `dot -Tsvg` makes an image.
    ///
    /// It is also the picture's `Display`.
    ///
    /// ```
    /// use chainrule::Var;
    /// let y = Var::new(2.0).exp();
    /// assert!(y.picture().to_dot().starts_with("digraph"));
    /// ```
    pub fn to_dot(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Drawing::new(self).fmt(f)
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Graphviz 2.43 confuses the arrow of edges within a rank with another attribute, unless the arrow is the first one.
        write!(
            f,
            "digraph chainrule {{\n    \
             graph [ranksep=0.16 nodesep=0.18 fontname=\"Helvetica\" fontsize=12 fontcolor=\"{LOCAL}\"]\n    \
             node [fontname=\"Helvetica\" fontsize=12 color=\"{INK}\" fontcolor=\"{INK}\" style=filled fillcolor=white]\n    \
             edge [arrowhead=normal fontname=\"Helvetica\" fontsize=9 fontcolor=\"{LOCAL}\" color=\"{WIRE}\" arrowsize=0.5]\n"
        )?;
        let config = [
            Config::GraphContentOnly,
            Config::NodeNoLabel,
            Config::EdgeNoLabel,
            Config::RankDir(self.compass.rank),
        ];
        let line = |_, edge: EdgeReference<'_, String>| edge.weight().clone();
        let item = |_, (_, item): (NodeIndex, &Item)| item.attributes.clone();
        let dot = Dot::with_attr_getters(&self.items, &config, &line, &item);
        write!(f, "{dot:?}")?;
        self.write_groups(f)?;
        // Last, because groups would inherit the heading.
        if let Some(frame) = &self.picture.frame {
            let (color, heading) = (HIGHLIGHT[0], label::html(&frame.heading));
            let heading = format!("<FONT COLOR=\"{color}\"><B>{heading}</B></FONT>");
            writeln!(f, "    label=<{heading}> labelloc=t")?;
        }
        f.write_str("}\n")
    }
}

impl Drawing<'_> {
    /// Boxes around the items of each group, one within another.
    fn write_groups(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut items: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for item in self.items.node_indices() {
            if let Some(group) = self.items[item].group {
                items.entry(group).or_default().push(item.index());
            }
        }
        // A group comes after the groups around it and before later ones, so this order is a depth-first walk of their tree.
        let mut open: Vec<usize> = Vec::new();
        for (place, group) in self.picture.snapshot.groups.iter().enumerate() {
            while open.last().copied() != group.parent && open.pop().is_some() {
                writeln!(f, "{:1$}}}", "", 4 * (open.len() + 1))?;
            }
            open.push(place);
            let indent = 4 * open.len();
            writeln!(f, "{:indent$}subgraph cluster_{place} {{", "")?;
            let label = match label::html(&group.label) {
                text if text.is_empty() => "\"\"".to_owned(),
                text => format!("<{text}>"),
            };
            writeln!(f, "{:indent$}    label={label} {GROUP}", "")?;
            for item in items.get(&place).into_iter().flatten() {
                writeln!(f, "{:indent$}    {item}", "")?;
            }
        }
        while open.pop().is_some() {
            writeln!(f, "{:1$}}}", "", 4 * (open.len() + 1))?;
        }
        Ok(())
    }
}
