//! Many values at once: one formula evaluated on `N` rows of data.

#![expect(
    clippy::inline_always,
    reason = "only inlined code is compiled for the vector instructions"
)]

use std::array;

use crate::op::{Binary, KnownPartials, Nary, Scalar, Sealed, Ternary, Unary, tangent};

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

operators!(inline(always), [const N: usize] Lanes<N>);

impl<const N: usize> Lanes<N> {
    /// Whether all lanes have the same bits.
    #[inline(always)]
    fn is_uniform(&self) -> bool {
        let first = self.0[0].to_bits();
        let other = |other: u64, value: &f64| other | (value.to_bits() ^ first);
        self.0.iter().fold(0, other) == 0
    }
}

impl<const N: usize> Sealed for Lanes<N> {
    const PLAIN: bool = true;

    #[inline(always)]
    fn only_number(lanes: &Self) -> Option<f64> {
        (N > 0 && lanes.is_uniform()).then(|| lanes.0[0])
    }

    #[inline(always)]
    fn tangents<const DIRECTIONS: usize, const TERMS: usize>(
        so_far: Option<[Self; DIRECTIONS]>,
        terms: [([Self; DIRECTIONS], Self); TERMS],
        partials: KnownPartials,
    ) -> [Self; DIRECTIONS] {
        array::from_fn(|direction| {
            let terms = terms.map(|(u, p)| (u[direction].0, p.0));
            let so_far = so_far.map(|sum| sum[direction].0);
            Self(tangent::each(so_far, terms, partials))
        })
    }
}

impl<const N: usize> Scalar for Lanes<N> {
    #[inline(always)]
    fn apply<O: Unary>(mut self) -> Self {
        // The values of tangents are often the same in all lanes.
        if N > 1 && !O::OP.is_cheap() && self.is_uniform() {
            return Self([O::value(self.0[0]); N]);
        }
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

    #[inline(always)]
    fn sin_cos(self) -> (Self, Self) {
        if N > 1 && self.is_uniform() {
            let (sine, cosine) = Scalar::sin_cos(self.0[0]);
            return (Self([sine; N]), Self([cosine; N]));
        }
        let both = self.0.map(Scalar::sin_cos);
        (
            Self(both.map(|(sine, _)| sine)),
            Self(both.map(|(_, cosine)| cosine)),
        )
    }

    #[inline(always)]
    fn vanishes(self) -> bool {
        // All bits but those of the signs, in a few vector instructions.
        let bits = self.0.iter().fold(0, |bits, value| bits | value.to_bits());
        bits << 1 == 0
    }
}
