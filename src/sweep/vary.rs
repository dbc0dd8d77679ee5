//! What can change around a point: a zero that can change is only a limit, one that cannot is exact.

use super::cone::Cone;
use crate::graph::Graph;
use crate::op::{Law, Op};

/// Which nodes of a cone can change around the point. A closed gate, a branch not taken and a product with a constant zero
/// cannot.
pub(super) fn varies(graph: &Graph, cone: &Cone) -> Vec<bool> {
    let mut varies: Vec<bool> = Vec::with_capacity(cone.slots.len());
    for &slot in &cone.slots {
        let node = graph.node_at(slot as usize);
        let place = |slot: usize| cone.place(slot);
        let varying = node.each_argument(
            |key| place(key.slot()).is_some_and(|place| varies[place]),
            |_| false,
        );
        let operands = node.arguments(|key| graph.value_of(key));
        let varies_now = node.is_variable()
            || varying.contains(&true)
                && value_varies(node.op(), &operands, node.value(), &varying);
        varies.push(varies_now);
    }
    varies
}

/// Whether a value can change around the point, if these operands can.
fn value_varies(op: Op, operands: &[f64], value: f64, varying: &[bool]) -> bool {
    let mut each = operands.iter().zip(varying);
    if op.obeys(Law::Blocks) {
        return false;
    }
    if op.obeys(Law::Routes) {
        // It changes with the operands that it is equal to, and with those that may take over.
        let at_edge = |place: usize, x: f64| op.obeys(Law::Break(place, x));
        let takes_part = |place: usize, x: f64| x == value || x.is_nan() || at_edge(place, x);
        let mut places = each.enumerate();
        return value.is_nan()
            || places.any(|(place, (&x, &varies))| varies && takes_part(place, x));
    }
    if op.obeys(Law::Bilinear) {
        let zero = |factor: &[(f64, bool)]| factor.contains(&(0.0, false));
        let factors: Vec<(f64, bool)> = each.map(|(&x, &varies)| (x, varies)).collect();
        let mut terms = factors.chunks(2);
        return terms.any(|term| {
            term.iter().any(|&(_, varies)| varies) && !(term.len() == 2 && zero(term))
        });
    }
    each.any(|(_, &varies)| varies)
}

/// Whether the slope with respect to one operand can change around the point, if these operands can.
pub(super) fn partial_varies(
    op: Op,
    (operands, value): (&[f64], f64),
    varying: &[bool],
    place: usize,
) -> bool {
    let obeys = |law| op.obeys(law);
    if obeys(Law::Routes) {
        // The slopes are those of the operand that is chosen, so they change only where another one may be.
        let chosen = operands.iter().filter(|&&x| x == value).count();
        let mut each = operands.iter().zip(varying).enumerate();
        return each.any(|(place, (&x, &varies))| {
            let at_edge = obeys(Law::Kink(place, x)) || obeys(Law::Break(place, x));
            varies && (at_edge || chosen > 1 && x == value)
        });
    }
    let flat = [Law::Linear, Law::Blocks, Law::Stop, Law::Remainder];
    if flat.into_iter().any(obeys) {
        return false;
    }
    if obeys(Law::Bilinear) {
        return varying.get(place ^ 1) == Some(&true);
    }
    if obeys(Law::Declared) {
        return place % 2 == 1 && varying.get(place + 1) == Some(&true);
    }
    varying.contains(&true)
}
