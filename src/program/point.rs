//! The schedule for one point: runs of one operation over many values, in one buffer of numbers.
//!
//! Takes code, gives [`Runs`]. Within chunks of the code, values are ordered by their depth and operation; values of the
//! same operation that do not depend on one another become a run, which is a loop over slices. Operands of a run that
//! lie side by side are read in place, others are gathered through a table first.

#[cfg(test)]
mod steps;

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::code::{Code, Id, Kind};
use super::elementwise::{self, Source};
use crate::math::fused::Arch;
use crate::op::Op;

/// Values are ordered within chunks of so many, so that a run's operands are still in the cache.
const CHUNK: usize = 1 << 14;
/// An operation of more operands than this is a run of its own.
const WIDE: usize = 16;
/// So many values whose operands are read in place are worth a run of their own.
const LONG: usize = 32;

/// Where the values of one operand of a run lie in the buffer.
#[derive(Clone, Copy, Debug)]
enum Address {
    /// Side by side from here on.
    Slots(u32),
    /// All in this one.
    Same(u32),
    /// In the slots that the table lists from here on.
    Table(u32),
}

/// One operation, applied to many operands: `count` values from slot `dst` on.
#[derive(Clone, Copy, Debug)]
struct Run {
    op: Op,
    dst: u32,
    count: u32,
    /// The operands' addresses begin here. A wide operation has one address for all its operands.
    addresses: u32,
    operands: u32,
}

/// Runs in the order in which they must be executed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    list: Vec<Run>,
    addresses: Vec<Address>,
    table: Vec<u32>,
}

/// The buffer of uniform values: which value lies where.
#[derive(Debug)]
pub(crate) struct Slots {
    /// By value; `u32::MAX` where none is given yet.
    of: Vec<u32>,
    count: u32,
}

impl Slots {
    pub(crate) fn new(code: &Code) -> Self {
        Self {
            of: vec![u32::MAX; code.len()],
            count: 0,
        }
    }

    /// Gives a value the next slot.
    pub(crate) fn give(&mut self, id: Id) {
        self.of[id as usize] = self.count;
        self.count += 1;
    }

    /// Leaves out so many slots.
    pub(crate) fn skip(&mut self, count: usize) {
        self.count += count as u32;
    }

    #[inline]
    pub(crate) fn of(&self, id: Id) -> u32 {
        self.of[id as usize]
    }

    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }
}

/// Where a value stands in its run: beside those with the same constants, if there are many, in the order of the first
/// operands' slots, so that operands are likely to lie side by side.
fn neighbourhood(code: &Code, id: Id, slots: &Slots) -> (u64, u32, Id) {
    let mut constants = FxHasher::default();
    let mut first = None;
    for (place, &operand) in code.operands(id).iter().enumerate() {
        if code.constant(operand).is_some() {
            (place, operand).hash(&mut constants);
        } else if first.is_none() {
            first = Some(slots.of(operand));
        }
    }
    (constants.finish(), first.unwrap_or(0), id)
}

/// How many of these values, from the first on, have each operand side by side or the same.
fn side_by_side(code: &Code, ids: &[Id], slots: &Slots) -> usize {
    let steps = |a: Id, b: Id| {
        let pairs = code.operands(a).iter().zip(code.operands(b));
        pairs.map(|(&a, &b)| slots.of(b).wrapping_sub(slots.of(a)))
    };
    let Some(&[first, second]) = ids.first_chunk() else {
        return ids.len();
    };
    if steps(first, second).any(|step| step > 1) {
        return 1;
    }
    let goes_on = |pair: &&[Id]| steps(pair[0], pair[1]).eq(steps(first, second));
    1 + ids.windows(2).take_while(goes_on).count()
}

impl Runs {
    /// The runs that compute these values, in ascending order of the code; all else they need has a slot already.
    pub(crate) fn schedule(code: &Code, ids: &[Id], slots: &mut Slots) -> Self {
        let mut runs = Self::default();
        let mut depths = vec![0_u32; code.len()];
        for chunk in ids.chunks(CHUNK) {
            runs.schedule_chunk(code, chunk, slots, &mut depths);
        }
        runs
    }

    fn schedule_chunk(&mut self, code: &Code, chunk: &[Id], slots: &mut Slots, depths: &mut [u32]) {
        let mut order: Vec<(u32, Op, u32, Id)> = Vec::with_capacity(chunk.len());
        for &id in chunk {
            let operands = code.operands(id);
            // What was computed before the chunk has depth 0.
            let below = operands.iter().map(|&operand| match slots.of(operand) {
                u32::MAX => depths[operand as usize],
                _ => 0,
            });
            let depth = below.max().unwrap_or(0) + 1;
            depths[id as usize] = depth;
            if let Kind::Apply(op) = code.kind(id) {
                order.push((depth, op, operands.len() as u32, id));
            }
        }
        order.sort_unstable();
        let mut members: Vec<(u64, u32, Id)> = Vec::new();
        let mut scattered: Vec<(u32, Id)> = Vec::new();
        let mut ids: Vec<Id> = Vec::new();
        for run in order.chunk_by(|a, b| (a.0, a.1, a.2) == (b.0, b.1, b.2)) {
            let (_, op, operands, _) = run[0];
            members.clear();
            members.extend(run.iter().map(|&(.., id)| neighbourhood(code, id, slots)));
            members.sort_unstable();
            ids.clear();
            scattered.clear();
            for alike in members.chunk_by(|a, b| a.0 == b.0) {
                let all = alike.iter().map(|&(_, first, id)| (first, id));
                if alike.len() < LONG {
                    scattered.extend(all);
                } else {
                    ids.extend(all.map(|(_, id)| id));
                }
            }
            scattered.sort_unstable();
            ids.extend(scattered.iter().map(|&(_, id)| id));
            if operands as usize > WIDE {
                for id in &ids {
                    self.push(code, op, operands, std::slice::from_ref(id), slots);
                }
                continue;
            }
            // Parts that are read in place are runs of their own if they are long; what lies between them is gathered.
            let mut rest = &ids[..];
            let mut gathered = 0;
            while gathered < rest.len() {
                let len = side_by_side(code, &rest[gathered..], slots);
                if len < LONG && len < rest.len() {
                    gathered += len;
                    continue;
                }
                let (before, from) = rest.split_at(gathered);
                if !before.is_empty() {
                    self.push(code, op, operands, before, slots);
                }
                let (part, after) = from.split_at(len);
                self.push(code, op, operands, part, slots);
                (rest, gathered) = (after, 0);
            }
            if !rest.is_empty() {
                self.push(code, op, operands, rest, slots);
            }
        }
    }

