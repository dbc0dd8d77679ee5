//! How far across each element stands: as near as its column's order and the room allow to where its links are straight.

use super::order::rounds;

/// The room between two elements of a column.
const SPACING: f64 = 8.0;
/// The weight of an element that is to stay where it is.
const FIXED: f64 = 1e6;
/// The weight of an element that nothing pulls.
const LOOSE: f64 = 1e-2;

/// An element linked to another one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbour {
    pub(super) element: usize,
    /// How far from the other's middle this one's middle would have to be for a straight link.
    pub(super) shift: f64,
    pub(super) weight: f64,
}

/// The middle of each element, given the order in columns, what is before and what is after each.
pub(super) fn straighten(
    columns: &[Vec<usize>],
    breadths: &[f64],
    before: &[Vec<Neighbour>],
    after: &[Vec<Neighbour>],
) -> Vec<f64> {
    let mut middles = vec![0.0; breadths.len()];
    for column in columns {
        place(column, breadths, &mut middles, |_| (0.0, 1.0));
    }
    let links: usize = before.iter().map(Vec::len).sum();
    for _ in 0..rounds(2 * (breadths.len() + links)) {
        for column in columns.iter().rev() {
            place_near(column, breadths, &mut middles, &[before, after]);
        }
        for column in columns {
            place_near(column, breadths, &mut middles, &[before, after]);
        }
    }
    // A chain of single links is straight, and what leads to it stands as near as there is room.
    for column in columns {
        place_near(column, breadths, &mut middles, &[before]);
    }
    for column in columns.iter().rev() {
        let held = middles.clone();
        place(column, breadths, &mut middles, |element| {
            if before[element].is_empty() {
                wish(element, &held, &[after])
            } else {
                (held[element], FIXED)
            }
        });
    }
    middles
}

fn place_near(
    column: &[usize],
    breadths: &[f64],
    middles: &mut [f64],
    sides: &[&[Vec<Neighbour>]],
) {
    let wishes: Vec<(f64, f64)> = column
        .iter()
        .map(|&element| wish(element, middles, sides))
        .collect();
    let mut wishes = wishes.into_iter();
    place(column, breadths, middles, |_| {
        wishes.next().unwrap_or_default()
    });
}

/// Where an element would best stand, and how much it pulls.
fn wish(element: usize, middles: &[f64], sides: &[&[Vec<Neighbour>]]) -> (f64, f64) {
    let (mut sum, mut weight) = (0.0, 0.0);
    for neighbour in sides.iter().flat_map(|side| &side[element]) {
        sum += neighbour.weight * (middles[neighbour.element] + neighbour.shift);
        weight += neighbour.weight;
    }
    if weight > 0.0 {
        (sum / weight, weight)
    } else {
        (middles[element], LOOSE)
    }
}

/// Places a column's elements, none too near to the next, with the least sum of weighted squares of the distances from
/// their wishes: isotonic regression, by merging neighbours that are out of order.
fn place(
    column: &[usize],
    breadths: &[f64],
    middles: &mut [f64],
    mut wish: impl FnMut(usize) -> (f64, f64),
) {
    let mut pooled: Vec<(f64, f64, usize)> = Vec::with_capacity(column.len());
    let mut least = Vec::with_capacity(column.len());
    let mut room = 0.0;
    let mut previous = None;
    for &element in column {
        let half = breadths[element] / 2.0;
        if let Some(other) = previous.replace(half) {
            room += other + SPACING + half;
        }
        least.push(room);
        let (at, weight) = wish(element);
        let mut pool = (at - room, weight, 1);
        while let Some(&(mean, sum, count)) = pooled.last()
            && mean >= pool.0
        {
            let weight = sum + pool.1;
            pool = (
                (mean * sum + pool.0 * pool.1) / weight,
                weight,
                count + pool.2,
            );
            pooled.pop();
        }
        pooled.push(pool);
    }
    let means = pooled
        .iter()
        .flat_map(|&(mean, _, count)| std::iter::repeat_n(mean, count));
    for ((&element, room), mean) in column.iter().zip(least).zip(means) {
        middles[element] = mean + room;
    }
}
