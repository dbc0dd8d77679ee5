//! A program's computation at one point, recorded on a graph of its own, so that a graph's questions can be asked of it.

use super::function::Program;
use crate::error::{Result, check_length};
use crate::graph::{Graph, NonFinite, Operation};
use crate::ir::{Id, Ir, interpret};
use crate::tape;
use crate::var::Var;

/// A program's computation at one point.
pub(super) struct Replay<'a> {
    pub(super) graph: Graph,
    /// The variables, in their order.
    pub(super) variables: Vec<Var>,
    pub(super) outputs: Vec<Var>,
    ir: &'a Ir,
    /// The value that each node of the graph is, by slot.
    ids: Vec<Option<Id>>,
}

impl Program {
    /// Records the program's computation at a point. Inputs that are no variables are constants.
    pub(super) fn replay(&self, x: &[f64], variables: &[u32]) -> Result<Replay<'_>> {
        let ir = self.ir();
        check_length("x", ir.inputs().len(), x.len())?;
        let (graph, (inputs, values)) = tape::record_plainly(|| {
            let mut inputs: Vec<Var> = x.iter().map(|&x| Var::from(x)).collect();
            for &place in variables {
                inputs[place as usize] = Var::new(x[place as usize]);
            }
            let values = interpret(ir, &inputs, |_, _, _, _| {});
            (inputs, values)
        });
        let numbers: Vec<f64> = values.iter().map(|value| value.peek()).collect();
        self.check_guards(&numbers)?;
        let mut ids = vec![None; graph.stats().nodes + 1];
        for (id, value) in values.iter().enumerate() {
            if let Some(key) = value.key() {
                ids[key.slot()] = Some(id as Id);
            }
        }
        // A composed operation records several nodes; the last one is its value.
        for slot in (1..ids.len()).rev() {
            ids[slot - 1] = ids[slot - 1].or(ids[slot]);
        }
        let outputs = ir.outputs().iter();
        Ok(Replay {
            graph,
            variables: variables
                .iter()
                .map(|&place| inputs[place as usize])
                .collect(),
            outputs: outputs.map(|&id| values[id as usize]).collect(),
            ir,
            ids,
        })
    }
}

impl Replay<'_> {
    /// Replaces a node's origin by that of the program's value.
    pub(super) fn place(&self, operation: &mut Operation) {
        if let Some(&Some(id)) = self.ids.get(operation.origin.node) {
            operation.origin = self.ir.origin(id);
        }
    }

    /// Replaces the origins of the nodes by those of the program's values.
    pub(super) fn place_all(&self, mut found: NonFinite) -> NonFinite {
        self.place(&mut found.operation);
        found
            .path
            .iter_mut()
            .for_each(|operation| self.place(operation));
        found
    }
}
