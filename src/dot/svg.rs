//! The picture as SVG, drawn without Graphviz: each node is one block of the layout, its circle with the lines that
//! enter before it and its wire behind it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::cone::{Shown, Source};
use super::drawing::LOCAL;
use super::wire::{GRADIENT, INK, VALUE, WIRE, Wire};
use super::{Direction, Picture, label};
use crate::layout::{Block, Diagram, Frame, Layout, Link, Pair};
use crate::op::Op;

/// The room around the picture.
const MARGIN: f64 = 10.0;
/// The size of letters: of numbers and names, and of what is said on lines.
const SIZE: f64 = 12.0;
const SMALL: f64 = 9.0;
/// The room between a wire and the text beside it.
const APART: f64 = 4.0;
/// Half the height of a circle.
const RADIUS: f64 = 13.0;
/// How far a line runs from its place to the circle, at least.
const REACH: f64 = 12.0;
const NEAR: &str = "#afb8c1";

/// What a block of the layout shows.
enum Shape<'a> {
    Node {
        gate: Option<Gate>,
        wire: Wire<'a>,
        /// How long the wire is behind the circle or name.
        length: f64,
        /// How long the name before the wire of an input is.
        title: f64,
    },
    Constant(String),
    More(String),
}

/// A circle with its lines.
struct Gate {
    symbol: &'static str,
    /// Half its length along and across.
    radii: Pair,
    /// Where each line enters, across, and what is said on it.
    lanes: Vec<(f64, Option<String>)>,
    /// How far along what is said reaches.
    notes: f64,
    /// How far from there it is to the circle.
    reach: f64,
}

impl Gate {
    fn length(&self) -> f64 {
        self.notes + self.reach + 2.0 * self.radii[0]
    }
}

/// The picture of these options as a page of SVG.
pub(super) fn draw(picture: &Picture) -> String {
    let mut sketch = Sketch::new(picture);
    sketch.add_nodes();
    let layout = sketch.diagram.lay_out();
    let way = Way {
        direction: picture.direction,
        length: layout.size[0],
    };
    let mut page = Page {
        text: String::new(),
        way,
    };
    sketch.write(&mut page, &layout);
    let [width, height] = match way.is_vertical() {
        false => layout.size,
        true => [layout.size[1], layout.size[0]],
    }
    .map(|size| size + 2.0 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"{0} {0} {width:.1} {height:.1}\" font-family=\"Helvetica,Arial,sans-serif\" \
         font-size=\"{SIZE}\" text-anchor=\"middle\">\n\
         <rect class=\"background\" x=\"{0}\" y=\"{0}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"white\"/>\n\
         {1}</svg>\n",
        -MARGIN, page.text
    )
}

/// The blocks of a picture, with what each shows.
struct Sketch<'a> {
    picture: &'a Picture<'a>,
    diagram: Diagram,
    shapes: Vec<Shape<'a>>,
    /// The frame of each group.
    frames: BTreeMap<usize, usize>,
}

impl<'a> Sketch<'a> {
    fn new(picture: &'a Picture<'a>) -> Self {
        let mut frames = BTreeMap::new();
        let mut diagram = Diagram::default();
        // Groups stand behind those around them.
        for (&group, scope) in &picture.cone.groups {
            frames.insert(group, diagram.frames.len());
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
            diagram.frames.push(Frame {
                parent: scope.parent.and_then(|parent| frames.get(&parent).copied()),
                padding,
                least,
            });
        }
        Self {
            picture,
            diagram,
            shapes: Vec::new(),
            frames,
        }
    }

    fn is_vertical(&self) -> bool {
        matches!(
            self.picture.direction,
            Direction::TopToBottom | Direction::BottomToTop
        )
    }

