//! The formulas of the operations: values and partials by the rows of the table, and the choice among them by name.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use std::f64::consts::{FRAC_2_SQRT_PI, LN_2, LOG2_E, LOG10_E};

use super::algebra::{Binary, Nary, Scalar, Ternary, Unary, chain};
use super::many::{
    adjoint, chosen_places, declared_slopes, dot, gather, largest, log_sum_exp, place_of_largest,
    place_of_smallest, product, product_partials, shares, smallest, ties, total,
};
use super::names::{BinaryOp, Law, NEG_INFINITY, NaryOp, Op, TernaryOp, UnaryOp};
use super::operands::Operands;
use crate::math::{self, compare, plane, remainder, slope};

const NAN: f64 = f64::NAN;

/// Work with the row of an operation as a type, so that it is compiled for every row.
pub(crate) trait Visit {
    /// The result of the work.
    type Output;
    /// Does the work for a row of one operand.
    fn unary<O: Unary>(self) -> Self::Output;
    /// Does the work for a row of two operands.
    fn binary<O: Binary>(self) -> Self::Output;
    /// Does the work for a row of three operands.
    fn ternary<O: Ternary>(self) -> Self::Output;
    /// Does the work for a row of any number of operands.
    fn nary<O: Nary>(self) -> Self::Output;
}

impl Op {
    /// Applies this operation to any kind of number; `None` if it does not take this number of operands.
    ///
    /// ```
    /// use chainrule::op::{BinaryOp, Op};
    /// assert_eq!(Op::Binary(BinaryOp::Mul).apply(&[3.0, 4.0]), Some(12.0));
    /// assert_eq!(Op::Binary(BinaryOp::Mul).apply(&[3.0]), None);
    /// ```
    pub fn apply<S: Scalar>(self, operands: &[S]) -> Option<S> {
        match (self, operands) {
            (Op::Unary(op), &[x]) => Some(op.apply(x)),
            (Op::Binary(op), &[a, b]) => Some(op.apply(a, b)),
            (Op::Ternary(op), &[a, b, c]) => Some(op.apply(a, b, c)),
            (Op::Nary(op), xs) if op.takes(xs.len()) => Some(op.apply(xs)),
            _ => None,
        }
    }

    /// Whether it takes this number of operands. Nothing is recorded of an operation without operands.
    pub(crate) fn takes(self, operands: usize) -> bool {
        match self {
            Op::Input => false,
            Op::Unary(_) => operands == 1,
            Op::Binary(_) => operands == 2,
            Op::Ternary(_) => operands == 3,
            Op::Nary(op) => operands > 0 && op.takes(operands),
        }
    }

    /// The partials of this operation at these operands and its value there, one for each operand; none if it does not take
    /// this number of operands.
    ///
    /// ```
    /// use chainrule::op::{BinaryOp, Op};
    /// assert_eq!(Op::Binary(BinaryOp::Mul).partials(&[3.0, 4.0], 12.0), [4.0, 3.0]);
    /// ```
    pub fn partials<S: Scalar>(self, operands: &[S], value: S) -> Vec<S> {
        let mut partials = Vec::with_capacity(operands.len());
        self.each_partial(operands, value, |_| true, &mut |_, partial| {
            partials.push(partial);
        });
        partials
    }

    /// Calls `emit(i, partial)` for each wanted operand `i` in ascending order, and evaluates no other partial of an operation
    /// of up to three operands; does nothing if it does not take this number of operands.
    pub(crate) fn each_partial<S: Scalar>(
        self,
        operands: &[S],
        value: S,
        wanted: impl Fn(usize) -> bool,
        emit: &mut impl FnMut(usize, S),
    ) {
        let y = value;
        let mut pass = |place, partial: &dyn Fn() -> S| {
            if wanted(place) {
                emit(place, partial());
            }
        };
        match (self, operands) {
            (Op::Unary(op), &[x]) => pass(0, &|| op.partial(x, y)),
            (Op::Binary(op), &[a, b]) => {
                pass(0, &|| op.left(a, b, y));
                pass(1, &|| op.right(a, b, y));
            }
            (Op::Ternary(op), &[a, b, c]) => {
                pass(0, &|| op.first(a, b, c, y));
                pass(1, &|| op.second(a, b, c, y));
                pass(2, &|| op.third(a, b, c, y));
            }
            (Op::Nary(op), xs) if op.takes(xs.len()) => {
                op.partials(xs, y, &mut |place, partial| {
                    if wanted(place) {
                        emit(place, partial);
                    }
                });
            }
            _ => {}
        }
    }
}

