//! One recorded operation with its numbers, as messages show it.

use std::fmt;

use super::key::NodeKey;
use super::nodes::Graph;
use super::origin::Origin;
use crate::op::Op;

/// The most operands that are written out.
const WRITTEN: usize = 8;

/// One recorded operation: the numbers that it was given and computed, and where it was recorded.
///
/// ```
/// use chainrule::{Var, tape};
///
/// let (graph, y) = tape::record(|| (Var::new(2.0) * 3.0).named("y"));
/// let operation = graph.operation(y.key().unwrap()).unwrap();
/// assert_eq!((&operation.operands[..], operation.value), (&[2.0, 3.0][..], 6.0));
/// assert_eq!(operation.to_string(), "Mul(2.0, 3.0) = 6.0, `y`");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Operation {
    /// The operation.
    pub op: Op,
    /// The values of its operands, in order.
    pub operands: Vec<f64>,
    /// Its result.
    pub value: f64,
    /// Where it was recorded.
    pub origin: Origin,
}

impl Operation {
    /// A constant, which has no node.
    pub(crate) fn constant(value: f64) -> Self {
        Self {
            op: Op::Input,
            operands: Vec::new(),
            value,
            origin: Origin::default(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.op.row().name)?;
        if self.op != Op::Input {
            let written = self.operands.iter().take(WRITTEN);
            let operands: Vec<String> = written.map(|x| format!("{x:?}")).collect();
            write!(f, "({}", operands.join(", "))?;
            if self.operands.len() > WRITTEN {
                write!(f, ", and {} more", self.operands.len() - WRITTEN)?;
            }
            f.write_str(")")?;
        }
        write!(f, " = {:?}, {}", self.value, self.origin)
    }
}

impl Graph {
    /// The operation of a node with its numbers; `None` if the node is not alive in this graph.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0).exp());
    /// assert_eq!(graph.operation(y.key().unwrap()).unwrap().operands, [2.0]);
    /// ```
    pub fn operation(&self, key: NodeKey) -> Option<Operation> {
        let node = self.get(key)?;
        let operands = node.each_argument(|key| self.value_of(key), |constant| constant);
        Some(Operation {
            op: node.op(),
            operands: operands.to_vec(),
            value: node.value(),
            origin: self.names.origin(key.slot()),
        })
    }
}
