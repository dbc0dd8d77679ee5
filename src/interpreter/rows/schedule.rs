//! The schedule for a block of rows.
//!
//! Makes [`RowCode`]: instructions, sorted by depth so that values with the same operation are adjacent. Dot products that
//! share their factors become [products](crate::interpreter::matrix) with a matrix of uniform values. Rows of lanes are used
//! again when nothing needs their values any more.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::rectangles::{Rectangle, rectangles};
use super::{Each, Instruction, Reduction, RowCode};
use crate::backend::Place;
use crate::interpreter::elementwise;
use crate::interpreter::matrix::{MatrixLayout, Outer, Product};
use crate::interpreter::point::schedule::Slots;
use crate::interpreter::row_kernels::RowKernel;
use crate::interpreter::sums::{self, Pairs};
use crate::ir::{Class, Id, Ir, Kind};
use crate::op::{Nary, Op, rows};

const DOT: Kind = Kind::Apply(Op::Nary(rows::Dot::OP));
const ADJOINT: Kind = Kind::Apply(Op::Nary(rows::Adjoint::OP));

impl RowCode {
    /// The instructions that compute the varying values, and the place of each value. Uniform values are in these slots.
    pub(crate) fn schedule(
        code: &Ir,
        classes: &[Class],
        slots: &Slots,
        matrices: bool,
        any_order: bool,
    ) -> (Self, Vec<Place>) {
        // A varying input has its index among the varying ones, even if it is not used.
        let mut varying = 0;
        let ranks: Vec<u32> = code
            .inputs
            .iter()
            .map(|&class| {
                varying += u32::from(class == Class::Varying);
                varying - u32::from(class == Class::Varying)
            })
            .collect();
        let places = code
            .ids()
            .map(|id| match (classes[id as usize], code.kind(id)) {
                (Class::Varying, Kind::Input(place)) => Place::Input(ranks[place as usize]),
                (Class::Varying, _) => Place::Row(u32::MAX),
                _ => Place::Shared(slots.of(id)),
            });
        let places: Vec<Place> = places.collect();
        let is_input = |place: &&Place| matches!(place, Place::Input(_));
        let used = places.iter().filter(is_input).count();
        let scheduler = RowScheduler {
            places,
            code,
            classes,
            slots,
            result: Self {
                reads_most: 2 * used >= varying as usize,
                ..Self::default()
            },
        };
        scheduler.run(matrices, any_order)
    }
}

struct RowScheduler<'a> {
    code: &'a Ir,
    classes: &'a [Class],
    slots: &'a Slots,
    result: RowCode,
    places: Vec<Place>,
}

/// Values that one instruction computes.
struct Unit {
    depth: u32,
    kind: Kind,
    operands: u32,
    members: SmallVec<[Id; 1]>,
    product: bool,
}

