//! Applies the table's laws that hold to the last bit:
//!
//! - `f(x, e) = x` ([`Law::Identity`]): `x·1`, `x/1`, `x + −0`, `x − 0`;
//! - `f(f(x)) = f(x)` ([`Law::Idempotent`]): `|x|`, `⌊x⌋`, the rectifier;
//! - `f(x, x) = x` ([`Law::SelfIdentity`]): `max`, `min`;
//! - `−(−x) = x`, for an odd involution that is linear;
//! - `stop(x) = x` ([`Law::Stop`]), `custom(x, …) = x` ([`Law::Declared`]), because derivatives were made before.

use super::pass::{Level, Pass, Replacement, Run};
use crate::ir::code::{Id, Ir, Kind};
use crate::op::{Law, Op};

pub(super) const PASS: Pass = Pass {
    name: "laws",
    level: Level::Exact,
    before_derivatives: false,
    equations: "f(x, e) = x, f(f(x)) = f(x), f(x, x) = x, −(−x) = x, where the table says so",
    run: Run::Local(|_| {
        Box::new(
            |new: &mut Ir, kind: Kind, operands: &[Id]| match apply(new, kind, operands) {
                Some(id) => Replacement::Value(id),
                None => Replacement::None,
            },
        )
    }),
};

/// The operand that this operation equals by a law, if any.
fn apply(code: &Ir, kind: Kind, operands: &[Id]) -> Option<Id> {
    let Kind::Apply(op) = kind else { return None };
    let laws = op.laws();
    match (op, operands) {
        (Op::Unary(_), &[x]) if laws.contains(&Law::Stop) => Some(x),
        (Op::Nary(_), &[x, ..]) if laws.contains(&Law::Declared) => Some(x),
        (Op::Unary(_), &[x]) if code.kind(x) == kind => {
            if laws.contains(&Law::Idempotent) {
                return Some(x);
            }
            let undone = laws.contains(&Law::Involution) && laws.contains(&Law::Linear);
            undone.then(|| code.operands(x)[0])
        }
        (Op::Binary(_), &[a, b]) => {
            if a == b && laws.contains(&Law::SelfIdentity) {
                return Some(a);
            }
            let neutral = code.constant(b)?.to_bits();
            let identity = |law: &Law| matches!(law, Law::Identity(e) if e.to_bits() == neutral);
            laws.iter().any(identity).then_some(a)
        }
        _ => None,
    }
}
