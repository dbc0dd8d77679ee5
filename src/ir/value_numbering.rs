//! Value numbering: finds an earlier value with the same operation and operands. Operands of commutative operations are in
//! ascending order.
//!
//! A search for a value covers the values with the same latest operand. There are usually few of them, and they are recent,
//! so they are still in the cache; a table of all values would not be. A table holds the values beyond the first few of an
//! operand.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::ir::code::{Id, Ir, Kind};
use crate::op::{Law, Op};

/// How many values with the same latest operand are searched one by one.
const FEW: usize = 16;
/// Marks the absence of a value.
const NONE: Id = Id::MAX;

/// The values seen so far.
#[derive(Default)]
pub(crate) struct ValueNumbering {
    /// For each value: the last value that has it as the latest operand. For each of those: the one before it.
    last: Vec<Id>,
    before: Vec<Id>,
    /// Values without operands, and those beyond the first few of an operand. Each has its hash, so that the table can grow
    /// without looking at the code again.
    others: HashTable<(u64, Id)>,
}

/// Where a value is, or where it belongs.
#[derive(Clone, Copy)]
enum Slot {
    Known(Id),
    /// Among the values with this latest operand.
    Few(Id),
    /// In the table, at this hash.
    Table(u64),
}

fn hash(kind: Kind, operands: &[Id]) -> u64 {
    let mut state = FxHasher::default();
    match kind {
        Kind::Constant(bits) => state.write_u64(bits),
        Kind::Input(place) => state.write_u32(place),
        Kind::Apply(op) => state.write_u32(op.number()),
        Kind::SumOverRows => {}
    }
    for &operand in operands {
        state.write_u32(operand);
    }
    state.finish()
}

impl ValueNumbering {
    /// Makes room for this many values.
    pub(crate) fn with_capacity(values: usize) -> Self {
        Self {
            last: Vec::with_capacity(values),
            before: Vec::with_capacity(values),
            others: HashTable::new(),
        }
    }

    /// Collects the values of this code.
    pub(crate) fn from_ir(code: &Ir) -> Self {
        let mut common = Self::with_capacity(code.len());
        for id in code.ids() {
            let (kind, operands) = (code.kind(id), code.operands(id));
            let place = common.place(code, kind, operands);
            common.insert(place, id);
        }
        common
    }

    /// Returns the value of this kind with these operands; appends it if there is none yet.
    pub(crate) fn push(&mut self, code: &mut Ir, kind: Kind, operands: &[Id]) -> Id {
        if let Kind::Input(_) | Kind::SumOverRows = kind {
            // Inputs are distinct, and sums over rows are rarely equal.
            return code.push(kind, operands);
        }
        if let ([a, b], Kind::Apply(op @ Op::Binary(_))) = (operands, kind)
            && a > b
            && op.obeys(Law::Commutative)
        {
            return self.find_or_push(code, kind, &[*b, *a]);
        }
        self.find_or_push(code, kind, operands)
    }

    fn find_or_push(&mut self, code: &mut Ir, kind: Kind, operands: &[Id]) -> Id {
        let place = self.place(code, kind, operands);
        if let Slot::Known(id) = place {
            return id;
        }
        let id = code.push(kind, operands);
        self.insert(place, id);
        id
    }

    fn place(&self, code: &Ir, kind: Kind, operands: &[Id]) -> Slot {
        let same = |id: Id| code.kind(id) == kind && code.operands(id) == operands;
        if let Some(&latest) = operands.iter().max() {
            let mut id = self.last.get(latest as usize).copied().unwrap_or(NONE);
            let mut seen = 0;
            while id != NONE && seen < FEW {
                if same(id) {
                    return Slot::Known(id);
                }
                id = self.before[id as usize];
                seen += 1;
            }
            if seen < FEW {
                return Slot::Few(latest);
            }
        }
        let hash = hash(kind, operands);
        let known = |&(other, id): &(u64, Id)| other == hash && same(id);
        match self.others.find(hash, known) {
            Some(&(_, id)) => Slot::Known(id),
            None => Slot::Table(hash),
        }
    }

    fn insert(&mut self, place: Slot, id: Id) {
        match place {
            Slot::Known(_) => {}
            Slot::Few(latest) => {
                self.last.resize(self.last.len().max(id as usize), NONE);
                self.before.resize(id as usize + 1, NONE);
                let last = &mut self.last[latest as usize];
                self.before[id as usize] = std::mem::replace(last, id);
            }
            Slot::Table(hash) => {
                self.others
                    .insert_unique(hash, (hash, id), |&(hash, _)| hash);
            }
        }
    }
}
