//! Compiled code that runs again and again: at one point, or for one block of rows.

use std::sync::Arc;

use super::blocks::VECTOR;
use super::buffer::Buffer;
use super::compiled::Compiled;
use super::traits::{Block, Machine, Source};
use crate::error::Result;

/// Compiled code with the memory to run it on one thread.
#[derive(Debug)]
pub(crate) struct Runner {
    compiled: Arc<Compiled>,
    machine: Box<dyn Machine>,
    shared: Buffer,
    sums: Vec<f64>,
}

impl Runner {
    pub(crate) fn new(compiled: &Arc<Compiled>) -> Self {
        let layout = compiled.executable.layout();
        let mut shared = Buffer::default();
        shared.set_len(layout.shared.len() + layout.results);
        shared[..layout.shared.len()].copy_from_slice(&layout.shared);
        Self {
            machine: Arc::clone(&compiled.executable).machine(),
            sums: vec![0.0; layout.sums.len()],
            compiled: Arc::clone(compiled),
            shared,
        }
    }

    /// The uniform inputs, which callers write.
    pub(crate) fn uniform(&mut self) -> &mut [f64] {
        &mut self.shared[..self.compiled.uniform]
    }

    /// Computes what depends on the uniform inputs alone: at a point, everything.
    pub(crate) fn at_point(&mut self) -> Result<()> {
        self.compiled.before(&mut *self.machine, &mut self.shared)
    }

    /// Writes the first outputs, which do not vary by row.
    pub(crate) fn read(&self, outputs: &mut [f64]) {
        let layout = self.compiled.executable.layout();
        layout.copy_shared(&self.shared, outputs);
    }

    /// Copies the first outputs, which do not vary by row, to the uniform inputs from `first` on. The others go to `rest`.
    pub(crate) fn feed_back(&mut self, first: usize, rest: &mut [f64], scratch: &mut Vec<f64>) {
        if let Some(slots) = self.compiled.adjacent_outputs.clone() {
            let middle = slots.end - rest.len();
            rest.copy_from_slice(&self.shared[middle..slots.end]);
            self.shared.copy_within(slots.start..middle, first);
            return;
        }
        scratch.resize(self.compiled.executable.layout().output_count(), 0.0);
        self.read(scratch);
        let (back, further) = scratch.split_at(scratch.len() - rest.len());
        self.shared[first..first + back.len()].copy_from_slice(back);
        rest.copy_from_slice(further);
    }

    /// Computes a block of `count` rows, given the lanes of its varying inputs, and writes the lanes of the outputs from
    /// number `skipped` on. `row` is the number that errors give to its first row.
    pub(crate) fn block(
        &mut self,
        inputs: &[f64],
        row: usize,
        count: usize,
        skipped: usize,
        outputs: &mut [f64],
    ) -> Result<()> {
        let block = Block {
            first: row,
            count,
            lanes: count.next_multiple_of(VECTOR),
            inputs,
            blocks: 1,
            index: 0,
            threads: 1,
        };
        self.compiled
            .block(&mut *self.machine, &self.shared, &block, &mut self.sums)?;
        let places = self.compiled.executable.layout().outputs().skip(skipped);
        for (lanes, place) in outputs.chunks_exact_mut(block.lanes).zip(places) {
            match self.machine.lanes(&self.shared, &block, place) {
                Source::Slice(values) => lanes.copy_from_slice(&values[..block.lanes]),
                Source::Splat(value) => lanes.fill(value),
            }
        }
        Ok(())
    }

    /// The sums over the rows of the last block.
    pub(crate) fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// Computes what depends on these sums, and writes the first outputs.
    pub(crate) fn after(&mut self, sums: &[f64], outputs: &mut [f64]) {
        let places = self.compiled.executable.layout().sums.clone();
        self.shared[places].copy_from_slice(sums);
        self.machine.after(&mut self.shared);
        self.read(outputs);
    }
}
