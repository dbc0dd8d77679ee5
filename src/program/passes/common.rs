//! Common subexpressions: values made alike are one value. Operands that commute stand in ascending order.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::op::{Law, Op};
use crate::program::code::{Code, Id, Kind};

/// The values seen so far.
#[derive(Default)]
pub(crate) struct Common {
    /// Each with its hash, so that the table can grow without looking at the code again.
    values: HashTable<(u64, Id)>,
}

fn hash(kind: Kind, operands: &[Id]) -> u64 {
    let mut state = FxBuildHasher.build_hasher();
    kind.hash(&mut state);
    operands.hash(&mut state);
    state.finish()
}

impl Common {
    /// Room for so many values.
    pub(super) fn with_capacity(values: usize) -> Self {
        Self {
            values: HashTable::with_capacity(values),
        }
    }

    /// The values of a code.
    pub(crate) fn of(code: &Code) -> Self {
        let mut common = Self::with_capacity(code.len());
        for id in code.ids() {
            common.insert(hash(code.kind(id), code.operands(id)), id);
        }
        common
    }

    fn insert(&mut self, hash: u64, id: Id) {
        self.values
            .insert_unique(hash, (hash, id), |&(hash, _)| hash);
    }

    /// The value made so, appended if there is none yet.
    pub(crate) fn push(&mut self, code: &mut Code, kind: Kind, operands: &[Id]) -> Id {
        if let Kind::Input(_) | Kind::Rows = kind {
            // Inputs differ, and so do adjoints of different inputs, but for rare cases.
            return code.push(kind, operands);
        }
        if let ([a, b], Kind::Apply(op @ Op::Binary(_))) = (operands, kind)
            && a > b
            && op.row().laws.contains(&Law::Commutative)
        {
            return self.find_or_push(code, kind, &[*b, *a]);
        }
        self.find_or_push(code, kind, operands)
    }

    /// The first constant of the value just appended.
    pub(super) fn constant(&mut self, code: &mut Code, id: Id) -> Id {
        self.push(code, code.kind(id), &[])
    }

    fn find_or_push(&mut self, code: &mut Code, kind: Kind, operands: &[Id]) -> Id {
        let hash = hash(kind, operands);
        let same = |&(other, id): &(u64, Id)| {
            other == hash && code.kind(id) == kind && code.operands(id) == operands
        };
        if let Some(&(_, id)) = self.values.find(hash, same) {
            return id;
        }
        let id = code.push(kind, operands);
        self.insert(hash, id);
        id
    }
}
