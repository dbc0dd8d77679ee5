//! The picture: what a value was computed from, as Graphviz text.
//!
//! A [`Picture`] takes the part of a graph that outputs depend on and gives, as its `Display`, text in the language of
//! [Graphviz](https://graphviz.org). It is drawn the way backpropagation is taught: a circle for each operation, with the
//! table's symbol in it; between circles a wire, with its **value above in green** and the **gradient** of the output by
//! it **below in red**; at the arrow into a circle the **local gradient** as a factor, `×0.5`. So the sweep can be read
//! off from right to left: the gradient after a circle times the factor on the arrow is what this arrow adds to the
//! gradient before it.
//!
//! ```text
//! x  ── −2 ──╮ ×1
//!       −4   ╰─▶ (+) ── 3 ──╮ ×−4
//! y  ──  5 ──╭─▶      −4    ╰─▶ (×) ── −12 ──
//!       −4   ╯ ×1           ╭─▶         1
//! z  ── −4 ─────────────────╯ ×3
//!        3
//! ```
//!
//! The numbers stand in nodes of their own, through the middle of which the wire runs as a rule: labels of edges would be
//! put on one side of the wire, and could not be shared by all that a value leads to. Where values run upwards or
//! downwards, they stand on the left of the wire and gradients on the right.
//!
//! Names are bold, before the wire of an input and beside the value of a result; an input without a name begins with
//! `•`. Names longer than 40 characters are shortened, and control characters are drawn as their pictures, such as `␊`,
//! those that turn text round as `�`. Constants are small grey boxes. The first of two or three operands enters its circle
//! from above (or left), the last from below (or right). An operand that an n-ary operation uses many times is one line
//! that says how often. [`tape::named`] groups are boxes, one within another. What is beyond [`Picture::max_nodes`] is one dashed box that
//! counts it.
//!
//! `cone` copies the part of the graph that is shown, `drawing` makes of it the parts and lines of a small petgraph
//! graph, which petgraph's own `Dot` prints, and `wire` and `label` write what stands on them. Where Graphviz is not
//! wanted, `sketch` makes blocks of the same part for the crate's own layout, and `svg` writes the page. `moment` leaves
//! out of both what the backward pass has not reached yet.

mod cone;
mod drawing;
mod label;
mod moment;
mod sketch;
mod svg;
mod wire;

use std::fmt;

use crate::graph::Graph;
use crate::op::Op;
use crate::sweep::Gradients;
use crate::tape;
use crate::var::Var;
use cone::{Cone, Feed, Shown, Source};
use drawing::Drawing;
pub(crate) use label::{number, plain};
use moment::Said;
pub(crate) use moment::{Moment, Reached};
use wire::Wire;

/// Which way values run on a [`Picture`].
///
/// ```
/// use chainrule::{Direction, Var};
/// let y = Var::new(2.0).exp();
/// assert!(y.dot().direction(Direction::BottomToTop).to_string().contains("rankdir=\"BT\""));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Inputs on the left.
    #[default]
    LeftToRight,
    /// Inputs on the right.
    RightToLeft,
    /// Inputs above.
    TopToBottom,
    /// Inputs below.
    BottomToTop,
}

impl Direction {
    /// Whether values run up or down the page.
    fn is_vertical(self) -> bool {
        matches!(self, Self::TopToBottom | Self::BottomToTop)
    }
}

/// A picture of what outputs were computed from; its `Display` is Graphviz text.
///
/// It comes from [`Var::dot`], [`Graph::dot`] or [`Picture::of`]. `dot -Tsvg` makes an image of the text. It is a copy of
/// what it shows, so the graph can change or be freed before it is printed.
///
/// ```
/// use chainrule::Var;
///
/// let x = Var::new(-2.0).named("x");
/// let y = Var::new(5.0).named("y");
/// let z = Var::new(-4.0).named("z");
/// let f = (x + y) * z;
/// let text = f.dot().gradients(&f.backward()).to_string();
/// assert!(text.starts_with("digraph"));
/// assert!(text.contains("−12")); // the value of f
/// ```
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    /// The graph drawn; the current one if none.
    graph: Option<&'a Graph>,
    outputs: Vec<Var>,
    cone: Cone,
    gradients: Option<&'a Gradients>,
    local_gradients: Option<bool>,
    values: bool,
    direction: Direction,
    precision: usize,
    /// The moment of the backward pass that is shown; its end without one.
    moment: Option<Moment>,
}

