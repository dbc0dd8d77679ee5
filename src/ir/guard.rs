//! Guards: comparisons made while tracing. They must have the same outcome wherever the program is replayed.

use crate::call_site::CallSite;
use crate::error::{BranchChanged, Error, Result};
use crate::graph::{Comparison, INDEX_LIMIT, Outcome, Test, index_of};
use crate::var::{Var, compare};

/// What a comparison finds: its outcome, or the whole number to which a value was rounded down. It decides how a function
/// goes on.
pub(crate) type Found = u64;

/// An index as what a comparison finds: one number if there is none, and 0 without a sign, which a loaded program may have.
fn found_index(index: f64) -> Found {
    if index.is_nan() {
        f64::NAN
    } else {
        index + 0.0
    }
    .to_bits()
}

/// One comparison: its kind, its outcome while tracing, and its place in the source.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    test: Test,
    outcome: Outcome,
    at: CallSite,
}

impl Guard {
    pub(crate) fn new(comparison: &Comparison) -> Self {
        Self {
            test: comparison.test,
            outcome: comparison.outcome,
            at: comparison.at.clone(),
        }
    }

    /// A comparison that was traced by another program.
    #[cfg(feature = "serde")]
    pub(super) fn loaded(test: Test, outcome: Outcome, at: CallSite) -> Self {
        Self { test, outcome, at }
    }

    /// Its place in the source.
    pub(crate) fn at(&self) -> &CallSite {
        &self.at
    }

    /// Whether the comparison has the same outcome as when it was traced.
    #[inline]
    pub(crate) fn holds(&self, left: f64, right: f64) -> bool {
        self.test.outcome(left, right) == self.outcome
    }

    /// What the comparison of these values finds.
    pub(crate) fn find(&self, left: f64, right: f64) -> Found {
        match self.test {
            Test::Floor => found_index(index_of(left)),
            _ => self.test.outcome(left, right).cast_unsigned().into(),
        }
    }

    /// What was found while tracing, given the right value if it is a constant.
    pub(crate) fn found(&self, right: Option<f64>) -> Found {
        match (self.test, right) {
            (Test::Floor, Some(index)) if self.outcome == 1 => found_index(index),
            // Any index but this one, which no comparison finds.
            (Test::Floor, _) if self.outcome != 1 => Found::MAX,
            _ => self.outcome.cast_unsigned().into(),
        }
    }

    /// What the guard requires of its two values. Guards of the same values with equal requirements need one check.
    pub(crate) fn asks(&self) -> (Test, Outcome) {
        (self.test, self.outcome)
    }

    /// Whether it requires one number, so that it hardly ever holds at another point.
    pub(crate) fn is_read(&self) -> bool {
        self.test == Test::Read && self.outcome == 1
    }

    /// Compares recorded values, so that a running trace records the comparison. An error if the outcome differs.
    pub(crate) fn check(&self, left: Var, right: Var) -> Result<()> {
        if compare::again(left, right, self.test, self.at.clone()) == self.outcome {
            return Ok(());
        }
        Err(self.error(None, left.peek(), right.peek()))
    }

    /// The error for a point where the outcome differs.
    pub(crate) fn error(&self, row: Option<usize>, left: f64, right: f64) -> Error {
        let comparison = match self.test {
            Test::Floor => {
                let traced = if self.outcome == 1 {
                    numbers_of(right)
                } else {
                    String::from("any other")
                };
                format!(
                    "{left:?} has {}, traced for {traced}",
                    index_name(index_of(left))
                )
            }
            test => format!("{left:?} {} {right:?}", test.symbol()),
        };
        Error::changed(BranchChanged {
            row,
            comparison,
            at: self.at.clone(),
            is_read: self.is_read(),
            is_index: self.test == Test::Floor,
        })
    }
}

fn index_name(index: f64) -> String {
    if index < INDEX_LIMIT {
        format!("the index {index}")
    } else {
        String::from("no index")
    }
}

/// The numbers that have this index.
fn numbers_of(index: f64) -> String {
    if index.is_nan() {
        String::from("x < 0 or NaN")
    } else if index < INDEX_LIMIT {
        format!("{index} <= x < {}", index + 1.0)
    } else {
        format!("x >= {INDEX_LIMIT}")
    }
}