impl NaryOp {
    /// Whether it takes this number of operands.
    fn takes(self, operands: usize) -> bool {
        operands.is_multiple_of(2) || !self.row().laws.contains(&Law::Pairs)
    }
}

/// The values of an operation of one operand at these numbers.
#[inline(always)]
pub(crate) fn values<O: Unary>(ys: &mut [f64], xs: &[f64]) {
    match O::OP {
        UnaryOp::Sin => near_or_far::<O>(ys, xs, math::trig::sin_near),
        UnaryOp::Cos => near_or_far::<O>(ys, xs, math::trig::cos_near),
        UnaryOp::Tan => near_or_far::<O>(ys, xs, math::trig::tan_near),
        UnaryOp::Sinc => near_or_far::<O>(ys, xs, math::sinc_near),
        _ => {
            for (y, &x) in ys.iter_mut().zip(xs) {
                *y = O::value(x);
            }
        }
    }
}

/// The values of an operation of two operands at these numbers, with the same right operand for all.
#[inline(always)]
pub(crate) fn values_with<O: Binary>(ys: &mut [f64], xs: &[f64], right: f64) {
    let has_usual = match O::OP {
        BinaryOp::SincDerivative => right == 1.0,
        BinaryOp::PowSlope => right == 2.0 || right == 3.0,
        _ => false,
    };
    if !has_usual {
        for (y, &x) in ys.iter_mut().zip(xs) {
            *y = O::value(x, right);
        }
        return;
    }
    mostly(
        ys,
        xs,
        #[inline(always)]
        |x| match O::OP {
            BinaryOp::SincDerivative => math::sinc_slope(x),
            _ => math::slope::pow_of_few(x, right),
        },
        #[inline(always)]
        |x| O::value(x, right),
    );
}

/// The values at these numbers by `near`, which has the same bits up to [`math::trig::NEAR`].
#[inline(always)]
fn near_or_far<O: Unary>(ys: &mut [f64], xs: &[f64], near: impl Fn(f64) -> f64) {
    mostly(
        ys,
        xs,
        #[inline(always)]
        |x| (near(x), x.abs() <= math::trig::NEAR),
        O::value,
    );
}

/// The values at these numbers by `usual`, which says whether it has the bits of `value`, and else by `value`.
///
/// A branch keeps a loop from being compiled to vector instructions. So those that `usual` does not know have a loop of
/// their own.
#[inline(always)]
fn mostly(
    ys: &mut [f64],
    xs: &[f64],
    usual: impl Fn(f64) -> (f64, bool),
    value: impl Fn(f64) -> f64,
) {
    let mut all_known = true;
    for (y, &x) in ys.iter_mut().zip(xs) {
        let (result, is_known) = usual(x);
        *y = result;
        all_known &= is_known;
    }
    if all_known {
        return;
    }
    for (y, &x) in ys.iter_mut().zip(xs) {
        if !usual(x).1 {
            *y = value(x);
        }
    }
}

/// The value and the partial of a row of plain numbers. Sine and cosine are each other's slopes, so both are computed at once.
#[inline]
pub(crate) fn value_and_partial<O: Unary, S: Scalar>(x: S) -> (S, S) {
    match O::OP {
        UnaryOp::Sin => x.sin_cos(),
        UnaryOp::Cos => {
            let (sine, cosine) = x.sin_cos();
            (cosine, -sine)
        }
        _ => {
            let y = x.apply::<O>();
            (y, O::partial(x, y))
        }
    }
}

