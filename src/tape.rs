//! The thread's current graph, which values are recorded on.
//!
//! Every thread records on its own graph. [`scope`] frees the nodes recorded inside it, [`record`] records on a new
//! graph and returns it, and [`named`] gives the nodes recorded inside it a group name for pictures and messages.

#![expect(
    clippy::inline_always,
    reason = "a function call to put the graph back costs 2 ns per node"
)]

use std::cell::Cell;

use crate::call_site::{CallSite, in_place_of_callers};
use crate::error::Result;
use crate::graph::{Graph, GraphId, NodeKey, Stats, Watch, stopping};

thread_local! {
    /// The current graph; `None` before the first use and while it is lent.
    static CURRENT: Cell<Option<Box<Graph>>> = const { Cell::new(None) };

    /// What the current graph does with each new node.
    static WATCH: Cell<Watch> = const { Cell::new(Watch { lines: false, finite: false }) };
}

/// The current graph while it is taken out of [`CURRENT`]; it is put back even if the borrower panics.
struct Lent(Option<Box<Graph>>);

impl Lent {
    #[inline(always)]
    fn put_back(&mut self) {
        if let Some(other) = CURRENT.replace(self.0.take()) {
            reject(other);
        }
    }
}

impl Drop for Lent {
    #[cold]
    fn drop(&mut self) {
        self.put_back();
    }
}

#[cold]
#[inline(never)]
fn reject(_other: Box<Graph>) {
    assert!(std::thread::panicking(), "the current graph was lent twice");
}

/// Lends the current graph to `work`, which must not run the user's code, because that may record too.
///
/// Taking the graph out and putting it back is short enough to be inlined into the caller; a closure run by the
/// thread-local's own `with` is not inlined.
#[inline]
pub(crate) fn with<R>(work: impl FnOnce(&mut Graph) -> R) -> R {
    let mut lent = Lent(CURRENT.take());
    let result = work(lent.0.get_or_insert_with(fresh));
    // Put back here, where the code is inlined; the guard's `drop` is only for panics.
    lent.put_back();
    std::mem::forget(lent);
    result
}

#[cold]
#[inline(never)]
fn fresh() -> Box<Graph> {
    let mut graph = Graph::new();
    graph.set_watch(WATCH.get());
    Box::new(graph)
}

/// Runs `work` while the current graph, and every graph that becomes the current one, does this with each new node.
fn watching<R>(watch: Watch, work: impl FnOnce() -> R) -> R {
    fn set(watch: Watch) -> Watch {
        with(|graph| graph.set_watch(watch));
        WATCH.replace(watch)
    }
    struct Restore(Watch);
    impl Drop for Restore {
        fn drop(&mut self) {
            set(self.0);
        }
    }
    let _restore = Restore(set(watch));
    work()
}

thread_local! {
    /// The reason why a value was just refused, passed from the check to the function that panics.
    static REFUSAL: Cell<&'static str> = const { Cell::new("") };
}

/// Stores the reason for refusing a value, for [`refuse`].
#[cold]
pub(crate) fn keep_refusal(reason: &'static str) {
    REFUSAL.set(reason);
}

/// Panics with the stored reason, at the caller's line.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn refuse() -> ! {
    panic!("{}", REFUSAL.get());
}

/// The name of a node of the current graph, if it has one; `None` while the graph is lent or the thread ends.
pub(crate) fn name(id: GraphId, key: NodeKey) -> Option<String> {
    let graph = CURRENT.try_with(Cell::take).ok()??;
    let name = if graph.holds(id, key) {
        graph.name(key).map(str::to_owned)
    } else {
        None
    };
    CURRENT.set(Some(graph));
    name
}

/// Runs `work`, frees every node it recorded, and returns its result: plain numbers, not [`Var`](crate::Var)s.
///
/// Put it around each step of a loop, so that the graph does not grow. Freeing takes about 3 ns per node. Values
/// recorded before the scope stay alive and can be used inside; a `Var` that leaves the scope is stale, and using it
/// panics with advice. The nodes are freed even if `work` panics.
///
/// ```
/// use chainrule::{Var, tape};
///
/// let mut w = 5.0;
/// for _ in 0..50 {
///     w -= tape::scope(|| {
///         let x = Var::new(w);
///         let loss = (x - 3.0).square();
///         0.2 * loss.backward()[x]
///     });
/// }
/// assert!((w - 3.0).abs() < 1e-9);
/// assert_eq!(tape::stats().nodes, 0);
/// ```
pub fn scope<R>(work: impl FnOnce() -> R) -> R {
    struct Free;
    impl Drop for Free {
        fn drop(&mut self) {
            with(Graph::close_scope);
        }
    }
    with(Graph::open_scope);
    let _free = Free;
    work()
}

/// Runs `work` on a new graph and returns the graph and the result of `work`.
///
/// ```
/// use chainrule::{Var, tape};
///
/// let (graph, (x, y)) = tape::record(|| {
///     let x = Var::new(2.0);
///     (x, x.powi(3))
/// });
/// assert_eq!(graph.backward(&[(y, 1.0)])[x], 12.0);
/// ```
pub fn record<R>(work: impl FnOnce() -> R) -> (Graph, R) {
    let mut graph = Graph::new();
    let result = graph.record(work);
    (graph, result)
}

