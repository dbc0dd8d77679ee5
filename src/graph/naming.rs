//! Naming nodes and opening groups.

use super::key::NodeKey;
use super::names::{Group, Names};
use super::nodes::Graph;

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
        self.names.group_of(key.slot())
    }

    /// The keys of the nodes that have names, in the order of recording.
    pub(crate) fn named_keys(&self) -> impl Iterator<Item = NodeKey> + '_ {
        self.names.nodes.keys().map(|&slot| self.key_at(slot))
    }

    /// The names, groups and lines of all nodes.
    pub(crate) fn names(&self) -> &Names {
        &self.names
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
