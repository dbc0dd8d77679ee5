//! The rows of the table that users call by name, for the macros that turn them into methods.

/// Passes the rows that have a method to the macro `consumer`: documentation, method, row, worked point.
macro_rules! methods {
    ($consumer:ident) => {
        table! { methods_of_table, $consumer }
    };
}

macro_rules! methods_of_table {
    (
        $consumer:ident
        unary { $(
            #[doc = $udoc:literal]
            $unary:ident $usymbol:literal $(: $umethod:ident($uat:literal) = $uvalue:literal, slope $uslope:literal)? { $($ubody:tt)* }
        )+ }
        binary { $(
            #[doc = $bdoc:literal]
            $binary:ident $bsymbol:literal $(: $bmethod:ident($($bat:literal),+) = $bvalue:literal, slopes $($bslope:literal),+)? { $($bbody:tt)* }
        )+ }
        ternary { $(
            #[doc = $tdoc:literal]
            $ternary:ident $tsymbol:literal $(: $tmethod:ident($($tat:literal),+) = $tvalue:literal, slopes $($tslope:literal),+)? { $($tbody:tt)* }
        )+ }
        nary { $(
            #[doc = $ndoc:literal]
            $nary:ident $nsymbol:literal $(: $nmethod:ident($($nat:literal),+) = $nvalue:literal, slopes $($nslope:literal),+)? { $($nbody:tt)* }
        )+ }
        parameter $parameters:tt
    ) => {
        $consumer! {
            unary { $($( [$udoc] $umethod $unary ($uat) $uvalue $uslope; )?)+ }
            binary { $($( [$bdoc] $bmethod $binary ($($bat),+) $bvalue ($($bslope),+); )?)+ }
            ternary { $($( [$tdoc] $tmethod $ternary ($($tat),+) $tvalue ($($tslope),+); )?)+ }
            nary { $($( [$ndoc] $nmethod $nary ($($nat),+) $nvalue ($($nslope),+); )?)+ }
            parameter $parameters
        }
    };
}
