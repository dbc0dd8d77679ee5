//! Functions and their derivatives in high precision, as references for the crate's own.
//!
//! Every function here follows its definition, in 320 binary digits, for points inside its domain. Other tests cover poles,
//! infinities and NaN.

pub(crate) mod points;
pub(crate) mod real;
pub(crate) mod second;
mod special;

use real::Real;

/// A function of one number and its derivative.
pub(crate) struct Unary {
    /// The function.
    pub(crate) value: fn(&Real) -> Real,
    /// Its derivative.
    pub(crate) slope: fn(&Real) -> Real,
}

/// A function of two numbers and its partial derivatives.
pub(crate) struct Binary {
    /// The function.
    pub(crate) value: fn(&Real, &Real) -> Real,
    /// Its derivatives with respect to the first and the second operand.
    pub(crate) slopes: [fn(&Real, &Real) -> Real; 2],
}

fn one() -> Real {
    Real::from(1.0)
}

fn sigmoid(x: &Real) -> Real {
    one() / ((-x).exp() + 1.0)
}

/// `ln(1 + x)` without cancellation near zero.
fn ln_1p(x: &Real) -> Real {
    if x > &one() {
        return (x + 1.0).ln();
    }
    (x / (x + 2.0)).atanh() * 2.0
}

/// `exp(x) - 1` without cancellation near zero.
fn exp_m1(x: &Real) -> Real {
    if x.abs() > one() {
        return x.exp() - 1.0;
    }
    let half = x / 2.0;
    half.sinh() * half.exp() * 2.0
}

/// `ln(1 - exp(x))` without cancellation at either end.
fn log1mexp(x: &Real) -> Real {
    if x > &Real::from(-0.5) {
        (-exp_m1(x)).ln()
    } else {
        ln_1p(&-x.exp())
    }
}

/// `(x cos x - sin x)/x²`, by its series near zero.
fn sinc_slope(x: &Real) -> Real {
    let square = x * x;
    if x.abs() > Real::from(1e-12) {
        return (x * x.cos() - x.sin()) / square;
    }
    x / -3.0 * (one() - &square / 10.0 + &square * &square / 280.0)
}

fn softplus(x: &Real) -> Real {
    if x.is_negative() {
        ln_1p(&x.exp())
    } else {
        x + ln_1p(&(-x).exp())
    }
}

fn silu_slope(x: &Real) -> Real {
    sigmoid(x) * (x * sigmoid(&-x) + 1.0)
}

fn silu_curvature(x: &Real) -> Real {
    let (s, c) = (sigmoid(x), sigmoid(&-x));
    &s * &c * (x * (&c - &s) + 2.0)
}

fn silu_third(x: &Real) -> Real {
    let (slope, t) = (sigmoid(x) * sigmoid(&-x), (x / 2.0).tanh());
    &slope * (&t * (x * &t - 3.0) - x * &slope * 2.0)
}

/// The normal density.
fn density(x: &Real) -> Real {
    (-(x * x / 2.0)).exp() / (Real::pi() * 2.0).sqrt()
}

/// The normal distribution function.
fn distribution(x: &Real) -> Real {
    special::erfc(&(-x / Real::from(2.0).sqrt())) / 2.0
}

fn gelu_slope(x: &Real) -> Real {
    distribution(x) + x * density(x)
}

fn erf_slope(x: &Real) -> Real {
    (-(x * x)).exp() * 2.0 / Real::pi().sqrt()
}

/// `-x/√2`, at which `erfc` is twice the normal distribution function.
fn reduced(x: &Real) -> Real {
    -x / Real::from(2.0).sqrt()
}

/// The logarithm of the normal distribution function, which is small above 0.
fn log_normal_cdf(x: &Real) -> Real {
    if x.is_negative() {
        special::log_erfc(&reduced(x)) - Real::from(2.0).ln()
    } else {
        ln_1p(&-distribution(&-x))
    }
}