impl RowScheduler<'_> {
    fn run(mut self, matrices: bool, any_order: bool) -> (RowCode, Vec<Place>) {
        let units = self.units(matrices);
        let last_use = self.last_uses(&units);
        let mut free = Free::default();
        let mut dying: Vec<Vec<u32>> = vec![Vec::new(); units.len()];
        for (index, unit) in units.iter().enumerate() {
            let dst = free.take(unit.members.len() as u32);
            for (row, &id) in (dst..).zip(&unit.members) {
                self.places[id as usize] = Place::Row(row);
                let last = last_use[id as usize];
                if last != usize::MAX {
                    dying[last.max(index)].push(row);
                }
            }
            self.emit(unit, dst);
            let mut rows = std::mem::take(&mut dying[index]);
            rows.sort_unstable();
            for row in rows {
                free.give(row);
            }
        }
        self.result.rows = free.end as usize;
        self.reduce(matrices, any_order);
        (self.result, self.places)
    }

    /// The varying values, in the order of computation.
    fn units(&self, matrices: bool) -> Vec<Unit> {
        let code = self.code;
        let mut depths = vec![0_u32; code.len()];
        let mut units: Vec<Unit> = Vec::new();
        let mut products: FxHashMap<(Kind, Vec<Id>), usize> = FxHashMap::default();
        for id in code.ids() {
            if self.classes[id as usize] != Class::Varying
                || matches!(code.kind(id), Kind::Input(_))
            {
                continue;
            }
            let operands = code.operands(id);
            let below = operands.iter().map(|&operand| depths[operand as usize]);
            let depth = below.max().unwrap_or(0) + 1;
            depths[id as usize] = depth;
            let kind = code.kind(id);
            if matrices && let Some(shared) = self.shared_factors(id) {
                let next = units.len();
                let place = *products.entry((kind, shared)).or_insert(next);
                if place < next {
                    units[place].members.push(id);
                    continue;
                }
            }
            units.push(Unit {
                depth,
                kind,
                operands: operands.len() as u32,
                members: SmallVec::from_slice(&[id]),
                product: false,
            });
        }
        for place in products.into_values() {
            units[place].product = true;
        }
        let op = |unit: &Unit| match unit.kind {
            Kind::Apply(op) => op,
            _ => Op::Input,
        };
        units.sort_by_key(|unit| (unit.depth, op(unit), unit.operands, unit.members[0]));
        merge(units)
    }

    /// The varying factors of a dot product with uniform other factors.
    fn shared_factors(&self, id: Id) -> Option<Vec<Id>> {
        let pairs = self.pairs(id)?;
        pairs.map(|pair| pair.map(|[_, x]| x)).collect()
    }

    /// The uniform and the varying factor of each pair of a dot product; `None` if some pair has no such factors.
    fn pairs(&self, id: Id) -> Option<impl Iterator<Item = Option<[Id; 2]>>> {
        let kind = self.code.kind(id);
        let operands = self.code.operands(id);
        if !(kind == DOT || kind == ADJOINT) || operands.len() < 4 {
            return None;
        }
        let varying = |id: Id| self.classes[id as usize] == Class::Varying;
        let pairs = operands.as_chunks::<2>().0.iter();
        Some(pairs.map(move |&[a, b]| match (varying(a), varying(b)) {
            (false, true) => Some([a, b]),
            (true, false) => Some([b, a]),
            _ => None,
        }))
    }

    /// For each value, the last unit that needs it; `usize::MAX` if it is needed to the end.
    fn last_uses(&self, units: &[Unit]) -> Vec<usize> {
        let mut last = vec![0; self.code.len()];
        for (index, unit) in units.iter().enumerate() {
            for &id in &unit.members {
                for &operand in self.code.operands(id) {
                    last[operand as usize] = index;
                }
            }
        }
        let sums = self
            .code
            .ids()
            .filter(|&id| self.code.kind(id) == Kind::SumOverRows);
        let ends = sums.flat_map(|id| self.code.operands(id)).copied();
        for id in ends.chain(self.code.roots()) {
            last[id as usize] = usize::MAX;
        }
        last
    }

    fn emit(&mut self, unit: &Unit, dst: u32) {
        let code = self.code;
        if unit.product {
            let matrix = unit.members.iter().map(|&id| {
                let pairs = self.pairs(id).into_iter().flatten().flatten();
                pairs.map(|[w, _]| self.slots.of(w)).collect()
            });
            let shared = self.shared_factors(unit.members[0]).unwrap_or_default();
            let shared = shared.iter().map(|&x| self.places[x as usize]).collect();
            let product = Product::new(
                MatrixLayout::new(&matrix.collect::<Vec<_>>()),
                shared,
                unit.kind == ADJOINT,
            );
            self.result
                .instructions
                .push(Instruction::Product { dst, product });
            return;
        }
        let Kind::Apply(op) = unit.kind else { return };
        let place = |id: Id, operand: usize| self.places[code.operands(id)[operand] as usize];
        let operands = unit.operands as usize;
        let as_one = (0..operands).all(|operand| {
            let first = place(unit.members[0], operand);
            let mut members = (0..).zip(&unit.members);
            members.all(|(step, &id)| first.next(step) == place(id, operand))
        });
        let listed = if as_one { 1 } else { unit.members.len() };
        let start = self.result.places.len() as u32;
        for &id in &unit.members[..listed] {
            self.result
                .places
                .extend((0..operands).map(|operand| place(id, operand)));
        }
        let kernel = elementwise::kernel::<RowKernel>(op, operands);
        self.result.instructions.push(Instruction::Each(Each {
            op,
            kernel: kernel.expect("an input is not computed"),
            dst,
            rows_at_once: (unit.members.len() / listed) as u32,
            places: start..self.result.places.len() as u32,
            operands: unit.operands,
        }));
    }

    /// The sums over rows. Sums of single pairs that share factors become outer products.
    fn reduce(&mut self, matrices: bool, any_order: bool) {
        let code = self.code;
        let mut pairs: Vec<(Vec<Place>, u32)> = Vec::new();
        let mut products: Vec<([Place; 2], u32)> = Vec::new();
        for id in code.ids().filter(|&id| code.kind(id) == Kind::SumOverRows) {
            let slot = self.slots.of(id);
            let factors = code.operands(id).iter();
            let factors: Vec<Place> = factors
                .map(|&factor| self.places[factor as usize])
                .collect();
            match factors[..] {
                [u @ (Place::Row(_) | Place::Input(_)), p] if matrices => {
                    products.push(([u, p], slot));
                }
                _ => pairs.push((factors, slot)),
            }
        }
        for Rectangle { left, right, slots } in rectangles(&products) {
            let narrow = left.len().min(right.len()) == 1;
            if left.len() < 4 && right.len() < 4 || any_order && narrow {
                // Too narrow to fill vectors.
                for (u, slots) in left.iter().zip(slots) {
                    pairs.extend(
                        right
                            .iter()
                            .zip(slots)
                            .map(|(&p, slot)| (vec![*u, p], slot)),
                    );
                }
                continue;
            }
            let outer = Outer::new(left, right, MatrixLayout::new(&slots));
            self.result.reductions.push(Reduction::Outer(outer));
        }
        // Sums of the same number of pairs are computed together.
        pairs.sort_by_key(|(factors, slot)| (factors.len(), *slot));
        for alike in pairs.chunk_by(|(a, _), (b, _)| a.len() == b.len()) {
            for some in alike.chunks(sums::TOGETHER) {
                self.result
                    .reductions
                    .push(Reduction::Pairs(Pairs::new(some, any_order)));
            }
        }
    }
}

