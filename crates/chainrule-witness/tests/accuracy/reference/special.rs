//! The error function and the gamma family in high precision, by series and continued fractions.

use std::sync::OnceLock;

use super::real::Real;

/// Terms of a series below this relative size are ignored.
const NEGLIGIBLE: f64 = 1e-105;

/// `erf(x)`: the series of positive terms `2/√π exp(-x²) Σ 2^k x^(2k+1)/(2k+1)!!`, DLMF 7.6.2.
pub(crate) fn erf(x: &Real) -> Real {
    if x.abs() >= Real::from(4.0) {
        return if x.is_negative() {
            erfc(&-x) - 1.0
        } else {
            -(erfc(x) - 1.0)
        };
    }
    let square = x * x;
    let (mut term, mut sum) = (x.clone(), x.clone());
    let mut odd = 3.0;
    while term.abs() > sum.abs() * NEGLIGIBLE {
        term = term * 2.0 * &square / odd;
        sum = sum + &term;
        odd += 2.0;
    }
    sum * 2.0 * (-square).exp() / Real::pi().sqrt()
}

/// `erfc(x)`: 1 − `erf(x)`, and above 4 the continued fraction DLMF 7.9.1.
pub(crate) fn erfc(x: &Real) -> Real {
    if x < &Real::from(4.0) {
        return -(erf(x) - 1.0);
    }
    let scale = (-(x * x)).exp();
    if scale == Real::from(0.0) {
        return scale;
    }
    scale / erfc_fraction(x) / Real::pi().sqrt()
}

/// `x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))`: `exp(-x²)/(√π erfc(x))` for `x` from 4 on.
fn erfc_fraction(x: &Real) -> Real {
    x + erfc_excess(x)
}

/// The fraction less `x`, from the inside out.
fn erfc_excess(x: &Real) -> Real {
    let mut tail = x.clone();
    for step in (2..700).rev() {
        tail = x + Real::from(f64::from(step) / 2.0) / tail;
    }
    Real::from(0.5) / tail
}

/// `ln erfc(x)`.
pub(crate) fn log_erfc(x: &Real) -> Real {
    if x < &Real::from(0.5) {
        return super::ln_1p(&-erf(x));
    }
    if x < &Real::from(4.0) {
        return erfc(x).ln();
    }
    -(x * x) - (erfc_fraction(x) * Real::pi().sqrt()).ln()
}

/// The derivative of `ln erfc(x)`, `-2/√π exp(-x²)/erfc(x)`.
pub(crate) fn log_erfc_slope(x: &Real) -> Real {
    if x < &Real::from(4.0) {
        return -super::erf_slope(x) / erfc(x);
    }
    erfc_fraction(x) * -2.0
}

/// The second derivative of `ln erfc(x)`, `-g(2x + g)` with its slope `g`.
pub(crate) fn log_erfc_second(x: &Real) -> Real {
    if x < &Real::from(4.0) {
        let slope = log_erfc_slope(x);
        return -(&slope * (x * 2.0 + &slope));
    }
    erfc_fraction(x) * erfc_excess(x) * -4.0
}

/// Even Bernoulli numbers `B_2, B_4, ...` from the tangent numbers (Brent and Harvey, 2011).
fn bernoulli() -> &'static [Real] {
    static NUMBERS: OnceLock<Vec<Real>> = OnceLock::new();
    NUMBERS.get_or_init(|| {
        const COUNT: usize = 50;
        let count = |k: usize| Real::from(k as f64);
        // Every tangent number here is a sum of positive numbers, so rounding is harmless.
        let mut tangent = vec![Real::from(1.0)];
        for k in 1..COUNT {
            let next = &tangent[k - 1] * count(k);
            tangent.push(next);
        }
        for k in 1..COUNT {
            for j in k..COUNT {
                tangent[j] = &tangent[j - 1] * count(j - k) + &tangent[j] * count(j - k + 2);
            }
        }
        let mut power = Real::from(1.0);
        (1..=COUNT)
            .map(|n| {
                power = &power * 4.0;
                let size = &tangent[n - 1] * count(2 * n) / (&power * (&power - 1.0));
                if n % 2 == 1 { size } else { -size }
            })
            .collect()
    })
}

