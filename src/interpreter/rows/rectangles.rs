//! Sums of products of two factors, gathered into rectangles: outer products of two lists of factors.
//!
//! The weights of a layer are one rectangle. The entries of a triangular or banded matrix are several: the largest rectangle is
//! cut out first, then the largest ones in the shapes that remain.

use std::cmp::Reverse;

use petgraph::unionfind::UnionFind;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::backend::Place;

/// Rectangles that are cut out of other shapes have at least this many rows and columns.
const LEAST: usize = 4;

/// Cutting stops after this many rounds. A triangle of `n` lines needs about log₂ `n` rounds.
const ROUNDS: usize = 16;

/// The sums of the products of every factor on the left with every factor on the right.
pub(super) struct Rectangle {
    pub(super) left: Vec<Place>,
    pub(super) right: Vec<Place>,
    /// For each factor on the left, the slots of its sums.
    pub(super) slots: Vec<Vec<u32>>,
}

/// A factor of several products: for each, the other factor and the slot of its sum.
struct Line {
    factor: Place,
    terms: Vec<(Place, u32)>,
}

impl Line {
    fn others(&self) -> impl Iterator<Item = Place> {
        self.terms.iter().map(|&(other, _)| other)
    }
}

/// Gathers sums, each given by its two factors and its slot.
pub(super) fn rectangles(sums: &[([Place; 2], u32)]) -> Vec<Rectangle> {
    let mut lines: Vec<Line> = Vec::new();
    let mut places: FxHashMap<Place, usize> = FxHashMap::default();
    for &([factor, other], slot) in sums {
        let next = lines.len();
        let place = *places.entry(factor).or_insert(next);
        if place == next {
            let terms = Vec::new();
            lines.push(Line { factor, terms });
        }
        lines[place].terms.push((other, slot));
    }
    for line in &mut lines {
        line.terms.sort_unstable_by_key(|&(_, slot)| slot);
    }
    let groups = alike(lines).into_iter();
    let (many, few): (Vec<_>, Vec<_>) = groups.partition(|lines| lines.len() >= LEAST);
    let mut found: Vec<Rectangle> = many.into_iter().map(whole).collect();
    let mut rest = few.into_iter().flatten().collect();
    for _ in 0..ROUNDS {
        let before = found.len();
        rest = cut(rest, &mut found);
        if found.len() == before {
            break;
        }
    }
    found.extend(alike(rest).into_iter().map(whole));
    found
}

/// Groups of lines with the same other factors.
fn alike(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut groups: Vec<Vec<Line>> = Vec::new();
    let mut known: FxHashMap<Vec<Place>, usize> = FxHashMap::default();
    for line in lines {
        let next = groups.len();
        let place = *known.entry(line.others().collect()).or_insert(next);
        if place == next {
            groups.push(Vec::new());
        }
        groups[place].push(line);
    }
    groups
}

/// The rectangle of all terms of lines with the same other factors.
fn whole(lines: Vec<Line>) -> Rectangle {
    let slots = |line: &Line| line.terms.iter().map(|&(_, slot)| slot).collect();
    Rectangle {
        right: lines[0].others().collect(),
        slots: lines.iter().map(slots).collect(),
        left: lines.into_iter().map(|line| line.factor).collect(),
    }
}

/// The shape that each line belongs to. Lines are of one shape if they share another factor that varies by row; a number for
/// all rows, such as the 1 of a bias, says nothing.
fn shapes(lines: &[Line]) -> Vec<usize> {
    let mut shapes = UnionFind::new(lines.len());
    let mut first: FxHashMap<Place, usize> = FxHashMap::default();
    for (place, line) in lines.iter().enumerate() {
        let others = line.others();
        for other in others.filter(|other| !matches!(other, Place::Shared(_))) {
            shapes.union(*first.entry(other).or_insert(place), place);
        }
    }
    shapes.into_labeling()
}

