//! Tests losses: values by hand, slopes by formula, the ends of the range, and messages for bad arguments.

use chainrule::nn::loss::{
    cross_entropy, hinge, l1_penalty, l2_penalty, mean_squared_error, multiclass_hinge,
    row_cross_entropy, row_multiclass_hinge, squared_error,
};
use chainrule::nn::softmax;
use chainrule::{ErrorKind, Program, Var};
use proptest::prelude::{Strategy, prop, prop_assert, prop_oneof, proptest};

use super::message;
use crate::compare::same;

const INFINITY: f64 = f64::INFINITY;

/// Scores of every size, sometimes at the edges.
fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -50.0..50.0,
        1 => -1e4..1e4,
        1 => prop::sample::select(vec![0.0, -0.0, INFINITY, -INFINITY, f64::NAN, f64::MAX, 1e-310]),
    ]
}

/// Whether two losses and their slopes have the same bits; any NaN equals any NaN.
fn alike(xs: &[Var], a: Var, b: Var) -> bool {
    let slopes = |y: Var| {
        if y.is_constant() {
            vec![0.0; xs.len()]
        } else {
            y.backward().of(xs)
        }
    };
    let slopes = slopes(a).into_iter().zip(slopes(b));
    same(a.value(), b.value()) && slopes.into_iter().all(|(a, b)| same(a, b))
}

proptest! {
    #[test]
    fn cross_entropy_is_minus_the_logarithm_of_the_softmax(
        logits in prop::collection::vec(-20.0_f64..20.0, 1..8),
        class in 0_usize..8,
    ) {
        let class = class % logits.len();
        let expected = -softmax(&logits).unwrap()[class].ln();
        let loss = cross_entropy(&[logits], &[class]).unwrap();
        prop_assert!((loss - expected).abs() <= 1e-13 * (1.0 + expected));
    }

    #[test]
    fn losses_of_a_row_have_the_bits_of_the_losses_of_rows(
        scores in prop::collection::vec(score(), 1..40),
        class in 0_usize..40,
        margin in 0.0..2.0,
    ) {
        let class = class % scores.len();
        let xs: Vec<Var> = scores.iter().map(|&s| Var::new(s)).collect();
        let c = Var::new(class as f64);
        let row = row_cross_entropy(&xs, c).unwrap();
        let rows = cross_entropy(&[&xs[..]], &[class]).unwrap();
        prop_assert!(alike(&xs, row, rows), "{row:?} {rows:?}");
        let row = row_multiclass_hinge(&xs, c, margin).unwrap();
        let rows = multiclass_hinge(&[&xs[..]], &[class], margin).unwrap();
        prop_assert!(alike(&xs, row, rows), "{row:?} {rows:?}");
    }

    #[test]
    fn a_program_has_the_bits_of_the_loss_for_every_class(
        scores in prop::collection::vec(-30.0..30.0, 2..8),
    ) {
        let n = scores.len();
        let cross = Program::trace(n + 1, |row| row_cross_entropy(&row[..n], row[n])).unwrap();
        let hinge = Program::trace(n + 1, |row| row_multiclass_hinge(&row[..n], row[n], 1.0)).unwrap();
        for class in 0..n {
            let mut row = scores.clone();
            row.push(class as f64);
            let xs: Vec<Var> = scores.iter().map(|&s| Var::new(s)).collect();
            let c = Var::new(class as f64);
            for (program, eager) in [
                (&cross, row_cross_entropy(&xs, c).unwrap()),
                (&hinge, row_multiclass_hinge(&xs, c, 1.0).unwrap()),
            ] {
                let (value, gradient) = program.gradient(&row).unwrap();
                prop_assert!(value.to_bits() == eager.value().to_bits());
                for (a, b) in gradient.iter().zip(eager.backward().of(&xs)) {
                    prop_assert!(a.to_bits() == b.to_bits(), "{} {}", a, b);
                }
            }
        }
    }

    #[test]
    fn cross_entropy_slopes_are_softmax_minus_one_hot(
        logits in prop::collection::vec(-20.0_f64..20.0, 2..8),
        class in 0_usize..8,
    ) {
        let class = class % logits.len();
        let shares = softmax(&logits).unwrap();
        let xs: Vec<Var> = logits.into_iter().map(Var::new).collect();
        let grads = cross_entropy(&[&xs[..]], &[class]).unwrap().backward();
        for (j, &x) in xs.iter().enumerate() {
            let expected = shares[j] - f64::from(u8::from(j == class));
            prop_assert!((grads[x] - expected).abs() < 1e-14);
        }
    }
}

