//! Many values at once: one formula, `N` rows of data.

use crate::op::{Binary, Nary, Scalar, Sealed, Ternary, Unary};

/// `N` values that a formula is evaluated on at once, each lane the same bits as that value alone.
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
    #[inline]
    fn apply<O: Unary>(self) -> Self {
        Self(self.0.map(O::value))
    }

    #[inline]
    fn apply2<O: Binary>(self, b: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            O::value(self.0[lane], b.0[lane])
        }))
    }

    #[inline]
    fn apply3<O: Ternary>(self, b: Self, c: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            O::value(self.0[lane], b.0[lane], c.0[lane])
        }))
    }

    #[inline]
    fn apply_n<O: Nary>(operands: &[Self]) -> Self {
        O::value(operands)
    }

    #[inline]
    fn vanishes(self) -> bool {
        self.0.iter().all(|&value| value == 0.0)
    }
}
