//! Comparisons of recording values: they compare the values, and graphs and traces remember them.
//!
//! A program replays the branch that was taken while its graph was recorded. The comparisons here decided that branch. A
//! graph remembers those of its values, a trace [watches](watch) them, and the program checks them at every point.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::panic::Location;

use super::Var;
use crate::call_site::{CallSite, Caller};
use crate::graph::{Comparison, GraphId, Outcome, Side, Test};
use crate::tape;

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static WATCHES: RefCell<Vec<Watch>> = const { RefCell::new(Vec::new()) };
}

/// A graph that will be replayed at other points, and what was compared and read of it so far.
struct Watch {
    graph: GraphId,
    comparisons: Vec<Comparison>,
    /// Where numbers were first read that depend on all inputs.
    sweep: Option<CallSite>,
}

/// Runs `work`, which records on the current graph. Returns its result, and the comparisons of this graph's values, in
/// order. If derivatives on this graph were read as numbers, the `inputs` of the result are among them as read.
pub(crate) fn watch<R>(
    work: impl FnOnce() -> R,
    inputs: impl FnOnce(&R) -> Vec<Var>,
) -> (R, Vec<Comparison>) {
    /// Ends the watch, even if `work` panics.
    struct Ends;
    impl Drop for Ends {
        fn drop(&mut self) {
            let last = WATCHES.with_borrow_mut(|watches| {
                watches.pop();
                watches.is_empty()
            });
            WATCHED.set(!last);
        }
    }
    let watch = Watch {
        graph: tape::with(|graph| graph.id()),
        comparisons: Vec::new(),
        sweep: None,
    };
    WATCHES.with_borrow_mut(|watches| watches.push(watch));
    WATCHED.set(true);
    let _ends = Ends;
    let result = work();
    let (mut comparisons, sweep) = WATCHES.with_borrow_mut(|watches| {
        let watch = watches.last_mut();
        watch.map_or_else(Default::default, |watch| {
            (std::mem::take(&mut watch.comparisons), watch.sweep.take())
        })
    });
    if let Some(at) = sweep {
        let read = |x: Var| Comparison {
            sides: [x, Var::from(x.value)].map(Var::side),
            test: Test::Read,
            outcome: 1,
            at: at.clone(),
        };
        comparisons.extend(inputs(&result).into_iter().map(read));
    }
    (result, comparisons)
}

/// Whether a graph will be replayed at other points.
fn is_watched(graph: GraphId) -> bool {
    WATCHED.get() && WATCHES.with_borrow(|watches| watches.iter().any(|w| w.graph == graph))
}

/// Remembers that derivatives on a graph were read as numbers: they depend on everything recorded on it.
pub(crate) fn swept(graph: GraphId, at: &'static Location<'static>) {
    if is_watched(graph) {
        WATCHES.with_borrow_mut(|watches| {
            for watch in watches.iter_mut().filter(|watch| watch.graph == graph) {
                watch.sweep.get_or_insert_with(|| Caller(at).into());
            }
        });
    }
}

impl Var {
    /// Whether its graph will be replayed at other points. Then the number may be another one there.
    pub(crate) fn is_watched(self) -> bool {
        is_watched(self.graph)
    }

    fn side(self) -> Side {
        Side {
            value: self.value,
            node: self.key().map(|key| (self.graph, key)),
        }
    }

    /// The operand of a comparison.
    pub(crate) fn of_side(side: Side) -> Self {
        match side.node {
            None => Self::from(side.value),
            Some((graph, key)) => Self {
                value: side.value,
                key: key.to_bits(),
                graph,
            },
        }
    }
}

/// Repeats a comparison that was made at the place `at` in the source.
pub(crate) fn again(left: Var, right: Var, test: Test, at: impl Into<CallSite>) -> Outcome {
    let outcome = test.outcome(left.value, right.value);
    if !(left.is_constant() && right.is_constant()) {
        remember(left, right, test, outcome, at.into());
    }
    outcome
}

/// Remembers that the number was read at the caller's line, if its graph will be replayed at other points.
#[inline]
#[track_caller]
pub(super) fn read(x: Var) {
    if WATCHED.get() && x.is_watched() {
        let at = Caller(Location::caller());
        again(x, Var::from(x.value), Test::Read, at);
    }
}

#[inline]
#[track_caller]
fn compare(left: Var, right: Var, test: Test) -> Outcome {
    again(left, right, test, Caller(Location::caller()))
}

#[inline(never)]
fn remember(left: Var, right: Var, test: Test, outcome: Outcome, at: CallSite) {
    let comparison = Comparison {
        sides: [left.side(), right.side()],
        test,
        outcome,
        at,
    };
    if WATCHED.get() {
        WATCHES.with_borrow_mut(|watches| {
            for watch in watches {
                if comparison.is_of(watch.graph) {
                    watch.comparisons.push(comparison.clone());
                }
            }
        });
    }
    tape::with(|graph| graph.remember(comparison));
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
                match compare((*self).into(), (*other).into(), Test::Order) {
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
            compare((*self).into(), (*other).into(), Test::$test) == 1
        }
    };
}

comparisons!(Var, Var);
comparisons!(Var, f64);
comparisons!(f64, Var);

#[cfg(test)]
mod tests {
    use crate::{Var, tape};

    #[test]
    fn loops_do_not_fill_the_graph_with_comparisons() {
        let remembered = || tape::with(|graph| graph.comparisons().len());
        tape::clear();
        let (x, limit) = (Var::new(2.0), Var::new(1.0));
        for step in 0..1000 {
            tape::scope(|| {
                let inner = x * f64::from(step);
                assert!(x > limit && x < 3.0 && inner >= 0.0);
            });
            assert!(x != limit);
        }
        assert_eq!(remembered(), 3);
        tape::clear();
        assert_eq!(remembered(), 0);
    }
}