#[test]
fn means_are_over_rows() {
    let (s, t) = ([1.0, 2.0, 5.0], [0.0, 4.0, 5.0]);
    assert_eq!(squared_error(&s, &t).unwrap(), 5.0);
    assert_eq!(mean_squared_error(&s, &t).unwrap(), 5.0 / 3.0);
    assert_eq!(hinge(&[0.25, -3.0], &[1.0, -1.0], 1.0).unwrap(), 0.375);
    assert_eq!(hinge(&[0.25, -3.0], &[1.0, -1.0], 0.0).unwrap(), 0.0);
    let rows = [vec![1.0, 2.0, 4.0], vec![0.0, 0.0, 0.0]];
    assert_eq!(
        multiclass_hinge(&rows, &[1, 2], 1.0).unwrap(),
        f64::midpoint(3.0, 2.0)
    );
    assert_eq!(l1_penalty(&[1.0, -2.0], 0.25).unwrap(), 0.75);
    assert_eq!(l2_penalty(&[1.0, -2.0], 0.25).unwrap(), 1.25);
    assert_eq!(l2_penalty::<f64>(&[], 0.25).unwrap(), 0.0);
    assert_eq!(l1_penalty::<f64>(&[], 0.25).unwrap(), 0.0);
    assert!(l1_penalty::<f64>(&[], 0.25).unwrap().is_sign_positive());
}

#[test]
fn slopes_match_their_formulas() {
    let s = [1.0, 2.0].map(Var::new);
    let grads = mean_squared_error(&s, &[0.5, 4.0]).unwrap().backward();
    assert_eq!(grads.of(&s), [0.5, -2.0]);
    let grads = hinge(&s, &[1.0, -1.0], 2.0).unwrap().backward();
    assert_eq!(grads.of(&s), [-0.5, 0.5]);
    let grads = multiclass_hinge(&[s], &[0], 1.0).unwrap().backward();
    assert_eq!(grads.of(&s), [-1.0, 1.0]);
    let p = [3.0, -4.0].map(Var::new);
    assert_eq!(l2_penalty(&p, 0.5).unwrap().backward().of(&p), [3.0, -4.0]);
    assert_eq!(l1_penalty(&p, 0.5).unwrap().backward().of(&p), [0.5, -0.5]);
}

#[test]
fn cross_entropy_is_finite_and_accurate_at_the_ends() {
    let loss = |logits: &[f64], class: usize| cross_entropy(&[logits], &[class]).unwrap();
    assert_eq!(loss(&[1000.0, -1000.0], 0), 0.0);
    assert_eq!(loss(&[1000.0, -1000.0], 1), 2000.0);
    assert!((loss(&[1000.0, 1000.0], 0) - 2.0_f64.ln()).abs() < 1e-12);
    assert_eq!(loss(&[f64::MAX, 0.0], 1), f64::MAX);
    // The usual formula would give 0 here: its two terms differ only by e^-40.
    assert!((loss(&[40.0, 0.0], 0) / (-40.0_f64).exp() - 1.0).abs() < 1e-14);
    assert_eq!(loss(&[INFINITY, 0.0], 0), 0.0);
    assert_eq!(loss(&[INFINITY, 0.0], 1), INFINITY);
    assert_eq!(loss(&[0.0, -INFINITY], 0), 0.0);
    assert_eq!(loss(&[0.0, -INFINITY], 1), INFINITY);
    assert_eq!(loss(&[7.0], 0), 0.0);
    assert!(loss(&[f64::NAN, 0.0], 1).is_nan());
    assert!(loss(&[INFINITY, INFINITY], 0).is_nan());
    assert!(loss(&[-INFINITY, -INFINITY], 0).is_nan());
    assert_eq!(loss(&[-INFINITY], 0), 0.0);
}

