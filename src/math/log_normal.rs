//! The logarithms of the complementary error function and of the normal distribution function, and their derivatives.

use std::f64::consts::SQRT_2;

use super::gauss::erf;
use super::hazard::{INVERSE_ROOT_2_PI, density_of, excess, hazard};
use super::log::ln_1p;
use super::pair::{LN_2, Pair, ln_pair};

/// The square root of 2.
const ROOT_2: Pair = Pair::new(SQRT_2, -9.667_293_313_452_913e-17);

/// From this distance in the tail on, only the leading term of a value or derivative matters.
const FAR: f64 = 1e9;
/// From this distance on, the density is 0, also after it is multiplied by a power of the distance.
const ZERO: f64 = 55.0;
/// The highest order of derivative that is supported.
const HIGHEST_ORDER: usize = 20;

/// `ln Φ(x)`, the logarithm of the normal distribution function.
///
/// Above 0 it is `ln(1 - Φ(-x))`. Below, the square and the logarithm of the hazard are added as pairs.
pub(crate) fn log_normal_cdf(x: f64) -> f64 {
    if x > ZERO {
        return -0.0;
    }
    if x < -FAR {
        return -0.5 * x * x;
    }
    if x.is_nan() {
        return x;
    }
    let half_square = Pair::product(x, x).scaled(0.5);
    if x > 0.0 {
        let (density, power) = density_of(half_square);
        let tail = density.over(hazard(x.into())).value();
        return ln_1p(-libm::scalbn(tail, power));
    }
    let share = INVERSE_ROOT_2_PI.over(hazard((-x).into()));
    ln_pair(share).plus(-half_square).value()
}

/// `ln erfc(x)`, the logarithm of the complementary error function.
///
/// Below 0.45 it is `ln(1 - erf(x))`. Above, it is computed like [`log_normal_cdf`] below 0.
pub(crate) fn log_erfc(x: f64) -> f64 {
    if x < 0.45 {
        return ln_1p(-erf(x));
    }
    if x > FAR {
        return -x * x;
    }
    if x.is_nan() {
        return x;
    }
    let share = INVERSE_ROOT_2_PI
        .scaled(2.0)
        .over(hazard(ROOT_2.times(x.into())));
    ln_pair(share).plus(-Pair::product(x, x)).value()
}

/// The derivative of order `n ≥ 1` of [`log_normal_cdf`], to the last place also near its roots; NaN for orders that are not whole or above 20.
pub(crate) fn log_normal_cdf_derivative(x: f64, n: f64) -> f64 {
    if !known(n) || x.is_nan() {
        return f64::NAN;
    }
    if x < -FAR {
        return far_derivative(-x, n);
    }
    if x > ZERO {
        return 0.0;
    }
    derivative(x.into(), Pair::product(x, x).scaled(0.5), n)
}

/// The derivative of order `n ≥ 1` of [`log_erfc`]; NaN for orders that are not whole or above 20.
///
/// It is that of `ln Φ(-√2 x)`.
pub(crate) fn log_erfc_derivative(x: f64, n: f64) -> f64 {
    if !known(n) || x.is_nan() {
        return f64::NAN;
    }
    // (-√2)ⁿ
    let mut scale = 1.0;
    let mut left = n;
    while left >= 2.0 {
        scale *= 2.0;
        left -= 2.0;
    }
    if left == 1.0 {
        scale *= -SQRT_2;
    }
    if x > FAR {
        return if n == 1.0 {
            -2.0 * x
        } else {
            scale * far_derivative(SQRT_2 * x, n)
        };
    }
    if x < -ZERO {
        return scale * 0.0;
    }
    scale * derivative(-ROOT_2.times(x.into()), Pair::product(x, x), n)
}

fn known(n: f64) -> bool {
    (1.0..=HIGHEST_ORDER as f64).contains(&n) && n.floor() == n
}

/// The derivative of order `n` of `ln Φ(-z)` with respect to `-z` for `z > `[`FAR`].
fn far_derivative(z: f64, n: f64) -> f64 {
    if n == 1.0 {
        return z;
    }
    if n == 2.0 {
        return -1.0;
    }
    let (mut value, mut k) = (1.0 / z, 1.0);
    while k < n {
        value *= k / z;
        k += 1.0;
    }
    value
}

/// The derivative of order `n` of `ln Φ(u)`, for `u` from -[`FAR`] to 60, given also half of its square.
fn derivative(u: Pair, half_square: Pair, n: f64) -> f64 {
    if n > 2.0 {
        return if u.hi < -1.0 {
            mills_derivative(-u, n)
        } else {
            convolved_derivative(u, half_square, n)
        };
    }
    if u.hi <= 0.0 {
        let slope = hazard(-u).value();
        return if n == 1.0 {
            slope
        } else {
            -(slope * excess(-u))
        };
    }
    let (density, power) = density_of(half_square);
    let tail = libm::scalbn(density.over(hazard(u)).value(), power);
    let ratio = density.over(Pair::ordered(1.0, -tail)).value();
    let factor = if n == 1.0 {
        1.0
    } else {
        -(u.hi + libm::scalbn(ratio, power))
    };
    libm::scalbn(ratio * factor, power)
}

