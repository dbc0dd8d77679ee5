//! How far across each element is: as near as possible to where its links are straight, within its column's order and
//! without overlaps.

use super::order::rounds;

/// The space between two elements of a column.
const SPACING: f64 = 8.0;
/// The weight of an element that shall stay where it is.
const FIXED: f64 = 1e6;
/// The weight of an element that nothing pulls.
const LOOSE: f64 = 1e-2;

/// An element that another one is linked to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbour {
    pub(super) element: usize,
    /// Where the linked element's middle is, from this neighbour's middle, if the link is straight.
    pub(super) shift: f64,
    pub(super) weight: f64,
}

/// The middle of each element, from the order in columns and the neighbours before and after each element.
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
    // A chain of single links becomes straight; elements that only lead to it move as near as there is space.
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

/// Places the elements of a column near their neighbours on these sides.
fn place_near(
    column: &[usize],
    breadths: &[f64],
    middles: &mut [f64],
    sides: &[&[Vec<Neighbour>]],
) {
    let wishes = column.iter().map(|&element| wish(element, middles, sides));
    let mut wishes = wishes.collect::<Vec<_>>().into_iter();
    place(column, breadths, middles, |_| {
        wishes.next().unwrap_or_default()
    });
}

/// The best position of an element, and its weight.
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

/// Places the elements of a column, with enough space between them, so that the weighted sum of squared distances from
/// their wishes is least: isotonic regression, by pooling neighbours that are out of order.
fn place(
    column: &[usize],
    breadths: &[f64],
    middles: &mut [f64],
    mut wish: impl FnMut(usize) -> (f64, f64),
) {
    let mut pooled: Vec<(f64, f64, usize)> = Vec::with_capacity(column.len());
    let mut least = Vec::with_capacity(column.len());
    let mut space = 0.0;
    let mut previous = None;
    for &element in column {
        let half = breadths[element] / 2.0;
        if let Some(other) = previous.replace(half) {
            space += other + SPACING + half;
        }
        least.push(space);
        let (at, weight) = wish(element);
        let mut pool = (at - space, weight, 1);
        while let Some(&(mean, sum, count)) = pooled.last()
            && mean >= pool.0
        {
            let weight = sum + pool.1;
            let mean = (mean * sum + pool.0 * pool.1) / weight;
            pool = (mean, weight, count + pool.2);
            pooled.pop();
        }
        pooled.push(pool);
    }
    let repeated = |(mean, _, count)| std::iter::repeat_n(mean, count);
    let means = pooled.into_iter().flat_map(repeated);
    for ((&element, space), mean) in column.iter().zip(least).zip(means) {
        middles[element] = mean + space;
    }
}
