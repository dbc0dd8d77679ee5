//! A layered layout: takes boxes, the links between them and the clusters around them, and computes where each of them is.
//!
//! It knows nothing of graphs of values or of pictures. Coordinates are *along* the direction of links and *across* it, so
//! that one layout serves pictures from left to right and from top to bottom. The method is that of K. Sugiyama, S. Tagawa
//! and M. Toda, "Methods for visual understanding of hierarchical system structures" (1981): boxes are put in columns, each
//! after all boxes that lead to it; each column is ordered so that few links cross; then boxes are moved across until links
//! are as straight as the order allows. A link that passes a column has a place of its own there, so that no link runs
//! through a box, and links from one box share their path as long as they can. If links pass many more columns than there are
//! boxes, those that lead farthest run in lanes beside the columns.
//!
//! A cluster is laid out first, by itself, and is then one box of the cluster around it; a link enters it at a place on its
//! border. Clusters are visited from the last to the first, without recursion.
//!
//! ```text
//! Diagram ─ nest: links split at the borders of clusters ─▶ one interior per cluster
//!         ─ interior: columns ─ order: within them ─ across: how far ─▶ Placement
//! ```

mod across;
mod diagram;
mod interior;
mod lanes;
mod nest;
mod order;
#[cfg(test)]
mod tests;

pub(crate) use diagram::{Block, Cluster, Diagram, Link, Pair, Placement, Stroke};
