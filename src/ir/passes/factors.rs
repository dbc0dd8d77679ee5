//! Constant factors move to a factor that several products share, so that `u·c` is computed once. The usual case is the
//! slope `2z` of a square.

use rustc_hash::FxHashMap;

use super::pass::{Level, Pass, Run};
use crate::ir::code::{Id, Ir, Kind};
use crate::ir::rewrite::rewrite;
use crate::op::{Binary, Op, rows};

const CHAIN: Kind = Kind::Apply(Op::Binary(rows::Chain::OP));
const MUL: Kind = Kind::Apply(Op::Binary(rows::Mul::OP));

pub(super) const PASS: Pass = Pass {
    name: "factors",
    level: Level::Fast,
    before_derivatives: false,
    equations: "u·(c·z) = (u·c)·z, c a constant, where products share u and c",
    run: Run::Whole(apply),
};

/// Moves constant factors; `None` if no two products share a factor.
fn apply(code: &Ir, uses: &[u32]) -> Option<Ir> {
    let pair = |id: Id| match *code.operands(id) {
        [a, b] => [[a, b], [b, a]],
        _ => [[id; 2]; 2],
    };
    // The factors u, c and z of `u·(c·z)`.
    let parts = |id: Id| {
        let of_factor = |[u, product]: [Id; 2]| {
            let is_product = code.kind(product) == MUL && uses[product as usize] == 1;
            if !is_product || code.constant(u).is_some() {
                return None;
            }
            let usual = |c: f64| c.is_normal();
            let mut factors = pair(product).into_iter();
            let [c, z] = factors.find(|&[c, _]| code.constant(c).is_some_and(usual))?;
            Some([u, c, z])
        };
        if code.kind(id) != CHAIN {
            return None;
        }
        pair(id).into_iter().find_map(of_factor)
    };
    let mut shared: FxHashMap<[Id; 2], u32> = FxHashMap::default();
    for [u, c, _] in code.ids().filter_map(parts) {
        *shared.entry([u, c]).or_default() += 1;
    }
    shared.retain(|_, count| *count > 1);
    if shared.is_empty() {
        return None;
    }
    let mut scaled: FxHashMap<[Id; 2], Id> = FxHashMap::default();
    let mut places = vec![Id::MAX; code.len()];
    Some(rewrite(code, uses, |new, id, kind, operands| {
        let found = parts(id).filter(|&[u, c, _]| shared.contains_key(&[u, c]));
        places[id as usize] = match found {
            Some([u, c, z]) => {
                let [to_u, to_c, z] = [u, c, z].map(|id| places[id as usize]);
                let u = *scaled
                    .entry([u, c])
                    .or_insert_with(|| new.push(MUL, &[to_u, to_c]));
                new.push(CHAIN, &[u, z])
            }
            None => new.push(kind, operands),
        };
        places[id as usize]
    }))
}