#[test]
fn slopes_are_finite_at_large_logits() {
    for (logits, class, expected) in [
        ([1000.0, -1000.0], 0, [0.0, 0.0]),
        ([1000.0, -1000.0], 1, [1.0, -1.0]),
        ([1000.0, 1000.0], 1, [0.5, -0.5]),
    ] {
        let xs = logits.map(Var::new);
        assert_eq!(
            cross_entropy(&[xs], &[class]).unwrap().backward().of(&xs),
            expected
        );
    }
}

#[test]
fn an_invalid_class_makes_the_loss_nan() {
    for class in [-1.0, 0.5, 3.0, f64::NAN, INFINITY] {
        assert!(row_cross_entropy(&[1.0, 2.0, 3.0], class).unwrap().is_nan());
        assert!(
            row_multiclass_hinge(&[1.0, 2.0, 3.0], class, 1.0)
                .unwrap()
                .is_nan()
        );
    }
    let none: [f64; 0] = [];
    assert_eq!(
        message(row_cross_entropy(&none, 0.0)),
        "logits: must contain at least one value"
    );
    assert_eq!(
        message(row_multiclass_hinge(&none, 0.0, 1.0)),
        "scores: must contain at least one value"
    );
    assert_eq!(
        message(row_multiclass_hinge(&[1.0], 0.0, -1.0)),
        "margin: must be finite and at least 0, found -1"
    );
}

#[test]
fn one_class_costs_nothing() {
    let x = [Var::new(3.0)];
    assert_eq!(cross_entropy(&[x], &[0]).unwrap(), 0.0);
    assert_eq!(multiclass_hinge(&[x], &[0], 1.0).unwrap(), 0.0);
    let zero = multiclass_hinge(&[[3.0]], &[0], 1.0).unwrap();
    assert!(zero.is_sign_positive());
}

#[test]
fn targets_may_be_recorded_too() {
    let (s, t) = (Var::new(1.0), Var::new(3.0));
    let grads = squared_error(&[s], &[t]).unwrap().backward();
    assert_eq!((grads[s], grads[t]), (-4.0, 4.0));
}

#[test]
fn bad_arguments_are_refused() {
    let none: [f64; 0] = [];
    let error = squared_error(&[1.0, 2.0], &[1.0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Length);
    assert_eq!(error.to_string(), "targets: expected 2 values, found 1");
    assert_eq!(
        message(mean_squared_error(&none, &none)),
        "outputs: must contain at least one value"
    );
    assert_eq!(
        message(hinge(&[1.0], &none, 1.0)),
        "labels: expected 1 value, found 0"
    );
    assert_eq!(
        message(hinge(&none, &none, 1.0)),
        "scores: must contain at least one value"
    );
    assert_eq!(
        message(hinge(&[1.0], &[1.0], -1.0)),
        "margin: must be finite and at least 0, found -1"
    );
    assert_eq!(
        message(multiclass_hinge(&[[1.0]], &[0], f64::NAN)),
        "margin: must be finite and at least 0, found NaN"
    );
    let rows = [[1.0, 2.0], [1.0, 2.0]];
    assert_eq!(
        message(cross_entropy(&rows, &[1, 2])),
        "classes: row 1: expected a class below 2, found 2"
    );
    assert_eq!(
        message(cross_entropy(&rows, &[1])),
        "classes: expected 2 values, found 1"
    );
    let no_rows: [[f64; 2]; 0] = [];
    assert_eq!(
        message(cross_entropy(&no_rows, &[])),
        "logits: must contain at least one value"
    );
    assert_eq!(
        message(multiclass_hinge(&no_rows, &[], 1.0)),
        "scores: must contain at least one value"
    );
    assert_eq!(
        message(l1_penalty(&[1.0], INFINITY)),
        "strength: must be finite and at least 0, found inf"
    );
}

#[test]
fn hinge_refuses_labels_that_are_values_other_than_signs() {
    let f = Program::trace_at(&[0.5, 1.0], |x| hinge(&x[..1], &x[1..], 1.0)).unwrap();
    assert_eq!(f.gradient(&[0.5, 1.0]).unwrap(), (0.5, vec![-1.0, -0.5]));
    assert_eq!(f.gradient(&[0.5, -1.0]).unwrap(), (1.5, vec![1.0, -0.5]));
    for label in [0.0, 0.5, 2.0, f64::NAN] {
        assert!(f.value(&[0.5, label]).unwrap().is_nan(), "{label}");
    }
}
