//! Methods that `f64` has only with the standard library, computed with whole numbers.
//!
//! Text in Rust has a copy of those that it needs. With the standard library, its own methods are called; without it, these
//! are. IEEE 754 defines the result of each, so both give the same bits.

pub(crate) trait Sqrt {
    fn sqrt(self) -> f64;
}

impl Sqrt for f64 {
    fn sqrt(self) -> f64 {
        if self.is_nan() || self == 0.0 || self == f64::INFINITY {
            return self;
        }
        if self < 0.0 {
            return f64::NAN;
        }
        let (digits, power) = parts(self);
        // An even exponent, and enough digits for a root that is longer than a float.
        let shift = digits.leading_zeros().cast_signed() - 2;
        let shift = shift - (power - shift).rem_euclid(2);
        let square = digits << shift;
        let root = square.isqrt();
        let inexact = u128::from(root * root != square);
        rounded(false, root << 1 | inexact, (power - shift) / 2 - 1)
    }
}

pub(crate) trait MulAdd {
    fn mul_add(self, b: f64, c: f64) -> f64;
}

impl MulAdd for f64 {
    fn mul_add(self, b: f64, c: f64) -> f64 {
        if !self.is_finite() || !b.is_finite() || self == 0.0 || b == 0.0 {
            return self * b + c;
        }
        if !c.is_finite() {
            return c;
        }
        if c == 0.0 {
            return self * b;
        }
        let ((p, p_power), (q, q_power)) = (parts(self), parts(b));
        let product = leading(p * q, p_power + q_power);
        let (c_digits, c_power) = parts(c);
        let other = leading(c_digits, c_power);
        let signs = [
            self.is_sign_negative() != b.is_sign_negative(),
            c.is_sign_negative(),
        ];
        let ((large, power), (small, small_power), [sign, other_sign]) =
            if (product.1, product.0) >= (other.1, other.0) {
                (product, other, signs)
            } else {
                (other, product, [signs[1], signs[0]])
            };
        // The last bit tells whether something was shifted out.
        let distance = (power - small_power).unsigned_abs();
        let small = match distance {
            0 => small,
            1..=126 => small >> distance | u128::from(small << (128 - distance) != 0),
            _ => 1,
        };
        if sign == other_sign {
            rounded(sign, large + small, power)
        } else if large == small {
            0.0
        } else {
            rounded(sign, large - small, power)
        }
    }
}

pub(crate) trait Trunc {
    fn trunc(self) -> f64;
}

impl Trunc for f64 {
    fn trunc(self) -> f64 {
        whole(self)
    }
}

pub(crate) trait Floor {
    fn floor(self) -> f64;
}

impl Floor for f64 {
    fn floor(self) -> f64 {
        let whole = whole(self);
        if whole > self { whole - 1.0 } else { whole }
    }
}

pub(crate) trait Ceil {
    fn ceil(self) -> f64;
}

impl Ceil for f64 {
    fn ceil(self) -> f64 {
        let whole = whole(self);
        if whole < self {
            (whole + 1.0).copysign(self)
        } else {
            whole
        }
    }
}

pub(crate) trait Round {
    fn round(self) -> f64;
}

impl Round for f64 {
    fn round(self) -> f64 {
        let whole = whole(self);
        if (self - whole).abs() >= 0.5 {
            whole + 1_f64.copysign(self)
        } else {
            whole
        }
    }
}

/// The number without its digits after the point.
fn whole(x: f64) -> f64 {
    let power = (x.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    if power >= 52 {
        return x;
    }
    let fraction = if power < 0 {
        u64::MAX >> 1
    } else {
        u64::MAX >> (12 + power)
    };
    f64::from_bits(x.to_bits() & !fraction)
}

/// The size of a finite number as a whole number and a power of two to multiply it by.
fn parts(x: f64) -> (u128, i32) {
    let (fraction, power) = (x.to_bits() & (u64::MAX >> 12), x.to_bits() >> 52 & 0x7ff);
    if power == 0 {
        (fraction.into(), -1074)
    } else {
        ((fraction | 1 << 52).into(), power as i32 - 1075)
    }
}

/// The same number with its first digit at bit 125.
fn leading(digits: u128, power: i32) -> (u128, i32) {
    let shift = digits.leading_zeros().cast_signed() - 2;
    (digits << shift, power - shift)
}

/// The float nearest to `digits·2^power`, the even one of two. The last bit may stand for all that were shifted out.
fn rounded(negative: bool, digits: u128, power: i32) -> f64 {
    let top = power + 127 - digits.leading_zeros().cast_signed();
    let unit = (top - 52).max(-1074);
    let shift = unit - power;
    let kept = if shift <= 0 {
        digits << -shift
    } else if shift > 127 {
        0
    } else {
        let (kept, rest, half) = (
            digits >> shift,
            digits & ((1 << shift) - 1),
            1 << (shift - 1),
        );
        kept + u128::from(rest > half || rest == half && kept & 1 == 1)
    };
    let size = if top > 1023 {
        f64::INFINITY
    } else {
        // A number of 54 bits carries into the exponent.
        f64::from_bits((u64::from((unit + 1074).cast_unsigned()) << 52) + kept as u64)
    };
    if negative { -size } else { size }
}
