//! Bounds for derivatives without cancellation, for tests that allow rounding.

use chainrule::{Gradients, Graph, NodeKey, Var};

/// Bounds for the effect of rounding on a value and its derivatives, from the graph alone.
pub(crate) struct Scale {
    /// For each node: the product of the partials' magnitudes along a path from the output, summed over all paths.
    adjoints: Vec<(NodeKey, f64)>,
    /// The sum of each node's entry in `adjoints` times its magnitude, or times the smallest normal number if that is
    /// larger. If every node rounds once, or underflows once, the output moves by ε times this.
    pub(crate) output: f64,
    /// How far a derivative of the output moves if the derivative of every node underflows once.
    pub(crate) underflow: f64,
    /// The number of nodes.
    pub(crate) nodes: usize,
}

impl Scale {
    /// The scale of `y`'s derivatives on its graph.
    pub(crate) fn of(graph: &Graph, y: Var) -> Self {
        let keys: Vec<NodeKey> = graph.iter().map(|(key, _)| key).collect();
        let place = |key: NodeKey| keys.binary_search(&key).expect("keys ascend");
        let mut magnitudes = vec![0.0; keys.len()];
        if let Some(key) = y.key() {
            magnitudes[place(key)] = 1.0;
        }
        let (mut output, mut underflow) = (0.0, 0.0);
        for (i, &key) in keys.iter().enumerate().rev() {
            let node = &graph[key];
            if magnitudes[i] == 0.0 {
                continue;
            }
            output += magnitudes[i] * node.value().abs().max(f64::MIN_POSITIVE);
            underflow += magnitudes[i] * f64::MIN_POSITIVE;
            let mut arguments: Vec<f64> = node
                .operands()
                .iter()
                .map(|&key| graph[key].value())
                .collect();
            let mut places: Vec<Option<usize>> = node
                .operands()
                .iter()
                .map(|&key| Some(place(key)))
                .collect();
            if let Some((at, constant)) = node.constant() {
                arguments.insert(at, constant);
                places.insert(at, None);
            }
            let partials = node.op().partials(&arguments, node.value());
            for (operand, partial) in places.into_iter().zip(partials) {
                if let Some(operand) = operand
                    && partial != 0.0
                {
                    magnitudes[operand] += magnitudes[i] * partial.abs();
                }
            }
        }
        Self {
            underflow,
            nodes: keys.len(),
            adjoints: keys.into_iter().zip(magnitudes).collect(),
            output,
        }
    }

    /// Whether large terms cancel in the derivative with respect to any node, so that only rounding may remain.
    pub(crate) fn cancels(&self, grads: &Gradients) -> bool {
        self.adjoints.iter().any(|&(key, magnitude)| {
            let adjoint = grads.by_key(key).expect("a node of this graph");
            adjoint.abs() < 0.05 * magnitude
        })
    }

    /// The magnitude of the derivative with respect to `x`, without cancellation.
    pub(crate) fn by(&self, x: Var) -> f64 {
        self.at(x.key().expect("an input"))
    }

    /// The magnitude of the derivative with respect to a node, without cancellation.
    pub(crate) fn at(&self, key: NodeKey) -> f64 {
        self.adjoints
            .iter()
            .find(|(node, _)| *node == key)
            .map_or(0.0, |&(_, magnitude)| magnitude)
    }
}
