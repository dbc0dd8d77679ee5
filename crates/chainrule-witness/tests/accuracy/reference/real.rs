//! A real number with 320 binary digits and ordinary operators, and its distance from an `f64`.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

use astro_float_num::{BigFloat, Consts, RoundingMode, Sign};

/// The number of binary digits that every operation keeps.
const PRECISION: usize = 320;
const ROUNDING: RoundingMode = RoundingMode::ToEven;

thread_local! {
    static CONSTANTS: RefCell<Consts> = RefCell::new(Consts::new().expect("room for the constants"));
}

/// A number with 320 binary digits and a 32-bit exponent. Every operation rounds correctly.
#[derive(Clone, Debug)]
pub(crate) struct Real(BigFloat);

impl From<f64> for Real {
    fn from(x: f64) -> Self {
        if x.is_subnormal() {
            // The underlying crate's conversion loses the scale of subnormal numbers.
            return Self::from(x * scale(1.0, 100)) * scale(1.0, -100);
        }
        Self(BigFloat::from_f64(x, PRECISION))
    }
}

impl From<&Real> for Real {
    fn from(x: &Real) -> Self {
        x.clone()
    }
}

macro_rules! operator {
    ($($trait:ident $name:ident),*) => {$(
        impl<T: Into<Real>> $trait<T> for &Real {
            type Output = Real;
            fn $name(self, other: T) -> Real {
                Real(self.0.$name(&other.into().0, PRECISION, ROUNDING))
            }
        }
        impl<T: Into<Real>> $trait<T> for Real {
            type Output = Real;
            fn $name(self, other: T) -> Real {
                (&self).$name(other)
            }
        }
    )*};
}
operator!(Add add, Sub sub, Mul mul, Div div);

impl Neg for &Real {
    type Output = Real;
    fn neg(self) -> Real {
        Real(BigFloat::neg(&self.0))
    }
}

impl Neg for Real {
    type Output = Real;
    fn neg(self) -> Real {
        -&self
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.0.cmp(&other.0).map(|order| order.cmp(&0))
    }
}

macro_rules! transcendental {
    ($($name:ident),*) => {$(
        #[doc = concat!("`", stringify!($name), "` of this number.")]
        pub(crate) fn $name(&self) -> Self {
            CONSTANTS.with_borrow_mut(|c| Self(self.0.$name(PRECISION, ROUNDING, c)))
        }
    )*};
}

impl Real {
    transcendental!(
        acos, acosh, asin, asinh, atan, atanh, cos, cosh, exp, ln, log10, log2, sin, sinh, tan,
        tanh
    );

    /// The constant π.
    pub(crate) fn pi() -> Self {
        CONSTANTS.with_borrow_mut(|c| Self(c.pi(PRECISION, ROUNDING)))
    }

    /// The square root.
    pub(crate) fn sqrt(&self) -> Self {
        Self(self.0.sqrt(PRECISION, ROUNDING))
    }

    /// The cube root.
    pub(crate) fn cbrt(&self) -> Self {
        Self(self.0.cbrt(PRECISION, ROUNDING))
    }

    /// The absolute value.
    pub(crate) fn abs(&self) -> Self {
        Self(self.0.abs())
    }

    /// A positive number to any power.
    pub(crate) fn power(&self, exponent: &Self) -> Self {
        let logarithm = self.ln() * exponent;
        // Far outside the range of floats, only the side matters, not the size.
        if logarithm.abs() > Self::from(1e5) {
            return (Self::from(1e5) * if logarithm.is_negative() { -1.0 } else { 1.0 }).exp();
        }
        logarithm.exp()
    }

    /// Whether the number is below zero.
    pub(crate) fn is_negative(&self) -> bool {
        !self.0.is_zero() && self.0.is_negative()
    }

    /// Whether the number is an integer.
    pub(crate) fn is_integer(&self) -> bool {
        self.0.is_int()
    }

    /// The nearest `f64`, with ties to even, subnormals, and overflow to infinity.
    pub(crate) fn to_f64(&self) -> f64 {
        if self.0.is_nan() {
            return f64::NAN;
        }
        let signed = |size: f64| if self.0.is_negative() { -size } else { size };
        if self.0.is_zero() {
            return signed(0.0);
        }
        if self.0.is_inf() {
            return signed(f64::INFINITY);
        }
        let Some((words, _, sign, exponent, _)) = self.0.as_raw_parts() else {
            return f64::NAN;
        };
        let (top, rest) = words.split_last().expect("a mantissa");
        if *top == 0 || exponent < -1080 {
            return signed(0.0);
        }
        if exponent > 1024 {
            return signed(f64::INFINITY);
        }
        // The number is 0.mantissa times 2^exponent. Below 2^-1022, fewer digits fit.
        let digits = (exponent + 1074).min(53);
        if digits < 0 {
            return signed(0.0);
        }
        let whole = if digits == 0 { 0 } else { top >> (64 - digits) };
        let left = if digits == 0 { *top } else { top << digits };
        let more = rest.iter().any(|word| *word != 0);
        let half = 1 << 63;
        let up = left > half || (left == half && (more || whole % 2 == 1));
        let scaled = (whole + u64::from(up)) as f64;
        let size = scale(scaled, exponent - digits);
        if sign == Sign::Neg { -size } else { size }
    }
}

/// `x` times `2^exponent` for exponents in -1074..=1023. It is exact if the result can be represented.
fn scale(x: f64, exponent: i32) -> f64 {
    let power = |e: i32| f64::from_bits(u64::try_from(e + 1023).expect("in range") << 52);
    if exponent < -1022 {
        x * power(-1022) * power(exponent + 1022)
    } else {
        x * power(exponent)
    }
}

/// The error of `got` in units of the last place of the correctly rounded `exact`.
///
/// Infinity counts as `2^1024`. A NaN on only one side is an infinite error.
pub(crate) fn ulps(got: f64, exact: &Real) -> f64 {
    let rounded = exact.to_f64();
    if rounded.is_nan() || got.is_nan() {
        return if rounded.is_nan() && got.is_nan() {
            0.0
        } else {
            f64::INFINITY
        };
    }
    if got == rounded && (got.is_infinite() || got == 0.0) {
        return 0.0;
    }
    let wide = |x: f64| {
        if x.is_infinite() {
            Real::from(x.signum()) * 2.0 * scale(1.0, 1023)
        } else {
            Real::from(x)
        }
    };
    let exact = if exact.0.is_inf() {
        wide(rounded)
    } else {
        exact.clone()
    };
    let exponent = i32::try_from(rounded.abs().to_bits() >> 52)
        .expect("eleven bits")
        .clamp(1, 2046);
    let unit = Real::from(scale(1.0, exponent - 1023 - 52));
    ((wide(got) - exact) / unit).abs().to_f64()
}
