//! What is wrong with a formula, and where.

use std::fmt;
use std::ops::Range;

use crate::error::Error;
use crate::letters::shown;

/// How many letters are shown on each side of the place.
const AROUND: usize = 40;

/// What is wrong with the text of a formula, with the line and a mark at the place.
///
/// ```
/// use chainrule::text::Formula;
///
/// let error = Formula::parse("exp(mox(a*b, c))").unwrap_err();
/// assert_eq!((error.line(), error.column()), (1, 5));
/// assert_eq!(
///     error.to_string(),
///     "line 1, column 5: there is no function `mox`; did you mean `max`?
///   exp(mox(a*b, c))
///       ^^^"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    line: usize,
    column: usize,
    problem: String,
    /// The line, or the part of it around the place.
    excerpt: String,
    /// Where the mark begins in it, and its length, in letters.
    mark: (usize, usize),
}

impl SyntaxError {
    /// A problem with these bytes of a formula, which begin and end between letters.
    pub(super) fn new(source: &str, span: Range<usize>, problem: impl fmt::Display) -> Self {
        let (before, from) = source.split_at(span.start);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let before = &before[start..];
        let rest = from.split('\n').next().unwrap_or("");
        let marked = &rest[..rest.len().min(span.len())];
        let column = before.chars().count();
        let hidden = column.saturating_sub(AROUND);
        let left: String = before.chars().skip(hidden).collect();
        let right: String = rest.chars().take(AROUND).collect();
        let cut = if hidden > 0 { "…" } else { "" };
        let end = if right.len() < rest.len() { "…" } else { "" };
        let left = format!("{cut}{}", shown(&left));
        let marked: String = marked.chars().take(AROUND).collect();
        Self {
            line: source[..start].matches('\n').count() + 1,
            column: column + 1,
            problem: shown(&problem.to_string()),
            mark: (left.chars().count(), shown(&marked).chars().count().max(1)),
            excerpt: format!("{left}{}{end}", shown(&right)),
        }
    }

    /// The line of the formula, counted from 1.
    ///
    /// ```
    /// use chainrule::text::Formula;
    /// assert_eq!(Formula::parse("a +\n* b").unwrap_err().line(), 2);
    /// ```
    pub fn line(&self) -> usize {
        self.line
    }

    /// The letter of the line, counted from 1.
    ///
    /// ```
    /// use chainrule::text::Formula;
    /// assert_eq!(Formula::parse("a + * b").unwrap_err().column(), 5);
    /// ```
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong, without the place.
    ///
    /// ```
    /// use chainrule::text::Formula;
    /// let error = Formula::parse("(a + b").unwrap_err();
    /// assert_eq!(error.problem(), "this `(` is not closed");
    /// ```
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The same as an [`Error`] of kind [`Data`](crate::ErrorKind::Data), in one line.
    ///
    /// ```
    /// use chainrule::text::Formula;
    /// let error = Formula::parse("(a + b").unwrap_err().into_error();
    /// assert_eq!(error.to_string(), "line 1, column 1 of the formula: this `(` is not closed");
    /// ```
    pub fn into_error(self) -> Error {
        let place = format!("line {}, column {} of the formula", self.line, self.column);
        Error::data(&place, None, None, self.problem)
    }
}

impl fmt::Display for SyntaxError {
    /// The place and the problem, the line of the formula, and a mark at the place: three lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = (self.line, self.column);
        writeln!(f, "line {line}, column {column}: {}", self.problem)?;
        writeln!(f, "  {}", self.excerpt)?;
        write!(
            f,
            "  {}{}",
            " ".repeat(self.mark.0),
            "^".repeat(self.mark.1)
        )
    }
}

impl std::error::Error for SyntaxError {}
