//! The keys of nodes and the identities of graphs: what makes a stale or foreign handle detectable.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use slotmap::{Key, KeyData};

slotmap::new_key_type! {
    /// The key of a node in its graph. After the node is freed, the key refers to no other node until the slot has been
    /// reused 2³¹ times.
    ///
    /// ```
    /// use chainrule::{NodeKey, Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0).exp());
    /// let key: NodeKey = y.key().unwrap();
    /// assert_eq!(graph[key].value(), 2.0_f64.exp());
    /// ```
    pub struct NodeKey;
}

impl NodeKey {
    /// The key for this slot and generation.
    pub(crate) fn new(slot: u32, generation: u32) -> Self {
        KeyData::from_ffi(u64::from(generation) << 32 | u64::from(slot)).into()
    }

    /// The key as one number.
    #[inline]
    pub(crate) fn to_bits(self) -> u64 {
        self.data().as_ffi()
    }

    /// The key that [`to_bits`](Self::to_bits) made this number from.
    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Self {
        KeyData::from_ffi(bits).into()
    }

    /// The slot: 1 for the first node recorded, ascending in the order of recording.
    #[inline]
    pub(crate) fn slot(self) -> usize {
        (self.data().as_ffi() & u64::from(u32::MAX)) as usize
    }

    /// The slot's generation, which changes whenever the slot is filled or freed.
    #[inline]
    pub(crate) fn generation(self) -> u32 {
        (self.data().as_ffi() >> 32) as u32
    }
}

/// The identity of a graph: the thread that created it and a serial number there. The default, 0, means no graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct GraphId(u64);

impl GraphId {
    /// An identity that no other live graph of this process has.
    pub(super) fn fresh() -> Self {
        static THREADS: AtomicU32 = AtomicU32::new(1);
        thread_local! {
            static THREAD: u32 = THREADS.fetch_add(1, Ordering::Relaxed);
            static LAST: Cell<u32> = const { Cell::new(0) };
        }
        let serial = LAST.get().wrapping_add(1);
        LAST.set(serial);
        Self(u64::from(THREAD.with(|&thread| thread)) << 32 | u64::from(serial))
    }

    /// The thread that created the graph.
    pub(super) fn thread(self) -> u32 {
        (self.0 >> 32) as u32
    }
}