/// Joins adjacent values with the same operation and depth.
fn merge(units: Vec<Unit>) -> Vec<Unit> {
    let mut merged: Vec<Unit> = Vec::with_capacity(units.len());
    for unit in units {
        if let Some(last) = merged.last_mut()
            && !(last.product || unit.product)
            && (last.depth, last.kind, last.operands) == (unit.depth, unit.kind, unit.operands)
        {
            last.members.extend(unit.members);
        } else {
            merged.push(unit);
        }
    }
    merged
}

/// Rows of lanes that are free again.
#[derive(Default)]
struct Free {
    /// Runs of free rows: the first row and the length of each.
    stretches: BTreeMap<u32, u32>,
    end: u32,
}

impl Free {
    /// Takes `count` adjacent rows, and returns the first one.
    fn take(&mut self, count: u32) -> u32 {
        let fits = self.stretches.iter().find(|&(_, &len)| len >= count);
        if let Some((&start, &len)) = fits {
            self.stretches.remove(&start);
            if len > count {
                self.stretches.insert(start + count, len - count);
            }
            return start;
        }
        let start = self.end;
        self.end += count;
        start
    }

    fn give(&mut self, row: u32) {
        let after = self.stretches.remove(&(row + 1)).unwrap_or(0);
        if let Some((start, len)) = self.stretches.range_mut(..row).next_back()
            && start + *len == row
        {
            *len += 1 + after;
        } else {
            self.stretches.insert(row, 1 + after);
        }
    }
}
