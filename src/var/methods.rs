//! The functions of the table as methods of [`Var`], which need no import of [`Scalar`].

#![expect(
    clippy::inline_always,
    reason = "passing a `Var` to a function through memory stalls the processor"
)]

use super::Var;
use crate::error::Result;
use crate::op::{Scalar, rows};

impl Var {
    /// Records the dot product `w₀x₀ + w₁x₁ + …` as one node, each term added with one rounding; 0 for empty slices.
    ///
    /// ```
    /// use chainrule::Var;
    /// let (ws, xs) = ([1.0, 2.0].map(Var::new), [3.0, 4.0].map(Var::new));
    /// let y = Var::dot_product(&ws, &xs)?;
    /// assert_eq!(y, 11.0);
    /// assert_eq!(y.backward().of(&ws), [3.0, 4.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the lengths differ.
    #[inline(always)]
    #[track_caller]
    pub fn dot_product(ws: &[Self], xs: &[Self]) -> Result<Self> {
        <Self as Scalar>::dot_product(ws, xs)
    }

    /// Records the sum as one node, added from left to right; −0 for an empty slice.
    ///
    /// Code that is generic over [`Scalar`] uses the iterator's `sum`, which records the same node.
    ///
    /// ```
    /// use chainrule::Var;
    /// let xs = [1.0, 3.0, 2.0].map(Var::new);
    /// let y = Var::sum(&xs);
    /// assert_eq!(y, 6.0);
    /// assert_eq!(y.backward().of(&xs), [1.0, 1.0, 1.0]);
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn sum(xs: &[Self]) -> Self {
        Self::apply_n::<rows::Sum>(xs)
    }

    /// Records the product as one node, multiplied from left to right; 1 for an empty slice.
    ///
    /// Code that is generic over [`Scalar`] uses the iterator's `product`, which records the same node.
    ///
    /// ```
    /// use chainrule::Var;
    /// let xs = [1.0, 3.0, 2.0].map(Var::new);
    /// let y = Var::product(&xs);
    /// assert_eq!(y, 6.0);
    /// assert_eq!(y.backward().of(&xs), [6.0, 2.0, 3.0]);
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn product(xs: &[Self]) -> Self {
        Self::apply_n::<rows::Product>(xs)
    }
}

macro_rules! define_methods {
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
        /// The functions of the table, the same as [`Scalar`]'s, without the need to import the trait.
        impl Var {
            $(
                #[doc = $udoc]
                ///
                /// ```
                #[doc = concat!("let x = chainrule::Var::new(", stringify!($uat), ");\nlet y = x.", stringify!($umethod), "();")]
                #[doc = concat!("assert!((y.value() - ", stringify!($uvalue), ").abs() < 1e-14);")]
                #[doc = concat!("assert!((y.backward()[x] - ", stringify!($uslope), ").abs() < 1e-14);")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                pub fn $umethod(self) -> Self {
                    self.apply::<rows::$unary>()
                }
            )+
            $(
                #[doc = $bdoc]
                ///
                /// ```
                #[doc = concat!("# use chainrule::Var;\nlet (a, b) = (Var::new(", stringify!($bx), "), Var::new(", stringify!($by), "));\nlet y = a.", stringify!($bmethod), "(b);")]
                #[doc = concat!("assert!((y.value() - ", stringify!($bvalue), ").abs() < 1e-14);")]
                /// let grads = y.backward();
                #[doc = concat!("assert!((grads[a] - ", stringify!($bleft), ").abs() < 1e-14);")]
                #[doc = concat!("assert!((grads[b] - ", stringify!($bright), ").abs() < 1e-14);")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                pub fn $bmethod(self, b: impl Into<Self>) -> Self {
                    self.apply2::<rows::$binary>(b.into())
                }
            )+
            $(
                #[doc = $tdoc]
                ///
                /// ```
                #[doc = concat!("# use chainrule::Var;\nlet [a, b, c] = [", stringify!($tx), ", ", stringify!($ty), ", ", stringify!($tz), "].map(Var::new);\nlet y = a.", stringify!($tmethod), "(b, c);")]
                #[doc = concat!("assert_eq!(y, ", stringify!($tvalue), ");")]
                /// let grads = y.backward();
                #[doc = concat!("assert_eq!([grads[a], grads[b], grads[c]], [", stringify!($tfirst), ", ", stringify!($tsecond), ", ", stringify!($tthird), "]);")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                pub fn $tmethod(self, b: impl Into<Self>, c: impl Into<Self>) -> Self {
                    self.apply3::<rows::$ternary>(b.into(), c.into())
                }
            )+
            $(
                #[doc = $ndoc]
                ///
                /// ```
                #[doc = concat!("let xs = [", $(stringify!($nat), ", ",)+ "].map(chainrule::Var::new);")]
                #[doc = concat!("let y = chainrule::Var::", stringify!($nmethod), "(&xs);")]
                #[doc = concat!("assert!((y.value() - ", stringify!($nvalue), ").abs() < 1e-14);")]
                #[doc = concat!("assert!((y.backward()[xs[0]] - [", $(stringify!($nslope), ", ",)+ "][0]).abs() < 1e-14);")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                pub fn $nmethod(xs: &[Self]) -> Self {
                    Self::apply_n::<rows::$nary>(xs)
                }
            )+
            $(
                #[doc = $pdoc]
                ///
                /// ```
                #[doc = concat!("let x = chainrule::Var::new(", stringify!($pat), ");\nlet y = x.", stringify!($pmethod), "(", stringify!($pof), ");")]
                #[doc = concat!("assert!((y.value() - ", stringify!($pvalue), ").abs() < 1e-14);")]
                #[doc = concat!("assert!((y.backward()[x] - ", stringify!($pslope), ").abs() < 1e-14);")]
                /// ```
                #[inline]
                #[must_use]
                #[track_caller]
                pub fn $pmethod(self, $parameter: $ptype) -> Self {
                    self.apply2::<rows::$prow>(Self::from(f64::from($parameter)))
                }
            )+
        }
    };
}
methods!(define_methods);
