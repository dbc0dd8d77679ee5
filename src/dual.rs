//! Forward mode: a value and its derivative in one direction, computed together.

use std::cmp::Ordering;
use std::fmt;

use smallvec::SmallVec;

use crate::op::{Binary, Nary, Scalar, Sealed, Ternary, Unary, chain};

/// A value and its tangent: the derivative of the value in one direction.
///
/// `S` is any [`Scalar`]: `Dual<f64>` gives first derivatives, `Dual<Dual<f64>>` second derivatives, and `Dual<Var>`
/// derivatives that can be swept in reverse. It uses the same partials as the reverse sweep but multiplies in the
/// opposite order, so the two check each other. Plain numbers and lanes round each product and each sum of a tangent;
/// recorded numbers add each term with one rounding. Comparisons only look at the value.
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
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Dual<S> {
    /// The value.
    pub value: S,
    /// The derivative of the value in the direction given by the variables' tangents.
    pub tangent: S,
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

impl<S: Scalar> From<f64> for Dual<S> {
    /// A constant.
    fn from(value: f64) -> Self {
        Self::from(value)
    }
}

/// Implements comparisons of the values alone, at the caller's line, which a traced program reports.
macro_rules! comparisons {
    ($right:ty, $bound:path, $equal:path, |$other:ident| $value:expr) => {
        impl<S: $equal> PartialEq<$right> for Dual<S> {
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

        impl<S: $bound> PartialOrd<$right> for Dual<S> {
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

operators!([S: Scalar] Dual<S>);

impl<S: Scalar> Sealed for Dual<S> {
    #[inline]
    fn tangent<const N: usize>(so_far: Option<Self>, terms: [[Self; 2]; N]) -> Self {
        let mut sum = so_far;
        for [u, p] in terms {
            let mut tangent = S::tangent(None, [[u.tangent, p.value], [p.tangent, u.value]]);
            if let Some(sum) = sum {
                tangent = S::tangent(Some(tangent), [[sum.tangent, S::from(1.0)]]);
            }
            sum = Some(Self {
                value: S::tangent(sum.map(|sum| sum.value), [[u.value, p.value]]),
                tangent,
            });
        }
        sum.unwrap_or(Self::from(0.0))
    }
}

impl<S: Scalar> Scalar for Dual<S> {
    #[inline]
    fn apply<O: Unary>(self) -> Self {
        let (x, y) = (self.value, self.value.apply::<O>());
        if self.tangent.vanishes() {
            return Self::constant(y);
        }
        Self {
            value: y,
            tangent: chain(self.tangent, O::partial(x, y)),
        }
    }

    #[inline]
    fn apply2<O: Binary>(self, other: Self) -> Self {
        let (a, b) = (self.value, other.value);
        let y = a.apply2::<O>(b);
        // A partial whose tangent is 0 is not computed.
        let tangent = match (self.tangent.vanishes(), other.tangent.vanishes()) {
            (false, true) => S::tangent(None, [[self.tangent, O::left(a, b, y)]]),
            (true, false) => S::tangent(None, [[other.tangent, O::right(a, b, y)]]),
            (false, false) => {
                let left = O::left(a, b, y);
                S::tangent(
                    None,
                    [[self.tangent, left], [other.tangent, O::right(a, b, y)]],
                )
            }
            (true, true) => S::from(0.0),
        };
        Self { value: y, tangent }
    }

    #[inline]
    fn apply3<O: Ternary>(self, second: Self, third: Self) -> Self {
        let (a, b, c) = (self.value, second.value, third.value);
        let y = a.apply3::<O>(b, c);
        let mut tangent = None;
        if !self.tangent.vanishes() {
            tangent = Some(S::tangent(tangent, [[self.tangent, O::first(a, b, c, y)]]));
        }
        if !second.tangent.vanishes() {
            tangent = Some(S::tangent(
                tangent,
                [[second.tangent, O::second(a, b, c, y)]],
            ));
        }
        if !third.tangent.vanishes() {
            tangent = Some(S::tangent(tangent, [[third.tangent, O::third(a, b, c, y)]]));
        }
        Self {
            value: y,
            tangent: tangent.unwrap_or(S::from(0.0)),
        }
    }

    fn apply_n<O: Nary>(operands: &[Self]) -> Self {
        let values: SmallVec<[S; 32]> = operands.iter().map(|operand| operand.value).collect();
        let y = S::apply_n::<O>(&values);
        let mut tangent = None;
        if operands.iter().any(|operand| !operand.tangent.vanishes()) {
            O::partials(&values, y, &mut |i, partial| {
                tangent = Some(S::tangent(tangent, [[operands[i].tangent, partial]]));
            });
        }
        Self {
            value: y,
            tangent: tangent.unwrap_or(S::from(0.0)),
        }
    }

    #[inline]
    fn vanishes(self) -> bool {
        self.value.vanishes() && self.tangent.vanishes()
    }

    #[inline]
    fn shared(self) -> Self {
        Self {
            value: self.value.shared(),
            ..self
        }
    }
}
