//! Errors that bad input can cause; every message names the input.

use std::fmt;
use std::path::Path;

use crate::call_site::CallSite;
use crate::letters::shown;

/// The result of a call that can fail.
///
/// ```
/// use chainrule::{Error, Result};
///
/// fn root(x: f64) -> Result<f64> {
///     if x < 0.0 {
///         return Err(Error::argument("x", format!("must be at least 0, found {x}")));
///     }
///     Ok(x.sqrt())
/// }
///
/// assert_eq!(root(9.0)?, 3.0);
/// assert_eq!(root(-1.0).unwrap_err().to_string(), "x: must be at least 0, found -1");
/// # Ok::<(), chainrule::Error>(())
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error: what was wrong with an input, and where.
///
/// The message names the argument, or the file, line and column. It is one line: names in it may come from files, so hidden
/// letters are escaped, as in `\u{202e}`. A program can branch on [`Error::kind`].
/// Programming mistakes (a stale variable, two graphs mixed) panic instead; `# Panics` documents them.
///
/// ```
/// use chainrule::{Error, ErrorKind};
///
/// let error = Error::length("xs", 3, 2);
/// assert_eq!(error.kind(), ErrorKind::Length);
/// assert_eq!(error.to_string(), "xs: expected 3 values, found 2");
/// ```
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync + 'static>>,
    branch: Option<Box<BranchChanged>>,
}

/// The kinds of [`Error`].
///
/// ```
/// use chainrule::{Error, ErrorKind};
///
/// let advice = |error: &Error| match error.kind() {
///     ErrorKind::Data | ErrorKind::Io => "look at the file",
///     _ => "look at the call",
/// };
/// assert_eq!(advice(&Error::length("xs", 3, 2)), "look at the call");
/// assert_eq!(advice(&Error::data("points.csv", Some(3), Some("x"), "no number")), "look at the file");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument has a value that the function does not accept.
    Argument,
    /// Two lengths that must be equal are not.
    Length,
    /// A data file holds something unusable.
    Data,
    /// A file could not be read or written.
    Io,
    /// A program was evaluated at a point where the traced function takes a different branch.
    Branch,
    /// A value that must be finite is infinite or NaN.
    NonFinite,
}

/// The comparison that took a different branch than when the program was traced, the [read](crate::Var::value) that found
/// a different number, or the [`floor_index`](crate::Var::floor_index) that gave a different index; see [`Error::branch`].
///
/// ```
/// use chainrule::{ErrorKind, Program};
///
/// let abs = Program::trace_at(&[1.0], |x| if x[0] < 0.0 { -x[0] } else { x[0] })?;
/// let error = abs.value(&[-2.0]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Branch);
/// let branch = error.branch().unwrap();
/// assert_eq!(branch.comparison, "-2.0 < 0.0");
/// assert_eq!(branch.row, None);
/// assert!(branch.at.file().ends_with(".rs"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BranchChanged {
    /// The row of a batch, counted from 0; `None` at a single point, and if only uniform inputs are compared.
    pub row: Option<usize>,
    /// The comparison with the values at this point.
    pub comparison: String,
    /// The comparison's place in the source.
    pub at: CallSite,
    /// Whether the number of a value was read there, instead of compared. Then `comparison` is the number at this point and
    /// the number when traced, such as `2.5 traced as 0.5`.
    pub is_read: bool,
    /// Whether the index of a [`floor_index`](crate::Var::floor_index) changed there, and not a comparison. Then `comparison` is
    /// the number at this point with its index, and the range of numbers that have the traced index, such as
    /// `2.5 has the index 2, traced for 0 <= x < 1`.
    pub is_index: bool,
}

