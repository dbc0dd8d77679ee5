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

/// `c·a^(b−less)`, also if the power alone is subnormal or overflows; 0 where the power vanishes, also if `c` is infinite.
///
/// A rounding error of the exponent would grow with `ln a`. So if the difference is not exact, the power `aᵇ` is
/// divided by `a` instead, `less` times.
pub(super) fn scaled_pow(c: f64, a: f64, b: f64, less: f64) -> f64 {
    let exponent = b - less;
    let exact = exponent + less == b && b - exponent == less;
    if exact || a == 0.0 || a.is_infinite() || b.is_infinite() {
        return times_pow(c, a, exponent);
    }
    let product = times_pow(c, a, b) / a;
    if less > 1.0 { product / a } else { product }
}

/// `c·aᵇ` for [`scaled_pow`]. A power outside the range of normal numbers is the product of two powers of half the exponent.
fn times_pow(c: f64, a: f64, b: f64) -> f64 {
    let power = pow(a, b);
    if power.is_normal() || power.is_nan() || c.is_nan() {
        return c * power;
    }
    let root = pow(a.abs(), 0.5 * b);
    if c == 0.0 || root == 0.0 {
        return 0.0;
    }
    (c * root) * root.copysign(power)
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
#[inline]
pub(crate) fn recip_positive(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / x.abs() } else { f64::NAN }
}
