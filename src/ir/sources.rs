//! Where the values of code were recorded.

use std::sync::Arc;

use crate::graph::{Graph, Names, Origin};

/// The names, groups and lines of the graph that code was traced from, and the slot of each value there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// `None` if no node had a name, a group or a line.
    names: Option<Arc<Names>>,
    /// By value; 0 if the value has no node. Values after the end have none.
    slots: Vec<u32>,
}

impl Sources {
    /// The sources of values recorded on a graph, where `values` gives the value of each slot.
    pub(super) fn new(graph: &Graph, values: &[u32], count: usize) -> Self {
        if graph.names().is_empty() {
            return Self::default();
        }
        let mut slots = vec![0; count];
        for (slot, &value) in values.iter().enumerate() {
            if let Some(place) = slots.get_mut(value as usize) {
                *place = slot as u32;
            }
        }
        Self {
            names: Some(Arc::new(graph.names().clone())),
            slots,
        }
    }

    /// The same names, without values.
    pub(super) fn emptied(&self) -> Self {
        Self {
            names: self.names.clone(),
            slots: Vec::new(),
        }
    }

    /// Says that a value, which is the last one or an earlier one, was made from one of the values of `old`.
    pub(super) fn carry(&mut self, value: usize, old: &Self, from: usize) {
        if self.names.is_some() && self.slots.len() <= value {
            self.slots.resize(value, 0);
            self.slots.push(old.slots.get(from).copied().unwrap_or(0));
        }
    }

    /// Where a value was recorded. Without a name, a group or a line, only the value's own index is known.
    pub(super) fn origin(&self, value: usize) -> Origin {
        let slot = self.slots.get(value).filter(|&&slot| slot != 0);
        let known = self.names.as_ref().zip(slot);
        let mut origin = known.map_or_else(Origin::default, |(names, &slot)| {
            names.origin(slot as usize)
        });
        origin.node = value;
        origin
    }
}
