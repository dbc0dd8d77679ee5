//! Rows of blocks that are not complete yet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The number of rows in a block. Sums over rows are added block by block.
pub(crate) const BLOCK: usize = 64;

/// Rows whose block is split between batches or partitions, by block.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Scattered(BTreeMap<usize, Block>);

/// Some rows of a block: their places in it, ascending, and their numbers, one row after another.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Block {
    places: Vec<u8>,
    values: Vec<f64>,
}

impl Scattered {
    /// Adds a row. Gives back the block if it is complete now; `Err` if the row is there twice.
    pub(crate) fn add(
        &mut self,
        row: usize,
        values: impl Iterator<Item = f64>,
    ) -> Result<Option<(usize, Vec<f64>)>, usize> {
        let block = self.0.entry(row / BLOCK).or_default();
        let place = (row % BLOCK) as u8;
        let values: Vec<f64> = values.collect();
        let Err(at) = block.places.binary_search(&place) else {
            return Err(row);
        };
        block.places.insert(at, place);
        let start = at * values.len();
        block.values.splice(start..start, values);
        if block.places.len() < BLOCK {
            return Ok(None);
        }
        let complete = self.0.remove(&(row / BLOCK)).unwrap_or_default();
        Ok(Some((row / BLOCK * BLOCK, complete.values)))
    }

    /// All rows, each with its index and its numbers. A malformed block gives no rows.
    pub(crate) fn rows(&self, width: usize) -> impl Iterator<Item = (usize, &[f64])> {
        self.0
            .iter()
            .flat_map(move |(block, Block { places, values })| {
                let places = places
                    .iter()
                    .map(move |&place| block * BLOCK + usize::from(place));
                places.zip(values.chunks_exact(width))
            })
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.0.values().map(|block| block.places.len()).sum()
    }

    /// The memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let bytes = |block: &Block| block.places.capacity() + 8 * block.values.capacity() + 64;
        self.0.values().map(bytes).sum()
    }
}
