//! The operations: one table, and everything that follows from it.
//!
//! The rows of the table become the operations' names ([`UnaryOp`], [`BinaryOp`], [`TernaryOp`], [`NaryOp`], together
//! [`Op`]), one type per row ([`rows`]) with its value and partials, and the methods of [`Scalar`]. Outside this module, only
//! side tables with a line for every operation tell operations apart; a few other places name the row that they apply.

#[macro_use]
mod operators;
#[macro_use]
mod table;
#[macro_use]
mod methods;
mod law;
mod many;
mod scalar;

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, FRAC_PI_2, LN_2, LOG2_E, LOG10_E, PI};

pub use law::{Interval, Law};
pub use many::Operands;
use many::{adjoint, dot, largest, log_sum_exp, product, product_partials, smallest, ties, total};
pub use scalar::Scalar;
pub(crate) use scalar::{Sealed, interleaved_dot, same_length};

use crate::math::{self, compare, slope};

use Law::{
    At, Bilinear, Blocks, Break, BreakAtTie, Breaks, Commutative, Composed, Declared, Even,
    Idempotent, Identity, IntegerRight, InverseOf, Involution, Kink, KinkAtOrigin, KinkAtTie,
    Linear, Nondecreasing, Nonincreasing, Odd, Pairs, Range, Routes, SelfIdentity, Stop,
};

const INFINITY: f64 = f64::INFINITY;
const NEG_INFINITY: f64 = f64::NEG_INFINITY;
const NAN: f64 = f64::NAN;

const REALS: Interval = [NEG_INFINITY, INFINITY];
const FINITE: Interval = [f64::MIN, f64::MAX];
const NOT_NEGATIVE: Interval = [0.0, INFINITY];
const UNIT: Interval = [-1.0, 1.0];

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
    /// operations of which it is made.
    fn value<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S;
    /// Its derivatives, from the operands and the value: `emit(i, partial)` for each operand `i` in ascending order.
    fn partials<S: Scalar>(xs: &[S], y: S, emit: &mut impl FnMut(usize, S));
}

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

/// The operation of a node: a node of the graph is an input or the result of an operation.
///
/// ```
/// use chainrule::op::{Op, UnaryOp};
/// use chainrule::{Var, tape};
///
/// let (graph, _) = tape::record(|| Var::new(2.0).exp());
/// let ops: Vec<Op> = graph.iter().map(|(_, node)| node.op()).collect();
/// assert_eq!(ops, [Op::Input, Op::Unary(UnaryOp::Exp)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Op {
    /// No operation: the node is an input.
    Input,
    /// An operation of one operand.
    Unary(UnaryOp),
    /// An operation of two operands.
    Binary(BinaryOp),
    /// An operation of three operands.
    Ternary(TernaryOp),
    /// An operation of any number of operands.
    Nary(NaryOp),
}

/// The data of an operation in the table.
///
/// ```
/// use chainrule::op::{BinaryOp, Law, Row};
/// let Row { name, symbol, domain, laws, .. } = BinaryOp::Mul.row();
/// assert_eq!((name, symbol, domain.len()), ("Mul", "×", 2));
/// assert!(laws.contains(&Law::Commutative));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The name of the row, such as `Exp`.
    pub name: &'static str,
    /// The symbol in pictures and printed expressions, such as `×`.
    pub symbol: &'static str,
    /// For each operand, the range outside which the value is NaN; an n-ary operation has one range for all operands.
    pub domain: &'static [Interval],
    /// Its properties.
    pub laws: &'static [Law],
}

impl Op {
    /// The row of this operation in the table; that of an input has the symbol `•` and no laws.
    ///
    /// ```
    /// use chainrule::op::{Op, UnaryOp};
    /// assert_eq!(Op::Unary(UnaryOp::Sqrt).row().symbol, "√");
    /// ```
    pub fn row(self) -> Row {
        match self {
            Op::Input => Row {
                name: "Input",
                symbol: "•",
                domain: &[],
                laws: &[],
            },
            Op::Unary(op) => op.row(),
            Op::Binary(op) => op.row(),
            Op::Ternary(op) => op.row(),
            Op::Nary(op) => op.row(),
        }
    }

    /// Whether a law holds for this operation.
    pub(crate) fn obeys(self, law: Law) -> bool {
        self.laws().contains(&law)
    }

    /// The laws of this operation.
    pub(crate) fn laws(self) -> &'static [Law] {
        match self {
            Op::Input => &[],
            Op::Unary(op) => op.laws(),
            Op::Binary(op) => op.laws(),
            Op::Ternary(op) => op.laws(),
            Op::Nary(op) => op.laws(),
        }
    }

    /// A number below 2¹¹ that identifies this operation.
    pub(crate) fn number(self) -> u32 {
        match self {
            Op::Input => 0,
            Op::Unary(op) => 1 << 8 | op as u32,
            Op::Binary(op) => 2 << 8 | op as u32,
            Op::Ternary(op) => 3 << 8 | op as u32,
            Op::Nary(op) => 4 << 8 | op as u32,
        }
    }

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
        operands.is_multiple_of(2) || !self.laws().contains(&Law::Pairs)
    }
}

