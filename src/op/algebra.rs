//! The algebra: what a row of the table must define, and what every kind of number of this crate can do.

use std::array;
use std::fmt::Debug;
use std::iter::{Product, Sum};
use std::ops::{
    Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign,
};

use smallvec::SmallVec;

use super::names::{BinaryOp, NaryOp, TernaryOp, UnaryOp, rows};
use super::operands::Operands;
use super::tangent::{self, KnownPartials};
use crate::error::{Result, check_length};
use crate::labels::Labels;
use crate::math::fused;
use crate::math::fused::{Inline, with_fma};
use crate::math::trig;

/// An operation of one operand.
///
/// ```
/// use chainrule::op::{Unary, UnaryOp, rows::Exp};
/// assert_eq!(Exp::OP, UnaryOp::Exp);
/// let y = Exp::value(1.0);
/// assert_eq!(Exp::partial(1.0, y), y);
/// ```
pub trait Unary: 'static {
    /// Its name.
    const OP: UnaryOp;
    /// Its value.
    fn value(x: f64) -> f64;
    /// Its derivative, from the operand and the value.
    fn partial<S: Scalar>(x: S, y: S) -> S;
}

/// An operation of two operands.
///
/// ```
/// use chainrule::op::{Binary, BinaryOp, rows::Mul};
/// assert_eq!(Mul::OP, BinaryOp::Mul);
/// let y = Mul::value(3.0, 4.0);
/// assert_eq!((y, Mul::left(3.0, 4.0, y), Mul::right(3.0, 4.0, y)), (12.0, 4.0, 3.0));
/// ```
pub trait Binary: 'static {
    /// Its name.
    const OP: BinaryOp;
    /// Its value.
    fn value(a: f64, b: f64) -> f64;
    /// Its derivative with respect to the first operand, from both operands and the value.
    fn left<S: Scalar>(a: S, b: S, y: S) -> S;
    /// Its derivative with respect to the second operand, from both operands and the value.
    fn right<S: Scalar>(a: S, b: S, y: S) -> S;
}

/// An operation of three operands.
///
/// ```
/// use chainrule::op::{Ternary, TernaryOp, rows::Select};
/// assert_eq!(Select::OP, TernaryOp::Select);
/// let y = Select::value(1.0, 3.0, 4.0);
/// assert_eq!((y, Select::second(1.0, 3.0, 4.0, y), Select::third(1.0, 3.0, 4.0, y)), (3.0, 1.0, 0.0));
/// ```
pub trait Ternary: 'static {
    /// Its name.
    const OP: TernaryOp;
    /// Its value.
    fn value(a: f64, b: f64, c: f64) -> f64;
    /// Its derivative with respect to the first operand, from all operands and the value.
    fn first<S: Scalar>(a: S, b: S, c: S, y: S) -> S;
    /// Its derivative with respect to the second operand, from all operands and the value.
    fn second<S: Scalar>(a: S, b: S, c: S, y: S) -> S;
    /// Its derivative with respect to the third operand, from all operands and the value.
    fn third<S: Scalar>(a: S, b: S, c: S, y: S) -> S;
}

/// An operation of any number of operands.
///
/// ```
/// use chainrule::op::{Nary, NaryOp, rows::Mean};
/// assert_eq!(Mean::OP, NaryOp::Mean);
/// let y = Mean::value(&[1.0, 3.0]);
/// let mut partials = Vec::new();
/// Mean::partials(&[1.0, 3.0], y, &mut |place, partial| partials.push((place, partial)));
/// assert_eq!((y, partials), (2.0, vec![(0, 0.5), (1, 0.5)]));
/// ```
pub trait Nary: 'static {
    /// Its name.
    const OP: NaryOp;
    /// Its value, over any kind of number: with lanes it computes many values at once, with recording numbers it records the
    /// operations that it consists of.
    fn value<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S;
    /// Its derivatives, from the operands and the value: `emit(i, partial)` for each operand `i` in ascending order.
    fn partials<S: Scalar>(xs: &[S], y: S, emit: &mut impl FnMut(usize, S));
}

/// Only this crate implements [`Scalar`], since only it knows what a row of the table means for a kind of number.
pub trait Sealed {
    /// Whether an operation takes only a few instructions and leaves nothing behind. Then it costs less to compute an operation
    /// than to find out whether it is needed.
    const PLAIN: bool = false;

