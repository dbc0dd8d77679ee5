//! Every method of `Float` and `RealField` against that of `f64`, at random values.

use approx::{AbsDiffEq, RelativeEq, UlpsEq};
use chainrule::{Dual, Scalar, Var};
use nalgebra::{ComplexField, RealField};
use num_traits::{Bounded, Float, FloatConst, FromPrimitive, Num, Signed, ToPrimitive};
use proptest::prelude::*;

use crate::agree::{Value, agree};

/// Any number, often one at which something changes.
fn any_number() -> impl Strategy<Value = f64> {
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        2.5,
        -2.5,
        1e-310,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        127.9,
        128.0,
        -129.0,
        255.5,
        256.0,
        9e18,
        2e19,
        -1e-9,
    ];
    prop_oneof![
        2 => proptest::sample::select(special.to_vec()),
        3 => -10.0..10.0f64,
        1 => proptest::num::f64::ANY,
    ]
}

/// How many numbers are between two, and 0 for two NaNs.
fn ulps(a: f64, b: f64) -> u64 {
    if a.is_nan() && b.is_nan() {
        return 0;
    }
    let place = |x: f64| {
        let bits = x.to_bits().cast_signed();
        if bits < 0 {
            i64::MIN.wrapping_sub(bits)
        } else {
            bits
        }
    };
    // +0 and −0 are at the same place.
    let signs = u64::from(a == 0.0 && b == 0.0 && a.is_sign_negative() != b.is_sign_negative());
    place(a).abs_diff(place(b)) + signs
}

/// Checks an expression in values, for both kinds of numbers, against that of `f64`.
macro_rules! same {
    ($ulps:literal, |$($x:ident),+| $f:expr) => {{
        let expected: f64 = $f;
        let recorded: Var = {
            $(let $x = Var::new($x);)+
            $f
        };
        let dual: Dual<f64> = {
            $(let $x = Dual::variable($x);)+
            $f
        };
        let text = concat!(stringify!($f), " at ");
        prop_assert!(ulps(recorded.value(), expected) <= $ulps, "{text}{:?}: {recorded}, {expected}", [$($x),+]);
        prop_assert_eq!(ulps(recorded.value(), dual.value), 0, "{}{:?}", text, [$($x),+]);
    }};
}

/// The same for an expression whose result is not a number of this kind.
macro_rules! equal {
    (|$($x:ident),+| $f:expr) => {{
        let expected = $f;
        let recorded = {
            $(let $x = Var::new($x);)+
            $f
        };
        let dual = {
            $(let $x = Dual::variable($x);)+
            $f
        };
        prop_assert_eq!(recorded, expected, "{} at {:?}", stringify!($f), [$($x),+]);
        prop_assert_eq!(dual, expected, "{} at {:?}", stringify!($f), [$($x),+]);
    }};
}

/// Checks methods against those of `f64` within some ulps, and against those of [`Scalar`] to the last bit.
macro_rules! table {
    ($trait:ident, $ulps:literal: $($method:ident($($x:ident),+))+) => {
        $(
            same!($ulps, |$($x),+| $trait::$method($($x),+));
            let ours = $trait::$method($(Var::new($x)),+).value();
            prop_assert_eq!(ulps(ours, Scalar::$method($($x),+)), 0);
        )+
    };
}

