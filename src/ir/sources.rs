//! Where the values of code were recorded.

use std::sync::Arc;

use crate::graph::{Graph, Names, Origin};

/// The names, groups and lines of the graph that code was traced from, and the slot of each value there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// `None` if no node had a name, a group or a line.
    names: Option<Arc<Names>>,
    /// By value; 0 if the value has no node. Values after the end have none. Values of a derivative are marked.
    slots: Vec<u32>,
}

/// Marks a value that was appended for the derivative of the node in the slot.
const DERIVATIVE: u32 = 1 << 31;

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

    /// The names of the graph, and the node of each value there, 0 if it has none; negative if the value belongs to the
    /// derivative of the node.
    #[cfg(feature = "serde")]
    pub(super) fn nodes(&self) -> Option<(&Names, Vec<i32>)> {
        let signed = |&slot: &u32| {
            let node = (slot & !DERIVATIVE).cast_signed();
            if slot & DERIVATIVE == 0 { node } else { -node }
        };
        let names = self.names.as_deref()?;
        Some((names, self.slots.iter().map(signed).collect()))
    }

    /// The sources with these names, and these nodes of the values.
    #[cfg(feature = "serde")]
    pub(super) fn loaded(names: Names, nodes: &[i32]) -> Self {
        let slot = |&node: &i32| {
            let mark = if node < 0 { DERIVATIVE } else { 0 };
            node.unsigned_abs() | mark
        };
        Self {
            names: Some(Arc::new(names)),
            slots: nodes.iter().map(slot).collect(),
        }
    }

    /// Whether any name, group or line is known.
    pub(crate) fn are_known(&self) -> bool {
        self.names.is_some()
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

    /// Says which value's adjoint was passed on by appended code: each list begins at a value and ends where the next begins,
    /// the last at `count`.
    pub(crate) fn append_derivatives(&mut self, lists: &[(u32, u32)], count: usize) {
        if self.names.is_none() {
            return;
        }
        let ends = lists.iter().skip(1).map(|&(start, _)| start as usize);
        for (&(start, of), end) in lists.iter().zip(ends.chain([count])) {
            let slot = self.slots.get(of as usize).copied().unwrap_or(0);
            let slot = if slot == 0 { 0 } else { slot | DERIVATIVE };
            self.slots.resize(start as usize, 0);
            self.slots.resize(end, slot);
        }
    }

    /// Where a value was recorded. Without a name, a group or a line, only the value's own index is known.
    pub(super) fn origin(&self, value: usize) -> Origin {
        let slot = self.slots.get(value).filter(|&&slot| slot != 0);
        let known = self.names.as_ref().zip(slot);
        let mut origin = known.map_or_else(Origin::default, |(names, &slot)| Origin {
            is_derivative: slot & DERIVATIVE != 0,
            ..names.origin((slot & !DERIVATIVE) as usize)
        });
        origin.node = value;
        origin
    }
}
