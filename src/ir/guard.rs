//! Guards: comparisons made while tracing, which must come out the same wherever the program is replayed.

use std::panic::Location;

use crate::error::{BranchChanged, Error, Result};
use crate::var::Var;
use crate::var::compare::{self, Comparison, Outcome, Test};

/// One comparison: how, what it gave, and where in the source it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    test: Test,
    outcome: Outcome,
    at: &'static Location<'static>,
}

impl Guard {
    pub(crate) fn new(comparison: &Comparison) -> Self {
        Self {
            test: comparison.test,
            outcome: comparison.outcome,
            at: comparison.at,
        }
    }

    /// Whether the comparison comes out as it did.
    #[inline]
    pub(crate) fn holds(&self, left: f64, right: f64) -> bool {
        self.test.outcome(left, right) == self.outcome
    }

    /// What it asks of its two values: one guard of those that ask the same is enough.
    pub(crate) fn asks(&self) -> (Test, Outcome) {
        (self.test, self.outcome)
    }

    /// Compares recorded values, to be watched by a trace under way, and passes if it comes out as it did.
    pub(crate) fn check(&self, left: Var, right: Var) -> Result<()> {
        if compare::again(left, right, self.test, self.at) == self.outcome {
            return Ok(());
        }
        Err(self.error(None, left.value(), right.value()))
    }

    /// The error for a point where it does not.
    pub(crate) fn error(&self, row: Option<usize>, left: f64, right: f64) -> Error {
        Error::changed(BranchChanged {
            row,
            comparison: format!("{left:?} {} {right:?}", self.test.symbol()),
            at: self.at,
        })
    }
}
