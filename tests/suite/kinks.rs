//! Tests corners: the branch that was taken, the distance to the next one, and one-sided slopes.

use chainrule::op::Law;
use chainrule::{ErrorKind, Program, Var};
use proptest::prelude::*;

use crate::expression::{Expression, all_ops};

fn side(f: impl Fn(&[Var]) -> Var, x: &[f64], v: &[f64]) -> f64 {
    Program::trace(x.len(), |x| f(x))
        .unwrap()
        .one_sided(x, v)
        .unwrap()[0]
}

#[test]
fn slopes_on_both_sides_of_a_corner() {
    // The slope along +1, and along −1.
    type Case = (fn(Var) -> Var, f64, f64, f64);
    let cases: [Case; 8] = [
        (Var::abs, 0.0, 1.0, 1.0),
        (Var::relu, 0.0, 1.0, 0.0),
        (|x| x.leaky_relu(0.25), 0.0, 1.0, -0.25),
        (|x| x.elu(0.5), 0.0, 1.0, -0.5),
        (|x| x.max(2.0), 2.0, 1.0, 0.0),
        (|x| x.min(2.0), 2.0, 0.0, -1.0),
        (|x| x.clamp(-1.0, 1.0), 1.0, 0.0, -1.0),
        (|x| x.clamp(-1.0, 1.0), -1.0, 1.0, 0.0),
    ];
    for (place, (f, at, right, left)) in cases.into_iter().enumerate() {
        assert_eq!(
            side(|x| f(x[0]), &[at], &[1.0]),
            right,
            "case {place}, right"
        );
        assert_eq!(
            side(|x| f(x[0]), &[at], &[-1.0]),
            left,
            "case {place}, left"
        );
    }
}

#[test]
fn the_faster_operand_wins_a_tie() {
    let largest = |x: &[Var]| Var::max_of(x);
    assert_eq!(side(largest, &[1.0, 1.0, 0.0], &[2.0, 3.0, 100.0]), 3.0);
    assert_eq!(side(largest, &[1.0, 1.0, 1.0], &[-2.0, -3.0, -1.0]), -1.0);
    let smallest = |x: &[Var]| Var::min_of(x);
    assert_eq!(side(smallest, &[1.0, 1.0, 2.0], &[2.0, 3.0, -100.0]), 2.0);
    assert_eq!(side(|x| x[0].min(x[1]), &[0.0, -0.0], &[2.0, 3.0]), 2.0);
    assert_eq!(side(|x| x[0].max(x[1]), &[1.0, 1.0], &[2.0, 2.0]), 2.0);
    assert_eq!(side(|x| x[0].hypot(x[1]), &[0.0, 0.0], &[3.0, -4.0]), 5.0);
    assert_eq!(side(|x| x[0].hypot(x[1]), &[0.0, 0.0], &[0.0, 0.0]), 0.0);
    assert_eq!(
        side(
            |x| x[0].abs().max(x[1].relu() * 2.0),
            &[0.0, 0.0],
            &[-3.0, 2.0]
        ),
        4.0
    );
}

#[test]
fn operands_that_tie_and_move_alike_stay_tied() {
    let comparisons: [fn(&[Var]) -> Var; 6] = [
        |x| x[0].greater(x[1]),
        |x| x[0].less(x[1]),
        |x| x[0].greater_equal(x[1]),
        |x| x[0].less_equal(x[1]),
        |x| x[0].equal(x[1]),
        |x| x[0].not_equal(x[1]),
    ];
    for f in comparisons {
        for along in [[2.0, 2.0], [-2.0, -2.0]] {
            assert_eq!(side(f, &[1.0, 1.0], &along), 0.0);
        }
    }
    // The two that move alike leave the third one.
    let alike = [1.0, 1.0, 1.0];
    for along in [[2.0, 3.0, 3.0], [3.0, 2.0, 3.0], [3.0, 3.0, 2.0]] {
        assert_eq!(side(Var::min_of, &alike, &along), 2.0, "{along:?}");
        assert_eq!(side(Var::max_of, &alike, &along), 3.0, "{along:?}");
    }
}

