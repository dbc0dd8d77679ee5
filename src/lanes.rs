//! Many values at once: one formula evaluated on `N` rows of data.

#![expect(
    clippy::inline_always,
    reason = "only inlined code is compiled for the vector instructions"
)]

use crate::op::{Binary, Nary, Scalar, Sealed, Ternary, Unary};

/// `N` values that a formula is evaluated on at once; each lane has the same bits as an evaluation on its value alone.
///
/// ```
/// use chainrule::{Lanes, Scalar};
///
/// fn gate<S: Scalar>(x: S) -> S {
///     x * x.sigmoid()
/// }
///
/// let Lanes(y) = gate(Lanes([-1.0, 0.0, 1.0]));
/// assert_eq!(y, [gate(-1.0), gate(0.0), gate(1.0)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes<const N: usize>(pub [f64; N]);

impl<const N: usize> From<f64> for Lanes<N> {
    /// The same value in every lane.
    fn from(value: f64) -> Self {
        Self([value; N])
    }
}

operators!([const N: usize] Lanes<N>);

impl<const N: usize> Sealed for Lanes<N> {}

impl<const N: usize> Scalar for Lanes<N> {
    #[inline(always)]
    fn apply<O: Unary>(mut self) -> Self {
        for x in &mut self.0 {
            *x = O::value(*x);
        }
        self
    }

    #[inline(always)]
    fn apply2<O: Binary>(mut self, b: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(b.0) {
            *a = O::value(*a, b);
        }
        self
    }

    #[inline(always)]
    fn apply3<O: Ternary>(mut self, b: Self, c: Self) -> Self {
        for lane in 0..N {
            self.0[lane] = O::value(self.0[lane], b.0[lane], c.0[lane]);
        }
        self
    }

    #[inline(always)]
    fn apply_n<O: Nary>(operands: &[Self]) -> Self {
        O::value(operands)
    }

    #[inline]
    fn vanishes(self) -> bool {
        self.0.iter().all(|&value| value == 0.0)
    }
}
