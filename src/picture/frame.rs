//! One frame of a film: which gradients a picture already shows, and what it highlights.

use std::collections::HashMap;
use std::sync::Arc;

use crate::graph::NodeKey;

/// The numbers of the frames from which on the gradients of a node are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appearance {
    /// That of the gradient on its wire.
    pub(crate) gradient: usize,
    /// That of the local gradients on the lines into its circle.
    pub(crate) local_gradients: usize,
}

impl Appearance {
    /// Shown in no frame.
    pub(crate) const NEVER: Self = Self {
        gradient: usize::MAX,
        local_gradients: usize::MAX,
    };
}

/// A frame of a film.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// When each node's gradients appear; never for a node that is not here.
    pub(crate) appearances: Arc<HashMap<NodeKey, Appearance>>,
    /// The number of this frame.
    pub(crate) number: usize,
    /// The node that is highlighted.
    pub(crate) node: NodeKey,
    /// Whether its circle is highlighted, and not its wire.
    pub(crate) circle: bool,
    /// The heading of the picture.
    pub(crate) heading: String,
}

/// The colors of what is highlighted: border and heading, then background.
pub(super) const HIGHLIGHT: [&str; 2] = ["#9a6700", "#fff3bf"];

impl Frame {
    /// Whether this frame shows the gradient of a node.
    pub(super) fn shows_gradient(&self, key: NodeKey) -> bool {
        self.appearance(key).gradient <= self.number
    }

    /// Whether this frame shows the local gradients of a node's operands.
    pub(super) fn shows_local_gradients(&self, key: NodeKey) -> bool {
        self.appearance(key).local_gradients <= self.number
    }

    fn appearance(&self, key: NodeKey) -> Appearance {
        let known = self.appearances.get(&key);
        known.copied().unwrap_or(Appearance::NEVER)
    }

    /// Whether this frame highlights a node's circle, or else its wire.
    pub(super) fn highlights(&self, key: NodeKey, circle: bool) -> bool {
        key == self.node && circle == self.circle
    }
}

/// A text on a picture. A frame that does not show all of it yet keeps space for the rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Caption {
    /// The text of the last frame.
    pub(super) whole: String,
    /// The text of this frame, with spaces for the rest.
    pub(super) now: String,
}

impl Caption {
    /// A text that is shown in this frame, or not yet.
    pub(super) fn new(whole: String, shown: bool) -> Self {
        let now = if shown {
            whole.clone()
        } else {
            // Spaces as wide as digits.
            whole.chars().map(|_| '\u{2007}').collect()
        };
        Self { whole, now }
    }

    /// This caption after a text that every frame shows.
    pub(super) fn after(self, first: &str) -> Self {
        let joined = |text: String| match (first, text.as_str()) {
            ("", _) => text,
            (_, "") => first.to_owned(),
            _ => format!("{first} {text}"),
        };
        Self {
            whole: joined(self.whole),
            now: joined(self.now),
        }
    }

    /// Whether this frame shows anything of it.
    pub(super) fn is_visible(&self) -> bool {
        !self.now.trim().is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }
}
