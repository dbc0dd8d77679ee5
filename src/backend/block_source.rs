//! Rows as blocks, from memory in the order of computation or straight from a table.

use std::ops::Range;

use super::blocks::{BLOCK, Blocks, Table, VECTOR};
use super::buffer::Buffer;
use super::traits::Block;

/// Rows that several threads can read block by block.
pub(crate) trait BlockSource: Sync {
    /// The index of the first row.
    fn first(&self) -> usize;

    /// The number of rows.
    fn rows(&self) -> usize;

    /// Some blocks, to be computed together. If there are several, all are whole. `lanes` is memory for a source that does not
    /// keep its rows as blocks.
    fn some<'a>(&'a self, blocks: Range<usize>, lanes: &'a mut Buffer) -> Block<'a>;
}

impl BlockSource for Blocks {
    fn first(&self) -> usize {
        self.offset
    }

    fn rows(&self) -> usize {
        self.rows()
    }

    fn some<'a>(&'a self, blocks: Range<usize>, _: &'a mut Buffer) -> Block<'a> {
        self.some(blocks)
    }
}

/// Some rows of a table, which become lanes when they are computed.
pub(crate) struct RowsOfTable<'a, T: ?Sized> {
    pub(crate) table: &'a T,
    /// The number of values in a row.
    pub(crate) width: usize,
    /// The first row's place in the table.
    pub(crate) start: usize,
    /// The number of rows.
    pub(crate) count: usize,
    /// The index of the first row among all rows.
    pub(crate) first: usize,
}

impl<T: Table + Sync + ?Sized> BlockSource for RowsOfTable<'_, T> {
    fn first(&self) -> usize {
        self.first
    }

    fn rows(&self) -> usize {
        self.count
    }

    fn some<'a>(&'a self, blocks: Range<usize>, lanes: &'a mut Buffer) -> Block<'a> {
        let first = blocks.start * BLOCK;
        let count = (blocks.len() * BLOCK).min(self.count - first);
        let rows = BLOCK.min(count);
        let width = rows.next_multiple_of(VECTOR);
        lanes.set_len(width * blocks.len() * self.width);
        let each = lanes.chunks_mut((width * self.width).max(1));
        for (first, lanes) in (first..).step_by(BLOCK).zip(each) {
            self.table
                .copy_block(self.start + first, rows, width, lanes);
        }
        Block {
            first: self.first + first,
            count,
            lanes: width,
            inputs: lanes,
            blocks: blocks.len(),
            index: 0,
            threads: 1,
        }
    }
}