macro_rules! define {
    (
        unary { $(
            #[doc = $udoc:literal]
            $unary:ident $usymbol:literal $(: $umethod:ident($($uat:literal),+) = $uvalue:literal, slope $uslope:literal)? {
                value |$ux:ident| $uf:expr;
                partial |$up:ident, $uy:ident| $upartial:expr;
                domain $udomain:expr; laws [$($ulaw:expr),*];
            }
        )+ }
        binary { $(
            #[doc = $bdoc:literal]
            $binary:ident $bsymbol:literal $(: $bmethod:ident($($bat:literal),+) = $bvalue:literal, slopes $($bslope:literal),+)? {
                value |$ba:ident, $bb:ident| $bf:expr;
                left |$la:ident, $lb:ident, $ly:ident| $left:expr;
                right |$ra:ident, $rb:ident, $ry:ident| $right:expr;
                domain ($bleft:expr, $bright:expr); laws [$($blaw:expr),*];
            }
        )+ }
        ternary { $(
            #[doc = $tdoc:literal]
            $ternary:ident $tsymbol:literal $(: $tmethod:ident($($tat:literal),+) = $tvalue:literal, slopes $($tslope:literal),+)? {
                value |$ta:ident, $tb:ident, $tc:ident| $tf:expr;
                first |$fa:ident, $fb:ident, $fc:ident, $fy:ident| $first:expr;
                second |$sa:ident, $sb:ident, $sc:ident, $sy:ident| $second:expr;
                third |$da:ident, $db:ident, $dc:ident, $dy:ident| $third:expr;
                laws [$($tlaw:expr),*];
            }
        )+ }
        nary { $(
            #[doc = $ndoc:literal]
            $nary:ident $nsymbol:literal $(: $nmethod:ident($($nat:literal),+) = $nvalue:literal, slopes $($nslope:literal),+)? {
                value |$nx:ident| $nf:expr;
                partials |$px:ident, $py:ident, $emit:ident| $npartials:expr;
                laws [$($nlaw:expr),*];
            }
        )+ }
        parameter { $($parameter:tt)* }
    ) => {
        define!(@kind UnaryOp "An operation of one operand." $($unary [$udoc] $usymbol [$udomain] [$($ulaw),*])+);
        define!(@kind BinaryOp "An operation of two operands." $($binary [$bdoc] $bsymbol [$bleft, $bright] [$($blaw),*])+);
        define!(@kind TernaryOp "An operation of three operands." $($ternary [$tdoc] $tsymbol [REALS, REALS, REALS] [$($tlaw),*])+);
        define!(@kind NaryOp "An operation of any number of operands." $($nary [$ndoc] $nsymbol [REALS] [$($nlaw),*])+);

        /// One type for each row of the table, for [`Scalar::apply`] and its siblings.
        ///
        /// ```
        /// use chainrule::Scalar;
        /// use chainrule::op::rows::{Exp, Mul};
        /// assert_eq!(3.0.apply2::<Mul>(4.0), 12.0);
        /// assert_eq!(0.0.apply::<Exp>(), 1.0);
        /// ```
        pub mod rows {
            $( #[doc = $udoc] #[derive(Clone, Copy, Debug)] pub struct $unary; )+
            $( #[doc = $bdoc] #[derive(Clone, Copy, Debug)] pub struct $binary; )+
            $( #[doc = $tdoc] #[derive(Clone, Copy, Debug)] pub struct $ternary; )+
            $( #[doc = $ndoc] #[derive(Clone, Copy, Debug)] pub struct $nary; )+
        }
        use rows::{$($unary,)+ $($binary,)+ $($ternary,)+ $($nary,)+};

        $(impl Unary for $unary {
            const OP: UnaryOp = UnaryOp::$unary;
            #[inline]
            fn value($ux: f64) -> f64 { $uf }
            #[inline]
            fn partial<S: Scalar>($up: S, $uy: S) -> S { $upartial }
        })+
        $(impl Binary for $binary {
            const OP: BinaryOp = BinaryOp::$binary;
            #[inline]
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
    (@kind $kind:ident $about:literal $($row:ident [$doc:literal] $symbol:literal [$($domain:expr),+] [$($law:expr),*])+) => {
        #[doc = $about]
        ///
        /// ```
        #[doc = concat!("use chainrule::op::", stringify!($kind), ";")]
        #[doc = concat!("for op in ", stringify!($kind), "::ALL {")]
        ///     assert_eq!(format!("{op:?}"), op.row().name);
        /// }
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $kind { $( #[doc = $doc] $row, )+ }

        impl $kind {
            /// Every operation of this kind, in the table's order.
            ///
            /// ```
            /// use std::collections::BTreeSet;
            #[doc = concat!("use chainrule::op::", stringify!($kind), ";\n")]
            #[doc = concat!("let names: BTreeSet<&str> = ", stringify!($kind), "::ALL.iter().map(|op| op.row().name).collect();")]
            #[doc = concat!("assert_eq!(names.len(), ", stringify!($kind), "::ALL.len());")]
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$row),+];

            /// The row of this operation in the table.
            ///
            /// ```
            #[doc = concat!("use chainrule::op::", stringify!($kind), ";")]
            #[doc = concat!("assert!(", stringify!($kind), "::ALL.iter().all(|op| op.row().name == format!(\"{op:?}\")));")]
            /// ```
            pub fn row(self) -> Row {
                match self {
                    $(Self::$row => Row {
                        name: stringify!($row),
                        symbol: $symbol,
                        domain: &[$($domain),+],
                        laws: self.laws(),
                    },)+
                }
            }

            fn laws(self) -> &'static [Law] {
                match self { $(Self::$row => &[$($law),*],)+ }
            }
        }
    };
}
table!(define);

/// The chain rule's product `u·p`: 0 if either factor is a constant 0, whatever the other is.
#[inline]
pub(crate) fn chain<S: Scalar>(u: S, p: S) -> S {
    if u.vanishes() || p.vanishes() {
        S::from(0.0)
    } else {
        u.apply2::<Chain>(p)
    }
}

/// The chain rule's term `u·p + a`, rounded once: `a` if either factor is a constant 0.
#[inline]
pub(crate) fn chain_add<S: Scalar>(u: S, p: S, a: S) -> S {
    if u.vanishes() || p.vanishes() {
        a
    } else {
        u.apply3::<ChainAdd>(p, a)
    }
}
