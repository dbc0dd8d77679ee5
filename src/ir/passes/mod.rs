//! The passes: an ordered list of rewrites that shorten code and keep its outputs and guards.
//!
//! At level `Exact`, a pass keeps every bit of every value, except NaN payloads. Derivatives are made before equal values
//! are merged, so they keep their bits too. At level `Fast`, equal values are merged first. [`PASSES`] is the list: a new
//! pass is a file in this folder and a line in the list. The documentation shows the equations of each pass, and the tests
//! run every subset of the list.

mod chains;
mod dots;
mod expand;
mod factors;
mod fold;
mod fuse;
mod hoist;
mod laws;
mod live;
mod merge;
mod pass;
mod product;
#[cfg(test)]
mod tests;

use std::fmt;

pub use pass::{Level, Pass};
use pass::{Local, Replacement, Run};

use smallvec::SmallVec;

use super::code::{Id, Ir, Kind};
use super::rewrite::{self, rewrite};

/// Every pass, in the order in which they run.
///
/// ```
/// use chainrule::ir::PASSES;
/// for pass in PASSES {
///     println!("{} ({:?}): {}", pass.name, pass.level, pass.equations);
/// }
/// assert_eq!(PASSES.last().unwrap().name, "live");
/// ```
pub const PASSES: &[Pass] = &[
    merge::EARLY,
    chains::EARLY,
    dots::PASS,
    expand::PASS,
    fold::PASS,
    laws::PASS,
    merge::PASS,
    factors::PASS,
    fuse::PASS,
    hoist::PASS,
    chains::PASS,
    live::PASS,
];

/// A subset of [`PASSES`], one bit per pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Selection(u32);

impl Selection {
    /// The passes that a level runs.
    pub(crate) fn at(level: Level) -> Self {
        Self::of(|pass| pass.level <= level)
    }

    /// The passes for which `is_in` holds.
    pub(crate) fn of(is_in: impl Fn(&Pass) -> bool) -> Self {
        let selected = PASSES.iter().enumerate().filter(|(_, pass)| is_in(pass));
        Self(selected.fold(0, |set, (index, _)| set | 1 << index))
    }

    fn passes(self, before_derivatives: bool) -> impl Iterator<Item = &'static Pass> {
        let all = PASSES.iter().enumerate();
        all.filter(move |(index, pass)| {
            self.0 >> index & 1 == 1 && pass.before_derivatives == before_derivatives
        })
        .map(|(_, pass)| pass)
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [true, false]
            .into_iter()
            .flat_map(|before| self.passes(before));
        f.debug_list().entries(names.map(|pass| pass.name)).finish()
    }
}

/// Runs the selected passes that come before derivatives are made; `None` if they change nothing.
pub(crate) fn before_derivatives(ir: &Ir, selection: Selection) -> Option<Ir> {
    run(ir, selection.passes(true)).map(|(ir, _)| ir)
}

/// Runs the selected passes that come after derivatives are made.
pub(crate) fn apply(ir: Ir, selection: Selection) -> Ir {
    match run(&ir, selection.passes(false)) {
        Some((shorter, _)) => shorter,
        None => ir,
    }
}

/// The names of the passes that find something to do: before derivatives are made from one code, and after, in another.
pub(crate) fn names_of_busy(before: &Ir, after: &Ir, selection: Selection) -> Vec<&'static str> {
    let busy = [(before, true), (after, false)]
        .into_iter()
        .filter_map(|(ir, is_before)| run(ir, selection.passes(is_before)).map(|(_, names)| names));
    busy.flatten().collect()
}

/// Runs passes one after another. Adjacent passes that look at one value at a time share a walk.
fn run(ir: &Ir, passes: impl Iterator<Item = &'static Pass>) -> Option<(Ir, Vec<&'static str>)> {
    let (mut changed, mut uses) = (None, rewrite::uses(ir));
    let mut names = Vec::new();
    let mut walk: Vec<(&'static str, Box<dyn Local>)> = Vec::new();
    let mut passes = passes.peekable();
    while let Some(pass) = passes.next() {
        let ir = changed.as_ref().unwrap_or(ir);
        let shorter = match pass.run {
            Run::Whole(run) => run(ir, &uses).inspect(|_| names.push(pass.name)),
            Run::Local(start) => {
                walk.push((pass.name, start(ir)));
                if passes
                    .peek()
                    .is_some_and(|next| matches!(next.run, Run::Local(_)))
                {
                    continue;
                }
                Some(walk_once(ir, &uses, std::mem::take(&mut walk), &mut names))
            }
        };
        if let Some(shorter) = shorter {
            uses = rewrite::uses(&shorter);
            changed = Some(shorter);
        }
    }
    Some((changed?, names))
}

/// Walks over all values once. Each of these passes looks at each value in turn.
fn walk_once(
    ir: &Ir,
    uses: &[u32],
    mut passes: Vec<(&'static str, Box<dyn Local>)>,
    names: &mut Vec<&'static str>,
) -> Ir {
    let mut found = vec![false; passes.len()];
    let shorter = rewrite(ir, uses, |new, _, mut kind, operands| {
        if let Kind::Input(_) = kind {
            return new.push(kind, operands);
        }
        let mut replaced: Option<SmallVec<[Id; 4]>> = None;
        for ((_, pass), found) in passes.iter_mut().zip(&mut found) {
            let known = new.len();
            match pass.look(new, kind, replaced.as_deref().unwrap_or(operands)) {
                Replacement::None => {}
                Replacement::By(other, operands) => {
                    (kind, replaced, *found) = (other, Some(operands), true);
                }
                Replacement::Value(id) => {
                    *found |= new.len() == known;
                    return id;
                }
            }
        }
        new.push(kind, replaced.as_deref().unwrap_or(operands))
    });
    let busy = passes.iter().zip(found).filter(|(_, found)| *found);
    names.extend(busy.map(|((name, _), _)| name));
    shorter
}
