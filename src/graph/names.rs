//! Names of nodes, groups (named stretches of recording), and lines of source.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::Location;

use crate::call_site::{CallSite, instead};

/// A named stretch of recording, made by [`tape::named`](crate::tape::named).
///
/// ```
/// use chainrule::{Group, Var, tape};
///
/// let (graph, _) = tape::record(|| tape::named("layer", || tape::named("neuron", || Var::new(2.0))));
/// let groups: &[Group] = graph.groups();
/// assert_eq!((groups[0].label.as_str(), groups[0].parent), ("layer", None));
/// assert_eq!((groups[1].label.as_str(), groups[1].parent), ("neuron", Some(0)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub label: String,
    /// The enclosing group, as an index into [`Graph::groups`](crate::Graph::groups).
    pub parent: Option<usize>,
    /// The slots of the nodes recorded in it; the end is `usize::MAX` while it is being recorded.
    pub(super) slots: Range<usize>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(super) nodes: BTreeMap<usize, String>,
    pub(super) groups: Vec<Group>,
    /// The innermost group being recorded.
    pub(super) open: Option<usize>,
    /// By slot: the line of source that recorded the node, if it was stored.
    pub(super) lines: Vec<Option<&'static Location<'static>>>,
    /// By slot: the lines that are not of this program, because they were loaded or stand in for it.
    pub(super) loaded: BTreeMap<usize, CallSite>,
}

impl Names {
    /// Whether nothing has a name, a group or a line.
    pub(crate) fn is_empty(&self) -> bool {
        let lines = self.lines.is_empty() && self.loaded.is_empty();
        lines && self.nodes.is_empty() && self.groups.is_empty()
    }

    /// The innermost group around a slot.
    pub(super) fn group_of(&self, slot: usize) -> Option<usize> {
        // The last group that begins at or before the slot contains it, or one of that group's enclosing groups does.
        let mut candidate = self
            .groups
            .partition_point(|group| group.slots.start <= slot)
            .checked_sub(1);
        while let Some(index) = candidate {
            if self.groups[index].slots.contains(&slot) {
                return candidate;
            }
            candidate = self.groups[index].parent;
        }
        None
    }

    /// Stores the line of source that recorded the node in a slot.
    pub(super) fn set_line(&mut self, slot: usize, at: &'static Location<'static>) {
        if let Some(site) = instead() {
            self.loaded.insert(slot, site);
            return;
        }
        self.lines.resize(slot, None);
        self.lines.push(Some(at));
    }

    /// The line of source that recorded the node in a slot, if it is known. A line of the standard library, which calls operators
    /// in `sum`, is of no use.
    pub(super) fn line(&self, slot: usize) -> Option<CallSite> {
        let here = self.lines.get(slot).copied().flatten();
        let here = here.filter(|at| !at.file().starts_with("/rustc/"));
        here.map(CallSite::from)
            .or_else(|| self.loaded.get(&slot).cloned())
    }

    /// Removes the names of nodes above slot `len`, and shortens or removes the groups that reach above it.
    ///
    /// Groups are sorted by their first slot, so only the last ones are affected: the cost is proportional to what is
    /// freed, not to the number of groups.
    pub(super) fn truncate(&mut self, len: usize) {
        self.lines.truncate(len + 1);
        self.loaded.split_off(&(len + 1));
        if self
            .nodes
            .last_key_value()
            .is_some_and(|(&slot, _)| slot > len)
        {
            self.nodes.split_off(&(len + 1));
        }
        // Every open group stays, because it began before anything recorded now; closed groups inside it can be
        // removed.
        let open = self.open.map_or(0, |open| open + 1);
        while self.groups.len() > open && self.groups[self.groups.len() - 1].slots.start > len {
            self.groups.pop();
        }
        // Of the groups before the last one, only those that enclose it can reach above `len`. The exception is a `len`
        // of 0, which is possible inside an open group: then every group does.
        let next = |groups: &[Group], index: usize| match len {
            0 => index.checked_sub(1),
            _ => groups[index].parent,
        };
        let mut last = self.groups.len().checked_sub(1);
        while let Some(index) = last {
            let slots = &mut self.groups[index].slots;
            slots.start = slots.start.min(len + 1);
            if slots.end != usize::MAX {
                slots.end = slots.end.min(len + 1);
            }
            last = next(&self.groups, index);
        }
    }
}
