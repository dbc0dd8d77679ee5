//! One operation of the table, applied to slices of numbers: the innermost loops.
//!
//! Every row's loop is compiled for each set of vector instructions and chosen when it runs. A value computed in such a
//! loop has the bits of that value computed alone.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use std::marker::PhantomData;

use crate::lanes::Lanes;
use crate::math::fused::{Arch, Fused};
use crate::op::{Binary, Nary, Op, Ternary, Unary, Visit};

/// How many numbers a wide operation folds side by side.
const WIDTH: usize = 8;

/// The values of one operand: one each, or the same for all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    Slice(&'a [f64]),
    Splat(f64),
}

/// Buffers that the loops use for a while.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) gathered: Vec<f64>,
    pub(crate) wide: Vec<Lanes<WIDTH>>,
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

/// Applies an operation of many operands once, to all values of one source.
pub(crate) fn fold(arch: Arch, op: Op, dst: &mut [f64], operands: Source<'_>, len: usize) {
    let repeated;
    let operands = match operands {
        Source::Slice(operands) => operands,
        Source::Splat(x) => {
            repeated = vec![x; len];
            &repeated
        }
    };
    dst[0] = op.visit(Once { arch, operands }).unwrap_or(f64::NAN);
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
        match self.operands[0] {
            Source::Slice(a) => self.arch.dispatch(Map(self.dst, a, PhantomData::<O>)),
            Source::Splat(a) => self.dst.fill(O::value(a)),
        }
    }

    #[inline]
    fn binary<O: Binary>(self) {
        let dst = self.dst;
        match (self.operands[0], self.operands[1]) {
            (Source::Slice(a), Source::Slice(b)) => {
                self.arch.dispatch(Zip(dst, a, b, PhantomData::<O>));
            }
            (Source::Slice(a), Source::Splat(b)) => {
                self.arch.dispatch(ZipLeft(dst, a, b, PhantomData::<O>));
            }
            (Source::Splat(a), Source::Slice(b)) => {
                self.arch.dispatch(ZipRight(dst, a, b, PhantomData::<O>));
            }
            (Source::Splat(a), Source::Splat(b)) => dst.fill(O::value(a, b)),
        }
    }

    #[inline]
    fn ternary<O: Ternary>(self) {
        let [a, b, c] = [0, 1, 2].map(|place| self.operands[place]);
        self.arch
            .dispatch(Zip3(self.dst, [a, b, c], PhantomData::<O>));
    }

    #[inline]
    fn nary<O: Nary>(self) {
        self.arch
            .dispatch(Many(self.dst, self.operands, self.wide, PhantomData::<O>));
    }
}

struct Map<'a, O>(&'a mut [f64], &'a [f64], PhantomData<O>);

impl<O: Unary> Fused for Map<'_, O> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        for (y, &a) in self.0.iter_mut().zip(self.1) {
            *y = O::value(a);
        }
    }
}

struct Zip<'a, O>(&'a mut [f64], &'a [f64], &'a [f64], PhantomData<O>);

impl<O: Binary> Fused for Zip<'_, O> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        for (y, (&a, &b)) in self.0.iter_mut().zip(self.1.iter().zip(self.2)) {
            *y = O::value(a, b);
        }
    }
}

struct ZipLeft<'a, O>(&'a mut [f64], &'a [f64], f64, PhantomData<O>);

impl<O: Binary> Fused for ZipLeft<'_, O> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        for (y, &a) in self.0.iter_mut().zip(self.1) {
            *y = O::value(a, self.2);
        }
    }
}

struct ZipRight<'a, O>(&'a mut [f64], f64, &'a [f64], PhantomData<O>);

impl<O: Binary> Fused for ZipRight<'_, O> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        for (y, &b) in self.0.iter_mut().zip(self.2) {
            *y = O::value(self.1, b);
        }
    }
}

struct Zip3<'a, O>(&'a mut [f64], [Source<'a>; 3], PhantomData<O>);

impl<O: Ternary> Fused for Zip3<'_, O> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        let Self(dst, operands, _) = self;
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
}

struct Many<'a, 'b, O>(
    &'a mut [f64],
    &'a [Source<'b>],
    &'a mut Vec<Lanes<WIDTH>>,
    PhantomData<O>,
);

impl<O: Nary> Fused for Many<'_, '_, O> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        let Self(dst, operands, wide, _) = self;
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
            wide.clear();
            wide.extend(operands.iter().map(|operand| operand.some_lanes(start, rest.len())));
            let Lanes(values) = O::value(wide);
            rest.copy_from_slice(&values[..rest.len()]);
        }
    }
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
            Self::Slice(values) => {
                let mut lanes = [0.0; WIDTH];
                lanes.copy_from_slice(&values[start..start + WIDTH]);
                Lanes(lanes)
            }
            Self::Splat(value) => Lanes([value; WIDTH]),
        }
    }

    /// As many values from a place on, the last one repeated to fill the lanes.
    #[inline(always)]
    fn some_lanes(self, start: usize, count: usize) -> Lanes<WIDTH> {
        Lanes(std::array::from_fn(|lane| {
            self.at(start + lane.min(count - 1))
        }))
    }
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
        struct Fold<'a, O>(&'a [f64], PhantomData<O>);
        impl<O: Nary> Fused for Fold<'_, O> {
            type Output = f64;
            #[inline(always)]
            fn call(self) -> f64 {
                O::value(self.0)
            }
        }
        self.arch.dispatch(Fold(self.operands, PhantomData::<O>))
    }
}
