//! Makes runs from code, and gives values their slots.
//!
//! Code is cut into chunks. Within a chunk, values are sorted by depth and operation, and values with the same operation that
//! do not depend on one another become a run. Values that only their own chunk uses are temporary: their part of the buffer
//! is used again by every chunk, so it stays in the cache.

use std::borrow::Cow;
use std::hash::Hasher;

use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::{Address, FEW, Kernel, Run, Runs, WIDE};
use crate::interpreter::elementwise::{self, Each, Single};
use crate::ir::{Id, Ir, Kind};
use crate::op::{Nary, Op, rows};

/// The number of values in a chunk: few enough that the operands of a run are still in the cache.
const CHUNK: usize = 1 << 14;
/// From this many values on, it is worth a run of its own if all operands can be read in place.
const LONG: usize = 32;
/// From this many values on, operations with more than a few operands are worth a run of several.
const TOGETHER: usize = 4;
/// Fewer values than this are computed one by one, if each has few operands.
const ALONE: usize = 8;
/// A level, or a further run, costs about as much as this many values that stay.
const LEVEL: usize = 256;
/// The number of slots in a line of the cache.
const LINE: u32 = 8;
/// Operands in adjacent slots are copied together if there are this many on average.
const STRETCH: usize = 8;
/// Marks slots of temporary values, until it is known where their part of the buffer begins.
const PASSING: u32 = 1 << 31;

/// The slots of uniform values in their buffer.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    /// The slot of each value; `u32::MAX` if it has none yet.
    of: Vec<u32>,
    count: u32,
    /// The number of temporary values in this chunk so far, and in the chunk with the most.
    passing: u32,
    most_passing: u32,
}

impl Slots {
    pub(crate) fn new(code: &Ir) -> Self {
        Self {
            of: vec![u32::MAX; code.len()],
            ..Self::default()
        }
    }

    /// Gives a value the next slot.
    pub(crate) fn give(&mut self, id: Id) {
        self.of[id as usize] = self.count;
        self.count += 1;
    }

    /// The next slot, of temporary values or of others.
    fn next(&self, passing: bool) -> u32 {
        if passing {
            self.passing | PASSING
        } else {
            self.count
        }
    }

    /// Gives a value the next slot.
    fn give_next(&mut self, id: Id, passing: bool) {
        if !passing {
            self.give(id);
            return;
        }
        self.of[id as usize] = self.next(true);
        self.passing += 1;
        self.most_passing = self.most_passing.max(self.passing);
    }

    /// Moves on to a slot that begins a line of the cache, so that no aligned vector of a long run crosses two lines.
    fn align(&mut self, passing: bool) {
        let slot = if passing {
            &mut self.passing
        } else {
            &mut self.count
        };
        *slot = slot.next_multiple_of(LINE);
    }

    /// Leaves slots out.
    pub(crate) fn skip(&mut self, count: usize) {
        self.count += count as u32;
    }

    #[inline]
    pub(crate) fn of(&self, id: Id) -> u32 {
        self.of[id as usize]
    }

    /// The number of slots so far, without those of temporary values.
    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }

    /// Where the part of temporary values begins.
    fn passing_from(&self) -> u32 {
        self.count.next_multiple_of(LINE)
    }

    /// The number of all slots.
    pub(crate) fn all(&self) -> usize {
        (self.passing_from() + self.most_passing) as usize
    }
}

impl Runs {
    /// The runs that compute these values, which are in ascending order. Everything else that they need has a slot already.
    /// `any_order` allows to add the terms of long sums in any order.
    pub(crate) fn schedule(code: &Ir, ids: &[Id], slots: &mut Slots, any_order: bool) -> Self {
        let (ids, stays) = cheaper_order(code, ids);
        let mut scheduler = PointScheduler {
            code,
            slots,
            any_order,
            runs: Self::default(),
            depths: vec![0; code.len()],
            stays,
            deepest: 0,
            order: Vec::new(),
            members: Vec::new(),
            operands: Vec::new(),
        };
        for chunk in ids.chunks(CHUNK) {
            scheduler.slots.passing = 0;
            scheduler.chunk(chunk);
        }
        scheduler.runs
    }

