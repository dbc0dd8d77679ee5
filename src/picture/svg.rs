//! The picture as an SVG image: the blocks of a sketch, where the layout puts them.

use std::collections::BTreeMap;
use std::fmt::{Arguments, Write};

use super::direction::Direction;
use super::frame::{Caption, HIGHLIGHT};
use super::label::push_escaped;
use super::options::Picture;
use super::sketch::{
    APART, Circle, MEDIUM, NodeShape, SIZE, SMALL, Shape, Sketch, beside, lead, width as long,
};
use super::snapshot::NodeCopy;
use super::wire::{GRADIENT, INK, LOCAL, VALUE, WIRE, Wire};
use crate::layout::{Pair, Placement, Stroke};
use crate::op::Op;

/// The space around the picture.
const MARGIN: f64 = 10.0;
/// The space above it for a heading.
const HEADING: f64 = 24.0;
const NEAR: &str = "#afb8c1";
/// The colours of the parts on dark pages.
const DARK: &str = "<style>@media (prefers-color-scheme: dark) { \
    .chainrule .background, .chainrule ellipse { fill: #0d1117 } \
    .chainrule ellipse { stroke: #e6edf3 } .chainrule .gate, .chainrule .name { fill: #e6edf3 } \
    .chainrule path.wire { stroke: #8b949e } .chainrule .arrow { fill: #8b949e } \
    .chainrule .value { fill: #7ee787 } .chainrule .gradient { fill: #ff6f66 } \
    .chainrule .local, .chainrule .label { fill: #a3adb8 } .chainrule .heading { fill: #f2cc60 } \
    .chainrule .constant rect, .chainrule .more rect { fill: #21262d; stroke: #484f58 } \
    .chainrule .group rect { stroke: #484f58 } \
    .chainrule .work { fill: #4a3a00; stroke: #f2cc60 } }</style>\n";
const BOLD: &str = " font-weight=\"bold\"";

impl Picture<'_> {
    /// The picture as an SVG image, drawn without Graphviz.
    ///
    /// It shows the same as [`to_dot`](Self::to_dot) with the same options, but is laid out by this crate: values run through
    /// columns, each circle has its wire after it, and both stay within the box of their group. It holds no scripts or
    /// identifiers, and its only style concerns pictures of this kind on dark pages, so that one page can hold many. Its
    /// `aria-label` says the output and the named inputs with their numbers. Every part has a class by which a page can restyle it: `node`,
    /// `constant`, `more`, `wire`, `group`, `name`, `value`, `gradient`, `local`, and in a frame of an explanation `work` and
    /// `heading`. A circle's tooltip says its local gradients in letters. The time grows with the nodes shown and with the columns that their wires pass: milliseconds for a
    /// picture that can be read, seconds for thousands of nodes.
    ///
    /// ```
    /// use chainrule::Var;
    ///
    /// let x = Var::new(-2.0).named("x");
    /// let y = Var::new(5.0).named("y");
    /// let f = (x * y).named("f");
    /// let svg = f.picture().gradients(&f.backward()).to_svg();
    /// assert!(svg.starts_with("<svg "));
    /// assert!(svg.contains(">−10<")); // the value of f
    /// ```
    pub fn to_svg(&self) -> String {
        let sketch = Sketch::new(self);
        let placement = sketch.diagram.lay_out();
        let mut image = Image {
            text: String::new(),
            direction: self.direction,
            length: placement.size[0],
        };
        image.write(self, &sketch, &placement);
        let size = self.direction.turned(placement.size);
        let [width, height] = size.map(|size| size + 2.0 * MARGIN);
        let said = escaped(&self.described());
        let Some(frame) = &self.frame else {
            return image.finish([-MARGIN, -MARGIN], [width, height], &said);
        };
        let heading = &frame.heading;
        let longer = (1.1 * long(heading, SIZE) + 2.0 * MARGIN - width).max(0.0);
        let middle = [width / 2.0 - MARGIN, MARGIN - HEADING];
        image.words("heading", middle, HIGHLIGHT[0], BOLD, heading);
        let corner = [-MARGIN - longer / 2.0, -MARGIN - HEADING];
        image.finish(corner, [width + longer, height + HEADING], &said)
    }
}