    /// The number, if it is known and there is only one: for plain numbers, and for lanes that are equal.
    #[inline]
    #[must_use]
    fn only_number(_number: &Self) -> Option<f64> {
        None
    }

    /// Tangents in `N` directions: in each, the sum of `u·p` over these pairs from left to right, after the sum so far, if
    /// there is one.
    ///
    /// A recorded term is rounded once, like every term that the tape records. Plain numbers round the product and the sum,
    /// because a fused multiply-add is a call of a function where its instruction is not enabled.
    #[inline]
    #[must_use]
    fn tangents<const N: usize, const TERMS: usize>(
        so_far: Option<[Self; N]>,
        terms: [([Self; N], Self); TERMS],
        _partials: KnownPartials,
    ) -> [Self; N]
    where
        Self: Scalar,
    {
        array::from_fn(|direction| {
            let mut sum = so_far.map(|sum| sum[direction]);
            for (u, p) in terms {
                sum = Some(match sum {
                    Some(sum) => chain_add(u[direction], p, sum),
                    None => chain(u[direction], p),
                });
            }
            sum.unwrap_or(Self::from(0.0))
        })
    }

    /// The tangents times the first partial, and the tangents times the second.
    #[inline]
    #[must_use]
    fn two_products<const N: usize>(us: [Self; N], p: Self, q: Self) -> [[Self; N]; 2]
    where
        Self: Scalar,
    {
        [p, q].map(|p| Self::tangents(None, [(us, p)], KnownPartials::Any))
    }

    /// The row of two operands with this constant as the second.
    #[inline]
    #[must_use]
    #[track_caller]
    fn with_constant<O: Binary>(self, constant: f64) -> Self
    where
        Self: Scalar,
    {
        self.apply2::<O>(Self::from(constant))
    }

    /// The row of two operands with this constant as the first.
    #[inline]
    #[must_use]
    #[track_caller]
    fn after_constant<O: Binary>(self, constant: f64) -> Self
    where
        Self: Scalar,
    {
        Self::from(constant).apply2::<O>(self)
    }
}