/// Cuts rectangles out of lines that share some of their other factors, and returns the remaining terms as lines.
///
/// Of the lines of a shape, the longest come first. A rectangle takes the lines that follow for as long as its area grows.
fn cut(lines: Vec<Line>, found: &mut Vec<Rectangle>) -> Vec<Line> {
    let mut rest = Vec::with_capacity(lines.len());
    let mut lines: Vec<(usize, Line)> = shapes(&lines).into_iter().zip(lines).collect();
    lines.sort_by_key(|(shape, line)| (*shape, Reverse(line.terms.len())));
    let lines: Vec<Line> = lines.into_iter().map(|(_, line)| line).collect();
    let mut lines = lines.into_iter();
    while let Some(first) = lines.next() {
        let mut seen = FxHashSet::default();
        let mut common: Vec<Place> = first.others().filter(|&other| seen.insert(other)).collect();
        let mut some = vec![first];
        while let Some(next) = lines.as_slice().first() {
            let others: FxHashSet<Place> = next.others().collect();
            let shared = common.iter().filter(|&other| others.contains(other));
            let shared: Vec<Place> = shared.copied().collect();
            let grows = shared.len() * (some.len() + 1) > common.len() * some.len();
            if shared.len() < LEAST || !grows {
                break;
            }
            common = shared;
            some.extend(lines.next());
        }
        if some.len() < LEAST || common.len() < LEAST {
            rest.extend(some);
            continue;
        }
        let columns: FxHashMap<Place, usize> = common.iter().copied().zip(0..).collect();
        let mut rectangle = Rectangle {
            left: some.iter().map(|line| line.factor).collect(),
            right: common,
            slots: Vec::with_capacity(some.len()),
        };
        for mut line in some {
            let mut slots: Vec<Option<u32>> = vec![None; columns.len()];
            line.terms.retain(|&(other, slot)| {
                // Of two products of the same factors, only the first is in the rectangle.
                match columns.get(&other).map(|&column| &mut slots[column]) {
                    Some(place @ None) => {
                        *place = Some(slot);
                        false
                    }
                    _ => true,
                }
            });
            rectangle.slots.push(slots.into_iter().flatten().collect());
            if !line.terms.is_empty() {
                rest.push(line);
            }
        }
        found.push(rectangle);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Sum = ([Place; 2], u32);

    /// The sums of a matrix whose entries are where `is_entry` says.
    fn sums(rows: u32, columns: u32, is_entry: impl Fn(u32, u32) -> bool) -> Vec<Sum> {
        let all = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let entries = all.filter(|&(row, column)| is_entry(row, column));
        let sum = |(row, column)| {
            let factors = [Place::Row(row), Place::Input(column)];
            (factors, row * columns + column)
        };
        entries.map(sum).collect()
    }

    fn parts(rectangle: &Rectangle) -> Vec<Sum> {
        let mut parts = Vec::new();
        for (&left, slots) in rectangle.left.iter().zip(&rectangle.slots) {
            assert_eq!(slots.len(), rectangle.right.len());
            let pairs = rectangle.right.iter().zip(slots);
            parts.extend(pairs.map(|(&right, &slot)| ([left, right], slot)));
        }
        parts
    }

    fn area(rectangle: &Rectangle) -> usize {
        rectangle.left.len() * rectangle.right.len()
    }

    /// Several triangles whose rows alternate. Each has columns of its own, and all have one factor in common.
    fn triangles(count: u32, n: u32) -> Vec<Sum> {
        let mut all = Vec::new();
        for row in 0..n {
            for triangle in 0..count {
                let left = Place::Row(count * row + triangle);
                let columns = (0..n).filter(|column| *column <= row);
                let columns = columns.map(|column| Place::Input(count * column + triangle));
                for other in columns.chain([Place::Shared(0)]) {
                    all.push(([left, other], all.len() as u32));
                }
            }
        }
        all
    }

    #[test]
    fn triangles_and_bands_are_mostly_wide_rectangles() {
        for n in [32, 64, 200] {
            let shapes: [(&str, Vec<Sum>); 5] = [
                ("triangles", triangles(3, n)),
                ("full", sums(n, n, |_, _| true)),
                ("lower", sums(n, n, |row, column| column <= row)),
                ("upper", sums(n, n, |row, column| column >= row)),
                ("band", sums(n, n, |row, column| row.abs_diff(column) <= 8)),
            ];
            for (name, sums) in shapes {
                let found = rectangles(&sums);
                let wide = found
                    .iter()
                    .filter(|rectangle| rectangle.left.len().min(rectangle.right.len()) >= LEAST);
                let covered: usize = wide.clone().map(area).sum();
                assert!(5 * covered >= 2 * sums.len(), "{name} {n}: {covered}");
                assert!(24 * wide.count() <= sums.len(), "{name} {n}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_sum_is_in_one_rectangle(
            rows in 1..20_u32, columns in 1..20_u32, holes in prop::collection::vec(any::<bool>(), 1..40), twice in 0..4_usize,
        ) {
            let mut sums = sums(rows, columns, |row, column| holes[(row * columns + column) as usize % holes.len()]);
            let again: Vec<Sum> = sums.iter().take(twice).map(|&(factors, slot)| (factors, slot + rows * columns)).collect();
            sums.extend(again);
            let mut found: Vec<Sum> = rectangles(&sums).iter().flat_map(parts).collect();
            found.sort_by_key(|&(_, slot)| slot);
            sums.sort_by_key(|&(_, slot)| slot);
            prop_assert_eq!(found, sums);
        }
    }
}
