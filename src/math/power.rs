//! Powers, roots and lengths. `cbrt` comes from the `libm` crate.

pub(crate) use libm::cbrt;

/// `x` to the power `y`, NaN if either operand is.
///
/// It differs from IEEE's function in `pow(NaN, 0)` and `pow(1, NaN)`, which are NaN here.
pub(crate) fn pow(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    libm::pow(x, y)
}

/// `x` to the whole power `n`: by multiplication up to the third power, else [`pow`].
pub(crate) fn powi(x: f64, n: f64) -> f64 {
    let size = n.abs();
    if size > 3.0 || x.is_nan() || size.floor() != size {
        return pow(x, n);
    }
    let product = match size {
        0.0 => 1.0,
        1.0 => x,
        2.0 => x * x,
        _ => x * x * x,
    };
    if n >= 0.0 {
        return product;
    }
    // If the product is outside the range of normal numbers, it has lost digits that the result may keep.
    if product.is_normal() {
        1.0 / product
    } else {
        pow(x, n)
    }
}

/// `√(x² + y²)` without overflow, NaN if either operand is.
///
/// It differs from IEEE's function in `hypot(inf, NaN)`, which is NaN here.
pub(crate) fn hypot(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    libm::hypot(x, y)
}

/// `1/x` for `x ≥ 0`, infinite at both zeros, NaN below 0. Correctly rounded.
pub(crate) fn recip_positive(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / x.abs() } else { f64::NAN }
}