/// Runs `work` and groups the nodes it records under a name: pictures show a box around them. Groups nest.
///
/// ```
/// use chainrule::{Var, tape};
///
/// let (graph, _) = tape::record(|| {
///     let x = Var::new(2.0);
///     tape::named("layer 1", || tape::named("neuron 1", || (x * 3.0).tanh()))
/// });
/// let labels: Vec<&str> = graph.groups().iter().map(|group| group.label.as_str()).collect();
/// assert_eq!(labels, ["layer 1", "neuron 1"]);
/// ```
pub fn named<R>(label: impl Into<String>, work: impl FnOnce() -> R) -> R {
    struct Close(Option<usize>);
    impl Drop for Close {
        fn drop(&mut self) {
            with(|graph| graph.close_group(self.0));
        }
    }
    let label = label.into();
    let _close = Close(with(|graph| graph.open_group(label)));
    work()
}

/// Runs `work` and stores the line of source with each node that it records, on any graph. Messages then say where a value
/// was recorded: a [`Diagnosis`](crate::Diagnosis), a [`NonFinite`](crate::NonFinite), a report of [`check`](mod@crate::check), for graphs and for
/// the programs traced meanwhile.
///
/// Lines are stored per thread, and not for constants, which have no node. It takes 8 bytes and about 3 ns per node, less than a
/// tenth of a gradient's time. A node that library code records has that code's line.
///
/// ```
/// use chainrule::{Var, tape};
///
/// let y = tape::located(|| Var::new(-1.0).ln());
/// let message = y.first_nonfinite().unwrap().to_string();
/// assert!(message.contains("Ln(-1.0) = NaN") && message.contains(".rs:"), "{message}");
/// ```
pub fn located<R>(work: impl FnOnce() -> R) -> R {
    let watch = Watch {
        lines: true,
        ..WATCH.get()
    };
    watching(watch, work)
}

/// Runs `work` as if it were called at another place: comparisons made inside and lines [stored](located) inside have this
/// place instead of the line of Rust.
///
/// It serves code of another language that calls this crate, so that an error names a line which its author can look up.
///
/// ```
/// use chainrule::{CallSite, Program, tape};
///
/// let f = Program::trace_at(&[1.0], |x| {
///     let negative = tape::called_from(CallSite::new("model.py", 7, 0), || x[0] < 0.0);
///     if negative { -x[0] } else { x[0] }
/// })?;
/// let error = f.value(&[-1.0]).unwrap_err();
/// assert!(error.to_string().starts_with("the comparison at model.py:7 took a different branch"));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn called_from<R>(site: CallSite, work: impl FnOnce() -> R) -> R {
    in_place_of_callers(site, work)
}

/// Runs `work` without lines of source, which would be those of the library.
pub(crate) fn without_lines<R>(work: impl FnOnce() -> R) -> R {
    let watch = Watch {
        lines: false,
        ..WATCH.get()
    };
    watching(watch, work)
}

/// Runs `work` and stops at the first node with an infinite or NaN value that it records on this thread. Also stores the line
/// of source with each node, as [`located`] does.
///
/// It stops by unwinding, like a panic but without a message. If panics are set to abort, `work` goes on, and its result is
/// dropped. Nodes recorded so far stay on the graph.
///
/// ```
/// use chainrule::{Var, tape};
///
/// let (x, y) = (Var::new(0.0), Var::new(1.0));
/// let error = tape::check_finite(|| y / x + 1.0).unwrap_err();
/// assert!(error.to_string().starts_with("not finite: Div(1.0, 0.0) = inf"));
/// assert_eq!(tape::check_finite(|| (y + 1.0).value())?, 2.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`NonFinite`](crate::ErrorKind::NonFinite): the operation with the first such value. The error's source is a
/// [`NonFinite`](crate::NonFinite).
pub fn check_finite<R>(work: impl FnOnce() -> R) -> Result<R> {
    let watch = Watch {
        lines: true,
        finite: true,
    };
    stopping(|| watching(watch, work)).map_err(|found| found.into_error())
}

/// Runs `work` on a new graph that neither stores lines nor stops, for the library's own searches.
pub(crate) fn record_plainly<R>(work: impl FnOnce() -> R) -> (Graph, R) {
    watching(Watch::default(), || record(work))
}

/// The number of nodes on the thread's current graph and the memory they take.
///
/// ```
/// use chainrule::{Var, tape};
/// let before = tape::stats().nodes;
/// let _y = Var::new(2.0) + 1.0;
/// assert_eq!(tape::stats().nodes, before + 2);
/// ```
pub fn stats() -> Stats {
    with(|graph| graph.stats())
}

/// Frees every node of the thread's current graph; every [`Var`](crate::Var) recorded on it becomes stale.
///
/// The memory is kept for later nodes.
///
/// ```
/// use chainrule::{Var, tape};
/// let _y = Var::new(2.0) + 1.0;
/// tape::clear();
/// assert_eq!(tape::stats().nodes, 0);
/// ```
pub fn clear() {
    with(Graph::clear);
}

impl Graph {
    /// Runs `work` with this graph as the thread's current one, so that values are recorded on it.
    ///
    /// Afterwards the previous graph is current again, even if `work` panics.
    ///
    /// ```
    /// use chainrule::{Graph, Var};
    /// let mut graph = Graph::new();
    /// let x = graph.record(|| Var::new(2.0));
    /// let y = graph.record(|| x * x); // continues on the same graph
    /// assert_eq!(graph.backward(&[(y, 1.0)])[x], 4.0);
    /// ```
    pub fn record<R>(&mut self, work: impl FnOnce() -> R) -> R {
        /// Makes this graph the current one, and keeps the one that was.
        fn swap(graph: &mut Graph) {
            with(|current| {
                std::mem::swap(current, graph);
                current.set_watch(WATCH.get());
            });
        }
        struct Restore<'a>(&'a mut Graph);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                swap(self.0);
            }
        }
        swap(self);
        let _restore = Restore(self);
        work()
    }
}
