//! Finds the values that a value depends on, and the values that depend on it.
//!
//! The derivative of one output with respect to one input concerns only the values between them. These searches visit only
//! those values, so a sparse derivative costs the sum of what its entries need.

use super::live::Live;
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
    search: Search,
}

/// The memory of searches.
struct Search {
    /// The last search that visited each value.
    met: Vec<u32>,
    searches: u32,
    stack: Vec<Id>,
}

impl<'a> Dependencies<'a> {
    pub(super) fn new(ir: &'a Ir) -> Self {
        Self::through(ir, |_, _| true)
    }

    /// Only the dependents to which derivatives pass; the dependencies are still all values.
    pub(super) fn live(ir: &'a Ir) -> Self {
        let live = Live::new(ir);
        Self::through(ir, |id, place| live.passes(id, place))
    }

    /// Lists the users for which `passes(user, place of the operand)` holds.
    fn through(ir: &'a Ir, passes: impl Fn(Id, usize) -> bool) -> Self {
        let passes = &passes;
        let uses = ir.ids().flat_map(|id| {
            let operands = ir.operands(id).iter().enumerate();
            let operands = operands.filter(move |&(place, _)| passes(id, place));
            operands.map(move |(_, &operand)| (operand as usize, id))
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
            search: Search {
                met: vec![0; ir.len()],
                searches: 0,
                stack: Vec::new(),
            },
        }
    }

    /// The values made from a value.
    pub(super) fn users(&self, id: Id) -> &[Id] {
        self.users.of(id as usize)
    }

    /// The outputs at a value.
    pub(super) fn outputs_at(&self, id: Id) -> &[u32] {
        self.outputs.of(id as usize)
    }

    /// Finds the values that depend on any of these, including these, in ascending order.
    pub(super) fn dependents(&mut self, from: impl Iterator<Item = Id>, found: &mut Vec<Id>) {
        let users = &self.users;
        self.search.run(from, found, |id| users.of(id as usize));
    }

    /// Finds the values that these depend on, including these, in ascending order.
    pub(super) fn dependencies(&mut self, from: impl Iterator<Item = Id>, found: &mut Vec<Id>) {
        self.search.run(from, found, |id| self.ir.operands(id));
    }

    /// The total size of the dependents of all variables, or `None` if it exceeds `limit`.
    pub(super) fn count_dependents(&mut self, limit: usize) -> Option<usize> {
        let (variables, mut found) = (self.variables.clone(), Vec::new());
        let counts = variables.into_iter().map(|variable| {
            self.dependents(variable.into_iter(), &mut found);
            self.size(&found)
        });
        total(counts, limit)
    }

    /// The total size of the dependencies of all outputs, or `None` if it exceeds `limit`.
    pub(super) fn count_dependencies(&mut self, limit: usize) -> Option<usize> {
        let mut found = Vec::new();
        let counts = self.ir.outputs().iter().map(|&output| {
            self.dependencies(std::iter::once(output), &mut found);
            self.size(&found)
        });
        total(counts, limit)
    }

    /// The number of these values and of their operands, all of which a derivative looks at.
    fn size(&self, found: &[Id]) -> usize {
        let operands = found.iter().map(|&id| self.ir.operands(id).len());
        found.len() + operands.sum::<usize>()
    }
}

/// The sum of counts, or `None` as soon as it exceeds `limit`.
fn total(mut counts: impl Iterator<Item = usize>, limit: usize) -> Option<usize> {
    counts.try_fold(0, |sum, count| {
        Some(sum + count).filter(|&sum| sum <= limit)
    })
}

impl Search {
    fn run<'a>(
        &mut self,
        from: impl Iterator<Item = Id>,
        found: &mut Vec<Id>,
        next: impl Fn(Id) -> &'a [Id],
    ) {
        self.searches += 1;
        found.clear();
        self.visit(from);
        while let Some(id) = self.stack.pop() {
            found.push(id);
            self.visit(next(id).iter().copied());
        }
        found.sort_unstable();
    }

    /// Puts values on the stack that this search has not visited yet.
    fn visit(&mut self, ids: impl Iterator<Item = Id>) {
        for id in ids {
            if self.met[id as usize] != self.searches {
                self.met[id as usize] = self.searches;
                self.stack.push(id);
            }
        }
    }
}