/// From this argument on, the gamma family uses asymptotic series.
const LARGE: f64 = 48.0;

/// `ln |Γ(x)|`: Stirling's series after the recurrence, DLMF 5.11.1, and the reflection DLMF 5.5.3.
pub(crate) fn ln_gamma(x: &Real) -> Real {
    if x.is_negative() {
        let sine = (x * Real::pi()).sin().abs();
        return (Real::pi() / sine).ln() - ln_gamma(&-(x - 1.0));
    }
    let (mut x, mut product) = (x.clone(), Real::from(1.0));
    while x < Real::from(LARGE) {
        product = product * &x;
        x = x + 1.0;
    }
    let square = &x * &x;
    let mut power = x.clone();
    let mut sum = (&x - 0.5) * x.ln() - &x + (Real::pi() * 2.0).ln() / 2.0 - product.ln();
    for (k, number) in (1..).zip(bernoulli()) {
        let even = 2.0 * f64::from(k);
        let term = number / (&power * (even * (even - 1.0)));
        sum = sum + &term;
        if negligible(&term, &sum) {
            break;
        }
        power = power * &square;
    }
    sum
}

/// `ψ(x)`: recurrence and DLMF 5.11.2, and the reflection DLMF 5.5.4.
pub(crate) fn digamma(x: &Real) -> Real {
    if x.is_negative() {
        let angle = x * Real::pi();
        return digamma(&-(x - 1.0)) - Real::pi() * angle.cos() / angle.sin();
    }
    let (mut x, mut sum) = (x.clone(), Real::from(0.0));
    while x < Real::from(LARGE) {
        sum = sum - Real::from(1.0) / &x;
        x = x + 1.0;
    }
    let square = &x * &x;
    let mut power = square.clone();
    sum = sum + x.ln() - Real::from(0.5) / &x;
    for (k, number) in (1..).zip(bernoulli()) {
        let term = number / (&power * (2.0 * f64::from(k)));
        sum = sum - &term;
        if negligible(&term, &sum) {
            break;
        }
        power = power * &square;
    }
    sum
}

/// `ψ′(x)`, also for negative `x`, by reflection.
pub(crate) fn trigamma(x: &Real) -> Real {
    let one = Real::from(1.0);
    if x.is_negative() {
        let ratio = Real::pi() / (x * Real::pi()).sin();
        return &ratio * &ratio - polygamma(&one, &-(x - 1.0));
    }
    polygamma(&one, x)
}

/// `ψ⁽ⁿ⁾(x)` for positive `x` and a whole `n ≥ 1`: `(-1)^(n+1) n! ζ(n+1, x)`, with the zeta function by Euler and
/// Maclaurin.
pub(crate) fn polygamma(n: &Real, x: &Real) -> Real {
    let n = n.to_f64();
    let order = n + 1.0;
    let power = |x: &Real| (x.ln() * -order).exp();
    let (mut x, mut sum) = (x.clone(), Real::from(0.0));
    while x < Real::from(LARGE + n) {
        sum = sum + power(&x);
        x = x + 1.0;
    }
    let last = power(&x);
    sum = sum + &last * &x / n + &last / 2.0;
    let square = &x * &x;
    // B_2k/(2k)! · s(s+1)...(s+2k-2) / x^(s+2k-1)
    let mut rising = &last * order / (&x * 2.0);
    for (k, number) in (1..).zip(bernoulli()) {
        let term = number * &rising;
        sum = sum + &term;
        if negligible(&term, &sum) {
            break;
        }
        let even = 2.0 * f64::from(k);
        rising = rising * ((order + even - 1.0) * (order + even))
            / (&square * ((even + 1.0) * (even + 2.0)));
    }
    let mut factorial = Real::from(1.0);
    let mut k = 2.0;
    while k <= n {
        factorial = factorial * k;
        k += 1.0;
    }
    if n % 2.0 == 1.0 {
        sum * factorial
    } else {
        -(sum * factorial)
    }
}

fn negligible(term: &Real, sum: &Real) -> bool {
    term.abs() < sum.abs() * NEGLIGIBLE
}
