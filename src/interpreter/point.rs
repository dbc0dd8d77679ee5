//! The schedule for one point: runs of one operation over many values, in one buffer of numbers.
//!
//! A run is a loop over slices. Its operands are read in place where they lie side by side, and gathered through a table
//! first where they do not.

pub(super) mod schedule;
#[cfg(test)]
mod steps;

use super::elementwise;
use crate::backend::Source;
use crate::math::fused::Arch;
use crate::op::Op;

/// An operation of more operands than this is a run of its own.
const WIDE: usize = 16;

/// Where the values of one operand of a run lie in the buffer: before its results, or anywhere where a table lists them.
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
    /// Whether some of the operands are in tables.
    gathers: bool,
}

/// Runs in the order in which they must be executed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    list: Vec<Run>,
    addresses: Vec<Address>,
    table: Vec<u32>,
}

impl Runs {
    /// Computes all values in the buffer, in which the inputs and constants stand.
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
                // A value on its own is computed as such: no loop is set up for it.
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
