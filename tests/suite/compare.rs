//! Comparisons of numbers in tests.

/// Equal to the last bit; any NaN equals any NaN.
pub(crate) fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Equal as numbers, so that zeros of both signs are equal. Any NaN equals any NaN.
pub(crate) fn equal(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}
