//! Removes values that no output or guard depends on.

use super::pass::{Level, Pass, Run};
use crate::ir::code::Ir;
use crate::ir::rewrite::compact;

pub(super) const PASS: Pass = Pass {
    name: "live",
    level: Level::Exact,
    before_derivatives: false,
    equations: "values that no output or guard depends on are removed",
    run: Run::Whole(apply),
};

/// Removes unused values; `None` if all are used.
fn apply(code: &Ir, uses: &[u32]) -> Option<Ir> {
    uses.contains(&0).then(|| compact(code))
}
