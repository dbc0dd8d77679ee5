//! The algebra: what every kind of number of this crate can do.

use std::fmt::Debug;
use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::{Binary, Nary, Ternary, Unary, rows};
use crate::error::{Error, Result};
use crate::math::fused;

/// The kinds of number are the crate's own: only here is it known what a row of the table means for them.
pub trait Sealed {}

macro_rules! define_scalar {
    (
        unary { $( [$udoc:literal] $umethod:ident $unary:ident ($uat:literal) $uvalue:literal $uslope:literal; )+ }
        binary { $( [$bdoc:literal] $bmethod:ident $binary:ident ($bx:literal, $by:literal) $bvalue:literal ($bleft:literal, $bright:literal); )+ }
        ternary { $( [$tdoc:literal] $tmethod:ident $ternary:ident ($tx:literal, $ty:literal, $tz:literal) $tvalue:literal ($tfirst:literal, $tsecond:literal, $tthird:literal); )+ }
        nary { $( [$ndoc:literal] $nmethod:ident $nary:ident ($($nat:literal),+) $nvalue:literal ($($nslope:literal),+); )+ }
        parameter { $(
            #[doc = $pdoc:literal]
            $pmethod:ident($parameter:ident: $ptype:ty) = $prow:ident; at ($pat:literal, $pof:literal) = $pvalue:literal, slope $pslope:literal;
        )+ }
    ) => {
        /// A kind of number that formulas can be written over: `f64`, [`Lanes`](crate::Lanes),
        /// [`Dual`](crate::Dual) and [`Var`](crate::Var).
        ///
        /// A function that is generic over `Scalar` gives plain values, many values at once, forward derivatives or a
        /// recorded graph, as its caller chooses, and the same bits in all of them. Constants are written as `f64` on the
        /// right (`x * 2.0`, `x.max(0.0)`) or `S::from(2.0)`; a function that compares asks for
        /// `PartialOrd + PartialOrd<f64>` beside it, which lanes do not have.
        ///
        /// Outside generic code, `f64`'s own methods come first: `x.sin()` of a plain `f64` is the standard library's,
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
            + Add<f64, Output = Self>
            + Sub<f64, Output = Self>
            + Mul<f64, Output = Self>
            + Div<f64, Output = Self>
            + AddAssign
            + SubAssign
            + MulAssign
            + DivAssign
            + AddAssign<f64>
            + SubAssign<f64>
            + MulAssign<f64>
            + DivAssign<f64>
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

            /// Whether this is exactly 0 and stays 0 however it is differentiated: a constant.
            ///
            /// By the zero rule a product with such a factor in the chain rule is 0, so it need not be formed.
            ///
            /// ```
            /// use chainrule::{Scalar, Var};
            /// assert!(Var::from(0.0).vanishes());
            /// assert!(!Var::new(0.0).vanishes());
            /// ```
            fn vanishes(self) -> bool;

            /// The same value, made ready to be an operand of many sums, dot products and the like.
            ///
            /// A recording constant becomes an input here, once, instead of one in each operation of many operands that
            /// takes it. Other numbers stay as they are.
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

            $(
                #[doc = $udoc]
                ///
                /// ```
                #[doc = concat!("# use chainrule::{Dual, Scalar};\nfn f<S: Scalar>(x: S) -> S {\n    x.", stringify!($umethod), "()\n}\n")]
                #[doc = concat!("assert!((f(", stringify!($uat), ") - ", stringify!($uvalue), ").abs() < 1e-14);")]
                #[doc = concat!("assert!((f(Dual::variable(", stringify!($uat), ")).tangent - ", stringify!($uslope), ").abs() < 1e-14);")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                fn $umethod(self) -> Self {
                    self.apply::<rows::$unary>()
                }
            )+
            $(
                #[doc = $bdoc]
                ///
                /// ```
                #[doc = concat!("# use chainrule::{Dual, Scalar};\nfn f<S: Scalar>(a: S, b: S) -> S {\n    a.", stringify!($bmethod), "(b)\n}\n")]
                #[doc = concat!("let (a, b) = (", stringify!($bx), ", ", stringify!($by), ");")]
                #[doc = concat!("assert!((f(a, b) - ", stringify!($bvalue), ").abs() < 1e-14);")]
                #[doc = concat!("assert!((f(Dual::variable(a), b.into()).tangent - ", stringify!($bleft), ").abs() < 1e-14);")]
                #[doc = concat!("assert!((f(a.into(), Dual::variable(b)).tangent - ", stringify!($bright), ").abs() < 1e-14);")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                fn $bmethod(self, b: impl Into<Self>) -> Self {
                    self.apply2::<rows::$binary>(b.into())
                }
            )+
            $(
                #[doc = $tdoc]
                ///
                /// ```
                #[doc = concat!("# use chainrule::{Dual, Scalar};\nfn f<S: Scalar>(a: S, b: S, c: S) -> S {\n    a.", stringify!($tmethod), "(b, c)\n}\n")]
                #[doc = concat!("let (a, b, c) = (", stringify!($tx), ", ", stringify!($ty), ", ", stringify!($tz), ");")]
                #[doc = concat!("assert!((f(a, b, c) - ", stringify!($tvalue), ").abs() < 1e-14);")]
                #[doc = concat!("assert_eq!(f(Dual::variable(a), b.into(), c.into()).tangent, ", stringify!($tfirst), ");")]
                #[doc = concat!("assert_eq!(f(a.into(), Dual::variable(b), c.into()).tangent, ", stringify!($tsecond), ");")]
                #[doc = concat!("assert_eq!(f(a.into(), b.into(), Dual::variable(c)).tangent, ", stringify!($tthird), ");")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                fn $tmethod(self, b: impl Into<Self>, c: impl Into<Self>) -> Self {
                    self.apply3::<rows::$ternary>(b.into(), c.into())
                }
            )+
            $(
                #[doc = $ndoc]
                ///
                /// ```
                #[doc = concat!("# use chainrule::Var;\nlet xs = [", $(stringify!($nat), ", ",)+ "].map(Var::new);")]
                #[doc = concat!("let y = Var::", stringify!($nmethod), "(&xs);")]
                #[doc = concat!("assert!((y.value() - ", stringify!($nvalue), ").abs() < 1e-14);")]
                #[doc = concat!("let slopes = [", $(stringify!($nslope), ", ",)+ "];")]
                /// let grads = y.backward();
                /// assert!(xs.iter().zip(slopes).all(|(&x, slope)| (grads[x] - slope).abs() < 1e-14));
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                fn $nmethod(xs: &[Self]) -> Self {
                    Self::apply_n::<rows::$nary>(xs)
                }
            )+
            $(
                #[doc = $pdoc]
                ///
                /// ```
                #[doc = concat!("# use chainrule::{Dual, Scalar};\nfn f<S: Scalar>(x: S) -> S {\n    x.", stringify!($pmethod), "(", stringify!($pof), ")\n}\n")]
                #[doc = concat!("assert!((f(", stringify!($pat), ") - ", stringify!($pvalue), ").abs() < 1e-14);")]
                #[doc = concat!("assert!((f(Dual::variable(", stringify!($pat), ")).tangent - ", stringify!($pslope), ").abs() < 1e-14);")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                fn $pmethod(self, $parameter: $ptype) -> Self {
                    self.apply2::<rows::$prow>(Self::from(f64::from($parameter)))
                }
            )+
        }
    };
}
methods!(define_scalar);

/// Passes if the factors of a dot product pair up.
pub(crate) fn same_length<S>(ws: &[S], xs: &[S]) -> Result<()> {
    if ws.len() == xs.len() {
        Ok(())
    } else {
        Err(Error::length("xs of the dot product", ws.len(), xs.len()))
    }
}

/// The dot product of slices of one length, through the row's alternating operands.
#[track_caller]
pub(crate) fn interleaved_dot<S: Scalar>(ws: &[S], xs: &[S]) -> S {
    let Some(&first) = ws.first() else {
        return S::from(0.0);
    };
    // Straight from slice to slice: numbers handed over by an iterator are copied three times as slowly.
    let mut factors = smallvec::SmallVec::<[S; 64]>::new();
    factors.resize(2 * ws.len(), first);
    let (pairs, _) = factors.as_chunks_mut::<2>();
    for (pair, (&w, &x)) in pairs.iter_mut().zip(ws.iter().zip(xs)) {
        *pair = [w, x];
    }
    S::apply_n::<rows::Dot>(&factors)
}

impl Sealed for f64 {}

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
        O::value(operands)
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
