//! Places in source code, of this program or of the one that saved what was loaded here.

use std::fmt;
use std::panic::Location;
#[cfg(feature = "serde")]
use std::sync::Arc;

use crate::letters::shown;

/// A place in source code: a file, a line and a column.
///
/// It is a place in this program, or in the program that saved a graph or a program that was loaded here.
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
    /// In the program that saved it.
    #[cfg(feature = "serde")]
    Loaded(Arc<Loaded>),
}

/// A place that was read from data.
#[cfg(feature = "serde")]
struct Loaded {
    file: String,
    line: u32,
    column: u32,
}

impl CallSite {
    /// A place that was read from data.
    #[cfg(feature = "serde")]
    pub(crate) fn loaded(file: String, line: u32, column: u32) -> Self {
        Self(Source::Loaded(Arc::new(Loaded { file, line, column })))
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
            #[cfg(feature = "serde")]
            Source::Loaded(at) => &at.file,
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
            #[cfg(feature = "serde")]
            Source::Loaded(at) => at.line,
        }
    }

    /// The column, counted from 1.
    ///
    /// ```
    /// use chainrule::CallSite;
    /// use std::panic::Location;
    /// assert!(CallSite::from(Location::caller()).column() > 0);
    /// ```
    pub fn column(&self) -> u32 {
        match &self.0 {
            Source::Here(at) => at.column(),
            #[cfg(feature = "serde")]
            Source::Loaded(at) => at.column,
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
    /// `src/main.rs:7:21`, with hidden letters of the path escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}",
            shown(self.file()),
            self.line(),
            self.column()
        )
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
