//! Which way values run on a picture.

use crate::layout::Pair;

/// Which way values run on a [`Picture`](crate::Picture).
///
/// ```
/// use chainrule::{Direction, Var};
/// let y = Var::new(2.0).exp();
/// assert!(y.picture().direction(Direction::BottomToTop).to_dot().contains("rankdir=\"BT\""));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
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
    pub(super) fn is_vertical(self) -> bool {
        matches!(self, Self::TopToBottom | Self::BottomToTop)
    }

    /// Turns a size on the page into one along and across, and back.
    pub(super) fn turned(self, [x, y]: Pair) -> Pair {
        if self.is_vertical() { [y, x] } else { [x, y] }
    }
}
