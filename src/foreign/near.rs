//! The traits of approx: equality within a tolerance, as `f64` has it.

use approx::{AbsDiffEq, RelativeEq, UlpsEq};

use super::read::{Real, constant, is_negative};
use crate::dual::Dual;
use crate::op::Scalar;
use crate::var::Var;

macro_rules! near {
    ([$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> AbsDiffEq for $type {
            type Epsilon = Self;

            fn default_epsilon() -> Self {
                constant(f64::default_epsilon())
            }

            #[track_caller]
            fn abs_diff_eq(&self, other: &Self, epsilon: Self) -> bool {
                (*self - *other).abs() <= epsilon
            }
        }

        impl<$($generics)*> RelativeEq for $type {
            fn default_max_relative() -> Self {
                constant(f64::default_max_relative())
            }

            #[track_caller]
            fn relative_eq(&self, other: &Self, epsilon: Self, max_relative: Self) -> bool {
                let (a, b) = (*self, *other);
                let difference = (a - b).abs();
                let bound = epsilon.max(a.abs().max(b.abs()) * max_relative);
                // One comparison decides for finite numbers, so that programs check nothing that does not matter.
                // Equal infinities have no difference.
                difference < f64::INFINITY && difference <= bound || a == b
            }
        }

        impl<$($generics)*> UlpsEq for $type {
            fn default_max_ulps() -> u32 {
                f64::default_max_ulps()
            }

            #[track_caller]
            fn ulps_eq(&self, other: &Self, epsilon: Self, max_ulps: u32) -> bool {
                if self.abs_diff_eq(other, epsilon) {
                    return true;
                }
                if is_negative(*self) != is_negative(*other) {
                    return false;
                }
                let [a, b] = [*self, *other].map(|x| x.read());
                // `f64` has the rest: the difference of two numbers is never at most a negative one.
                a.ulps_eq(&b, -1.0, max_ulps)
            }
        }
    };
}

near!([] Var);
near!([S: Real] Dual<S>);