/// A kind of number for generic formulas: `f64`, [`Lanes`](crate::Lanes), [`Dual`](crate::Dual) and
/// [`Var`](crate::Var).
///
/// The caller of a function that is generic over `Scalar` chooses whether it computes plain values, many values at
/// once, forward derivatives or a recorded graph. The values have the same bits in all of them. Write constants as
/// `f64` on the right (`x * 2.0`, `x.max(0.0)`) or as `S::from(2.0)`. A function that compares also needs the
/// bounds `PartialOrd + PartialOrd<f64>`, which lanes do not satisfy.
///
/// `a % b` is the remainder with the sign of `a`, like that of `f64`. Its slope with respect to `b` is the negative quotient
/// rounded towards 0.
///
/// Outside generic code, `f64`'s own methods take precedence: `x.sin()` of a plain `f64` is the standard library's,
/// and `f64::max` hides a NaN. `Scalar::sin(x)` is this crate's.
///
/// ```
/// use chainrule::{Dual, Scalar, Var};
///
/// fn squared_length<S: Scalar>(x: S, y: S) -> S {
///     x.square() + y.square()
/// }
///
/// assert_eq!(squared_length(3.0, 4.0), 25.0);
/// assert_eq!(squared_length(Dual::variable(3.0), 4.0.into()).tangent, 6.0);
/// let x = Var::new(3.0);
/// assert_eq!(squared_length(x, 4.0.into()).backward()[x], 6.0);
/// let rest = 7.5 % x;
/// assert_eq!((rest.value(), rest.backward()[x]), (1.5, -2.0));
/// ```
pub trait Scalar:
    Sealed
    + Copy
    + Debug
    + From<f64>
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Rem<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
    + Rem<f64, Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + RemAssign
    + AddAssign<f64>
    + SubAssign<f64>
    + MulAssign<f64>
    + DivAssign<f64>
    + RemAssign<f64>
    + Sum
    + Product
    + for<'a> Sum<&'a Self>
    + for<'a> Product<&'a Self>
    + 'static
{
    /// Applies a row of one operand.
    ///
    /// ```
    /// use chainrule::{Scalar, op::rows::Exp};
    /// assert_eq!(0.0.apply::<Exp>(), 1.0);
    /// ```
    #[must_use]
    #[track_caller]
    fn apply<O: Unary>(self) -> Self;

    /// Applies a row of two operands.
    ///
    /// ```
    /// use chainrule::{Scalar, op::rows::Mul};
    /// assert_eq!(3.0.apply2::<Mul>(4.0), 12.0);
    /// ```
    #[must_use]
    #[track_caller]
    fn apply2<O: Binary>(self, b: Self) -> Self;

    /// Applies a row of three operands.
    ///
    /// ```
    /// use chainrule::{Scalar, op::rows::Select};
    /// assert_eq!(1.0.apply3::<Select>(3.0, 4.0), 3.0);
    /// ```
    #[must_use]
    #[track_caller]
    fn apply3<O: Ternary>(self, b: Self, c: Self) -> Self;

    /// Applies a row of any number of operands.
    ///
    /// ```
    /// use chainrule::{Scalar, op::rows::Sum};
    /// assert_eq!(f64::apply_n::<Sum>(&[1.0, 2.0, 3.0]), 6.0);
    /// ```
    #[must_use]
    #[track_caller]
    fn apply_n<O: Nary>(operands: &[Self]) -> Self;

    /// Whether this is a constant that is exactly 0, so that all its derivatives are 0 too.
    ///
    /// By the zero rule, the chain rule's product with this factor is 0, so it need not be computed.
    ///
    /// ```
    /// use chainrule::{Scalar, Var};
    /// assert!(Var::from(0.0).vanishes());
    /// assert!(!Var::new(0.0).vanishes());
    /// ```
    fn vanishes(self) -> bool;

    /// The same value, prepared for use in several operations of many operands, such as sums and dot products.
    ///
    /// Each of these operations would record another input for a constant; this records one input for all of them.
    /// Other numbers stay unchanged.
    ///
    /// ```
    /// use chainrule::{Scalar, Var};
    /// assert!(!Var::from(2.0).shared().is_constant());
    /// assert_eq!(2.0.shared(), 2.0);
    /// ```
    #[must_use]
    fn shared(self) -> Self {
        self
    }

    /// Says that this value is a label, and returns it. If it is an input of a traced function, the program can check it in
    /// every row: see [`Batch::check_labels`](crate::Batch::check_labels). It is not checked here.
    ///
    /// ```
    /// use chainrule::{Labels, Program, Scalar};
    ///
    /// fn loss<S: Scalar>(p: &[S], row: &[S]) -> S {
    ///     let label = row[1].expect_label(Labels::Signs);
    ///     (-(p[0] * row[0] * label)).softplus()
    /// }
    /// let f = Program::trace_rows(&[0.5], 2, |p, row| loss(p, row))?;
    /// let error = f.batch(&[[2.0, 1.0], [3.0, 0.0]])?.check_labels().unwrap_err();
    /// assert_eq!(error.to_string(), "row 1: the label in column 1 must be −1 or 1, found 0.0");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    fn expect_label(self, _labels: Labels) -> Self {
        self
    }

    /// The sine and the cosine, of radians. Plain numbers and duals of them compute both in about the time of one.
    ///
    /// ```
    /// use chainrule::{Dual, Scalar};
    /// let (sine, cosine) = Dual::variable(0.5).sin_cos();
    /// assert_eq!((sine.tangent, cosine.tangent), (cosine.value, -sine.value));
    /// ```
    #[must_use]
    #[track_caller]
    fn sin_cos(self) -> (Self, Self) {
        (self.sin(), self.cos())
    }

    /// The dot product `w₀x₀ + w₁x₁ + …`, each term added with one rounding; 0 if there are none.
    ///
    /// A recorded dot product is one node.
    ///
    /// ```
    /// use chainrule::Scalar;
    /// assert_eq!(f64::dot_product(&[1.0, 2.0], &[3.0, 4.0])?, 11.0);
    /// let error = f64::dot_product(&[1.0, 2.0], &[3.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "xs of the dot product: expected 2 values, found 1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the lengths differ.
    #[track_caller]
    fn dot_product(ws: &[Self], xs: &[Self]) -> Result<Self> {
        same_length(ws, xs)?;
        Ok(interleaved_dot(ws, xs))
    }

    /// The value at this index, which is rounded down, as in [`floor_index`](crate::Var::floor_index); NaN if there is none.
    ///
    /// A derivative passes only to the value that was chosen. With [`argmin_of`](Self::argmin_of), a function can choose one of
    /// many and go on with that one alone.
    ///
    /// ```
    /// use chainrule::Scalar;
    /// assert_eq!(f64::gather(1.0, &[5.0, 7.0, 9.0]), 7.0);
    /// assert_eq!(f64::gather(2.9, &[5.0, 7.0, 9.0]), 9.0);
    /// assert!(f64::gather(3.0, &[5.0, 7.0, 9.0]).is_nan());
    /// ```
    #[must_use]
    #[track_caller]
    fn gather(self, values: &[Self]) -> Self {
        let operands: SmallVec<[Self; 16]> = std::iter::once(self)
            .chain(values.iter().copied())
            .collect();
        Self::apply_n::<rows::Gather>(&operands)
    }

    methods!();
}

