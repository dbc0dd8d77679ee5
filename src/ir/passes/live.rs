//! Removes values that no output or guard depends on.

use super::pass::{Level, Pass, Run};
use crate::ir::code::Ir;
use crate::ir::rewrite;

pub(super) const PASS: Pass = Pass {
    name: "live",
    level: Level::Exact,
    before_derivatives: false,
    equations: "values that no output or guard depends on are removed",
    run: Run::Whole(apply),
};

/// Removes unused values; `None` if all are used.
fn apply(code: &Ir) -> Option<Ir> {
    let live = rewrite::live(code);
    live.contains(&false).then(|| rewrite::compact(code))
}
