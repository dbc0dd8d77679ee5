//! Rows side by side in one buffer, and the order in which an epoch takes them.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::error::{Error, Result};
use crate::nn::data::Rows;

/// Rows of one width, at least one.
#[derive(Debug)]
pub(super) struct Table {
    values: Vec<f64>,
    width: usize,
    count: usize,
}

impl Table {
    /// Copies the rows.
    pub(super) fn new(name: &str, rows: &dyn Rows) -> Result<Self> {
        let count = rows.count();
        if count == 0 {
            return Err(Error::argument(name, "must hold at least one row"));
        }
        let mut values = Vec::new();
        rows.append(0, &mut values);
        let width = values.len();
        for row in 1..count {
            let start = values.len();
            rows.append(row, &mut values);
            let found = values.len() - start;
            if found != width {
                return Err(Error::length(&format!("{name}, row {row}"), width, found));
            }
        }
        Ok(Self {
            values,
            width,
            count,
        })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..][..self.width]
    }
}

/// Fills in the numbers 0 to `count` − 1 in the random order that belongs to a seed and an epoch.
pub(super) fn shuffle(order: &mut Vec<usize>, count: usize, seed: u64, epoch: usize) {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(epoch as u64).to_le_bytes());
    order.clear();
    order.extend(0..count);
    order.shuffle(&mut StdRng::from_seed(key));
}
