//! Forward mode: a value and its derivatives in one direction or in several, computed together.

use std::array;
use std::cmp::Ordering;
use std::fmt::{self, Debug};

use smallvec::SmallVec;

use crate::op::{Binary, KnownPartials, Nary, Scalar, Sealed, Ternary, Unary, value_and_partial};

/// A value and its tangent: the derivative of the value in one direction, or in `N` directions at once.
///
/// `S` is any [`Scalar`]: `Dual<f64>` gives first derivatives, `Dual<Dual<f64>>` second derivatives, and `Dual<Var>`
/// derivatives that can be swept in reverse. `T` is the tangent: `S` for one direction, `[S; N]` for `N` directions. With `N`
/// directions, the values and the partials are computed only once.
///
/// A dual number uses the same partials as the reverse sweep but multiplies in the opposite order, so the two check each
/// other. Plain numbers and lanes round each product and each sum of a tangent; recorded numbers add each term with one
/// rounding. Every direction has the bits that it has alone. Comparisons only look at the value.
///
/// ```
/// use chainrule::Dual;
///
/// let x = Dual::variable(2.0);
/// let y = x * x * x;
/// assert_eq!((y.value, y.tangent), (8.0, 12.0));
///
/// let x = Dual::variable(Dual::variable(2.0));
/// let y = x * x * x;
/// assert_eq!(y.tangent.tangent, 12.0); // the second derivative, 6x
///
/// let [a, b] = Dual::variables([2.0, 5.0]);
/// assert_eq!((a * a * b).tangent, [20.0, 4.0]); // the gradient
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Dual<S, T = S> {
    /// The value.
    pub value: S,
    /// The derivatives of the value in the directions given by the variables' tangents.
    pub tangent: T,
}

/// The tangent of a [`Dual`] number with values `S`: a number `S` for one direction, an array `[S; N]` for `N` directions.
///
/// ```
/// use chainrule::{Dual, Scalar, Tangent};
///
/// fn squared_length<T: Tangent<f64>>(x: Dual<f64, T>, y: Dual<f64, T>) -> T {
///     (x.square() + y.square()).tangent
/// }
///
/// assert_eq!(squared_length(Dual::variable(3.0), Dual::from(4.0)), 6.0);
/// let [x, y] = Dual::variables([3.0, 4.0]);
/// assert_eq!(squared_length(x, y), [6.0, 8.0]);
/// ```
pub trait Tangent<S: Scalar>: Directions<S> + Copy + Debug + 'static {}

impl<S: Scalar> Tangent<S> for S {}
impl<S: Scalar, const N: usize> Tangent<S> for [S; N] {}

/// What a [`Dual`] number computes with its tangent.
pub trait Directions<S>: Sized {
    /// The tangent of a constant.
    fn zero() -> Self;

    /// Whether this is the tangent of a constant: 0 in every direction.
    fn is_zero(&self) -> bool;

    /// In each direction, the sum of `u·p` over these pairs of a tangent and a partial; see [`Sealed::tangents`].
    #[track_caller]
    fn sum<const TERMS: usize>(
        so_far: Option<Self>,
        terms: [(Self, S); TERMS],
        partials: KnownPartials,
    ) -> Self;

    /// This tangent times the first partial, and this tangent times the second.
    #[track_caller]
    fn two_products(self, p: S, q: S) -> [Self; 2];
}

impl<S: Scalar> Directions<S> for S {
    #[inline]
    fn zero() -> Self {
        S::from(0.0)
    }

    #[inline]
    fn is_zero(&self) -> bool {
        self.vanishes()
    }

    #[inline]
    fn sum<const TERMS: usize>(
        so_far: Option<Self>,
        terms: [(Self, S); TERMS],
        partials: KnownPartials,
    ) -> Self {
        let terms = terms.map(|(u, p)| ([u], p));
        let [sum] = S::tangents(so_far.map(|sum| [sum]), terms, partials);
        sum
    }

    #[inline]
    fn two_products(self, p: S, q: S) -> [Self; 2] {
        S::two_products([self], p, q).map(|[product]| product)
    }
}

impl<S: Scalar, const N: usize> Directions<S> for [S; N] {
    #[inline]
    fn zero() -> Self {
        [S::from(0.0); N]
    }

    #[inline]
    fn is_zero(&self) -> bool {
        // Without branches.
        self.iter().fold(true, |zero, u| zero & u.vanishes())
    }

