//! Numbers where functions go wrong: kinks, binade edges, subnormal numbers, extremes and ends of domains.

use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop, prop_oneof};

use super::expression::arity;
use crate::op::{Interval, Law, Op};

/// Any number, many of them unusual: zeros of both signs, infinities, NaN, subnormal numbers, the largest and smallest ones,
/// powers of two and their neighbours, and numbers of every size.
///
/// ```
/// use chainrule::{Scalar, strategies};
/// use proptest::prelude::*;
/// proptest!(|(x in strategies::wild())| {
///     prop_assert!(x.is_nan() || Scalar::abs(x) >= 0.0);
/// });
/// ```
pub fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => within([f64::NEG_INFINITY, f64::INFINITY]),
        1 => Just(f64::NAN),
    ]
}

/// Numbers from `low` to `high`, both included, many of them unusual: the ends and their neighbours, zeros of both signs,
/// subnormal numbers, powers of two and their neighbours, and numbers of every size.
///
/// ```
/// use chainrule::strategies;
/// use proptest::prelude::*;
/// proptest!(|(x in strategies::within([0.0, 1.0]))| {
///     prop_assert!((0.0..=1.0).contains(&x));
/// });
/// ```
///
/// # Panics
/// If `low` is not less than `high`.
pub fn within([low, high]: Interval) -> impl Strategy<Value = f64> {
    assert!(low < high, "no interval: {low} to {high}");
    let ends = [low, low.next_up(), high.next_down(), high];
    let zeros = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0];
    let extremes = [f64::MIN_POSITIVE, f64::MAX, 5e-324, 1e300, 1e-300];
    let extremes = extremes.into_iter().flat_map(|x| [x, -x]);
    let mut special: Vec<f64> = ends.into_iter().chain(zeros).chain(extremes).collect();
    special.retain(|&x| low <= x && x <= high);
    let of_any_size = (-308.0..308.0_f64, any::<bool>());
    let subnormal = (1..1_u64 << 52, any::<bool>());
    let sign = |is_negative| if is_negative { -1.0 } else { 1.0 };
    let middle = low.max(high.min(20.0) - 40.0)..=high.min(low.max(-20.0) + 40.0);
    prop_oneof![
        3 => prop::sample::select(special),
        6 => middle,
        2 => of_any_size.prop_map(move |(exponent, negative)| sign(negative) * 10_f64.powf(exponent)),
        2 => edges(),
        1 => subnormal.prop_map(move |(bits, negative)| sign(negative) * f64::from_bits(bits)),
    ]
    .prop_map(move |x| x.clamp(low, high))
}

/// Powers of two and their neighbours, of both signs.
fn edges() -> impl Strategy<Value = f64> {
    let exponent = prop_oneof![4 => -4..5_i32, 1 => -1074..1024_i32];
    (exponent, -1..2_i8, any::<bool>()).prop_map(|(exponent, neighbour, negative)| {
        let edge = 2_f64.powi(exponent);
        let x = match neighbour {
            -1 => edge.next_down(),
            0 => edge,
            _ => edge.next_up(),
        };
        if negative { -x } else { x }
    })
}

/// Operands of an operation within its domain, many of them at its corners and jumps: equal operands, all 0, or the value
/// where the table says that the operation has one.
///
/// ```
/// use chainrule::op::{BinaryOp, Op};
/// use chainrule::strategies;
/// use proptest::prelude::*;
/// let max = Op::Binary(BinaryOp::Max);
/// proptest!(|(x in strategies::operands(max))| {
///     prop_assert!(max.apply(&x).unwrap() >= x[0]);
/// });
/// ```
pub fn operands(op: Op) -> impl Strategy<Value = Vec<f64>> {
    let row = op.row();
    let domain = move |place: usize| row.domain[place.min(row.domain.len() - 1)];
    let at = |place: usize| -> BoxedStrategy<f64> {
        let [low, high] = domain(place);
        if place == 1 && row.laws.contains(&Law::IntegerRight) {
            return (low.max(-30.0)..=high.min(30.0))
                .prop_map(f64::round)
                .boxed();
        }
        let corners = row.laws.iter().filter_map(|law| match *law {
            Law::Kink(of, at) | Law::Break(of, at) if of == place => Some(at),
            _ => None,
        });
        let corners: Vec<f64> = corners
            .flat_map(|at| [at.next_down(), at, at.next_up()])
            .filter(|&x| low <= x && x <= high)
            .collect();
        if corners.is_empty() {
            within([low, high]).boxed()
        } else {
            prop_oneof![3 => within([low, high]), 1 => prop::sample::select(corners)].boxed()
        }
    };
    let counts: Vec<usize> = arity(op).map_or(vec![2, 4, 8], |count| vec![count]);
    let lists = counts
        .into_iter()
        .map(|count| (0..count).map(at).collect::<Vec<_>>());
    let has = |laws: &[Law]| row.laws.iter().any(|law| laws.contains(law));
    let ties = has(&[Law::KinkAtTie, Law::BreakAtTie]);
    let origin = has(&[Law::KinkAtOrigin]);
    (
        prop::strategy::Union::new(lists),
        prop::bool::weighted(0.25),
        any::<bool>(),
    )
        .prop_map(move |(mut x, to_corner, negative)| {
            if to_corner && ties {
                let first = x[0];
                x.fill(first);
            }
            if to_corner && origin {
                x.fill(if negative { -0.0 } else { 0.0 });
            }
            x
        })
}
