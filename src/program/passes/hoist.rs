//! Uniform factors out of sums over rows, at level `Fast`: `Σ s·v = s·Σ v`, formed once a call instead of once a row.

use super::{rewrite, uses};
use crate::op::{Binary, Op, rows};
use crate::program::code::{Class, Code, Kind};

const CHAIN: Kind = Kind::Apply(Op::Binary(rows::Chain::OP));

pub(super) fn apply(code: &Code) -> Code {
    let (uses, classes) = (uses(code), code.classes());
    let hoisted = rewrite(code, |new, id, kind, operands| {
        let (Kind::Rows, &[product, p], &[_, one]) = (kind, code.operands(id), operands) else {
            return new.push(kind, operands);
        };
        let varying = |id| classes[id as usize] == Class::Varying;
        if code.kind(product) != CHAIN || uses[product as usize] != 1 || varying(p) {
            return new.push(kind, operands);
        }
        let (&[a, b], &[s, v]) = (code.operands(product), new.operands(operands[0])) else {
            return new.push(kind, operands);
        };
        let [s, v] = match (varying(a), varying(b)) {
            (false, true) => [s, v],
            (true, false) => [v, s],
            _ => return new.push(kind, operands),
        };
        let sum = new.push(Kind::Rows, &[v, one]);
        new.push(CHAIN, &[s, sum])
    });
    // The products that are not formed any more.
    rewrite(&hoisted, |new, _, kind, operands| new.push(kind, operands))
}
