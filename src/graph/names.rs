//! Names of nodes, and groups: named stretches of recording.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Graph, NodeKey};

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
    /// The enclosing group, as an index into [`Graph::groups`].
    pub parent: Option<usize>,
    /// The slots of the nodes recorded in it; the end is `usize::MAX` while it is being recorded.
    slots: Range<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Names {
    nodes: BTreeMap<usize, String>,
    groups: Vec<Group>,
    /// The innermost group being recorded.
    open: Option<usize>,
}

impl Names {
    /// Removes the names of nodes above slot `len`, and shortens or removes the groups that reach above it.
    ///
    /// Groups are sorted by their first slot, so only the last ones are affected: the cost is proportional to what is
    /// freed, not to the number of groups.
    pub(super) fn truncate(&mut self, len: usize) {
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

impl Graph {
    /// The name that [`Var::named`](crate::Var::named) gave to a node.
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

    /// All groups, each after the group that encloses it.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, _) = tape::record(|| tape::named("layer 1", || Var::new(2.0)));
    /// assert_eq!(graph.groups()[0].label, "layer 1");
    /// ```
    pub fn groups(&self) -> &[Group] {
        &self.names.groups
    }

    /// The innermost group that a node was recorded in, as an index into [`Graph::groups`].
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
        // The last group that begins at or before the slot contains it, or one of that group's enclosing groups does.
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

    /// Begins a group and returns the one that was open, to be passed to [`close_group`](Self::close_group).
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

    /// Ends the open group and makes `parent` the open one.
    pub(crate) fn close_group(&mut self, parent: Option<usize>) {
        let end = self.len() + 1;
        if let Some(open) = self.names.open
            && let Some(group) = self.names.groups.get_mut(open)
        {
            group.slots.end = end;
            // An empty group is removed, for example one around a scope.
            if group.slots.is_empty() && open + 1 == self.names.groups.len() {
                self.names.groups.pop();
            }
        }
        self.names.open = parent;
    }
}
