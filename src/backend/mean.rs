//! Divides sums over rows by the number of rows.

use crate::math::fused::{Inline, with_fma};

/// Divides all outputs by the same number. Those after the first `values` are derivatives: they lose the sign of 0.
pub(super) fn divide(outputs: &mut [f64], values: usize, divisor: f64) {
    let (values, derivatives) = outputs.split_at_mut(values);
    let inverse = exact_inverse(divisor);
    with_fma(Inline(
        #[inline(always)]
        || {
            // Without a mean there is nothing to divide, and there may be many outputs.
            if divisor != 1.0 {
                for value in &mut *values {
                    *value /= divisor;
                }
            }
            if let Some(inverse) = inverse {
                for derivative in &mut *derivatives {
                    *derivative = without_sign(*derivative * inverse);
                }
            } else {
                for derivative in &mut *derivatives {
                    *derivative = without_sign(*derivative / divisor);
                }
            }
        },
    ));
}

/// A derivative of 0 has no sign: turns −0 into 0.
#[inline]
pub(super) fn without_sign(derivative: f64) -> f64 {
    derivative + 0.0
}

/// `1/divisor` if it is exact. Then a product with it has the bits of the quotient, and takes less time.
fn exact_inverse(divisor: f64) -> Option<f64> {
    let inverse = 1.0 / divisor;
    let is_power = |x: f64| x.is_normal() && x.to_bits() << 12 == 0;
    (is_power(divisor) && is_power(inverse)).then_some(inverse)
}

#[cfg(test)]
mod tests {
    use super::{divide, exact_inverse};

    #[test]
    fn powers_of_two_have_an_exact_inverse() {
        for count in 1_u32..=1024 {
            let inverse = exact_inverse(f64::from(count));
            assert_eq!(inverse.is_some(), count.is_power_of_two(), "{count}");
        }
        for divisor in [0.0, -0.0, f64::INFINITY, f64::NAN, f64::from_bits(1)] {
            assert_eq!(exact_inverse(divisor), None);
        }
    }

    #[test]
    fn means_have_the_bits_of_quotients() {
        let numbers = [
            0.0,
            -0.0,
            1.0,
            -0.1,
            f64::MAX,
            f64::MIN_POSITIVE,
            -f64::MIN_POSITIVE * 1.75,
            f64::from_bits(1),
            f64::from_bits(0xf_ffff_ffff_fff1),
            f64::INFINITY,
        ];
        for divisor in [1.0, 2.0, 3.0, 64.0, 100.0, 1024.0] {
            let mut means = numbers.repeat(2);
            divide(&mut means, numbers.len(), divisor);
            let (values, derivatives) = means.split_at(numbers.len());
            for ((number, value), derivative) in numbers.iter().zip(values).zip(derivatives) {
                let quotient = number / divisor;
                assert_eq!(value.to_bits(), quotient.to_bits());
                assert_eq!(derivative.to_bits(), (quotient + 0.0).to_bits());
            }
        }
    }
}