    /// Moves the slots of temporary values behind all other slots, once these are complete.
    pub(crate) fn place_passing(&mut self, slots: &Slots) {
        let place = |slot: &mut u32| {
            if *slot & PASSING != 0 {
                *slot = (*slot & !PASSING) + slots.passing_from();
            }
        };
        for run in &mut self.list {
            place(&mut run.dst);
        }
        for address in &mut self.addresses {
            if let Address::Slots(slot) | Address::Same(slot) = address {
                place(slot);
            }
        }
        self.table.iter_mut().for_each(place);
    }
}

/// The cheaper of two orders: the given one, or each value as soon as all that it needs is there. In the second one, an adjoint
/// that needs few values is computed while these are in the cache. Also says which values then [stay](stay).
///
/// The cost is the number of values that stay, and [`LEVEL`] for each level.
fn cheaper_order<'a>(code: &Ir, ids: &'a [Id]) -> (Cow<'a, [Id]>, Vec<bool>) {
    let stays = stay(code, ids);
    let count = |stays: &[bool]| stays.iter().filter(|&&stays| stays).count();
    if ids.len() <= CHUNK || count(&stays) < ids.len() / 8 {
        return (Cow::Borrowed(ids), stays);
    }
    // A value that needs no other of these values begins something new. The others follow the last such value that they need.
    let mut begins: Vec<Id> = vec![0; code.len()];
    for &id in ids {
        let operands = code.operands(id).iter();
        let last = operands.map(|&operand| begins[operand as usize]).max();
        begins[id as usize] = last.filter(|&last| last > 0).unwrap_or(id);
    }
    let mut early = ids.to_vec();
    early.sort_by_key(|&id| begins[id as usize]);
    let early_stays = stay(code, &early);
    let cost = |ids: &[Id], stays: &[bool]| count(stays) + LEVEL * levels(code, ids);
    if cost(&early, &early_stays) < cost(ids, &stays) {
        (Cow::Owned(early), early_stays)
    } else {
        (Cow::Borrowed(ids), stays)
    }
}

/// The number of levels in all chunks. A value is one level above the highest of its operands.
fn levels(code: &Ir, ids: &[Id]) -> usize {
    let mut depths: Vec<u32> = vec![0; code.len()];
    let mut deepest = 0;
    for chunk in ids.chunks(CHUNK) {
        let before = deepest;
        for &id in chunk {
            let operands = code.operands(id).iter();
            let below = operands.map(|&operand| depths[operand as usize]).max();
            let depth = below.unwrap_or(0).max(before) + 1;
            depths[id as usize] = depth;
            deepest = deepest.max(depth);
        }
    }
    deepest as usize
}

/// Which values are used outside their own chunk. If there is only one chunk, all values stay.
fn stay(code: &Ir, ids: &[Id]) -> Vec<bool> {
    if ids.len() <= CHUNK {
        return vec![true; code.len()];
    }
    let mut chunks = vec![u32::MAX; code.len()];
    for (chunk, ids) in (0..).zip(ids.chunks(CHUNK)) {
        for &id in ids {
            chunks[id as usize] = chunk;
        }
    }
    let mut stays = vec![false; code.len()];
    for id in code.ids() {
        for &operand in code.operands(id) {
            stays[operand as usize] |= chunks[operand as usize] != chunks[id as usize];
        }
    }
    for root in code.roots() {
        stays[root as usize] = true;
    }
    stays
}

struct PointScheduler<'a> {
    code: &'a Ir,
    slots: &'a mut Slots,
    any_order: bool,
    runs: Runs,
    /// The depth of each value. It continues from chunk to chunk.
    depths: Vec<u32>,
    /// Whether a value is used outside its own chunk.
    stays: Vec<bool>,
    /// The largest depth in earlier chunks. Values with at most this depth exist when the chunk begins.
    deepest: u32,
    /// The chunk's values as sort keys: depth, operation and number of operands, then the place in the chunk.
    order: Vec<u64>,
    /// The values of the current run.
    members: Vec<Member>,
    /// The slots of the operands of each member.
    operands: Vec<u32>,
}

/// A value of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    /// A hash of the constants among its operands and their places; 0 if few others have the same.
    constants: u64,
    /// The slots of the first two operands that are not constant. In this order, operands are likely to be adjacent.
    first: [u32; 2],
    id: Id,
    /// The index of its first operand's slot.
    operands: u32,
}

