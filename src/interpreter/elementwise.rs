//! The innermost loops: one operation of the table, applied to slices of numbers.
//!
//! The loop of each operation is compiled for several sets of vector instructions, and the right one is chosen at run time.
//! A value computed in such a loop has the same bits as one computed alone.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use crate::backend::Source;
use crate::lanes::Lanes;
use crate::math::fused::{Arch, Inline};
use crate::op::{Binary, Nary, Op, Operands, Ternary, Unary, Visit, values};

/// The number of results that an operation of many operands computes at the same time.
const WIDTH: usize = 8;

#[inline(always)]
pub(crate) fn unary<O: Unary>(dst: &mut [f64], a: Source<'_>) {
    match a {
        Source::Slice(a) => values::<O>(dst, a),
        Source::Splat(a) => dst.fill(O::value(a)),
    }
}

#[inline(always)]
pub(crate) fn binary<O: Binary>(dst: &mut [f64], a: Source<'_>, b: Source<'_>) {
    match (a, b) {
        (Source::Slice(a), Source::Slice(b)) => {
            for (y, (&a, &b)) in dst.iter_mut().zip(a.iter().zip(b)) {
                *y = O::value(a, b);
            }
        }
        (Source::Slice(a), Source::Splat(b)) => {
            for (y, &a) in dst.iter_mut().zip(a) {
                *y = O::value(a, b);
            }
        }
        (Source::Splat(a), Source::Slice(b)) => {
            for (y, &b) in dst.iter_mut().zip(b) {
                *y = O::value(a, b);
            }
        }
        (Source::Splat(a), Source::Splat(b)) => dst.fill(O::value(a, b)),
    }
}

#[inline(always)]
pub(crate) fn ternary<O: Ternary>(dst: &mut [f64], operands: [Source<'_>; 3]) {
    let mut start = 0;
    let (chunks, rest) = dst.as_chunks_mut::<WIDTH>();
    for chunk in chunks {
        let side = Side {
            count: 3,
            source: &|place: usize| operands[place],
            start,
        };
        let (Lanes(a), Lanes(b), Lanes(c)): (Lanes<WIDTH>, Lanes<WIDTH>, Lanes<WIDTH>) =
            (side.at(0), side.at(1), side.at(2));
        for (lane, y) in chunk.iter_mut().enumerate() {
            *y = O::value(a[lane], b[lane], c[lane]);
        }
        start += WIDTH;
    }
    for (lane, y) in rest.iter_mut().enumerate() {
        let place = start + lane;
        *y = O::value(
            operands[0].at(place),
            operands[1].at(place),
            operands[2].at(place),
        );
    }
}

#[inline(always)]
pub(crate) fn nary<'a, O: Nary>(
    dst: &mut [f64],
    count: usize,
    source: impl Fn(usize) -> Source<'a>,
) {
    let source = &source;
    // Many lanes at once, so that looking up an operand costs little compared with reading it; few for the rest.
    let mut start = 0;
    let (chunks, rest) = dst.as_chunks_mut::<{ 4 * WIDTH }>();
    for chunk in chunks {
        *chunk = O::value(&Side {
            count,
            source,
            start,
        })
        .0;
        start += 4 * WIDTH;
    }
    let (chunks, rest) = rest.as_chunks_mut::<WIDTH>();
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

/// Applies an operation elementwise.
#[inline]
pub(crate) fn apply(arch: Arch, op: Op, dst: &mut [f64], operands: &[Source<'_>]) {
    op.visit(Each {
        arch,
        dst,
        operands,
    });
}

struct Each<'a, 'b> {
    arch: Arch,
    dst: &'a mut [f64],
    operands: &'a [Source<'b>],
}

impl Visit for Each<'_, '_> {
    type Output = ();

    #[inline]
    fn unary<O: Unary>(self) {
        let (dst, a) = (self.dst, self.operands[0]);
        self.arch.dispatch(Inline(
            #[inline(always)]
            || unary::<O>(dst, a),
        ));
    }

    #[inline]
    fn binary<O: Binary>(self) {
        let (dst, a, b) = (self.dst, self.operands[0], self.operands[1]);
        self.arch.dispatch(Inline(
            #[inline(always)]
            || binary::<O>(dst, a, b),
        ));
    }

    #[inline]
    fn ternary<O: Ternary>(self) {
        let (dst, operands) = (self.dst, [0, 1, 2].map(|place| self.operands[place]));
        self.arch.dispatch(Inline(
            #[inline(always)]
            || ternary::<O>(dst, operands),
        ));
    }

    #[inline]
    fn nary<O: Nary>(self) {
        let (dst, operands) = (self.dst, self.operands);
        self.arch.dispatch(Inline(
            #[inline(always)]
            || {
                nary::<O>(
                    dst,
                    operands.len(),
                    #[inline(always)]
                    |place| operands[place],
                );
            },
        ));
    }
}

/// Applies an operation once. Its operands are the values of one source.
pub(crate) fn fold(arch: Arch, op: Op, operands: Source<'_>) -> f64 {
    let operands = match &operands {
        Source::Slice(operands) => operands,
        Source::Splat(only) => std::slice::from_ref(only),
    };
    op.visit(Once { arch, operands }).unwrap_or(f64::NAN)
}

struct Once<'a> {
    arch: Arch,
    operands: &'a [f64],
}

impl Visit for Once<'_> {
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