fn tolerance<T: AbsDiffEq<Epsilon = T>>(_: T) -> T {
    T::default_epsilon()
}
fn relative<T: RelativeEq + AbsDiffEq<Epsilon = T>>(_: T) -> T {
    T::default_max_relative()
}
fn zero<T: Num>(_: T) -> T {
    T::zero()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn methods_of_one_value(x in any_number(), n in -8..=8i32) {
        table!(Float, 0: floor(x) ceil(x) round(x) trunc(x) abs(x) recip(x) sqrt(x));
        table!(Float, 2: cbrt(x) exp(x) exp2(x) exp_m1(x) ln(x) ln_1p(x) log2(x) log10(x) sin(x) cos(x) tan(x) asin(x) acos(x)
            atan(x) sinh(x) cosh(x) tanh(x));
        same!(0, |x| Float::fract(x));
        same!(0, |x| Float::signum(x));
        same!(0, |x| Float::to_degrees(x));
        same!(0, |x| Float::to_radians(x));
        if !x.is_nan() {
            // The method of `f64` multiplies, and overflows before it divides.
            let expected = x.powf(n.into());
            prop_assert!(ulps(Float::powi(Var::new(x), n).value(), expected) <= 2, "{x}, {n}");
            prop_assert!(ulps(Float::powi(Dual::variable(x), n).value, expected) <= 2);
        }
        same!(2, |x| Float::sin_cos(x).0);
        same!(2, |x| Float::sin_cos(x).1);
        equal!(|x| Float::is_nan(x));
        equal!(|x| Float::is_infinite(x));
        equal!(|x| Float::is_finite(x));
        equal!(|x| Float::is_normal(x));
        equal!(|x| Float::is_subnormal(x));
        equal!(|x| Float::classify(x));
        equal!(|x| Float::integer_decode(x));
        if !x.is_nan() {
            equal!(|x| Float::is_sign_positive(x));
            equal!(|x| Float::is_sign_negative(x));
            equal!(|x| Signed::is_positive(&x));
            equal!(|x| Signed::is_negative(&x));
        }
        same!(0, |x| Signed::abs(&x));
        same!(0, |x| Signed::signum(&x));
    }

    #[test]
    fn inverse_hyperbolic_functions(x in any_number()) {
        // The standard library's lose digits at some values, so only the first ones must agree.
        let near = |ours: Var, theirs: f64| {
            let error = (ours.value() - theirs).abs();
            ulps(ours.value(), theirs) == 0 || error <= 1e-9 * theirs.abs().max(1.0) || theirs.is_infinite()
        };
        prop_assert!(near(Float::asinh(Var::new(x)), Float::asinh(x)));
        prop_assert!(near(Float::acosh(Var::new(x)), Float::acosh(x)));
        prop_assert!(near(Float::atanh(Var::new(x)), Float::atanh(x)));
        prop_assert_eq!(ulps(Float::asinh(Var::new(x)).value(), Scalar::asinh(x)), 0);
        prop_assert_eq!(ulps(ComplexField::acosh(Var::new(x)).value(), Scalar::acosh(x)), 0);
        prop_assert_eq!(ulps(Float::atanh(Dual::variable(x)).value, Scalar::atanh(x)), 0);
    }

    #[test]
    fn methods_of_more_values(x in any_number(), y in any_number(), z in any_number()) {
        table!(Float, 0: mul_add(x, y, z));
        table!(Float, 2: atan2(x, y));
        same!(8, |x, y| Float::log(x, y));
        same!(0, |x, y| Signed::abs_sub(&x, &y));
        same!(0, |x, y| x % y);
        if !y.is_nan() {
            same!(0, |x, y| Float::copysign(x, y));
        }
        // A NaN stays a NaN, and −0 is below 0: see the next test.
        if !(x.is_nan() || y.is_nan() || x == 0.0 && y == 0.0) {
            table!(Float, 0: max(x, y) min(x, y));
            table!(Float, 2: hypot(x, y));
            same!(2, |x, y| Float::powf(x, y));
            same!(0, |x, y| Float::abs_sub(x, y));
            if y < z && x != 0.0 {
                table!(Float, 0: clamp(x, y, z));
            }
        }
    }

    #[test]
    fn a_nan_is_not_hidden(x in any_number()) {
        let nan = Var::new(f64::NAN);
        for (a, b) in [(Var::new(x), nan), (nan, Var::new(x))] {
            prop_assert!(Float::max(a, b).value().is_nan() && RealField::min(a, b).value().is_nan());
            prop_assert!(Float::hypot(a, b).value().is_nan() && Float::powf(a, b).value().is_nan());
            prop_assert!(Float::powi(nan, 0).value().is_nan());
            prop_assert!(Float::clamp(a, b, Var::from(1.0)).value().is_nan());
        }
    }

    #[test]
    fn methods_of_real_and_complex_fields(x in any_number(), y in any_number(), z in any_number(), n in -8..=8i32) {
        table!(ComplexField, 0: floor(x) ceil(x) round(x) trunc(x) abs(x) recip(x) sqrt(x) mul_add(x, y, z));
        table!(ComplexField, 2: cbrt(x) exp(x) exp2(x) exp_m1(x) ln(x) ln_1p(x) log2(x) log10(x) sin(x) cos(x) tan(x) asin(x)
            acos(x) atan(x) sinh(x) cosh(x) tanh(x));
        table!(RealField, 2: atan2(x, y));
        same!(0, |x| ComplexField::real(x));
        same!(0, |x| ComplexField::modulus(x));
        same!(0, |x| ComplexField::modulus_squared(x));
        same!(0, |x| ComplexField::norm1(x));
        same!(0, |x| ComplexField::argument(x));
        same!(0, |x| ComplexField::conjugate(x));
        same!(0, |x| ComplexField::to_exp(x).0);
        same!(0, |x| ComplexField::to_exp(x).1);
        same!(0, |x| ComplexField::to_polar(x).0);
        same!(0, |x| ComplexField::to_polar(x).1);
        same!(0, |x| ComplexField::signum(x));
        same!(0, |x| ComplexField::fract(x));
        same!(0, |x, y| ComplexField::scale(x, y));
        same!(0, |x, y| ComplexField::unscale(x, y));
        if !x.is_nan() {
            // The method of `f64` multiplies, and overflows before it divides.
            let expected = x.powf(n.into());
            prop_assert!(ulps(ComplexField::powi(Var::new(x), n).value(), expected) <= 2, "{x}, {n}");
            prop_assert!(ulps(ComplexField::powi(Dual::variable(x), n).value, expected) <= 2);
        }
        same!(8, |x, y| ComplexField::log(x, y));
        same!(2, |x| ComplexField::sin_cos(x).0);
        same!(4, |x| ComplexField::sinh_cosh(x).1);
        same!(4, |x| ComplexField::sinhc(x));
        same!(4, |x| ComplexField::cosc(x));
        same!(4, |x| ComplexField::coshc(x));
        if x.is_finite() {
            same!(4, |x| ComplexField::sinc(x));
        }
        equal!(|x| ComplexField::is_finite(&x));
        equal!(|x| ComplexField::try_sqrt(x).is_some());
        if !y.is_nan() {
            same!(0, |x, y| RealField::copysign(x, y));
            equal!(|y| RealField::is_sign_positive(&y));
            equal!(|y| RealField::is_sign_negative(&y));
        }
        if !(x.is_nan() || y.is_nan() || x == 0.0 && y == 0.0) {
            table!(RealField, 0: max(x, y) min(x, y));
            table!(ComplexField, 2: hypot(x, y));
            same!(2, |x, y| ComplexField::powf(x, y));
            same!(2, |x, y| ComplexField::powc(x, y));
            if y < z && x != 0.0 {
                table!(RealField, 0: clamp(x, y, z));
            }
        }
    }

    #[test]
    fn conversions_to_whole_numbers(x in any_number()) {
        equal!(|x| x.to_i8());
        equal!(|x| x.to_i16());
        equal!(|x| x.to_i32());
        equal!(|x| x.to_i64());
        equal!(|x| x.to_i128());
        equal!(|x| x.to_isize());
        equal!(|x| x.to_u8());
        equal!(|x| x.to_u16());
        equal!(|x| x.to_u32());
        equal!(|x| x.to_u64());
        equal!(|x| x.to_u128());
        equal!(|x| x.to_usize());
    }

    #[test]
    fn conversions_from_plain_numbers(x in any_number(), whole in any::<i128>(), natural in any::<u64>()) {
        prop_assert_eq!(ulps(Var::from_f64(x).unwrap().value(), x), 0);
        prop_assert_eq!(ulps(<Var as num_traits::NumCast>::from(x).unwrap().value(), x), 0);
        let narrow = x as f32;
        prop_assert_eq!(ulps(Var::from_f32(narrow).unwrap().value(), f64::from(narrow)), 0);
        prop_assert_eq!(Var::from_i128(whole).unwrap().value(), whole as f64);
        prop_assert_eq!(<Dual<f64> as num_traits::NumCast>::from(whole).unwrap().value, whole as f64);
        prop_assert_eq!(Var::from_u64(natural).unwrap().value(), natural as f64);
    }

    #[test]
    fn equality_within_a_tolerance(x in any_number(), y in any_number(), near in -6..=6i64) {
        let close = f64::from_bits(x.to_bits().wrapping_add_signed(near));
        for y in [y, close, x] {
            equal!(|x, y| x.abs_diff_eq(&y, tolerance(x)));
            equal!(|x, y| x.relative_eq(&y, tolerance(x), relative(x)));
            if !(x.is_nan() || y.is_nan()) {
                equal!(|x, y| x.ulps_eq(&y, zero(x), 4));
            }
        }
    }
}