macro_rules! formulas {
    (
        unary { $(
            #[doc = $udoc:literal]
            $unary:ident $usymbol:literal $(: $umethod:ident($($uat:literal),+) = $uvalue:literal, slope $uslope:literal)? {
                domain $udomain:tt; laws $ulaws:tt;
                rule $urule:literal $uslopes:tt;
                value |$ux:ident| $uf:expr;
                partial |$up:ident, $uy:ident| $upartial:expr;
            }
        )+ }
        binary { $(
            #[doc = $bdoc:literal]
            $binary:ident $bsymbol:literal $(: $bmethod:ident($($bat:literal),+) = $bvalue:literal, slopes $($bslope:literal),+)? {
                domain $bdomain:tt; laws $blaws:tt;
                rule $brule:literal $bslopes:tt;
                value |$ba:ident, $bb:ident| $bf:expr;
                left |$la:ident, $lb:ident, $ly:ident| $left:expr;
                right |$ra:ident, $rb:ident, $ry:ident| $right:expr;
            }
        )+ }
        ternary { $(
            #[doc = $tdoc:literal]
            $ternary:ident $tsymbol:literal $(: $tmethod:ident($($tat:literal),+) = $tvalue:literal, slopes $($tslope:literal),+)? {
                domain $tdomain:tt; laws $tlaws:tt;
                rule $trule:literal $tslopes:tt;
                value |$ta:ident, $tb:ident, $tc:ident| $tf:expr;
                first |$fa:ident, $fb:ident, $fc:ident, $fy:ident| $first:expr;
                second |$sa:ident, $sb:ident, $sc:ident, $sy:ident| $second:expr;
                third |$da:ident, $db:ident, $dc:ident, $dy:ident| $third:expr;
            }
        )+ }
        nary { $(
            #[doc = $ndoc:literal]
            $nary:ident $nsymbol:literal $(: $nmethod:ident($($nat:literal),+) = $nvalue:literal, slopes $($nslope:literal),+)? {
                domain $ndomain:tt; laws $nlaws:tt;
                rule $nrule:literal $nslopes:tt;
                value |$nx:ident| $nf:expr;
                partials |$px:ident, $py:ident, $emit:ident| $npartials:expr;
            }
        )+ }
        parameter { $($parameter:tt)* }
    ) => {
        use super::names::rows::{$($unary,)+ $($binary,)+ $($ternary,)+ $($nary,)+};

        $(impl Unary for $unary {
            const OP: UnaryOp = UnaryOp::$unary;
            #[inline(always)]
            fn value($ux: f64) -> f64 { $uf }
            #[inline]
            fn partial<S: Scalar>($up: S, $uy: S) -> S { $upartial }
        })+
        $(impl Binary for $binary {
            const OP: BinaryOp = BinaryOp::$binary;
            #[inline(always)]
            fn value($ba: f64, $bb: f64) -> f64 { $bf }
            #[inline]
            fn left<S: Scalar>($la: S, $lb: S, $ly: S) -> S { $left }
            #[inline]
            fn right<S: Scalar>($ra: S, $rb: S, $ry: S) -> S { $right }
        })+
        $(impl Ternary for $ternary {
            const OP: TernaryOp = TernaryOp::$ternary;
            #[inline]
            fn value($ta: f64, $tb: f64, $tc: f64) -> f64 { $tf }
            #[inline]
            fn first<S: Scalar>($fa: S, $fb: S, $fc: S, $fy: S) -> S { $first }
            #[inline]
            fn second<S: Scalar>($sa: S, $sb: S, $sc: S, $sy: S) -> S { $second }
            #[inline]
            fn third<S: Scalar>($da: S, $db: S, $dc: S, $dy: S) -> S { $third }
        })+
        $(impl Nary for $nary {
            const OP: NaryOp = NaryOp::$nary;
            #[inline(always)]
            fn value<S: Scalar>($nx: &(impl Operands<S> + ?Sized)) -> S { $nf }
            #[inline]
            fn partials<S: Scalar>($px: &[S], $py: S, $emit: &mut impl FnMut(usize, S)) { $npartials }
        })+

        impl Op {
            /// Does the work with this operation's row, which an input does not have.
            #[inline]
            pub(crate) fn visit<V: Visit>(self, work: V) -> Option<V::Output> {
                Some(match self {
                    Op::Input => return None,
                    $(Op::Unary(UnaryOp::$unary) => work.unary::<$unary>(),)+
                    $(Op::Binary(BinaryOp::$binary) => work.binary::<$binary>(),)+
                    $(Op::Ternary(TernaryOp::$ternary) => work.ternary::<$ternary>(),)+
                    $(Op::Nary(NaryOp::$nary) => work.nary::<$nary>(),)+
                })
            }
        }
        impl UnaryOp {
            #[inline]
            fn apply<S: Scalar>(self, x: S) -> S {
                match self { $(Self::$unary => x.apply::<$unary>(),)+ }
            }
            #[inline(always)]
            pub(crate) fn partial<S: Scalar>(self, x: S, y: S) -> S {
                match self { $(Self::$unary => $unary::partial(x, y),)+ }
            }
        }
        impl BinaryOp {
            #[inline]
            fn apply<S: Scalar>(self, a: S, b: S) -> S {
                match self { $(Self::$binary => a.apply2::<$binary>(b),)+ }
            }
            /// Both partials.
            #[inline(always)]
            pub(crate) fn partials<S: Scalar>(self, a: S, b: S, y: S) -> (S, S) {
                match self { $(Self::$binary => ($binary::left(a, b, y), $binary::right(a, b, y)),)+ }
            }
            #[inline(always)]
            pub(crate) fn left<S: Scalar>(self, a: S, b: S, y: S) -> S {
                match self { $(Self::$binary => $binary::left(a, b, y),)+ }
            }
            #[inline(always)]
            pub(crate) fn right<S: Scalar>(self, a: S, b: S, y: S) -> S {
                match self { $(Self::$binary => $binary::right(a, b, y),)+ }
            }
        }
        impl TernaryOp {
            #[inline]
            fn apply<S: Scalar>(self, a: S, b: S, c: S) -> S {
                match self { $(Self::$ternary => a.apply3::<$ternary>(b, c),)+ }
            }
            #[inline]
            pub(crate) fn first<S: Scalar>(self, a: S, b: S, c: S, y: S) -> S {
                match self { $(Self::$ternary => $ternary::first(a, b, c, y),)+ }
            }
            #[inline]
            pub(crate) fn second<S: Scalar>(self, a: S, b: S, c: S, y: S) -> S {
                match self { $(Self::$ternary => $ternary::second(a, b, c, y),)+ }
            }
            #[inline]
            pub(crate) fn third<S: Scalar>(self, a: S, b: S, c: S, y: S) -> S {
                match self { $(Self::$ternary => $ternary::third(a, b, c, y),)+ }
            }
        }
        impl NaryOp {
            #[inline]
            fn apply<S: Scalar>(self, xs: &[S]) -> S {
                match self { $(Self::$nary => S::apply_n::<$nary>(xs),)+ }
            }
            #[inline(always)]
            pub(crate) fn partials<S: Scalar>(self, xs: &[S], y: S, emit: &mut impl FnMut(usize, S)) {
                match self { $(Self::$nary => $nary::partials(xs, y, emit),)+ }
            }
        }
    };
}
table!(formulas);

