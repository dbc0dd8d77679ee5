//! What a label of a row must be, so that data can be checked before anything is computed from it.

use std::fmt;

/// What a label must be.
///
/// A loss says so of its labels with [`Scalar::expect_label`](crate::Scalar::expect_label); the losses of
/// [`nn::loss`](crate::nn::loss) do. [`Batch::check_labels`](crate::Batch::check_labels) checks the rows of a program, and
/// [`Fit`](crate::nn::Fit) does so before a run.
///
/// ```
/// use chainrule::Labels;
/// assert!(Labels::Signs.accepts(-1.0) && !Labels::Signs.accepts(0.0));
/// assert!(Labels::Classes(3).accepts(2.0) && !Labels::Classes(3).accepts(3.0));
/// assert_eq!(Labels::Classes(3).to_string(), "a whole number from 0 to 2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Labels {
    /// −1 or 1, as the hinge loss needs it.
    Signs,
    /// A class: a whole number from 0 to one less than this.
    Classes(usize),
}

impl Labels {
    /// Whether a number is such a label.
    ///
    /// ```
    /// assert!(!chainrule::Labels::Classes(2).accepts(0.5));
    /// ```
    pub fn accepts(self, label: f64) -> bool {
        match self {
            Self::Signs => label.abs() == 1.0,
            Self::Classes(count) => label >= 0.0 && label < count as f64 && label.fract() == 0.0,
        }
    }
}

impl fmt::Display for Labels {
    /// Completes "must be": `−1 or 1`, `a whole number from 0 to 9`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signs => f.write_str("−1 or 1"),
            Self::Classes(0) => f.write_str("one of 0 classes"),
            Self::Classes(count) => write!(f, "a whole number from 0 to {}", count - 1),
        }
    }
}
