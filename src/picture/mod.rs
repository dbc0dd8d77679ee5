//! The picture: a drawing of what a value was computed from.
//!
//! A [`Picture`] shows the part of a graph that outputs depend on, as text in the language of
//! [Graphviz](https://graphviz.org) or as an SVG image. It is drawn the way backpropagation is taught: a circle for each
//! operation, with the table's symbol in it; between circles a wire, with its **value above in green** and the **gradient**
//! of the output with respect to it **below in red**; at the arrow into a circle the **local gradient** as a factor, `×0.5`.
//! So the sweep can be read from right to left: the gradient after a circle times the factor on an arrow is what this arrow
//! adds to the gradient before it.
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
//! In Graphviz's text, the numbers are nodes of their own, and the wire is a line through their middle: Graphviz would put
//! the label of an edge on one side of the wire, and an edge cannot be shared by all uses of a value. Where values run
//! upwards or downwards, values are on the left of the wire and gradients on the right.
//!
//! Names are bold, before the wire of an input and beside the value of a result; an input without a name begins with
//! `•`. Names longer than 40 characters are shortened; control characters are drawn as their pictures, such as `␊`, and
//! those that change the direction of text as `�`. Constants are small grey boxes. The first of two or three operands enters
//! its circle from above (or left), the last from below (or right). If an n-ary operation uses an operand several times, one
//! line says how often. [`tape::named`](crate::tape::named) groups are boxes, one within another. Within a box, names are
//! shown without the labels of the boxes around them, and an input whose name begins with these labels is drawn in the box if
//! all its uses are there: `layer 1 neuron 2 w1` is `w1` in its neuron. One dashed box counts the nodes beyond
//! [`Picture::max_nodes`].
//!
//! ```text
//! snapshot: a copy of the part shown ─▶ options: Picture ─▶ graphviz: a petgraph graph that petgraph's `Dot` prints
//!                                                     └▶ sketch: blocks for the crate's layout ─▶ svg: the image
//! label, formula, wire, feed, rule: the texts on it; frame: which of them a frame of a film shows
//! ```

mod direction;
mod feed;
mod formula;
mod frame;
mod graphviz;
mod label;
mod options;
mod rule;
mod sketch;
mod snapshot;
mod svg;
mod wire;

pub use direction::Direction;
pub(crate) use formula::label as label_nodes;
pub(crate) use frame::{Appearance, Frame};
pub(crate) use label::{number, push_escaped};
pub use options::Picture;
pub(crate) use rule::{distinct, rules};
pub(crate) use snapshot::{GroupCopy, NodeCopy, OperandCopy, Snapshot};
