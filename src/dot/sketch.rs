//! What a picture drawn without Graphviz lays out: each node is one block, its circle with the lines that enter before it
//! and its wire behind it.

use std::collections::BTreeMap;

use super::cone::{Shown, Source};
use super::moment::Said;
use super::wire::Wire;
use super::{Direction, Picture, label};
use crate::layout::{Block, Cluster, Diagram, Link, Pair};
use crate::op::Op;

/// The size of letters of numbers and names.
pub(super) const SIZE: f64 = 12.0;
/// The size of letters on lines.
pub(super) const SMALL: f64 = 9.0;
/// The size of letters in boxes and of long symbols.
pub(super) const MEDIUM: f64 = 11.0;
/// The room between a wire and the text beside it.
pub(super) const APART: f64 = 4.0;
/// Half the height of a circle.
const RADIUS: f64 = 13.0;
/// How far a line runs from its place to the circle, at least.
const REACH: f64 = 12.0;

/// What a block of the layout shows.
pub(super) enum Shape<'a> {
    Node {
        gate: Option<Gate>,
        wire: Wire<'a>,
        /// Half the breadth of what stands out if the wire is at work.
        mark: Option<f64>,
        /// How long the wire is behind the circle or name.
        length: f64,
        /// How long the name before the wire of an input is.
        title: f64,
    },
    Constant(String),
    More(String),
}

/// A circle with its lines.
pub(super) struct Gate {
    pub(super) symbol: &'static str,
    /// Whether it is at work.
    pub(super) works: bool,
    /// Half its length along and across.
    pub(super) radii: Pair,
    /// Where each line enters, across, and what is said on it.
    pub(super) lanes: Vec<(f64, Option<Said>)>,
    /// How far along what is said reaches.
    pub(super) notes: f64,
    /// How far from there it is to the circle.
    pub(super) reach: f64,
}

impl Gate {
    pub(super) fn length(&self) -> f64 {
        self.notes + self.reach + 2.0 * self.radii[0]
    }
}

/// The blocks of a picture, with what each shows.
pub(super) struct Sketch<'a> {
    picture: &'a Picture<'a>,
    pub(super) diagram: Diagram,
    pub(super) shapes: Vec<Shape<'a>>,
    /// The cluster of each group.
    clusters: BTreeMap<usize, usize>,
}

impl<'a> Sketch<'a> {
    pub(super) fn of(picture: &'a Picture<'a>) -> Self {
        let mut clusters = BTreeMap::new();
        let mut diagram = Diagram::default();
        // Groups stand behind those around them.
        for (&group, scope) in &picture.cone.groups {
            clusters.insert(group, diagram.clusters.len());
            let name = width(&label::shown(&scope.label), SIZE) + 12.0;
            let (side, head) = (
                [8.0, 8.0],
                [if scope.label.is_empty() { 8.0 } else { 24.0 }, 8.0],
            );
            let (padding, least) = match picture.direction {
                Direction::LeftToRight | Direction::RightToLeft => ([side, head], [name, 0.0]),
                Direction::TopToBottom => ([head, side], [0.0, name]),
                Direction::BottomToTop => ([[head[1], head[0]], side], [0.0, name]),
            };
            diagram.clusters.push(Cluster {
                parent: scope
                    .parent
                    .and_then(|parent| clusters.get(&parent).copied()),
                padding,
                least,
            });
        }
        let mut sketch = Self {
            picture,
            diagram,
            shapes: Vec::new(),
            clusters,
        };
        sketch.add_nodes();
        sketch
    }

    fn add_nodes(&mut self) {
        let cone = &self.picture.cone;
        for &constant in &cone.constants {
            self.add_constant(constant, None);
        }
        let hidden = cone.rest().map(|text| {
            let size = [width(&letters(&text), MEDIUM) + 16.0, 24.0];
            self.add(Shape::More(text), self.turned(size), Vec::new(), None)
        });
        let mut blocks = Vec::with_capacity(cone.nodes.len());
        for node in &cone.nodes {
            let mut sources = Vec::with_capacity(node.feeds.len());
            for feed in &node.feeds {
                sources.push(match feed.source {
                    Source::Shown(operand) => Some(blocks[operand]),
                    Source::Constant(constant) => Some(self.add_constant(constant, node.group)),
                    Source::Hidden => hidden,
                });
            }
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
            cluster: group.and_then(|group| self.clusters.get(&group).copied()),
        });
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    fn add_constant(&mut self, value: f64, group: Option<usize>) -> usize {
        let text = label::number(value, self.picture.precision);
        let size = self.turned([width(&letters(&text), MEDIUM) + 10.0, 18.0]);
        self.add(Shape::Constant(text), size, Vec::new(), group)
    }

    /// A size on the page as one along and across, or the other way round.
    fn turned(&self, [x, y]: Pair) -> Pair {
        if self.picture.direction.is_vertical() {
            [y, x]
        } else {
            [x, y]
        }
    }

