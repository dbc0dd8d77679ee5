//! Cones: what a value depends on, and what depends on it.
//!
//! The derivative of one output by one input concerns only the values between them. Cones find these without walking
//! the rest of the code, so that the work for all of a sparse derivative is the sum of its cones.

use crate::program::code::{Code, Id, Kind};

/// Lists of numbers, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// Sorts pairs `(list, item)` into lists; each list keeps the pairs' order.
    pub(super) fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0; count + 1];
        for (list, _) in pairs.clone() {
            starts[list as usize + 1] += 1;
        }
        for list in 1..starts.len() {
            starts[list] += starts[list - 1];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[count] as usize];
        for (list, item) in pairs {
            items[next[list as usize] as usize] = item;
            next[list as usize] += 1;
        }
        Self { starts, items }
    }

    pub(super) fn of(&self, list: u32) -> &[u32] {
        let list = list as usize;
        &self.items[self.starts[list] as usize..self.starts[list + 1] as usize]
    }
}

/// The neighbours of every value of a code, both ways.
pub(super) struct Cones<'a> {
    pub(super) code: &'a Code,
    /// The values made of each value; one that is used twice by another is listed twice.
    users: Lists,
    /// The outputs that each value is.
    outputs: Lists,
    /// Where each input stands, if anything depends on it.
    pub(super) inputs: Vec<Option<Id>>,
    /// The walk in which each value was met last.
    met: Vec<u32>,
    walk: u32,
    stack: Vec<Id>,
}

impl<'a> Cones<'a> {
    pub(super) fn new(code: &'a Code) -> Self {
        let uses = code
            .ids()
            .flat_map(|id| code.operands(id).iter().map(move |&operand| (operand, id)));
        let outputs = (0..).zip(&code.outputs).map(|(place, &id)| (id, place));
        let mut inputs = vec![None; code.inputs.len()];
        for id in code.ids() {
            if let Kind::Input(place) = code.kind(id) {
                inputs[place as usize] = Some(id);
            }
        }
        Self {
            code,
            users: Lists::new(code.len(), uses),
            outputs: Lists::new(code.len(), outputs),
            inputs,
            met: vec![0; code.len()],
            walk: 0,
            stack: Vec::new(),
        }
    }

    /// The outputs that a value is.
    pub(super) fn outputs_at(&self, id: Id) -> &[u32] {
        self.outputs.of(id)
    }

    /// What depends on any of these values, themselves included, ascending.
    pub(super) fn above(&mut self, from: impl Iterator<Item = Id>, cone: &mut Vec<Id>) {
        let Self {
            users,
            met,
            walk,
            stack,
            ..
        } = self;
        search(from, cone, met, walk, stack, |id| users.of(id));
    }

    /// What any of these values depends on, themselves included, ascending.
    pub(super) fn below(&mut self, from: impl Iterator<Item = Id>, cone: &mut Vec<Id>) {
        let Self {
            code,
            met,
            walk,
            stack,
            ..
        } = self;
        search(from, cone, met, walk, stack, |id| code.operands(id));
    }

    /// The sizes of the cones above all inputs together, or `None` if that is more than `limit`.
    pub(super) fn size_above(&mut self, limit: usize) -> Option<usize> {
        let (mut size, mut cone) = (0, Vec::new());
        for place in 0..self.inputs.len() {
            let input = self.inputs[place];
            self.above(input.into_iter(), &mut cone);
            size += cone.len();
            if size > limit {
                return None;
            }
        }
        Some(size)
    }

    /// The sizes of the cones below all outputs together, or `None` if that is more than `limit`.
    pub(super) fn size_below(&mut self, limit: usize) -> Option<usize> {
        let (mut size, mut cone) = (0, Vec::new());
        for &output in &self.code.outputs {
            self.below(std::iter::once(output), &mut cone);
            size += cone.len();
            if size > limit {
                return None;
            }
        }
        Some(size)
    }
}

fn search<'a>(
    from: impl Iterator<Item = Id>,
    cone: &mut Vec<Id>,
    met: &mut [u32],
    walk: &mut u32,
    stack: &mut Vec<Id>,
    next: impl Fn(Id) -> &'a [Id],
) {
    *walk += 1;
    cone.clear();
    let mut visit = |id: Id, stack: &mut Vec<Id>| {
        if met[id as usize] != *walk {
            met[id as usize] = *walk;
            stack.push(id);
        }
    };
    for id in from {
        visit(id, stack);
    }
    while let Some(id) = stack.pop() {
        cone.push(id);
        for &other in next(id) {
            visit(other, stack);
        }
    }
    cone.sort_unstable();
}
