//! The traits of simba, which nalgebra is generic over. Two versions of simba have the same traits.

use std::f64::consts;

use num_traits::One;

use super::number::{constants, of_the_table};
use super::read::{Real, constant, copysign, is_finite, is_negative, signum};
use crate::dual::Dual;
use crate::op::Scalar;
use crate::var::Var;

/// The hyperbolic sine divided by `x`. At 0, where simba's quotient is a constant, this is the start of its series, whose
/// derivatives are correct up to the seventh.
#[track_caller]
fn sinhc<R: Real>(x: R) -> R {
    if x == 0.0 {
        let square = x.square();
        ((square * (1.0 / 42.0) + 1.0) * square * (1.0 / 20.0) + 1.0) * square * (1.0 / 6.0) + 1.0
    } else {
        x.sinh() / x
    }
}

/// 0 or π: the angle of a real number in the complex plane.
#[track_caller]
fn argument<R: Real>(x: R) -> R {
    constant(if x >= 0.0 { 0.0 } else { consts::PI })
}

macro_rules! subset {
    ($simba:ident, $plain:ident, [$($generics:tt)*] $type:ty, |$number:ident| $narrow:expr) => {
        impl<$($generics)*> $simba::scalar::SubsetOf<$type> for $plain {
            fn to_superset(&self) -> $type {
                constant(f64::from(*self))
            }

            #[track_caller]
            fn from_superset(element: &$type) -> Option<Self> {
                element.known().map(|$number| $narrow)
            }

            #[track_caller]
            fn from_superset_unchecked(element: &$type) -> Self {
                Self::from_superset(element).unwrap_or(Self::NAN)
            }

            #[track_caller]
            fn is_in_subset(element: &$type) -> bool {
                element.known().is_some()
            }
        }
    };
}

