//! Where a value was recorded: its name, its groups, and the line of source.

use std::fmt;

use super::key::NodeKey;
use super::names::Names;
use super::nodes::Graph;
use crate::call_site::CallSite;
use crate::letters::shown;

/// Where a value was recorded: its name, the groups around it, and the line of source, if they are known.
///
/// Names are given by [`Var::named`](crate::Var::named), groups by [`tape::named`](crate::tape::named), and lines are stored
/// inside [`tape::located`](crate::tape::located).
///
/// ```
/// use chainrule::{Var, tape};
///
/// let (graph, w) = tape::record(|| tape::named("layer 1", || Var::new(2.0).named("w3")));
/// let origin = graph.origin(w.key().unwrap()).unwrap();
/// assert_eq!(origin.path().unwrap(), "layer 1/w3");
/// assert_eq!(origin.to_string(), "`layer 1/w3`");
///
/// let (graph, y) = tape::record(|| tape::located(|| Var::new(2.0) + 1.0));
/// let origin = graph.origin(y.key().unwrap()).unwrap();
/// assert!(origin.location.unwrap().file().ends_with(".rs"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The node's number in the order of recording, from 1; in a program, the index of the value in its code.
    pub node: usize,
    /// The node's name.
    pub name: Option<String>,
    /// The names of the groups around it, outermost first.
    pub groups: Vec<String>,
    /// The line of source that recorded it.
    pub location: Option<CallSite>,
    /// Whether it is a value on the way to the derivative with respect to the operands of the one that is described here. Only
    /// the code of programs has such values.
    pub is_derivative: bool,
}

impl Origin {
    /// The groups and the name, with slashes between them; `None` without a name.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, x) = tape::record(|| Var::new(2.0).named("x"));
    /// assert_eq!(graph.origin(x.key().unwrap()).unwrap().path().unwrap(), "x");
    /// ```
    pub fn path(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        let mut path = self.groups.join("/");
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(name);
        Some(path)
    }
}

impl fmt::Display for Origin {
    /// The path or the number, and the line: `` `layer 1/w3` at src/main.rs:7:21 ``, `node 5 in layer 1`. Hidden letters of
    /// names are escaped, as in `\u{202e}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_derivative {
            f.write_str("in the derivative of ")?;
        }
        match self.path() {
            Some(path) => write!(f, "`{}`", shown(&path))?,
            None => write!(f, "node {}", self.node)?,
        }
        if self.name.is_none() && !self.groups.is_empty() {
            write!(f, " in {}", shown(&self.groups.join("/")))?;
        }
        match &self.location {
            Some(at) => write!(f, " at {at}"),
            None => Ok(()),
        }
    }
}

impl Graph {
    /// Where a node was recorded; `None` if it is not alive in this graph.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, x) = tape::record(|| Var::new(2.0));
    /// assert_eq!(graph.origin(x.key().unwrap()).unwrap().to_string(), "node 1");
    /// ```
    pub fn origin(&self, key: NodeKey) -> Option<Origin> {
        self.get(key)?;
        Some(self.names.origin(key.slot()))
    }
}

impl Names {
    /// Where the node in a slot was recorded.
    pub(crate) fn origin(&self, slot: usize) -> Origin {
        let mut groups = Vec::new();
        let mut group = self.group_of(slot);
        while let Some(index) = group {
            groups.push(self.groups[index].label.clone());
            group = self.groups[index].parent;
        }
        groups.reverse();
        Origin {
            node: slot,
            name: self.nodes.get(&slot).cloned(),
            groups,
            location: self.line(slot),
            is_derivative: false,
        }
    }
}
