//! The functions of the operations that native code calls: those of the crate's table, with the calling convention of C.

use std::slice;

use chainrule::op::{Binary, BinaryOp, Nary, NaryOp, Op, Ternary, TernaryOp, Unary, UnaryOp, rows};

/// The function that computes an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    Unary(extern "C" fn(f64) -> f64),
    Binary(extern "C" fn(f64, f64) -> f64),
    Ternary(extern "C" fn(f64, f64, f64) -> f64),
    /// Its operands are this many numbers from this address on.
    Nary(unsafe extern "C" fn(*const f64, usize) -> f64),
}

impl Function {
    /// Its address.
    pub(crate) fn address(self) -> usize {
        match self {
            Self::Unary(function) => function as usize,
            Self::Binary(function) => function as usize,
            Self::Ternary(function) => function as usize,
            Self::Nary(function) => function as usize,
        }
    }
}

extern "C" fn unary<O: Unary>(x: f64) -> f64 {
    O::value(x)
}

extern "C" fn binary<O: Binary>(a: f64, b: f64) -> f64 {
    O::value(a, b)
}

extern "C" fn ternary<O: Ternary>(a: f64, b: f64, c: f64) -> f64 {
    O::value(a, b, c)
}

/// # Safety
/// There must be `count` numbers at `operands`, which nobody writes during the call.
unsafe extern "C" fn nary<O: Nary>(operands: *const f64, count: usize) -> f64 {
    // SAFETY: the caller promises these numbers.
    let operands = unsafe { slice::from_raw_parts(operands, count) };
    O::value(operands)
}

macro_rules! functions {
    (
        unary { $( #[doc = $udoc:literal] $unary:ident $usymbol:literal $(: $umethod:ident($($uat:tt)*) = $uvalue:literal, $uslopes:ident $($uslope:literal),+)? { $($ubody:tt)* } )+ }
        binary { $( #[doc = $bdoc:literal] $binary:ident $bsymbol:literal $(: $bmethod:ident($($bat:tt)*) = $bvalue:literal, $bslopes:ident $($bslope:literal),+)? { $($bbody:tt)* } )+ }
        ternary { $( #[doc = $tdoc:literal] $ternary:ident $tsymbol:literal $(: $tmethod:ident($($tat:tt)*) = $tvalue:literal, $tslopes:ident $($tslope:literal),+)? { $($tbody:tt)* } )+ }
        nary { $( #[doc = $ndoc:literal] $nary:ident $nsymbol:literal $(: $nmethod:ident($($nat:tt)*) = $nvalue:literal, $nslopes:ident $($nslope:literal),+)? { $($nbody:tt)* } )+ }
        parameter $parameter:tt
    ) => {
        /// The function of an operation; `None` for an input.
        pub(crate) fn function(op: Op) -> Option<Function> {
            Some(match op {
                $(Op::Unary(UnaryOp::$unary) => Function::Unary(unary::<rows::$unary>),)+
                $(Op::Binary(BinaryOp::$binary) => Function::Binary(binary::<rows::$binary>),)+
                $(Op::Ternary(TernaryOp::$ternary) => Function::Ternary(ternary::<rows::$ternary>),)+
                $(Op::Nary(NaryOp::$nary) => Function::Nary(nary::<rows::$nary>),)+
                _ => return None,
            })
        }
    };
}
chainrule::table!(functions);
