//! Tests the laws that the table states for its rows, as properties.

use chainrule::op::{BinaryOp, Interval, Law, NaryOp, Op, TernaryOp, UnaryOp};
use proptest::prelude::*;

use crate::compare::same;

/// Numbers of every size within a domain, including its ends and common edge cases.
fn within([low, high]: Interval) -> impl Strategy<Value = f64> {
    let special = [
        low, high, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-308, 5e-324, 1e300,
    ];
    let special: Vec<f64> = special
        .into_iter()
        .filter(|&x| x >= low && x <= high)
        .collect();
    prop_oneof![
        2 => prop::sample::select(special),
        6 => low.max(-20.0)..=high.min(20.0),
        4 => (-300.0..300.0f64, any::<bool>()).prop_map(move |(exponent, negative)| {
            let size = 10f64.powf(exponent);
            (if negative { -size } else { size }).clamp(low, high)
        }),
    ]
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a - b).abs() <= tolerance * (a.abs().max(b.abs()))
}

fn f(op: UnaryOp, x: f64) -> f64 {
    Op::Unary(op).apply(&[x]).unwrap()
}

fn g(op: BinaryOp, a: f64, b: f64) -> f64 {
    Op::Binary(op).apply(&[a, b]).unwrap()
}

fn slope(op: UnaryOp, x: f64) -> f64 {
    Op::Unary(op).partials(&[x], f(op, x))[0]
}

/// A row and two operands inside its domain.
fn unary_points() -> impl Strategy<Value = (UnaryOp, f64, f64)> {
    prop::sample::select(UnaryOp::ALL).prop_flat_map(|op| {
        let domain = op.row().domain[0];
        (Just(op), within(domain), within(domain))
    })
}

