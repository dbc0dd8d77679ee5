//! Products of matrices, as they appear where dot products share their factors.
//!
//! A layer of a network is a [`Product`] of its weights with the lanes of its inputs, going back a product with the same
//! weights read the other way, and the adjoint of the weights is an [`Outer`] product summed over rows. Terms are added in
//! the order in which the dot products are defined, each with one rounding, so the bits are those of one dot product after
//! another; only different sums are computed side by side.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

mod layout;
mod outer;
mod panel;
mod product;
#[cfg(test)]
mod steps;

pub(crate) use layout::Layout;
pub(crate) use outer::Outer;
pub(crate) use product::Product;

/// Buffers for what must be brought together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    left: Vec<f64>,
    right: Vec<f64>,
    panel: Vec<f64>,
}

/// Products of fewer terms are not worth a second thread.
pub(crate) const TERMS: usize = 1 << 20;

/// How many rows of a matrix a thread takes at a time: whole tiles, a few parts for each, so that all end together.
fn share(rows: usize, threads: usize, tile: usize) -> usize {
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