#[test]
fn a_comparison_is_unknown_only_at_a_tie() {
    // The cube moves, but neither in the first order nor in the second.
    assert!(side(|x| x[0].powi(3).greater(0.0), &[0.0], &[1.0]).is_nan());
    assert_eq!(side(|x| x[0].powi(3).greater(1.0), &[0.0], &[1.0]), 0.0);
    // So does a sum that begins alike.
    let ahead = |x: &[Var]| (x[0] + x[0].powi(3)).greater(x[0]);
    assert!(side(ahead, &[0.0], &[1.0]).is_nan());
    assert_eq!(side(ahead, &[0.5], &[1.0]), 0.0);
    let twice = |x: &[Var]| {
        let y = x[0] + x[0].powi(3);
        (y + y).greater(x[0] * 2.0)
    };
    assert!(side(twice, &[0.0], &[1.0]).is_nan());
    // Sums of multiples, and a value and itself, stay equal.
    let multiples = |x: &[Var]| (x[0] * 2.0).max(0.5).greater(x[0] + x[0]);
    assert_eq!(side(multiples, &[1.0], &[1.0]), 0.0);
    let itself = |x: &[Var]| {
        let y = x[0].sin();
        y.greater_equal(y)
    };
    assert_eq!(side(itself, &[1.0], &[1.0]), 0.0);
}

#[test]
fn a_jump_has_no_slope() {
    assert!(side(|x| x[0].sign(), &[0.0], &[1.0]).is_nan());
    assert_eq!(side(|x| x[0].sign(), &[0.0], &[0.0]), 0.0);
    assert_eq!(side(|x| x[0].sign(), &[0.5], &[1.0]), 0.0);
    assert!(side(|x| x[0].recip(), &[0.0], &[-1.0]).is_nan());
    assert!(side(|x| x[0].greater(x[1]), &[1.0, 1.0], &[1.0, 0.0]).is_nan());
    assert_eq!(side(|x| x[0].greater(x[1]), &[1.0, 1.0], &[-1.0, 0.0]), 0.0);
}

#[test]
fn a_zero_slope_does_not_hide_an_infinite_one() {
    let roots: [fn(&[Var]) -> Var; 7] = [
        |x| x[0].sqrt().square(),
        |x| x[0].sqrt() * x[0].sqrt(),
        |x| x[0].powf(0.5).powf(2.0),
        |x| x[0].ln().exp(),
        |x| x[0].cbrt().powi(3),
        |x| x[0].relu().sqrt().square(),
        |x| x[0].sign() * x[0],
    ];
    for (place, f) in roots.into_iter().enumerate() {
        for along in [1.0, -1.0] {
            // Where the slope is not known, it is not 0 either.
            let found = side(f, &[0.0], &[along]);
            assert!(
                found.is_nan() || found == along.max(0.0),
                "case {place}: {found}"
            );
        }
    }
    // A gate, a branch that is not taken and a constant zero are exact.
    assert_eq!(side(|x| x[0].sqrt() * 0.0, &[0.0], &[1.0]), 0.0);
    assert_eq!(side(|x| x[0].sqrt().max(1.0), &[0.0], &[1.0]), 0.0);
    let closed = |x: &[Var]| x[1].greater(0.0).select(x[0].sqrt(), x[0]);
    assert_eq!(side(closed, &[0.0, -1.0], &[1.0, 0.0]), 1.0);
}

#[test]
fn comparisons_of_the_traced_function_decide() {
    let at = |x: f64, v: f64| {
        let f = |x: &[Var]| if x[0] > 0.0 { x[0] * 2.0 } else { x[0] };
        let f = Program::trace_at(&[x], f).unwrap();
        f.one_sided(&[x], &[v]).unwrap()[0]
    };
    // Along 1, the other branch is taken as soon as x moves.
    assert!(at(0.0, 1.0).is_nan());
    assert_eq!(at(0.0, -1.0), -1.0);
    assert_eq!(at(1.0, -1.0), -2.0);
    let read = |x: &[Var]| x[0] * x[0].value();
    let read = Program::trace_at(&[3.0], read).unwrap();
    assert!(read.one_sided(&[3.0], &[1.0]).unwrap()[0].is_nan());
}

