//! The graph as JavaScript: from the inputs to every value and every local gradient.
//!
//! The gates are recorded anew on a graph of their own, and after them their partials, by the same rows of the table that
//! the sweep and the recorded gradient use. Then every node of that graph is one line; only an operation's value has to be
//! said in JavaScript, which its row does.

use std::collections::BTreeMap;
use std::fmt;

use super::literal::Number;
use crate::explain::{Gate, Source};
use crate::graph::{Graph, NodeKey};
use crate::op::Op;
use crate::tape;
use crate::var::Var;

/// Functions and lines of JavaScript; its `Display` defines `evaluate(inputs)`, which gives values and local gradients.
pub(super) struct Program {
    graph: Graph,
    /// The local gradients of each gate.
    locals: Vec<Vec<Var>>,
}

impl Program {
    pub(super) fn of(gates: &[Gate]) -> Self {
        let (graph, locals) = tape::record(|| {
            let mut values: Vec<Var> = Vec::with_capacity(gates.len());
            let mut operands: Vec<Vec<Var>> = Vec::with_capacity(gates.len());
            for gate in gates {
                let sources = gate.sources.iter().map(|source| match *source {
                    Source::Gate(place) => values[place],
                    Source::Constant(constant) => Var::from(constant),
                });
                let sources: Vec<Var> = sources.collect();
                let applied = gate.op.apply(&sources);
                values.push(applied.unwrap_or_else(|| Var::new(gate.value)));
                operands.push(sources);
            }
            gates
                .iter()
                .zip(operands.iter().zip(&values))
                .map(|(gate, (sources, &value))| gate.op.partials(sources, value))
                .collect()
        });
        Self { graph, locals }
    }
}

/// A value of the program: a place, or the number of a constant.
struct Name(Var);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.key() {
            Some(key) => write!(f, "v[{}]", place(key)),
            None => write!(f, "{}", Number(self.0.value())),
        }
    }
}

/// The place of a node of the program: slots begin with 1.
fn place(key: NodeKey) -> usize {
    key.slot() - 1
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: BTreeMap<&str, &str> = self
            .graph
            .iter()
            .map(|(_, node)| node.op().row())
            .filter(|row| !row.javascript.is_empty())
            .map(|row| (row.name, row.javascript))
            .collect();
        for (name, javascript) in rows {
            writeln!(f, "const {name} = {javascript};")?;
        }
        writeln!(f, "function evaluate(inputs) {{\nconst v = [];\nlet i = 0;")?;
        for (key, node) in self.graph.iter() {
            write!(f, "v[{}] = ", place(key))?;
            if node.op() == Op::Input {
                // Those after the gates are constants that a partial recorded.
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
        writeln!(
            f,
            "];\nv.length = {};\nreturn {{ values: v, locals }};\n}}",
            self.locals.len()
        )
    }
}