fn log_normal_cdf_slope(x: &Real) -> Real {
    special::log_erfc_slope(&reduced(x)) / -Real::from(2.0).sqrt()
}

/// `√((1 - x)(1 + x))`.
fn co_circle(x: &Real) -> Real {
    ((one() - x) * (one() + x)).sqrt()
}

/// The reference of a function of one number, by its name.
pub(crate) fn unary(name: &str) -> Option<Unary> {
    type Function = fn(&Real) -> Real;
    let (value, slope): (Function, Function) = match name {
        "recip" => (|x| one() / x, |x| -one() / (x * x)),
        "recip_positive" => (|x| one() / x, |x| -one() / (x * x)),
        "square" => (|x| x * x, |x| x * 2.0),
        "sqrt" => (Real::sqrt, |x| one() / (x.sqrt() * 2.0)),
        "cbrt" => (Real::cbrt, |x| x.cbrt() / (x * 3.0)),
        "exp" => (Real::exp, Real::exp),
        "exp2" => (
            |x| (x * Real::from(2.0).ln()).exp(),
            |x| (x * Real::from(2.0).ln()).exp() * Real::from(2.0).ln(),
        ),
        "exp_m1" => (exp_m1, Real::exp),
        "ln" => (Real::ln, |x| one() / x),
        "ln_1p" => (ln_1p, |x| one() / (x + 1.0)),
        "log1mexp" => (log1mexp, |x| -x.exp() / -exp_m1(x)),
        "log2" => (Real::log2, |x| one() / (x * Real::from(2.0).ln())),
        "log10" => (Real::log10, |x| one() / (x * Real::from(10.0).ln())),
        "sin" => (Real::sin, Real::cos),
        "cos" => (Real::cos, |x| -x.sin()),
        "tan" => (Real::tan, |x| one() / (x.cos() * x.cos())),
        "asin" => (Real::asin, |x| one() / co_circle(x)),
        "acos" => (Real::acos, |x| -one() / co_circle(x)),
        "atan" => (Real::atan, |x| one() / (x * x + 1.0)),
        "sinc" => (|x| x.sin() / x, sinc_slope),
        "sinh" => (Real::sinh, Real::cosh),
        "cosh" => (Real::cosh, Real::sinh),
        "tanh" => (Real::tanh, |x| one() / (x.cosh() * x.cosh())),
        "asinh" => (Real::asinh, |x| one() / (x * x + 1.0).sqrt()),
        "acosh" => (Real::acosh, |x| one() / ((x - 1.0) * (x + 1.0)).sqrt()),
        "atanh" => (Real::atanh, |x| one() / ((one() - x) * (one() + x))),
        "sigmoid" => (sigmoid, |x| sigmoid(x) * sigmoid(&-x)),
        "softplus" => (softplus, sigmoid),
        "silu" => (|x| x * sigmoid(x), silu_slope),
        "silu_slope" => (silu_slope, silu_curvature),
        "silu_curvature" => (silu_curvature, silu_third),
        "gelu" => (|x| x * distribution(x), gelu_slope),
        "gelu_slope" => (gelu_slope, |x| density(x) * (-(x * x) + 2.0)),
        "gaussian" => (|x| (-(x * x)).exp(), |x| (-(x * x)).exp() * x * -2.0),
        "erf" => (special::erf, erf_slope),
        "erfc" => (special::erfc, |x| -erf_slope(x)),
        "log_erfc" => (special::log_erfc, special::log_erfc_slope),
        "log_normal_cdf" => (log_normal_cdf, log_normal_cdf_slope),
        "ln_gamma" => (special::ln_gamma, special::digamma),
        "digamma" => (special::digamma, special::trigamma),
        "xlogx" => (|x| x * x.ln(), |x| x.ln() + 1.0),
        "xlogx_slope" => (|x| x.ln() + 1.0, |x| one() / x),
        _ => return None,
    };
    Some(Unary { value, slope })
}

