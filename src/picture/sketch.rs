//! A picture without Graphviz, to be laid out: each node is one block, which holds the lines that enter its circle, the
//! circle, and the wire after it.

use super::direction::Direction;
use super::feed::{Feed, feeds};
use super::frame::Caption;
use super::label;
use super::options::Picture;
use super::rule::{distinct, rules};
use super::snapshot::{NodeCopy, Source};
use super::wire::Wire;
use crate::layout::{Block, Cluster, Diagram, Link, Pair};
use crate::op::Op;

/// The size of letters of numbers and names.
pub(super) const SIZE: f64 = 13.0;
/// The size of letters on lines.
pub(super) const SMALL: f64 = 12.0;
/// The size of letters in boxes and of long symbols.
pub(super) const MEDIUM: f64 = 12.0;
/// The space between a wire and the text beside it.
pub(super) const APART: f64 = 4.0;
/// Half the height of a circle.
const RADIUS: f64 = 13.0;
/// The shortest distance from the end of a line's text to the circle.
const REACH: f64 = 12.0;

/// The contents of a block of the layout.
pub(super) enum Shape<'a> {
    Node(Box<NodeShape<'a>>),
    Constant(String),
    More(String),
}

/// A node: its circle, and the wire after it.
pub(super) struct NodeShape<'a> {
    pub(super) circle: Option<Circle>,
    pub(super) wire: Wire<'a>,
    /// Half the breadth of the highlight, if the wire is highlighted.
    pub(super) highlight: Option<f64>,
    /// The length of the wire after the circle or name.
    pub(super) length: f64,
    /// The length of the name before the wire of an input.
    pub(super) title: f64,
}

/// A circle with the lines into it.
pub(super) struct Circle {
    pub(super) symbol: &'static str,
    pub(super) highlighted: bool,
    /// Half its length along and across.
    pub(super) radii: Pair,
    /// Where each line enters, across, and its text.
    pub(super) lanes: Vec<(f64, Option<Caption>)>,
    /// The length of the texts along the lines.
    pub(super) captions: f64,
    /// The distance from the end of the texts to the circle.
    pub(super) reach: f64,
    /// Its local gradients in letters.
    pub(super) rule: String,
}

impl Circle {
    pub(super) fn length(&self) -> f64 {
        self.captions + self.reach + 2.0 * self.radii[0]
    }
}

/// The blocks of a picture and their contents.
pub(super) struct Sketch<'a> {
    picture: &'a Picture<'a>,
    pub(super) diagram: Diagram,
    pub(super) shapes: Vec<Shape<'a>>,
}

impl<'a> Sketch<'a> {
    pub(super) fn new(picture: &'a Picture<'a>) -> Self {
        let mut diagram = Diagram::default();
        for group in &picture.snapshot.groups {
            let name = width(&group.label, SIZE) + 12.0;
            let above = if group.label.is_empty() { 8.0 } else { 24.0 };
            let (side, head) = ([8.0, 8.0], [above, 8.0]);
            let (padding, least) = match picture.direction {
                Direction::LeftToRight | Direction::RightToLeft => ([side, head], [name, 0.0]),
                Direction::TopToBottom => ([head, side], [0.0, name]),
                Direction::BottomToTop => ([[head[1], head[0]], side], [0.0, name]),
            };
            diagram.clusters.push(Cluster {
                parent: group.parent,
                padding,
                least,
            });
        }
        let mut sketch = Self {
            picture,
            diagram,
            shapes: Vec::new(),
        };
        sketch.add_nodes();
        sketch
    }

    fn add_nodes(&mut self) {
        let picture = self.picture;
        let snapshot = &picture.snapshot;
        for &constant in &snapshot.constants {
            self.add_constant(constant, None);
        }
        let hidden = picture.rest().map(|text| {
            let size = picture
                .direction
                .turned([width(&text, MEDIUM) + 16.0, 24.0]);
            self.add(Shape::More(text), size, Vec::new(), None)
        });
        let mut blocks = Vec::with_capacity(snapshot.nodes.len());
        for node in &snapshot.nodes {
            let feeds = feeds(node);
            let sources = feeds.iter().map(|feed| match feed.operand.source {
                Source::Node(operand) => Some(blocks[operand]),
                Source::Constant => Some(self.add_constant(feed.operand.value, node.group)),
                Source::Hidden => hidden,
            });
            let sources: Vec<Option<usize>> = sources.collect();
            let to = self.add_node(node);
            blocks.push(to);
            for (entry, from) in sources.into_iter().enumerate() {
                let link = |from| Link { from, to, entry };
                self.diagram.links.extend(from.map(link));
            }
        }
    }

