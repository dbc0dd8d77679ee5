//! One operation of the table, applied to slices of numbers: the innermost loops.
//!
//! Every row's loop is compiled for each set of vector instructions and chosen when it runs. A value computed in such a
//! loop has the bits of that value computed alone.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use crate::lanes::Lanes;
use crate::math::fused::Arch;
use crate::op::{Binary, Nary, Op, Ternary, Unary, Visit};

/// How many numbers an operation of many operands folds side by side.
pub(crate) const WIDTH: usize = 8;

/// The values of one operand: one each, or the same for all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    Slice(&'a [f64]),
    Splat(f64),
}

impl Source<'_> {
    /// The value in one place.
    #[inline(always)]
    pub(crate) fn at(self, place: usize) -> f64 {
        match self {
            Self::Slice(values) => values[place],
            Self::Splat(value) => value,
        }
    }

    /// The values from a place on.
    #[inline(always)]
    fn lanes(self, start: usize) -> Lanes<WIDTH> {
        match self {
            Self::Slice(values) => match values[start..].first_chunk() {
                Some(lanes) => Lanes(*lanes),
                None => self.some_lanes(start, values.len() - start),
            },
            Self::Splat(value) => Lanes([value; WIDTH]),
        }
    }

    /// So many values from a place on, the last one repeated to fill the lanes.
    #[inline(always)]
    fn some_lanes(self, start: usize, count: usize) -> Lanes<WIDTH> {
        Lanes(std::array::from_fn(|lane| {
            self.at(start + lane.min(count - 1))
        }))
    }
}

/// Buffers that the loops use for a while.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) gathered: Vec<f64>,
    pub(crate) wide: Vec<Lanes<WIDTH>>,
}

#[inline(always)]
pub(crate) fn unary<O: Unary>(dst: &mut [f64], a: Source<'_>) {
    match a {
        Source::Slice(a) => {
            for (y, &a) in dst.iter_mut().zip(a) {
                *y = O::value(a);
            }
        }
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
    let mut chunks = dst.chunks_exact_mut(WIDTH);
    let mut start = 0;
    for chunk in &mut chunks {
        let [a, b, c] = operands.map(|operand| operand.lanes(start).0);
        for lane in 0..WIDTH {
            chunk[lane] = O::value(a[lane], b[lane], c[lane]);
        }
        start += WIDTH;
    }
    for (lane, y) in chunks.into_remainder().iter_mut().enumerate() {
        let [a, b, c] = operands.map(|operand| operand.at(start + lane));
        *y = O::value(a, b, c);
    }
}

#[inline(always)]
pub(crate) fn nary<O: Nary>(
    dst: &mut [f64],
    operands: &[Source<'_>],
    wide: &mut Vec<Lanes<WIDTH>>,
) {
    let mut chunks = dst.chunks_exact_mut(WIDTH);
    let mut start = 0;
    for chunk in &mut chunks {
        wide.clear();
        wide.extend(operands.iter().map(|operand| operand.lanes(start)));
        chunk.copy_from_slice(&O::value(wide).0);
        start += WIDTH;
    }
    let rest = chunks.into_remainder();
    if !rest.is_empty() {
        let count = rest.len();
        wide.clear();
        wide.extend(
            operands
                .iter()
                .map(|operand| operand.some_lanes(start, count)),
        );
        rest.copy_from_slice(&O::value(wide).0[..count]);
    }
}

/// Applies an operation to each place of its operands.
#[inline]
pub(crate) fn apply(
    arch: Arch,
    op: Op,
    dst: &mut [f64],
    operands: &[Source<'_>],
    wide: &mut Vec<Lanes<WIDTH>>,
) {
    op.visit(Each {
        arch,
        dst,
        operands,
        wide,
    });
}

struct Each<'a, 'b> {
    arch: Arch,
    dst: &'a mut [f64],
    operands: &'a [Source<'b>],
    wide: &'a mut Vec<Lanes<WIDTH>>,
}

impl Visit for Each<'_, '_> {
    type Output = ();

    #[inline]
    fn unary<O: Unary>(self) {
        let (dst, a) = (self.dst, self.operands[0]);
        self.arch.dispatch(
            #[inline(always)]
            || unary::<O>(dst, a),
        );
    }

    #[inline]
    fn binary<O: Binary>(self) {
        let (dst, a, b) = (self.dst, self.operands[0], self.operands[1]);
        self.arch.dispatch(
            #[inline(always)]
            || binary::<O>(dst, a, b),
        );
    }

    #[inline]
    fn ternary<O: Ternary>(self) {
        let (dst, operands) = (self.dst, [0, 1, 2].map(|place| self.operands[place]));
        self.arch.dispatch(
            #[inline(always)]
            || ternary::<O>(dst, operands),
        );
    }

    #[inline]
    fn nary<O: Nary>(self) {
        let (dst, operands, wide) = (self.dst, self.operands, self.wide);
        self.arch.dispatch(
            #[inline(always)]
            || nary::<O>(dst, operands, wide),
        );
    }
}

/// Applies an operation of many operands once, to all values of one source.
pub(crate) fn fold(arch: Arch, op: Op, operands: Source<'_>, len: usize) -> f64 {
    let repeated;
    let operands = match operands {
        Source::Slice(operands) => operands,
        Source::Splat(x) => {
            repeated = vec![x; len];
            &repeated
        }
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
        self.arch.dispatch(
            #[inline(always)]
            || O::value(operands),
        )
    }
}
