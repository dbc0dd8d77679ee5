//! Puts values into runs and gives them slots.
//!
//! Takes code, gives [`Runs`]. Within chunks of the code, values are ordered by their depth and operation; values of the
//! same operation that do not depend on one another become a run. What is used in its own chunk only lies in a part of the
//! buffer that every chunk uses anew, so that it stays in the cache.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::{Address, Run, Runs, WIDE};
use crate::ir::{Id, Ir, Kind};
use crate::op::Op;

/// Values are ordered within chunks of so many, so that a run's operands are still in the cache.
const CHUNK: usize = 1 << 14;
/// So many values whose operands are read in place are worth a run of their own.
const LONG: usize = 32;
/// Marks slots of the part that every chunk uses anew, until it is known where that begins.
const PASSING: u32 = 1 << 31;

/// The buffer of uniform values: which value lies where.
#[derive(Debug)]
pub(crate) struct Slots {
    /// By value; `u32::MAX` where none is given yet.
    of: Vec<u32>,
    count: u32,
    /// How many values of the present chunk lie in the part that every chunk uses anew, and how many of any.
    passing: u32,
    most_passing: u32,
}

impl Slots {
    pub(crate) fn new(code: &Ir) -> Self {
        Self {
            of: vec![u32::MAX; code.len()],
            count: 0,
            passing: 0,
            most_passing: 0,
        }
    }

    /// Gives a value the next slot.
    pub(crate) fn give(&mut self, id: Id) {
        self.of[id as usize] = self.count;
        self.count += 1;
    }

    /// Gives a value the next slot of the part that every chunk uses anew.
    fn give_passing(&mut self, id: Id) {
        self.of[id as usize] = self.passing | PASSING;
        self.passing += 1;
        self.most_passing = self.most_passing.max(self.passing);
    }

    /// Leaves out so many slots.
    pub(crate) fn skip(&mut self, count: usize) {
        self.count += count as u32;
    }

    #[inline]
    pub(crate) fn of(&self, id: Id) -> u32 {
        self.of[id as usize]
    }

    /// How many slots there are so far of values that lie there for good.
    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }

    /// How many slots there are in all.
    pub(crate) fn all(&self) -> usize {
        (self.count + self.most_passing) as usize
    }
}

