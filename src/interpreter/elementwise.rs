//! The innermost loops: one operation of the table, applied to slices of numbers.
//!
//! The loop of each operation is compiled for several sets of vector instructions, and the right one is chosen at run time.
//! A value computed in such a loop has the same bits as one computed alone.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use std::marker::PhantomData;

use crate::backend::Source;
use crate::lanes::Lanes;
use crate::math::fused::{Arch, Inline};
use crate::op::{Binary, Nary, Op, Operands, Ternary, Unary, Visit, rows, values};

/// The number of results that are computed at the same time. It is constant, so that they are whole vectors of every kind.
const WIDTH: usize = 8;

/// An operation of `N` operands, applied to several lanes.
pub(crate) trait Elementwise<const N: usize> {
    /// The values of the lanes.
    fn value<const W: usize>(operands: [[f64; W]; N]) -> [f64; W];
}

/// A row of the table as an operation of a known number of operands.
pub(crate) struct Known<O>(PhantomData<O>);

/// A row of the table that takes any number of operands, as an operation of a known number.
pub(crate) struct Counted<O>(PhantomData<O>);

impl<O: Unary> Elementwise<1> for Known<O> {
    #[inline(always)]
    fn value<const W: usize>([mut a]: [[f64; W]; 1]) -> [f64; W] {
        let operands = a;
        values::<O>(&mut a, &operands);
        a
    }
}

impl<O: Binary> Elementwise<2> for Known<O> {
    #[inline(always)]
    fn value<const W: usize>([mut a, b]: [[f64; W]; 2]) -> [f64; W] {
        for lane in 0..W {
            a[lane] = O::value(a[lane], b[lane]);
        }
        a
    }
}

impl<O: Ternary> Elementwise<3> for Known<O> {
    #[inline(always)]
    fn value<const W: usize>([mut a, b, c]: [[f64; W]; 3]) -> [f64; W] {
        for lane in 0..W {
            a[lane] = O::value(a[lane], b[lane], c[lane]);
        }
        a
    }
}

impl<const N: usize, O: Nary> Elementwise<N> for Counted<O> {
    #[inline(always)]
    fn value<const W: usize>(operands: [[f64; W]; N]) -> [f64; W] {
        if matches!(O::OP, rows::Adjoint::OP) {
            let sums = plain_adjoint(&operands);
            let mut unclear = false;
            for sum in sums {
                unclear |= sum.is_nan();
            }
            if !unclear {
                return sums;
            }
        }
        let mut lanes = [Lanes([0.0; W]); N];
        for (lanes, operand) in lanes.iter_mut().zip(operands) {
            *lanes = Lanes(operand);
        }
        O::value(&lanes).0
    }
}

/// An adjoint's sum without the zero rule. It is the same number, unless a product of 0 is not a number. Only the sign of a sum
/// that underflows to 0 may differ, which no derivative shows.
#[inline(always)]
fn plain_adjoint<const N: usize, const W: usize>(operands: &[[f64; W]; N]) -> [f64; W] {
    let mut sums = [0.0; W];
    for [u, p] in operands.as_chunks().0 {
        for lane in 0..W {
            sums[lane] = u[lane].mul_add(p[lane], sums[lane]);
        }
    }
    sums
}

/// A kind of loop, compiled for every operation.
pub(crate) trait Loop {
    /// The compiled loop.
    type Kernel;

    /// The loop of an operation of a known number of operands.
    fn known<const N: usize, O: Elementwise<N>>() -> Self::Kernel;

    /// The loop of an operation of any number of operands.
    fn any<O: Nary>() -> Self::Kernel;
}

/// The loop of an operation of this number of operands; none for an input, which is not computed.
pub(crate) fn kernel<L: Loop>(op: Op, operands: usize) -> Option<L::Kernel> {
    op.visit(Choose(operands, PhantomData::<L>))
}

struct Choose<L>(usize, PhantomData<L>);

impl<L: Loop> Visit for Choose<L> {
    type Output = L::Kernel;

    fn unary<O: Unary>(self) -> L::Kernel {
        L::known::<1, Known<O>>()
    }

    fn binary<O: Binary>(self) -> L::Kernel {
        L::known::<2, Known<O>>()
    }

    fn ternary<O: Ternary>(self) -> L::Kernel {
        L::known::<3, Known<O>>()
    }

    fn nary<O: Nary>(self) -> L::Kernel {
        if matches!(O::OP, rows::Dot::OP | rows::Adjoint::OP) {
            match self.0 {
                2 => return L::known::<2, Counted<O>>(),
                4 => return L::known::<4, Counted<O>>(),
                6 => return L::known::<6, Counted<O>>(),
                MOST_KNOWN => return L::known::<MOST_KNOWN, Counted<O>>(),
                _ => {}
            }
        }
        L::any::<O>()
    }
}

/// The number of results that are computed without looking for their operands again.
pub(crate) const PIECE: usize = 64;

/// The most operands of a loop for a known number of them.
pub(crate) const MOST_KNOWN: usize = 8;

/// Lanes for the operands that are one number, at their places among an operation's operands.
pub(crate) type Splats = [[f64; PIECE]; MOST_KNOWN];

/// An operand of a loop for a known number of operands.
#[derive(Clone, Copy)]
pub(crate) enum Operand<'a> {
    /// One value per result.
    Lanes(&'a [f64]),
    /// The same value for all results.
    Splat(&'a [f64; PIECE]),
}

impl<'a> Operand<'a> {
    /// The values for `W` results from `start` on.
    #[inline(always)]
    fn some<const W: usize>(self, start: usize) -> &'a [f64; W] {
        let lanes = match self {
            Self::Lanes(lanes) => &lanes[start..],
            Self::Splat(splat) => &splat[..],
        };
        lanes.first_chunk().expect("a value for every result")
    }
}

