//! Adds sums over blocks along a fixed tree: first neighbours, then neighbouring pairs, and so on, for any number of
//! threads.

/// Holds sums of blocks until their neighbours arrive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// Indexed by the binary logarithm of the number of blocks in each sum.
    waiting: Vec<Vec<f64>>,
    /// The number of blocks so far. Its bits say which sums are waiting.
    count: usize,
    next: Vec<f64>,
    /// The sums of several blocks, which were computed together.
    several: Vec<f64>,
}

impl Tree {
    /// Starts over, for sums of `width` numbers.
    pub(crate) fn clear(&mut self, width: usize) {
        self.count = 0;
        self.next.resize(width, 0.0);
    }

    /// The buffer for the sums of the next block. The caller must write all of them.
    pub(crate) fn next(&mut self) -> &mut [f64] {
        &mut self.next
    }

    /// The buffer for the sums of the next blocks, one after another. The caller must write all of them.
    pub(crate) fn several(&mut self, blocks: usize) -> &mut [f64] {
        if blocks == 1 {
            return &mut self.next;
        }
        self.several.resize(blocks * self.next.len(), 0.0);
        &mut self.several
    }

    /// Adds the sums of the blocks for which [`several`](Self::several) lent a buffer.
    pub(crate) fn push_several(&mut self, blocks: usize) {
        let width = self.next.len();
        for block in 0..blocks {
            if blocks > 1 {
                let sums = &self.several[block * width..][..width];
                self.next.copy_from_slice(sums);
            }
            self.push();
        }
    }

    /// Adds the buffer's sums to the tree.
    pub(crate) fn push(&mut self) {
        let mut level = 0;
        while self.count >> level & 1 == 1 {
            add(&self.waiting[level], &mut self.next);
            level += 1;
        }
        if level == self.waiting.len() {
            self.waiting.push(Vec::new());
        }
        let width = self.next.len();
        std::mem::swap(&mut self.waiting[level], &mut self.next);
        self.next.resize(width, 0.0);
        self.count += 1;
    }

    /// The sum of all blocks, or 0 if there are none. The tree is empty afterwards.
    pub(crate) fn total(&mut self) -> &mut [f64] {
        let count = std::mem::take(&mut self.count);
        let mut levels = (0..self.waiting.len()).filter(|level| count >> level & 1 == 1);
        match levels.next() {
            None => self.next.fill(0.0),
            Some(level) => std::mem::swap(&mut self.waiting[level], &mut self.next),
        }
        for level in levels {
            add(&self.waiting[level], &mut self.next);
        }
        &mut self.next
    }
}

/// `right = left + right`.
pub(super) fn add(left: &[f64], right: &mut [f64]) {
    for (right, left) in right.iter_mut().zip(left) {
        *right += left;
    }
}
