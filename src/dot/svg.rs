//! The picture as a page of SVG: what was sketched, written where the layout puts it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::moment::AT_WORK;
use super::sketch::{
    APART, Gate, MEDIUM, SIZE, SMALL, Shape, Sketch, beside, lead, letters, width as long,
};
use super::wire::{GRADIENT, INK, LOCAL, VALUE, WIRE, Wire};
use super::{Direction, Picture, label};
use crate::layout::{Pair, Placement};

/// The room around the picture.
const MARGIN: f64 = 10.0;
/// The room above it for a heading.
const HEADING: f64 = 24.0;
const NEAR: &str = "#afb8c1";
const BOLD: &str = " font-weight=\"bold\"";

/// The picture of these options as a page of SVG.
pub(super) fn draw(picture: &Picture) -> String {
    let sketch = Sketch::of(picture);
    let placement = sketch.diagram.lay_out();
    let way = Way {
        direction: picture.direction,
        length: placement.size[0],
    };
    let mut page = Page {
        text: String::new(),
        way,
    };
    page.write(picture, &sketch, &placement);
    let [width, height] = if way.direction.is_vertical() {
        [placement.size[1], placement.size[0]]
    } else {
        placement.size
    }
    .map(|size| size + 2.0 * MARGIN);
    let Some(moment) = &picture.moment else {
        return page.finish(
            [-MARGIN, -MARGIN],
            [width, height],
            picture.cone.nodes.len(),
        );
    };
    let heading = letters(&moment.heading());
    let longer = (1.1 * long(&heading, SIZE) + 2.0 * MARGIN - width).max(0.0);
    let middle = [width / 2.0 - MARGIN, MARGIN - HEADING];
    page.words("heading", middle, AT_WORK[0], BOLD, &heading);
    let corner = [-MARGIN - longer / 2.0, -MARGIN - HEADING];
    page.finish(
        corner,
        [width + longer, height + HEADING],
        picture.cone.nodes.len(),
    )
}

/// Which way values run on the page.
#[derive(Clone, Copy)]
struct Way {
    direction: Direction,
    length: f64,
}

impl Way {
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
        let written = if (from[1] - to[1]).abs() < 0.05 {
            write!(path, "M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}")
        } else {
            let half = f64::midpoint(from[0], to[0]);
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
    /// The page around what was written, from its upper left corner on.
    fn finish(self, corner: Pair, [width, height]: Pair, nodes: usize) -> String {
        let [x, y] = corner.map(|number| (10.0 * number).round() / 10.0);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"graph of {nodes} nodes\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"{x} {y} {width:.1} {height:.1}\" font-family=\"Helvetica,Arial,sans-serif\" \
             font-size=\"{SIZE}\" text-anchor=\"middle\">\n\
             <rect class=\"background\" x=\"{x}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"white\"/>\n\
             {}</svg>\n",
            self.text
        )
    }

    fn write(&mut self, picture: &Picture, sketch: &Sketch, placement: &Placement) {
        let labels = picture.cone.groups.values();
        for (&[corner, size], scope) in placement.clusters.iter().zip(labels) {
            self.group(corner, size, &label::shown(&scope.label));
        }
        let mut ways: BTreeMap<usize, String> = BTreeMap::new();
        for stroke in &placement.strokes {
            self.way.curve(
                ways.entry(stroke.source).or_default(),
                stroke.from,
                stroke.to,
            );
        }
        for (source, way) in ways {
            let (color, dashes) = match sketch.shapes[source] {
                Shape::Node { .. } => (WIRE, ""),
                Shape::Constant(_) => (NEAR, ""),
                Shape::More(_) => (WIRE, " stroke-dasharray=\"5 2\""),
            };
            self.line(&way, color, dashes);
        }
        for ((shape, block), &at) in sketch
            .shapes
            .iter()
            .zip(&sketch.diagram.blocks)
            .zip(&placement.blocks)
        {
            match shape {
                Shape::Node {
                    gate,
                    wire,
                    mark,
                    length,
                    title,
                } => {
                    let lengths = [*title, *length];
                    if let Some(half) = *mark {
                        // Next to a circle, or a little before a name.
                        let start = gate.as_ref().map_or(-5.0, |gate| gate.length() + 1.0);
                        let end = gate.as_ref().map_or(0.0, Gate::length) + title + length + 4.0;
                        let corner = [at[0] + start, at[1] - half];
                        self.mark(corner, [end - start, 2.0 * half]);
                    }
                    self.node(at, gate.as_ref(), wire, lengths);
                }
                Shape::Constant(text) => self.boxed("constant", at, block.size, text),
                Shape::More(text) => self.boxed("more", at, block.size, text),
            }
        }
    }

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

    /// What stands out behind the wire at work.
    fn mark(&mut self, corner: Pair, size: Pair) {
        let [[x, y], [width, height]] = self.way.corner(corner, size);
        let [border, inside] = AT_WORK;
        self.push(format_args!(
            "<rect class=\"work\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"4\" \
             fill=\"{inside}\" stroke=\"{border}\" stroke-width=\"2\"/>\n"
        ));
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
        self.words(
            "value",
            middle,
            color,
            &format!(" font-size=\"{MEDIUM}\""),
            &letters(text),
        );
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
        let (value, gradient) = if self.way.direction.is_vertical() {
            (
                ([x - APART, y + 4.0], " text-anchor=\"end\""),
                ([x + APART, y + 4.0], " text-anchor=\"start\""),
            )
        } else {
            (([x, y - APART], ""), ([x, y + SIZE], ""))
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
        if let Some(number) = wire.gradient.as_ref().filter(|said| said.is_known()) {
            let (at, more) = gradient;
            self.words("gradient", at, GRADIENT, more, &letters(&number.now));
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
            if let Some(note) = note.as_ref().filter(|said| said.is_known()) {
                let [x, y] = self.way.point([at[0] + gate.notes / 2.0, at[1] + across]);
                let (place, anchor) = if self.way.direction.is_vertical() {
                    ([x + 3.0, y + 3.0], " text-anchor=\"start\"")
                } else {
                    ([x, y - 2.5], "")
                };
                let more = format!("{anchor} font-size=\"{SMALL}\"");
                self.words("local", place, LOCAL, &more, &letters(&note.now));
            }
        }
        let [x, y] = self.way.point(middle);
        let [rx, ry] = if self.way.direction.is_vertical() {
            [gate.radii[1], gate.radii[0]]
        } else {
            gate.radii
        };
        let (class, inside, border) = if gate.works {
            let [border, inside] = AT_WORK;
            (
                " class=\"work\"",
                inside,
                format!("{border}\" stroke-width=\"2"),
            )
        } else {
            ("", "white", INK.to_owned())
        };
        self.push(format_args!(
            "<ellipse{class} cx=\"{x:.1}\" cy=\"{y:.1}\" rx=\"{rx:.1}\" ry=\"{ry:.1}\" fill=\"{inside}\" stroke=\"{border}\"/>\n"
        ));
        let symbol = letters(gate.symbol);
        let size = if symbol.len() > 2 { MEDIUM } else { 15.0 };
        let more = format!(" font-size=\"{size}\"");
        self.words("gate", [x, y + size / 3.0], INK, &more, &symbol);
    }
}

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
