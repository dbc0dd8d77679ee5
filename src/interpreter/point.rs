//! The schedule for one point: runs, each of one operation over many values, in one buffer of numbers.
//!
//! A run of many values is a loop over slices. Adjacent operands are read in place; others are first gathered through a table.
//! A few values are computed one by one, from operands anywhere in the buffer.

pub(super) mod schedule;
#[cfg(test)]
mod steps;

use smallvec::SmallVec;

use super::elementwise::{Each, Fold, Single};
use crate::backend::Source;
use crate::math::fused::Arch;
use crate::op::Op;

/// An operation with more operands than this is a run of its own.
const WIDE: usize = 1 << 10;

/// An operation with more operands than this needs several values to be worth a run of several.
const FEW: usize = 16;

/// Where the values of one operand of a run are in the buffer.
#[derive(Clone, Copy, Debug)]
enum Address {
    /// In adjacent slots, from this one on.
    Slots(u32),
    /// All in this slot.
    Same(u32),
    /// In the slots that the table lists, from this index on.
    Table(u32),
    /// In stretches of adjacent slots. From this index on, the table lists the first slot and the length of each.
    Stretches(u32),
}

impl Address {
    /// Whether the values must be gathered before they can be read.
    fn is_gathered(self) -> bool {
        matches!(self, Self::Table(_) | Self::Stretches(_))
    }
}

/// How a run is computed.
#[derive(Clone, Copy, Debug)]
enum Kernel {
    /// One value of an operation of few operands, whose slots the table lists.
    Single(Single),
    /// One value of an operation of any number of operands, which one address lists.
    Fold(Fold),
    /// Several values.
    Each(Each),
}

/// One operation, which computes `count` values, in the slots from `dst` on.
#[derive(Clone, Copy, Debug)]
struct Run {
    op: Op,
    kernel: Kernel,
    dst: u32,
    count: u32,
    /// The index of the first operand's address. A wide operation has one address for all its operands. For one value of few
    /// operands, this is the index of the first operand's slot in the table.
    addresses: u32,
    operands: u32,
    /// Whether tables list some of the operands.
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
            let start = run.dst as usize;
            match run.kernel {
                Kernel::Single(kernel) => {
                    let slots = &self.table[run.addresses as usize..][..run.operands as usize];
                    kernel(arch, buffer, start, slots);
                }
                Kernel::Fold(kernel) => {
                    let count = run.operands as usize;
                    let operands = match self.addresses[run.addresses as usize] {
                        Address::Slots(start) | Address::Same(start) => {
                            &buffer[start as usize..][..count]
                        }
                        address @ (Address::Table(_) | Address::Stretches(_)) => {
                            gathered.clear();
                            self.gather(address, count, buffer, gathered);
                            &gathered[..]
                        }
                    };
                    buffer[start] = kernel(arch, operands);
                }
                Kernel::Each(kernel) => {
                    let count = run.count as usize;
                    let addresses = &self.addresses[run.addresses as usize..];
                    let addresses = &addresses[..run.operands as usize];
                    if run.gathers {
                        gathered.clear();
                        for &address in addresses {
                            self.gather(address, count, buffer, gathered);
                        }
                    }
                    let (before, rest) = buffer.split_at_mut(start);
                    let (results, after) = rest.split_at_mut(count);
                    let end = start + count;
                    let slice = |slot: u32| {
                        let slot = slot as usize;
                        let before = before.get(slot..slot + count);
                        before.unwrap_or_else(|| &after[slot - end..][..count])
                    };
                    let number = |slot: u32| {
                        let slot = slot as usize;
                        let before = before.get(slot).copied();
                        before.unwrap_or_else(|| after[slot - end])
                    };
                    let mut next = 0;
                    let mut source = |address: Address| match address {
                        Address::Slots(start) => Source::Slice(slice(start)),
                        Address::Same(slot) => Source::Splat(number(slot)),
                        Address::Table(_) | Address::Stretches(_) => {
                            next += count;
                            Source::Slice(&gathered[next - count..next])
                        }
                    };
                    if addresses.len() > FEW {
                        let sources = addresses.iter().map(|&at| source(at));
                        let sources: SmallVec<[Source<'_>; 64]> = sources.collect();
                        kernel(arch, results, &sources);
                        continue;
                    }
                    let mut sources = [Source::Splat(0.0); FEW];
                    for (place, &address) in sources.iter_mut().zip(addresses) {
                        *place = source(address);
                    }
                    kernel(arch, results, &sources[..addresses.len()]);
                }
            }
        }
    }

    /// Appends the `count` values of an operand, if a table lists where they are.
    fn gather(&self, address: Address, count: usize, buffer: &[f64], gathered: &mut Vec<f64>) {
        match address {
            Address::Slots(_) | Address::Same(_) => {}
            Address::Table(start) => {
                let table = &self.table[start as usize..][..count];
                gathered.extend(table.iter().map(|&slot| buffer[slot as usize]));
            }
            Address::Stretches(start) => {
                let (stretches, _) = self.table[start as usize..].as_chunks::<2>();
                let end = gathered.len() + count;
                for &[slot, len] in stretches {
                    gathered.extend_from_slice(&buffer[slot as usize..][..len as usize]);
                    if gathered.len() == end {
                        break;
                    }
                }
            }
        }
    }

    /// The slots of the `count` values of an operand.
    fn slots(&self, address: Address, count: u32) -> Vec<u32> {
        match address {
            Address::Slots(start) => (start..start + count).collect(),
            Address::Same(slot) => vec![slot; count as usize],
            Address::Table(start) => self.table[start as usize..][..count as usize].to_vec(),
            Address::Stretches(start) => {
                let (stretches, _) = self.table[start as usize..].as_chunks::<2>();
                let slots = stretches.iter().flat_map(|&[slot, len]| slot..slot + len);
                slots.take(count as usize).collect()
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
            let (first, operands) = (run.addresses as usize, run.operands as usize);
            let (addresses, len) = match run.kernel {
                Kernel::Single(_) => {
                    for slot in &self.table[first..][..operands] {
                        write!(f, " {slot}")?;
                    }
                    (&[][..], 1)
                }
                Kernel::Fold(_) => (&self.addresses[first..=first], run.operands),
                Kernel::Each(_) => (&self.addresses[first..][..operands], run.count),
            };
            for address in addresses {
                match *address {
                    Address::Slots(start) if len == 1 => write!(f, " {start}")?,
                    Address::Slots(start) => write!(f, " {start}..{}", start + len)?,
                    Address::Same(slot) => write!(f, " {slot}")?,
                    Address::Table(_) | Address::Stretches(_) => {
                        write!(f, " {:?}", self.slots(*address, len))?;
                    }
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
