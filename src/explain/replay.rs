//! From a graph to the steps of its backward pass.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Branch, Explanation, Gate, Pattern, Scope, Source, Step};
use crate::dot::{Picture, Reached, number, plain};
use crate::graph::{Graph, NodeKey};
use crate::op::{Scalar, rows};
use crate::sweep::Gradients;
use crate::var::Var;

impl Explanation {
    /// Explains an output that is a constant or alive on this graph.
    pub(super) fn of(graph: &Graph, output: Var) -> Self {
        let mut keys = match output.key() {
            Some(key) => graph.order(&[key]).to_vec(),
            None => Vec::new(),
        };
        keys.sort_unstable_by_key(|key| key.slot());
        let (gates, scopes) = gates(graph, &keys);
        let gradients = graph.backward(&[(output, 1.0)]);
        let steps = steps(&gates, &scopes, &gradients);
        Self {
            reached: Arc::new(reached(&steps)),
            picture: Picture::still(graph, output),
            gates,
            scopes,
            steps,
            gradients,
            output,
        }
    }
}

/// Copies the nodes with these keys, and the groups they stand in.
fn gates(graph: &Graph, keys: &[NodeKey]) -> (Vec<Gate>, Vec<Scope>) {
    let places: HashMap<NodeKey, usize> = (0..).zip(keys).map(|(i, &key)| (key, i)).collect();
    let used = groups_of(graph, keys);
    let scopes = used
        .keys()
        .map(|&group| Scope {
            label: plain(&graph.groups()[group].label),
            parent: graph.groups()[group].parent.map(|parent| used[&parent]),
        })
        .collect();
    let gates = keys
        .iter()
        .map(|&key| {
            let node = &graph[key];
            let source = |operand: &NodeKey| Source::Gate(places[operand]);
            let mut sources: Vec<Source> = node.operands().iter().map(source).collect();
            if let Some((place, constant)) = node.constant() {
                sources.insert(place, Source::Constant(constant));
            }
            Gate {
                key,
                op: node.op(),
                value: node.value(),
                name: graph.name(key).map(str::to_owned),
                scope: graph.group_of(key).map(|group| used[&group]),
                sources,
            }
        })
        .collect();
    (gates, scopes)
}

/// The groups that hold these nodes and those around them, by their places in the graph, numbered in that order.
fn groups_of(graph: &Graph, keys: &[NodeKey]) -> BTreeMap<usize, usize> {
    let mut used = BTreeMap::new();
    for &key in keys {
        let mut next = graph.group_of(key);
        while let Some(group) = next
            && used.insert(group, 0).is_none()
        {
            next = graph.groups()[group].parent;
        }
    }
    for (number, (_, place)) in used.iter_mut().enumerate() {
        *place = number;
    }
    used
}

/// The steps, latest gate first, as the sweep visits them.
fn steps(gates: &[Gate], scopes: &[Scope], gradients: &Gradients) -> Vec<Step> {
    let mut uses = vec![0; gates.len()];
    for source in gates.iter().flat_map(|gate| &gate.sources) {
        if let Source::Gate(operand) = *source {
            uses[operand] += 1;
        }
    }
    let mut arrived: Vec<Vec<f64>> = vec![Vec::new(); gates.len()];
    let mut steps = Vec::new();
    for (place, gate) in gates.iter().enumerate().rev() {
        let upstream = gradients.by_key(gate.key).unwrap_or(0.0);
        let step = |pattern, arrived, branches| Step {
            key: gate.key,
            op: gate.op,
            symbol: gate.op.row().symbol,
            label: gate.label(),
            group: path(scopes, gate.scope),
            value: gate.value,
            pattern,
            arrived,
            upstream,
            branches,
        };
        if place + 1 == gates.len() {
            steps.push(step(Pattern::Start, Vec::new(), Vec::new()));
        } else if uses[place] > 1 {
            let arrived = std::mem::take(&mut arrived[place]);
            steps.push(step(Pattern::Copies, arrived, Vec::new()));
        }
        if gate.sources.is_empty() {
            continue;
        }
        let branches = branches(gates, gate, upstream);
        for (source, branch) in gate.sources.iter().zip(&branches) {
            match *source {
                Source::Gate(operand) if uses[operand] > 1 => {
                    arrived[operand].push(branch.downstream);
                }
                _ => {}
            }
        }
        steps.push(step(Pattern::of(gate.op), Vec::new(), branches));
    }
    steps
}

/// What the operands of a gate get.
fn branches(gates: &[Gate], gate: &Gate, upstream: f64) -> Vec<Branch> {
    let values: Vec<f64> = gate
        .sources
        .iter()
        .map(|source| match *source {
            Source::Gate(operand) => gates[operand].value,
            Source::Constant(constant) => constant,
        })
        .collect();
    let partials = gate.op.partials(&values, gate.value);
    gate.sources
        .iter()
        .zip(values.iter().zip(partials))
        .map(|(source, (&value, local))| {
            let (key, label) = match *source {
                Source::Gate(operand) => (Some(gates[operand].key), gates[operand].label()),
                Source::Constant(constant) => (None, number(constant, super::DIGITS)),
            };
            Branch {
                key,
                label,
                value,
                local,
                downstream: upstream.apply2::<rows::Chain>(local),
            }
        })
        .collect()
}

/// The labels of the scopes around a gate, outermost first.
fn path(scopes: &[Scope], scope: Option<usize>) -> Vec<String> {
    let around = std::iter::successors(scope, |&scope| scopes[scope].parent);
    let mut labels: Vec<String> = around.map(|scope| scopes[scope].label.clone()).collect();
    labels.reverse();
    labels
}

/// At which step the gradient of each node becomes known, and its gate works.
fn reached(steps: &[Step]) -> HashMap<NodeKey, Reached> {
    let mut reached: HashMap<NodeKey, Reached> = HashMap::new();
    for (place, step) in steps.iter().enumerate() {
        let node = reached.entry(step.key).or_default();
        if step.is_of_a_gate() {
            node.gate = place;
        } else {
            node.gradient = place;
        }
        // A value used more than once is overwritten by the step at which its copies add, which is later.
        for key in step.branches.iter().filter_map(|branch| branch.key) {
            reached.entry(key).or_default().gradient = place;
        }
    }
    reached
}
