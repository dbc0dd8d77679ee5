//! Attends to new nodes: stores the line of source, and stops at a number that is not finite.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, Location};

use super::key::NodeKey;
use super::nodes::Graph;
use super::nonfinite::NonFinite;

thread_local! {
    /// The first value that was not finite since the innermost [`stopping`] began.
    static FOUND: RefCell<Option<Box<NonFinite>>> = const { RefCell::new(None) };
}

/// The payload that unwinds to [`stopping`].
struct Stop;

impl Graph {
    /// Does what the watch says with a new node.
    #[cold]
    #[inline(never)]
    pub(super) fn attend(&mut self, key: NodeKey, at: &'static Location<'static>) {
        if self.watch.lines {
            self.names.set_line(key.slot(), at);
        }
        if self.watch.finite
            && !self.value_of(key).is_finite()
            && let Some(operation) = self.operation(key)
        {
            FOUND.with_borrow_mut(|found| {
                found.get_or_insert_with(|| Box::new(NonFinite::new(operation)));
            });
            // Without unwinding, the work goes on and its result is dropped.
            if cfg!(panic = "unwind") {
                panic::resume_unwind(Box::new(Stop));
            }
        }
    }
}

/// Runs work during which a graph may stop, and returns the value that stopped it.
pub(crate) fn stopping<R>(work: impl FnOnce() -> R) -> Result<R, Box<NonFinite>> {
    let outer = FOUND.take();
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let found = FOUND.replace(outer);
    match (result, found) {
        (Err(payload), _) if !payload.is::<Stop>() => panic::resume_unwind(payload),
        (_, Some(found)) => Err(found),
        (Ok(result), None) => Ok(result),
        (Err(payload), None) => panic::resume_unwind(payload),
    }
}
