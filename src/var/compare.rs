//! Comparisons of recording values: they compare the values, and a trace can record them.
//!
//! A program replays the branch that was taken while it was traced. The comparisons here decided that branch, so a
//! trace [watches](watch) them, and the program checks them at every point.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::panic::Location;

use super::Var;

/// The kind of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    /// The order of the two, as sorting needs it: `partial_cmp`.
    Order,
}

/// The result of a comparison: 0 or 1, or for [`Test::Order`] −1, 0, 1, or 2 if an operand is NaN.
pub(crate) type Outcome = i8;

impl Test {
    #[inline]
    pub(crate) fn outcome(self, a: f64, b: f64) -> Outcome {
        match self {
            Self::Less => (a < b).into(),
            Self::LessEqual => (a <= b).into(),
            Self::Greater => (a > b).into(),
            Self::GreaterEqual => (a >= b).into(),
            Self::Equal => (a == b).into(),
            Self::Order => a.partial_cmp(&b).map_or(2, |order| order as Outcome),
        }
    }

    /// The symbol written between the operands.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Equal => "==",
            Self::Order => "cmp",
        }
    }
}

/// A comparison that was made: its operands, its result and its place in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison {
    pub(crate) left: Var,
    pub(crate) right: Var,
    pub(crate) test: Test,
    pub(crate) outcome: Outcome,
    pub(crate) at: &'static Location<'static>,
}

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static COMPARISONS: RefCell<Vec<Comparison>> = const { RefCell::new(Vec::new()) };
}

/// Runs `work` and returns its result and the comparisons it made, in order.
pub(crate) fn watch<R>(work: impl FnOnce() -> R) -> (R, Vec<Comparison>) {
    /// Restores the state of an outer watch, even if `work` panics.
    struct Outer(bool, Vec<Comparison>);
    impl Drop for Outer {
        fn drop(&mut self) {
            WATCHED.set(self.0);
            COMPARISONS.replace(std::mem::take(&mut self.1));
        }
    }
    let _outer = Outer(WATCHED.replace(true), COMPARISONS.take());
    let result = work();
    (result, COMPARISONS.take())
}

/// Whether comparisons are being recorded because the graph will be replayed at other points.
pub(crate) fn watched() -> bool {
    WATCHED.get()
}

/// Repeats a comparison that was made at the place `at` in the source.
#[inline]
pub(crate) fn again(left: Var, right: Var, test: Test, at: &'static Location<'static>) -> Outcome {
    let outcome = test.outcome(left.value, right.value);
    if WATCHED.get() {
        remember(left, right, test, outcome, at);
    }
    outcome
}

#[inline]
#[track_caller]
fn compare(left: Var, right: Var, test: Test) -> Outcome {
    again(left, right, test, Location::caller())
}

#[cold]
#[inline(never)]
fn remember(left: Var, right: Var, test: Test, outcome: Outcome, at: &'static Location<'static>) {
    if left.is_constant() && right.is_constant() {
        return;
    }
    COMPARISONS.with_borrow_mut(|seen| {
        seen.push(Comparison {
            left,
            right,
            test,
            outcome,
            at,
        });
    });
}

/// Implements comparison for a pair of types.
macro_rules! comparisons {
    ($left:ty, $right:ty) => {
        impl PartialEq<$right> for $left {
            comparisons!(eq, $right, Equal);
            #[inline]
            #[track_caller]
            #[expect(
                clippy::partialeq_ne_impl,
                reason = "the provided method hides the caller's line"
            )]
            fn ne(&self, other: &$right) -> bool {
                !self.eq(other)
            }
        }

        impl PartialOrd<$right> for $left {
            #[inline]
            #[track_caller]
            fn partial_cmp(&self, other: &$right) -> Option<Ordering> {
                match compare(Var::from(*self), Var::from(*other), Test::Order) {
                    -1 => Some(Ordering::Less),
                    0 => Some(Ordering::Equal),
                    1 => Some(Ordering::Greater),
                    _ => None,
                }
            }
            comparisons!(lt, $right, Less);
            comparisons!(le, $right, LessEqual);
            comparisons!(gt, $right, Greater);
            comparisons!(ge, $right, GreaterEqual);
        }
    };
    ($method:ident, $right:ty, $test:ident) => {
        #[inline]
        #[track_caller]
        fn $method(&self, other: &$right) -> bool {
            compare(Var::from(*self), Var::from(*other), Test::$test) == 1
        }
    };
}

comparisons!(Var, Var);
comparisons!(Var, f64);
comparisons!(f64, Var);
