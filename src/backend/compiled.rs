//! Compiled code and the comparisons that it must check.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::blocks::BLOCK;
use super::layout::Place;
use super::traits::{Backend, Block, Executable, Machine};
use crate::error::Result;
use crate::ir::{Class, Fingerprint, Guard, Ir, Level};

/// Code compiled by a backend, and its guards.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(super) executable: Arc<dyn Executable>,
    /// The number of uniform inputs.
    pub(super) uniform: usize,
    /// The slots of the outputs, if they are adjacent; a step of a scan copies them at once.
    pub(super) adjacent_outputs: Option<Range<usize>>,
    /// The comparisons of shared numbers, then those that vary by row, without duplicates.
    shared_guards: Vec<([u32; 2], Guard)>,
    row_guards: Vec<([Place; 2], Guard)>,
    /// Tells the code, its level and the order of its sums from others.
    fingerprint: u64,
}

impl Compiled {
    /// Compiles code with these guards.
    ///
    /// # Panics
    /// If the backend gives no place to an output, a comparison or a uniform input.
    pub(crate) fn new(ir: &Ir, guards: &[Guard], backend: &dyn Backend, level: Level) -> Self {
        let executable = backend.compile(ir, level);
        let layout = executable.layout();
        let uniform = ir.inputs().iter().filter(|&&class| class == Class::Uniform);
        for (what, found, expected) in [
            ("outputs", layout.output_count(), ir.outputs().len()),
            ("comparisons", layout.guards.len(), ir.guards().len()),
            ("uniform inputs", layout.uniform, uniform.count()),
        ] {
            assert!(
                found == expected,
                "the backend has places for {found} {what} of {expected}"
            );
        }
        let mut seen = FxHashSet::default();
        let (mut shared_guards, mut row_guards) = (Vec::new(), Vec::new());
        for (&sides, guard) in executable.layout().guards.iter().zip(guards) {
            if !seen.insert((sides, guard.asks())) {
                continue;
            }
            match sides {
                [Place::Shared(a), Place::Shared(b)] => shared_guards.push(([a, b], guard.clone())),
                _ => row_guards.push((sides, guard.clone())),
            }
        }
        let mut fingerprint = Fingerprint::of(ir, level);
        let sums = &executable.layout().sums;
        for (output, place) in executable.layout().outputs().enumerate() {
            if let Place::Shared(slot) = place
                && sums.contains(&(slot as usize))
            {
                fingerprint.add(output as u64);
                fingerprint.add(u64::from(slot));
            }
        }
        Self {
            fingerprint: fingerprint.get(),
            uniform: executable.layout().uniform,
            adjacent_outputs: executable.layout().adjacent_outputs(),
            executable,
            shared_guards,
            row_guards,
        }
    }

    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(crate) fn text(&self) -> String {
        self.executable.to_string()
    }

    /// The memory held, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.executable.bytes()
            + size_of_val(&self.shared_guards[..])
            + size_of_val(&self.row_guards[..])
    }

    /// Computes the values that depend on uniform inputs alone, and checks their comparisons.
    #[inline]
    pub(super) fn before(&self, machine: &mut dyn Machine, shared: &mut [f64]) -> Result<()> {
        machine.before(shared);
        for ([a, b], guard) in &self.shared_guards {
            let [a, b] = [a, b].map(|&slot| shared[slot as usize]);
            if !guard.holds(a, b) {
                return Err(guard.error(None, a, b));
            }
        }
        Ok(())
    }

    /// Computes blocks of rows and checks their comparisons.
    pub(super) fn block(
        &self,
        machine: &mut dyn Machine,
        shared: &[f64],
        block: &Block<'_>,
        sums: &mut [f64],
    ) -> Result<()> {
        machine.block(shared, block, sums);
        if self.row_guards.is_empty() {
            return Ok(());
        }
        (0..block.blocks).try_for_each(|index| self.check(machine, shared, &block.block(index)))
    }

    /// Finds the first comparison of a block's first row whose outcome differs.
    fn check(&self, machine: &dyn Machine, shared: &[f64], block: &Block<'_>) -> Result<()> {
        let (mut count, mut changed) = (block.count, None);
        for (sides, guard) in &self.row_guards {
            let [left, right] = sides.map(|place| machine.lanes(shared, block, place));
            if let Some(row) = (0..count).find(|&row| !guard.holds(left.at(row), right.at(row))) {
                (count, changed) = (row, Some((guard, left.at(row), right.at(row))));
            }
        }
        match changed {
            Some((guard, a, b)) => Err(guard.error(Some(block.first + count), a, b)),
            None => Ok(()),
        }
    }

    /// Cuts blocks into groups that are computed together. `rows` is the number of rows of all blocks from the first one on.
    pub(super) fn groups(
        &self,
        blocks: Range<usize>,
        rows: usize,
    ) -> impl Iterator<Item = Range<usize>> {
        let whole = blocks.end.min(rows / BLOCK);
        let most = self.executable.blocks_at_once().max(1);
        let mut next = blocks.start;
        std::iter::from_fn(move || {
            let start = next;
            next = if start < whole {
                whole.min(start + most)
            } else {
                blocks.end.min(start + 1)
            };
            (start < next).then_some(start..next)
        })
    }
}