/// The derivative of order `n > 2` of `ln Φ(u)`, for `u ≥ -1`, to twice the digits, since near roots the terms cancel.
///
/// It is the slope times a factor that is found from `Φ (ln Φ)′ = φ`, differentiated `n - 1` times. In units of φ, the
/// derivatives of φ are the polynomials `gₖ₊₁ = -u gₖ - k gₖ₋₁`.
fn convolved_derivative(u: Pair, half_square: Pair, n: f64) -> f64 {
    let (exponential, power) = wide_exp(-half_square);
    let density = exponential.times(INVERSE_ROOT_2_PI);
    let unit = libm::scalbn(1.0, power);
    let distribution = if u.hi < 1.0 {
        // 1/2 + φ (u + u³/3 + u⁵/(3·5) + ...), DLMF 7.6.2.
        let square = u.times(u);
        let (mut term, mut sum, mut odd) = (u, u, 3.0);
        while odd < 80.0 {
            term = term.times(square).over(odd.into());
            sum = sum.plus(term);
            odd += 2.0;
        }
        density.scaled(unit).times(sum).plus(0.5.into())
    } else {
        let [excess, ..] = mills_ratios(u, 1.0);
        (-density.scaled(unit).over(u.plus(excess))).plus(1.0.into())
    };
    let ratio = density.over(distribution);
    let slope = ratio.scaled(unit);
    let one = Pair::from(1.0);
    let (mut polynomials, mut factors) = ([one; HIGHEST_ORDER], [one; HIGHEST_ORDER]);
    let (mut place, mut order) = (0, 1.0);
    while order < n {
        let mut next = -u.times(polynomials[place]);
        if place > 0 {
            next = next.plus(-polynomials[place - 1].times((order - 1.0).into()));
        }
        polynomials[place + 1] = next;
        let (mut sum, mut binomial, mut k) = (Pair::from(0.0), 1.0, 1.0);
        for (&polynomial, &factor) in polynomials.iter().zip(factors[..=place].iter().rev()) {
            binomial *= (order + 1.0 - k) / k;
            k += 1.0;
            sum = sum.plus(polynomial.times(factor).times(binomial.into()));
        }
        factors[place + 1] = next.plus(-slope.times(sum));
        place += 1;
        order += 1.0;
    }
    libm::scalbn(ratio.times(factors[place]).value(), power)
}

/// The derivative of order `n > 2` of the logarithm of Mills' ratio with respect to `-z`, for `z ≥ 1`.
///
/// The Taylor coefficients of Mills' ratio are positive, and in the series of its logarithm little cancels.
fn mills_derivative(z: Pair, n: f64) -> f64 {
    let ratios = mills_ratios(z, n);
    let zero = Pair::from(0.0);
    // The terms are k times the coefficients of the logarithm.
    let (mut coefficients, mut terms) = ([zero; HIGHEST_ORDER], [zero; HIGHEST_ORDER]);
    let (mut coefficient, mut factorial) = (Pair::from(1.0), 1.0);
    let (mut order, mut place) = (1.0, 0);
    loop {
        coefficient = coefficient.times(ratios[place]);
        coefficients[place] = coefficient;
        let mut term = coefficient.times(order.into());
        for (&earlier, &coefficient) in terms[..place].iter().rev().zip(&coefficients) {
            term = term.plus(-earlier.times(coefficient));
        }
        if order >= n {
            return term.value() * factorial;
        }
        terms[place] = term;
        factorial *= order;
        order += 1.0;
        place += 1;
    }
}

/// The ratios of the first `n` pairs of neighbouring Taylor coefficients of Mills' ratio at `z ≥ 1`, continued fractions of
/// positive terms. The first is the excess of the hazard.
fn mills_ratios(z: Pair, n: f64) -> [Pair; HIGHEST_ORDER] {
    let mut fraction = Pair::from(0.0);
    let mut ratios = [fraction; HIGHEST_ORDER];
    let mut place = n + (20.0 + 700.0 / (z.hi * z.hi)).floor();
    while place > 0.0 {
        let rest = z.plus(fraction.times((place + 1.0).into()));
        fraction = Pair::from(1.0).over(rest);
        if place <= n {
            ratios.rotate_right(1);
            ratios[0] = fraction;
        }
        place -= 1.0;
    }
    ratios
}

/// `exp(x)` to twice the digits and a power of two to multiply it by, for `|x| < 2000`, by its series.
fn wide_exp(x: Pair) -> (Pair, i32) {
    let count = (x.hi * std::f64::consts::LOG2_E).round();
    let rest = Pair::sum(x.hi - count * LN_2[0], -(count * LN_2[1]));
    let rest = rest.plus((x.lo - count * LN_2[2]).into());
    let one = Pair::from(1.0);
    let (mut sum, mut place) = (one, 28.0);
    while place > 0.0 {
        sum = sum.times(rest).over(Pair::from(place)).plus(one);
        place -= 1.0;
    }
    (sum, count as i32)
}
