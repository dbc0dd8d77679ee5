//! The passes: each looks at one value at a time and may put a simpler one in its place.
//!
//! Takes code, gives shorter code for the same outputs and guards. At level `Exact` a pass keeps every bit of every
//! value, NaN payloads aside; derivatives were made before, of values that were not merged yet. One walk applies all
//! that are switched on, in the order below, to each value that is needed:
//!
//! | pass | equation |
//! |---|---|
//! | live cone (always) | what no output and no guard depends on is left out |
//! | [`expand`] | `logΣexp(a, b) = m + ln(e^(a−m) + e^(b−m))`, as the table's rows are made |
//! | [`fold`] | `f(2, 3) = y`, a number |
//! | [`laws`] | `f(x, e) = x`, `f(f(x)) = f(x)`, `f(x, x) = x` as the table's laws say |
//! | [`common`] | two values made alike are one, operands that commute in either order |
//! | [`chains`] | `((a + b) + c) + d = Σ(a, b, c, d)`, where nothing else uses the inner sums |
//! | [`factors`], `Fast` only | `u·(c·z) = (u·c)·z`, `c` a constant, where products share `u` and `c` |
//! | [`hoist`], `Fast` only | `Σ s·v = s·Σ v` over rows, `s` uniform |
//! | [`products`], `Fast` only | `a·b + c = fma(a, b, c)`, sums of products are dot products |

mod chains;
mod common;
mod expand;
mod factors;
mod fold;
mod hoist;
mod laws;
mod products;
#[cfg(test)]
mod tests;

pub(crate) use common::Common;

use super::code::{Code, Id, Kind};

/// Which passes are switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each pass has a switch of its own"
)]
pub(crate) struct Passes {
    pub(crate) expand: bool,
    pub(crate) fold: bool,
    pub(crate) laws: bool,
    pub(crate) common: bool,
    pub(crate) chains: bool,
    /// Other bits, and fewer roundings: for level `Fast`.
    pub(crate) contract: bool,
}

impl Passes {
    pub(crate) const ALL: Self = Self {
        expand: true,
        fold: true,
        laws: true,
        common: true,
        chains: true,
        contract: false,
    };
}

/// The code with these passes applied.
pub(crate) fn apply(code: &Code, passes: Passes) -> Code {
    let expanded = passes.expand.then(|| expand::apply(code)).flatten();
    let code = expanded.as_ref().unwrap_or(code);
    let mut common = Common::with_capacity(if passes.common { code.len() } else { 0 });
    let short = rewrite(code, |new, _, kind, operands| {
        let folded = passes.fold.then(|| fold::apply(new, kind, operands));
        let (kind, operands) = match folded.flatten() {
            Some(number) => (Kind::Constant(number.to_bits()), &[][..]),
            None => (kind, operands),
        };
        let known = passes.laws.then(|| laws::apply(new, kind, operands));
        if let Some(id) = known.flatten() {
            return id;
        }
        if passes.common {
            common.push(new, kind, operands)
        } else {
            new.push(kind, operands)
        }
    });
    let moved = passes.contract.then(|| factors::apply(&short)).flatten();
    let short = moved.unwrap_or(short);
    let fused = passes.contract.then(|| products::fused(&short)).flatten();
    let short = fused.unwrap_or(short);
    let hoisted = passes.contract.then(|| hoist::apply(&short)).flatten();
    let short = hoisted.unwrap_or(short);
    let chained = passes.chains.then(|| chains::apply(&short)).flatten();
    chained.unwrap_or(short)
}

/// The code with sums of products of uniform and varying factors as dot products, if there are such: other bits, and
/// fewer roundings.
pub(crate) fn contract(code: &Code) -> Option<Code> {
    products::dots(code)
}

/// The code without what no output and no guard depends on; nothing is merged, so derivatives keep their bits.
pub(crate) fn compact(code: &Code) -> Code {
    rewrite(code, |new, _, kind, operands| new.push(kind, operands))
}

/// Walks the values that are needed in order and lets `step` put each into the new code: by its old place, what
/// makes it, and its operands' new places.
fn rewrite(code: &Code, mut step: impl FnMut(&mut Code, Id, Kind, &[Id]) -> Id) -> Code {
    let live = live(code);
    let mut new = Code::default();
    new.inputs.clone_from(&code.inputs);
    new.reserve(code.len(), code.operand_count());
    let mut places = vec![Id::MAX; code.len()];
    let mut operands = Vec::new();
    for id in code.ids() {
        if live[id as usize] {
            let old = code.operands(id).iter();
            operands.clear();
            operands.extend(old.map(|&operand| places[operand as usize]));
            places[id as usize] = step(&mut new, id, code.kind(id), &operands);
        }
    }
    let place = |id: &Id| places[*id as usize];
    new.outputs = code.outputs.iter().map(place).collect();
    new.guards = code
        .guards
        .iter()
        .map(|sides| [place(&sides[0]), place(&sides[1])])
        .collect();
    new
}

/// Which values an output or a guard depends on.
pub(crate) fn live(code: &Code) -> Vec<bool> {
    let mut live = vec![false; code.len()];
    for root in code.roots() {
        live[root as usize] = true;
    }
    for id in code.ids().rev() {
        if live[id as usize] {
            for &operand in code.operands(id) {
                live[operand as usize] = true;
            }
        }
    }
    live
}

/// How often each value is used, outputs and guards counted.
fn uses(code: &Code) -> Vec<u32> {
    let mut uses = vec![0; code.len()];
    for id in code.ids() {
        for &operand in code.operands(id) {
            uses[operand as usize] += 1;
        }
    }
    for root in code.roots() {
        uses[root as usize] += 1;
    }
    uses
}
