//! What products and outer products share.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use crate::backend::Buffer;

/// Buffers for what must be gathered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    pub(super) left: Vec<f64>,
    pub(super) right: Vec<f64>,
    pub(super) panel: Buffer,
}

/// Products with fewer terms are not worth a second thread.
pub(crate) const TERMS: usize = 1 << 20;

/// How many rows of a matrix a thread takes at a time: whole tiles, several parts per thread, so that all end together.
pub(super) fn share(rows: usize, threads: usize, tile: usize) -> usize {
    (rows / (4 * threads)).next_multiple_of(tile).max(tile)
}

/// A term of the chain rule.
#[inline(always)]
pub(crate) fn chain_add(u: f64, p: f64, sum: f64) -> f64 {
    if u == 0.0 || p == 0.0 {
        sum
    } else {
        u.mul_add(p, sum)
    }
}