impl PointScheduler<'_> {
    fn chunk(&mut self, chunk: &[Id]) {
        const PLACE: u32 = CHUNK.ilog2();
        let code = self.code;
        self.order.clear();
        let mut deepest = self.deepest;
        for (place, &id) in (0..).zip(chunk) {
            let operands = code.operands(id);
            let below = operands
                .iter()
                .map(|&operand| self.depths[operand as usize]);
            let depth = below.max().unwrap_or(0).max(self.deepest) + 1;
            self.depths[id as usize] = depth;
            deepest = deepest.max(depth);
            if let Kind::Apply(op) = code.kind(id) {
                let level = u64::from(depth - self.deepest);
                // Operations with more operands than this are runs of their own.
                let count = operands.len().min(WIDE + 1) as u64;
                let alike = level << 24 | u64::from(op.number()) << 12 | count;
                self.order.push(alike << PLACE | place);
            }
        }
        self.deepest = deepest;
        self.order.sort_unstable();
        let order = std::mem::take(&mut self.order);
        let place = |key: u64| chunk[key as usize % CHUNK];
        for run in order.chunk_by(|a, b| a >> PLACE == b >> PLACE) {
            let Kind::Apply(op) = code.kind(place(run[0])) else {
                continue;
            };
            self.gather(run.iter().map(|&key| place(key)), run.len());
            self.cut(op);
        }
        self.order = order;
    }

    /// Looks up the operands of a run's members, and sorts the members.
    fn gather(&mut self, ids: impl Iterator<Item = Id>, count: usize) {
        self.members.clear();
        self.operands.clear();
        for id in ids {
            let mut constants = FxHasher::default();
            let (mut first, mut known) = ([0; 2], 0);
            let operands = self.operands.len() as u32;
            for (place, &operand) in (0..).zip(self.code.operands(id)) {
                let slot = self.slots.of(operand);
                self.operands.push(slot);
                let is_constant =
                    (count >= LONG || known < first.len()) && self.code.constant(operand).is_some();
                if !is_constant {
                    if let Some(place) = first.get_mut(known) {
                        *place = slot;
                        known += 1;
                    }
                } else if count >= LONG {
                    constants.write_u64(place << 32 | u64::from(operand));
                }
            }
            self.members.push(Member {
                constants: constants.finish(),
                first,
                id,
                operands,
            });
        }
        self.members.sort_unstable();
        if count < LONG {
            return;
        }
        let mut few = false;
        for alike in self.members.chunk_by_mut(|a, b| a.constants == b.constants) {
            if alike.len() < LONG {
                few = true;
                for member in alike {
                    member.constants = 0;
                }
            }
        }
        if few {
            self.members.sort_unstable();
        }
    }

    /// Cuts a run into long parts whose operands are read in place, and the parts between them, whose operands are gathered.
    fn cut(&mut self, op: Op) {
        let members = std::mem::take(&mut self.members);
        let mut rest = &members[..];
        let mut gathered = 0;
        while gathered < rest.len() {
            let len = self.side_by_side(&rest[gathered..]);
            if len < LONG && len < rest.len() {
                gathered += len;
                continue;
            }
            let (before, from) = rest.split_at(gathered);
            self.push_split(op, before);
            let (part, after) = from.split_at(len);
            self.push_split(op, part);
            (rest, gathered) = (after, 0);
        }
        self.push_split(op, rest);
        self.members = members;
    }

    /// Appends a run of these members, or several if that lets many of them be temporary.
    fn push_split(&mut self, op: Op, members: &[Member]) {
        let alike = |a: &Member, b: &Member| self.stays[a.id as usize] == self.stays[b.id as usize];
        let alike_members = members.chunk_by(alike);
        if alike_members.clone().count() * LEVEL > members.len() {
            self.push(op, members);
        } else {
            let lengths: SmallVec<[usize; 8]> = alike_members.map(<[Member]>::len).collect();
            let mut rest = members;
            for len in lengths {
                let (some, after) = rest.split_at(len);
                self.push(op, some);
                rest = after;
            }
        }
    }

    fn slots_of(&self, member: Member) -> &[u32] {
        &self.operands[member.operands as usize..][..self.code.operands(member.id).len()]
    }

    /// How many members, from the first on, have operands that are adjacent or the same.
    fn side_by_side(&self, members: &[Member]) -> usize {
        let Some(&[first, second]) = members.first_chunk() else {
            return members.len();
        };
        let steps = |a: Member, b: Member| {
            let pairs = self.slots_of(a).iter().zip(self.slots_of(b));
            pairs.map(|(&a, &b)| b.wrapping_sub(a))
        };
        if steps(first, second).any(|step| step > 1) {
            return 1;
        }
        let goes_on = |pair: &&[Member]| steps(pair[0], pair[1]).eq(steps(first, second));
        1 + members.windows(2).take_while(goes_on).count()
    }

    /// Appends a run of these members, or a run for each if they are few.
    fn push(&mut self, op: Op, members: &[Member]) {
        let Some(&first) = members.first() else {
            return;
        };
        let operands = self.slots_of(first).len();
        let apart = members.len() == 1
            || members.len() < ALONE && operands <= FEW
            || operands > WIDE
            || operands > FEW && members.len() < TOGETHER;
        if apart {
            for member in members {
                self.push_one(op, *member);
            }
            return;
        }
        let passing = !members.iter().any(|member| self.stays[member.id as usize]);
        let addresses = self.runs.addresses.len() as u32;
        for place in 0..operands {
            let at = |member: &Member| self.operands[member.operands as usize + place];
            self.runs.address(members.iter().map(at), true);
        }
        if members.len() >= LONG {
            self.slots.align(passing);
        }
        let kernel = elementwise::kernel::<Each>(op, operands).expect("an input is not computed");
        self.runs.list.push(Run {
            op,
            kernel: Kernel::Each(kernel),
            dst: self.slots.next(passing),
            count: members.len() as u32,
            addresses,
            operands: operands as u32,
            gathers: self.runs.addresses[addresses as usize..]
                .iter()
                .any(|address| address.is_gathered()),
        });
        for member in members {
            self.slots.give_next(member.id, passing);
        }
    }

    /// Appends a run of one member.
    fn push_one(&mut self, op: Op, member: Member) {
        let passing = !self.stays[member.id as usize];
        let operands = self.code.operands(member.id).len();
        let slots = &self.operands[member.operands as usize..][..operands];
        let known = "an input is not computed";
        let (kernel, first) = if operands <= FEW {
            let first = self.runs.table.len();
            self.runs.table.extend(slots);
            let kernel = elementwise::kernel::<Single>(op, operands).expect(known);
            (Kernel::Single(kernel), first)
        } else {
            // A fold reads its operands from a slice, even if all are the same.
            let first = self.runs.addresses.len();
            let mut slots = slots.to_vec();
            if self.any_order && op == Op::Nary(rows::Sum::OP) {
                // Then most are side by side.
                slots.sort_unstable();
            }
            self.runs.address(slots.iter().copied(), false);
            let fold = elementwise::fold(op, self.any_order);
            let fold = fold.expect("only folds have many operands");
            (Kernel::Fold(fold), first)
        };
        self.runs.list.push(Run {
            op,
            kernel,
            dst: self.slots.next(passing),
            count: 1,
            addresses: first as u32,
            operands: operands as u32,
            gathers: false,
        });
        self.slots.give_next(member.id, passing);
    }
}

impl Runs {
    /// Appends the address of an operand whose values are in these slots.
    fn address(&mut self, mut slots: impl Iterator<Item = u32> + Clone, may_repeat: bool) {
        let all = slots.clone();
        let Some(first) = slots.next() else {
            self.addresses.push(Address::Slots(0));
            return;
        };
        let repeats = || all.clone().all(|slot| slot == first) && all.clone().nth(1).is_some();
        let adjacent = || all.clone().zip(first..).all(|(slot, next)| slot == next);
        self.addresses.push(if may_repeat && repeats() {
            Address::Same(first)
        } else if adjacent() {
            Address::Slots(first)
        } else {
            let start = self.table.len() as u32;
            let breaks = all
                .clone()
                .zip(all.clone().skip(1))
                .filter(|(a, b)| a + 1 != *b);
            let stretches = 1 + breaks.count();
            if STRETCH * stretches > all.clone().count() {
                self.table.extend(all);
                Address::Table(start)
            } else {
                for slot in all {
                    match self.table[start as usize..].last_chunk_mut() {
                        Some([first, len]) if *first + *len == slot => *len += 1,
                        _ => self.table.extend([slot, 1]),
                    }
                }
                Address::Stretches(start)
            }
        });
    }
}
