//! A picture and its options.

use super::direction::Direction;
use super::feed::Feed;
use super::frame::{Caption, Frame};
use super::label;
use super::snapshot::{NodeCopy, Snapshot, Source, within};
use super::wire::Wire;
use crate::graph::Graph;
use crate::op::Op;
use crate::setters::setters;
use crate::sweep::Gradients;
use crate::tape;
use crate::var::Var;

/// How many groups deep a picture goes; nodes in deeper groups are drawn in the innermost of these.
const DEEPEST: usize = 32;

/// A picture of what outputs were computed from; its `Display` is Graphviz text.
///
/// It comes from [`Var::picture`], [`Graph::picture`] or [`Picture::new`]. [`to_dot`](Self::to_dot) gives text from which
/// Graphviz's `dot -Tsvg` makes an image, [`to_svg`](Self::to_svg) an image drawn without Graphviz. A picture is a copy of
/// what it shows, so the graph can change or be freed before the picture is printed.
///
/// ```
/// use chainrule::Var;
///
/// let x = Var::new(-2.0).named("x");
/// let y = Var::new(5.0).named("y");
/// let z = Var::new(-4.0).named("z");
/// let f = (x + y) * z;
/// let text = f.picture().gradients(&f.backward()).to_dot();
/// assert!(text.starts_with("digraph"));
/// assert!(text.contains("−12")); // the value of f
/// ```
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    /// The graph drawn; the current one if none.
    graph: Option<&'a Graph>,
    outputs: Vec<Var>,
    pub(super) snapshot: Snapshot,
    gradients: Option<&'a Gradients>,
    local_gradients: Option<bool>,
    values: bool,
    pub(super) direction: Direction,
    pub(super) precision: usize,
    /// The frame that is shown; without one, everything is.
    pub(super) frame: Option<Frame>,
}

impl<'a> Picture<'a> {
    /// How many nodes are shown without [`max_nodes`](Self::max_nodes): as many as fit on a wide screen.
    const NODES: usize = 200;

    /// Draws several outputs on the thread's current graph.
    ///
    /// ```
    /// use chainrule::{Picture, Var};
    /// let x = Var::new(0.5);
    /// let text = Picture::new(&[x.sin(), x.cos()]).to_dot();
    /// assert!(text.contains("\"sin\"") && text.contains("\"cos\""));
    /// ```
    ///
    /// # Panics
    /// If an output's node was freed or is not on the current graph.
    #[track_caller]
    pub fn new(outputs: &[Var]) -> Self {
        Self::with(None, outputs, copy(None, outputs, Self::NODES))
    }

