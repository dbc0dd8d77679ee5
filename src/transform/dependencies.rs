//! Finds the values that a value depends on, and the values that depend on it.
//!
//! The derivative of one output with respect to one input concerns only the values between them. These searches visit only
//! those values, so a sparse derivative costs the sum of what its entries need.

use crate::graph::Lists;
use crate::ir::{Id, Ir};

/// The neighbours of every value, in both directions.
pub(super) struct Dependencies<'a> {
    pub(super) ir: &'a Ir,
    /// The values made from each value. A value that uses it twice is listed twice.
    users: Lists<Id>,
    /// The outputs at each value.
    outputs: Lists<u32>,
    /// The value of each input that derivatives are taken with respect to, if the code uses the input.
    pub(super) variables: Vec<Option<Id>>,
    /// The last search that visited each value.
    met: Vec<u32>,
    searches: u32,
    stack: Vec<Id>,
}

impl<'a> Dependencies<'a> {
    pub(super) fn new(ir: &'a Ir) -> Self {
        let uses = ir.ids().flat_map(|id| {
            let operands = ir.operands(id).iter();
            operands.map(move |&operand| (operand as usize, id))
        });
        let outputs = (0..).zip(ir.outputs());
        let outputs = outputs.map(|(index, &id)| (id as usize, index));
        let inputs = ir.input_values();
        let variables = ir.variables().into_iter();
        Self {
            ir,
            users: Lists::new(ir.len(), uses),
            outputs: Lists::new(ir.len(), outputs),
            variables: variables.map(|place| inputs[place as usize]).collect(),
            met: vec![0; ir.len()],
            searches: 0,
            stack: Vec::new(),
        }
    }

    /// The outputs at a value.
    pub(super) fn outputs_at(&self, id: Id) -> &[u32] {
        self.outputs.of(id as usize)
    }

    /// Finds the values that depend on any of these, including these, in ascending order.
    pub(super) fn dependents(&mut self, from: impl Iterator<Item = Id>, found: &mut Vec<Id>) {
        let Self {
            users,
            met,
            searches,
            stack,
            ..
        } = self;
        search(from, found, met, searches, stack, |id| {
            users.of(id as usize)
        });
    }

    /// Finds the values that these depend on, including these, in ascending order.
    pub(super) fn dependencies(&mut self, from: impl Iterator<Item = Id>, found: &mut Vec<Id>) {
        let Self {
            ir,
            met,
            searches,
            stack,
            ..
        } = self;
        search(from, found, met, searches, stack, |id| ir.operands(id));
    }

    /// The total number of dependents of all variables, or `None` if it exceeds `limit`.
    pub(super) fn count_dependents(&mut self, limit: usize) -> Option<usize> {
        let (mut count, mut found) = (0, Vec::new());
        for index in 0..self.variables.len() {
            let variable = self.variables[index];
            self.dependents(variable.into_iter(), &mut found);
            count += found.len();
            if count > limit {
                return None;
            }
        }
        Some(count)
    }

    /// The total number of dependencies of all outputs, or `None` if it exceeds `limit`.
    pub(super) fn count_dependencies(&mut self, limit: usize) -> Option<usize> {
        let (mut count, mut found) = (0, Vec::new());
        for &output in self.ir.outputs() {
            self.dependencies(std::iter::once(output), &mut found);
            count += found.len();
            if count > limit {
                return None;
            }
        }
        Some(count)
    }
}

fn search<'a>(
    from: impl Iterator<Item = Id>,
    found: &mut Vec<Id>,
    met: &mut [u32],
    searches: &mut u32,
    stack: &mut Vec<Id>,
    next: impl Fn(Id) -> &'a [Id],
) {
    *searches += 1;
    found.clear();
    let mut visit = |id: Id, stack: &mut Vec<Id>| {
        if met[id as usize] != *searches {
            met[id as usize] = *searches;
            stack.push(id);
        }
    };
    for id in from {
        visit(id, stack);
    }
    while let Some(id) = stack.pop() {
        found.push(id);
        for &other in next(id) {
            visit(other, stack);
        }
    }
    found.sort_unstable();
}
