//! What the terminal can show.

use std::env;
use std::io::{self, IsTerminal};

/// Whether to print in colour: the output goes to a terminal, and the user has not set `NO_COLOR` (see no-color.org).
pub(crate) fn has_colours() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
