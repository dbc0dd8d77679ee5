//! Tests bounds for rounding errors: against whole numbers, which are computed exactly, and where digits are known to be lost.

use chainrule::{Program, Var, check, tape};
use proptest::prelude::*;

/// One step of a polynomial: 0 adds, 1 subtracts, 2 multiplies earlier values.
type Step = (u8, usize, usize);

/// A whole number and its derivatives with respect to two inputs; `None` if it is too large.
type Exact = Option<[i128; 3]>;

const LARGEST: i128 = 1 << 100;

fn exactly(op: u8, a: [i128; 3], b: [i128; 3]) -> Exact {
    let mut result = [0; 3];
    for place in 0..3 {
        result[place] = match op {
            0 => a[place] + b[place],
            1 => a[place] - b[place],
            _ if place == 0 => a[0].checked_mul(b[0])?,
            _ => (a[0].checked_mul(b[place])?).checked_add(a[place].checked_mul(b[0])?)?,
        };
    }
    let fits = result.iter().all(|x| x.abs() < LARGEST);
    fits.then_some(result)
}

/// The steps that stay within the range of exact numbers, and the exact result.
fn kept(x: [i64; 2], steps: &[Step]) -> (Vec<Step>, [i128; 3]) {
    let mut values = vec![[i128::from(x[0]), 1, 0], [i128::from(x[1]), 0, 1]];
    let mut kept = Vec::new();
    for &(op, a, b) in steps {
        let (a, b) = (a % values.len(), b % values.len());
        if let Some(value) = exactly(op, values[a], values[b]) {
            values.push(value);
            kept.push((op, a, b));
        }
    }
    (kept, values[values.len() - 1])
}

fn polynomial(steps: &[Step], x: &[Var]) -> Var {
    let mut values = x.to_vec();
    for &(op, a, b) in steps {
        values.push(match op {
            0 => values[a] + values[b],
            1 => values[a] - values[b],
            _ => values[a] * values[b],
        });
    }
    values[values.len() - 1]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn errors_stay_within_their_bounds(
        x in [-(1i64 << 30)..1 << 30, -(1i64 << 30)..1 << 30],
        steps in prop::collection::vec((0..3u8, 0..usize::MAX, 0..usize::MAX), 1..14),
    ) {
        let (steps, exact) = kept(x, &steps);
        let point = x.map(|x| x as f64);
        let accuracy = check::accuracy(|x| polynomial(&steps, x), &point).unwrap();
        let found = std::iter::once(&accuracy.value).chain(&accuracy.gradient);
        for (found, exact) in found.zip(exact) {
            // Every number on the way is whole, so the difference is exact.
            let error = (found.value as i128 - exact) as f64;
            prop_assert!(error.abs() <= found.bound * 1.01 || !found.holds, "{} is off by {:e}", found, error);
            // Large numbers are rounded, but nothing cancels in a product.
            let only_products = steps.iter().all(|&(op, ..)| op == 2);
            prop_assert!(found.holds || !only_products);
            if found.bound > 0.0 {
                prop_assert!(found.worst.is_some() && found.share > 0.0 && found.share <= 1.0);
            }
        }
    }
}

#[test]
fn the_operation_that_loses_digits_is_named() {
    let f = |x: &[Var]| {
        let sum = tape::named("layer 1", || (x[0] + 1e15).named("sum"));
        ((sum - 1e15) * x[1]).exp()
    };
    let program = tape::located(|| Program::trace_at(&[0.3, 2.0], f)).unwrap();
    let accuracy = program.accuracy(&[0.3, 2.0]).unwrap();
    for found in [
        &accuracy.value,
        &accuracy.gradient[0],
        &accuracy.gradient[1],
    ] {
        let worst = found.worst.as_ref().unwrap();
        assert_eq!(
            worst.origin.path().as_deref(),
            Some("layer 1/sum"),
            "{accuracy}"
        );
        assert!(found.share > 0.9 && found.condition > 1e13 && found.digits() < 3);
        assert!(accuracy.to_string().contains("`layer 1/sum` at "));
    }
}

#[test]
fn exact_and_unknown_numbers() {
    // Nothing is rounded.
    let same = check::accuracy(|x| x[0], &[0.1]).unwrap();
    assert_eq!(
        (same.value.bound, same.value.condition, same.value.digits()),
        (0.0, 0.0, 15)
    );
    assert!(same.value.worst.is_none());
    // A difference of 0 that rounding may have made.
    let zero = check::accuracy(|x| (x[0] * 3.0) - 0.1 * 3.0, &[0.1]).unwrap();
    assert_eq!(
        (zero.value.value, zero.value.condition, zero.value.digits()),
        (0.0, f64::INFINITY, 0)
    );
    // A root next to 0 of a number that is rounded.
    let steep = check::accuracy(|x| (x[0] * 3.0 - 0.1 * 3.0).sqrt(), &[0.1]).unwrap();
    assert_eq!((steep.value.bound, steep.value.share), (f64::INFINITY, 1.0));
    let product = check::accuracy(|x| x[0] * x[1], &[0.0, 3.0]).unwrap();
    assert_eq!(product.value.digits(), 15);
    let nan = check::accuracy(|x| x[0].ln(), &[-1.0]).unwrap();
    assert!(nan.value.bound.is_nan() && nan.gradient[0].digits() == 0);
    let none = Program::trace(1, |_| -> [Var; 0] { [] }).unwrap();
    assert!(none.accuracy(&[1.0]).is_err());
    // Custom slopes do not change how the value is rounded.
    let custom = check::accuracy(
        |x| chainrule::derive::stop_gradient(x[0] + 1e8) - 1e8,
        &[0.3],
    )
    .unwrap();
    assert!(custom.value.condition > 1e8);
}