/// Computes the results of an operation of `N` operands.
#[inline(always)]
pub(crate) fn known<const N: usize, O: Elementwise<N>>(
    dst: &mut [f64],
    operands: [Operand<'_>; N],
) {
    let count = dst.len();
    let (pieces, rest) = dst.as_chunks_mut::<PIECE>();
    let mut start = 0;
    for piece in pieces {
        let mut sources = [&[0.0; PIECE]; N];
        for (source, operand) in sources.iter_mut().zip(operands) {
            *source = operand.some(start);
        }
        for (place, results) in piece.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
            let mut lanes = [[0.0; WIDTH]; N];
            for (lanes, source) in lanes.iter_mut().zip(sources) {
                *lanes = source.as_chunks().0[place];
            }
            *results = O::value(lanes);
        }
        start += PIECE;
    }
    let (results, rest) = rest.as_chunks_mut::<WIDTH>();
    for results in results {
        *results = O::value(some(operands, start));
        start += WIDTH;
    }
    if rest.is_empty() {
        return;
    }
    if let Some(last) = count.checked_sub(WIDTH) {
        // The last chunk reaches back. Some of its results are computed again.
        dst[last..].copy_from_slice(&O::value::<WIDTH>(some(operands, last)));
        return;
    }
    for (place, result) in rest.iter_mut().enumerate() {
        [*result] = O::value(some(operands, place));
    }
}

/// The values of the operands for `W` results from `start` on.
#[inline(always)]
fn some<const N: usize, const W: usize>(operands: [Operand<'_>; N], start: usize) -> [[f64; W]; N] {
    let mut lanes = [[0.0; W]; N];
    for (lanes, operand) in lanes.iter_mut().zip(operands) {
        *lanes = *operand.some(start);
    }
    lanes
}

/// Computes the results of an operation of `count` operands.
#[inline(always)]
pub(crate) fn any<'a, O: Nary>(
    dst: &mut [f64],
    count: usize,
    source: impl Fn(usize) -> Source<'a>,
) {
    let source = &source;
    let mut start = 0;
    let (chunks, rest) = dst.as_chunks_mut::<WIDTH>();
    for chunk in chunks {
        *chunk = O::value(&Side {
            count,
            source,
            start,
        })
        .0;
        start += WIDTH;
    }
    for (lane, y) in rest.iter_mut().enumerate() {
        let Lanes([value]) = O::value(&Side {
            count,
            source,
            start: start + lane,
        });
        *y = value;
    }
}

/// The operands of a few adjacent lanes.
struct Side<'f, F> {
    count: usize,
    source: &'f F,
    start: usize,
}

impl<'a, const N: usize, F: Fn(usize) -> Source<'a>> Operands<Lanes<N>> for Side<'_, F> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    fn at(&self, place: usize) -> Lanes<N> {
        match (self.source)(place) {
            Source::Slice(values) => {
                let mut lanes = [0.0; N];
                lanes.copy_from_slice(&values[self.start..self.start + N]);
                Lanes(lanes)
            }
            Source::Splat(value) => Lanes([value; N]),
        }
    }
}

/// Computes many results of an operation from its operands.
pub(crate) type Each = fn(Arch, &mut [f64], &[Source<'_>], &mut Splats);

impl Loop for Each {
    type Kernel = Self;

    fn known<const N: usize, O: Elementwise<N>>() -> Self {
        |arch, dst, sources, splats| {
            arch.dispatch(Inline(
                #[inline(always)]
                || {
                    let mut operands = [Operand::Lanes(&[]); N];
                    for ((operand, source), splat) in
                        operands.iter_mut().zip(sources).zip(&mut *splats)
                    {
                        *operand = match *source {
                            Source::Slice(values) => Operand::Lanes(values),
                            Source::Splat(value) => {
                                *splat = [value; PIECE];
                                Operand::Splat(splat)
                            }
                        };
                    }
                    known::<N, O>(dst, operands);
                },
            ));
        }
    }

    fn any<O: Nary>() -> Self {
        |arch, dst, sources, _| {
            arch.dispatch(Inline(
                #[inline(always)]
                || {
                    any::<O>(
                        dst,
                        sources.len(),
                        #[inline(always)]
                        |place| sources[place],
                    );
                },
            ));
        }
    }
}

/// Computes the results of an operation that is not known before. Does nothing for an input.
pub(crate) fn apply(arch: Arch, op: Op, dst: &mut [f64], operands: &[Source<'_>]) {
    if let Some(kernel) = kernel::<Each>(op, operands.len()) {
        kernel(arch, dst, operands, &mut [[0.0; PIECE]; MOST_KNOWN]);
    }
}

/// Computes one result of an operation from the values of its operands.
pub(crate) type Once = fn(Arch, &[f64]) -> f64;

impl Loop for Once {
    type Kernel = Self;

    fn known<const N: usize, O: Elementwise<N>>() -> Self {
        |_, operands| match operands.first_chunk() {
            Some(operands) => O::value::<1>(operands.map(|operand| [operand]))[0],
            None => f64::NAN,
        }
    }

    fn any<O: Nary>() -> Self {
        |arch, operands| {
            arch.dispatch(Inline(
                #[inline(always)]
                || O::value(operands),
            ))
        }
    }
}
