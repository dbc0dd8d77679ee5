//! Small neural networks: the data they learn from and the measures of what they learned.
//!
//! [`data`] reads or generates rows of numbers with a target each, and deals them out in parts and batches;
//! [`metrics`] compares predictions with targets.

pub mod data;
pub mod metrics;
