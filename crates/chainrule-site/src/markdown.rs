//! Finds parts of a Markdown page and replaces them, and leaves the rest as it is.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser};

/// A part of a page: what it is, and its place in the text.
pub(crate) type Part<'a> = (Event<'a>, Range<usize>);

/// Reads a page as mdBook does, and formulas between dollar signs as well.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    Parser::new_ext(text, options).into_offset_iter().collect()
}

/// Replaces parts of a text, which must be in order and must not overlap.
pub(crate) fn replace(text: &str, replacements: &[(Range<usize>, String)]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut end = 0;
    for (range, replacement) in replacements {
        result += &text[end..range.start];
        result += replacement;
        end = range.end;
    }
    result + &text[end..]
}

/// Escapes text for HTML, in elements and in attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