#[test]
fn the_condition_of_a_tiny_number_is_finite() {
    let accuracy = check::accuracy(|x| x[0] * 1e-200, &[1e-110]).unwrap();
    let value = &accuracy.value;
    assert!(value.value > 0.0 && value.value.is_subnormal());
    assert!(value.condition.is_finite(), "{value:?}");
}

#[test]
fn rounding_that_decides_an_index_is_named() {
    let f = |x: &[Var]| {
        let y = (x[0] + x[1]) * 10.0;
        y.floor_index().map_or(y, |index| y * index as f64)
    };
    let found = check::accuracy(f, &[0.1, 0.2]).unwrap();
    let text = found.to_string();
    let index = "3.0000000000000004 has the index 3, traced for 3 <= x < 4";
    assert!(
        text.contains("rounding decides the index at ") && text.contains(index),
        "{text}"
    );
    let far = check::accuracy(f, &[0.1, 0.25]).unwrap().to_string();
    assert!(!far.contains("rounding decides"), "{far}");
}

/// A jump within the rounding error of its operand: 0.3 is a little less than 3/10, but ten times it is rounded to 3.
#[test]
fn rounding_that_decides_a_jump_leaves_no_digit() {
    let cases: [fn(Var) -> Var; 9] = [
        |x| (x * 10.0).floor(),
        |x| (x * 10.0).floor() * x,
        |x| if x * 10.0 < 3.0 { x } else { x * 7.0 },
        |x| (x * 10.0).less(3.0).select(x, x * 7.0),
        |x| (x * 10.0) % 1.0,
        |x| (x * 10.0).rem_euclid(3.0),
        |x| x * (x * 10.0).floor_index().unwrap() as f64,
        |x| (x * 10.0 - 3.0).sign() + x,
        |x| x * (x * 10.0).value(),
    ];
    for (place, f) in cases.into_iter().enumerate() {
        let accuracy = check::accuracy(|x| f(x[0]), &[0.3]).unwrap();
        let value = &accuracy.value;
        assert!(
            !value.holds && value.bound == f64::INFINITY && value.digits() == 0,
            "case {place}: {accuracy}"
        );
        let far = check::accuracy(|x| f(x[0]), &[0.25]).unwrap();
        assert!(far.value.holds || place == 8, "case {place}: {far}");
    }
}

#[test]
fn a_corner_within_the_rounding_error_counts_with_its_steeper_side() {
    let f = |x: &[Var]| ((x[0] + 1e8) - 1e8).abs();
    let value = check::accuracy(f, &[1e-10]).unwrap().value;
    assert!(
        !value.holds && value.bound >= 1e-10 && value.digits() == 0,
        "{value:?}"
    );
    let f = |x: &[Var]| ((x[0] + 1e8) - 1e8).square();
    let value = check::accuracy(f, &[1e-10]).unwrap().value;
    assert!(!value.holds && value.digits() == 0, "{value:?}");
}

#[test]
fn errors_of_other_operands_do_not_move_a_condition() {
    // The chosen value is wrong by more than 1, but the condition is 1.
    let f = |x: &[Var]| Var::select(x[1].less(2.0), x[0] * 1e20 / 3.0, x[0]);
    let value = check::accuracy(f, &[0.7, 1.0]).unwrap().value;
    assert!(value.holds && value.digits() >= 14, "{value:?}");
    // The divisor's error counts ten million times.
    let f = |x: &[Var]| Var::from(1e6 + 0.05).rem_euclid(x[0] / 3.0);
    let value = check::accuracy(f, &[0.3]).unwrap().value;
    let exact = 1e6 + 0.05 - 1e7 * 0.1;
    assert!(
        !(value.holds && (value.value - exact).abs() > value.bound),
        "{value:?}"
    );
}

#[test]
fn a_sum_takes_linear_time() {
    // Moving every operand of such a sum would take 10¹⁰ steps.
    let x: Vec<f64> = (0..50_000).map(f64::from).collect();
    let f = |x: &[Var]| {
        let halves: Vec<Var> = x.iter().map(|&x| x / 3.0).collect();
        Var::sum(&halves)
    };
    let program = Program::trace(x.len(), f).unwrap();
    let accuracy = program.with_respect_to(&[0]).unwrap().accuracy(&x).unwrap();
    assert!(accuracy.value.holds);
}

#[test]
fn a_slope_that_is_unknown_leaves_no_bound() {
    // (−2)¹, of which the slope with respect to the exponent is NaN, and the exponent is rounded.
    let f = |x: &[Var]| x[0].pow(x[1] / 3.0 * 3.0) + 1.0;
    let value = check::accuracy(f, &[-2.0, 1.0]).unwrap().value;
    assert!(!value.holds && value.bound == f64::INFINITY, "{value:?}");
}
