//! Places in source code, of this program or of the one that saved what was loaded here.

use std::cell::RefCell;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::letters::shown;

/// A place in source code: a file, a line and a column.
///
/// It is a place in this program, in the program that saved a graph or a program that was loaded here, or in code of
/// another language that calls this crate.
///
/// ```
/// use chainrule::CallSite;
/// use std::panic::Location;
///
/// let here = CallSite::from(Location::caller());
/// assert!(here.file().ends_with(".rs"));
/// assert_eq!(here.to_string(), format!("{}:{}:{}", here.file(), here.line(), here.column()));
/// ```
#[derive(Clone)]
pub struct CallSite(Source);

#[derive(Clone)]
enum Source {
    /// In this program.
    Here(&'static Location<'static>),
    /// In the program that saved it, or in code of another language.
    Elsewhere(Arc<Place>),
}

struct Place {
    file: String,
    line: u32,
    column: u32,
}

thread_local! {
    /// The place that stands in for the callers' lines, inside [`in_place_of_callers`].
    static CALLER: RefCell<Option<CallSite>> = const { RefCell::new(None) };
}

/// A line of this program, or the place that stands in for it.
#[derive(Clone, Copy)]
pub(crate) struct Caller(pub(crate) &'static Location<'static>);

impl From<Caller> for CallSite {
    fn from(caller: Caller) -> Self {
        instead().unwrap_or_else(|| caller.0.into())
    }
}

/// The place that stands in for the callers' lines, if there is one.
pub(crate) fn instead() -> Option<CallSite> {
    CALLER.with_borrow(Clone::clone)
}

/// Runs `work` while a place stands in for the lines that call this crate.
pub(crate) fn in_place_of_callers<R>(site: CallSite, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<CallSite>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CALLER.replace(self.0.take());
        }
    }
    let _restore = Restore(CALLER.replace(Some(site)));
    work()
}

impl CallSite {
    /// A place in code of another language. Lines and columns are counted from 1; column 0 means that it is not known.
    ///
    /// ```
    /// use chainrule::CallSite;
    /// assert_eq!(CallSite::new("model.py", 12, 8).to_string(), "model.py:12:8");
    /// assert_eq!(CallSite::new("model.py", 12, 0).to_string(), "model.py:12");
    /// ```
    pub fn new(file: impl Into<String>, line: u32, column: u32) -> Self {
        let file = file.into();
        Self(Source::Elsewhere(Arc::new(Place { file, line, column })))
    }

    /// The path of the file, as the compiler was given it.
    ///
    /// ```
    /// use chainrule::CallSite;
    /// use std::panic::Location;
    /// assert_eq!(CallSite::from(Location::caller()).file(), file!());
    /// ```
    pub fn file(&self) -> &str {
        match &self.0 {
            Source::Here(at) => at.file(),
            Source::Elsewhere(at) => &at.file,
        }
    }

    /// The line, counted from 1.
    ///
    /// ```
    /// use chainrule::CallSite;
    /// use std::panic::Location;
    /// assert!(CallSite::from(Location::caller()).line() > 0);
    /// ```
    pub fn line(&self) -> u32 {
        match &self.0 {
            Source::Here(at) => at.line(),
            Source::Elsewhere(at) => at.line,
        }
    }

    /// The column, counted from 1; 0 if it is not known.
    ///
    /// ```
    /// use chainrule::CallSite;
    /// use std::panic::Location;
    /// assert!(CallSite::from(Location::caller()).column() > 0);
    /// ```
    pub fn column(&self) -> u32 {
        match &self.0 {
            Source::Here(at) => at.column(),
            Source::Elsewhere(at) => at.column,
        }
    }
}

impl From<&'static Location<'static>> for CallSite {
    #[inline]
    fn from(at: &'static Location<'static>) -> Self {
        Self(Source::Here(at))
    }
}

impl PartialEq for CallSite {
    fn eq(&self, other: &Self) -> bool {
        let place = |at: &Self| (at.line(), at.column());
        place(self) == place(other) && self.file() == other.file()
    }
}

impl Eq for CallSite {}

impl fmt::Display for CallSite {
    /// `src/main.rs:7:21`, with hidden letters of the path escaped; without the column if it is not known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", shown(self.file()), self.line())?;
        match self.column() {
            0 => Ok(()),
            column => write!(f, ":{column}"),
        }
    }
}

impl fmt::Debug for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallSite")
            .field("file", &self.file())
            .field("line", &self.line())
            .field("column", &self.column())
            .finish()
    }
}