fn binary_points() -> impl Strategy<Value = (BinaryOp, f64, f64)> {
    prop::sample::select(BinaryOp::ALL).prop_flat_map(|op| {
        let row = op.row();
        let right = if row.laws.contains(&Law::IntegerRight) {
            let [low, high] = row.domain[1];
            (low.max(-30.0)..high.min(30.0))
                .prop_map(f64::round)
                .boxed()
        } else {
            within(row.domain[1]).boxed()
        };
        (Just(op), within(row.domain[0]), right)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn laws_of_one_operand((op, x, other) in unary_points()) {
        let y = f(op, x);
        let pole = op.row().laws.contains(&Law::Poles) && x < 0.0 && x.floor() == x;
        prop_assert!(y.is_nan() == pole, "{op:?} of {x:e} is NaN inside its domain");
        for &law in op.row().laws {
            let holds = match law {
                Law::Odd => f(op, -x) == -y,
                Law::Even => f(op, -x) == y,
                // Allows a few units in the last place: libraries are monotone between neighbours only up to these.
                Law::Nondecreasing => {
                    let (low, high) = (x.min(other), x.max(other));
                    f(op, low) <= f(op, high) || close(f(op, low), f(op, high), 1e-15)
                }
                Law::Nonincreasing => {
                    let (low, high) = (x.min(other), x.max(other));
                    f(op, low) >= f(op, high) || close(f(op, low), f(op, high), 1e-15)
                }
                Law::Involution => y.is_infinite() || y.abs() < 1e-300 || close(f(op, y), x, 1e-15),
                Law::Idempotent => f(op, y) == y,
                Law::Range(low, high) => y >= low && y <= high,
                Law::At(x, y) => f(op, x) == y,
                Law::InverseOf(inverse) => {
                    // The inverse magnifies an error of y by its own condition number.
                    let back = f(inverse, y);
                    let condition = (slope(inverse, y) * y / back).abs();
                    !condition.is_finite() || back.is_infinite() || condition > 1e10
                        || close(back, x, 4e-16 * (2.0 + condition))
                }
                Law::Linear => slope(op, x) == slope(op, other),
                Law::Kink(_, at) => slope(op, at + 1e-9) != slope(op, at - 1e-9),
                Law::Break(..) | Law::Breaks => true,
                Law::Poles => f(op, -x.abs().floor() - 1.0).is_nan() && slope(op, -x.abs().floor() - 1.0).is_nan(),
                Law::Stop | Law::Blocks => slope(op, x) == 0.0,
                Law::Routes => routes(Op::Unary(op), &[x]),
                _ => false,
            };
            prop_assert!(holds, "{op:?} breaks {law:?} at {x:e} (and {other:e}): value {y:e}");
        }
    }

    #[test]
    fn outside_its_domain_a_function_and_its_slope_are_nan(op in prop::sample::select(UnaryOp::ALL), x in within([f64::NEG_INFINITY, f64::INFINITY])) {
        let [low, high] = op.row().domain[0];
        if x < low || x > high {
            prop_assert!(f(op, x).is_nan(), "{op:?} of {x:e}");
            prop_assert!(slope(op, x).is_nan(), "slope of {op:?} at {x:e}");
        }
    }

    #[test]
    fn laws_of_two_operands((op, a, b) in binary_points()) {
        let y = g(op, a, b);
        for &law in op.row().laws {
            let holds = match law {
                Law::Commutative => same(g(op, b, a), y),
                Law::Identity(e) => same(g(op, a, e), a),
                Law::SelfIdentity => same(g(op, a, a), a),
                Law::Range(low, high) => y.is_nan() || (y >= low && y <= high),
                Law::Linear => Op::Binary(op).partials(&[a, b], y) == Op::Binary(op).partials(&[b, a], y),
                Law::Bilinear => {
                    let partials = Op::Binary(op).partials(&[a, b], y);
                    same(partials[0], b) && same(partials[1], a)
                }
                // No other number than NaN has a NaN slope.
                Law::Remainder | Law::Blocks if y.is_nan() => Op::Binary(op).partials(&[a, b], y).iter().all(|slope| slope.is_nan()),
                Law::Remainder => {
                    let partials = Op::Binary(op).partials(&[a, b], y);
                    let slope = partials[1];
                    // Of a large quotient, and of an infinite divisor, the sum shows nothing.
                    let known = slope.abs() < 2e15 && b.is_finite();
                    partials[0] == 1.0 && (slope == slope.round() || b.is_infinite()) && (!known || slope.mul_add(b, a) == y)
                }
                Law::Blocks => Op::Binary(op).partials(&[a, b], y) == [0.0, 0.0],
                Law::BlocksAt(place) => y.is_nan() || Op::Binary(op).partials(&[a, b], y)[place] == 0.0,
                Law::Routes => routes(Op::Binary(op), &[a, b]),
                Law::ZeroRule => [b, f64::INFINITY, f64::NAN].iter().all(|&b| g(op, 0.0, b) == 0.0 && g(op, b, -0.0) == 0.0),
                Law::KinkAtTie | Law::KinkAtOrigin | Law::BreakAtTie | Law::Kink(..) | Law::Break(..) | Law::Breaks
                | Law::IntegerRight | Law::Poles => true,
                _ => false,
            };
            prop_assert!(holds, "{op:?} breaks {law:?} at {a:e}, {b:e}: value {y:e}");
        }
    }

    #[test]
    fn gates_of_many_operands_route_and_swap(xs in prop::collection::vec(prop::sample::select(vec![-2.0, 0.0, 1.0, 1.5, 3.0]), 2..9)) {
        let pairs = &xs[..xs.len() / 2 * 2];
        let triple = [xs[0], xs[1], xs[xs.len() / 2]];
        let ternary = TernaryOp::ALL.iter().map(|&op| (Op::Ternary(op), &triple[..]));
        let nary = NaryOp::ALL.iter().map(|&op| (Op::Nary(op), pairs));
        for (op, xs) in ternary.chain(nary) {
            let y = op.apply(xs).unwrap();
            let partials = op.partials(xs, y);
            for law in op.row().laws {
                let holds = match law {
                    Law::Routes => y.is_nan() || routes(op, xs),
                    Law::BlocksAt(place) => partials[*place] == 0.0,
                    // With one factor of every product 0 and the other infinite, only an addend is left.
                    Law::ZeroRule => {
                        let addend = if xs.len() == 3 { xs[2] } else { 0.0 };
                        [0, 1].into_iter().all(|zero| {
                            let mut xs = xs.to_vec();
                            for pair in xs.chunks_exact_mut(2) {
                                (pair[zero], pair[1 - zero]) = (0.0, f64::INFINITY);
                            }
                            op.apply(&xs) == Some(addend)
                        })
                    }
                    Law::Bilinear if xs.len() == 3 => partials == [xs[1], xs[0], 1.0],
                    Law::Bilinear => (0..xs.len()).all(|i| partials[i] == xs[i ^ 1]),
                    Law::Linear => partials.iter().all(|&partial| partial == partials[0]),
                    _ => true,
                };
                prop_assert!(holds, "{op:?} breaks {law:?} at {xs:?}: value {y:e}, slopes {partials:?}");
            }
        }
    }

    #[test]
    fn many_operand_rows_agree_with_two_operand_rows(xs in prop::collection::vec(within([f64::MIN, f64::MAX]), 1..9)) {
        let many = |op| Op::Nary(op).apply(&xs).unwrap();
        let fold = |op| xs[1..].iter().fold(xs[0], |a, &b| g(op, a, b));
        prop_assert!(same(many(NaryOp::Sum), fold(BinaryOp::Add)));
        prop_assert!(same(many(NaryOp::Product), fold(BinaryOp::Mul)));
        prop_assert!(same(many(NaryOp::MaxOf), fold(BinaryOp::Max)));
        prop_assert!(same(many(NaryOp::MinOf), fold(BinaryOp::Min)));
        prop_assert!(same(many(NaryOp::Mean), fold(BinaryOp::Add) / xs.len() as f64));
        let dot = xs.chunks_exact(2).fold(None, |sum: Option<f64>, pair| {
            Some(sum.map_or(pair[0] * pair[1], |sum| pair[0].mul_add(pair[1], sum)))
        });
        if let Some(dot) = dot {
            let even = &xs[..xs.len() / 2 * 2];
            prop_assert!(same(Op::Nary(NaryOp::Dot).apply(even).unwrap(), dot));
        }
    }

    #[test]
    fn the_softmax_of_a_sum_of_exponentials_sums_to_one(xs in prop::collection::vec(-700.0..700.0f64, 1..9)) {
        let op = Op::Nary(NaryOp::LogSumExp);
        let y = op.apply(&xs).unwrap();
        let total: f64 = op.partials(&xs, y).iter().sum();
        prop_assert!((total - 1.0).abs() < 1e-14);
        prop_assert!(y >= xs.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    }
}

/// Whether the slopes are equal shares of 1, or all 0, and only operands equal to the value have one.
fn routes(op: Op, xs: &[f64]) -> bool {
    let y = op.apply(xs).unwrap();
    let partials = op.partials(xs, y);
    let ties = partials.iter().filter(|&&partial| partial != 0.0).count();
    xs.iter()
        .zip(&partials)
        .all(|(&x, &partial)| partial == 0.0 || (partial == 1.0 / ties as f64 && x == y))
}

/// A large factor, then a small one, again and again: no product of factors side by side is too large or too small.
fn balanced_factors() -> impl Strategy<Value = Vec<f64>> {
    let pair = (0.5..2.0_f64, 0.5..2.0_f64, -200..200_i32);
    prop::collection::vec(pair, 0..30).prop_map(|pairs| {
        let factors = pairs.into_iter().flat_map(|(a, b, exponent)| {
            let scale = 10_f64.powi(exponent);
            [a * scale, -b / scale]
        });
        factors.collect()
    })
}

proptest! {
    #[test]
    fn slopes_of_a_product_are_the_products_of_the_others(factors in balanced_factors(), odd in any::<bool>()) {
        let mut factors = factors;
        if odd {
            factors.push(-1.25);
        }
        let product = Op::Nary(NaryOp::Product);
        let slopes = product.partials(&factors, product.apply(&factors).unwrap());
        prop_assert_eq!(slopes.len(), factors.len());
        for (i, slope) in slopes.into_iter().enumerate() {
            let (before, after) = factors.split_at(i);
            let others: f64 = before.iter().product::<f64>() * after[1..].iter().rev().product::<f64>();
            prop_assert!(close(slope, others, 1e-13), "{i}: {slope} {others}");
        }
    }

    #[test]
    fn slopes_of_the_logarithm_of_a_sum_are_shares(terms in prop::collection::vec(-40.0..40.0_f64, 1..200)) {
        let op = Op::Nary(NaryOp::LogSumExp);
        let y = op.apply(&terms).unwrap();
        let slopes = op.partials(&terms, y);
        prop_assert!(close(slopes.iter().sum(), 1.0, 1e-14));
        let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let size = |term: f64| (term - largest).exp();
        for (i, (&term, slope)) in terms.iter().zip(slopes).enumerate() {
            let all_but_one = terms.iter().enumerate().filter(|&(j, _)| j != i);
            let others: f64 = all_but_one.map(|(_, &term)| size(term)).sum();
            let share = size(term) / (size(term) + others);
            prop_assert!(close(slope, share, 1e-13), "{i}: {slope} {share}");
        }
    }
}
