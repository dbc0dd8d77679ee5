//! Runs compiled code: at one point, over rows, or as sums over rows.
//!
//! Sums over rows are added row by row within a block of 64, and along a fixed tree over the blocks. So their bits depend
//! only on the rows, not on the number of threads or the width of the processor's vectors.

use std::ops::Range;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::block_source::BlockSource;
use super::blocks::{BLOCK, Blocks, Order, VECTOR};
use super::buffer::Buffer;
use super::compiled::Compiled;
use super::mean;
use super::outputs::{write_column, write_square};
use super::parallel;
use super::pieces::Pieces;
use super::traits::Machine;
use super::tree::Tree;
use crate::error::{Error, Result};
use crate::transform::Parts;

/// The least work (values × blocks) that is worth waking another thread for.
const WORTHWHILE: usize = 1024;

/// Compiled code, with the buffers of one or several threads.
#[derive(Debug)]
pub(crate) struct Answer {
    compiled: Arc<Compiled>,
    parts: Parts,
    shared: Buffer,
    /// At least one worker.
    workers: Vec<Worker>,
    tree: Tree,
    /// One buffer per part.
    rows: SmallVec<[Vec<f64>; 3]>,
    outputs: Vec<f64>,
}

/// The buffers and the machine of one thread.
#[derive(Debug)]
struct Worker {
    machine: Box<dyn Machine>,
    /// The inputs of a block, if the rows are not stored as blocks.
    lanes: Buffer,
    tree: Tree,
    /// Sums of the subtrees that this thread has computed.
    sums: Vec<Vec<f64>>,
    failure: Option<Error>,
}

impl Worker {
    fn new(compiled: &Compiled) -> Self {
        Self {
            machine: Arc::clone(&compiled.executable).machine(),
            lanes: Buffer::default(),
            tree: Tree::default(),
            sums: Vec::new(),
            failure: None,
        }
    }
}

