//! Tests of forward mode in several directions at once, and with constants as operands.

use std::array::from_fn;

use chainrule::{Dual, Scalar, Var, tape};
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::Expression;

/// The number of directions of these tests: odd, so that not all of them fill vectors.
const N: usize = 5;

/// Numbers that products with 0 and sums of zeros are special for.
const SPECIAL: [f64; 9] = [
    0.0,
    -0.0,
    1.0,
    -2.5,
    1e200,
    -1e-300,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// A tangent that is not the number −0, which no derivative is.
fn tangent() -> impl Strategy<Value = f64> {
    prop_oneof![3 => Just(0.0), 2 => Just(1.0), 4 => -2.0..2.0, 1 => prop::sample::select(&SPECIAL[2..])]
}

fn directions(inputs: usize) -> impl Strategy<Value = Vec<[f64; N]>> {
    prop::collection::vec(prop::array::uniform5(tangent()), inputs)
}

fn graph_with_directions() -> impl Strategy<Value = (Expression, Vec<[f64; N]>)> {
    Expression::any(12, false).prop_flat_map(|e| {
        let inputs = e.inputs.len();
        (Just(e), directions(inputs))
    })
}

/// Checks that two numbers with `N` directions have the bits of the numbers with one direction each.
fn agree(several: Dual<f64, [f64; N]>, single: [Dual<f64>; N]) -> Result<(), TestCaseError> {
    for (place, single) in single.into_iter().enumerate() {
        let (a, b) = (several.tangent[place], single.tangent);
        prop_assert!(same(several.value, single.value));
        prop_assert!(same(a, b), "direction {place}: {a:e} together, {b:e} alone");
        let is_negative_zero = a == 0.0 && a.is_sign_negative();
        prop_assert!(!is_negative_zero, "direction {place}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn each_direction_has_the_bits_that_it_has_alone((e, along) in graph_with_directions()) {
        let several: Vec<Dual<f64, [f64; N]>> = e.inputs.iter().zip(&along)
            .map(|(&value, &tangent)| Dual { value, tangent }).collect();
        let single = from_fn(|place| {
            let duals: Vec<Dual<f64>> = e.inputs.iter().zip(&along)
                .map(|(&value, tangent)| Dual { value, tangent: tangent[place] }).collect();
            e.evaluate(&duals)
        });
        let y = e.evaluate(&several);
        agree(y, single)?;
        let recorded = tape::scope(|| {
            let xs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
            e.evaluate(&xs).value()
        });
        prop_assert!(same(y.value, recorded), "{:e}, recorded {recorded:e}", y.value);
    }

    #[test]
    fn each_recorded_direction_has_the_bits_that_it_has_alone((e, along) in graph_with_directions()) {
        tape::scope(|| {
            let several: Vec<Dual<Var, [Var; N]>> = e.inputs.iter().zip(&along)
                .map(|(&value, tangent)| Dual { value: value.into(), tangent: tangent.map(Var::from) }).collect();
            let y = e.evaluate(&several);
            for place in 0..N {
                let single: Vec<Dual<Var>> = e.inputs.iter().zip(&along)
                    .map(|(&value, tangent)| Dual { value: value.into(), tangent: tangent[place].into() }).collect();
                let single = e.evaluate(&single);
                prop_assert!(same(y.value.value(), single.value.value()));
                prop_assert!(same(y.tangent[place].value(), single.tangent.value()));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_constant_operand_is_a_constant(
        x in prop_oneof![prop::sample::select(&SPECIAL[..]), -3.0..3.0],
        c in prop_oneof![prop::sample::select(&SPECIAL[..]), -3.0..3.0],
        along in prop::array::uniform5(tangent()),
    ) {
        let x = Dual { value: x, tangent: along };
        let constant: Dual<f64, [f64; N]> = c.into();
        let pairs = [
            (x + c, x + constant), (c + x, constant + x),
            (x - c, x - constant), (c - x, constant - x),
            (x * c, x * constant), (c * x, constant * x),
            (x / c, x / constant), (c / x, constant / x),
            (x % c, x % constant), (c % x, constant % x),
        ];
        for (short, long) in pairs {
            agree(short, from_fn(|i| Dual { value: long.value, tangent: long.tangent[i] }))?;
        }
    }

    #[test]
    fn sine_and_cosine_together_have_the_bits_of_each(
        x in prop_oneof![prop::sample::select(&SPECIAL[..]), -1.0..1.0, -1e3..1e3, -1e9..1e9],
        along in prop::array::uniform5(tangent()),
    ) {
        let x = Dual { value: x, tangent: along };
        let (sine, cosine) = x.sin_cos();
        for (together, alone) in [(sine, x.sin()), (cosine, x.cos())] {
            agree(together, from_fn(|i| Dual { value: alone.value, tangent: alone.tangent[i] }))?;
        }
        prop_assert!(same(sine.value, Scalar::sin(x.value)) && same(cosine.value, Scalar::cos(x.value)));
    }
}

#[test]
fn a_direction_without_the_variable_stays_0_beside_an_infinite_slope() {
    let x = Dual {
        value: 0.0,
        tangent: [1.0, 0.0, -1.0],
    };
    assert_eq!(x.sqrt().tangent, [f64::INFINITY, 0.0, f64::NEG_INFINITY]);
    let zero: Dual<f64, [f64; 3]> = 0.0.into();
    assert_eq!((zero * x.sqrt()).tangent, [0.0; 3]);
}

#[test]
fn a_derivative_of_0_is_plus_0_in_every_direction() {
    let [x, y, _] = Dual::variables([2.0, -3.0, 1.0]);
    for z in [
        -x,
        x * -1.0,
        -1.0 * x,
        x * y,
        x - y,
        1.0 - x,
        x / y,
        x.sin() * y,
    ] {
        // No value depends on the third variable.
        assert!(same(z.tangent[2], 0.0), "{z:?}");
    }
    assert!(same((-x).tangent[1], 0.0) && same((x * -1.0).tangent[1], 0.0));
    assert!(same((1.0 - x).tangent[1], 0.0));
}

#[test]
fn variables_inside_variables_give_the_hessian() {
    type Inner = Dual<f64, [f64; 2]>;
    type Outer = Dual<Inner, [Inner; 2]>;
    let f = |x: Outer, y: Outer| x.square() * y + (x * y).exp();
    let [x, y] = Dual::variables(Dual::variables([0.5, -1.5]));
    let forward = f(x, y).tangent.map(|slope| slope.tangent);
    let recorded = tape::scope(|| {
        let at = [Var::new(0.5), Var::new(-1.5)];
        let value = at[0].square() * at[1] + (at[0] * at[1]).exp();
        let slopes = value.gradient(&at);
        from_fn::<_, 2, _>(|i| {
            let row = slopes[i].backward();
            at.map(|x| row[x])
        })
    });
    for (a, b) in forward.as_flattened().iter().zip(recorded.as_flattened()) {
        assert!((a - b).abs() <= 1e-15 * b.abs().max(1.0), "{a}, {b}");
    }
}