impl Picture<'_> {
    /// What the picture shows, in words.
    fn described(&self) -> String {
        /// The most inputs that are named.
        const MOST: usize = 8;
        let nodes = &self.snapshot.nodes;
        let numbers = |node: &NodeCopy| {
            let wire = self.wire(node);
            let label = node.name.as_deref().unwrap_or("an unnamed value");
            let value = wire.value.map(|value| format!(" = {value}"));
            let gradient = wire.gradient.filter(Caption::is_visible);
            let gradient = gradient.map(|caption| format!(", gradient {}", caption.now));
            format!(
                "{label}{}{}",
                value.unwrap_or_default(),
                gradient.unwrap_or_default()
            )
        };
        let Some(output) = nodes.last() else {
            return "Graph without nodes".to_owned();
        };
        let gates = nodes
            .iter()
            .filter(|node| !node.operands.is_empty())
            .count();
        let inputs = nodes
            .iter()
            .filter(|node| node.op == Op::Input && node.name.is_some());
        let mut inputs: Vec<String> = inputs.take(MOST + 1).map(numbers).collect();
        if inputs.len() > MOST {
            inputs.truncate(MOST);
            inputs.push("and more".to_owned());
        }
        let from = if inputs.is_empty() { "" } else { " from " };
        format!(
            "Graph of {gates} {}: {}{from}{}",
            if gates == 1 { "gate" } else { "gates" },
            numbers(output),
            inputs.join("; ")
        )
    }
}

/// The image while it is written.
struct Image {
    text: String,
    direction: Direction,
    /// How long along it is.
    length: f64,
}

impl Image {
    /// The point of the image that is this far along and across.
    fn point(&self, [along, across]: Pair) -> Pair {
        match self.direction {
            Direction::LeftToRight => [along, across],
            Direction::RightToLeft => [self.length - along, across],
            Direction::TopToBottom => [across, along],
            Direction::BottomToTop => [across, self.length - along],
        }
    }

    /// A box on the image: its upper left corner and its size.
    fn corner(&self, [along, across]: Pair, [length, breadth]: Pair) -> [Pair; 2] {
        let [x0, y0] = self.point([along, across]);
        let [x1, y1] = self.point([along + length, across + breadth]);
        [[x0.min(x1), y0.min(y1)], [(x0 - x1).abs(), (y0 - y1).abs()]]
    }

    /// A curve between two points; it runs along at both ends.
    fn curve(&self, from: Pair, to: Pair) -> String {
        let half = f64::midpoint(from[0], to[0]);
        let points = [from, to, [half, from[1]], [half, to[1]]];
        let [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = points.map(|point| self.point(point));
        if (from[1] - to[1]).abs() < 0.05 {
            format!("M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}")
        } else {
            format!("M{x0:.1} {y0:.1}C{x2:.1} {y2:.1} {x3:.1} {y3:.1} {x1:.1} {y1:.1}")
        }
    }

    /// The whole image, from its upper left corner.
    fn finish(self, corner: Pair, [width, height]: Pair, said: &str) -> String {
        let [x, y] = corner.map(|number| (10.0 * number).round() / 10.0);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" class=\"chainrule\" aria-label=\"{said}\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"{x} {y} {width:.1} {height:.1}\" font-family=\"Helvetica,Arial,sans-serif\" \
             font-size=\"{SIZE}\" text-anchor=\"middle\">\n{DARK}\
             <rect class=\"background\" x=\"{x}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"white\"/>\n\
             {}</svg>\n",
            self.text
        )
    }

    fn write(&mut self, picture: &Picture, sketch: &Sketch, placement: &Placement) {
        let groups = &picture.snapshot.groups;
        for (&[corner, size], group) in placement.clusters.iter().zip(groups) {
            self.group(corner, size, &group.label);
        }
        let mut paths: BTreeMap<usize, String> = BTreeMap::new();
        for &Stroke { source, from, to } in &placement.strokes {
            *paths.entry(source).or_default() += &self.curve(from, to);
        }
        for (source, path) in paths {
            let (color, dashes) = match sketch.shapes[source] {
                Shape::Node(_) => (WIRE, ""),
                Shape::Constant(_) => (NEAR, ""),
                Shape::More(_) => (WIRE, " stroke-dasharray=\"5 2\""),
            };
            self.line(&path, color, dashes);
        }
        let blocks = sketch.diagram.blocks.iter().zip(&placement.blocks);
        for (shape, (block, &at)) in sketch.shapes.iter().zip(blocks) {
            match shape {
                Shape::Node(node) => self.node(at, node),
                Shape::Constant(text) => self.boxed("constant", at, block.size, text),
                Shape::More(text) => self.boxed("more", at, block.size, text),
            }
        }
    }

