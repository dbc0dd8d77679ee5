//! Finds recorded values by name.

use super::Var;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::tape;

/// The most names that an error lists.
const LISTED: usize = 8;

impl Var {
    /// The value with this name on the current graph; see [`Graph::find`].
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// tape::named("layer 1", || Var::new(2.0).named("w3"));
    /// assert_eq!(Var::find("layer 1/w3")?, 2.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Graph::find`].
    pub fn find(path: &str) -> Result<Self> {
        tape::with(|graph| graph.find(path))
    }
}

impl Graph {
    /// The value with this name. Groups can stand before the name, with slashes: `layer 1/w3`. They can be left out from the
    /// front, as long as only one value fits; a value whose whole [path](crate::Origin::path) is given always fits best.
    ///
    /// It looks at every name, and takes time in proportion to their number.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    ///
    /// let (graph, y) = tape::record(|| {
    ///     let layer = |label: &str, x: Var| tape::named(label, || (x * Var::new(2.0).named("w")).named("sum"));
    ///     layer("layer 2", layer("layer 1", Var::new(3.0).named("x")))
    /// });
    /// let grads = graph.backward(&[(y, 1.0)]);
    /// assert_eq!(grads[graph.find("x")?], 4.0);
    /// assert_eq!(grads[graph.find("layer 2/w")?], 6.0);
    /// assert_eq!(
    ///     graph.find("w").unwrap_err().to_string(),
    ///     "path: 2 values are named `w`: `layer 1/w`, `layer 2/w`; write the groups before the name"
    /// );
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if no value has this name, or several have.
    pub fn find(&self, path: &str) -> Result<Var> {
        let named = self.named();
        let whole = named.iter().filter(|(name, _)| name == path);
        let mut fitting: Vec<_> = whole.collect();
        let advice = if fitting.is_empty() {
            "write the groups before the name"
        } else {
            "give each a name or a group of its own"
        };
        if fitting.is_empty() {
            let ends = |name: &str| {
                name.strip_suffix(path)
                    .is_some_and(|rest| rest.ends_with('/'))
            };
            fitting = named.iter().filter(|(name, _)| ends(name)).collect();
        }
        let list = |names: &[&(String, Var)]| {
            let listed = names.iter().take(LISTED);
            let mut list: Vec<String> = listed.map(|(name, _)| format!("`{name}`")).collect();
            if names.len() > LISTED {
                list.push(String::from("…"));
            }
            list.join(", ")
        };
        let problem = match fitting[..] {
            [(_, x)] => return Ok(*x),
            [] if named.is_empty() => format!("no value is named `{path}`: no value has a name"),
            [] => {
                let all: Vec<_> = named.iter().collect();
                format!("no value is named `{path}`; there are {}", list(&all))
            }
            _ => format!(
                "{} values are named `{path}`: {}; {advice}",
                fitting.len(),
                list(&fitting)
            ),
        };
        Err(Error::argument("path", problem))
    }

    /// All values that have a name, with their [paths](crate::Origin::path), in the order of recording.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(2.0).named("x");
    ///     (x, tape::named("square", || (x * x).named("y")))
    /// });
    /// assert_eq!(graph.named(), [("x".to_string(), x), ("square/y".to_string(), y)]);
    /// ```
    pub fn named(&self) -> Vec<(String, Var)> {
        let keys = self.named_keys();
        let path = |key| self.origin(key)?.path();
        keys.filter_map(|key| Some((path(key)?, Var::at(self, key))))
            .collect()
    }
}
