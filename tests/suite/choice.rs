//! Tests choices by index: the place of the best of many, and the value at a place.

use chainrule::{Dual, Lanes, Level, Program, Scalar, Transform, Var};
use proptest::prelude::*;

use crate::compare::same;

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

#[test]
fn places_of_the_best() {
    for (xs, largest, smallest) in [
        (&[1.0, 3.0, 2.0][..], 1.0, 0.0),
        (&[2.0, 2.0, 1.0, 1.0], 0.0, 2.0),
        (&[-0.0, 0.0], 0.0, 0.0),
        (&[-INFINITY, -INFINITY], 0.0, 0.0),
        (&[INFINITY, 1.0, -INFINITY], 0.0, 2.0),
        (&[5.0], 0.0, 0.0),
        (&[1.0, NAN, 3.0], NAN, NAN),
        (&[NAN], NAN, NAN),
        (&[], NAN, NAN),
    ] {
        assert!(same(f64::argmax_of(xs), largest), "{xs:?}");
        assert!(same(f64::argmin_of(xs), smallest), "{xs:?}");
        let lanes: Vec<Lanes<3>> = xs.iter().map(|&x| x.into()).collect();
        assert!(
            Lanes::argmax_of(&lanes)
                .0
                .iter()
                .all(|&place| same(place, largest))
        );
    }
}

#[test]
fn an_index_is_rounded_down_and_may_count_nothing() {
    let values = [5.0, NAN, 9.0];
    for (index, value) in [
        (0.0, 5.0),
        (-0.0, 5.0),
        (0.999, 5.0),
        (2.0, 9.0),
        (2.5, 9.0),
        (1.0, NAN),
        (3.0, NAN),
        (-0.1, NAN),
        (1e300, NAN),
        (INFINITY, NAN),
        (-INFINITY, NAN),
        (NAN, NAN),
    ] {
        assert!(same(index.gather(&values), value), "{index}");
    }
    assert!(0.0_f64.gather(&[]).is_nan());
    assert!(f64::apply_n::<chainrule::op::rows::Gather>(&[]).is_nan());
}

/// Two choices by the same index, of values that are computed too.
fn chosen<S: Scalar>(x: &[S]) -> S {
    let values: Vec<S> = x[1..].iter().map(|&x| x.exp()).collect();
    let others: Vec<S> = x[1..].iter().map(|&value| value * x[0]).collect();
    let nearest = S::argmin_of(
        &x[1..]
            .iter()
            .map(|&value| (value - x[0]).square())
            .collect::<Vec<S>>(),
    );
    nearest.gather(&values) * nearest.gather(&others) + x[0].gather(&values)
}

proptest! {
    #[test]
    fn every_mode_chooses_alike(x in proptest::collection::vec(-1.0..4.0, 2..9)) {
        let f = Program::trace(x.len(), chosen).unwrap();
        let expected = chosen(&x);
        let vars: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
        let y = chosen(&vars);
        prop_assert!(same(y.value(), expected));
        let swept = y.backward().of(&vars);
        let (value, gradient) = f.gradient(&x).unwrap();
        prop_assert!(same(value, expected));
        let mut batch = f.batch(&vec![x.clone(); 11]).unwrap();
        let (values, gradients) = batch.gradients(&[]).unwrap();
        prop_assert!(values.iter().all(|&value| same(value, expected)));
        for (place, &slope) in swept.iter().enumerate() {
            prop_assert!(same(gradient[place], slope), "{gradient:?} {swept:?}");
            prop_assert!(gradients.iter().skip(place).step_by(x.len()).all(|&other| same(other, slope)));
            let seed = |(other, &x): (usize, &f64)| if other == place { Dual::variable(x) } else { Dual::constant(x) };
            let forward = chosen(&x.iter().enumerate().map(seed).collect::<Vec<_>>()).tangent;
            prop_assert!((forward - slope).abs() <= 1e-12 * (1.0 + slope.abs()) || forward.is_nan() && slope.is_nan());
        }
    }

    /// Rows choose different places, so lanes of a block differ.
    #[test]
    fn rows_choose_for_themselves(rows in proptest::collection::vec([-1.0..6.0, -2.0..2.0], 1..150)) {
        let table = [0.5, -1.0, 2.0, 4.0, 8.0];
        let f = Program::trace_rows(&table, 2, |p, row| row[0].gather(p) * row[1]).unwrap();
        for level in [Level::Exact, Level::Fast] {
            let f = f.at_level(level);
            let mut batch = f.batch(&rows).unwrap();
            let values = batch.values(&table).unwrap();
            for (row, &value) in rows.iter().zip(values) {
                prop_assert!(same(value, row[0].gather(&table) * row[1]));
            }
            let inside: Vec<[f64; 2]> = rows.iter().copied().filter(|row| (0.0..5.0).contains(&row[0])).collect();
            let mut batch = f.batch(&inside).unwrap();
            let (_, gradient) = batch.sum_gradient(&table).unwrap();
            let mut sums = [0.0; 5];
            for row in &inside {
                let place = [1.0, 2.0, 3.0, 4.0].iter().filter(|&&place| row[0] >= place).count();
                sums[place] += row[1];
            }
            for (&a, &b) in gradient.iter().zip(&sums) {
                prop_assert!((a - b).abs() < 1e-10, "{gradient:?} {sums:?}");
            }
        }
    }
}

/// The code of the gradient grows with what is chosen, not with what the choice was made from.
#[test]
fn no_derivative_goes_back_through_a_choice() {
    let f = |k: usize| {
        let program = Program::trace(k, |x| {
            let scores: Vec<Var> = x.iter().map(|x| (x.sin() * x.cos()).exp()).collect();
            Var::argmin_of(&scores).gather(x)
        });
        program.unwrap()
    };
    for k in [10, 100] {
        let (values, gradient) = (
            f(k).ir().len(),
            f(k).transform(Transform::Gradient).unwrap(),
        );
        assert!(
            gradient.ir().len() <= values + 4 * k,
            "{k}: {} of {values}",
            gradient.ir().len()
        );
        assert!(
            !gradient.to_string().contains("Neg"),
            "no derivative of a cosine"
        );
    }
}

#[test]
fn an_index_without_a_value_makes_everything_nan() {
    let x = [7.0, 1.0, 2.0].map(Var::new);
    let y = x[0].gather(&x[1..]);
    let slopes = y.backward().of(&x);
    assert!(y.value().is_nan() && slopes[0] == 0.0 && slopes[1].is_nan() && slopes[2].is_nan());
    let f = Program::trace(3, |x| x[0].gather(&x[1..])).unwrap();
    let (value, gradient) = f.gradient(&[7.0, 1.0, 2.0]).unwrap();
    assert!(value.is_nan() && gradient[1].is_nan() && gradient[2].is_nan());
}
