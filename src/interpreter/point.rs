//! The schedule for one point: runs of one operation over many values, in one buffer of numbers.
//!
//! A run is a loop over slices. Its operands are read in place where they lie side by side, and gathered through a table
//! first where they do not.

pub(super) mod schedule;
#[cfg(test)]
mod steps;

use smallvec::SmallVec;

use super::kernels::{Kernel, Single};
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
    /// The operands' addresses begin here: one for each operand, or one for all operands of a single value.
    first: u32,
    addresses: u32,
    /// How many numbers are at each address.
    len: u32,
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
            let (start, count, len) = (run.dst as usize, run.count as usize, run.len as usize);
            let addresses = self.addresses(run);
            if count == 1 && len == 1 {
                // A value on its own is computed as such: no loop is set up for it.
                let mut operands = [0.0; 3];
                for (operand, address) in operands.iter_mut().zip(addresses) {
                    *operand = buffer[self.slot(*address, 0) as usize];
                }
                let operands = &operands[..addresses.len()];
                buffer[start] = run.op.visit(Single { arch, operands }).unwrap_or(f64::NAN);
                continue;
            }
            gathered.clear();
            for address in addresses {
                if let Address::Table(start) = *address {
                    let table = &self.table[start as usize..][..len];
                    gathered.extend(table.iter().map(|&slot| buffer[slot as usize]));
                }
            }
            let (before, rest) = buffer.split_at_mut(start);
            let mut tables = &gathered[..];
            let numbers = |address: &Address| match *address {
                Address::Slots(start) => &before[start as usize..][..len],
                Address::Same(slot) => &before[slot as usize..=slot as usize],
                Address::Table(_) => tables.split_off(..len).unwrap_or_default(),
            };
            let operands: SmallVec<[&[f64]; WIDE]> = addresses.iter().map(numbers).collect();
            if let (1, &[operands]) = (count, &operands[..]) {
                rest[0] = run.op.visit(Single { arch, operands }).unwrap_or(f64::NAN);
                continue;
            }
            run.op.visit(Kernel {
                arch,
                results: &mut rest[..count],
                lanes: count,
                operands: &operands,
                arity: operands.len(),
            });
        }
    }

    fn addresses(&self, run: &Run) -> &[Address] {
        &self.addresses[run.first as usize..][..run.addresses as usize]
    }

    /// The slot of one of the numbers at an address.
    fn slot(&self, address: Address, place: u32) -> u32 {
        match address {
            Address::Slots(start) => start + place,
            Address::Same(slot) => slot,
            Address::Table(start) => self.table[(start + place) as usize],
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
            let len = run.len;
            for address in self.addresses(run) {
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
