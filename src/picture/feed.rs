//! The lines that lead into the circle of an operation.

use std::collections::HashMap;

use super::snapshot::{NodeCopy, OperandCopy, Source};
use crate::op::Op;

/// A line into a circle.
pub(super) struct Feed {
    /// The operand; where it stands for several uses, their partials are added.
    pub(super) operand: OperandCopy,
    /// How many uses of operands the line stands for.
    pub(super) uses: usize,
}

/// The lines into the circle of a node, in the order of its operands.
///
/// All operands outside the snapshot share one line, and so do the uses of one operand by an n-ary operation: a picture
/// has no more lines than its nodes need.
pub(super) fn feeds(node: &NodeCopy) -> Vec<Feed> {
    let mut feeds: Vec<Feed> = Vec::new();
    let mut seen: HashMap<Source, usize> = HashMap::new();
    for &operand in &node.operands {
        let shares = match operand.source {
            Source::Hidden => true,
            Source::Node(_) => matches!(node.op, Op::Nary(_)),
            Source::Constant => false,
        };
        if shares {
            let place = *seen.entry(operand.source).or_insert(feeds.len());
            if let Some(feed) = feeds.get_mut(place) {
                feed.operand.partial += operand.partial;
                feed.uses += 1;
                continue;
            }
        }
        feeds.push(Feed { operand, uses: 1 });
    }
    feeds
}
