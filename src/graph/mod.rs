//! The graph: a slotmap with one node per recorded number; each node lists its operands.
//!
//! Nodes are only appended, and freed only from the end. So slots ascend in the order of recording, and a node's
//! operands are always in lower slots than the node. [`view`] implements petgraph's traits for the graph.

mod attend;
mod comparison;
mod generations;
mod key;
mod lists;
mod names;
mod naming;
mod nodes;
mod nonfinite;
mod operation;
mod order;
mod origin;
#[cfg(feature = "serde")]
mod saved;
mod view;
mod watch;

pub(crate) use attend::stopping;
pub(crate) use comparison::{Comparison, INDEX_LIMIT, Outcome, Side, Test, index_of};
pub(crate) use generations::Alive;
pub(crate) use key::GraphId;
pub use key::NodeKey;
pub(crate) use lists::Lists;
pub use names::Group;
pub(crate) use names::Names;
pub(crate) use nodes::Constant;
pub use nodes::{Graph, Node, Stats};
pub(crate) use nonfinite::KEPT;
pub use nonfinite::{NonFinite, Term};
pub use operation::Operation;
pub use origin::Origin;
#[cfg(feature = "serde")]
pub(crate) use saved::NamesForm;
pub use view::{Consumers, Operand, Visited};
pub(crate) use watch::Watch;
