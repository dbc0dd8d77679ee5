//! Second derivatives in high precision: closed forms, and differences of the first derivative for the other functions.

use super::real::Real;
use super::{binary, co_circle, exp_m1, hypot, one, pow, reduced, sigmoid, special, unary};

/// The step of [`difference`], relative to the point.
///
/// The error of the difference is then below `2^-90` even next to a pole, and its rounding error about `2^-200`.
fn step(x: &Real) -> Real {
    x.abs() * 2_f64.powi(-100)
}

/// The derivative of `f` at `x`, by a central difference.
pub(crate) fn difference(f: impl Fn(&Real) -> Real, x: &Real) -> Real {
    let step = step(x);
    (f(&(x + &step)) - f(&(x - &step))) / (step * 2.0)
}

/// The second derivative of the function of one number with this name.
pub(crate) fn unary_second(name: &str, x: &Real) -> Real {
    unary_closed(name, x).unwrap_or_else(|| difference(unary(name).expect("a reference").slope, x))
}

fn cube(x: &Real) -> Real {
    x * x * x
}

/// The closed form of the second derivative, where it has more digits than a difference.
pub(crate) fn unary_closed(name: &str, x: &Real) -> Option<Real> {
    Some(match name {
        "recip" => Real::from(2.0) / cube(x),
        "square" => Real::from(2.0),
        "log1mexp" => {
            let rest = exp_m1(x);
            -x.exp() / (&rest * &rest)
        }
        "sinc" => sinc_second(x),
        "log_erfc" => special::log_erfc_second(x),
        "log_normal_cdf" => special::log_erfc_second(&reduced(x)) / 2.0,
        "ln_1p" => -one() / ((x + 1.0) * (x + 1.0)),
        "atanh" => {
            let product = (one() - x) * (one() + x);
            x * 2.0 / (&product * &product)
        }
        "sin" => -x.sin(),
        "cos" => -x.cos(),
        "tan" => x.tan() * 2.0 / (x.cos() * x.cos()),
        "exp" | "exp_m1" => x.exp(),
        "sinh" => x.sinh(),
        "cosh" => x.cosh(),
        "asin" => x / cube(&co_circle(x)),
        "acos" => -x / cube(&co_circle(x)),
        "atan" => -x * 2.0 / ((x * x + 1.0) * (x * x + 1.0)),
        "asinh" => -x / cube(&(x * x + 1.0).sqrt()),
        "tanh" => -(x.tanh() * 2.0 / (x.cosh() * x.cosh())),
        "sigmoid" => sigmoid(x) * sigmoid(&-x) * (x / -2.0).tanh(),
        "softplus" => sigmoid(x) * sigmoid(&-x),
        "silu" => (unary("silu_slope")?.slope)(x),
        "gelu" => (unary("gelu_slope")?.slope)(x),
        "erf" | "erfc" => (unary(name)?.slope)(x) * x * -2.0,
        "ln_gamma" => special::polygamma(&one(), x),
        "digamma" => special::polygamma(&Real::from(2.0), x),
        _ => return None,
    })
}

/// `-sin(x)/x - 2cos(x)/x² + 2sin(x)/x³`, by its series near zero.
fn sinc_second(x: &Real) -> Real {
    let square = x * x;
    if x.abs() > Real::from(1e-12) {
        let slope = (x * x.cos() - x.sin()) / &square;
        return -((x.sin() + slope * 2.0) / x);
    }
    &square / 10.0 - &square * &square / 168.0 - one() / 3.0
}

/// The second derivatives of a function of two numbers: twice by the first, by both, twice by the second operand.
pub(crate) type Seconds = [fn(&Real, &Real) -> Real; 3];

/// The closed forms of the second derivatives of the function of two numbers with this name.
pub(crate) fn binary_second(name: &str) -> Option<Seconds> {
    Some(match name {
        "div" => [
            |_, _| Real::from(0.0),
            |_, y| -one() / (y * y),
            |x, y| x * 2.0 / cube(y),
        ],
        "hypot" => [
            |x, y| y * y / cube(&hypot(x, y)),
            |x, y| -(x * y) / cube(&hypot(x, y)),
            |x, y| x * x / cube(&hypot(x, y)),
        ],
        "atan2" => [
            |y, x| -(x * y) * 2.0 / (square_sum(x, y) * square_sum(x, y)),
            |y, x| (y - x) * (y + x) / (square_sum(x, y) * square_sum(x, y)),
            |y, x| x * y * 2.0 / (square_sum(x, y) * square_sum(x, y)),
        ],
        "pow" | "powi" => [
            |x, y| y * (y - 1.0) * pow(x, &(y - 2.0)),
            |x, y| pow(x, &(y - 1.0)) * (y * x.ln() + 1.0),
            |x, y| pow(x, y) * x.ln() * x.ln(),
        ],
        "elu" => [
            |x, y| elu_factor(x) * y,
            |x, _| elu_factor(x),
            |_, _| Real::from(0.0),
        ],
        _ => return None,
    })
}

/// The exponential below 0, else 0.
fn elu_factor(x: &Real) -> Real {
    if x.is_negative() {
        x.exp()
    } else {
        Real::from(0.0)
    }
}

fn square_sum(x: &Real, y: &Real) -> Real {
    x * x + y * y
}

/// The second derivatives of a function of two numbers by differences of its slopes, in the order of [`Seconds`].
pub(crate) fn binary_differences(name: &str, x: &Real, y: &Real) -> [Real; 3] {
    let [first, second] = binary(name).expect("a reference").slopes;
    [
        difference(|x| first(x, y), x),
        difference(|y| first(x, y), y),
        difference(|y| second(x, y), y),
    ]
}

/// The exponentials of `xs`, less the largest, and their sum.
fn weights(xs: &[Real]) -> (Vec<Real>, Real) {
    let largest = xs
        .iter()
        .fold(&xs[0], |most, x| if x > most { x } else { most });
    let weights: Vec<Real> = xs.iter().map(|x| (x - largest).exp()).collect();
    let total = weights.iter().fold(Real::from(0.0), |sum, w| sum + w);
    (weights, total)
}

/// The value, the slope by operand `i` and the second derivative by the operands `i` and `j` of `ln Σ exp(x)`.
pub(crate) fn log_sum_exp(xs: &[Real], i: usize, j: usize) -> [Real; 3] {
    let (weights, total) = weights(xs);
    let largest = xs
        .iter()
        .fold(&xs[0], |most, x| if x > most { x } else { most });
    let others = |i: usize| {
        let rest = weights.iter().enumerate().filter(|&(k, _)| k != i);
        rest.fold(Real::from(0.0), |sum, (_, w)| sum + w)
    };
    let second = if i == j {
        &weights[i] * others(i) / (&total * &total)
    } else {
        -(&weights[i] * &weights[j]) / (&total * &total)
    };
    // Without the largest, which is 1.
    let place = xs.iter().position(|x| x == largest).unwrap_or(0);
    [
        largest + super::ln_1p(&others(place)),
        &weights[i] / &total,
        second,
    ]
}