    fn add_node(&mut self, node: &'a Shown) -> usize {
        let wire = self.picture.wire(node);
        let gate = (node.op != Op::Input).then(|| self.gate(node));
        let lead = 1.1 * width(&lead(&wire), SIZE);
        let (title, half) = match (lead, self.picture.direction.is_vertical()) {
            (0.0, _) => (0.0, 0.0),
            (_, false) => (lead + APART, SIZE / 2.0),
            (_, true) => (SIZE + APART, lead / 2.0),
        };
        let (length, breadth) = match (longest(&wire), self.picture.direction.is_vertical()) {
            (0.0, _) => (0.0, 0.0),
            (longest, false) => (longest.max(24.0) + 2.0 * APART, SIZE + APART),
            (longest, true) => (SIZE + 2.0 * APART, longest + 2.0 * APART),
        };
        let mut size = [title + length, 2.0 * half.max(breadth)];
        let works = self.picture.is_at_work(node, false);
        let mark = works.then_some(half.max(breadth));
        let mut entries = Vec::new();
        if let Some(gate) = &gate {
            let spread = gate.lanes.iter().map(|lane| lane.0).fold(0.0, f64::max);
            let (above, _) = self.lane(&gate.lanes);
            size = [
                size[0] + gate.length(),
                size[1].max(2.0 * gate.radii[1]).max(2.0 * (spread + above)),
            ];
            entries = gate.lanes.iter().map(|lane| lane.0).collect();
        }
        let shape = Shape::Node {
            gate,
            wire,
            mark,
            length,
            title,
        };
        self.add(shape, size, entries, node.group)
    }

    /// The room a line needs beside it, and that what is said on it needs along it.
    fn lane(&self, lanes: &[(f64, Option<Said>)]) -> (f64, f64) {
        let notes = lanes.iter().filter_map(|(_, note)| note.as_ref());
        let longest = notes
            .map(|note| width(&letters(&note.whole), SMALL))
            .fold(0.0, f64::max);
        match (longest, self.picture.direction.is_vertical()) {
            (0.0, _) => (5.0, 0.0),
            (_, false) => (SMALL + 2.0, longest + 4.0),
            (_, true) => (longest + 6.0, SMALL + 4.0),
        }
    }

    fn gate(&self, node: &Shown) -> Gate {
        let symbol = node.op.row().symbol;
        let letters = letters(symbol);
        let radii = match letters.len() {
            0..=2 => [RADIUS, RADIUS],
            3 => [RADIUS + 2.0, RADIUS + 2.0],
            _ => self.turned([width(&letters, MEDIUM) / 2.0 + 7.0, RADIUS]),
        };
        let mut lanes: Vec<(f64, Option<Said>)> = node
            .feeds
            .iter()
            .map(|feed| (0.0, self.picture.note(node, feed)))
            .collect();
        let (room, notes) = self.lane(&lanes);
        // Two lines enter above and below the middle of the circle.
        let step = (room + 2.0).max(9.0);
        let middle = (lanes.len() as f64 - 1.0) / 2.0;
        for (place, lane) in (0_u32..).zip(&mut lanes) {
            lane.0 = (f64::from(place) - middle) * step;
        }
        let spread = middle.max(0.0) * step;
        Gate {
            symbol,
            works: self.picture.is_at_work(node, true),
            radii,
            lanes,
            notes,
            reach: REACH + (0.3 * spread).min(60.0),
        }
    }
}

/// What stands before a wire: the name of an input or of what has no numbers, or that it is an input.
pub(super) fn lead(wire: &Wire) -> Vec<char> {
    match wire.name {
        Some(name) if wire.input || !wire.has_numbers() => label::shown(name),
        None if wire.input => letters(Op::Input.row().symbol),
        _ => Vec::new(),
    }
}

/// The name that stands beside the value.
pub(super) fn beside(wire: &Wire) -> Vec<char> {
    let name = wire.name.filter(|_| !wire.input && wire.has_numbers());
    name.map_or_else(Vec::new, label::shown)
}

/// How long the longer of the texts along a wire is.
pub(super) fn longest(wire: &Wire) -> f64 {
    let number = |text: Option<&str>| text.map_or(0.0, |text| width(&letters(text), SIZE));
    let gradient = wire.gradient.as_ref().map(|said| said.whole.as_str());
    let name = match beside(wire) {
        name if name.is_empty() => 0.0,
        name => 1.1 * width(&name, SIZE) + APART,
    };
    (name + number(wire.value.as_deref())).max(number(gradient))
}

pub(super) fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// How long a text is at most, about: fonts differ.
pub(super) fn width(text: &[char], size: f64) -> f64 {
    let widths = text.iter().map(|letter| match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | '\'' | '|' | ':' | ';' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.95,
        'A'..='Z' | '&' | '×' | '−' | '+' => 0.72,
        '\u{0}'..='\u{10ff}' => 0.58,
        _ => 1.0,
    });
    size * widths.sum::<f64>()
}
