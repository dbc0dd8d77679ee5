//! Comparisons with one convention: a NaN is never hidden, and −0 is below +0.

/// 1 if `holds`, else 0; NaN if either operand is NaN.
#[inline]
pub(crate) fn truth(a: f64, b: f64, holds: bool) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        f64::from(u8::from(holds))
    }
}

/// Whether an index, rounded down, is `i` of `n` places: 1 or 0, NaN if there is no such place.
#[inline]
pub(crate) fn chosen(x: f64, i: f64, n: f64) -> f64 {
    if x >= 0.0 && x < n {
        truth(x, i, x.floor() == i)
    } else {
        f64::NAN
    }
}

/// The larger of two, like IEEE 754-2019 `maximum`: NaN if either is, and +0 above −0.
#[inline]
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a > b {
        a
    } else if b > a {
        b
    } else if a == 0.0 {
        // Both are zeros, or b is NaN: +0 + −0 = +0, −0 + −0 = −0.
        a + b
    } else if a.is_nan() {
        a
    } else {
        b
    }
}

/// The smaller of two, like IEEE 754-2019 `minimum`: NaN if either is, and −0 below +0.
#[inline]
pub(crate) fn smaller(a: f64, b: f64) -> f64 {
    -larger(-a, -b)
}

/// The value in `low..=high` nearest to `x`; NaN if an argument is NaN or `low > high`.
#[inline]
pub(crate) fn clamp(x: f64, low: f64, high: f64) -> f64 {
    if low <= high {
        smaller(larger(x, low), high)
    } else {
        f64::NAN
    }
}
