//! The rows of the table that users call by name, as methods of [`Scalar`](super::Scalar) and of recording values.

/// Writes these methods into a trait or, with `pub`, into the methods of a type.
macro_rules! methods {
    ($($public:ident)?) => {
        table! { methods_of_table, [$($public)?] }
    };
}

macro_rules! methods_of_table {
    (
        $public:tt
        unary { $(
            #[doc = $udoc:literal]
            $unary:ident $usymbol:literal $(: $umethod:ident($ux:literal) = $uvalue:literal, slope $uslope:literal)? { $($ubody:tt)* }
        )+ }
        binary { $(
            #[doc = $bdoc:literal]
            $binary:ident $bsymbol:literal $(: $bmethod:ident($bx:literal, $by:literal) = $bvalue:literal, slopes $bleft:literal, $bright:literal)? { $($bbody:tt)* }
        )+ }
        ternary { $(
            #[doc = $tdoc:literal]
            $ternary:ident $tsymbol:literal $(: $tmethod:ident($tx:literal, $ty:literal, $tz:literal) = $tvalue:literal, slopes $tfirst:literal, $tsecond:literal, $tthird:literal)? { $($tbody:tt)* }
        )+ }
        nary { $(
            #[doc = $ndoc:literal]
            $nary:ident $nsymbol:literal $(: $nmethod:ident($($nat:literal),+) = $nvalue:literal, slopes $($nslope:literal),+)? { $($nbody:tt)* }
        )+ }
        parameter { $(
            #[doc = $pdoc:literal]
            $pmethod:ident($parameter:ident: $ptype:ty) = $prow:ident; at ($pat:literal, $pof:literal) = $pvalue:literal, slope $pslope:literal;
        )+ }
    ) => {
        $($( methods_of_table! { @of_value $public [$udoc]
            $umethod() = apply $unary(), "x" () = $uvalue; x $ux $uslope
        } )?)+
        $($( methods_of_table! { @of_value $public [$bdoc]
            $bmethod(b: impl Into<Self>) = apply2 $binary(b.into()), "a" (b) = $bvalue; a $bx $bleft, b $by $bright
        } )?)+
        $($( methods_of_table! { @of_value $public [$tdoc]
            $tmethod(b: impl Into<Self>, c: impl Into<Self>) = apply3 $ternary(b.into(), c.into()),
            "a" (b, c) = $tvalue; a $tx $tfirst, b $ty $tsecond, c $tz $tthird
        } )?)+
        $( methods_of_table! { @of_value $public [$pdoc]
            $pmethod($parameter: $ptype) = apply2 $prow(Self::from(f64::from($parameter))), "x" ($pof) = $pvalue; x $pat $pslope
        } )+
        $($( methods_of_table! { @of_slice $public [$ndoc] $nmethod = $nary, ($($nat),+) = $nvalue, ($($nslope),+) } )?)+
    };
    (@of_value [$($public:ident)?] [$doc:literal]
        $method:ident($($parameter:ident: $type:ty),*) = $apply:ident $row:ident($($argument:expr),*),
        $x:literal ($($shown:tt)*) = $value:literal; $($operand:ident $at:literal $slope:literal),+
    ) => {
        #[doc = $doc]
        ///
        /// ```
        /// # use chainrule::{Dual, Scalar, Var};
        $(#[doc = concat!("let ", stringify!($operand), " = Var::new(", stringify!($at), ");")])+
        #[doc = concat!("let y = ", $x, ".", stringify!($method), "(", stringify!($($shown)*), ");")]
        #[doc = concat!("assert!((y.value() - ", stringify!($value), ").abs() < 1e-14);")]
        /// let grads = y.backward();
        $(#[doc = concat!("assert!((grads[", stringify!($operand), "] - ", stringify!($slope), ").abs() < 1e-14);")])+
        #[doc = concat!("# fn f<S: Scalar>(", $(stringify!($operand), ": S, ",)+ ") -> S {\n# ", $x, ".", stringify!($method), "(", stringify!($($shown)*), ")\n# }")]
        #[doc = concat!("# assert_eq!(f(", $(stringify!($at), ", ",)+ "), y);")]
        #[doc = concat!("# for (chosen, slope) in [", $("(\"", stringify!($operand), "\", ", stringify!($slope), "), ",)+ "] {")]
        /// #     let at = |name, x: f64| if name == chosen { Dual::variable(x) } else { x.into() };
        #[doc = concat!("#     let forward = f(", $("at(\"", stringify!($operand), "\", ", stringify!($at), "), ",)+ ").tangent;")]
        /// #     assert!((forward - slope).abs() < 1e-14);
        /// # }
        /// ```
        #[inline]
        #[must_use]
        #[track_caller]
        $($public)? fn $method(self $(, $parameter: $type)*) -> Self {
            self.$apply::<$crate::op::rows::$row>($($argument),*)
        }
    };
    (@of_slice [$($public:ident)?] [$doc:literal]
        $method:ident = $row:ident, ($($at:literal),+) = $value:literal, ($($slope:literal),+)
    ) => {
        #[doc = $doc]
        ///
        /// ```
        #[doc = concat!("# use chainrule::Var;\nlet xs = [", $(stringify!($at), ", ",)+ "].map(Var::new);")]
        #[doc = concat!("let y = Var::", stringify!($method), "(&xs);")]
        #[doc = concat!("assert!((y.value() - ", stringify!($value), ").abs() < 1e-14);")]
        #[doc = concat!("let slopes = [", $(stringify!($slope), ", ",)+ "];")]
        /// let grads = y.backward();
        /// assert!(xs.iter().zip(slopes).all(|(&x, slope)| (grads[x] - slope).abs() < 1e-14));
        /// ```
        #[inline]
        #[must_use]
        #[track_caller]
        $($public)? fn $method(xs: &[Self]) -> Self {
            Self::apply_n::<$crate::op::rows::$row>(xs)
        }
    };
}