    /// A picture that does not borrow the graph, of an output known to be a constant or alive on it.
    pub(crate) fn detached(graph: &Graph, output: Var) -> Picture<'static> {
        let outputs = [output];
        Picture::with(None, &outputs, drawn(graph, &outputs, Self::NODES))
    }

    fn with(graph: Option<&'a Graph>, outputs: &[Var], snapshot: Snapshot) -> Self {
        Self {
            graph,
            outputs: outputs.to_vec(),
            snapshot,
            gradients: None,
            local_gradients: None,
            values: true,
            direction: Direction::default(),
            precision: 3,
            frame: None,
        }
    }

    /// Shows only what this frame shows, and highlights a part.
    pub(crate) fn frame(mut self, frame: Frame) -> Self {
        self.frame = Some(frame);
        self
    }

    setters! {
        /// Shows these gradients, and the local gradients from which they were computed.
        ///
        /// A value recorded after the sweep or on another graph is shown without a gradient.
        ///
        /// ```
        /// use chainrule::Var;
        /// let x = Var::new(3.0);
        /// let y = x.square();
        /// let text = y.picture().gradients(&y.backward()).to_dot();
        /// assert!(text.contains("label=\"×6\"")); // dy/dx
        /// ```
        gradients(gradients: &'a Gradients) => gradients = Some(gradients);

        /// Sets whether each line shows the derivative of its operation with respect to this operand.
        ///
        /// By default the lines do if gradients are shown.
        ///
        /// ```
        /// use chainrule::Var;
        /// let y = Var::new(3.0).square();
        /// assert!(y.picture().local_gradients(true).to_dot().contains("label=\"×6\""));
        /// ```
        local_gradients(shown: bool) => local_gradients = Some(shown);

        /// Sets whether values are shown, or only the operations; by default they are.
        ///
        /// ```
        /// use chainrule::Var;
        /// let y = Var::new(3.25).square();
        /// assert!(!y.picture().values(false).to_dot().contains("3.25"));
        /// ```
        values(shown: bool) => values = shown;

        /// Sets which way values run; from left to right by default.
        ///
        /// ```
        /// use chainrule::{Direction, Var};
        /// let y = Var::new(3.0).square();
        /// assert!(y.picture().direction(Direction::TopToBottom).to_dot().contains("rankdir=\"TB\""));
        /// ```
        direction(direction: Direction) => direction = direction;

        /// Sets the largest number of significant digits, from 1 to 17; 3 by default.
        ///
        /// ```
        /// use chainrule::Var;
        /// let y = Var::new(2.0).sqrt();
        /// assert!(y.picture().to_dot().contains(">1.41<"));
        /// assert!(y.picture().precision(6).to_dot().contains(">1.41421<"));
        /// ```
        precision(digits: usize) => precision = digits;
    }

    /// Sets how many nodes are shown at most, those nearest to the outputs; 200 by default.
    ///
    /// A box `… n more nodes` stands for all other nodes that the outputs depend on. Constants are not counted. Each call
    /// searches the graph again, without recursion, in some 15 ns for each node that the outputs depend on; the picture
    /// keeps only the nodes it shows.
    ///
    /// ```
    /// use chainrule::Var;
    /// let mut y = Var::new(0.5);
    /// for _ in 0..1000 {
    ///     y = y.sin();
    /// }
    /// assert!(y.picture().max_nodes(5).to_dot().contains("… 996 more nodes"));
    /// ```
    ///
    /// # Panics
    /// If an output was freed or is not on the graph any more.
    #[must_use]
    #[track_caller]
    pub fn max_nodes(mut self, nodes: usize) -> Self {
        self.snapshot = copy(self.graph, &self.outputs, nodes);
        self
    }

    /// The text on a line into a node's circle: how many uses it stands for, and the local gradient.
    pub(super) fn caption(&self, node: &NodeCopy, feed: &Feed) -> Option<Caption> {
        let Source::Node(_) = feed.operand.source else {
            return None;
        };
        let uses = match feed.uses {
            1 => String::new(),
            uses => format!("{uses} uses"),
        };
        let local = if self.local_gradients.unwrap_or(self.gradients.is_some()) {
            let shown = |frame: &Frame| frame.shows_local_gradients(node.key);
            let text = format!("×{}", label::number(feed.operand.partial, self.precision));
            Caption::new(text, self.frame.as_ref().is_none_or(shown))
        } else {
            Caption::default()
        };
        (!uses.is_empty() || !local.is_empty()).then(|| local.after(&uses))
    }

    /// The texts on the wire that leads a node's value away.
    pub(super) fn wire<'b>(&self, node: &'b NodeCopy) -> Wire<'b> {
        let number = |number| label::number(number, self.precision);
        let gradient = self.gradients.and_then(|gradients| gradients.get(node.var));
        let shown = |frame: &Frame| frame.shows_gradient(node.key);
        let shown = self.frame.as_ref().is_none_or(shown);
        let groups = self.snapshot.path(node.group);
        Wire {
            name: node.name.as_deref().map(|name| within(name, &groups)),
            value: self.values.then(|| number(node.var.peek())),
            gradient: gradient.map(|gradient| Caption::new(number(gradient), shown)),
            input: node.op == Op::Input,
            direction: self.direction,
        }
    }

    /// Whether a node's circle, or else its wire, is highlighted.
    pub(super) fn highlights(&self, node: &NodeCopy, circle: bool) -> bool {
        let frame = self.frame.as_ref();
        frame.is_some_and(|frame| frame.highlights(node.key, circle))
    }

    /// The text of the box for the nodes that are not shown, if there are any.
    pub(super) fn rest(&self) -> Option<String> {
        match self.snapshot.hidden {
            0 => None,
            1 => Some("… 1 more node".to_owned()),
            hidden => Some(format!("… {hidden} more nodes")),
        }
    }
}

/// Copies up to `nodes` nodes of a graph, or of the current one.
#[track_caller]
fn copy(graph: Option<&Graph>, outputs: &[Var], nodes: usize) -> Snapshot {
    for output in outputs {
        match graph {
            Some(graph) => output.check_on(graph),
            None => output.check(),
        }
    }
    let copy = |graph: &Graph| drawn(graph, outputs, nodes);
    graph.map_or_else(|| tape::with(|graph| copy(graph)), copy)
}

/// Copies up to `nodes` nodes, each in the group that it is drawn in.
fn drawn(graph: &Graph, outputs: &[Var], nodes: usize) -> Snapshot {
    let mut snapshot = Snapshot::new(graph, outputs, nodes, DEEPEST);
    let homes = snapshot.homes();
    for (node, home) in snapshot.nodes.iter_mut().zip(homes) {
        node.group = home;
    }
    snapshot
}

impl Var {
    /// A picture of what this value was computed from; a constant is a single node.
    ///
    /// ```
    /// use chainrule::Var;
    /// let y = (Var::new(2.0).named("x") * 3.0).exp();
    /// let picture = y.picture();
    /// println!("{}", picture.gradients(&y.backward())); // Graphviz text
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn picture<'a>(self) -> Picture<'a> {
        Picture::new(&[self])
    }
}

impl Graph {
    /// A picture of what these outputs were computed from.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0).exp());
    /// assert!(graph.picture(&[y]).to_dot().contains("\"exp\""));
    /// ```
    ///
    /// # Panics
    /// If an output is not alive on this graph.
    #[track_caller]
    pub fn picture(&self, outputs: &[Var]) -> Picture<'_> {
        let copy = copy(Some(self), outputs, Picture::NODES);
        Picture::with(Some(self), outputs, copy)
    }
}