    fn add_nodes(&mut self) {
        let cone = &self.picture.cone;
        for &constant in &cone.constants {
            self.add_constant(constant, None);
        }
        let hidden = (cone.hidden > 0).then(|| {
            let nodes = if cone.hidden == 1 { "node" } else { "nodes" };
            let text = format!("… {} more {nodes}", cone.hidden);
            let size = [width(&letters(&text), 11.0) + 16.0, 24.0];
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
            frame: group.and_then(|group| self.frames.get(&group).copied()),
        });
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    fn add_constant(&mut self, value: f64, group: Option<usize>) -> usize {
        let text = label::number(value, self.picture.precision);
        let size = self.turned([width(&letters(&text), 11.0) + 10.0, 18.0]);
        self.add(Shape::Constant(text), size, Vec::new(), group)
    }

    /// A size on the page as one along and across, or the other way round.
    fn turned(&self, [x, y]: Pair) -> Pair {
        if self.is_vertical() { [y, x] } else { [x, y] }
    }

    fn add_node(&mut self, node: &'a Shown) -> usize {
        let wire = self.picture.wire(node);
        let gate = (node.op != Op::Input).then(|| self.gate(node));
        let lead = 1.1 * width(&lead(&wire), SIZE);
        let (title, half) = match (lead, self.is_vertical()) {
            (0.0, _) => (0.0, 0.0),
            (_, false) => (lead + APART, SIZE / 2.0),
            (_, true) => (SIZE + APART, lead / 2.0),
        };
        let (length, breadth) = match (longest(&wire), self.is_vertical()) {
            (0.0, _) => (0.0, 0.0),
            (longest, false) => (longest.max(24.0) + 2.0 * APART, SIZE + APART),
            (longest, true) => (SIZE + 2.0 * APART, longest + 2.0 * APART),
        };
        let mut size = [title + length, 2.0 * half.max(breadth)];
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
            length,
            title,
        };
        self.add(shape, size, entries, node.group)
    }

    /// The room a line needs beside it, and that what is said on it needs along it.
    fn lane(&self, lanes: &[(f64, Option<String>)]) -> (f64, f64) {
        let notes = lanes.iter().filter_map(|(_, note)| note.as_ref());
        let longest = notes
            .map(|note| width(&letters(note), SMALL))
            .fold(0.0, f64::max);
        match (longest, self.is_vertical()) {
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
            _ => self.turned([width(&letters, 11.0) / 2.0 + 7.0, RADIUS]),
        };
        let mut lanes: Vec<(f64, Option<String>)> = node
            .feeds
            .iter()
            .map(|feed| (0.0, self.picture.note(feed)))
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
            radii,
            lanes,
            notes,
            reach: REACH + (0.3 * spread).min(60.0),
        }
    }

    fn write(&self, page: &mut Page, layout: &Layout) {
        let labels = self.picture.cone.groups.values();
        for (&[corner, size], scope) in layout.frames.iter().zip(labels) {
            page.group(corner, size, &label::shown(&scope.label));
        }
        let mut ways: BTreeMap<usize, String> = BTreeMap::new();
        for stroke in &layout.strokes {
            page.way.curve(
                ways.entry(stroke.source).or_default(),
                stroke.from,
                stroke.to,
            );
        }
        for (source, way) in ways {
            let (color, dashes) = match self.shapes[source] {
                Shape::Node { .. } => (WIRE, ""),
                Shape::Constant(_) => (NEAR, ""),
                Shape::More(_) => (WIRE, " stroke-dasharray=\"5 2\""),
            };
            page.line(&way, color, dashes);
        }
        for ((shape, block), &at) in self
            .shapes
            .iter()
            .zip(&self.diagram.blocks)
            .zip(&layout.blocks)
        {
            match shape {
                Shape::Node {
                    gate,
                    wire,
                    length,
                    title,
                } => page.node(at, gate.as_ref(), wire, [*title, *length]),
                Shape::Constant(text) => page.boxed("constant", at, block.size, text),
                Shape::More(text) => page.boxed("more", at, block.size, text),
            }
        }
    }
}

/// What stands before a wire: the name of an input or of what has no numbers, or that it is an input.
fn lead(wire: &Wire) -> Vec<char> {
    match wire.name {
        Some(name) if wire.input || !wire.has_numbers() => label::shown(name),
        None if wire.input => letters(Op::Input.row().symbol),
        _ => Vec::new(),
    }
}

/// The name that stands beside the value.
fn beside(wire: &Wire) -> Vec<char> {
    let name = wire.name.filter(|_| !wire.input && wire.has_numbers());
    name.map_or_else(Vec::new, label::shown)
}

/// How long the longer of the texts along a wire is.
fn longest(wire: &Wire) -> f64 {
    let number = |text: &Option<String>| {
        text.as_ref()
            .map_or(0.0, |text| width(&letters(text), SIZE))
    };
    let name = match beside(wire) {
        name if name.is_empty() => 0.0,
        name => 1.1 * width(&name, SIZE) + APART,
    };
    (name + number(&wire.value)).max(number(&wire.gradient))
}

fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// How long a text is at most, about: fonts differ.
fn width(text: &[char], size: f64) -> f64 {
    let widths = text.iter().map(|letter| match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | '\'' | '|' | ':' | ';' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.95,
        'A'..='Z' | '&' | '×' | '−' | '+' => 0.72,
        '\u{0}'..='\u{10ff}' => 0.58,
        _ => 1.0,
    });
    size * widths.sum::<f64>()
}

