//! The traits of num-traits.

use std::f64::consts;
use std::num::FpCategory;

use num_traits::{
    Bounded, Euclid, Float, FloatConst, FromPrimitive, Inv, MulAdd, Num, NumCast, One, Pow, Signed,
    ToPrimitive, Zero,
};

use super::read::{
    Real, constant, copysign, difference_above_zero, is_finite, is_infinite, is_negative, signum,
    whole,
};
use crate::dual::Dual;
use crate::op::Scalar;
use crate::var::Var;

/// Writes methods that are functions of the table with the same name.
macro_rules! of_the_table {
    ($($method:ident($($operand:ident),*)),+ $(,)?) => {
        $(
            #[inline]
            #[track_caller]
            fn $method(self $(, $operand: Self)*) -> Self {
                Scalar::$method(self $(, $operand)*)
            }
        )+
    };
}
/// Writes functions without arguments that return a constant.
macro_rules! constants {
    ($($name:ident = $value:expr),+ $(,)?) => {
        $(
            fn $name() -> Self {
                constant($value)
            }
        )+
    };
}

#[cfg(any(feature = "nalgebra", feature = "nalgebra-034"))]
pub(super) use {constants, of_the_table};

/// Writes conversions to whole numbers.
macro_rules! to_whole {
    ($($method:ident $whole:ident),+ $(,)?) => {
        $(
            #[track_caller]
            fn $method(&self) -> Option<$whole> {
                whole(*self).$method()
            }
        )+
    };
}

/// Writes conversions from plain numbers.
macro_rules! from_plain {
    ($($method:ident $plain:ident),+ $(,)?) => {
        $(
            fn $method(n: $plain) -> Option<Self> {
                f64::$method(n).map(constant)
            }
        )+
    };
}