    fn push(&mut self, text: Arguments<'_>) {
        let written = self.text.write_fmt(text);
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }

    fn line(&mut self, path: &str, color: &str, dashes: &str) {
        self.push(format_args!(
            "<path class=\"wire\" d=\"{path}\" fill=\"none\" stroke=\"{color}\"{dashes}/>\n"
        ));
    }

    /// Writes text at a point of the image; `more` holds further attributes.
    fn words(&mut self, class: &str, [x, y]: Pair, color: &str, more: &str, text: &str) {
        let text = escaped(text);
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{color}\"{more}>{text}</text>\n"
        ));
    }

    /// Writes a rectangle; `open` begins its element, and `style` holds its last attributes.
    fn rectangle(&mut self, open: &str, [[x, y], [width, height]]: [Pair; 2], style: &str) {
        self.push(format_args!(
            "{open} x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {style}/>\n"
        ));
    }

    fn group(&mut self, corner: Pair, size: Pair, name: &str) {
        let place = self.corner(corner, size);
        let style = "rx=\"8\" fill=\"#8c959f\" fill-opacity=\"0.11\" stroke=\"#d0d7de\"";
        self.rectangle("<g class=\"group\"><rect", place, style);
        if !name.is_empty() {
            let at = [place[0][0] + 8.0, place[0][1] + 15.0];
            self.words("label", at, LOCAL, " text-anchor=\"start\"", name);
        }
        self.push(format_args!("</g>\n"));
    }

    /// Writes a constant, or the box for the nodes that are not shown.
    fn boxed(&mut self, class: &str, at: Pair, size: Pair, text: &str) {
        let place = self.corner([at[0], at[1] - size[1] / 2.0], size);
        let (style, color) = match class {
            "constant" => ("fill=\"#eaeef2\" stroke=\"#d0d7de\"", VALUE),
            _ => (
                "fill=\"white\" stroke=\"#6e7781\" stroke-dasharray=\"5 2\"",
                LOCAL,
            ),
        };
        let open = format!("<g class=\"{class}\"><rect");
        self.rectangle(&open, place, &format!("rx=\"6\" {style}"));
        let [[x, y], [width, height]] = place;
        let middle = [x + width / 2.0, y + height / 2.0 + 4.0];
        let more = format!(" font-size=\"{MEDIUM}\"");
        self.words("value", middle, color, &more, text);
        self.push(format_args!("</g>\n"));
    }

    fn node(&mut self, at: Pair, node: &NodeShape) {
        let (circle, wire, title) = (node.circle.as_ref(), &node.wire, node.title);
        if let Some(half) = node.highlight {
            // Next to a circle, or a little before a name.
            let inner = circle.map_or(0.0, Circle::length);
            let start = if circle.is_some() { inner + 1.0 } else { -5.0 };
            let end = inner + title + node.length + 4.0;
            let place = self.corner([at[0] + start, at[1] - half], [end - start, 2.0 * half]);
            let [border, inside] = HIGHLIGHT;
            let style =
                format!("rx=\"4\" fill=\"{inside}\" stroke=\"{border}\" stroke-width=\"2\"");
            self.rectangle("<rect class=\"work\"", place, &style);
        }
        self.push(format_args!("<g class=\"node\">"));
        if let Some(circle) = circle {
            let rule = escaped(&format!("{}: {}", circle.symbol, circle.rule));
            self.push(format_args!("<title>{rule}</title>"));
        }
        self.push(format_args!("\n"));
        let mut along = at[0];
        if let Some(circle) = circle {
            self.circle(at, circle);
            along += circle.length();
        }
        if title > 0.0 {
            let [x, y] = self.point([along + (title - APART) / 2.0, at[1]]);
            let more = if wire.name.is_some() { BOLD } else { "" };
            self.words("name", [x, y + 4.0], INK, more, lead(wire));
            along += title;
        }
        if node.length > 0.0 {
            self.wire(along, at[1], node.length, wire);
        }
        self.push(format_args!("</g>\n"));
    }

    fn wire(&mut self, along: f64, across: f64, length: f64, wire: &Wire) {
        let path = self.curve([along, across], [along + length, across]);
        self.line(&path, WIRE, "");
        let [x, y] = self.point([along + length / 2.0, across]);
        let (value, gradient) = if self.direction.is_vertical() {
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
            let (name, number) = (escaped(name), wire.value.as_deref().unwrap_or_default());
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
        let number = wire.gradient.as_ref();
        if let Some(number) = number.filter(|caption| caption.is_visible()) {
            let (at, more) = gradient;
            self.words("gradient", at, GRADIENT, more, &number.now);
        }
    }

    fn circle(&mut self, at: Pair, circle: &Circle) {
        let along = at[0] + circle.captions + circle.reach + circle.radii[0];
        let middle = [along, at[1]];
        for (across, caption) in &circle.lanes {
            let start = [at[0], at[1] + across];
            let bend = [at[0] + circle.captions, at[1] + across];
            // The line ends where the ray to the middle meets the ellipse, its arrow as long as four widths of the line.
            let ray = [middle[0] - bend[0], middle[1] - bend[1]];
            let share = 1.0 / (ray[0] / circle.radii[0]).hypot(ray[1] / circle.radii[1]);
            let tip = [middle[0] - ray[0] * share, middle[1] - ray[1] * share];
            let size = 5.0 / ray[0].hypot(ray[1]);
            let foot = [tip[0] - ray[0] * size, tip[1] - ray[1] * size];
            let wing = [0.4 * ray[1] * size, -0.4 * ray[0] * size];
            let [left, right] =
                [1.0, -1.0].map(|side| [foot[0] + side * wing[0], foot[1] + side * wing[1]]);
            let points = [start, bend, foot, tip, left, right].map(|point| self.point(point));
            let [[x0, y0], [x1, y1], [x2, y2], [x3, y3], [x4, y4], [x5, y5]] = points;
            self.push(format_args!(
                "<path class=\"wire\" d=\"M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" fill=\"none\" stroke=\"{WIRE}\"/>\
                 <path class=\"arrow\" d=\"M{x3:.1} {y3:.1}L{x4:.1} {y4:.1}L{x5:.1} {y5:.1}Z\" fill=\"{WIRE}\"/>\n"
            ));
            if let Some(caption) = caption.as_ref().filter(|caption| caption.is_visible()) {
                let [x, y] = self.point([at[0] + circle.captions / 2.0, at[1] + across]);
                let (place, anchor) = if self.direction.is_vertical() {
                    ([x + 3.0, y + 3.0], " text-anchor=\"start\"")
                } else {
                    ([x, y - 2.5], "")
                };
                let more = format!("{anchor} font-size=\"{SMALL}\"");
                self.words("local", place, LOCAL, &more, &caption.now);
            }
        }
        let [x, y] = self.point(middle);
        let [rx, ry] = self.direction.turned(circle.radii);
        let (class, [border, inside], stroke) = if circle.highlighted {
            (" class=\"work\"", HIGHLIGHT, " stroke-width=\"2\"")
        } else {
            ("", [INK, "white"], "")
        };
        self.push(format_args!(
            "<ellipse{class} cx=\"{x:.1}\" cy=\"{y:.1}\" rx=\"{rx:.1}\" ry=\"{ry:.1}\" fill=\"{inside}\" stroke=\"{border}\"{stroke}/>\n"
        ));
        let size = match circle.symbol.chars().count() {
            0..=2 => 15.0,
            _ => MEDIUM,
        };
        let more = format!(" font-size=\"{size}\"");
        self.words("gate", [x, y + size / 3.0], INK, &more, circle.symbol);
    }
}

/// Escapes text for XML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        push_escaped(&mut escaped, letter);
    }
    escaped
}