/// Which way values run on the page.
#[derive(Clone, Copy)]
struct Way {
    direction: Direction,
    length: f64,
}

impl Way {
    fn is_vertical(self) -> bool {
        matches!(
            self.direction,
            Direction::TopToBottom | Direction::BottomToTop
        )
    }

    /// A point along and across, on the page.
    fn point(self, [along, across]: Pair) -> Pair {
        match self.direction {
            Direction::LeftToRight => [along, across],
            Direction::RightToLeft => [self.length - along, across],
            Direction::TopToBottom => [across, along],
            Direction::BottomToTop => [across, self.length - along],
        }
    }

    /// A box on the page: its upper left corner and its size.
    fn corner(self, from: Pair, size: Pair) -> [Pair; 2] {
        let (a, b) = (
            self.point(from),
            self.point([from[0] + size[0], from[1] + size[1]]),
        );
        [
            [a[0].min(b[0]), a[1].min(b[1])],
            [(a[0] - b[0]).abs(), (a[1] - b[1]).abs()],
        ]
    }

    /// Goes on from one point to another, in a curve that runs along at both.
    fn curve(self, path: &mut String, from: Pair, to: Pair) {
        let [[x0, y0], [x1, y1]] = [self.point(from), self.point(to)];
        let written = if from[1] == to[1] {
            write!(path, "M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}")
        } else {
            let half = (from[0] + to[0]) / 2.0;
            let [[x2, y2], [x3, y3]] = [self.point([half, from[1]]), self.point([half, to[1]])];
            write!(
                path,
                "M{x0:.1} {y0:.1}C{x2:.1} {y2:.1} {x3:.1} {y3:.1} {x1:.1} {y1:.1}"
            )
        };
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }
}

/// The page being written.
struct Page {
    text: String,
    way: Way,
}