impl Runs {
    /// The runs that compute these values, in ascending order of the code; all else they need has a slot already.
    pub(crate) fn schedule(code: &Ir, ids: &[Id], slots: &mut Slots) -> Self {
        let mut scheduler = PointScheduler {
            code,
            slots,
            runs: Self::default(),
            depths: vec![0; code.len()],
            stays: stay(code, ids),
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

    /// Puts the part that every chunk uses anew behind all other slots, now that these are given.
    pub(crate) fn place_passing(&mut self, slots: &Slots) {
        let place = |slot: &mut u32| {
            if *slot & PASSING != 0 {
                *slot = (*slot & !PASSING) + slots.count;
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

/// Which values are used outside the chunk that computes them. Where there is one chunk only, all are kept.
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
    runs: Runs,
    /// By value, counted on from chunk to chunk.
    depths: Vec<u32>,
    /// By value.
    stays: Vec<bool>,
    /// The largest depth of the chunks before: what has no larger one is there when the chunk begins.
    deepest: u32,
    /// The chunk's values: depth, operation and number of operands, then the place in the chunk, in one number each.
    order: Vec<u64>,
    /// The values of the run at hand.
    members: Vec<Member>,
    /// The slots of their operands, one member after another.
    operands: Vec<u32>,
}

/// A value of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    /// Which constants are among its operands, and where; 0 if few others have the same.
    constants: u64,
    /// The slot of the first operand that is no constant: in its order, operands are likely to lie side by side.
    first: u32,
    id: Id,
    /// Where the slots of its operands begin.
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
                // Wide operations are runs of their own, whatever their number of operands.
                let count = operands.len().min(WIDE + 1) as u64;
                let alike = level << 16 | u64::from(op.number()) << 5 | count;
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

    /// Looks up the operands of a run's members, and puts these in order.
    fn gather(&mut self, ids: impl Iterator<Item = Id>, count: usize) {
        self.members.clear();
        self.operands.clear();
        for id in ids {
            let mut constants = FxHasher::default();
            let mut first = None;
            let operands = self.operands.len() as u32;
            for (place, &operand) in (0..).zip(self.code.operands(id)) {
                let slot = self.slots.of(operand);
                self.operands.push(slot);
                let is_constant =
                    (count >= LONG || first.is_none()) && self.code.constant(operand).is_some();
                if !is_constant {
                    first = first.or(Some(slot));
                } else if count >= LONG {
                    constants.write_u64(place << 32 | u64::from(operand));
                }
            }
            self.members.push(Member {
                constants: constants.finish(),
                first: first.unwrap_or(0),
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

    /// Cuts a run into parts that are read in place, if they are long; what lies between them is gathered.
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
            self.push(op, before);
            let (part, after) = from.split_at(len);
            self.push(op, part);
            (rest, gathered) = (after, 0);
        }
        self.push(op, rest);
        self.members = members;
    }

    fn slots_of(&self, member: Member) -> &[u32] {
        &self.operands[member.operands as usize..][..self.code.operands(member.id).len()]
    }

    /// How many of these members, from the first on, have each operand side by side or the same.
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

    /// Appends a run of these members, or several if the operation is wide.
    fn push(&mut self, op: Op, members: &[Member]) {
        let Some(&first) = members.first() else {
            return;
        };
        let operands = self.slots_of(first).len();
        let step = if operands > WIDE { 1 } else { members.len() };
        for members in members.chunks(step) {
            let addresses = self.runs.addresses.len() as u32;
            let operands = self.slots_of(members[0]).len();
            let passing = !members.iter().any(|member| self.stays[member.id as usize]);
            let slots = &self.operands;
            if members.len() == 1 && matches!(op, Op::Nary(_)) {
                // Operands that are folded are read from a slice, also where they are all the same.
                let start = members[0].operands as usize;
                let slots = slots[start..start + operands].iter().copied();
                self.runs.address(slots, passing, false);
            } else {
                for place in 0..operands {
                    let at = |member: &Member| slots[member.operands as usize + place];
                    self.runs.address(members.iter().map(at), passing, true);
                }
            }
            self.runs.list.push(Run {
                op,
                dst: if passing {
                    self.slots.passing | PASSING
                } else {
                    self.slots.count
                },
                count: members.len() as u32,
                addresses,
                operands: operands as u32,
                gathers: self.runs.addresses[addresses as usize..]
                    .iter()
                    .any(|address| matches!(address, Address::Table(_))),
            });
            for member in members {
                if passing {
                    self.slots.give_passing(member.id);
                } else {
                    self.slots.give(member.id);
                }
            }
        }
    }
}

impl Runs {
    /// Appends the address of an operand whose values lie in these slots, of a run whose results pass or stay.
    fn address(
        &mut self,
        mut slots: impl Iterator<Item = u32> + Clone,
        passing: bool,
        may_repeat: bool,
    ) {
        let all = slots.clone();
        let Some(first) = slots.next() else {
            self.addresses.push(Address::Slots(0));
            return;
        };
        let repeats = all.clone().all(|slot| slot == first) && all.clone().nth(1).is_some();
        // What passes lies behind what stays.
        let behind = !passing && all.clone().any(|slot| slot & PASSING != 0);
        let address = if behind {
            self.list_in_table(all)
        } else if may_repeat && repeats {
            Address::Same(first)
        } else if all.clone().zip(first..).all(|(slot, next)| slot == next) {
            Address::Slots(first)
        } else {
            self.list_in_table(all)
        };
        self.addresses.push(address);
    }

    fn list_in_table(&mut self, slots: impl Iterator<Item = u32>) -> Address {
        let start = self.table.len() as u32;
        self.table.extend(slots);
        Address::Table(start)
    }
}
