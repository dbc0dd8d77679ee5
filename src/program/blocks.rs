//! Rows of data in the order in which they are computed: blocks, in each the lanes of one input after another.

use super::plan::RowData;
use super::rows::BLOCK;
use crate::error::{Error, Result};

/// Lanes are filled up to whole vectors of this many.
const VECTOR: usize = 8;

/// Rows of data, block by block: in each block the lanes of one varying input after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    /// The number of the first row.
    pub(super) offset: usize,
    pub(super) width: usize,
    pub(super) count: usize,
    data: Vec<f64>,
}

impl Blocks {
    pub(super) fn new<R: AsRef<[f64]>>(width: usize, rows: &[R]) -> Result<Self> {
        let mut blocks = Self {
            width,
            ..Self::default()
        };
        blocks.fill(rows)?;
        Ok(blocks)
    }

    /// Replaces the rows, and keeps the memory.
    pub(super) fn fill<R: AsRef<[f64]>>(&mut self, rows: &[R]) -> Result<()> {
        for (row, values) in rows.iter().enumerate() {
            let found = values.as_ref().len();
            if found != self.width {
                return Err(Error::length(&format!("row {row}"), self.width, found));
            }
        }
        self.count = rows.len();
        self.data
            .resize(rows.len().next_multiple_of(VECTOR) * self.width, 0.0);
        let mut rest = &mut self.data[..];
        for block in rows.chunks(BLOCK) {
            let lanes = block.len().next_multiple_of(VECTOR);
            let (data, behind) = std::mem::take(&mut rest).split_at_mut(lanes * self.width);
            rest = behind;
            for (group, rows) in block.chunks(VECTOR).enumerate() {
                // What fills the lanes up is a copy of a row, for which the program is defined.
                let mut sources = [rows[rows.len() - 1].as_ref(); VECTOR];
                for (source, row) in sources.iter_mut().zip(rows) {
                    *source = row.as_ref();
                }
                for (column, lanes) in data.chunks_exact_mut(lanes).enumerate() {
                    let lanes = lanes[group * VECTOR..].iter_mut();
                    for (lane, source) in lanes.zip(&sources) {
                        *lane = source[column];
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn blocks(&self) -> usize {
        self.count.div_ceil(BLOCK)
    }

    pub(super) fn block(&self, index: usize) -> RowData<'_> {
        let first = index * BLOCK;
        let count = BLOCK.min(self.count - first);
        let lanes = count.next_multiple_of(VECTOR);
        RowData {
            first: self.offset + first,
            count,
            lanes,
            inputs: &self.data[first * self.width..][..lanes * self.width],
        }
    }
}
