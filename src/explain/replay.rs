//! Finds the steps of a graph's backward pass.

use std::collections::HashMap;
use std::sync::Arc;

use super::explanation::Explanation;
use super::step::{Branch, DIGITS, Pattern, Step};
use crate::graph::{Graph, NodeKey};
use crate::op::{Scalar, rows};
use crate::picture::{
    Appearance, NodeCopy, OperandCopy, Picture, Snapshot, label_nodes, number, rules,
};
use crate::sweep::Gradients;
use crate::tape;
use crate::var::Var;

impl Explanation {
    /// Explains an output that is a constant or alive on this graph.
    fn new(graph: &Graph, output: Var) -> Self {
        let mut snapshot = Snapshot::new(graph, &[output], usize::MAX, usize::MAX);
        label_nodes(&mut snapshot.nodes);
        let gradients = graph.backward(&[(output, 1.0)]);
        let steps = steps(&snapshot, &gradients);
        Self {
            appearances: Arc::new(appearances(&steps)),
            picture: Picture::detached(graph, output),
            snapshot,
            steps,
            gradients,
            output,
        }
    }
}

impl Var {
    /// The backward pass from this value, step by step; no steps if it is a constant.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0).named("x");
    /// println!("{}", (x * x).explain());
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn explain(self) -> Explanation {
        self.check();
        tape::with(|graph| Explanation::new(graph, self))
    }
}

impl Graph {
    /// The backward pass from this output, step by step; no steps if it is a constant.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0).exp());
    /// assert_eq!(graph.explain(y).steps().len(), 2);
    /// ```
    ///
    /// # Panics
    /// If the output is not alive on this graph.
    #[track_caller]
    pub fn explain(&self, y: Var) -> Explanation {
        y.check_on(self);
        Explanation::new(self, y)
    }
}

/// The steps, latest gate first, as the sweep visits them.
fn steps(snapshot: &Snapshot, gradients: &Gradients) -> Vec<Step> {
    let nodes = &snapshot.nodes;
    let mut uses = vec![0; nodes.len()];
    for operand in nodes.iter().flat_map(|node| &node.operands) {
        if let Some(place) = operand.node() {
            uses[place] += 1;
        }
    }
    let mut arrived: Vec<Vec<f64>> = vec![Vec::new(); nodes.len()];
    let mut steps = Vec::new();
    for (place, node) in nodes.iter().enumerate().rev() {
        let upstream = gradients.by_key(node.key).unwrap_or(0.0);
        let step = |pattern, arrived, branches| Step {
            key: node.key,
            op: node.op,
            symbol: node.op.row().symbol,
            label: node.label.clone(),
            group: path(snapshot, node),
            value: node.var.peek(),
            pattern,
            arrived,
            upstream,
            branches,
        };
        if place + 1 == nodes.len() {
            steps.push(step(Pattern::Start, Vec::new(), Vec::new()));
        } else if uses[place] > 1 {
            let arrived = std::mem::take(&mut arrived[place]);
            steps.push(step(Pattern::Copies, arrived, Vec::new()));
        }
        if node.operands.is_empty() {
            continue;
        }
        let branches = branches(nodes, node, upstream);
        for (operand, branch) in node.operands.iter().zip(&branches) {
            if let Some(place) = operand.node().filter(|&place| uses[place] > 1) {
                arrived[place].push(branch.downstream);
            }
        }
        let pattern = Pattern::of_gate(node.op, &branches);
        steps.push(step(pattern, Vec::new(), branches));
    }
    steps
}

/// The gradients that a gate passes to its operands.
fn branches(nodes: &[NodeCopy], gate: &NodeCopy, upstream: f64) -> Vec<Branch> {
    let branch = |(operand, rule): (&OperandCopy, Option<String>)| {
        let node = operand.node().map(|place| &nodes[place]);
        Branch {
            key: node.map(|node| node.key),
            label: node.map_or_else(|| number(operand.value, DIGITS), |node| node.label.clone()),
            value: operand.value,
            local: operand.partial,
            rule: rule.unwrap_or_default(),
            downstream: upstream.apply2::<rows::Chain>(operand.partial),
        }
    };
    let operands = gate.operands.iter();
    operands.zip(rules(nodes, gate)).map(branch).collect()
}

/// The labels of the groups around a node, outermost first.
fn path(snapshot: &Snapshot, node: &NodeCopy) -> Vec<String> {
    let around = snapshot.around(node.group);
    let labels = around.map(|group| snapshot.groups[group].label.clone());
    let mut labels: Vec<String> = labels.collect();
    labels.reverse();
    labels
}

/// The steps at which the gradient of each node becomes known, and at which its gate works.
fn appearances(steps: &[Step]) -> HashMap<NodeKey, Appearance> {
    let mut appearances: HashMap<NodeKey, Appearance> = HashMap::new();
    for (number, step) in steps.iter().enumerate() {
        let node = appearances.entry(step.key).or_insert(Appearance::NEVER);
        if step.is_of_a_gate() {
            node.local_gradients = number;
        } else {
            node.gradient = number;
        }
        // The step at which a value's copies add comes later and overwrites this.
        for key in step.branches.iter().filter_map(|branch| branch.key) {
            appearances.entry(key).or_insert(Appearance::NEVER).gradient = number;
        }
    }
    appearances
}