impl<'a> Picture<'a> {
    /// How many nodes are shown unless [`max_nodes`](Self::max_nodes) says otherwise: what fits on a wide screen.
    const NODES: usize = 200;

    /// Draws several outputs on the thread's current graph.
    ///
    /// ```
    /// use chainrule::{Picture, Var};
    /// let x = Var::new(0.5);
    /// let text = Picture::of(&[x.sin(), x.cos()]).to_string();
    /// assert!(text.contains("\"sin\"") && text.contains("\"cos\""));
    /// ```
    ///
    /// # Panics
    /// If an output's node was freed or is not on the current graph.
    #[track_caller]
    pub fn of(outputs: &[Var]) -> Self {
        Self::new(None, outputs)
    }

    #[track_caller]
    fn new(graph: Option<&'a Graph>, outputs: &[Var]) -> Self {
        let picture = Self {
            graph,
            outputs: outputs.to_vec(),
            cone: Cone::default(),
            gradients: None,
            local_gradients: None,
            values: true,
            direction: Direction::default(),
            precision: 3,
            moment: None,
        };
        picture.max_nodes(Self::NODES)
    }

    /// A picture that does not borrow the graph, of an output known to be a constant or alive on it.
    pub(crate) fn still(graph: &Graph, output: Var) -> Picture<'static> {
        Picture {
            graph: None,
            outputs: vec![output],
            cone: Cone::of(graph, &[output], Self::NODES),
            gradients: None,
            local_gradients: None,
            values: true,
            direction: Direction::default(),
            precision: 3,
            moment: None,
        }
    }

    /// Shows what is known at a moment of the backward pass, and marks where it stands.
    pub(crate) fn at(mut self, moment: Moment) -> Self {
        self.moment = Some(moment);
        self
    }

    /// Shows these gradients, and the local gradients that they were made with.
    ///
    /// A value that the gradients do not know, such as one recorded after the sweep or on another graph, is shown
    /// without.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0);
    /// let y = x.square();
    /// let text = y.dot().gradients(&y.backward()).to_string();
    /// assert!(text.contains("label=\"×6\"")); // dy/dx
    /// ```
    #[must_use]
    pub fn gradients(mut self, gradients: &'a Gradients) -> Self {
        self.gradients = Some(gradients);
        self
    }

    /// Shows on each line the derivative of its operation by this operand, or does not.
    ///
    /// Without this they are shown when gradients are.
    ///
    /// ```
    /// use chainrule::Var;
    /// let y = Var::new(3.0).square();
    /// assert!(y.dot().local_gradients(true).to_string().contains("label=\"×6\""));
    /// ```
    #[must_use]
    pub fn local_gradients(mut self, shown: bool) -> Self {
        self.local_gradients = Some(shown);
        self
    }

    /// Shows values, as it does without this, or only what is computed.
    ///
    /// ```
    /// use chainrule::Var;
    /// let y = Var::new(3.25).square();
    /// assert!(!y.dot().values(false).to_string().contains("3.25"));
    /// ```
    #[must_use]
    pub fn values(mut self, shown: bool) -> Self {
        self.values = shown;
        self
    }

    /// Which way values run; from left to right without this.
    ///
    /// ```
    /// use chainrule::{Direction, Var};
    /// let y = Var::new(3.0).square();
    /// assert!(y.dot().direction(Direction::TopToBottom).to_string().contains("rankdir=\"TB\""));
    /// ```
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// How many significant digits numbers have at most, from 1 to 17; 3 without this.
    ///
    /// ```
    /// use chainrule::Var;
    /// let y = Var::new(2.0).sqrt();
    /// assert!(y.dot().to_string().contains(">1.41<"));
    /// assert!(y.dot().precision(6).to_string().contains(">1.41421<"));
    /// ```
    #[must_use]
    pub fn precision(mut self, digits: usize) -> Self {
        self.precision = digits;
        self
    }

    /// How many nodes are shown at most, those nearest to the outputs; 200 without this.
    ///
    /// If there are more, a node `… n more nodes` stands for them: all others that the outputs depend on. Constants are
    /// not counted. Finding the nodes takes some 15 ns for each node the outputs depend on, does not recurse, and is done
    /// anew each time this is called; the picture is no larger than what it shows.
    ///
    /// ```
    /// use chainrule::Var;
    /// let mut y = Var::new(0.5);
    /// for _ in 0..1000 {
    ///     y = y.sin();
    /// }
    /// assert!(y.dot().max_nodes(5).to_string().contains("… 996 more nodes"));
    /// ```
    ///
    /// # Panics
    /// If an output was freed or is not on the graph any more.
    #[must_use]
    #[track_caller]
    pub fn max_nodes(mut self, nodes: usize) -> Self {
        for output in &self.outputs {
            match self.graph {
                Some(graph) => output.check_on(graph),
                None => output.check(),
            }
        }
        self.cone = match self.graph {
            Some(graph) => Cone::of(graph, &self.outputs, nodes),
            None => tape::with(|graph| Cone::of(graph, &self.outputs, nodes)),
        };
        self
    }

    /// The picture as a page of SVG, drawn without Graphviz.
    ///
    /// It shows what the Graphviz text does, with the same options, but is laid out here: values run through columns,
    /// each circle with its wire behind it, and stay within their group's box. It holds no scripts, styles or
    /// identifiers, so that many can stand in one page; every part has a class (`node`, `constant`, `more`, `wire`, `group`,
    /// `name`, `value`, `gradient`, `local`, and in a frame `work` and `heading`) by which a page can restyle it. The time grows with the nodes shown and with
    /// the columns their wires pass: milliseconds for a picture that can be read, seconds for thousands of nodes.
    ///
    /// ```
    /// use chainrule::Var;
    ///
    /// let x = Var::new(-2.0).named("x");
    /// let y = Var::new(5.0).named("y");
    /// let f = (x * y).named("f");
    /// let svg = f.dot().gradients(&f.backward()).to_svg();
    /// assert!(svg.starts_with("<svg "));
    /// assert!(svg.contains(">−10<")); // the value of f
    /// ```
    pub fn to_svg(&self) -> String {
        svg::draw(self)
    }

    /// What is said on the line of an operand of a node: how often it is used, and the local gradient.
    fn note(&self, node: &Shown, feed: &Feed) -> Option<Said> {
        let Source::Shown(_) = feed.source else {
            return None;
        };
        let uses = match feed.uses {
            1 => String::new(),
            uses => format!("{uses} uses"),
        };
        let local = if self.local_gradients.unwrap_or(self.gradients.is_some()) {
            let known = |moment: &Moment| moment.has_worked(node.var.key());
            let text = format!("×{}", label::number(feed.partial, self.precision));
            Said::of(text, self.moment.as_ref().is_none_or(known))
        } else {
            Said::default()
        };
        (!uses.is_empty() || !local.is_empty()).then(|| local.after(&uses))
    }

    /// What is said of a node where its value leaves it.
    fn wire<'b>(&self, node: &'b Shown) -> Wire<'b> {
        let number = |number| label::number(number, self.precision);
        let gradient = self.gradients.and_then(|gradients| gradients.get(node.var));
        let known = |moment: &Moment| moment.knows(node.var.key());
        let known = self.moment.as_ref().is_none_or(known);
        Wire {
            name: node.name.as_deref().filter(|name| !name.is_empty()),
            value: self.values.then(|| number(node.var.value())),
            gradient: gradient.map(|gradient| Said::of(number(gradient), known)),
            input: node.op == Op::Input,
            direction: self.direction,
        }
    }

    /// Whether a node's gate, or else its wire, is at work.
    fn is_at_work(&self, node: &Shown, gate: bool) -> bool {
        let moment = self.moment.as_ref();
        moment.is_some_and(|moment| moment.works(node.var.key(), gate))
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Drawing::of(self).fmt(f)
    }
}

impl Var {
    /// A picture of what this value was computed from, as Graphviz text; a constant is a single node.
    ///
    /// ```
    /// use chainrule::Var;
    /// let y = (Var::new(2.0).named("x") * 3.0).exp();
    /// println!("{}", y.dot().gradients(&y.backward()));
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn dot<'a>(self) -> Picture<'a> {
        Picture::of(&[self])
    }
}

impl Graph {
    /// A picture of what these outputs were computed from, as Graphviz text.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0).exp());
    /// assert!(graph.dot(&[y]).to_string().contains("\"exp\""));
    /// ```
    ///
    /// # Panics
    /// If an output is not alive on this graph.
    #[track_caller]
    pub fn dot(&self, outputs: &[Var]) -> Picture<'_> {
        Picture::new(Some(self), outputs)
    }
}
