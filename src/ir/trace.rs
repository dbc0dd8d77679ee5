//! Translates a recorded graph to code: the values that the outputs depend on, in the order of recording.
//!
//! Nothing is merged here. A value made by `Var::new` inside the traced function becomes a number.

use super::code::{Class, Id, Ir, Kind};
use super::guard::Guard;
use super::sources::Sources;
use crate::error::{Error, Result};
use crate::graph::{Comparison, Graph, NodeKey};
use crate::op::Op;
use crate::var::Var;

/// The code of the outputs as functions of the inputs, and the comparisons to check again at each point.
pub(crate) fn trace(
    graph: &Graph,
    inputs: &[(Var, Class)],
    outputs: &[Var],
    comparisons: &[Comparison],
) -> Result<(Ir, Vec<Guard>)> {
    let slot_of = |x: Var| x.key().map(NodeKey::slot);
    for (place, &y) in outputs.iter().enumerate() {
        known(graph, y, || format!("output {place}"))?;
    }
    for &(x, _) in inputs {
        if x.is_constant() {
            let problem = format!("{x:?} has no node: make it with `Var::new`");
            return Err(Error::argument("inputs", problem));
        }
        known(graph, x, || String::from("inputs"))?;
    }
    for comparison in comparisons {
        for side in comparison.sides {
            known(graph, Var::of_side(side), || {
                format!("comparison at {}", comparison.at)
            })?;
        }
    }
    let sides = comparisons.iter().flat_map(|comparison| comparison.sides);
    let sides = sides.map(Var::of_side);
    let roots = outputs.iter().copied().chain(sides).filter_map(slot_of);
    let live = live(graph, roots);

    let mut code = Ir::default();
    code.reserve(graph.len(), 2 * graph.len());
    // The index in the code, by slot. Slot 0 is slotmap's sentinel.
    let mut places = vec![Id::MAX; graph.len() + 1];
    for &(x, class) in inputs {
        let id = code.push_input(class);
        if let Some(slot) = slot_of(x) {
            if places[slot] != Id::MAX {
                return Err(Error::argument("inputs", format!("{x:?} is listed twice")));
            }
            places[slot] = id;
        }
    }
    for slot in 1..=graph.len() {
        if !live[slot] || places[slot] != Id::MAX {
            continue;
        }
        let node = graph.node_at(slot);
        let operands = node.each_argument(
            |key| places[key.slot()],
            |constant| code.push(Kind::Constant(constant.to_bits()), &[]),
        );
        places[slot] = match node.op() {
            Op::Input => code.push(Kind::Constant(node.value().to_bits()), &[]),
            op => code.push(Kind::Apply(op), &operands),
        };
    }
    let place = |code: &mut Ir, x: Var| match slot_of(x) {
        Some(slot) => places[slot],
        None => code.push(Kind::Constant(x.peek().to_bits()), &[]),
    };
    for &y in outputs {
        let id = place(&mut code, y);
        code.outputs.push(id);
    }
    for comparison in comparisons {
        let sides = comparison
            .sides
            .map(|side| place(&mut code, Var::of_side(side)));
        code.guards.push(sides);
    }
    for &(key, labels) in graph.labels() {
        let kind = places.get(key.slot()).filter(|&&id| id != Id::MAX);
        if let Some(Kind::Input(place)) = kind.map(|&id| code.kind(id))
            && !code.labels.contains(&(place, labels))
        {
            code.labels.push((place, labels));
        }
    }
    code.sources = Sources::new(graph, &places, code.len());
    let guards = comparisons.iter().map(Guard::new).collect();
    Ok((code, guards))
}

/// An error if the value belongs to another graph.
fn known(graph: &Graph, x: Var, name: impl Fn() -> String) -> Result<()> {
    match x.key().and_then(|key| graph.refusal(x.graph_id(), key)) {
        Some(problem) => Err(Error::argument(&name(), problem)),
        None => Ok(()),
    }
}

/// Whether a root depends on each slot. Operands have lower slots, so one walk down suffices.
fn live(graph: &Graph, roots: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut live = vec![false; graph.len() + 1];
    for slot in roots {
        live[slot] = true;
    }
    for slot in (1..live.len()).rev() {
        if live[slot] {
            for operand in graph.node_at(slot).operands() {
                live[operand.slot()] = true;
            }
        }
    }
    live
}
