//! Value numbering: equal values are computed once.

use super::pass::{Level, Pass, Replacement, Run};
use crate::ir::code::{Id, Ir, Kind};
use crate::ir::value_numbering::ValueNumbering;

/// The pass that runs after derivatives are made.
pub(super) const PASS: Pass = Pass {
    name: "merge",
    level: Level::Exact,
    before_derivatives: false,
    equations: "f(x, y) and f(x, y) are one value, also f(y, x) where f commutes",
    run: Run::Local(|code| {
        let mut values = ValueNumbering::with_capacity(code.len());
        Box::new(move |new: &mut Ir, kind: Kind, operands: &[Id]| {
            Replacement::Value(values.push(new, kind, operands))
        })
    }),
};

/// The same pass before derivatives are made, so that the derivative of a value that is used many times is made once.
pub(super) const EARLY: Pass = Pass {
    name: "early merge",
    level: Level::Fast,
    before_derivatives: true,
    ..PASS
};