    fn add(
        &mut self,
        shape: Shape<'a>,
        size: Pair,
        entries: Vec<f64>,
        group: Option<usize>,
    ) -> usize {
        self.diagram.blocks.push(Block {
            size,
            entries,
            cluster: group,
        });
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    fn add_constant(&mut self, value: f64, group: Option<usize>) -> usize {
        let text = label::number(value, self.picture.precision);
        let size = [width(&text, MEDIUM) + 10.0, 18.0];
        let size = self.picture.direction.turned(size);
        self.add(Shape::Constant(text), size, Vec::new(), group)
    }

    fn add_node(&mut self, node: &'a NodeCopy) -> usize {
        let wire = self.picture.wire(node);
        let circle = (node.op != Op::Input).then(|| self.circle(node));
        let vertical = self.picture.direction.is_vertical();
        let lead = 1.1 * width(lead(&wire), SIZE);
        let (title, half) = match (lead, vertical) {
            (0.0, _) => (0.0, 0.0),
            (_, false) => (lead + APART, SIZE / 2.0),
            (_, true) => (SIZE + APART, lead / 2.0),
        };
        let (length, breadth) = match (longest(&wire), vertical) {
            (0.0, _) => (0.0, 0.0),
            (longest, false) => (longest.max(24.0) + 2.0 * APART, SIZE + APART),
            (longest, true) => (SIZE + 2.0 * APART, longest + 2.0 * APART),
        };
        let half = half.max(breadth);
        let highlight = self.picture.highlights(node, false).then_some(half);
        let mut size = [title + length, 2.0 * half];
        let mut entries = Vec::new();
        if let Some(circle) = &circle {
            entries.extend(circle.lanes.iter().map(|lane| lane.0));
            let spread = entries.iter().copied().fold(0.0, f64::max);
            let (above, _) = self.lane(&circle.lanes);
            let half = half.max(circle.radii[1]).max(spread + above);
            size = [size[0] + circle.length(), 2.0 * half];
        }
        let shape = NodeShape {
            circle,
            wire,
            highlight,
            length,
            title,
        };
        self.add(Shape::Node(Box::new(shape)), size, entries, node.group)
    }

    /// The space that a line needs across, and that its text needs along it.
    fn lane(&self, lanes: &[(f64, Option<Caption>)]) -> (f64, f64) {
        let captions = lanes.iter().filter_map(|(_, caption)| caption.as_ref());
        let widths = captions.map(|caption| width(&caption.whole, SMALL));
        let longest = widths.fold(0.0, f64::max);
        match (longest, self.picture.direction.is_vertical()) {
            (0.0, _) => (5.0, 0.0),
            (_, false) => (SMALL + 2.0, longest + 4.0),
            (_, true) => (longest + 6.0, SMALL + 4.0),
        }
    }

    fn circle(&self, node: &NodeCopy) -> Circle {
        let symbol = node.op.row().symbol;
        let nodes = &self.picture.snapshot.nodes;
        let half = width(symbol, MEDIUM) / 2.0 + 7.0;
        let radii = match symbol.chars().count() {
            0..=2 => [RADIUS, RADIUS],
            3 => [RADIUS + 2.0, RADIUS + 2.0],
            _ => self.picture.direction.turned([half, RADIUS]),
        };
        let lane = |feed: &Feed| (0.0, self.picture.caption(node, feed));
        let mut lanes: Vec<(f64, Option<Caption>)> = feeds(node).iter().map(lane).collect();
        let (space, captions) = self.lane(&lanes);
        // Two lines enter above and below the middle of the circle.
        let step = (space + 2.0).max(9.0);
        let middle = (lanes.len() as f64 - 1.0) / 2.0;
        for (place, lane) in (0_u32..).zip(&mut lanes) {
            lane.0 = (f64::from(place) - middle) * step;
        }
        let spread = middle.max(0.0) * step;
        Circle {
            symbol,
            highlighted: self.picture.highlights(node, true),
            radii,
            lanes,
            captions,
            reach: REACH + (0.3 * spread).min(60.0),
            rule: distinct(rules(nodes, node).into_iter().flatten()).join("; "),
        }
    }
}

/// The text before a wire: the name of an input or of a node without numbers, or the symbol of inputs.
pub(super) fn lead<'a>(wire: &Wire<'a>) -> &'a str {
    match wire.name {
        Some(name) if wire.input || !wire.has_numbers() => name,
        None if wire.input => Op::Input.row().symbol,
        _ => "",
    }
}

/// The name beside the value.
pub(super) fn beside<'a>(wire: &Wire<'a>) -> &'a str {
    let name = wire.name.filter(|_| !wire.input && wire.has_numbers());
    name.unwrap_or_default()
}

/// The length of the longer of the two texts along a wire.
pub(super) fn longest(wire: &Wire) -> f64 {
    let number = |text: Option<&str>| width(text.unwrap_or_default(), SIZE);
    let gradient = wire.gradient.as_ref().map(|caption| caption.whole.as_str());
    let name = match beside(wire) {
        "" => 0.0,
        name => 1.1 * width(name, SIZE) + APART,
    };
    (name + number(wire.value.as_deref())).max(number(gradient))
}

/// A generous estimate of the length of a text, since fonts differ.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let widths = text.chars().map(|letter| match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | '\'' | '|' | ':' | ';' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.95,
        'A'..='Z' | '&' | '×' | '−' | '+' => 0.72,
        '\u{0}'..='\u{10ff}' => 0.58,
        _ => 1.0,
    });
    size * widths.sum::<f64>()
}