#[test]
fn constants_are_those_of_plain_numbers() {
    fn floats<T: Float + FloatConst + Bounded>() -> Vec<T> {
        vec![
            T::E(),
            T::FRAC_1_PI(),
            T::FRAC_1_SQRT_2(),
            T::FRAC_2_PI(),
            T::FRAC_2_SQRT_PI(),
            T::FRAC_PI_2(),
            T::FRAC_PI_3(),
            T::FRAC_PI_4(),
            T::FRAC_PI_6(),
            T::FRAC_PI_8(),
            T::LN_10(),
            T::LN_2(),
            T::LOG10_E(),
            T::LOG2_E(),
            T::PI(),
            T::SQRT_2(),
            T::TAU(),
            T::LOG10_2(),
            T::LOG2_10(),
            T::infinity(),
            T::neg_infinity(),
            T::neg_zero(),
            T::min_positive_value(),
            T::epsilon(),
            <T as Float>::min_value(),
            <T as Float>::max_value(),
            <T as Bounded>::min_value(),
            <T as Bounded>::max_value(),
            T::zero(),
            T::one(),
            T::nan(),
        ]
    }
    fn reals<T: RealField>() -> Vec<T> {
        vec![
            T::pi(),
            T::two_pi(),
            T::frac_pi_2(),
            T::frac_pi_3(),
            T::frac_pi_4(),
            T::frac_pi_6(),
            T::frac_pi_8(),
            T::frac_1_pi(),
            T::frac_2_pi(),
            T::frac_2_sqrt_pi(),
            T::e(),
            T::log2_e(),
            T::log10_e(),
            T::ln_2(),
            T::ln_10(),
            T::min_value().unwrap(),
            T::max_value().unwrap(),
        ]
    }
    let all = [(floats::<f64>(), floats::<Var>()), (reals(), reals())];
    for (plain, ours) in all {
        for (a, b) in plain.iter().zip(&ours) {
            assert!(b.is_constant());
            assert_eq!(ulps(*a, b.value()), 0);
        }
    }
}