macro_rules! number {
    ([$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> Zero for $type {
            constants!(zero = 0.0);

            #[track_caller]
            fn is_zero(&self) -> bool {
                *self == 0.0
            }
        }

        impl<$($generics)*> One for $type {
            constants!(one = 1.0);

            #[track_caller]
            fn is_one(&self) -> bool {
                *self == 1.0
            }
        }

        impl<$($generics)*> Num for $type {
            type FromStrRadixErr = <f64 as Num>::FromStrRadixErr;

            fn from_str_radix(text: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
                f64::from_str_radix(text, radix).map(constant)
            }
        }

        impl<$($generics)*> Bounded for $type {
            constants!(min_value = f64::MIN, max_value = f64::MAX);
        }

        impl<$($generics)*> ToPrimitive for $type {
            to_whole!(
                to_i8 i8, to_i16 i16, to_i32 i32, to_i64 i64, to_i128 i128, to_isize isize,
                to_u8 u8, to_u16 u16, to_u32 u32, to_u64 u64, to_u128 u128, to_usize usize,
            );

            #[track_caller]
            fn to_f32(&self) -> Option<f32> {
                self.known()?.to_f32()
            }

            #[track_caller]
            fn to_f64(&self) -> Option<f64> {
                self.known()
            }
        }

        impl<$($generics)*> FromPrimitive for $type {
            from_plain!(
                from_i8 i8, from_i16 i16, from_i32 i32, from_i64 i64, from_i128 i128, from_isize isize,
                from_u8 u8, from_u16 u16, from_u32 u32, from_u64 u64, from_u128 u128, from_usize usize,
                from_f32 f32, from_f64 f64,
            );
        }

        impl<$($generics)*> NumCast for $type {
            #[track_caller]
            fn from<T: ToPrimitive>(n: T) -> Option<Self> {
                n.to_f64().map(constant)
            }
        }

        impl<$($generics)*> Signed for $type {
            #[track_caller]
            fn abs(&self) -> Self {
                Scalar::abs(*self)
            }

            #[track_caller]
            fn abs_sub(&self, other: &Self) -> Self {
                difference_above_zero(*self, *other)
            }

            #[track_caller]
            fn signum(&self) -> Self {
                signum(*self)
            }

            #[track_caller]
            fn is_positive(&self) -> bool {
                !is_negative(*self)
            }

            #[track_caller]
            fn is_negative(&self) -> bool {
                is_negative(*self)
            }
        }

        impl<$($generics)*> Inv for $type {
            type Output = Self;

            #[track_caller]
            fn inv(self) -> Self {
                Scalar::recip(self)
            }
        }

        impl<$($generics)*> MulAdd for $type {
            type Output = Self;

            #[track_caller]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Scalar::mul_add(self, a, b)
            }
        }

        impl<$($generics)*> Euclid for $type {
            #[track_caller]
            fn div_euclid(&self, v: &Self) -> Self {
                Scalar::round((*self - Scalar::rem_euclid(*self, *v)) / *v)
            }

            #[track_caller]
            fn rem_euclid(&self, v: &Self) -> Self {
                Scalar::rem_euclid(*self, *v)
            }
        }

        impl<$($generics)*> Pow<Self> for $type {
            type Output = Self;

            #[track_caller]
            fn pow(self, rhs: Self) -> Self {
                Scalar::pow(self, rhs)
            }
        }

        impl<$($generics)*> Pow<f64> for $type {
            type Output = Self;

            #[track_caller]
            fn pow(self, rhs: f64) -> Self {
                Scalar::powf(self, rhs)
            }
        }

        impl<$($generics)*> Pow<i32> for $type {
            type Output = Self;

            #[track_caller]
            fn pow(self, rhs: i32) -> Self {
                Scalar::powi(self, rhs)
            }
        }

        impl<$($generics)*> FloatConst for $type {
            constants!(
                E = consts::E,
                FRAC_1_PI = consts::FRAC_1_PI,
                FRAC_1_SQRT_2 = consts::FRAC_1_SQRT_2,
                FRAC_2_PI = consts::FRAC_2_PI,
                FRAC_2_SQRT_PI = consts::FRAC_2_SQRT_PI,
                FRAC_PI_2 = consts::FRAC_PI_2,
                FRAC_PI_3 = consts::FRAC_PI_3,
                FRAC_PI_4 = consts::FRAC_PI_4,
                FRAC_PI_6 = consts::FRAC_PI_6,
                FRAC_PI_8 = consts::FRAC_PI_8,
                LN_10 = consts::LN_10,
                LN_2 = consts::LN_2,
                LOG10_E = consts::LOG10_E,
                LOG2_E = consts::LOG2_E,
                PI = consts::PI,
                SQRT_2 = consts::SQRT_2,
                TAU = consts::TAU,
                LOG10_2 = consts::LOG10_2,
                LOG2_10 = consts::LOG2_10,
            );
        }

        impl<$($generics)*> Float for $type {
            constants!(
                nan = f64::NAN,
                infinity = f64::INFINITY,
                neg_infinity = f64::NEG_INFINITY,
                neg_zero = -0.0,
                min_value = f64::MIN,
                min_positive_value = f64::MIN_POSITIVE,
                max_value = f64::MAX,
                epsilon = f64::EPSILON,
            );

            of_the_table!(
                floor(), ceil(), round(), trunc(), abs(), mul_add(a, b), recip(), sqrt(), cbrt(), exp(), exp2(), exp_m1(),
                ln(), ln_1p(), log2(), log10(), max(other), min(other), clamp(min, max), hypot(other), sin(), cos(), tan(),
                asin(), acos(), atan(), atan2(other), sinh(), cosh(), tanh(), asinh(), acosh(), atanh(),
            );

            #[track_caller]
            fn is_nan(self) -> bool {
                self != self
            }

            #[track_caller]
            fn is_infinite(self) -> bool {
                is_infinite(self)
            }

            #[track_caller]
            fn is_finite(self) -> bool {
                is_finite(self)
            }

            #[track_caller]
            fn is_normal(self) -> bool {
                self.classify() == FpCategory::Normal
            }

            #[track_caller]
            fn is_subnormal(self) -> bool {
                self.classify() == FpCategory::Subnormal
            }

            #[track_caller]
            fn classify(self) -> FpCategory {
                if self == 0.0 {
                    FpCategory::Zero
                } else if is_infinite(self) {
                    FpCategory::Infinite
                } else if self >= f64::MIN_POSITIVE || self <= -f64::MIN_POSITIVE {
                    FpCategory::Normal
                } else if self != self {
                    FpCategory::Nan
                } else {
                    FpCategory::Subnormal
                }
            }

            #[inline]
            #[track_caller]
            fn fract(self) -> Self {
                self - Scalar::trunc(self)
            }

            #[track_caller]
            fn signum(self) -> Self {
                signum(self)
            }

            #[track_caller]
            fn is_sign_positive(self) -> bool {
                !is_negative(self)
            }

            #[track_caller]
            fn is_sign_negative(self) -> bool {
                is_negative(self)
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
            fn log(self, base: Self) -> Self {
                Scalar::ln(self) / Scalar::ln(base)
            }

            #[inline]
            #[track_caller]
            fn to_degrees(self) -> Self {
                self * (180.0 / consts::PI)
            }

            #[inline]
            #[track_caller]
            fn to_radians(self) -> Self {
                self * (consts::PI / 180.0)
            }

            #[track_caller]
            fn abs_sub(self, other: Self) -> Self {
                difference_above_zero(self, other)
            }

            #[inline]
            #[track_caller]
            fn sin_cos(self) -> (Self, Self) {
                Scalar::sin_cos(self)
            }

            #[track_caller]
            fn integer_decode(self) -> (u64, i16, i8) {
                self.read().integer_decode()
            }

            #[track_caller]
            fn copysign(self, sign: Self) -> Self {
                copysign(self, sign)
            }
        }
    };
}

number!([] Var);
number!([S: Real] Dual<S>);
