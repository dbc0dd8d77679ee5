//! The names of the operations, and what the table says of them besides formulas.

use std::f64::consts::{FRAC_PI_2, LN_2, PI};
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use Law::{
    At, Bilinear, Blocks, BlocksAt, Break, BreakAtTie, Breaks, Commutative, Composed, Declared,
    Even, Idempotent, Identity, IntegerRight, InverseOf, Involution, Kink, KinkAtOrigin, KinkAtTie,
    Linear, Nondecreasing, Nonincreasing, Odd, Pairs, Poles, Range, Remainder, Routes,
    SelfIdentity, Stop, ZeroRule,
};

pub(super) const INFINITY: f64 = f64::INFINITY;
pub(super) const NEG_INFINITY: f64 = f64::NEG_INFINITY;

const REALS: Interval = [NEG_INFINITY, INFINITY];
const FINITE: Interval = [f64::MIN, f64::MAX];
const NOT_NEGATIVE: Interval = [0.0, INFINITY];
const FROM_LEAST: Interval = [f64::MIN, INFINITY];
const NOT_POSITIVE: Interval = [NEG_INFINITY, 0.0];
const UNIT: Interval = [-1.0, 1.0];

/// A range of operands, ends included.
///
/// ```
/// use chainrule::op::{Interval, UnaryOp};
/// let domain: &[Interval] = UnaryOp::Sqrt.row().domain;
/// assert_eq!(domain, [[0.0, f64::INFINITY]]);
/// ```
pub type Interval = [f64; 2];

/// A property of an operation `f`, as data from which tests are made.
///
/// ```
/// use chainrule::op::{Law, Op, UnaryOp};
///
/// for &op in UnaryOp::ALL {
///     if op.row().laws.contains(&Law::Odd) {
///         let f = |x: f64| Op::Unary(op).apply(&[x]).unwrap();
///         assert_eq!(f(-0.5), -f(0.5));
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Law {
    /// `f(−x) = −f(x)`.
    Odd,
    /// `f(−x) = f(x)`.
    Even,
    /// A larger operand gives no smaller value.
    Nondecreasing,
    /// A larger operand gives no larger value.
    Nonincreasing,
    /// `f(f(x)) = x`, up to rounding.
    Involution,
    /// `f(f(x)) = f(x)`.
    Idempotent,
    /// `f(x, x) = x`.
    SelfIdentity,
    /// `f(a, b) = f(b, a)`, to the last bit.
    Commutative,
    /// `f(x, e) = x` for this `e`.
    Identity(f64),
    /// Every value is between these, or equal to one of them.
    Range(f64, f64),
    /// `f(x) = y`, to the last bit.
    At(f64, f64),
    /// `g(f(x)) = x` for this `g`, up to rounding.
    InverseOf(UnaryOp),
    /// Every partial is a constant.
    Linear,
    /// The value is a sum of products of two consecutive operands each; a last operand without a partner is added.
    Bilinear,
    /// A product is 0 if either factor is exactly 0, whatever the other factor is.
    ZeroRule,
    /// The second operand is an integer.
    IntegerRight,
    /// Operands come in pairs.
    Pairs,
    /// The value has a corner where the operand with this index has this value.
    Kink(usize, f64),
    /// The value, or its slope, can jump where the operand with this index has this value. It may depend on other operands
    /// whether it does.
    Break(usize, f64),
    /// The value jumps at many places.
    Breaks,
    /// The value is NaN where the first operand is a whole number below 0: poles at which it would be +∞ on one side and −∞
    /// on the other.
    Poles,
    /// The slopes are 1 and a whole number `s`, both constant between jumps, and `f(a, b) = a + s·b`.
    Remainder,
    /// The value has a corner where two operands are equal.
    KinkAtTie,
    /// The value has a corner where all operands are 0.
    KinkAtOrigin,
    /// The value jumps where two operands are equal.
    BreakAtTie,
    /// The value is the operand, and its slope is declared to be 0.
    Stop,
    /// The value is the first operand, and its slopes are declared by other operands.
    Declared,
    /// Every slope is 0.
    Blocks,
    /// The slope with respect to the operand with this index is 0.
    BlocksAt(usize),
    /// The value is that of an operand, or a bound of the row; the slope is 1 with respect to that operand, divided equally
    /// among ties, and 0 with respect to the others.
    Routes,
    /// The value is composed of other operations, and programs compute those.
    Composed,
}

impl UnaryOp {
    /// Whether this is the sign's change.
    #[inline]
    pub(crate) const fn is_negation(self) -> bool {
        matches!(self, Self::Neg)
    }