    #[inline]
    fn sum<const TERMS: usize>(
        so_far: Option<Self>,
        terms: [(Self, S); TERMS],
        partials: KnownPartials,
    ) -> Self {
        S::tangents(so_far, terms, partials)
    }

    #[inline]
    fn two_products(self, p: S, q: S) -> [Self; 2] {
        S::two_products(self, p, q)
    }
}

impl<S: Scalar> Dual<S> {
    /// The variable to differentiate with respect to: its tangent is 1.
    ///
    /// ```
    /// use chainrule::{Dual, Scalar};
    /// assert_eq!(Dual::variable(3.0).square().tangent, 6.0);
    /// ```
    pub fn variable(value: S) -> Self {
        Self {
            value,
            tangent: S::from(1.0),
        }
    }

    /// A constant: its tangent is 0.
    ///
    /// This is the function of `From<f64>`. It is a function of the type too, so that traits of other crates with a function
    /// `from` do not make the call ambiguous.
    ///
    /// ```
    /// use chainrule::Dual;
    /// assert_eq!(Dual::<f64>::from(3.0).tangent, 0.0);
    /// ```
    pub fn from(value: f64) -> Self {
        Self::constant(S::from(value))
    }

    /// A constant: its tangent is 0.
    ///
    /// ```
    /// use chainrule::Dual;
    /// assert_eq!((Dual::variable(3.0) * Dual::constant(2.0)).tangent, 2.0);
    /// ```
    pub fn constant(value: S) -> Self {
        Self {
            value,
            tangent: S::from(0.0),
        }
    }
}

impl<S: Scalar, const N: usize> Dual<S, [S; N]> {
    /// The variables to differentiate with respect to, all at once: the tangent of a value computed from them is its gradient.
    ///
    /// ```
    /// use chainrule::{Dual, Scalar};
    ///
    /// let [x, y] = Dual::variables([3.0, 4.0]);
    /// assert_eq!(x.hypot(y).tangent, [0.6, 0.8]);
    ///
    /// // A constant, where a plain number will not do.
    /// let two: Dual<f64, [f64; 2]> = 2.0.into();
    /// assert_eq!(two.pow(x).tangent[1], 0.0);
    ///
    /// // The Hessian, row by row: each variable is one of the inner numbers too.
    /// let [x, y] = Dual::variables(Dual::variables([3.0, 4.0]));
    /// assert_eq!((x * x * y).tangent.map(|slope| slope.tangent), [[8.0, 6.0], [6.0, 0.0]]);
    /// ```
    #[must_use]
    pub fn variables(values: [S; N]) -> [Self; N] {
        array::from_fn(|place| Self {
            value: values[place],
            tangent: array::from_fn(|i| S::from(if i == place { 1.0 } else { 0.0 })),
        })
    }
}

impl<S: Scalar, T: Tangent<S>> From<f64> for Dual<S, T> {
    /// A constant.
    #[inline]
    fn from(value: f64) -> Self {
        Self {
            value: S::from(value),
            tangent: T::zero(),
        }
    }
}

/// Implements comparisons of the values alone, at the caller's line, which a traced program reports.
macro_rules! comparisons {
    ($right:ty, $bound:path, $equal:path, |$other:ident| $value:expr) => {
        impl<S: $equal, T> PartialEq<$right> for Dual<S, T> {
            #[track_caller]
            fn eq(&self, $other: &$right) -> bool {
                self.value == $value
            }
            #[track_caller]
            #[expect(
                clippy::partialeq_ne_impl,
                reason = "the provided method hides the caller's line"
            )]
            fn ne(&self, $other: &$right) -> bool {
                self.value != $value
            }
        }

        impl<S: $bound, T> PartialOrd<$right> for Dual<S, T> {
            #[track_caller]
            fn partial_cmp(&self, $other: &$right) -> Option<Ordering> {
                self.value.partial_cmp(&$value)
            }
            #[track_caller]
            fn lt(&self, $other: &$right) -> bool {
                self.value < $value
            }
            #[track_caller]
            fn le(&self, $other: &$right) -> bool {
                self.value <= $value
            }
            #[track_caller]
            fn gt(&self, $other: &$right) -> bool {
                self.value > $value
            }
            #[track_caller]
            fn ge(&self, $other: &$right) -> bool {
                self.value >= $value
            }
        }
    };
}

