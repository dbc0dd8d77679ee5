//! Chains of additions become sums: `((a + b) + c) + d = Σ(a, b, c, d)`. The sum adds from left to right too.
//!
//! A wide sum is one instruction, and the backend may compute its terms in any order.

use rustc_hash::FxHashMap;

use super::pass::{Level, Pass, Run};
use crate::ir::code::{Id, Ir, Kind};
use crate::ir::rewrite::rewrite;
use crate::op::{Binary, Nary, Op, rows};

const ADD: Kind = Kind::Apply(Op::Binary(rows::Add::OP));
const SUM: Kind = Kind::Apply(Op::Nary(rows::Sum::OP));
/// A chain of at least this many terms becomes a sum.
const TERMS: u32 = 4;

/// The pass that runs after derivatives are made.
pub(super) const PASS: Pass = Pass {
    name: "chains",
    level: Level::Exact,
    before_derivatives: false,
    equations: "((a + b) + c) + d = Σ(a, b, c, d), where nothing else uses the inner sums",
    run: Run::Whole(apply),
};

/// The same pass before derivatives are made, so that `dots` finds sums of products.
pub(super) const EARLY: Pass = Pass {
    name: "early chains",
    level: Level::Fast,
    before_derivatives: true,
    ..PASS
};

/// Replaces long chains by sums; `None` if there are none.
fn apply(code: &Ir, uses: &[u32]) -> Option<Ir> {
    // `length`: the number of terms of the chain that ends here. `inner`: whether the chain continues in another addition.
    let mut inner = vec![false; code.len()];
    let mut length = vec![0_u32; code.len()];
    for id in code.ids() {
        if code.kind(id) == ADD {
            let left = code.operands(id)[0];
            let goes_on = code.kind(left) == ADD && uses[left as usize] == 1;
            length[id as usize] = if goes_on {
                length[left as usize] + 1
            } else {
                2
            };
        }
    }
    for id in code.ids().rev() {
        let long = inner[id as usize] || length[id as usize] >= TERMS;
        if long && length[id as usize] > 2 {
            inner[code.operands(id)[0] as usize] = true;
        }
    }
    if !inner.contains(&true) {
        return None;
    }
    // The terms so far of every unfinished chain, by the old index of its last addition.
    let mut pending: FxHashMap<Id, Vec<Id>> = FxHashMap::default();
    Some(rewrite(code, uses, |new, id, kind, operands| {
        let goes_on = inner[id as usize];
        if kind != ADD || !(goes_on || length[id as usize] >= TERMS) {
            return new.push(kind, operands);
        }
        let before = pending.remove(&code.operands(id)[0]);
        let mut terms = before.unwrap_or_else(|| vec![operands[0]]);
        terms.push(operands[1]);
        if goes_on {
            pending.insert(id, terms);
            // Only the next addition of the chain uses this one, and it takes the terms.
            return operands[0];
        }
        new.push(SUM, &terms)
    }))
}
