//! What is refused, so that no derivative is lost, and what programs check.

use chainrule::foreign::{Real, reading};
use chainrule::{Dual, ErrorKind, Program, Var};
use nalgebra::{ComplexField, RealField, convert_unchecked, try_convert};
use num_traits::{Float, Signed, ToPrimitive, Zero};

#[test]
fn a_recording_value_does_not_become_a_plain_number() {
    let x = Var::new(2.0);
    assert_eq!((x.to_f64(), x.to_f32()), (None, None));
    assert!(<Var as num_traits::NumCast>::from(x).is_none());
    assert_eq!(<f64 as num_traits::NumCast>::from(x), None);
    assert_eq!(try_convert::<Var, f64>(x), None);
    assert_eq!(try_convert::<Var, f32>(x), None);
    assert!(convert_unchecked::<Var, f64>(x).is_nan());
    let x = Dual::variable(2.0);
    assert_eq!(x.to_f64(), None);
    assert_eq!(try_convert::<Dual<f64>, f64>(x), None);
    let x = Dual::constant(Var::new(2.0));
    assert_eq!(x.to_f64(), None);
}

#[test]
fn constants_become_plain_numbers() {
    let x = Var::from(2.5);
    assert_eq!((x.to_f64(), x.to_f32()), (Some(2.5), Some(2.5)));
    assert_eq!(<Var as num_traits::NumCast>::from(x).unwrap(), 2.5);
    assert_eq!(try_convert::<Var, f64>(x), Some(2.5));
    assert_eq!(Dual::constant(2.5).to_f64(), Some(2.5));
    assert_eq!(try_convert::<Var, Var>(Var::new(2.5)).unwrap(), 2.5);
}

#[test]
fn reading_ends_with_its_work() {
    let x = Var::new(2.0);
    let inner = || {
        reading(|| assert_eq!(x.to_f64(), Some(2.0)));
        x.to_f64()
    };
    assert_eq!(reading(inner), Some(2.0));
    assert_eq!(x.to_f64(), None);
    let panics = std::panic::catch_unwind(|| reading(|| panic!("the work fails")));
    assert!(panics.is_err());
    assert_eq!(x.to_f64(), None);
}

/// The error of a program traced at one point, at another one.
#[track_caller]
fn refused(traced: f64, at: f64, f: fn(Var) -> Var) -> String {
    let program = Program::trace_at(&[traced], |x| f(x[0])).unwrap();
    assert!(program.value(&[traced]).is_ok());
    let error = program.value(&[at]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Branch);
    error.to_string()
}

/// Checks that the program of an expression in `x` is refused at another point, and names the line of the expression.
macro_rules! refused {
    ($traced:expr, $at:expr, |$x:ident| $f:expr) => {{
        let line = line!();
        let message = refused($traced, $at, |$x| $f);
        assert!(
            message.contains(&format!("refusals.rs:{line}:")),
            "{message}"
        );
    }};
}

fn number(holds: bool) -> Var {
    Var::from(f64::from(u8::from(holds)))
}

#[test]
fn programs_check_what_was_compared_and_name_the_line() {
    refused!(1.0, 0.0, |x| x * number(Zero::is_zero(&x)));
    refused!(1.0, -1.0, |x| x * number(Signed::is_positive(&x)));
    refused!(1.0, -1.0, |x| x * number(Float::is_sign_negative(x)));
    refused!(0.0, 1.0, |x| x * number(Float::is_sign_negative(x)));
    refused!(0.0, -0.0, |x| x * number(Float::is_sign_negative(x)));
    refused!(1.0, f64::NAN, |x| x * number(Float::is_nan(x)));
    refused!(1.0, f64::INFINITY, |x| x * number(Float::is_finite(x)));
    refused!(1.0, 1e-310, |x| x * number(Float::is_normal(x)));
    refused!(1.0, -1.0, |x| x * Float::signum(x));
    refused!(1.0, -1.0, |x| x * Signed::signum(&x));
    refused!(1.0, -1.0, |x| x * ComplexField::signum(x));
    refused!(1.0, -1.0, |x| Var::from(3.0) * Float::copysign(x + 5.0, x));
    refused!(1.0, -1.0, |x| ComplexField::try_sqrt(x).unwrap_or(x));
    refused!(1.0, -1.0, |x| x * ComplexField::argument(x));
    refused!(1.0, -1.0, |x| ComplexField::to_exp(x).0);
    refused!(1.0, 3.0, |x| Float::abs_sub(x, Var::from(2.0)));
    refused!(2.5, 3.5, |x| x * f64::from(x.to_i32().unwrap()));
    refused!(-2.5, -3.5, |x| x * f64::from(x.to_i8().unwrap()));
    refused!(2.5, 2.75, |x| x * Float::integer_decode(x).0 as f64);
    refused!(2.5, 2.75, |x| x * reading(|| x.to_f64().unwrap()));
    refused!(1.0, 2.0, |x| x * number(approx::AbsDiffEq::abs_diff_eq(
        &x,
        &Var::from(1.0),
        Var::from(1e-9)
    )));
    refused!(1.0, 2.0, |x| x * number(approx::RelativeEq::relative_eq(
        &x,
        &Var::from(1.0),
        Var::from(0.0),
        Var::from(1e-9)
    )));
    refused!(1.0, 2.0, |x| x * number(approx::UlpsEq::ulps_eq(
        &x,
        &Var::from(1.0),
        Var::from(0.0),
        4
    )));
}

#[test]
fn whole_numbers_are_cut_off_and_stay_valid_within_their_unit() {
    for (traced, at) in [(2.5, 2.75), (-0.5, 0.5), (-2.5, -2.75)] {
        let program =
            Program::trace_at(&[traced], |x| x[0] * f64::from(x[0].to_i32().unwrap())).unwrap();
        assert_eq!(program.value(&[at]).unwrap(), at * at.trunc());
    }
}

#[test]
fn largest_and_smallest_need_no_branch() {
    let program = Program::trace_at(&[1.0, 2.0], |x| {
        RealField::max(x[0], x[1]) + Float::min(x[0], x[1]) * 3.0
    })
    .unwrap();
    assert_eq!(
        program.gradient(&[5.0, 4.0]).unwrap(),
        (17.0, vec![1.0, 3.0])
    );
    assert_eq!(
        program.gradient(&[4.0, 4.0]).unwrap(),
        (16.0, vec![2.0, 2.0])
    );
    assert!(program.value(&[f64::NAN, 1.0]).unwrap().is_nan());
}

#[test]
fn methods_and_constants_stay_unambiguous() {
    #[expect(unused_imports, reason = "they are in scope to be passed over")]
    use num_traits::{Bounded, FloatConst, FromPrimitive, Num, NumCast, One, Pow};
    // Without an import of `Scalar`, and with every other trait that has these names.
    let (x, y) = (Var::new(2.0), Var::from(3.0));
    assert!(y.is_constant());
    assert_eq!(x.max(y), 3.0);
    assert_eq!(x.sin().value(), chainrule::Scalar::sin(2.0));
    assert_eq!(
        x.powi(2).value() + x.powf(2.0).value() + x.abs().value() + x.floor().value(),
        12.0
    );
    assert_eq!(x.clamp(0.0, 1.0), 1.0);
    assert_eq!(Dual::<f64>::from(2.0).read(), 2.0);
}
