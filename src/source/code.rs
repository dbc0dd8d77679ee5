//! What is written as text: code with its comparisons and the names of its inputs; and what all languages have in common.

use crate::ir::{Guard, Ir};
use crate::letters::shown;

/// The code of one function.
pub(crate) struct Code<'a> {
    pub(crate) ir: &'a Ir,
    pub(crate) guards: &'a [Guard],
    /// The names of the first inputs.
    pub(crate) names: &'a [Option<String>],
}

/// Whether a text is a name in C and in Rust: letters of ASCII, digits and `_`, no digit first.
pub(super) fn is_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(is_letter) && text.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// Text that cannot end a comment or span lines.
pub(super) fn in_comment(text: &str) -> String {
    shown(text)
        .replace("*/", "* /")
        .replace("/*", "/ *")
        .replace("??/", "? ?/")
        .replace('\\', "/")
}
