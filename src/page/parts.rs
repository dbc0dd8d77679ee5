//! Scopes of a size that can be drawn: what holds too many parts is folded into numbered ones.

use crate::explain::{Gate, Scope};

/// The scopes of a page.
pub(super) struct Parts {
    pub(super) scopes: Vec<Scope>,
    /// The innermost scope of each gate.
    pub(super) scope_of: Vec<Option<usize>>,
}

/// What a scope holds directly.
#[derive(Clone, Copy)]
enum Part {
    Gate(usize),
    Scope(usize),
}

impl Parts {
    /// How many nodes a page shows at once without folding any, and how many parts a scope holds at most.
    pub(super) const MOST: usize = 100;
    /// How many things make a numbered part.
    const TOGETHER: usize = 50;
    /// How many numbered parts stand beside one another at most: each may be wired to all others.
    const MOST_NUMBERED: usize = 40;

    /// The scopes of these gates, with numbered parts where there are too many in one.
    ///
    /// Parts stand in the order of recording, and a numbered one takes neighbours: so it is a stretch of recording, as every
    /// group is, and no wire leads out of it and back in.
    pub(super) fn of(gates: &[Gate], scopes: &[Scope]) -> Self {
        let mut parts = Self {
            scopes: scopes.to_vec(),
            scope_of: gates.iter().map(|gate| gate.scope).collect(),
        };
        for (holder, held) in parts.held().into_iter().enumerate() {
            parts.divide(holder.checked_sub(1), held);
        }
        parts
    }

    /// What each scope holds, in the order of recording, after what no scope holds.
    fn held(&self) -> Vec<Vec<Part>> {
        let mut held: Vec<Vec<Part>> = vec![Vec::new(); self.scopes.len() + 1];
        let mut entered = vec![false; self.scopes.len()];
        let place = |scope: Option<usize>| scope.map_or(0, |scope| scope + 1);
        for (gate, &scope) in self.scope_of.iter().enumerate() {
            held[place(scope)].push(Part::Gate(gate));
            let mut next = scope;
            while let Some(scope) = next
                && !entered[scope]
            {
                entered[scope] = true;
                next = self.scopes[scope].parent;
                held[place(next)].push(Part::Scope(scope));
            }
        }
        held
    }

    /// Folds what a scope holds until it is few.
    fn divide(&mut self, holder: Option<usize>, mut held: Vec<Part>) {
        let mut most = Self::MOST;
        while held.len() > most {
            most = Self::MOST_NUMBERED;
            let wanted = held.len().div_ceil(Self::TOGETHER);
            let chunks = held.chunks(held.len().div_ceil(wanted));
            let count = chunks.len();
            let mut folded = Vec::with_capacity(count);
            for (number, together) in chunks.enumerate() {
                let scope = self.scopes.len();
                self.scopes.push(Scope {
                    label: format!("part {} of {count}", number + 1),
                    parent: holder,
                });
                for &part in together {
                    match part {
                        Part::Gate(gate) => self.scope_of[gate] = Some(scope),
                        Part::Scope(inner) => self.scopes[inner].parent = Some(scope),
                    }
                }
                folded.push(Part::Scope(scope));
            }
            held = folded;
        }
    }
}
