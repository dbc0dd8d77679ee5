//! Products of matrices, which appear where dot products share their factors.
//!
//! A layer of a network is a [`Product`] of its weights with the lanes of its inputs. On the way back it is a product with
//! the same weights, transposed, and the adjoint of the weights is an [`Outer`] product summed over rows. Terms are added in
//! the order that defines the dot products, each with one rounding, so the bits are those of one dot product after another;
//! only different sums are computed side by side.

mod common;
mod layout;
mod outer;
mod panel;
mod product;
#[cfg(test)]
mod steps;

pub(crate) use common::{Scratch, TERMS, chain_add};
pub(crate) use layout::MatrixLayout;
pub(crate) use outer::Outer;
pub(crate) use product::Product;