impl Page {
    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        let written = self.text.write_fmt(text);
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }

    fn line(&mut self, path: &str, color: &str, dashes: &str) {
        self.push(format_args!(
            "<path class=\"wire\" d=\"{path}\" fill=\"none\" stroke=\"{color}\"{dashes}/>\n"
        ));
    }

    /// Text at a point of the page; `more` are further attributes.
    fn words(&mut self, class: &str, [x, y]: Pair, color: &str, more: &str, text: &[char]) {
        let text = escaped(text);
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{color}\"{more}>{text}</text>\n"
        ));
    }

    fn group(&mut self, corner: Pair, size: Pair, name: &[char]) {
        let [[x, y], [width, height]] = self.way.corner(corner, size);
        self.push(format_args!(
            "<g class=\"group\"><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\" \
             fill=\"#8c959f\" fill-opacity=\"0.11\" stroke=\"#d0d7de\"/>\n"
        ));
        if !name.is_empty() {
            self.words(
                "label",
                [x + 8.0, y + 15.0],
                LOCAL,
                " text-anchor=\"start\"",
                name,
            );
        }
        self.push(format_args!("</g>\n"));
    }

    /// A constant, or what stands for nodes that are not shown.
    fn boxed(&mut self, class: &str, at: Pair, size: Pair, text: &str) {
        let from = [at[0], at[1] - size[1] / 2.0];
        let [[x, y], [width, height]] = self.way.corner(from, size);
        let (fill, stroke, color) = match class {
            "constant" => ("#eaeef2", "#d0d7de\"", VALUE),
            _ => ("white", "#6e7781\" stroke-dasharray=\"5 2\"", LOCAL),
        };
        self.push(format_args!(
            "<g class=\"{class}\"><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\" \
             fill=\"{fill}\" stroke=\"{stroke}/>\n"
        ));
        let middle = [x + width / 2.0, y + height / 2.0 + 4.0];
        self.words("value", middle, color, " font-size=\"11\"", &letters(text));
        self.push(format_args!("</g>\n"));
    }

    fn node(&mut self, at: Pair, gate: Option<&Gate>, wire: &Wire, [title, length]: Pair) {
        self.push(format_args!("<g class=\"node\">\n"));
        let mut along = at[0];
        if let Some(gate) = gate {
            self.gate(at, gate);
            along += gate.length();
        }
        if title > 0.0 {
            let [x, y] = self.way.point([along + (title - APART) / 2.0, at[1]]);
            let more = if wire.name.is_some() { BOLD } else { "" };
            self.words("name", [x, y + 4.0], INK, more, &lead(wire));
            along += title;
        }
        if length > 0.0 {
            self.wire(along, at[1], length, wire);
        }
        self.push(format_args!("</g>\n"));
    }

    fn wire(&mut self, along: f64, across: f64, length: f64, wire: &Wire) {
        let mut path = String::new();
        self.way
            .curve(&mut path, [along, across], [along + length, across]);
        self.line(&path, WIRE, "");
        let [x, y] = self.way.point([along + length / 2.0, across]);
        let (value, gradient) = match self.way.is_vertical() {
            false => (([x, y - APART], ""), ([x, y + SIZE], "")),
            true => (
                ([x - APART, y + 4.0], " text-anchor=\"end\""),
                ([x + APART, y + 4.0], " text-anchor=\"start\""),
            ),
        };
        let name = beside(wire);
        if wire.value.is_some() || !name.is_empty() {
            let ([x, y], more) = value;
            let (name, number) = (escaped(&name), wire.value.as_deref().unwrap_or_default());
            self.push(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\"{more}>"));
            if !name.is_empty() {
                self.push(format_args!(
                    "<tspan class=\"name\" fill=\"{INK}\"{BOLD}>{name}</tspan> "
                ));
            }
            self.push(format_args!(
                "<tspan class=\"value\" fill=\"{VALUE}\">{number}</tspan></text>\n"
            ));
        }
        if let Some(number) = &wire.gradient {
            let (at, more) = gradient;
            self.words("gradient", at, GRADIENT, more, &letters(number));
        }
    }

    fn gate(&mut self, at: Pair, gate: &Gate) {
        let middle = [at[0] + gate.notes + gate.reach + gate.radii[0], at[1]];
        for (across, note) in &gate.lanes {
            let start = [at[0], at[1] + across];
            let bend = [at[0] + gate.notes, at[1] + across];
            // The line ends where the ray to the middle meets the ellipse, its arrow as long as four widths of the line.
            let ray = [middle[0] - bend[0], middle[1] - bend[1]];
            let share = 1.0 / (ray[0] / gate.radii[0]).hypot(ray[1] / gate.radii[1]);
            let tip = [middle[0] - ray[0] * share, middle[1] - ray[1] * share];
            let size = 5.0 / ray[0].hypot(ray[1]);
            let foot = [tip[0] - ray[0] * size, tip[1] - ray[1] * size];
            let wing = [0.4 * ray[1] * size, -0.4 * ray[0] * size];
            let points = [start, bend, foot, tip].map(|point| self.way.point(point));
            let wings = [1.0, -1.0].map(|side| {
                self.way
                    .point([foot[0] + side * wing[0], foot[1] + side * wing[1]])
            });
            let [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = points;
            let [[x4, y4], [x5, y5]] = wings;
            self.push(format_args!(
                "<path class=\"wire\" d=\"M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" fill=\"none\" stroke=\"{WIRE}\"/>\
                 <path class=\"arrow\" d=\"M{x3:.1} {y3:.1}L{x4:.1} {y4:.1}L{x5:.1} {y5:.1}Z\" fill=\"{WIRE}\"/>\n"
            ));
            if let Some(note) = note {
                let [x, y] = self.way.point([at[0] + gate.notes / 2.0, at[1] + across]);
                let (place, anchor) = match self.way.is_vertical() {
                    false => ([x, y - 2.5], ""),
                    true => ([x + 3.0, y + 3.0], " text-anchor=\"start\""),
                };
                let more = format!("{anchor} font-size=\"{SMALL}\"");
                self.words("local", place, LOCAL, &more, &letters(note));
            }
        }
        let [x, y] = self.way.point(middle);
        let [rx, ry] = if self.way.is_vertical() {
            [gate.radii[1], gate.radii[0]]
        } else {
            gate.radii
        };
        self.push(format_args!(
            "<ellipse cx=\"{x:.1}\" cy=\"{y:.1}\" rx=\"{rx:.1}\" ry=\"{ry:.1}\" fill=\"white\" stroke=\"{INK}\"/>\n"
        ));
        let symbol = letters(gate.symbol);
        let size = if symbol.len() > 2 { 11.0 } else { 15.0 };
        let more = format!(" font-size=\"{size}\"");
        self.words("gate", [x, y + size / 3.0], INK, &more, &symbol);
    }
}

const BOLD: &str = " font-weight=\"bold\"";

/// Text as XML holds it.
fn escaped(text: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for &letter in text {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
