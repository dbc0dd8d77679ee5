//! A moment of the backward pass: what of a picture is known by then, and where it stands.

use std::collections::HashMap;
use std::sync::Arc;

use crate::graph::NodeKey;

/// The steps of the pass that concern a node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reached {
    /// The step after which its gradient is known.
    pub(crate) gradient: usize,
    /// The step at which its gate passes the gradient on.
    pub(crate) gate: usize,
}

/// A moment of the pass: a step, and when each node is reached.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) reached: Arc<HashMap<NodeKey, Reached>>,
    pub(crate) step: usize,
    /// The node that the step is about.
    pub(crate) node: NodeKey,
    /// Whether its gate works, rather than its gradient becoming known.
    pub(crate) gate: bool,
    /// The symbol of its operation.
    pub(crate) symbol: &'static str,
    /// What happens, in a word.
    pub(crate) pattern: &'static str,
}

const AT_WORK: &str = "#9a6700";
/// How the part at work stands out.
const MARK: &str = "style=filled fillcolor=\"#fff3bf\" color=\"#9a6700\" penwidth=2";

impl Moment {
    /// Whether the gradient of this node is known.
    pub(super) fn knows(&self, key: Option<NodeKey>) -> bool {
        let reached = key.and_then(|key| self.reached.get(&key));
        reached.is_some_and(|reached| reached.gradient <= self.step)
    }

    /// Whether the gate of this node has worked.
    pub(super) fn has_worked(&self, key: Option<NodeKey>) -> bool {
        let reached = key.and_then(|key| self.reached.get(&key));
        reached.is_some_and(|reached| reached.gate > 0 && reached.gate <= self.step)
    }

    /// The attributes of the part at work, if that is the node's gate or, else, its wire.
    pub(super) fn mark(&self, key: Option<NodeKey>, gate: bool) -> Option<String> {
        (key == Some(self.node) && gate == self.gate).then(|| format!(" {MARK}"))
    }

    /// What happens, as the picture's heading.
    pub(super) fn heading(&self) -> String {
        format!(
            "label=<<FONT COLOR=\"{AT_WORK}\"><B>{} {}</B></FONT>> labelloc=t",
            self.symbol, self.pattern
        )
    }
}

/// As many spaces as wide as digits as the text has letters: what is not known yet keeps its room.
pub(super) fn room(text: &str) -> String {
    text.chars().map(|_| '\u{2007}').collect()
}
