//! Rows of the same width, one after another in one buffer.

use crate::error::{Error, Result};
use crate::nn::check::ensure;
use crate::nn::data::Tabular;

/// At least one row.
#[derive(Debug)]
pub(super) struct RowBuffer {
    values: Vec<f64>,
    pub(super) width: usize,
    pub(super) count: usize,
}

impl RowBuffer {
    /// Copies the rows.
    pub(super) fn new(name: &str, rows: &dyn Tabular) -> Result<Self> {
        let count = rows.row_count();
        ensure(count > 0, name, || "must contain at least one row")?;
        let mut values = Vec::new();
        rows.append_row(0, &mut values);
        let width = values.len();
        for row in 1..count {
            let start = values.len();
            rows.append_row(row, &mut values);
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

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..][..self.width]
    }
}
