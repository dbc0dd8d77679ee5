//! Remainders of divisions, without rounding of the quotient.

/// The remainder with the sign of `a`, exactly; NaN if `b` is 0 or `a` is infinite.
pub(crate) fn truncated(a: f64, b: f64) -> f64 {
    libm::fmod(a, b)
}

/// The remainder that is not negative, rounded once.
pub(crate) fn euclidean(a: f64, b: f64) -> f64 {
    let rest = truncated(a, b);
    if rest < 0.0 { rest + b.abs() } else { rest }
}
