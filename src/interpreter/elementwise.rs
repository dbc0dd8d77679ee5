//! The innermost loops: one operation of the table, applied to slices of numbers.
//!
//! The loop of each operation is compiled for several sets of vector instructions, and the right one is chosen at run time.
//! A value computed in such a loop has the same bits as one computed alone.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use std::marker::PhantomData;

use crate::backend::Source;
use crate::lanes::Lanes;
use crate::math::fused::{Arch, Inline};
use crate::op::{Binary, Nary, Op, Operands, Ternary, Unary, Visit, rows, values, values_with};

/// The number of results that an operation of three or more operands computes at the same time.
const WIDTH: usize = 8;

/// An operation of `N` operands, applied to slices.
pub(crate) trait Elementwise<const N: usize> {
    /// Computes all results.
    fn compute(results: &mut [f64], operands: [Source<'_>; N]);

    /// Computes one result.
    fn once(operands: [f64; N]) -> f64;
}

/// A row of the table as an operation of a known number of operands.
pub(crate) struct Known<O>(PhantomData<O>);

/// A row of the table that takes any number of operands, as an operation of a known number.
pub(crate) struct Counted<O>(PhantomData<O>);

// These loops take slices as parameters, so that the compiler knows that results and operands do not overlap.

#[inline(always)]
fn each(results: &mut [f64], a: &[f64], value: impl Fn(f64) -> f64) {
    for (y, &a) in results.iter_mut().zip(a) {
        *y = value(a);
    }
}

#[inline(always)]
fn each_pair(results: &mut [f64], a: &[f64], b: &[f64], value: impl Fn(f64, f64) -> f64) {
    for (y, (&a, &b)) in results.iter_mut().zip(a.iter().zip(b)) {
        *y = value(a, b);
    }
}

impl<O: Unary> Elementwise<1> for Known<O> {
    #[inline(always)]
    fn compute(results: &mut [f64], [a]: [Source<'_>; 1]) {
        match a {
            Source::Slice(a) => values::<O>(results, a),
            Source::Splat(a) => results.fill(O::value(a)),
        }
    }

    #[inline(always)]
    fn once([a]: [f64; 1]) -> f64 {
        O::value(a)
    }
}

impl<O: Binary> Elementwise<2> for Known<O> {
    #[inline(always)]
    fn compute(results: &mut [f64], [a, b]: [Source<'_>; 2]) {
        match (a, b) {
            (Source::Slice(a), Source::Slice(b)) => each_pair(
                results,
                a,
                b,
                #[inline(always)]
                |a, b| O::value(a, b),
            ),
            (Source::Slice(a), Source::Splat(b)) => values_with::<O>(results, a, b),
            (Source::Splat(a), Source::Slice(b)) => each(
                results,
                b,
                #[inline(always)]
                |b| O::value(a, b),
            ),
            (Source::Splat(a), Source::Splat(b)) => results.fill(O::value(a, b)),
        }
    }

    #[inline(always)]
    fn once([a, b]: [f64; 2]) -> f64 {
        O::value(a, b)
    }
}

impl<O: Ternary> Elementwise<3> for Known<O> {
    #[inline(always)]
    fn compute(results: &mut [f64], operands: [Source<'_>; 3]) {
        chunks(
            results,
            operands,
            #[inline(always)]
            |[a, b, c]| {
                let mut values = [0.0; WIDTH];
                for lane in 0..WIDTH {
                    values[lane] = O::value(a[lane], b[lane], c[lane]);
                }
                values
            },
            Self::once,
        );
    }

    #[inline(always)]
    fn once([a, b, c]: [f64; 3]) -> f64 {
        O::value(a, b, c)
    }
}

impl<const N: usize, O: Nary> Elementwise<N> for Counted<O> {
    #[inline(always)]
    fn compute(results: &mut [f64], operands: [Source<'_>; N]) {
        chunks(
            results,
            operands,
            #[inline(always)]
            |operands| {
                if matches!(O::OP, rows::Adjoint::OP) {
                    let sums = plain_adjoint(&operands);
                    if all_clear(sums) {
                        return sums;
                    }
                }
                let mut lanes = [Lanes([0.0; WIDTH]); N];
                for (lanes, operand) in lanes.iter_mut().zip(operands) {
                    *lanes = Lanes(operand);
                }
                O::value(&lanes).0
            },
            Self::once,
        );
    }

    #[inline(always)]
    fn once(operands: [f64; N]) -> f64 {
        O::value(&operands)
    }
}

/// Computes results, several at a time, and the rest one by one.
#[inline(always)]
fn chunks<const N: usize>(
    results: &mut [f64],
    operands: [Source<'_>; N],
    several: impl Fn([[f64; WIDTH]; N]) -> [f64; WIDTH],
    one: impl Fn([f64; N]) -> f64,
) {
    let (chunks, rest) = results.as_chunks_mut::<WIDTH>();
    let mut start = 0;
    for chunk in chunks {
        let mut lanes = [[0.0; WIDTH]; N];
        for (lanes, operand) in lanes.iter_mut().zip(operands) {
            *lanes = match operand {
                Source::Slice(values) => *values[start..]
                    .first_chunk()
                    .expect("an operand has as many values as there are results"),
                Source::Splat(value) => [value; WIDTH],
            };
        }
        *chunk = several(lanes);
        start += WIDTH;
    }
    for (place, result) in (start..).zip(rest) {
        let mut values = [0.0; N];
        for (value, operand) in values.iter_mut().zip(operands) {
            *value = operand.at(place);
        }
        *result = one(values);
    }
}

/// An adjoint's sum without the zero rule. It has the same bits, unless it is 0 or not a number: a product of 0 may turn −0 into
/// 0, and may be no number.
#[inline(always)]
fn plain_adjoint<const N: usize>(operands: &[[f64; WIDTH]; N]) -> [f64; WIDTH] {
    let mut sums = [0.0; WIDTH];
    for [u, p] in operands.as_chunks().0 {
        for lane in 0..WIDTH {
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
                8 => return L::known::<8, Counted<O>>(),
                _ => {}
            }
        }
        L::any::<O>()
    }
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
    // Every number reads only the operand that it chooses.
    let width = if matches!(O::OP, rows::Gather::OP) {
        0
    } else {
        dst.len()
    };
    let (together, apart) = dst.split_at_mut(width);
    let (chunks, rest) = together.as_chunks_mut::<WIDTH>();
    for chunk in chunks {
        let side = Side {
            count,
            source,
            start,
        };
        *chunk = several::<O, _>(&side);
        start += WIDTH;
    }
    for (lane, y) in rest.iter_mut().chain(apart).enumerate() {
        let Lanes([value]) = O::value(&Side {
            count,
            source,
            start: start + lane,
        });
        *y = value;
    }
}

/// The results for a few adjacent lanes.
#[inline(always)]
fn several<O: Nary, A: Operands<Lanes<WIDTH>>>(operands: &A) -> [f64; WIDTH] {
    if matches!(O::OP, rows::Adjoint::OP) {
        let mut sums = [0.0; WIDTH];
        for pair in 0..operands.count() / 2 {
            let [Lanes(u), Lanes(p)] = [0, 1].map(|side| operands.at(2 * pair + side));
            for lane in 0..WIDTH {
                sums[lane] = u[lane].mul_add(p[lane], sums[lane]);
            }
        }
        if all_clear(sums) {
            return sums;
        }
    }
    O::value(operands).0
}

/// Whether sums of adjoints without the zero rule have the bits of those with it.
#[inline(always)]
fn all_clear(sums: [f64; WIDTH]) -> bool {
    let mut clear = true;
    for sum in sums {
        clear &= sum.abs() > 0.0;
    }
    clear
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
pub(crate) type Each = fn(Arch, &mut [f64], &[Source<'_>]);

impl Loop for Each {
    type Kernel = Self;

    fn known<const N: usize, O: Elementwise<N>>() -> Self {
        |arch, dst, sources| {
            if let Some(&sources) = sources.first_chunk() {
                arch.dispatch(Inline(
                    #[inline(always)]
                    || O::compute(dst, sources),
                ));
            }
        }
    }

    fn any<O: Nary>() -> Self {
        |arch, dst, sources| {
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
        kernel(arch, dst, operands);
    }
}

/// Computes one result of an operation of few operands: reads them in the buffer from these slots, and writes the result there.
pub(crate) type Single = fn(Arch, &mut [f64], result: usize, slots: &[u32]);

impl Loop for Single {
    type Kernel = Self;

    fn known<const N: usize, O: Elementwise<N>>() -> Self {
        |arch, buffer, result, slots| {
            let slots: &[u32; N] = slots.try_into().expect("the operands of this operation");
            let operands = slots.map(|slot| buffer[slot as usize]);
            buffer[result] = if N > 2 {
                // Rounded once, which needs the right instructions.
                arch.dispatch(Inline(
                    #[inline(always)]
                    || O::once(operands),
                ))
            } else {
                O::once(operands)
            };
        }
    }

    fn any<O: Nary>() -> Self {
        |arch, buffer, result, slots| {
            let values = &*buffer;
            buffer[result] = arch.dispatch(Inline(
                #[inline(always)]
                || O::value(&Listed { values, slots }),
            ));
        }
    }
}

/// Operands in the slots that a list gives.
struct Listed<'a> {
    values: &'a [f64],
    slots: &'a [u32],
}

impl Operands<f64> for Listed<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.slots.len()
    }

    #[inline(always)]
    fn at(&self, place: usize) -> f64 {
        self.values[self.slots[place] as usize]
    }
}

/// Computes one result of an operation of many operands from their values.
pub(crate) type Fold = fn(Arch, &[f64]) -> f64;

/// The fold of an operation that takes any number of operands; `None` for other operations. In `any_order`, the terms of sums
/// are added in that of [`added_apart`], on every processor.
pub(crate) fn fold(op: Op, any_order: bool) -> Option<Fold> {
    op.visit(ChooseFold { any_order }).flatten()
}

#[inline(always)]
fn fused([a, b]: [f64; 2], sum: f64) -> f64 {
    a.mul_add(b, sum)
}

/// This sum of terms, or the one of a term after another where they may differ in more than their last bits: if terms apart have
/// overflowed, or if an adjoint's sum needs the zero rule.
#[inline(always)]
fn unless_extreme<O: Nary>(terms: &[f64], sum: f64) -> f64 {
    if sum.is_finite() && sum != 0.0 {
        sum
    } else {
        O::value(terms)
    }
}

/// The number of sums in [`added_apart`]: enough that the processor adds to others while it waits for one.
const APART: usize = 16;

/// Adds terms of `N` numbers to sums beside each other, in turn, and then those sums to each other.
#[inline(always)]
fn added_apart<const N: usize>(
    numbers: &[f64],
    start: f64,
    add: impl Fn([f64; N], f64) -> f64,
) -> f64 {
    let (terms, _) = numbers.as_chunks::<N>();
    let (groups, rest) = terms.as_chunks::<APART>();
    let mut sums = [start; APART];
    for group in groups {
        for lane in 0..APART {
            sums[lane] = add(group[lane], sums[lane]);
        }
    }
    for (sum, &term) in sums.iter_mut().zip(rest) {
        *sum = add(term, *sum);
    }
    let mut half = APART / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

struct ChooseFold {
    any_order: bool,
}

impl Visit for ChooseFold {
    type Output = Option<Fold>;

    fn unary<O: Unary>(self) -> Option<Fold> {
        None
    }

    fn binary<O: Binary>(self) -> Option<Fold> {
        None
    }

    fn ternary<O: Ternary>(self) -> Option<Fold> {
        None
    }

    fn nary<O: Nary>(self) -> Option<Fold> {
        Some(match O::OP {
            rows::Sum::OP if self.any_order => |arch, terms| {
                arch.dispatch(Inline(
                    #[inline(always)]
                    || unless_extreme::<O>(terms, added_apart(terms, -0.0, |[x], sum| sum + x)),
                ))
            },
            // −0 keeps the sign of products that are all −0; an adjoint has none.
            rows::Dot::OP if self.any_order => |arch, terms| {
                arch.dispatch(Inline(
                    #[inline(always)]
                    || unless_extreme::<O>(terms, added_apart(terms, -0.0, fused)),
                ))
            },
            rows::Adjoint::OP if self.any_order => |arch, terms| {
                arch.dispatch(Inline(
                    #[inline(always)]
                    || unless_extreme::<O>(terms, added_apart(terms, 0.0, fused)),
                ))
            },
            _ => |arch, operands| {
                arch.dispatch(Inline(
                    #[inline(always)]
                    || O::value(operands),
                ))
            },
        })
    }
}
