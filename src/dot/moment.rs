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

/// The color of the part at work: its border and the heading, and what fills it.
pub(super) const AT_WORK: [&str; 2] = ["#9a6700", "#fff3bf"];

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

    /// Whether the node's gate, or else its wire, is the part at work.
    pub(super) fn works(&self, key: Option<NodeKey>, gate: bool) -> bool {
        key == Some(self.node) && gate == self.gate
    }

    /// What happens, as the picture's heading.
    pub(super) fn heading(&self) -> String {
        if self.gate {
            format!("{} {}", self.symbol, self.pattern)
        } else {
            self.pattern.to_owned()
        }
    }
}

/// What is said at the end of the pass, and what of it is known at a moment: what is not keeps its room.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// All of it.
    pub(super) whole: String,
    /// What is known, and spaces for the rest.
    pub(super) now: String,
}

impl Said {
    /// A text that is known or not.
    pub(super) fn of(whole: String, known: bool) -> Self {
        let now = if known {
            whole.clone()
        } else {
            // Spaces as wide as digits.
            whole.chars().map(|_| '\u{2007}').collect()
        };
        Self { whole, now }
    }

    /// This behind what is known at any time.
    pub(super) fn after(self, known: &str) -> Self {
        let joined = |text: String| match (known, text.as_str()) {
            ("", _) => text,
            (_, "") => known.to_owned(),
            _ => format!("{known} {text}"),
        };
        Self {
            whole: joined(self.whole),
            now: joined(self.now),
        }
    }

    /// Whether anything of it is known.
    pub(super) fn is_known(&self) -> bool {
        !self.now.trim().is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }
}
