//! The function `sin(x)/x` and its derivatives.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::pair::{Pair, polynomial};
use super::trig::{cos, sin, sin_cos_pair, sin_near};

/// Half of π in three parts; products of whole numbers below 2^13 and the first or second part are exact.
const HALF_PI: [f64; 3] = [
    1.570_796_326_794_152_3,
    7.443_547_480_480_255e-13,
    6.368_317_163_510_95e-25,
];

/// Up to this size of the argument, sine and cosine are computed to twice the digits.
const NEAR: f64 = 1e4;
/// The highest order of derivative that [`sinc_derivative`] supports.
const HIGHEST_ORDER: f64 = 40.0;

/// `sin(x)/x`: 1 at 0, and the limit 0 at the infinities.
pub(crate) fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else if x.is_infinite() {
        0.0
    } else {
        sin(x) / x
    }
}

/// `sin(x)/x` of numbers up to [`trig::NEAR`](super::trig::NEAR), as [`sinc`] computes it. Branch-free.
#[inline(always)]
pub(crate) fn sinc_near(x: f64) -> f64 {
    let value = sin_near(x) / x;
    if x == 0.0 { 1.0 } else { value }
}

/// The coefficients of the slope's series from `x³` on, `2k/(2k + 1)!` with the sign of the term before reversed.
const SLOPE_SERIES: [f64; 8] = {
    let (mut series, mut factorial, mut place) = ([0.0; 8], 6.0, 0);
    while place < series.len() {
        let two_k = (2 * place + 4) as f64;
        factorial *= two_k * (two_k + 1.0);
        series[place] = two_k / factorial;
        if place % 2 == 1 {
            series[place] = -series[place];
        }
        place += 1;
    }
    series
};

/// The slope of [`sinc`], `(x cos(x) - sin(x))/x²`, and whether it is accurate: not near its roots above 1, where more digits
/// cancel than [`sin_cos_pair`] has to spare, and not above [`NEAR`]. Branch-free.
#[inline(always)]
pub(crate) fn sinc_slope(x: f64) -> (f64, bool) {
    let size = x.abs();
    let third = Pair::from(x).over(Pair::from(3.0));
    let square = x * x;
    let tail = x * square * polynomial(&SLOPE_SERIES, square);
    let small = if size < 1e-9 {
        -(x / 3.0)
    } else {
        (tail - third.lo) - third.hi
    };
    let [s, c] = sin_cos_pair(x);
    let product = Pair::product(x, c.hi);
    let product = Pair::ordered(product.hi, product.lo + x * c.lo);
    let difference = product.plus(-s);
    let large = difference.over(Pair::square(x)).value();
    let keeps = difference.hi.abs() * 256.0 > s.hi.abs();
    if size < 1.0 {
        (small, true)
    } else {
        (large, keeps && size <= NEAR)
    }
}

/// The derivative of order `n` of [`sinc`]; NaN for orders that are negative, not whole or above 40.
///
/// With `x f₀ = sin(x)` the derivatives follow `x fₙ + n fₙ₋₁ = sin⁽ⁿ⁾(x)`. The recurrence is stable upwards if
/// `|x| > n`, and downwards otherwise, from a derivative of an order so high that its value does not matter. Up to 1e4
/// it is computed to twice the digits, since near roots the terms cancel; a slope elsewhere is that of [`sinc_slope`]. Above, the error is below two units in the
/// last place of `1/x`.
pub(crate) fn sinc_derivative(x: f64, n: f64) -> f64 {
    if n == 0.0 {
        return sinc(x);
    }
    if n == 1.0 && x.abs() <= NEAR {
        let (slope, is_accurate) = sinc_slope(x);
        if is_accurate {
            return slope;
        }
    }
    let known = (1.0..=HIGHEST_ORDER).contains(&n) && n.floor() == n;
    if !known || x.is_nan() {
        return f64::NAN;
    }
    let size = x.abs();
    if size == f64::INFINITY {
        return 0.0;
    }
    let odd = n % 2.0 == 1.0;
    // The derivatives of odd order are odd.
    let sign = if odd && x < 0.0 { -1.0 } else { 1.0 };
    if size < 1e-9 {
        let leading = if odd { x / (n + 2.0) } else { 1.0 / (n + 1.0) };
        return if matches!(n % 4.0, 1.0 | 2.0) {
            -leading
        } else {
            leading
        };
    }
    if size > NEAR {
        let (s, c) = (sin(size), cos(size));
        let cycle = [s, c, -s, -c];
        let (mut value, mut order) = (s / size, 0.0);
        while order < n {
            order += 1.0;
            value = (cyclic(cycle, order) - order * value) / size;
        }
        return sign * value;
    }
    let [s, c] = sin_cos(size);
    let cycle = [s, c, -s, -c];
    let derivative = |order: f64| cyclic(cycle, order);
    let at: Pair = size.into();
    let value = if size > n.max(4.0) {
        let (mut value, mut order) = (s.over(at), 0.0);
        while order < n {
            order += 1.0;
            value = derivative(order).plus(-value.times(order.into())).over(at);
        }
        value
    } else {
        let (mut value, mut order) = (Pair::from(0.0), n + 80.0);
        while order > n {
            value = derivative(order).plus(-value.times(at)).over(order.into());
            order -= 1.0;
        }
        value
    };
    sign * value.value()
}

/// The entry of a cycle of four at a whole number `order ≥ 0`.
fn cyclic<T: Copy>([first, second, third, fourth]: [T; 4], order: f64) -> T {
    match order % 4.0 {
        0.0 => first,
        1.0 => second,
        2.0 => third,
        _ => fourth,
    }
}

/// The sine and the cosine of a number from 0 to [`NEAR`], to twice the digits, by their series.
pub(super) fn sin_cos(x: f64) -> [Pair; 2] {
    let count = (x * std::f64::consts::FRAC_2_PI).round();
    let rest = Pair::sum(x - count * HALF_PI[0], -(count * HALF_PI[1]));
    let rest = rest.plus((-(count * HALF_PI[2])).into());
    let [s, c] = sin_cos_series(rest);
    match count % 4.0 {
        0.0 => [s, c],
        1.0 => [c, -s],
        2.0 => [-s, -c],
        _ => [-c, s],
    }
}

/// The sine and the cosine of a number up to half of π, to nearly twice the digits.
pub(super) fn sin_cos_series(x: Pair) -> [Pair; 2] {
    let square = x.times(x);
    let series = |first: Pair, start: f64| {
        let (mut term, mut sum, mut place) = (first, first, start);
        while place < start + 28.0 {
            term = -term.times(square).over((place * (place + 1.0)).into());
            sum = sum.plus(term);
            place += 2.0;
        }
        sum
    };
    [series(x, 2.0), series(1.0.into(), 1.0)]
}
