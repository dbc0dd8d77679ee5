//! The schedule for a block of rows: every value a row of lanes, one lane for each row of data.
//!
//! Takes code whose inputs are in part varying, gives [`RowCode`]: instructions ordered by depth, so that values of the same
//! operation stand side by side, and [products](super::matrix) of a matrix of uniform values where dot products share
//! their factors. Rows of lanes are used again when nothing needs their values any more.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::code::{Class, Code, Id, Kind};
use super::elementwise::{self, Scratch, Source};
use super::matrix::{self, Layout, Outer, Product};
use super::point::Slots;
use crate::math::fused::Arch;
use crate::op::{Nary, Op, rows};

/// The most lanes at once, and the number of rows whose sums are added one after the other.
pub(crate) const BLOCK: usize = 64;

const DOT: Kind = Kind::Apply(Op::Nary(rows::Dot::OP));
const ADJOINT: Kind = Kind::Apply(Op::Nary(rows::Adjoint::OP));

/// Where a value lies while a block of rows is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A row of lanes of its own.
    Row(u32),
    /// A varying input, by its place among those.
    Input(u32),
    /// One number for all rows, by its slot among the uniform values.
    Shared(u32),
}

#[derive(Clone, Debug)]
enum Instruction {
    /// An operation on each of `count` operands, the results in rows from `dst` on.
    Each {
        op: Op,
        dst: u32,
        count: u32,
        places: u32,
        operands: u32,
    },
    /// Dot products that share their factors, the results in rows from `dst` on.
    Product { dst: u32, product: Product },
}

/// The adjoint of uniform values: each sum over rows is computed by one of these.
#[derive(Clone, Debug)]
enum Reduction {
    /// Pairs of factors of one value, added pair by pair.
    Pairs { slot: u32, places: u32, count: u32 },
    /// An outer product of two lists of factors.
    Outer(Outer),
}

/// Instructions for a block of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowCode {
    instructions: Vec<Instruction>,
    reductions: Vec<Reduction>,
    places: Vec<Place>,
    /// How many rows of lanes are used at once.
    rows: usize,
}

/// The numbers that a block is computed from and with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub(crate) arch: Arch,
    /// How many threads a large product may use.
    pub(crate) threads: usize,
    /// Lanes a row: the rows of data, rounded up.
    pub(crate) lanes: usize,
    /// Rows of data.
    pub(crate) count: usize,
    /// The varying inputs, a row of lanes each.
    pub(crate) inputs: &'a [f64],
    /// The uniform values.
    pub(crate) shared: &'a [f64],
}

/// The rows of lanes of a block, and buffers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    values: Vec<f64>,
    elementwise: Scratch,
    matrix: matrix::Scratch,
}

impl RowCode {
    /// The instructions that compute the varying values, for uniform values in these slots. Gives where each value lies.
    pub(crate) fn schedule(
        code: &Code,
        classes: &[Class],
        slots: &Slots,
        matrices: bool,
    ) -> (Self, Vec<Place>) {
        Scheduler::new(code, classes, slots).run(matrices)
    }