impl Answer {
    pub(crate) fn new(compiled: Arc<Compiled>, parts: Parts) -> Self {
        let layout = compiled.executable.layout();
        let mut shared = Buffer::default();
        shared.set_len(layout.shared.len() + layout.results);
        shared[..layout.shared.len()].copy_from_slice(&layout.shared);
        Self {
            shared,
            workers: vec![Worker::new(&compiled)],
            tree: Tree::default(),
            rows: smallvec![Vec::new(); parts.lengths().len()],
            outputs: Vec::with_capacity(layout.output_count()),
            parts,
            compiled,
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Writes the uniform inputs and computes the values that depend on them alone.
    #[inline]
    pub(crate) fn set_uniform(&mut self, write: impl FnOnce(&mut [f64])) -> Result<()> {
        write(&mut self.shared[..self.compiled.uniform]);
        let machine = &mut *self.workers[0].machine;
        self.compiled.before(machine, &mut self.shared)
    }

    /// All outputs at a point. Its inputs are the slices, one after another.
    #[inline]
    pub(crate) fn at<'x>(&mut self, inputs: impl IntoIterator<Item = &'x [f64]>) -> Result<&[f64]> {
        self.set_uniform(|buffer| {
            let mut rest = buffer;
            for some in inputs {
                let (place, beyond) = rest.split_at_mut(some.len());
                place.copy_from_slice(some);
                rest = beyond;
            }
        })?;
        let layout = self.compiled.executable.layout();
        layout.read_shared(&self.shared, self.parts.value_count(), &mut self.outputs);
        Ok(&self.outputs)
    }

    /// The outputs of the last computation, at a point or of sums, part by part.
    pub(crate) fn outputs(&self) -> &[f64] {
        &self.outputs
    }

    /// Prepares as many workers as there are usable threads. Returns their number, and how many threads may share a block.
    fn workers(&mut self, threads: usize, blocks: usize) -> (usize, usize) {
        let threads = parallel::threads(threads);
        let executable = &self.compiled.executable;
        let worthwhile = blocks * executable.work() >= WORTHWHILE;
        let count = if worthwhile {
            threads.clamp(1, blocks.max(1))
        } else {
            1
        };
        let share = if blocks == 1 && executable.shares_blocks() {
            threads
        } else {
            1
        };
        let compiled = &self.compiled;
        let known = self.workers.len();
        self.workers
            .resize_with(count.max(known), || Worker::new(compiled));
        for worker in &mut self.workers {
            worker.failure = None;
        }
        (count, share)
    }

    /// Every output of every row, one slice per part.
    pub(crate) fn each_row(
        &mut self,
        rows: &Blocks,
        threads: usize,
        order: Order,
    ) -> Result<&[Vec<f64>]> {
        let (count, threads) = self.workers(threads, rows.blocks());
        let Self {
            compiled,
            parts,
            shared,
            workers,
            rows: results,
            ..
        } = self;
        for (part, &len) in results.iter_mut().zip(parts.lengths()) {
            part.resize(rows.rows() * len, 0.0);
        }
        let share = rows.blocks().div_ceil(count).max(1);
        let mut shares: SmallVec<[_; 1]> = workers[..count]
            .iter_mut()
            .zip(cut(results, parts, order, rows.rows(), share * BLOCK))
            .collect();
        parallel::for_each(count, &mut shares, |index, (worker, results)| {
            let blocks = index * share..rows.blocks().min((index + 1) * share);
            let result = worker.each_row(
                compiled, parts, shared, rows, blocks, threads, order, results,
            );
            worker.failure = result.err();
        });
        drop(shares);
        first_failure(&mut workers[..count])?;
        Ok(results)
    }

    /// All sums over rows; [`outputs_of_sums`](Self::outputs_of_sums) computes the outputs from them.
    pub(crate) fn sums(&mut self, rows: &Blocks, threads: usize) -> Result<&mut [f64]> {
        self.sums_of_blocks(rows, 0..rows.blocks(), threads)
    }

    /// Adds the sums over these rows to the pieces. The rows are cut where the tree over all rows cuts them.
    pub(crate) fn pieces(
        &mut self,
        rows: &dyn BlockSource,
        threads: usize,
        pieces: &mut Pieces,
    ) -> Result<()> {
        let (first, whole) = (rows.first(), rows.rows() / BLOCK);
        Pieces::check_start(first, rows.rows())?;
        let mut block = 0;
        while block < whole {
            let aligned = (first / BLOCK + block).trailing_zeros();
            let level = aligned.min((whole - block).ilog2());
            let blocks = block..block + (1 << level);
            let sums = self.sums_of_blocks(rows, blocks.clone(), threads)?;
            pieces.insert(first + BLOCK * block, level, sums)?;
            block = blocks.end;
        }
        let rest = rows.rows() % BLOCK;
        if rest > 0 {
            let sums = self.sums_of_blocks(rows, whole..whole + 1, threads)?;
            pieces.insert_last(first + BLOCK * whole, rest, sums)?;
        }
        Ok(())
    }

    /// The sums over some blocks.
    ///
    /// Every worker computes whole subtrees of the blocks, so the tree is the same for any number of workers.
    fn sums_of_blocks(
        &mut self,
        rows: &dyn BlockSource,
        blocks: Range<usize>,
        threads: usize,
    ) -> Result<&mut [f64]> {
        let (count, threads) = self.workers(threads, blocks.len());
        let Self {
            compiled,
            shared,
            workers,
            tree,
            ..
        } = self;
        let workers = &mut workers[..count];
        let width = compiled.executable.layout().sums.len();
        tree.clear(width);
        if let [worker] = workers {
            for some in compiled.groups(blocks, rows.rows()) {
                let mut block = rows.some(some, &mut worker.lanes);
                block.threads = threads;
                let sums = tree.several(block.blocks);
                compiled.block(&mut *worker.machine, shared, &block, sums)?;
                tree.push_several(block.blocks);
            }
            return Ok(tree.total());
        }
        let subtree = (blocks.len() / (4 * count)).max(1).next_power_of_two();
        let share = blocks.len().div_ceil(subtree).div_ceil(count);
        parallel::for_each(count, workers, |index, worker| {
            let subtrees = index * share..(index + 1) * share;
            worker.failure = worker
                .sum(compiled, shared, rows, &blocks, subtree, subtrees, width)
                .err();
        });
        first_failure(workers)?;
        for sums in workers.iter().flat_map(|worker| &worker.sums) {
            tree.next().copy_from_slice(sums);
            tree.push();
        }
        Ok(tree.total())
    }

    /// Tells the code, its level and the order of its sums from others.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.compiled.fingerprint()
    }

    /// The uniform inputs.
    pub(crate) fn uniform(&self) -> &[f64] {
        &self.shared[..self.compiled.uniform]
    }

    /// The number of sums over rows.
    pub(crate) fn sum_count(&self) -> usize {
        self.compiled.executable.layout().sums.len()
    }

    /// Replaces the sums just computed by these.
    pub(crate) fn set_sums(&mut self, sums: &[f64]) {
        self.tree.clear(sums.len());
        self.tree.next().copy_from_slice(sums);
    }

    /// Computes all outputs from the sums over all rows, and divides them by `divisor`. Returns them and their parts.
    pub(crate) fn outputs_of_sums(&mut self, divisor: f64) -> (&[f64], &Parts) {
        let Self {
            compiled,
            shared,
            workers,
            tree,
            outputs,
            parts,
            ..
        } = self;
        let layout = compiled.executable.layout();
        let sums = tree.next();
        let all = if layout.outputs_are_sums() {
            sums
        } else {
            shared[layout.sums.clone()].copy_from_slice(sums);
            workers[0].machine.after(shared);
            // The signs are dropped after the division.
            layout.read_shared(shared, layout.output_count(), outputs);
            &mut outputs[..]
        };
        mean::divide(all, parts.value_count(), divisor);
        (all, parts)
    }
}