comparisons!(Self, PartialOrd, PartialEq, |other| other.value);
comparisons!(f64, PartialOrd<f64>, PartialEq<f64>, |other| *other);

impl<S: fmt::Display> fmt::Display for Dual<S> {
    /// The value, then the tangent followed by `ε`: `8 + 12ε`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)?;
        f.write_str(" + ")?;
        self.tangent.fmt(f)?;
        f.write_str("ε")
    }
}

operators!(inline, [S: Scalar, T: Tangent<S>] Dual<S, T>);

impl<S: Scalar, T: Tangent<S>> Sealed for Dual<S, T> {
    const PLAIN: bool = S::PLAIN;

    #[inline]
    fn tangents<const N: usize, const TERMS: usize>(
        so_far: Option<[Self; N]>,
        terms: [([Self; N], Self); TERMS],
        _partials: KnownPartials,
    ) -> [Self; N] {
        array::from_fn(|direction| {
            let mut sum = so_far.map(|sum| sum[direction]);
            for (u, p) in terms {
                let u = u[direction];
                let mut tangent = T::sum(
                    None,
                    [(u.tangent, p.value), (p.tangent, u.value)],
                    KnownPartials::Any,
                );
                if let Some(sum) = sum {
                    tangent = T::sum(
                        Some(tangent),
                        [(sum.tangent, S::from(1.0))],
                        KnownPartials::Any,
                    );
                }
                sum = Some(Self {
                    value: <S as Directions<S>>::sum(
                        sum.map(|sum| sum.value),
                        [(u.value, p.value)],
                        KnownPartials::Any,
                    ),
                    tangent,
                });
            }
            sum.unwrap_or(<Self as From<f64>>::from(0.0))
        })
    }

    #[inline]
    fn with_constant<O: Binary>(self, constant: f64) -> Self {
        let y = self.value.with_constant::<O>(constant);
        let tangent = if Self::is_sum::<O>() {
            self.tangent
        } else {
            let partial = || O::left(self.value, S::from(constant), y);
            self.times(partial, O::OP.left_needs_only_right())
        };
        Self { value: y, tangent }
    }

    #[inline]
    fn after_constant<O: Binary>(self, constant: f64) -> Self {
        let y = self.value.after_constant::<O>(constant);
        let partial = || O::right(S::from(constant), self.value, y);
        let tangent = if Self::is_sum::<O>() {
            T::sum(
                Some(T::zero()),
                [(self.tangent, partial())],
                KnownPartials::Signs,
            )
        } else {
            self.times(partial, O::OP.right_needs_only_left())
        };
        Self { value: y, tangent }
    }
}

impl<S: Scalar, T: Tangent<S>> Dual<S, T> {
    /// Whether to compute a partial at once, because testing its tangent for 0 takes longer.
    #[inline]
    fn is_at_once(is_cheap: bool) -> bool {
        S::PLAIN && is_cheap
    }

    /// Whether a tangent is the sum or the difference of two tangents.
    #[inline]
    fn is_sum<O: Binary>() -> bool {
        Self::is_at_once(O::OP.is_sum())
    }

    /// The tangent times a partial, which depends only on a constant, or is not computed if the tangent is 0.
    #[inline]
    fn times(self, partial: impl FnOnce() -> S, is_constant: bool) -> T {
        if Self::is_at_once(is_constant) {
            T::sum(None, [(self.tangent, partial())], KnownPartials::Constant)
        } else if self.tangent.is_zero() {
            T::zero()
        } else {
            T::sum(None, [(self.tangent, partial())], KnownPartials::Any)
        }
    }

    /// Applies a row of one operand. The partial is not computed if the tangent is 0.
    #[inline]
    #[track_caller]
    fn apply_unless_constant<O: Unary>(self) -> Self {
        if self.tangent.is_zero() {
            return Self {
                value: self.value.apply::<O>(),
                tangent: T::zero(),
            };
        }
        let (value, partial) = if S::PLAIN {
            value_and_partial::<O, S>(self.value)
        } else {
            let y = self.value.apply::<O>();
            (y, O::partial(self.value, y))
        };
        let tangent = T::sum(None, [(self.tangent, partial)], KnownPartials::Any);
        Self { value, tangent }
    }

