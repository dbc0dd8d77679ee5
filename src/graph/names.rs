//! Names of nodes, and of the stretches of recording they stand in.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Graph, NodeKey};

/// A named stretch of recording, from [`tape::named`](crate::tape::named).
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
    /// The group around it, as its place in [`Graph::groups`].
    pub parent: Option<usize>,
    /// The slots of the nodes recorded in it; without end while it is being recorded.
    slots: Range<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Names {
    nodes: BTreeMap<usize, String>,
    groups: Vec<Group>,
    /// The group being recorded.
    open: Option<usize>,
}

impl Names {
    /// Forgets the names of nodes above slot `len`, and what of groups lies there.
    ///
    /// Groups stand in the order of their beginnings, so only the last ones can be concerned: the work is that of what is
    /// freed, however many groups there are.
    pub(super) fn truncate(&mut self, len: usize) {
        if self
            .nodes
            .last_key_value()
            .is_some_and(|(&slot, _)| slot > len)
        {
            self.nodes.split_off(&(len + 1));
        }
        // Every group that is open began before what is recorded now; those inside it that are closed can go.
        let open = self.open.map_or(0, |open| open + 1);
        while self.groups.len() > open && self.groups[self.groups.len() - 1].slots.start > len {
            self.groups.pop();
        }
        // Groups before the last one ended where it begins; those around it may reach as far as it does. Only when nothing
        // is left, which is possible inside a group that is open, earlier ones lie there too.
        let around = |groups: &[Group], index: usize| match len {
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
            last = around(&self.groups, index);
        }
    }
}

impl Graph {
    /// The name given to a node with [`Var::named`](crate::Var::named).
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, x) = tape::record(|| Var::new(2.0).named("x"));
    /// assert_eq!(graph.name(x.key().unwrap()), Some("x"));
    /// ```
    pub fn name(&self, key: NodeKey) -> Option<&str> {
        self.get(key)?;
        self.names.nodes.get(&key.slot()).map(String::as_str)
    }

    /// The named stretches of recording, each after the one around it.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, _) = tape::record(|| tape::named("layer 1", || Var::new(2.0)));
    /// assert_eq!(graph.groups()[0].label, "layer 1");
    /// ```
    pub fn groups(&self) -> &[Group] {
        &self.names.groups
    }

    /// The innermost group a node was recorded in, as its place in [`Graph::groups`].
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     (x, tape::named("square", || x * x))
    /// });
    /// assert_eq!(graph.group_of(x.key().unwrap()), None);
    /// assert_eq!(graph.group_of(y.key().unwrap()), Some(0));
    /// ```
    pub fn group_of(&self, key: NodeKey) -> Option<usize> {
        let groups = &self.names.groups;
        let slot = key.slot();
        // The last group that begins at or before the slot holds it, or one of the groups around that one does.
        let mut candidate = groups
            .partition_point(|group| group.slots.start <= slot)
            .checked_sub(1);
        while let Some(index) = candidate {
            if groups[index].slots.contains(&slot) {
                return candidate;
            }
            candidate = groups[index].parent;
        }
        None
    }

    pub(crate) fn set_name(&mut self, key: NodeKey, name: String) {
        self.names.nodes.insert(key.slot(), name);
    }

    /// Begins a group and gives the one that was open, for [`close_group`](Self::close_group).
    pub(crate) fn open_group(&mut self, label: String) -> Option<usize> {
        let start = self.len() + 1;
        let parent = self.names.open.replace(self.names.groups.len());
        self.names.groups.push(Group {
            label,
            parent,
            slots: start..usize::MAX,
        });
        parent
    }

    /// Ends the open group.
    pub(crate) fn close_group(&mut self, parent: Option<usize>) {
        let end = self.len() + 1;
        if let Some(open) = self.names.open
            && let Some(group) = self.names.groups.get_mut(open)
        {
            group.slots.end = end;
            // A group without nodes, such as one around a scope, leaves nothing behind.
            if group.slots.is_empty() && open + 1 == self.names.groups.len() {
                self.names.groups.pop();
            }
        }
        self.names.open = parent;
    }
}