impl Error {
    /// An error for an unusable argument: its name and the problem.
    ///
    /// ```
    /// let error = chainrule::Error::argument("rate", "must be finite and positive, found NaN");
    /// assert_eq!(error.to_string(), "rate: must be finite and positive, found NaN");
    /// ```
    pub fn argument(name: &str, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Argument, format!("{name}: {problem}"))
    }

    /// An error for a sequence of the wrong length: its name, the expected length and the length found.
    ///
    /// ```
    /// let error = chainrule::Error::length("row 7", 3, 2);
    /// assert_eq!(error.to_string(), "row 7: expected 3 values, found 2");
    /// ```
    pub fn length(name: &str, expected: usize, found: usize) -> Self {
        let expected = counted(expected, "value");
        Self::new(
            ErrorKind::Length,
            format!("{name}: expected {expected}, found {found}"),
        )
    }

    /// An error for unusable content of a data source: its name, the place in it and the problem.
    ///
    /// `line` counts from 1, as editors do; it is `None` if no single line is at fault. `column` is `None` if no single
    /// column is.
    ///
    /// ```
    /// use chainrule::Error;
    /// let error = Error::data("points.csv", Some(3), Some("x"), "expected a number, found `abc`");
    /// assert_eq!(error.to_string(), "points.csv, line 3, column `x`: expected a number, found `abc`");
    /// assert_eq!(Error::data("a.csv", None, None, "is empty").to_string(), "a.csv: is empty");
    /// ```
    pub fn data(
        source: &str,
        line: Option<u64>,
        column: Option<&str>,
        problem: impl fmt::Display,
    ) -> Self {
        let line = line.map_or(String::new(), |line| format!(", line {line}"));
        let column = column.map_or(String::new(), |column| format!(", column `{column}`"));
        Self::new(
            ErrorKind::Data,
            format!("{source}{line}{column}: {problem}"),
        )
    }

    /// An error for a file that could not be read or written; `cause` becomes the error's source.
    ///
    /// ```
    /// use std::{error::Error as _, io, path::Path};
    /// let error = chainrule::Error::io(Path::new("moons.csv"), io::Error::other("disk full"));
    /// assert_eq!(error.to_string(), "moons.csv: disk full");
    /// assert!(error.source().is_some());
    /// ```
    pub fn io(path: &Path, cause: std::io::Error) -> Self {
        let message = format!("{}: {cause}", path.display());
        Self {
            source: Some(Box::new(cause)),
            ..Self::new(ErrorKind::Io, message)
        }
    }

    /// The kind of error.
    ///
    /// ```
    /// use chainrule::{Error, ErrorKind};
    /// assert_eq!(Error::argument("rate", "is NaN").kind(), ErrorKind::Argument);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The comparison that took a different branch, for errors of kind [`Branch`](ErrorKind::Branch).
    ///
    /// ```
    /// assert!(chainrule::Error::argument("rate", "is NaN").branch().is_none());
    /// ```
    pub fn branch(&self) -> Option<&BranchChanged> {
        self.branch.as_deref()
    }

    /// An error for a program that took a different branch than its trace, or read another number.
    pub(crate) fn changed(branch: BranchChanged) -> Self {
        Self::changed_with(branch, |instead| {
            format!(
                "{instead}; or trace at this point (`trace_at`, for rows `trace_rows_at`) or use `Retraced`"
            )
        })
    }

    /// As [`changed`](Self::changed), where the same program has to be right everywhere, for the given reason.
    pub(crate) fn changed_in_one_program(branch: BranchChanged, reason: &str) -> Self {
        Self::changed_with(branch, |instead| format!("{reason}, so {instead}"))
    }

    /// The error with advice, which is made of what can replace the branch.
    fn changed_with(branch: BranchChanged, advice: impl FnOnce(&str) -> String) -> Self {
        let row = branch
            .row
            .map_or(String::new(), |row| format!("row {row}: "));
        let (at, comparison) = (&branch.at, &branch.comparison);
        let (found, instead) = if branch.is_read {
            (
                format!("the number read at {at} is {comparison}"),
                "compute with the value itself, look up a value by `gather`, take an index by `floor_index`, \
                 and show the number by `peek`",
            )
        } else if branch.is_index {
            (
                format!(
                    "`floor_index` at {at} found another index than when the program was traced: {comparison}"
                ),
                "look up a value by `gather`, which follows the index and is NaN outside its list",
            )
        } else {
            (
                format!(
                    "the comparison at {at} took a different branch than when the program was traced: {comparison}"
                ),
                "choose between two values by `select`, `max` or `min`, and among many by `min_of`, \
                 or by `argmin_of` and `gather`",
            )
        };
        let message = format!("{row}{found}; {}", advice(instead));
        Self {
            branch: Some(Box::new(branch)),
            ..Self::new(ErrorKind::Branch, message)
        }
    }

    /// An error with the message of its source.
    pub(crate) fn caused(
        kind: ErrorKind,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        // A message has one line.
        let message = source.to_string().replace("\n  ", "; ");
        Self {
            source: Some(Box::new(source)),
            ..Self::new(kind, message)
        }
    }

    /// The same error, with the name of the argument in front.
    pub(crate) fn of_argument(mut self, name: &str) -> Self {
        self.message = format!("{name}: {}", self.message);
        self
    }

    fn new(kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self {
            kind,
            message: shown(message.as_ref()),
            source: None,
            branch: None,
        }
    }
}

impl fmt::Debug for Error {
    /// The kind and the message: the output of a program whose `main` returns the error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

/// A number of things, in words.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{end}")
}

/// Checks the number of values of an argument.
#[inline]
pub(crate) fn check_length(name: &str, expected: usize, found: usize) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::length(name, expected, found))
}
