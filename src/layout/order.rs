//! The order within columns: elements are sorted by the mean place of what they are linked to, column by column and
//! back, and the order with the fewest crossings is kept.

use super::level::{Port, Segment};

/// How many times all columns are sorted there and back, unless there is so much that it would take long.
const ROUNDS: usize = 12;
/// How many elements and pieces may be sorted in all.
const EFFORT: usize = 4_000_000;

/// How many rounds a layout of this size gets.
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
        // A place across within an element counts as a part of a step in the order.
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
        // What leads to an element is put in the order of its operands first.
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

/// Keeps this order if it crosses fewer pieces than the best one; gives how many the best one crosses.
fn keep(
    columns: &[Vec<usize>],
    gaps: &[Vec<&Segment>],
    places: &[f64],
    (fewest, best): (usize, &mut Vec<Vec<usize>>),
) -> usize {
    let crossed = gaps
        .iter()
        .map(|segments| crossings(segments, places))
        .sum();
    if crossed < fewest {
        best.clone_from_slice(columns);
        return crossed;
    }
    fewest
}

/// Sorts by the mean place of neighbours; what has none keeps its place.
fn sort(column: &mut [usize], neighbours: &[Vec<Port>], places: &[f64]) {
    let mut keyed: Vec<(f64, usize)> = column
        .iter()
        .map(|&element| {
            let linked = &neighbours[element];
            let sum: f64 = linked
                .iter()
                .map(|&(other, part)| places[other] + part)
                .sum();
            let mean = sum / linked.len() as f64;
            (
                if linked.is_empty() {
                    places[element]
                } else {
                    mean
                },
                element,
            )
        })
        .collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (place, (_, element)) in column.iter_mut().zip(keyed) {
        *place = element;
    }
}

/// How many pairs of pieces between two columns cross: inversions, counted in a binary indexed tree.
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