/// Checks that the factors of a dot product pair up.
pub(crate) fn same_length<S>(ws: &[S], xs: &[S]) -> Result<()> {
    check_length("xs of the dot product", ws.len(), xs.len())
}

/// The dot product of slices of the same length, by the row with alternating operands.
#[track_caller]
pub(crate) fn interleaved_dot<S: Scalar>(ws: &[S], xs: &[S]) -> S {
    let Some(&first) = ws.first() else {
        return S::from(0.0);
    };
    // Copied from slice to slice, which takes a third of the time that an iterator takes.
    let mut factors = smallvec::SmallVec::<[S; 64]>::new();
    factors.resize(2 * ws.len(), first);
    let (pairs, _) = factors.as_chunks_mut::<2>();
    for (pair, (&w, &x)) in pairs.iter_mut().zip(ws.iter().zip(xs)) {
        *pair = [w, x];
    }
    S::apply_n::<rows::Dot>(&factors)
}

impl Sealed for f64 {
    const PLAIN: bool = true;

    #[inline]
    fn only_number(number: &Self) -> Option<f64> {
        Some(*number)
    }

    #[expect(
        clippy::inline_always,
        reason = "otherwise tangents pass through memory"
    )]
    #[inline(always)]
    fn tangents<const N: usize, const TERMS: usize>(
        so_far: Option<[Self; N]>,
        terms: [([Self; N], Self); TERMS],
        partials: KnownPartials,
    ) -> [Self; N] {
        tangent::shared(so_far, terms, partials)
    }

    #[expect(
        clippy::inline_always,
        reason = "otherwise tangents pass through memory"
    )]
    #[inline(always)]
    fn two_products<const N: usize>(us: [Self; N], p: Self, q: Self) -> [[Self; N]; 2] {
        tangent::two_products(us, p, q)
    }
}

impl Scalar for f64 {
    #[inline]
    fn apply<O: Unary>(self) -> Self {
        O::value(self)
    }

    #[inline]
    fn apply2<O: Binary>(self, b: Self) -> Self {
        O::value(self, b)
    }

    #[inline]
    fn apply3<O: Ternary>(self, b: Self, c: Self) -> Self {
        O::value(self, b, c)
    }

    #[inline]
    fn apply_n<O: Nary>(operands: &[Self]) -> Self {
        with_fma(Inline(
            #[inline(always)]
            || O::value(operands),
        ))
    }

    #[inline]
    fn sin_cos(self) -> (Self, Self) {
        trig::sin_cos(self)
    }

    #[inline]
    fn dot_product(ws: &[Self], xs: &[Self]) -> Result<Self> {
        same_length(ws, xs)?;
        Ok(fused::dot(ws.iter().copied().zip(xs.iter().copied())))
    }

    #[inline]
    fn vanishes(self) -> bool {
        self == 0.0
    }
}

/// The chain rule's product `u·p`: 0 if either factor is a constant 0, whatever the other is.
#[inline]
pub(crate) fn chain<S: Scalar>(u: S, p: S) -> S {
    if u.vanishes() || p.vanishes() {
        S::from(0.0)
    } else {
        u.apply2::<rows::Chain>(p)
    }
}

/// The chain rule's term `u·p + a`, rounded once: `a` if either factor is a constant 0.
#[inline]
pub(crate) fn chain_add<S: Scalar>(u: S, p: S, a: S) -> S {
    if u.vanishes() || p.vanishes() {
        a
    } else {
        u.apply3::<rows::ChainAdd>(p, a)
    }
}