/// The derivative of `a^b` twice with respect to `a` and once to `b`, `a^(b−2)·(b(b−1)·ln a + 2b − 1)`.
fn pow_mixed_by_base<S: Scalar>(a: S, b: S) -> S {
    let sum = chain(b * (b - 1.0), a.ln()) + (b * 2.0 - 1.0);
    chain(a.pow(b - 2.0), sum)
}

/// The derivative of `a^b` once with respect to `a` and twice to `b`, `a^(b−1)·ln a·(b·ln a + 2)`.
fn pow_mixed_by_exponent<S: Scalar>(a: S, b: S) -> S {
    chain(a.apply2::<PowLog>(b - 1.0), chain(b, a.ln()) + 2.0)
}

/// The derivative of the length of `(a, b)` twice with respect to `a` and once to `b`, `b(2a² − b²)/h⁵`.
fn hypot_mixed_by_first<S: Scalar>(a: S, b: S) -> S {
    let (p, q) = (a.apply2::<HypotSlope>(b), b.apply2::<HypotSlope>(a));
    chain(q * (p * p * 2.0 - q * q), a.hypot(b).recip().square())
}

/// The third derivative of the angle of `(b, a)` with respect to `a`, `2b(3a² − b²)/h⁶`.
fn atan2_curvature_slope<S: Scalar>(a: S, b: S) -> S {
    let (p, q) = (b.apply2::<Atan2Slope>(a), a.apply2::<Atan2Slope>(b));
    q * (p * p * 3.0 - q * q) * 2.0
}
