//! What a caller's data can make go wrong, said with the name of the input.

use std::fmt;
use std::panic::Location;
use std::path::Path;

/// The result of a fallible call of this crate.
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

/// What was wrong with an input, and where.
///
/// The message names the argument, or the file, line and column; [`Error::kind`] lets a program choose.
/// Programming mistakes (a stale variable, two graphs mixed) are panics instead, documented under `# Panics`.
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
/// assert_eq!(advice(&Error::data("points.csv", 3, "x", "no number")), "look at the file");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument has a value outside what the function accepts.
    Argument,
    /// Two lengths that must agree do not.
    Length,
    /// A data file holds something that cannot be used.
    Data,
    /// A file could not be read or written.
    Io,
    /// A program was replayed at a point where the traced function takes another branch.
    Branch,
}

/// Where a program would have branched otherwise than when it was traced; [`Error::branch`] gives it.
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
pub struct BranchChanged {
    /// The row of a batch, counted from 0; none at a single point, and where only uniform inputs are compared.
    pub row: Option<usize>,
    /// The comparison that came out otherwise, with the values found.
    pub comparison: String,
    /// Where in the source it was made.
    pub at: &'static Location<'static>,
}

impl Error {
    /// An argument with a value that cannot be used: its name and what is wrong with it.
    ///
    /// ```
    /// let error = chainrule::Error::argument("rate", "must be finite and positive, found NaN");
    /// assert_eq!(error.to_string(), "rate: must be finite and positive, found NaN");
    /// ```
    pub fn argument(name: &str, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Argument, format!("{name}: {problem}"))
    }

    /// A sequence of the wrong length: its name, the length wanted and the length found.
    ///
    /// ```
    /// let error = chainrule::Error::length("row 7", 3, 2);
    /// assert_eq!(error.to_string(), "row 7: expected 3 values, found 2");
    /// ```
    pub fn length(name: &str, expected: usize, found: usize) -> Self {
        let values = if expected == 1 { "value" } else { "values" };
        Self::new(
            ErrorKind::Length,
            format!("{name}: expected {expected} {values}, found {found}"),
        )
    }

    /// A data source that holds something unusable: its name, the place in it and the problem.
    ///
    /// `line` counts from 1 as editors do, 0 where no line is to blame; `column` is empty where the whole line is.
    ///
    /// ```
    /// let error = chainrule::Error::data("points.csv", 3, "x", "expected a number, found `abc`");
    /// assert_eq!(error.to_string(), "points.csv, line 3, column `x`: expected a number, found `abc`");
    /// ```
    pub fn data(source: &str, line: u64, column: &str, problem: impl fmt::Display) -> Self {
        let line = if line == 0 {
            String::new()
        } else {
            format!(", line {line}")
        };
        let column = if column.is_empty() {
            String::new()
        } else {
            format!(", column `{column}`")
        };
        Self::new(
            ErrorKind::Data,
            format!("{source}{line}{column}: {problem}"),
        )
    }

    /// A file that could not be read or written; the cause is kept as the error's source.
    ///
    /// ```
    /// use std::{error::Error as _, io, path::Path};
    /// let error = chainrule::Error::io(Path::new("moons.csv"), io::Error::other("disk full"));
    /// assert_eq!(error.to_string(), "moons.csv: disk full");
    /// assert!(error.source().is_some());
    /// ```
    pub fn io(path: &Path, cause: std::io::Error) -> Self {
        Self {
            kind: ErrorKind::Io,
            message: format!("{}: {cause}", path.display()),
            source: Some(Box::new(cause)),
            branch: None,
        }
    }

    /// What kind of mistake this is.
    ///
    /// ```
    /// use chainrule::{Error, ErrorKind};
    /// assert_eq!(Error::argument("rate", "is NaN").kind(), ErrorKind::Argument);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What a replayed program would have decided otherwise, for errors of kind [`Branch`](ErrorKind::Branch).
    ///
    /// ```
    /// assert!(chainrule::Error::argument("rate", "is NaN").branch().is_none());
    /// ```
    pub fn branch(&self) -> Option<&BranchChanged> {
        self.branch.as_deref()
    }

    /// A branch that a replayed program would have taken otherwise.
    pub(crate) fn changed(branch: BranchChanged) -> Self {
        let row = branch
            .row
            .map_or(String::new(), |row| format!("row {row}: "));
        let message = format!(
            "{row}the comparison at {} comes out otherwise than when the program was traced: {}; trace there (`trace_at`, for rows `trace_rows_at`), use `Retraced`, or choose by `select` without a branch",
            branch.at, branch.comparison
        );
        Self {
            branch: Some(Box::new(branch)),
            ..Self::new(ErrorKind::Branch, message)
        }
    }

    fn new(kind: ErrorKind, message: String) -> Self {
        Self {
            kind,
            message,
            source: None,
            branch: None,
        }
    }
}

impl fmt::Debug for Error {
    /// The kind and the message, which is what a program prints whose `main` returns the error.
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