    /// The same for two operands: a partial is not computed if its tangent is 0.
    #[inline]
    #[track_caller]
    fn apply2_unless_constant<O: Binary>(self, other: Self) -> Self {
        let (a, b, u, v) = (self.value, other.value, self.tangent, other.tangent);
        let y = a.apply2::<O>(b);
        let tangent = match (u.is_zero(), v.is_zero()) {
            (false, false) => {
                let left = O::left(a, b, y);
                T::sum(
                    None,
                    [(u, left), (v, O::right(a, b, y))],
                    KnownPartials::Any,
                )
            }
            (false, true) => T::sum(None, [(u, O::left(a, b, y))], KnownPartials::Any),
            (true, false) => T::sum(None, [(v, O::right(a, b, y))], KnownPartials::Any),
            (true, true) => T::zero(),
        };
        Self { value: y, tangent }
    }
}

impl<S: Scalar, T: Tangent<S>> Scalar for Dual<S, T> {
    #[inline]
    fn apply<O: Unary>(self) -> Self {
        if !Self::is_at_once(O::OP.is_cheap()) {
            return self.apply_unless_constant::<O>();
        }
        let y = self.value.apply::<O>();
        let terms = [(self.tangent, O::partial(self.value, y))];
        let tangent = if O::OP.is_negation() {
            T::sum(Some(T::zero()), terms, KnownPartials::Signs)
        } else {
            T::sum(None, terms, KnownPartials::Any)
        };
        Self { value: y, tangent }
    }

    #[inline]
    fn apply2<O: Binary>(self, other: Self) -> Self {
        if !Self::is_at_once(O::OP.is_cheap()) {
            return self.apply2_unless_constant::<O>(other);
        }
        let (a, b, u, v) = (self.value, other.value, self.tangent, other.tangent);
        let y = a.apply2::<O>(b);
        let right = O::right(a, b, y);
        let tangent = if O::OP.is_sum() {
            T::sum(Some(u), [(v, right)], KnownPartials::Signs)
        } else {
            T::sum(
                None,
                [(u, O::left(a, b, y)), (v, right)],
                KnownPartials::Any,
            )
        };
        Self { value: y, tangent }
    }

    #[inline]
    fn apply3<O: Ternary>(self, second: Self, third: Self) -> Self {
        let (a, b, c) = (self.value, second.value, third.value);
        let y = a.apply3::<O>(b, c);
        let mut tangent = None;
        if !self.tangent.is_zero() {
            tangent = Some(T::sum(
                tangent,
                [(self.tangent, O::first(a, b, c, y))],
                KnownPartials::Any,
            ));
        }
        if !second.tangent.is_zero() {
            tangent = Some(T::sum(
                tangent,
                [(second.tangent, O::second(a, b, c, y))],
                KnownPartials::Any,
            ));
        }
        if !third.tangent.is_zero() {
            tangent = Some(T::sum(
                tangent,
                [(third.tangent, O::third(a, b, c, y))],
                KnownPartials::Any,
            ));
        }
        Self {
            value: y,
            tangent: tangent.unwrap_or(T::zero()),
        }
    }

    fn apply_n<O: Nary>(operands: &[Self]) -> Self {
        let values: SmallVec<[S; 32]> = operands.iter().map(|operand| operand.value).collect();
        let y = S::apply_n::<O>(&values);
        let mut tangent = None;
        if operands.iter().any(|operand| !operand.tangent.is_zero()) {
            O::partials(&values, y, &mut |i, partial| {
                tangent = Some(T::sum(
                    tangent,
                    [(operands[i].tangent, partial)],
                    KnownPartials::Any,
                ));
            });
        }
        Self {
            value: y,
            tangent: tangent.unwrap_or(T::zero()),
        }
    }

    #[inline]
    fn sin_cos(self) -> (Self, Self) {
        if !S::PLAIN {
            return (self.sin(), self.cos());
        }
        let (sine, cosine) = self.value.sin_cos();
        let [of_sine, of_cosine] = self.tangent.two_products(cosine, -sine);
        let dual = |value, tangent| Self { value, tangent };
        (dual(sine, of_sine), dual(cosine, of_cosine))
    }

    #[inline]
    fn vanishes(self) -> bool {
        self.value.vanishes() && self.tangent.is_zero()
    }

    #[inline]
    fn shared(self) -> Self {
        Self {
            value: self.value.shared(),
            ..self
        }
    }
}