    fn push(&mut self, code: &Code, op: Op, operands: u32, members: &[Id], slots: &mut Slots) {
        let addresses = self.addresses.len() as u32;
        let single = members.len() == 1 && matches!(op, Op::Nary(_));
        if single {
            // Operands that are folded are read from a slice, also where they are all the same.
            let ids = code.operands(members[0]).iter();
            self.address(ids.map(|&id| slots.of(id)), false);
        } else {
            for place in 0..operands as usize {
                let ids = members.iter().map(|&id| code.operands(id)[place]);
                self.address(ids.map(|id| slots.of(id)), true);
            }
        }
        self.list.push(Run {
            op,
            dst: slots.count,
            count: members.len() as u32,
            addresses,
            operands,
        });
        for &id in members {
            slots.give(id);
        }
    }

    fn address(&mut self, mut slots: impl Iterator<Item = u32> + Clone, may_repeat: bool) {
        let all = slots.clone();
        let Some(first) = slots.next() else {
            self.addresses.push(Address::Slots(0));
            return;
        };
        let repeats = all.clone().all(|slot| slot == first) && all.clone().nth(1).is_some();
        let address = if may_repeat && repeats {
            Address::Same(first)
        } else if all.clone().zip(first..).all(|(slot, next)| slot == next) {
            Address::Slots(first)
        } else {
            let start = self.table.len() as u32;
            self.table.extend(all);
            Address::Table(start)
        };
        self.addresses.push(address);
    }

    /// Computes all values in the buffer, in which the inputs and constants stand.
    pub(crate) fn execute(&self, arch: Arch, buffer: &mut [f64], gathered: &mut Vec<f64>) {
        for run in &self.list {
            let (before, rest) = buffer.split_at_mut(run.dst as usize);
            let count = run.count as usize;
            let dst = &mut rest[..count];
            let wide = count == 1 && matches!(run.op, Op::Nary(_));
            let (addresses, len) = if wide {
                (1, run.operands as usize)
            } else {
                (run.operands as usize, count)
            };
            let first = run.addresses as usize;
            let addresses = &self.addresses[first..first + addresses];
            if count == 1 && !wide {
                // A value on its own is computed as such: no loop is set up for it.
                let mut operands = [0.0; 3];
                for (operand, address) in operands.iter_mut().zip(addresses) {
                    let slot = match *address {
                        Address::Slots(slot) | Address::Same(slot) => slot,
                        Address::Table(start) => self.table[start as usize],
                    };
                    *operand = before[slot as usize];
                }
                let operands = Source::Slice(&operands[..addresses.len()]);
                dst[0] = elementwise::fold(arch, run.op, operands);
                continue;
            }
            gathered.clear();
            for address in addresses {
                if let Address::Table(start) = *address {
                    let table = &self.table[start as usize..start as usize + len];
                    gathered.extend(table.iter().map(|&slot| before[slot as usize]));
                }
            }
            let mut next = 0;
            let mut source = |address: &Address| match *address {
                Address::Slots(start) => {
                    Source::Slice(&before[start as usize..start as usize + len])
                }
                Address::Same(slot) => Source::Splat(before[slot as usize]),
                Address::Table(_) => {
                    next += len;
                    Source::Slice(&gathered[next - len..next])
                }
            };
            match addresses {
                [only] if wide => dst[0] = elementwise::fold(arch, run.op, source(only)),
                [a] => elementwise::apply(arch, run.op, dst, &[source(a)]),
                [a, b] => elementwise::apply(arch, run.op, dst, &[source(a), source(b)]),
                all => {
                    let sources: smallvec::SmallVec<[Source<'_>; WIDE]> =
                        all.iter().map(source).collect();
                    elementwise::apply(arch, run.op, dst, &sources);
                }
            }
        }
    }

    /// The memory held, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.list[..])
            + size_of_val(&self.addresses[..])
            + size_of_val(&self.table[..])
    }
}

impl std::fmt::Display for Runs {
    /// One run a line: `8..12 = Mul 0.. 4..`, a `[…]` for gathered operands.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for run in &self.list {
            let (from, to) = (run.dst, run.dst + run.count);
            write!(f, "{from}..{to} = {}", run.op.row().name)?;
            let single = run.count == 1 && matches!(run.op, Op::Nary(_));
            let (addresses, len) = if single {
                (1, run.operands)
            } else {
                (run.operands, run.count)
            };
            for address in &self.addresses[run.addresses as usize..][..addresses as usize] {
                match *address {
                    Address::Slots(start) if len == 1 => write!(f, " {start}")?,
                    Address::Slots(start) => write!(f, " {start}..{}", start + len)?,
                    Address::Same(slot) => write!(f, " {slot}")?,
                    Address::Table(start) => {
                        let table = &self.table[start as usize..(start + len) as usize];
                        write!(f, " {table:?}")?;
                    }
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
