//! Exponentials and what is made of them directly.

use super::pair::Pair;

pub(crate) use libm::{exp, exp2, expm1 as exp_m1};

/// `exp(x - m)`: 1 for equal operands, infinite ones too.
///
/// The rounding error `e` of the difference is put back: `exp(d + e) = exp(d)(1 + e)`. Error 1.3 ulp.
pub(crate) fn exp_difference(x: f64, m: f64) -> f64 {
    if x == m {
        return 1.0;
    }
    let difference = Pair::sum(x, -m);
    let near = exp(difference.hi);
    // Past the range of the exponential the correction has nothing to mend, and may be NaN.
    if near > 0.0 && near < f64::INFINITY { near + near * difference.lo } else { near }
}

/// `exp(-x²)`.
///
/// The rounding error `e` of the square is put back: `exp(-s - e) = exp(-s)(1 - e)`. Error 1.3 ulp.
pub(crate) fn gaussian(x: f64) -> f64 {
    if x.abs() > 30.0 {
        return 0.0;
    }
    let square = Pair::product(x, x);
    let near = exp(-square.hi);
    near - near * square.lo
}
