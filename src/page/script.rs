//! The graph as JavaScript: from the inputs to every value and every local gradient.
//!
//! The nodes are recorded again on a graph of their own, and after them their partials, with the same rows of the table that
//! the sweep and the recorded gradient use. Then every node of that graph is one line, and only the values of operations need
//! JavaScript.

use std::collections::BTreeSet;
use std::fmt;

use super::javascript;
use super::literal::Number;
use crate::graph::{Graph, NodeKey};
use crate::op::Op;
use crate::picture::Snapshot;
use crate::tape;
use crate::var::Var;

/// The JavaScript of a graph; its `Display` defines `evaluate(inputs)`, which returns values and local gradients.
pub(super) struct Script {
    graph: Graph,
    /// The local gradients of each node.
    locals: Vec<Vec<Var>>,
}

impl Script {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let nodes = &snapshot.nodes;
        let (graph, locals) = tape::record(|| {
            let mut values: Vec<Var> = Vec::with_capacity(nodes.len());
            let mut operands: Vec<Vec<Var>> = Vec::with_capacity(nodes.len());
            for node in nodes {
                let sources = node.operands.iter().map(|operand| {
                    let place = operand.node();
                    place.map_or_else(|| Var::from(operand.value), |place| values[place])
                });
                let sources: Vec<Var> = sources.collect();
                let applied = node.op.apply(&sources);
                values.push(applied.unwrap_or_else(|| Var::new(node.var.peek())));
                operands.push(sources);
            }
            let made = nodes.iter().zip(operands.iter().zip(&values));
            made.map(|(node, (sources, &value))| node.op.partials(sources, value))
                .collect()
        });
        Self { graph, locals }
    }
}

/// A value in the script: a place of the array `v`, or the number of a constant.
struct Name(Var);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.key() {
            Some(key) => write!(f, "v[{}]", place(key)),
            None => write!(f, "{}", Number(self.0.value())),
        }
    }
}

/// The place of a node in the array `v`: slots begin with 1.
fn place(key: NodeKey) -> usize {
    key.slot() - 1
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used: BTreeSet<Op> = self.graph.iter().map(|(_, node)| node.op()).collect();
        for op in used {
            if let Some(function) = javascript::function(op) {
                writeln!(f, "const {} = {function};", op.row().name)?;
            }
        }
        writeln!(f, "function evaluate(inputs) {{\nconst v = [];\nlet i = 0;")?;
        for (key, node) in self.graph.iter() {
            write!(f, "v[{}] = ", place(key))?;
            if node.op() == Op::Input {
                // Inputs after the nodes of the snapshot are constants that a partial recorded.
                if place(key) < self.locals.len() {
                    writeln!(f, "inputs[i++];")?;
                } else {
                    writeln!(f, "{};", Number(node.value()))?;
                }
                continue;
            }
            let operands = node.arguments(|operand| Var::at(&self.graph, operand));
            let many = matches!(node.op(), Op::Nary(_));
            let (open, close) = if many { ("[", "]") } else { ("", "") };
            write!(f, "{}({open}", node.op().row().name)?;
            for (place, &operand) in operands.iter().enumerate() {
                let comma = if place > 0 { ", " } else { "" };
                write!(f, "{comma}{}", Name(operand))?;
            }
            writeln!(f, "{close});")?;
        }
        writeln!(f, "const locals = [")?;
        for locals in &self.locals {
            f.write_str("[")?;
            for &local in locals {
                write!(f, "{},", Name(local))?;
            }
            writeln!(f, "],")?;
        }
        writeln!(f, "];\nv.length = {};", self.locals.len())?;
        writeln!(f, "return {{ values: v, locals }};\n}}")
    }
}
