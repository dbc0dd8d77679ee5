//! The schedule for one point: runs, each of one operation over many values, in one buffer of numbers.
//!
//! A run is a loop over slices. Adjacent operands are read in place; others are first gathered through a table.

pub(super) mod schedule;
#[cfg(test)]
mod steps;

use super::elementwise;
use crate::backend::Source;
use crate::math::fused::Arch;
use crate::op::Op;

/// An operation with more operands than this is a run of its own.
const WIDE: usize = 16;

/// Where the values of one operand of a run are in the buffer: before its results, except for those listed in a table.
#[derive(Clone, Copy, Debug)]
enum Address {
    /// In adjacent slots, from this one on.
    Slots(u32),
    /// All in this slot.
    Same(u32),
    /// In the slots that the table lists, from this index on.
    Table(u32),
}

/// One operation, which computes `count` values, in the slots from `dst` on.
#[derive(Clone, Copy, Debug)]
struct Run {
    op: Op,
    dst: u32,
    count: u32,
    /// The index of the first operand's address. A wide operation has one address for all its operands.
    addresses: u32,
    operands: u32,
    /// Whether a table lists some of the operands.
    gathers: bool,
}

/// Runs, in the order of execution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    list: Vec<Run>,
    addresses: Vec<Address>,
    table: Vec<u32>,
}

impl Runs {
    /// Computes all values. The buffer already contains the inputs and constants.
    pub(crate) fn execute(&self, arch: Arch, buffer: &mut [f64], gathered: &mut Vec<f64>) {
        for run in &self.list {
            let (start, count) = (run.dst as usize, run.count as usize);
            let wide = count == 1 && matches!(run.op, Op::Nary(_));
            let (addresses, len) = if wide {
                (1, run.operands as usize)
            } else {
                (run.operands as usize, count)
            };
            let first = run.addresses as usize;
            let addresses = &self.addresses[first..first + addresses];
            if count == 1 && !wide {
                // A single value needs no loop.
                let mut operands = [0.0; 3];
                for (operand, address) in operands.iter_mut().zip(addresses) {
                    let slot = match *address {
                        Address::Slots(slot) | Address::Same(slot) => slot,
                        Address::Table(start) => self.table[start as usize],
                    };
                    *operand = buffer[slot as usize];
                }
                let operands = Source::Slice(&operands[..addresses.len()]);
                buffer[start] = elementwise::fold(arch, run.op, operands);
                continue;
            }
            if run.gathers {
                gathered.clear();
                for address in addresses {
                    if let Address::Table(start) = *address {
                        let table = &self.table[start as usize..start as usize + len];
                        gathered.extend(table.iter().map(|&slot| buffer[slot as usize]));
                    }
                }
            }
            let (before, rest) = buffer.split_at_mut(start);
            let dst = &mut rest[..count];
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
    /// One run per line, such as `8..12 = Mul 0..4 4..8`. Gathered operands are listed as `[…]`.
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