/// The result slices that one thread writes: one per part, or one per output in column-major order.
type Slices<'a> = SmallVec<[&'a mut [f64]; 3]>;

/// Cuts the results into slices of `rows_each` rows, one per thread.
fn cut<'a>(
    results: &'a mut [Vec<f64>],
    parts: &Parts,
    order: Order,
    rows: usize,
    rows_each: usize,
) -> SmallVec<[Slices<'a>; 1]> {
    let threads = rows.div_ceil(rows_each).max(1);
    let mut cut: SmallVec<[Slices<'a>; 1]> = (0..threads).map(|_| Slices::new()).collect();
    let mut add = |slice: &'a mut [f64], step: usize| {
        let mut rest = slice;
        for slices in &mut cut {
            let len = rest.len().min(step);
            let (some, beyond) = std::mem::take(&mut rest).split_at_mut(len);
            slices.push(some);
            rest = beyond;
        }
    };
    for (result, &len) in results.iter_mut().zip(parts.lengths()) {
        match order {
            Order::RowMajor => add(result, rows_each * len),
            Order::ColumnMajor if rows > 0 => {
                result
                    .chunks_exact_mut(rows)
                    .for_each(|column| add(column, rows_each));
            }
            Order::ColumnMajor => {}
        }
    }
    cut
}

impl Worker {
    /// Computes some blocks and writes their outputs.
    #[expect(
        clippy::too_many_arguments,
        reason = "there is one caller, and a struct would repeat all the names"
    )]
    fn each_row(
        &mut self,
        compiled: &Compiled,
        parts: &Parts,
        shared: &[f64],
        rows: &Blocks,
        blocks: Range<usize>,
        threads: usize,
        order: Order,
        results: &mut Slices<'_>,
    ) -> Result<()> {
        let layout = compiled.executable.layout();
        let mut done = 0;
        for some in compiled.groups(blocks, rows.rows()) {
            let mut block = rows.some(some);
            block.threads = threads;
            // The outputs of these programs need no sums over rows.
            compiled.block(&mut *self.machine, shared, &block, &mut [])?;
            for index in 0..block.blocks {
                let block = block.block(index);
                let mut outputs = layout.outputs();
                let mut slices = results.iter_mut();
                for (part, &len) in parts.lengths().iter().enumerate() {
                    let sign = if parts.is_derivative(part) { 0.0 } else { -0.0 };
                    let mut values = outputs
                        .by_ref()
                        .take(len)
                        .map(|place| self.machine.lanes(shared, &block, place));
                    if order == Order::ColumnMajor {
                        for (values, column) in values.zip(slices.by_ref()) {
                            write_column(values, sign, block.count, &mut column[done..], 1);
                        }
                        continue;
                    }
                    let Some(rows) = slices.next() else { continue };
                    let mut column = done * len;
                    while column + VECTOR <= (done + 1) * len {
                        let square =
                            [(); VECTOR].map(|()| values.next().expect("a part has its outputs"));
                        write_square(&square, sign, block.count, &mut rows[column..], len);
                        column += VECTOR;
                    }
                    for values in values {
                        write_column(values, sign, block.count, &mut rows[column..], len);
                        column += 1;
                    }
                }
                done += block.count;
            }
        }
        Ok(())
    }

    /// Computes the sums of some subtrees of the blocks `all`, each of `subtree` blocks.
    #[expect(
        clippy::too_many_arguments,
        reason = "there is one caller, and a struct would repeat all the names"
    )]
    fn sum(
        &mut self,
        compiled: &Compiled,
        shared: &[f64],
        rows: &dyn BlockSource,
        all: &Range<usize>,
        subtree: usize,
        subtrees: Range<usize>,
        width: usize,
    ) -> Result<()> {
        let mut done = 0;
        for index in subtrees {
            let first = all.start + index * subtree;
            let blocks = first..all.end.min(first + subtree);
            if blocks.is_empty() {
                break;
            }
            self.tree.clear(width);
            for some in compiled.groups(blocks, rows.rows()) {
                let block = rows.some(some, &mut self.lanes);
                let sums = self.tree.several(block.blocks);
                compiled.block(&mut *self.machine, shared, &block, sums)?;
                self.tree.push_several(block.blocks);
            }
            if done == self.sums.len() {
                self.sums.push(Vec::new());
            }
            self.sums[done].clear();
            self.sums[done].extend_from_slice(self.tree.total());
            done += 1;
        }
        self.sums.truncate(done);
        Ok(())
    }
}

/// The failure of the first row that fails. Workers are in the order of rows.
fn first_failure(workers: &mut [Worker]) -> Result<()> {
    let failure = workers.iter_mut().find_map(|worker| worker.failure.take());
    failure.map_or(Ok(()), Err)
}
