//! Symbols are numbers that write code: arithmetic on them appends values to the code being built.
//!
//! The table's partials are generic over the type of number. Evaluated on symbols, they become the code of the derivative.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::code::{Id, Ir, Kind};
use super::value_numbering::ValueNumbering;
use crate::op::{Binary, Nary, Op, Scalar, Sealed, Ternary, Unary};

thread_local! {
    static BUILDER: RefCell<Option<Builder>> = const { RefCell::new(None) };
}

/// The code being built on this thread.
#[derive(Default)]
struct Builder {
    ir: Ir,
    /// The value of each constant, by its bits.
    constants: FxHashMap<u64, Id>,
    /// The values made so far, if equal values are to be merged.
    merged: Option<ValueNumbering>,
}

/// A value of the code being built, or a number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Symbol {
    Constant(f64),
    Value(Id),
}

/// Continues this code: appends what `work` computes with symbols.
///
/// # Panics
/// If `work` calls it again, because a thread builds one code at a time.
pub(crate) fn extend<R>(ir: Ir, work: impl FnOnce() -> R) -> (Ir, R) {
    build(
        Builder {
            ir,
            ..Builder::default()
        },
        work,
    )
}

/// Like [`extend`], but merges equal values. The code must not be differentiated afterwards, because merging changes its
/// uses.
pub(crate) fn extend_merged<R>(ir: Ir, work: impl FnOnce() -> R) -> (Ir, R) {
    let mut constants = FxHashMap::default();
    for id in ir.ids() {
        if let Kind::Constant(bits) = ir.kind(id) {
            constants.entry(bits).or_insert(id);
        }
    }
    let merged = Some(ValueNumbering::from_ir(&ir));
    build(
        Builder {
            ir,
            constants,
            merged,
        },
        work,
    )
}

fn build<R>(builder: Builder, work: impl FnOnce() -> R) -> (Ir, R) {
    /// Ends the building, even if `work` panics.
    struct Ends;
    impl Drop for Ends {
        fn drop(&mut self) {
            BUILDER.take();
        }
    }
    let outer = BUILDER.replace(Some(builder));
    let ends = Ends;
    assert!(outer.is_none(), "this thread is already building code");
    let result = work();
    let builder = BUILDER.take().unwrap_or_default();
    drop(ends);
    (builder.ir, result)
}

fn with<R>(work: impl FnOnce(&mut Builder) -> R) -> R {
    BUILDER.with_borrow_mut(|builder| work(builder.as_mut().expect("symbols live within `extend`")))
}

/// Appends a value to the code being built.
pub(crate) fn push(kind: Kind, operands: &[Id]) -> Id {
    with(|Builder { ir, merged, .. }| match merged {
        Some(merged) => merged.push(ir, kind, operands),
        None => ir.push(kind, operands),
    })
}

/// How many values the code being built has.
pub(crate) fn len() -> usize {
    with(|builder| builder.ir.len())
}

/// The kind and the operands of a value of the code being built.
pub(crate) fn node(id: Id) -> (Kind, SmallVec<[Id; 4]>) {
    with(|Builder { ir, .. }| (ir.kind(id), ir.operands(id).into()))
}

impl Builder {
    fn symbol(&self, id: Id) -> Symbol {
        let number = self.ir.constant(id);
        number.map_or(Symbol::Value(id), Symbol::Constant)
    }
}

impl Symbol {
    pub(crate) const ZERO: Self = Self::Constant(0.0);
    pub(crate) const ONE: Self = Self::Constant(1.0);

    /// The value with this index in the code being built.
    pub(crate) fn at(id: Id) -> Self {
        with(|builder| builder.symbol(id))
    }

    /// The values with these indices.
    pub(crate) fn all(ids: &[Id]) -> SmallVec<[Self; 4]> {
        with(|builder| ids.iter().map(|&id| builder.symbol(id)).collect())
    }

    /// Its index in the code being built. A number is appended when its index is first needed.
    pub(crate) fn id(self) -> Id {
        match self {
            Self::Value(id) => id,
            Self::Constant(number) => with(|Builder { ir, constants, .. }| {
                let bits = number.to_bits();
                *constants
                    .entry(bits)
                    .or_insert_with(|| ir.push(Kind::Constant(bits), &[]))
            }),
        }
    }

    pub(crate) fn constant(self) -> Option<f64> {
        match self {
            Self::Constant(number) => Some(number),
            Self::Value(_) => None,
        }
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

operators!(inline, [] Symbol);

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
            Some(numbers) => Self::Constant(f64::apply_n::<O>(&numbers)),
            None => apply(Op::Nary(O::OP), operands),
        }
    }

    fn vanishes(self) -> bool {
        self.constant() == Some(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ir, Symbol, extend};

    #[test]
    #[should_panic(expected = "this thread is already building code")]
    fn nested_building_panics() {
        extend(Ir::default(), || extend(Ir::default(), || Symbol::ONE.id()));
    }

    #[test]
    fn a_panic_while_building_leaves_nothing_behind() {
        let failed = std::panic::catch_unwind(|| extend(Ir::default(), || panic!("wrong")));
        assert!(failed.is_err());
        assert_eq!(extend(Ir::default(), || Symbol::ONE.id()).1, 0);
    }
}