fn pair<T: RealField + Copy>(x: &[T]) -> (T, T) {
    (x[0], x[1])
}

#[test]
fn methods_that_are_no_single_operation_have_correct_derivatives() {
    let points: &[&[f64]] = &[&[0.7, 1.9], &[1.3, 2.6]];
    let near = Value::Within(1e-14);
    macro_rules! check {
        ($($x:ident, $y:ident: $f:expr;)+) => {
            $(
                assert_eq!(agree!(|x: &[_]| { let ($x, $y) = pair(x); $f }, points, near, 1e-8), 2, stringify!($f));
            )+
        };
    }
    check! {
        x, y: Float::fract(x + y);
        x, y: Float::log(x, y);
        x, y: Float::to_degrees(x) * Float::to_radians(y);
        x, y: Float::abs_sub(y, x);
        x, y: Float::copysign(x - y, y) + y;
        x, y: Float::clamp(x + y, x, y) + x;
        x, y: Float::powf(x, y) + Float::powi(x, -3);
        x, y: ComplexField::sinhc(x) * ComplexField::cosc(y);
        x, y: ComplexField::sinc(x) * ComplexField::coshc(y);
        x, y: ComplexField::powc(x, y) + ComplexField::modulus_squared(x);
        x, y: ComplexField::to_exp(x - y).0 + ComplexField::to_polar(x - y).0 + x;
    }
}

#[test]
fn the_hyperbolic_cardinal_sine_has_its_derivatives_at_0() {
    let x = Dual::variable(Dual::variable(Dual::variable(Dual::variable(0.0))));
    let y = ComplexField::sinhc(x);
    let second = y.tangent.tangent.value.value;
    let fourth = y.tangent.tangent.tangent.tangent;
    assert_eq!(
        (y.value.value.value.value, y.tangent.value.value.value),
        (1.0, 0.0)
    );
    assert!(
        (second - 1.0 / 3.0).abs() < 1e-15 && (fourth - 0.2).abs() < 1e-15,
        "{second}, {fourth}"
    );
}
