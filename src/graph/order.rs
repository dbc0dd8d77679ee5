//! The order that was computed last.

use std::sync::Arc;

use super::key::NodeKey;

/// The last order that was computed. Recording changes no earlier node, so only freeing nodes invalidates it.
#[derive(Debug, Default)]
pub(super) struct CachedOrder {
    pub(super) outputs: Vec<NodeKey>,
    pub(super) order: Arc<[NodeKey]>,
}

impl CachedOrder {
    /// Forgets the order if one of its outputs is above slot `len` and is freed.
    pub(super) fn forget(&mut self, len: usize) {
        if self.outputs.iter().any(|output| output.slot() > len) {
            *self = Self::default();
        }
    }
}