#[test]
fn branches_and_distances() {
    let f = Program::trace(3, |x| {
        let y = Var::max_of(x) + x[0].clamp(x[1], 5.0);
        y + x[1].less(x[2]).select(x[0].relu(), x[1].hypot(x[2])) + x[2].floor()
    })
    .unwrap();
    let kinks = f.kinks(&[2.0, 1.0, 2.5]).unwrap();
    let found: Vec<(&str, usize, f64, bool)> = kinks
        .iter()
        .map(|k| (k.op.row().name, k.branch, k.distance, k.jumps))
        .collect();
    assert_eq!(
        found,
        [
            ("MaxOf", 2, 0.5, false),
            ("Clamp", 0, 1.0, false),
            ("Less", 1, 1.5, true),
            ("Relu", 1, 2.0, false),
            ("Hypot", 0, 2.5, false),
        ]
    );
    assert_eq!(f.nearest_kink(&[2.0, 1.0, 2.5]).unwrap(), 0.5);
    let smooth = Program::trace(1, |x| x[0].sin()).unwrap();
    assert_eq!(smooth.nearest_kink(&[1.0]).unwrap(), f64::INFINITY);
    assert_eq!(f.kinks(&[1.0]).unwrap_err().kind(), ErrorKind::Length);
    assert_eq!(
        f.one_sided(&[1.0; 3], &[]).unwrap_err().to_string(),
        "v: expected 3 values, found 0"
    );
    let guarded = Program::trace_at(&[1.0], |x| if x[0] > 0.0 { x[0] } else { -x[0] }).unwrap();
    assert_eq!(
        guarded.kinks(&[-1.0]).unwrap_err().kind(),
        ErrorKind::Branch
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Away from corners, the one-sided slope is the directional derivative, to the last bit.
    #[test]
    fn away_from_corners_it_is_the_derivative(e in Expression::any(10, true), v in [-2.0..2.0, -2.0..2.0, -2.0..2.0]) {
        let f = Program::trace(e.inputs.len(), |x| e.evaluate(x)).unwrap();
        let v = &v[..e.inputs.len()];
        // Equal operands are nudged even if the operation is smooth there.
        if f.nearest_kink(&e.inputs).unwrap() > 0.0 && f.value(&e.inputs).unwrap().is_finite() {
            let (_, along) = f.jvp(&e.inputs, v).unwrap();
            let found = f.one_sided(&e.inputs, v).unwrap();
            // A remainder of 0 may be at a jump, which is not listed.
            let may_jump = e.steps.iter().any(|(op, _)| op.row().laws.contains(&Law::Remainder));
            let unknown = found[0].is_nan() && (may_jump || along[0].is_nan());
            prop_assert!(found[0].to_bits() == along[0].to_bits() || unknown, "{:e} {:e}", found[0], along[0]);
        }
    }

    /// The slope of a norm of differences, written with squares and a root, where all differences are 0.
    #[test]
    fn norms_at_their_corner_have_the_norm_of_the_direction(
        a in [-2.0..2.0f64, -2.0..2.0f64],
        m in [-2.0..2.0f64, -2.0..2.0f64, -2.0..2.0f64, -2.0..2.0f64],
        v in [-2.0..2.0f64, -2.0..2.0f64],
    ) {
        let f = Program::trace(2, |x| {
            let d = [x[0] - a[0], x[1] - a[1]];
            let u = (d[0] * m[0] + d[1] * m[1]).square() + (d[0] * m[2] + d[1] * m[3]).square();
            u.sqrt() * 3.0 + x[0]
        })
        .unwrap();
        let found = f.one_sided(&a, &v).unwrap()[0];
        let norm = (m[0] * v[0] + m[1] * v[1]).hypot(m[2] * v[0] + m[3] * v[1]);
        prop_assert!((found - (3.0 * norm + v[0])).abs() < 1e-13 * (1.0 + norm), "{found:e} {norm:e}");
    }

    /// At corners, it is the limit of difference quotients.
    #[test]
    fn at_corners_it_is_the_difference_quotient(a in -2.0..2.0f64, v in [-2.0..2.0f64, -2.0..2.0f64]) {
        let f = Program::trace(2, |x| {
            let y = (x[0] - a).abs() + x[0].max(x[1]) * x[1];
            y.sin() + (x[0] * x[1]).clamp(a * a, 9.0) + (x[0] - x[1]).relu().exp()
        })
        .unwrap();
        let found = f.one_sided(&[a, a], &v).unwrap()[0];
        let h = 1e-7;
        let beside = f.value(&[a + h * v[0], a + h * v[1]]).unwrap();
        let quotient = (beside - f.value(&[a, a]).unwrap()) / h;
        prop_assert!((found - quotient).abs() < 1e-5 * (1.0 + found.abs()), "{found:e} {quotient:e}");
    }
}

#[test]
fn every_kink_of_the_table_has_a_place() {
    for op in all_ops() {
        let row = op.row();
        let kinks = row
            .laws
            .iter()
            .any(|law| matches!(law, Law::Kink(..) | Law::KinkAtTie | Law::KinkAtOrigin));
        let count = row
            .domain
            .len()
            .max(if matches!(op, chainrule::op::Op::Ternary(_)) {
                3
            } else {
                1
            });
        if kinks {
            let f = Program::trace(count, |x| op.apply(x).unwrap()).unwrap();
            assert_eq!(f.kinks(&vec![0.0; count]).unwrap().len(), 1, "{}", row.name);
        }
    }
}

#[test]
fn smooth_operations_have_no_corners() {
    type Case = (fn(&[Var]) -> Var, f64);
    let functions: [Case; 10] = [
        (|x| x[0] / 3.0, f64::INFINITY),
        (|x| x[0].powi(2), f64::INFINITY),
        (|x| x[0].powi(-2), 0.0),
        (|x| x[0].leaky_relu(0.01), 0.0),
        (|x| (x[0] + 2.0).leaky_relu(0.01), 2.0),
        (|x| x[0].leaky_relu(1.0), f64::INFINITY),
        (|x| x[0] / x[1], 1.0),
        (|x| x[0].atan2(x[1]), f64::INFINITY),
        (|x| x[0].atan2(-x[1]), 0.0),
        (|x| x[0].greater(-0.25).select(x[1], x[0]), 0.25),
    ];
    for (place, (f, distance)) in functions.into_iter().enumerate() {
        let f = Program::trace(2, f).unwrap();
        assert_eq!(
            f.nearest_kink(&[0.0, 1.0]).unwrap(),
            distance,
            "function {place}"
        );
    }
}

#[test]
fn second_derivatives_decide_where_an_operation_is_infinitely_steep() {
    // The slope along +1, and along −1; NaN stands for unknown or undefined.
    const INF: f64 = f64::INFINITY;
    type Case = (fn(Var) -> Var, f64, f64, f64);
    let cases: [Case; 31] = [
        (|x| x.square().sqrt(), 0.0, 1.0, 1.0),
        (|x| (x - 1.0).square().sqrt() * 3.0, 1.0, 3.0, 3.0),
        (|x| x.square().relu().sqrt(), 0.0, 1.0, 1.0),
        (|x| x.square().abs().sqrt(), 0.0, 1.0, 1.0),
        (|x| x.square().max(0.0).sqrt(), 0.0, 1.0, 1.0),
        (|x| x.square().max(x.square() * 4.0).sqrt(), 0.0, 2.0, 2.0),
        (|x| (-x.square()).relu().sqrt(), 0.0, 0.0, 0.0),
        (|x| (x.cos() * -2.0 + 2.0).sqrt(), 0.0, 1.0, 1.0),
        (|x| x.square().hypot(0.0).sqrt(), 0.0, 1.0, 1.0),
        (|x| x.square().cbrt(), 0.0, INF, INF),
        (|x| x.square().powf(0.75), 0.0, 0.0, 0.0),
        (|x| x.square().greater(0.0), 0.0, f64::NAN, f64::NAN),
        (|x| x.square().less(0.0), 0.0, 0.0, 0.0),
        (|x| x.square().sqrt().relu(), 0.0, 1.0, 1.0),
        (Var::sqrt, 0.0, INF, f64::NAN),
        (Var::cbrt, 0.0, INF, -INF),
        (Var::xlogx, 0.0, -INF, f64::NAN),
        (Var::asin, 1.0, f64::NAN, -INF),
        (|x| (-x.square() + 1.0).asin(), 0.0, f64::NAN, f64::NAN),
        (|x| x.square().square().sqrt(), 0.0, f64::NAN, f64::NAN),
        (|x| x.powf(1.5).sqrt(), 0.0, f64::NAN, f64::NAN),
        (
            |x| x.square().square().relu().sqrt(),
            0.0,
            f64::NAN,
            f64::NAN,
        ),
        (|x| x.sign().relu(), 0.0, f64::NAN, f64::NAN),
        (|x| (x.sign() * 10.0).max(5.0), 0.0, f64::NAN, f64::NAN),
        (|x| (x.sign() * 10.0).less(5.0), 0.0, f64::NAN, f64::NAN),
        (|x| x.sign().min(x), 0.0, f64::NAN, f64::NAN),
        (|x| Var::from(1.0).clamp(x, 1.0), 1.0, f64::NAN, 0.0),
        (|x| (x * 0.0).atan2(-x), 0.0, f64::NAN, f64::NAN),
        (|x| (x * 0.0).pow(x), 0.0, f64::NAN, f64::NAN),
        (
            |x| (x + x.abs().powf(1.5)).greater(x),
            0.0,
            f64::NAN,
            f64::NAN,
        ),
        (|x| (x - x).powi(0) + x, 0.0, 1.0, -1.0),
    ];
    for (place, (f, at, right, left)) in cases.into_iter().enumerate() {
        for (v, expected) in [(1.0, right), (-1.0, left)] {
            let found = side(|x| f(x[0]), &[at], &[v]);
            let same = found == expected || found.is_nan() && expected.is_nan();
            assert!(same, "case {place} along {v}: {found}, not {expected}");
        }
    }
}

#[test]
fn operations_that_are_infinitely_steep_are_listed() {
    let f = Program::trace(2, |x| {
        (x[0].square() + x[1].square()).sqrt().named("norm") * x[0].abs()
    })
    .unwrap();
    let at_origin = f.kinks(&[0.0, 0.0]).unwrap();
    assert_eq!(
        (at_origin[0].op.row().name, at_origin[0].distance),
        ("Sqrt", 0.0)
    );
    assert_eq!(at_origin[0].origin.name.as_deref(), Some("norm"));
    assert_eq!(f.nearest_kink(&[0.0, 0.0]).unwrap(), 0.0);
    let elsewhere = f.kinks(&[3.0, 4.0]).unwrap();
    assert_eq!(elsewhere.len(), 1);
    // The exponent is a constant, so its slope at 0 does not count.
    let power = Program::trace(1, |x| x[0].powf(1.5)).unwrap();
    assert_eq!(power.nearest_kink(&[0.0]).unwrap(), f64::INFINITY);
}

#[test]
fn what_is_too_steep_for_a_slope_is_not_a_number() {
    let norm = |x: &[Var]| (x[0].square() + x[1].square()).sqrt();
    assert_eq!(side(norm, &[0.0, 0.0], &[3.0, 4.0]), 5.0);
    assert_eq!(side(norm, &[0.0, 0.0], &[0.0, 0.0]), 0.0);
    assert_eq!(side(norm, &[3.0, 4.0], &[3.0, 4.0]), 5.0);
    // The infinite slope is that of a value which does not move.
    assert_eq!(side(|x| x[0].sqrt() + x[1], &[0.0, 1.0], &[0.0, 1.0]), 1.0);
    // Operands that are not numbers are in no order.
    let numbers = [1.0, f64::NAN, 1.0, -f64::NAN, 0.0, -0.0].repeat(10);
    assert!(side(|x| Var::max_of(x), &numbers, &numbers).is_nan());
}

#[test]
fn a_choice_by_a_jumping_value_has_no_slope() {
    let f = |x: &[Var]| x[0].less_equal(0.0).select(-x[0], x[0]);
    let program = Program::trace(1, f).unwrap();
    assert!(program.one_sided(&[0.0], &[1.0]).unwrap()[0].is_nan());
    assert_eq!(program.one_sided(&[2.0], &[1.0]).unwrap(), [1.0]);
    assert_eq!(program.one_sided(&[-2.0], &[1.0]).unwrap(), [-1.0]);
}

#[test]
fn a_remainder_that_jumps_has_no_slope() {
    let truncated = |x: &[Var]| x[0] % x[1];
    let euclidean = |x: &[Var]| x[0].rem_euclid(x[1]);
    // The dividend, then the slopes of both remainders by 2 as it grows and as it falls.
    for (a, rises, falls) in [
        (6.0, [1.0, 1.0], [f64::NAN, f64::NAN]),
        (-6.0, [f64::NAN, 1.0], [-1.0, f64::NAN]),
        (0.0, [1.0, 1.0], [-1.0, f64::NAN]),
        (5.0, [1.0, 1.0], [-1.0, -1.0]),
    ] {
        for (v, wanted) in [(1.0, rises), (-1.0, falls)] {
            let at = [a, 2.0];
            let found = [
                side(truncated, &at, &[v, 0.0]),
                side(euclidean, &at, &[v, 0.0]),
            ];
            let same = |(x, y): (&f64, &f64)| x == y || x.is_nan() && y.is_nan();
            assert!(
                found.iter().zip(&wanted).all(same),
                "{a} along {v}: {found:?}"
            );
        }
    }
    assert_eq!(side(truncated, &[6.0, 2.0], &[0.0, -1.0]), 3.0);
    assert!(side(truncated, &[6.0, 2.0], &[0.0, 1.0]).is_nan());
    // Whether this stays 0 or jumps is not known from derivatives.
    assert!(side(truncated, &[6.0, 2.0], &[3.0, 1.0]).is_nan());
    assert_eq!(side(truncated, &[6.0, 2.0], &[0.0, 0.0]), 0.0);
    assert_eq!(
        side(|x| x[0].square() % x[1], &[0.0, 2.0], &[1.0, 0.0]),
        0.0
    );
    assert!(
        side(
            |x| (-x[0].square()).rem_euclid(x[1]),
            &[0.0, 2.0],
            &[1.0, 0.0]
        )
        .is_nan()
    );
    assert!(side(euclidean, &[0.0, f64::INFINITY], &[-1.0, 0.0]).is_nan());
}

#[test]
fn slopes_from_a_pole_are_those_of_the_side() {
    const INF: f64 = f64::INFINITY;
    type Case = (fn(Var) -> Var, f64, f64);
    let cases: [Case; 4] = [
        (Var::ln, INF, f64::NAN),
        (Var::ln_gamma, -INF, -INF),
        (Var::digamma, INF, f64::NAN),
        (|x| x.powf(-0.5), -INF, f64::NAN),
    ];
    for (place, (f, right, left)) in cases.into_iter().enumerate() {
        for (v, wanted) in [(1.0, right), (-1.0, left)] {
            let found = side(|x| f(x[0]), &[0.0], &[v]);
            let same = found == wanted || found.is_nan() && wanted.is_nan();
            assert!(same, "case {place} along {v}: {found}, not {wanted}");
        }
    }
}
