//! What a graph does with each new node besides appending it.

/// What is done with each new node. Everything is off by default, which costs nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    /// Stores the line of source.
    pub(crate) lines: bool,
    /// Stops at a value that is not finite.
    pub(crate) finite: bool,
}
