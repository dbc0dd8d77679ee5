//! The formulas of values as text, as the table has them, for code in Rust.

use super::names::{BinaryOp, NaryOp, Op, TernaryOp, UnaryOp};

/// The formula of a value: the letters of the operands, and an expression of them in Rust.
pub(crate) struct ValueText {
    pub(crate) letters: &'static [&'static str],
    pub(crate) text: &'static str,
}

macro_rules! values {
    (
        unary { $(
            #[doc = $udoc:literal]
            $unary:ident $usymbol:literal $(: $umethod:ident $uat:tt = $uvalue:literal, slope $uslope:literal)? {
                domain $udomain:tt; laws $ulaws:tt;
                rule $urule:literal $uslopes:tt;
                value |$ux:ident| $uf:expr;
                $($upartials:tt)*
            }
        )+ }
        binary { $(
            #[doc = $bdoc:literal]
            $binary:ident $bsymbol:literal $(: $bmethod:ident $bat:tt = $bvalue:literal, slopes $($bslope:literal),+)? {
                domain $bdomain:tt; laws $blaws:tt;
                rule $brule:literal $bslopes:tt;
                value |$ba:ident, $bb:ident| $bf:expr;
                $($bpartials:tt)*
            }
        )+ }
        ternary { $(
            #[doc = $tdoc:literal]
            $ternary:ident $tsymbol:literal $(: $tmethod:ident $tat:tt = $tvalue:literal, slopes $($tslope:literal),+)? {
                domain $tdomain:tt; laws $tlaws:tt;
                rule $trule:literal $tslopes:tt;
                value |$ta:ident, $tb:ident, $tc:ident| $tf:expr;
                $($tpartials:tt)*
            }
        )+ }
        nary { $(
            #[doc = $ndoc:literal]
            $nary:ident $nsymbol:literal $(: $nmethod:ident $nat:tt = $nvalue:literal, slopes $($nslope:literal),+)? {
                domain $ndomain:tt; laws $nlaws:tt;
                rule $nrule:literal $nslopes:tt;
                value |$nx:ident| $nf:expr;
                $($npartials:tt)*
            }
        )+ }
        parameter { $($parameter:tt)* }
    ) => {
        impl Op {
            /// The formula of the value as text; `None` for an input.
            pub(crate) fn value_text(self) -> Option<ValueText> {
                let (letters, text): (&[&str], &str) = match self {
                    Op::Input => return None,
                    $(Op::Unary(UnaryOp::$unary) => (&[stringify!($ux)], stringify!($uf)),)+
                    $(Op::Binary(BinaryOp::$binary) => (&[stringify!($ba), stringify!($bb)], stringify!($bf)),)+
                    $(Op::Ternary(TernaryOp::$ternary) => (
                        &[stringify!($ta), stringify!($tb), stringify!($tc)],
                        stringify!($tf),
                    ),)+
                    $(Op::Nary(NaryOp::$nary) => (&[stringify!($nx)], stringify!($nf)),)+
                };
                Some(ValueText { letters, text })
            }
        }
    };
}
table!(values);