    /// The number of rows of lanes that a block needs.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Computes a block: all varying values, in `rows`, and the block's sums, by slot from `sums_start` on.
    pub(crate) fn execute(&self, block: Block<'_>, rows: &mut Rows, sums_start: u32, sums: &mut [f64]) {
        let needed = self.rows * BLOCK;
        if rows.values.len() < needed {
            rows.values.resize(needed, 0.0);
        }
        for instruction in &self.instructions {
            match instruction {
                Instruction::Each {
                    op,
                    dst,
                    count,
                    places,
                    operands,
                } => self.each(block, rows, *op, *dst, *count, *places, *operands as usize),
                Instruction::Product { dst, product } => {
                    let (before, values, after) = split(
                        &mut rows.values,
                        *dst as usize * block.lanes,
                        product.outputs() * block.lanes,
                    );
                    let context = Context { block, before, after };
                    product.execute(&context, values, &mut rows.matrix);
                }
            }
        }
        let context = Context {
            block,
            before: &rows.values,
            after: (0, &[]),
        };
        for reduction in &self.reductions {
            match reduction {
                Reduction::Pairs {
                    slot,
                    places,
                    count,
                } => {
                    let pairs = &self.places[*places as usize..][..2 * *count as usize];
                    sums[(*slot - sums_start) as usize] = matrix::sum_pairs(&context, pairs.as_chunks().0);
                }
                Reduction::Outer(outer) => {
                    outer.execute(&context, sums_start, sums, &mut rows.matrix);
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one instruction")]
    fn each(
        &self,
        block: Block<'_>,
        rows: &mut Rows,
        op: Op,
        dst: u32,
        count: u32,
        places: u32,
        operands: usize,
    ) {
        let lanes = block.lanes;
        for member in 0..count as usize {
            let places = &self.places[places as usize + member * operands..][..operands];
            let (before, values, after) =
                split(&mut rows.values, (dst as usize + member) * lanes, lanes);
            let context = Context { block, before, after };
            let wide = &mut rows.elementwise.wide;
            match *places {
                [a] => elementwise::apply(block.arch, op, values, &[context.source(a)], wide),
                [a, b] => {
                    let sources = [a, b].map(|place| context.source(place));
                    elementwise::apply(block.arch, op, values, &sources, wide);
                }
                _ => {
                    let sources: SmallVec<[Source<'_>; 16]> =
                        places.iter().map(|&place| context.source(place)).collect();
                    elementwise::apply(block.arch, op, values, &sources, wide);
                }
            }
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        let matrices = self.instructions.iter().map(|instruction| match instruction {
            Instruction::Product { product, .. } => product.bytes(),
            Instruction::Each { .. } => 0,
        });
        let sums = self.reductions.iter().map(|reduction| match reduction {
            Reduction::Outer(outer) => outer.bytes(),
            Reduction::Pairs { .. } => 0,
        });
        size_of_val(&self.instructions[..])
            + size_of_val(&self.reductions[..])
            + size_of_val(&self.places[..])
            + matrices.sum::<usize>()
            + sums.sum::<usize>()
    }
}

impl Rows {
    /// The lanes of a value of the block just computed.
    pub(crate) fn source<'a>(&'a self, block: Block<'a>, place: Place) -> Source<'a> {
        let context = Context {
            block,
            before: &self.values,
            after: (0, &[]),
        };
        context.source(place)
    }
}

/// What an instruction may read: all rows but those it writes.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) block: Block<'a>,
    before: &'a [f64],
    /// The rows behind those written, and where they begin.
    after: (usize, &'a [f64]),
}

impl<'a> Context<'a> {
    #[inline]
    pub(crate) fn source(&self, place: Place) -> Source<'a> {
        match place {
            Place::Shared(slot) => Source::Splat(self.block.shared[slot as usize]),
            row => Source::Slice(self.lanes(row, 1)),
        }
    }

    /// The lanes of `count` rows from this one on.
    #[inline]
    pub(crate) fn lanes(&self, first: Place, count: usize) -> &'a [f64] {
        let lanes = self.block.lanes;
        let len = count * lanes;
        match first {
            Place::Row(row) => {
                let start = row as usize * lanes;
                if start + len <= self.before.len() {
                    &self.before[start..start + len]
                } else {
                    &self.after.1[start - self.after.0..][..len]
                }
            }
            Place::Input(input) => &self.block.inputs[input as usize * lanes..][..len],
            Place::Shared(_) => &[],
        }
    }
}

/// The values before, in and behind `len` from `start` on.
fn split(values: &mut [f64], start: usize, len: usize) -> (&[f64], &mut [f64], (usize, &[f64])) {
    let (before, rest) = values.split_at_mut(start);
    let (middle, after) = rest.split_at_mut(len);
    (before, middle, (start + len, after))
}

struct Scheduler<'a> {
    code: &'a Code,
    classes: &'a [Class],
    slots: &'a Slots,
    result: RowCode,
    places: Vec<Place>,
}

/// Values that are computed by one instruction.
struct Unit {
    depth: u32,
    kind: Kind,
    operands: u32,
    members: SmallVec<[Id; 1]>,
    product: bool,
}

impl<'a> Scheduler<'a> {
    fn new(code: &'a Code, classes: &'a [Class], slots: &'a Slots) -> Self {
        // A varying input lies by its place among those, needed or not.
        let mut varying = 0;
        let ranks: Vec<u32> = code
            .inputs
            .iter()
            .map(|&class| {
                varying += u32::from(class == Class::Varying);
                varying - u32::from(class == Class::Varying)
            })
            .collect();
        let places = code.ids().map(|id| match (classes[id as usize], code.kind(id)) {
            (Class::Varying, Kind::Input(place)) => Place::Input(ranks[place as usize]),
            (Class::Varying, _) => Place::Row(u32::MAX),
            _ => Place::Shared(slots.of(id)),
        });
        Self {
            places: places.collect(),
            code,
            classes,
            slots,
            result: RowCode::default(),
        }
    }

    fn run(mut self, matrices: bool) -> (RowCode, Vec<Place>) {
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
        self.reduce(matrices);
        (self.result, self.places)
    }

    /// The varying values in the order in which they are computed.
    fn units(&self, matrices: bool) -> Vec<Unit> {
        let code = self.code;
        let mut depths = vec![0_u32; code.len()];
        let mut units: Vec<Unit> = Vec::new();
        let mut products: FxHashMap<(Kind, Vec<Id>), usize> = FxHashMap::default();
        for id in code.ids() {
            if self.classes[id as usize] != Class::Varying || matches!(code.kind(id), Kind::Input(_)) {
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

    /// The varying factors of a dot product whose other factors are uniform.
    fn shared_factors(&self, id: Id) -> Option<Vec<Id>> {
        let pairs = self.pairs(id)?;
        pairs.map(|pair| pair.map(|[_, x]| x)).collect()
    }

    /// Each pair of a dot product as uniform and varying factor; none where a pair is otherwise.
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

    /// For each value the last unit that needs it; `usize::MAX` where it is needed to the end.
    fn last_uses(&self, units: &[Unit]) -> Vec<usize> {
        let mut last = vec![0; self.code.len()];
        for (index, unit) in units.iter().enumerate() {
            for &id in &unit.members {
                for &operand in self.code.operands(id) {
                    last[operand as usize] = index;
                }
            }
        }
        let sums = self.code.ids().filter(|&id| self.code.kind(id) == Kind::Rows);
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
            let product = Product::new(Layout::of(&matrix.collect::<Vec<_>>()), shared, unit.kind == ADJOINT);
            self.result.instructions.push(Instruction::Product { dst, product });
            return;
        }
        let Kind::Apply(op) = unit.kind else { return };
        let places = self.result.places.len() as u32;
        for &id in &unit.members {
            let operands = code.operands(id).iter();
            let operands = operands.map(|&operand| self.places[operand as usize]);
            self.result.places.extend(operands);
        }
        self.result.instructions.push(Instruction::Each {
            op,
            dst,
            count: unit.members.len() as u32,
            places,
            operands: unit.operands,
        });
    }

    /// The sums over rows. Those of one pair each are gathered into outer products where factors are shared.
    fn reduce(&mut self, matrices: bool) {
        let code = self.code;
        let mut by_factor: Vec<(Place, Vec<(Place, u32)>)> = Vec::new();
        let mut places: FxHashMap<Place, usize> = FxHashMap::default();
        for id in code.ids().filter(|&id| code.kind(id) == Kind::Rows) {
            let slot = self.slots.of(id);
            let factors = code.operands(id).iter();
            let factors: Vec<Place> = factors.map(|&factor| self.places[factor as usize]).collect();
            if let [u @ (Place::Row(_) | Place::Input(_)), p] = factors[..]
                && matrices
            {
                let next = by_factor.len();
                let place = *places.entry(u).or_insert(next);
                if place == next {
                    by_factor.push((u, Vec::new()));
                }
                by_factor[place].1.push((p, slot));
                continue;
            }
            let start = self.result.places.len() as u32;
            self.result.places.extend(&factors);
            self.result.reductions.push(Reduction::Pairs {
                slot,
                places: start,
                count: (factors.len() / 2) as u32,
            });
        }
        let mut groups: FxHashMap<Vec<Place>, usize> = FxHashMap::default();
        let mut outers: Vec<(Vec<Place>, Vec<Place>, Vec<Vec<u32>>)> = Vec::new();
        for (u, mut terms) in by_factor {
            terms.sort_unstable_by_key(|&(_, slot)| slot);
            let factors: Vec<Place> = terms.iter().map(|&(p, _)| p).collect();
            let next = outers.len();
            let place = *groups.entry(factors.clone()).or_insert(next);
            if place == next {
                outers.push((Vec::new(), factors, Vec::new()));
            }
            outers[place].0.push(u);
            outers[place].2.push(terms.into_iter().map(|(_, slot)| slot).collect());
        }
        for (us, ps, slots) in outers {
            let outer = Outer::new(us, ps, Layout::of(&slots));
            self.result.reductions.push(Reduction::Outer(outer));
        }
    }
}

/// Joins neighbours of one operation and depth.
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
    /// Stretches of free rows: where each begins and how long it is.
    stretches: std::collections::BTreeMap<u32, u32>,
    end: u32,
}

impl Free {
    /// The first of `count` neighbouring rows.
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
        let before = self.stretches.range(..row).next_back();
        let joins = before.map(|(&start, &len)| (start, len));
        let after = self.stretches.remove(&(row + 1)).unwrap_or(0);
        match joins {
            Some((start, len)) if start + len == row => {
                self.stretches.insert(start, len + 1 + after);
            }
            _ => {
                self.stretches.insert(row, 1 + after);
            }
        }
    }
}

impl std::fmt::Display for RowCode {
    /// One instruction a line, rows as `r0`, varying inputs as `x0`, uniform values as `u0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for instruction in &self.instructions {
            match *instruction {
                Instruction::Each {
                    op,
                    dst,
                    count,
                    places,
                    operands,
                } => {
                    for member in 0..count {
                        write!(f, "r{} = {}", dst + member, op.row().name)?;
                        let start = (places + member * operands) as usize;
                        for place in &self.places[start..start + operands as usize] {
                            write!(f, " {place}")?;
                        }
                        writeln!(f)?;
                    }
                }
                Instruction::Product { dst, ref product } => {
                    let end = dst as usize + product.outputs();
                    writeln!(f, "r{dst}..r{end} = {product}")?;
                }
            }
        }
        for reduction in &self.reductions {
            match *reduction {
                Reduction::Pairs {
                    slot,
                    places,
                    count,
                } => {
                    write!(f, "u{slot} = Rows")?;
                    for place in &self.places[places as usize..][..2 * count as usize] {
                        write!(f, " {place}")?;
                    }
                    writeln!(f)?;
                }
                Reduction::Outer(ref outer) => writeln!(f, "{outer}")?,
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Row(row) => write!(f, "r{row}"),
            Self::Input(input) => write!(f, "x{input}"),
            Self::Shared(slot) => write!(f, "u{slot}"),
        }
    }
}
