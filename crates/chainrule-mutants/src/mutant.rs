//! One planted mistake.

use std::fmt;
use std::ops::Range;

/// Text of a source file that is replaced by other text.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// The file, relative to the repository.
    pub(crate) file: String,
    /// The expression to replace, in bytes of the file.
    pub(crate) range: Range<usize>,
    /// The line of the expression, from 1.
    pub(crate) line: usize,
    /// The expression on one line.
    pub(crate) before: String,
    /// What it becomes.
    pub(crate) after: String,
}

impl Mutant {
    /// A mutant of the expression at this range of a file with this text; `None` if the expression contains comments, which
    /// cannot be written on one line.
    pub(crate) fn new(file: &str, text: &str, range: Range<usize>, after: &str) -> Option<Self> {
        let before = text.get(range.clone())?;
        if before.contains("//") || before.contains("/*") || before.contains("\\\n") {
            return None;
        }
        Some(Self {
            file: file.to_string(),
            line: text[..range.start].matches('\n').count() + 1,
            before: one_line(before),
            after: one_line(after),
            range,
        })
    }
}

/// Joins the lines of a text.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            before,
            after,
            ..
        } = self;
        write!(f, "{file}:{line}: {before}  →  {after}")
    }
}
