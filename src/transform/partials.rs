//! Chosen mixed derivatives of the first output.

use super::outputs::{first, without_signs};
use super::reverse::append_adjoints;
use crate::error::{Error, Result};
use crate::ir::{Ir, Symbol, compact};

/// Mixed derivatives. Each list names the inputs to differentiate with respect to, in any order, with repetition. An empty
/// list means the value.
pub(crate) fn partials(ir: &Ir, lists: &[&[usize]]) -> Result<Ir> {
    let first = first(ir)?;
    let mut ir = ir.clone();
    ir.outputs = vec![first];
    ir = compact(&ir);
    let count = ir.inputs.len();
    let mut named = lists.iter().copied().flatten();
    if let Some(place) = named.find(|&&place| place >= count) {
        let problem = format!("index {place} is out of range: the program has {count} inputs");
        return Err(Error::argument("lists", problem));
    }
    let mut sorted: Vec<Vec<usize>> = lists.iter().map(|list| list.to_vec()).collect();
    for list in &mut sorted {
        list.sort_unstable();
    }
    // Lists with a common prefix share its derivatives: each prefix is differentiated once, with respect to every input
    // that follows it in a list.
    let mut known: Vec<(Vec<usize>, usize)> = vec![(Vec::new(), 0)];
    let place_of = |known: &[(Vec<usize>, usize)], list: &[usize]| {
        let found = known.iter().find(|(begun, _)| begun == list);
        found.map(|&(_, place)| place)
    };
    let longest = sorted.iter().map(Vec::len).max().unwrap_or(0);
    for order in 0..longest {
        let longer = sorted.iter().filter(|list| list.len() > order);
        let mut steps: Vec<(&[usize], u32)> = longer
            .map(|list| (&list[..order], list[order] as u32))
            .collect();
        steps.sort_unstable();
        steps.dedup();
        for steps in steps.chunk_by(|a, b| a.0 == b.0) {
            let begun = steps[0].0;
            let Some(place) = place_of(&known, begun) else {
                continue;
            };
            let wanted: Vec<u32> = steps.iter().map(|&(_, next)| next).collect();
            let first = ir.outputs.len();
            let seeds = [(ir.outputs[place], Symbol::ONE)];
            ir = append_adjoints(&ir, &seeds, &wanted);
            for (offset, &next) in wanted.iter().enumerate() {
                let mut list = begun.to_vec();
                list.push(next as usize);
                known.push((list, first + offset));
            }
        }
    }
    let outputs = sorted.iter().filter_map(|list| place_of(&known, list));
    ir.outputs = outputs.map(|place| ir.outputs[place]).collect();
    let ir = without_signs(ir, |place| !sorted[place].is_empty());
    Ok(compact(&ir))
}
