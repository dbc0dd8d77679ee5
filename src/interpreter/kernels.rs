//! The innermost loops: one operation of the table, applied to slices of numbers.
//!
//! Each operation's loop is compiled for each set of vector instructions and chosen when it runs. A value computed in a loop
//! has the bits of that value computed alone.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use crate::lanes::Lanes;
use crate::math::fused::{Arch, Inline};
use crate::op::{Binary, Nary, Operands, Scalar, Ternary, Unary, Visit};

/// Work for one call of a kernel: about this many operands are looked up at a time.
pub(super) const LISTED: usize = 32;

/// How many numbers an operation of three or more operands computes side by side.
const WIDTH: usize = 8;

/// The results of one operation, each of several numbers, and their operands.
///
/// An operand has as many numbers as a result, or one for all of them; at least one operand of each result has as many.
pub(super) struct Kernel<'a> {
    pub(super) arch: Arch,
    /// The results, one after another.
    pub(super) results: &'a mut [f64],
    /// The numbers of each result.
    pub(super) lanes: usize,
    /// The operands of each result in turn.
    pub(super) operands: &'a [&'a [f64]],
    /// The operands of each result.
    pub(super) arity: usize,
}

impl<'a> Kernel<'a> {
    /// Hands each result with its operands to `work`, compiled for the vector instructions.
    #[inline(always)]
    fn each<T>(
        &mut self,
        mut operands: impl Iterator<Item = T>,
        mut work: impl FnMut(&mut [f64], T),
    ) {
        self.arch.dispatch(Inline(
            #[inline(always)]
            || {
                let mut rest = &mut *self.results;
                for operands in operands.by_ref() {
                    let (result, further) = rest.split_at_mut(self.lanes);
                    work(result, operands);
                    rest = further;
                }
            },
        ));
    }

    /// The operands of each result, `N` of them.
    #[inline(always)]
    fn operands<const N: usize>(&self) -> impl Iterator<Item = [&'a [f64]; N]> + use<'a, N> {
        self.operands.as_chunks().0.iter().copied()
    }
}

impl Visit for Kernel<'_> {
    type Output = ();

    #[inline]
    fn unary<O: Unary>(mut self) {
        self.each(
            self.operands(),
            #[inline(always)]
            |result, [a]| {
                for (y, &a) in result.iter_mut().zip(a) {
                    *y = O::value(a);
                }
            },
        );
    }

    #[inline]
    fn binary<O: Binary>(mut self) {
        self.each(
            self.operands(),
            #[inline(always)]
            |result, operands| match operands {
                [&[a], b] => {
                    for (y, &b) in result.iter_mut().zip(b) {
                        *y = O::value(a, b);
                    }
                }
                [a, &[b]] => {
                    for (y, &a) in result.iter_mut().zip(a) {
                        *y = O::value(a, b);
                    }
                }
                [a, b] => {
                    for (y, (&a, &b)) in result.iter_mut().zip(a.iter().zip(b)) {
                        *y = O::value(a, b);
                    }
                }
            },
        );
    }

    #[inline]
    fn ternary<O: Ternary>(mut self) {
        self.each(
            self.operands(),
            #[inline(always)]
            |result, operands: [_; 3]| {
                let mut side = Side::new(&operands);
                let (chunks, rest) = result.as_chunks_mut::<WIDTH>();
                for chunk in chunks {
                    let a: Lanes<WIDTH> = side.at(0);
                    *chunk = a.apply3::<O>(side.at(1), side.at(2)).0;
                    side.start += WIDTH;
                }
                for y in rest {
                    let a: Lanes<1> = side.at(0);
                    [*y] = a.apply3::<O>(side.at(1), side.at(2)).0;
                    side.start += 1;
                }
            },
        );
    }

    #[inline]
    fn nary<O: Nary>(mut self) {
        self.each(
            self.operands.chunks_exact(self.arity),
            #[inline(always)]
            |result, operands| {
                let mut side = Side::new(operands);
                // Many lanes at once, so that finding an operand costs little beside reading it; few for the rest.
                let rest = side.fold::<O, { 4 * WIDTH }>(result);
                let rest = side.fold::<O, WIDTH>(rest);
                side.fold::<O, 1>(rest);
            },
        );
    }
}

/// The operands of some lanes of a result, from `start` on.
struct Side<'a> {
    operands: &'a [&'a [f64]],
    start: usize,
}

impl<'a> Side<'a> {
    #[inline(always)]
    fn new(operands: &'a [&'a [f64]]) -> Self {
        Self { operands, start: 0 }
    }

    /// Computes the next lanes, `N` at once, and returns those that are too few.
    #[inline(always)]
    fn fold<'r, O: Nary, const N: usize>(&mut self, result: &'r mut [f64]) -> &'r mut [f64] {
        let (chunks, rest) = result.as_chunks_mut::<N>();
        for chunk in chunks {
            *chunk = O::value::<Lanes<N>>(self).0;
            self.start += N;
        }
        rest
    }
}

impl<const N: usize> Operands<Lanes<N>> for Side<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.operands.len()
    }

    #[inline(always)]
    fn at(&self, place: usize) -> Lanes<N> {
        match self.operands[place] {
            &[value] => Lanes([value; N]),
            values => {
                let mut lanes = [0.0; N];
                lanes.copy_from_slice(&values[self.start..self.start + N]);
                Lanes(lanes)
            }
        }
    }
}

/// One value of an operation of these operands.
pub(super) struct Single<'a> {
    pub(super) arch: Arch,
    pub(super) operands: &'a [f64],
}

impl Visit for Single<'_> {
    type Output = f64;

    fn unary<O: Unary>(self) -> f64 {
        O::value(self.operands[0])
    }

    fn binary<O: Binary>(self) -> f64 {
        O::value(self.operands[0], self.operands[1])
    }

    fn ternary<O: Ternary>(self) -> f64 {
        let [a, b, c] = [0, 1, 2].map(|place| self.operands[place]);
        O::value(a, b, c)
    }

    fn nary<O: Nary>(self) -> f64 {
        let operands = self.operands;
        self.arch.dispatch(Inline(
            #[inline(always)]
            || O::value(operands),
        ))
    }
}
