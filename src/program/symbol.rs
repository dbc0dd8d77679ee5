//! The kind of number that writes code: arithmetic on symbols appends values to the code being built.
//!
//! The table's partials are written over any number; evaluated on symbols they become the code of the derivative.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::code::{Code, Id, Kind};
use super::passes::Common;
use crate::op::{Binary, Nary, Op, Scalar, Sealed, Ternary, Unary};

thread_local! {
    static BUILDER: RefCell<Builder> = RefCell::default();
}

/// The code being built on this thread.
#[derive(Default)]
struct Builder {
    code: Code,
    /// Where each constant stands, by its bits.
    constants: FxHashMap<u64, Id>,
    /// The values made so far, where those made alike shall be one.
    common: Option<Common>,
}

/// A value of the code being built, or a number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Symbol {
    Constant(f64),
    Value(Id),
}

/// Goes on with this code: what `work` computes with symbols is appended to it.
pub(crate) fn extend<R>(code: Code, work: impl FnOnce() -> R) -> (Code, R) {
    BUILDER.with_borrow_mut(|builder| {
        builder.code = code;
        builder.constants.clear();
        builder.common = None;
    });
    let result = work();
    let code = BUILDER.with_borrow_mut(|builder| std::mem::take(&mut builder.code));
    (code, result)
}

/// As [`extend`], where a value made like an earlier one is that one: for values that are not differentiated by their
/// uses afterwards.
pub(crate) fn extend_merged<R>(code: Code, work: impl FnOnce() -> R) -> (Code, R) {
    extend(code, || {
        BUILDER.with_borrow_mut(|builder| {
            let Builder {
                code,
                constants,
                common,
            } = builder;
            for id in code.ids() {
                if let Kind::Constant(bits) = code.kind(id) {
                    constants.entry(bits).or_insert(id);
                }
            }
            *common = Some(Common::of(code));
        });
        work()
    })
}

/// Appends a value to the code being built.
pub(crate) fn push(kind: Kind, operands: &[Id]) -> Id {
    BUILDER.with_borrow_mut(|Builder { code, common, .. }| match common {
        Some(common) => common.push(code, kind, operands),
        None => code.push(kind, operands),
    })
}

/// How many values the code being built has.
pub(crate) fn len() -> usize {
    BUILDER.with_borrow(|builder| builder.code.len())
}

/// What makes a value of the code being built, and of which others.
pub(crate) fn node(id: Id) -> (Kind, SmallVec<[Id; 4]>) {
    BUILDER.with_borrow(|Builder { code, .. }| (code.kind(id), code.operands(id).into()))
}

impl Symbol {
    /// The value with this place in the code being built.
    pub(crate) fn of(id: Id) -> Self {
        BUILDER.with_borrow(|builder| match builder.code.constant(id) {
            Some(number) => Self::Constant(number),
            None => Self::Value(id),
        })
    }

    /// Its place in the code being built; a number is appended where it does not stand yet.
    pub(crate) fn id(self) -> Id {
        match self {
            Self::Value(id) => id,
            Self::Constant(number) => BUILDER.with_borrow_mut(|builder| builder.constant(number)),
        }
    }

    pub(crate) fn constant(self) -> Option<f64> {
        match self {
            Self::Constant(number) => Some(number),
            Self::Value(_) => None,
        }
    }
}

impl Builder {
    fn constant(&mut self, number: f64) -> Id {
        let Self {
            code, constants, ..
        } = self;
        let bits = number.to_bits();
        *constants
            .entry(bits)
            .or_insert_with(|| code.push(Kind::Constant(bits), &[]))
    }
}

fn apply(op: Op, operands: &[Symbol]) -> Symbol {
    let ids: SmallVec<[Id; 8]> = operands.iter().map(|operand| operand.id()).collect();
    Symbol::Value(push(Kind::Apply(op), &ids))
}

impl From<f64> for Symbol {
    fn from(number: f64) -> Self {
        Self::Constant(number)
    }
}

operators!([] Symbol);

impl Sealed for Symbol {}

impl Scalar for Symbol {
    fn apply<O: Unary>(self) -> Self {
        match self {
            Self::Constant(x) => Self::Constant(O::value(x)),
            Self::Value(_) => apply(Op::Unary(O::OP), &[self]),
        }
    }

    fn apply2<O: Binary>(self, b: Self) -> Self {
        match (self, b) {
            (Self::Constant(a), Self::Constant(b)) => Self::Constant(O::value(a, b)),
            _ => apply(Op::Binary(O::OP), &[self, b]),
        }
    }

    fn apply3<O: Ternary>(self, b: Self, c: Self) -> Self {
        match (self, b, c) {
            (Self::Constant(a), Self::Constant(b), Self::Constant(c)) => {
                Self::Constant(O::value(a, b, c))
            }
            _ => apply(Op::Ternary(O::OP), &[self, b, c]),
        }
    }

    fn apply_n<O: Nary>(operands: &[Self]) -> Self {
        let numbers: Option<Vec<f64>> = operands.iter().map(|operand| operand.constant()).collect();
        match numbers {
            Some(numbers) => Self::Constant(O::value(&numbers[..])),
            None => apply(Op::Nary(O::OP), operands),
        }
    }

    fn vanishes(self) -> bool {
        self.constant() == Some(0.0)
    }
}
