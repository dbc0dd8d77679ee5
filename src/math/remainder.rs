//! Remainders of divisions, without rounding of the quotient, and the quotients.

/// The remainder with the sign of `a`, exactly; NaN if `b` is 0 or `a` is infinite.
pub(crate) fn truncated(a: f64, b: f64) -> f64 {
    libm::fmod(a, b)
}

/// The remainder that is not negative, rounded once.
pub(crate) fn euclidean(a: f64, b: f64) -> f64 {
    let rest = truncated(a, b);
    if rest < 0.0 { rest + b.abs() } else { rest }
}

/// The quotient of [`truncated`], a whole number; exact below 2⁵¹, and rounded above.
pub(crate) fn truncated_quotient(a: f64, b: f64) -> f64 {
    // The quotient a/b may round up to the next whole number. The multiple of b below a does not.
    ((a - truncated(a, b)) / b).round() + 0.0
}

/// The quotient of [`euclidean`], a whole number; exact below 2⁵¹, and rounded above.
pub(crate) fn euclidean_quotient(a: f64, b: f64) -> f64 {
    let quotient = truncated_quotient(a, b);
    if truncated(a, b) < 0.0 {
        quotient - b.signum()
    } else {
        quotient
    }
}
