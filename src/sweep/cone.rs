//! The cone of outputs: the nodes that they depend on, found at a cost that depends on the cone and not on the graph.

use rustc_hash::FxHashMap;

use crate::graph::{Graph, NodeKey};

/// Up to this number of slots, clearing them all is cheaper than a search.
const FEW: usize = 1 << 10;

/// A cone with at least one slot of this number is swept like the whole range: passing over an idle slot takes about a
/// nanosecond, and finding a node of the cone about as long as passing over this number.
const SHARE: usize = 128;

/// A small cone: its slots in ascending order, and the index of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Cone {
    pub(super) slots: Vec<u32>,
    places: FxHashMap<u32, u32>,
}

impl Cone {
    /// The cone of these nodes without slots below `floor`, if it is small beside the range of slots from `floor` to the
    /// highest of the nodes. The search is given up after a small part of the work that a sweep over the range takes.
    pub(super) fn small(graph: &Graph, outputs: &[NodeKey], floor: usize) -> Option<Self> {
        let top = outputs.iter().map(|key| key.slot()).max().unwrap_or(0);
        let range = (top + 1).saturating_sub(floor);
        if range <= FEW {
            return None;
        }
        Self::find(graph, outputs, floor, range / SHARE)
    }

    /// The whole cone of these nodes.
    pub(super) fn whole(graph: &Graph, outputs: &[NodeKey]) -> Self {
        Self::find(graph, outputs, 0, usize::MAX).unwrap_or_default()
    }

    /// The cone without slots below `floor`; `None` if it has more operands and outputs than `most`.
    fn find(graph: &Graph, outputs: &[NodeKey], floor: usize, most: usize) -> Option<Self> {
        let mut places = FxHashMap::default();
        let mut slots = Vec::new();
        let mut left = most;
        let mut add = |slots: &mut Vec<u32>, keys: &[NodeKey]| -> Option<()> {
            left = left.checked_sub(keys.len())?;
            for key in keys {
                let slot = key.slot();
                if slot >= floor && places.insert(slot as u32, 0).is_none() {
                    slots.push(slot as u32);
                }
            }
            Some(())
        };
        add(&mut slots, outputs)?;
        let mut visited = 0;
        while let Some(&slot) = slots.get(visited) {
            add(&mut slots, graph.node_at(slot as usize).operands())?;
            visited += 1;
        }
        slots.sort_unstable();
        for (place, slot) in slots.iter().enumerate() {
            places.insert(*slot, place as u32);
        }
        Some(Self { slots, places })
    }

    /// The index of a slot, if it is in the cone.
    #[inline]
    pub(super) fn place(&self, slot: usize) -> Option<usize> {
        self.places.get(&(slot as u32)).map(|&place| place as usize)
    }
}
