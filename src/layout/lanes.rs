//! Lanes: ways beside all columns, for lines that lead far.
//!
//! A line has a place of its own in each column that it passes, so lines that pass many columns would need far more places
//! than there are elements. If there are too many, the lines that lead farthest run in lanes beside the columns instead.
//! Lines share a lane if they do not meet there.

use std::collections::BTreeSet;

use super::order::Port;

/// The breadth of a lane.
pub(super) const LANE: f64 = 8.0;

/// The far part of a line, which runs in a lane.
#[derive(Clone, Debug)]
pub(super) struct Far {
    pub(super) source: usize,
    pub(super) from: Port,
    pub(super) ends: Vec<Port>,
    /// The columns where the line begins and where its farthest end is.
    pub(super) columns: [usize; 2],
}

/// The lane of each line, counted from the columns outwards.
pub(super) fn assign(far: &[Far]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..far.len()).collect();
    order.sort_by_key(|&line| far[line].columns);
    let mut lanes = vec![0; far.len()];
    // The lanes in use, by the column where each becomes free, and those that are free.
    let mut used: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut free: BTreeSet<usize> = BTreeSet::new();
    for line in order {
        let [begin, end] = far[line].columns;
        while used.first().is_some_and(|&(ends, _)| ends <= begin) {
            free.extend(used.pop_first().map(|(_, lane)| lane));
        }
        let lane = free.pop_first().unwrap_or(used.len());
        used.insert((end, lane));
        lanes[line] = lane;
    }
    lanes
}