/// `x` to the power `y`; a negative base needs a whole exponent.
fn pow(x: &Real, y: &Real) -> Real {
    if !x.is_negative() {
        return x.power(y);
    }
    let size = x.abs().power(y);
    if (y / 2.0).is_integer() { size } else { -size }
}

fn hypot(x: &Real, y: &Real) -> Real {
    (x * x + y * y).sqrt()
}

fn atan2(y: &Real, x: &Real) -> Real {
    let angle = (y / x).atan();
    match (x.is_negative(), y.is_negative()) {
        (false, _) => angle,
        (true, false) => angle + Real::pi(),
        (true, true) => angle - Real::pi(),
    }
}

fn elu(x: &Real, alpha: &Real) -> Real {
    if x.is_negative() {
        exp_m1(x) * alpha
    } else {
        x.clone()
    }
}

/// The quotient rounded towards 0, below 2^53.
fn whole_quotient(x: &Real, y: &Real) -> Real {
    let near = Real::from((x / y).to_f64().trunc());
    // Rounding to a float may have reached the next whole number.
    if (&near * y).abs() > x.abs() {
        near.abs() - 1.0
    } else {
        near.abs()
    }
}

/// The remainder with the sign of `x`.
fn remainder(x: &Real, y: &Real) -> Real {
    let size = x.abs() - whole_quotient(x, y) * y.abs();
    if x.is_negative() { -size } else { size }
}

/// The number that is added to the remainder, so that it is not negative, as a multiple of `|y|`.
fn lift(x: &Real, y: &Real) -> f64 {
    f64::from(u8::from(remainder(x, y).is_negative()))
}

fn remainder_slope(x: &Real, y: &Real) -> Real {
    let quotient = whole_quotient(x, y);
    if x.is_negative() == y.is_negative() {
        -quotient
    } else {
        quotient
    }
}

/// The reference of a function of two numbers, by its name.
///
/// `atan2` takes `(y, x)`, `elu` takes `(x, alpha)`, `polygamma` takes `(n, x)`.
pub(crate) fn binary(name: &str) -> Option<Binary> {
    type Function = fn(&Real, &Real) -> Real;
    let (value, first, second): (Function, Function, Function) = match name {
        "div" => (|x, y| x / y, |_, y| one() / y, |x, y| -x / (y * y)),
        "rem" => (remainder, |_, _| one(), remainder_slope),
        "rem_euclid" => (
            |x, y| remainder(x, y) + y.abs() * lift(x, y),
            |_, _| one(),
            |x, y| {
                let lift = lift(x, y);
                remainder_slope(x, y) + if y.is_negative() { -lift } else { lift }
            },
        ),
        "hypot" => (hypot, |x, y| x / hypot(x, y), |x, y| y / hypot(x, y)),
        "atan2" => (
            atan2,
            |y, x| x / (x * x + y * y),
            |y, x| -y / (x * x + y * y),
        ),
        "pow" | "powi" => (
            pow,
            |x, y| y * pow(x, &(y - 1.0)),
            |x, y| pow(x, y) * x.ln(),
        ),
        "exp_difference" => (
            |x, m| (x - m).exp(),
            |x, m| (x - m).exp(),
            |x, m| -(x - m).exp(),
        ),
        "elu" => (
            elu,
            |x, alpha| {
                if x.is_negative() {
                    x.exp() * alpha
                } else {
                    one()
                }
            },
            |x, _| {
                if x.is_negative() {
                    exp_m1(x)
                } else {
                    Real::from(0.0)
                }
            },
        ),
        "polygamma" => (
            special::polygamma,
            |_, _| Real::from(f64::NAN),
            |n, x| special::polygamma(&(n + 1.0), x),
        ),
        _ => return None,
    };
    Some(Binary {
        value,
        slopes: [first, second],
    })
}
