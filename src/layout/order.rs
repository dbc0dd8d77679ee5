//! The order within columns: elements are sorted by the mean place of their neighbours, forth and back over the columns,
//! and the order with the fewest crossings is kept.

/// A point of an element: the element, and how far across from its middle the point is.
pub(super) type Port = (usize, f64);

/// A piece of a line between neighbouring columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) from: Port,
    pub(super) to: Port,
    /// The block whose line it is.
    pub(super) source: usize,
}

/// How many times all columns are sorted forth and back, unless [`EFFORT`] allows fewer.
const ROUNDS: usize = 12;
/// How many elements and pieces may be sorted in total.
const EFFORT: usize = 4_000_000;

/// The number of rounds for a layout of this size.
pub(super) fn rounds(size: usize) -> usize {
    (EFFORT / size.max(1)).clamp(2, ROUNDS)
}

/// Puts each column in order.
pub(super) fn order(columns: &mut [Vec<usize>], segments: &[Segment], breadths: &[f64]) {
    let mut before = vec![Vec::new(); breadths.len()];
    let mut after = before.clone();
    let mut gaps: Vec<Vec<&Segment>> = vec![Vec::new(); columns.len()];
    let mut column_of = vec![0; breadths.len()];
    for (place, column) in columns.iter().enumerate() {
        for &element in column {
            column_of[element] = place;
        }
    }
    for segment in segments {
        // An offset within an element counts as a fraction of a step in the order.
        let part = |(element, offset): Port| (element, 0.9 * offset / breadths[element].max(1.0));
        before[segment.to.0].push(part(segment.from));
        after[segment.from.0].push(part(segment.to));
        gaps[column_of[segment.from.0]].push(segment);
    }
    let mut places = vec![0.0; breadths.len()];
    let number = |column: &[usize], places: &mut [f64]| {
        for (place, &element) in (0_u32..).zip(column) {
            places[element] = f64::from(place);
        }
    };
    for column in columns.iter() {
        number(column, &mut places);
    }
    let mut best = columns.to_vec();
    let mut fewest = usize::MAX;
    for _ in 0..rounds(breadths.len() + segments.len()) {
        // The first pass puts the elements before each element in the order of its entries.
        for column in columns.iter_mut().rev() {
            sort(column, &after, &places);
            number(column, &mut places);
        }
        fewest = keep(columns, &gaps, &places, (fewest, &mut best));
        for column in columns.iter_mut() {
            sort(column, &before, &places);
            number(column, &mut places);
        }
        fewest = keep(columns, &gaps, &places, (fewest, &mut best));
        if fewest == 0 {
            break;
        }
    }
    columns.clone_from_slice(&best);
}

/// Keeps this order if it has fewer crossings than the best one; returns the crossings of the best one.
fn keep(
    columns: &[Vec<usize>],
    gaps: &[Vec<&Segment>],
    places: &[f64],
    (fewest, best): (usize, &mut Vec<Vec<usize>>),
) -> usize {
    let crossed = gaps.iter().map(|segments| crossings(segments, places));
    let crossed = crossed.sum();
    if crossed < fewest {
        best.clone_from_slice(columns);
        return crossed;
    }
    fewest
}

/// Sorts by the mean place of neighbours; an element without neighbours keeps its place.
fn sort(column: &mut [usize], neighbours: &[Vec<Port>], places: &[f64]) {
    let mean = |element: usize| {
        let linked = neighbours[element].iter();
        let theirs = linked.map(|&(other, part)| places[other] + part);
        match theirs.len() {
            0 => places[element],
            count => theirs.sum::<f64>() / count as f64,
        }
    };
    let keyed = column.iter().map(|&element| (mean(element), element));
    let mut keyed: Vec<(f64, usize)> = keyed.collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (place, (_, element)) in column.iter_mut().zip(keyed) {
        *place = element;
    }
}

/// The number of crossing pairs of pieces between two columns: inversions, counted in a binary indexed tree.
fn crossings(segments: &[&Segment], places: &[f64]) -> usize {
    let at = |(element, offset): Port| (places[element], offset);
    let compare = |a: (f64, f64), b: (f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
    let mut ends: Vec<(f64, f64)> = segments.iter().map(|segment| at(segment.to)).collect();
    ends.sort_by(|&a, &b| compare(a, b));
    ends.dedup();
    let mut ordered = segments.to_vec();
    ordered.sort_by(|a, b| compare(at(a.from), at(b.from)).then(compare(at(a.to), at(b.to))));
    let mut counts = vec![0_usize; ends.len() + 1];
    let mut crossed = 0;
    for (seen, segment) in ordered.iter().enumerate() {
        let rank = ends.partition_point(|&end| compare(end, at(segment.to)).is_lt()) + 1;
        let mut not_above = 0;
        let mut index = rank;
        while index > 0 {
            not_above += counts[index];
            index &= index - 1;
        }
        crossed += seen - not_above;
        let mut index = rank;
        while index < counts.len() {
            counts[index] += 1;
            index += index & index.wrapping_neg();
        }
    }
    crossed
}
