//! Sums over blocks as a fixed tree: neighbours first, then neighbours of those, whatever computes them.

use super::plan::Machine;
use crate::error::Result;

/// Buffers for the sums of blocks that wait for their neighbours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// By the binary logarithm of how many blocks each stands for.
    waiting: Vec<Vec<f64>>,
    /// Which of them wait, as bits.
    count: usize,
    sum: Vec<f64>,
}

impl Tree {
    /// Begins anew, for sums of so many numbers.
    pub(crate) fn clear(&mut self, width: usize) {
        self.count = 0;
        self.sum.clear();
        self.sum.resize(width, 0.0);
    }

    /// The buffer for the sums of the next block, all 0.
    pub(crate) fn next(&mut self) -> &mut [f64] {
        self.sum.fill(0.0);
        &mut self.sum
    }

    /// Puts the buffer's sums into the tree.
    pub(crate) fn push(&mut self) {
        let mut level = 0;
        while self.count >> level & 1 == 1 {
            add(&self.waiting[level], &mut self.sum);
            level += 1;
        }
        if level == self.waiting.len() {
            self.waiting.push(Vec::new());
        }
        self.waiting[level].clone_from(&self.sum);
        self.count += 1;
    }

    /// The sum of all, 0 of none.
    pub(crate) fn total(&mut self) -> &[f64] {
        let mut levels = (0..self.waiting.len()).filter(|level| self.count >> level & 1 == 1);
        match levels.next() {
            None => self.sum.fill(0.0),
            Some(level) => self.sum.copy_from_slice(&self.waiting[level]),
        }
        for level in levels {
            add(&self.waiting[level], &mut self.sum);
        }
        &self.sum
    }
}

/// `right = left + right`.
fn add(left: &[f64], right: &mut [f64]) {
    for (right, left) in right.iter_mut().zip(left) {
        *right += left;
    }
}

/// The sums of all blocks, each computed by `block` in a machine.
pub(crate) fn sum<'a>(
    tree: &'a mut Tree,
    machine: &mut Machine,
    width: usize,
    blocks: usize,
    _threads: usize,
    block: impl Fn(&mut Machine, usize, &mut [f64]) -> Result<()> + Sync,
) -> Result<&'a [f64]> {
    tree.clear(width);
    for index in 0..blocks {
        block(machine, index, tree.next())?;
        tree.push();
    }
    Ok(tree.total())
}