    /// Whether a value takes only a few instructions.
    #[inline]
    pub(crate) const fn is_cheap(self) -> bool {
        matches!(
            self,
            Self::Neg
                | Self::Recip
                | Self::Square
                | Self::Sqrt
                | Self::Abs
                | Self::Sign
                | Self::Floor
                | Self::Ceil
                | Self::Round
                | Self::Trunc
                | Self::Relu
                | Self::RecipPositive
                | Self::StopGradient
                | Self::Flat
        )
    }
}

impl BinaryOp {
    /// Whether a value and its slopes take only a few instructions.
    #[inline]
    pub(crate) const fn is_cheap(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul)
    }

    /// Whether the slope is 1 with respect to the first operand and 1 or −1 with respect to the second.
    #[inline]
    pub(crate) const fn is_sum(self) -> bool {
        matches!(self, Self::Add | Self::Sub)
    }

    /// Whether the slope with respect to the first operand is computed from the second alone.
    #[inline]
    pub(crate) const fn left_needs_only_right(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div)
    }

    /// Whether the slope with respect to the second operand is computed from the first alone.
    #[inline]
    pub(crate) const fn right_needs_only_left(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul)
    }
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
/// assert_eq!(BinaryOp::Div.row().slopes, [("a", "1/b"), ("b", "−a/b²")]);
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
    /// Its formula in letters, such as `a/b`; empty for an input.
    pub rule: &'static str,
    /// For each operand, its letter in the formula and the local gradient in the same letters, such as `("b", "−a/b²")`. An
    /// n-ary operation repeats them for all its operands.
    pub slopes: &'static [(&'static str, &'static str)],
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
                rule: "",
                slopes: &[],
            },
            Op::Unary(op) => op.row(),
            Op::Binary(op) => op.row(),
            Op::Ternary(op) => op.row(),
            Op::Nary(op) => op.row(),
        }
    }

    /// The operation with this name in the table, if there is one. An input is no operation.
    ///
    /// ```
    /// use chainrule::op::{Op, UnaryOp};
    /// assert_eq!(Op::named("Sqrt"), Some(Op::Unary(UnaryOp::Sqrt)));
    /// assert_eq!(Op::named("sqrt"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        static NAMES: LazyLock<FxHashMap<&'static str, Op>> =
            LazyLock::new(|| Op::all().map(|op| (op.row().name, op)).collect());
        NAMES.get(name).copied()
    }

    /// Every operation of the table.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let unary = UnaryOp::ALL.iter().map(|&op| Self::Unary(op));
        let binary = BinaryOp::ALL.iter().map(|&op| Self::Binary(op));
        let ternary = TernaryOp::ALL.iter().map(|&op| Self::Ternary(op));
        let nary = NaryOp::ALL.iter().map(|&op| Self::Nary(op));
        unary.chain(binary).chain(ternary).chain(nary)
    }

    /// Whether a law holds for this operation.
    pub(crate) fn obeys(self, law: Law) -> bool {
        self.laws().contains(&law)
    }

    /// The laws of this operation.
    pub(crate) fn laws(self) -> &'static [Law] {
        self.row().laws
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
}

macro_rules! names {
    (unary $unary:tt binary $binary:tt ternary $ternary:tt nary $nary:tt parameter $parameter:tt) => {
        names!(@kind UnaryOp "An operation of one operand." $unary);
        names!(@kind BinaryOp "An operation of two operands." $binary);
        names!(@kind TernaryOp "An operation of three operands." $ternary);
        names!(@kind NaryOp "An operation of any number of operands." $nary);

        /// One type for each row of the table, for [`Scalar::apply`](super::Scalar::apply) and its siblings.
        ///
        /// ```
        /// use chainrule::Scalar;
        /// use chainrule::op::rows::{Exp, Mul};
        /// assert_eq!(3.0.apply2::<Mul>(4.0), 12.0);
        /// assert_eq!(0.0.apply::<Exp>(), 1.0);
        /// ```
        pub mod rows {
            names!(@types $unary);
            names!(@types $binary);
            names!(@types $ternary);
            names!(@types $nary);
        }
    };
    (@types { $(
        #[doc = $doc:literal]
        $row:ident $symbol:literal $(: $method:ident $at:tt = $value:literal, $slopes:ident $($slope:literal),+)? { $($body:tt)* }
    )+ }) => {
        $( #[doc = $doc] #[derive(Clone, Copy, Debug)] pub struct $row; )+
    };
    (@kind $kind:ident $about:literal { $(
        #[doc = $doc:literal]
        $row:ident $symbol:literal $(: $method:ident $at:tt = $value:literal, $slopes:ident $($slope:literal),+)? {
            domain ($($domain:expr),+); laws [$($law:expr),*];
            rule $rule:literal [$($letter:literal: $partial:literal),+];
            $($formulas:tt)*
        }
    )+ }) => {
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
                        laws: &[$($law),*],
                        rule: $rule,
                        slopes: &[$(($letter, $partial)),+],
                    },)+
                }
            }
        }
    };
}
table!(names);