macro_rules! real_field {
    ($simba:ident, [$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> $simba::simd::SimdValue for $type {
            const LANES: usize = 1;
            type Element = Self;
            type SimdBool = bool;

            #[inline]
            fn splat(value: Self) -> Self {
                value
            }

            #[inline]
            #[track_caller]
            fn extract(&self, lane: usize) -> Self {
                [*self][lane]
            }

            #[inline]
            #[track_caller]
            #[expect(unsafe_code, reason = "the trait declares it so; this one checks the index")]
            unsafe fn extract_unchecked(&self, lane: usize) -> Self {
                [*self][lane]
            }

            #[inline]
            #[track_caller]
            fn replace(&mut self, lane: usize, value: Self) {
                *[self][lane] = value;
            }

            #[inline]
            #[track_caller]
            #[expect(unsafe_code, reason = "the trait declares it so; this one checks the index")]
            unsafe fn replace_unchecked(&mut self, lane: usize, value: Self) {
                *[self][lane] = value;
            }

            #[inline]
            fn select(self, condition: bool, other: Self) -> Self {
                if condition { self } else { other }
            }
        }

        impl<$($generics)*> $simba::simd::PrimitiveSimdValue for $type {}

        impl<$($generics)*> $simba::scalar::Field for $type {}

        impl<$($generics)*> $simba::scalar::SubsetOf<$type> for $type {
            fn to_superset(&self) -> Self {
                *self
            }

            fn from_superset_unchecked(element: &Self) -> Self {
                *element
            }

            fn is_in_subset(_: &Self) -> bool {
                true
            }
        }

        subset!($simba, f64, [$($generics)*] $type, |number| number);
        subset!($simba, f32, [$($generics)*] $type, |number| number as f32);

        impl<$($generics)*> $simba::scalar::ComplexField for $type {
            type RealField = Self;

            of_the_table!(
                floor(), ceil(), round(), trunc(), abs(), mul_add(a, b), recip(), sqrt(), cbrt(), exp(), exp2(), exp_m1(),
                ln(), ln_1p(), log2(), log10(), hypot(other), sin(), cos(), tan(), asin(), acos(), atan(), sinh(), cosh(),
                tanh(), asinh(), acosh(), atanh(), sinc(),
            );

            #[inline]
            fn from_real(re: Self) -> Self {
                re
            }

            #[inline]
            fn real(self) -> Self {
                self
            }

            #[inline]
            fn imaginary(self) -> Self {
                constant(0.0)
            }

            #[inline]
            #[track_caller]
            fn modulus(self) -> Self {
                Scalar::abs(self)
            }

            #[inline]
            #[track_caller]
            fn modulus_squared(self) -> Self {
                self * self
            }

            #[track_caller]
            fn argument(self) -> Self {
                argument(self)
            }

            #[inline]
            #[track_caller]
            fn norm1(self) -> Self {
                Scalar::abs(self)
            }

            #[inline]
            #[track_caller]
            fn scale(self, factor: Self) -> Self {
                self * factor
            }

            #[inline]
            #[track_caller]
            fn unscale(self, factor: Self) -> Self {
                self / factor
            }

            #[track_caller]
            fn to_polar(self) -> (Self, Self) {
                (Scalar::abs(self), argument(self))
            }

            #[track_caller]
            fn to_exp(self) -> (Self, Self) {
                if self >= 0.0 {
                    (self, constant(1.0))
                } else {
                    (-self, constant(-1.0))
                }
            }

            #[track_caller]
            fn signum(self) -> Self {
                signum(self)
            }

            #[inline]
            #[track_caller]
            fn fract(self) -> Self {
                self - Scalar::trunc(self)
            }

            #[inline]
            fn conjugate(self) -> Self {
                self
            }

            #[inline]
            #[track_caller]
            fn sin_cos(self) -> (Self, Self) {
                Scalar::sin_cos(self)
            }

            #[inline]
            #[track_caller]
            fn sinh_cosh(self) -> (Self, Self) {
                (Scalar::sinh(self), Scalar::cosh(self))
            }

            #[track_caller]
            fn sinhc(self) -> Self {
                sinhc(self)
            }

            #[track_caller]
            fn cosc(self) -> Self {
                if self == 0.0 { Self::one() } else { Scalar::cos(self) / self }
            }

            #[track_caller]
            fn coshc(self) -> Self {
                if self == 0.0 { Self::one() } else { Scalar::cosh(self) / self }
            }

            #[inline]
            #[track_caller]
            fn log(self, base: Self) -> Self {
                Scalar::ln(self) / Scalar::ln(base)
            }

            #[inline]
            #[track_caller]
            fn powi(self, n: i32) -> Self {
                Scalar::powi(self, n)
            }

            #[inline]
            #[track_caller]
            fn powf(self, n: Self) -> Self {
                Scalar::pow(self, n)
            }

            #[inline]
            #[track_caller]
            fn powc(self, n: Self) -> Self {
                Scalar::pow(self, n)
            }

            #[track_caller]
            fn is_finite(&self) -> bool {
                is_finite(*self)
            }

            #[track_caller]
            fn try_sqrt(self) -> Option<Self> {
                if self >= 0.0 { Some(Scalar::sqrt(self)) } else { None }
            }
        }

        impl<$($generics)*> $simba::scalar::RealField for $type {
            of_the_table!(max(other), min(other), clamp(min, max), atan2(other));

            constants!(
                pi = consts::PI,
                two_pi = consts::TAU,
                frac_pi_2 = consts::FRAC_PI_2,
                frac_pi_3 = consts::FRAC_PI_3,
                frac_pi_4 = consts::FRAC_PI_4,
                frac_pi_6 = consts::FRAC_PI_6,
                frac_pi_8 = consts::FRAC_PI_8,
                frac_1_pi = consts::FRAC_1_PI,
                frac_2_pi = consts::FRAC_2_PI,
                frac_2_sqrt_pi = consts::FRAC_2_SQRT_PI,
                e = consts::E,
                log2_e = consts::LOG2_E,
                log10_e = consts::LOG10_E,
                ln_2 = consts::LN_2,
                ln_10 = consts::LN_10,
            );

            #[track_caller]
            fn is_sign_positive(&self) -> bool {
                !is_negative(*self)
            }

            #[track_caller]
            fn is_sign_negative(&self) -> bool {
                is_negative(*self)
            }

            #[track_caller]
            fn copysign(self, sign: Self) -> Self {
                copysign(self, sign)
            }

            fn min_value() -> Option<Self> {
                Some(constant(f64::MIN))
            }

            fn max_value() -> Option<Self> {
                Some(constant(f64::MAX))
            }
        }
    };
}

#[cfg(feature = "nalgebra")]
real_field!(simba, [] Var);
#[cfg(feature = "nalgebra")]
real_field!(simba, [S: Real] Dual<S>);
#[cfg(feature = "nalgebra-034")]
real_field!(simba_09, [] Var);
#[cfg(feature = "nalgebra-034")]
real_field!(simba_09, [S: Real] Dual<S>);
