//! Colouring: rows or columns of one colour can be computed together, because no entry of one hides an entry of another.
//!
//! After A. H. Gebremedhin, F. Manne, A. Pothen, *What color is your Jacobian? Graph coloring for computing
//! derivatives*, SIAM Review 47 (2005). The vertices are coloured in index order, which is best for band matrices.
//!
//! Rows and columns with many entries get a colour of their own first, so the others need few colours. A colouring visits
//! about as many neighbours as the squared lengths of the other rows add up to, and none if every row has its own colour.

use super::sparsity::Sparsity;

/// Marks a row or a column that has no colour.
pub(crate) const NONE: u32 = u32::MAX;

/// The colours that the neighbours of a vertex exclude.
#[derive(Default)]
struct Excluded {
    /// For each colour, the last vertex for which it was excluded.
    by: Vec<u32>,
}

impl Excluded {
    fn add(&mut self, colour: u32, vertex: usize) {
        #[cfg(test)]
        tests::VISITS.set(tests::VISITS.get() + 1);
        if self.by.len() <= colour as usize {
            self.by.resize(colour as usize + 1, u32::MAX);
        }
        self.by[colour as usize] = vertex as u32;
    }

    /// The smallest colour that is not excluded for this vertex.
    fn smallest(&self, vertex: usize) -> u32 {
        let free = self.by.iter().position(|&other| other != vertex as u32);
        free.unwrap_or(self.by.len()) as u32
    }
}

/// The number of colours.
pub(crate) fn count(colours: &[u32]) -> usize {
    let used = colours.iter().filter(|&&colour| colour != NONE);
    used.max().map_or(0, |&last| last as usize + 1)
}

/// The rows that should have a colour of their own, and the expected number of colours if they have.
struct Hubs {
    is_hub: Vec<bool>,
    colours: usize,
    /// The number of neighbours that colouring the others visits, at most.
    work: usize,
}

/// Chooses the hubs. `needs` is the number of colours that a row needs at least if it is no hub.
///
/// With the `h` neediest rows as hubs, about `h` colours are needed, and as many as the neediest of the others needs.
fn hubs(needs: &[usize]) -> Hubs {
    let mut rows: Vec<usize> = (0..needs.len()).filter(|&row| needs[row] > 0).collect();
    rows.sort_by_key(|&row| std::cmp::Reverse(needs[row]));
    let colours = |hubs: usize| hubs + rows.get(hubs).map_or(0, |&row| needs[row]);
    let mut best = (0..=rows.len())
        .min_by_key(|&hubs| colours(hubs))
        .unwrap_or(0);
    if colours(rows.len()) == colours(best) {
        // Then nothing is left to colour.
        best = rows.len();
    }
    let mut is_hub = vec![false; needs.len()];
    for &row in &rows[..best] {
        is_hub[row] = true;
    }
    let others = rows[best..].iter();
    Hubs {
        is_hub,
        colours: colours(best),
        work: others.map(|&row| needs[row] * needs[row]).sum(),
    }
}

/// Gives each hub the next colour after those that are used.
fn colour_hubs(colours: &mut [u32], is_hub: &[bool]) {
    let next = count(colours) as u32..;
    let hubs = colours
        .iter_mut()
        .zip(is_hub)
        .filter(|(_, is_hub)| **is_hub);
    for ((colour, _), next) in hubs.zip(next) {
        *colour = next;
    }
}

/// The colours of rows and columns. Each entry can be read in its row, if that has a colour, or else in its column.
pub(crate) struct Both {
    pub(crate) rows: Vec<u32>,
    pub(crate) columns: Vec<u32>,
    /// Whether an entry is read in its row if its row and its column have a colour.
    pub(crate) row_first: bool,
}

/// Colours a Jacobian: columns, except for a few rows that have a colour each; or rows, except for a few columns.
pub(crate) fn both(pattern: &Sparsity) -> Both {
    let by_column = pattern.transposed();
    let lengths = |pattern: &Sparsity| -> Vec<usize> {
        (0..pattern.rows())
            .map(|row| pattern.row(row).len())
            .collect()
    };
    let (rows, columns) = (hubs(&lengths(pattern)), hubs(&lengths(&by_column)));
    let row_first = (rows.colours, rows.work) <= (columns.colours, columns.work);
    let uncoloured = |hubs: &Hubs| vec![NONE; hubs.is_hub.len()];
    let (mut of_rows, mut of_columns) = (uncoloured(&rows), uncoloured(&columns));
    if row_first {
        colour_hubs(&mut of_rows, &rows.is_hub);
        of_columns = apart(pattern, &by_column, &rows.is_hub);
    } else {
        colour_hubs(&mut of_columns, &columns.is_hub);
        of_rows = apart(&by_column, pattern, &columns.is_hub);
    }
    Both {
        rows: of_rows,
        columns: of_columns,
        row_first,
    }
}

/// Gives each column a colour, so that no row has two entries in columns of the same colour.
pub(crate) fn columns(pattern: &Sparsity) -> Vec<u32> {
    let by_column = pattern.transposed();
    let used = (0..pattern.columns()).map(|column| !by_column.row(column).is_empty());
    let used: Vec<bool> = used.collect();
    let longest = (0..pattern.rows()).map(|row| pattern.row(row).len()).max();
    if longest == Some(used.iter().filter(|&&used| used).count()) {
        let mut colours = vec![NONE; used.len()];
        colour_hubs(&mut colours, &used);
        return colours;
    }
    apart(pattern, &by_column, &vec![false; pattern.rows()])
}

/// Colours the columns with entries in rows that are not skipped, so that none of these rows has two entries of the same
/// colour.
fn apart(pattern: &Sparsity, by_column: &Sparsity, skipped: &[bool]) -> Vec<u32> {
    let mut colours = vec![NONE; pattern.columns()];
    let mut excluded = Excluded::default();
    for column in 0..pattern.columns() {
        let rows = by_column.row(column).iter().filter(|&&row| !skipped[row]);
        let mut is_empty = true;
        for &row in rows {
            is_empty = false;
            for &other in pattern.row(row) {
                if colours[other] != NONE {
                    excluded.add(colours[other], column);
                }
            }
        }
        if !is_empty {
            colours[column] = excluded.smallest(column);
        }
    }
    colours
}

/// A star colouring of a symmetric pattern: neighbours differ, and every path of four vertices has at least three colours.
/// So each entry can be read from its own place or from its mirror image.
///
/// Hubs have a colour each, so a path through one has three colours. Among the others, the middle of a path of three with
/// equal ends has a smaller colour than the ends; then no path of four can have two colours.
pub(crate) fn star(pattern: &Sparsity) -> Vec<u32> {
    let needs = (0..pattern.rows()).map(|v| {
        let neighbours = pattern.row(v).iter().filter(|&&w| w != v).count();
        neighbours + usize::from(!pattern.row(v).is_empty())
    });
    let Hubs { is_hub, .. } = hubs(&needs.collect::<Vec<_>>());
    let mut colours = vec![NONE; pattern.columns()];
    let mut excluded = Excluded::default();
    let neighbours = |v: usize| {
        let all = pattern.row(v).iter().copied();
        all.filter(move |&w| w != v)
    };
    for v in 0..pattern.columns() {
        if is_hub[v] || pattern.row(v).is_empty() {
            continue;
        }
        for w in neighbours(v).filter(|&w| !is_hub[w]) {
            if colours[w] != NONE {
                excluded.add(colours[w], v);
            }
            for x in neighbours(w).filter(|&x| !is_hub[x] && colours[x] != NONE) {
                // An uncoloured vertex has the largest number.
                if colours[x] < colours[w] {
                    excluded.add(colours[x], v);
                }
            }
        }
        colours[v] = excluded.smallest(v);
    }
    colour_hubs(&mut colours, &is_hub);
    colours
}

/// For each entry, whether it is the only one of its row in columns of its colour.
pub(crate) fn alone(pattern: &Sparsity, colours: &[u32]) -> Vec<bool> {
    let mut counts = vec![0_usize; count(colours)];
    let mut alone = Vec::with_capacity(pattern.len());
    for row in 0..pattern.rows() {
        let entries = pattern.row(row);
        for &column in entries {
            counts[colours[column] as usize] += 1;
        }
        alone.extend(
            entries
                .iter()
                .map(|&column| counts[colours[column] as usize] == 1),
        );
        for &column in entries {
            counts[colours[column] as usize] = 0;
        }
    }
    alone
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::{any, prop_assert, proptest};

    use super::{Both, NONE, Sparsity, alone, both, columns, count, star};

    thread_local! {
        /// The number of excluded colours.
        pub(super) static VISITS: Cell<usize> = const { Cell::new(0) };
    }

    fn visits<R>(work: impl FnOnce() -> R) -> (R, usize) {
        VISITS.set(0);
        (work(), VISITS.get())
    }

    fn pattern(rows: usize, columns: usize, is_entry: impl Fn(usize, usize) -> bool) -> Sparsity {
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let entries: Vec<_> = places
            .filter(|&(row, column)| is_entry(row, column))
            .collect();
        Sparsity::new(rows, columns, entries.into_iter())
    }

    fn groups(pattern: &Sparsity) -> usize {
        let Both { rows, columns, .. } = both(pattern);
        count(&rows) + count(&columns)
    }

    #[test]
    fn colouring_visits_few_neighbours_per_entry() {
        for n in [50, 100, 200] {
            let shapes: [(&str, Sparsity, usize, usize); 5] = [
                ("dense", pattern(n, n, |_, _| true), n, n),
                ("triangle", pattern(n, n, |i, j| i >= j), n, n),
                ("arrow", pattern(n, n, |i, j| i == j || i * j == 0), 3, 2),
                ("band", pattern(n, n, |i, j| i.abs_diff(j) < 2), 3, 3),
                ("empty", pattern(n, n, |_, _| false), 0, 0),
            ];
            for (name, shape, jacobian, hessian) in shapes {
                let (found, visited) = visits(|| groups(&shape));
                assert_eq!(found, jacobian, "{name} {n}");
                assert!(visited <= 3 * shape.len(), "{name} {n}: {visited}");
                let (_, visited) = visits(|| columns(&shape));
                assert!(
                    name == "triangle" || visited <= 3 * shape.len(),
                    "{name} {n}: {visited}"
                );
                if name != "triangle" {
                    let (found, visited) = visits(|| count(&star(&shape)));
                    assert_eq!(found, hessian, "{name} {n}");
                    assert!(visited <= 3 * shape.len(), "{name} {n}: {visited}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_entry_can_be_read(n in 1_usize..12, m in 1_usize..12, bits in any::<[u64; 3]>(), few in any::<bool>()) {
            let bit = |i: usize, j: usize| {
                let place = i * 12 + j;
                bits[place / 64] >> (place % 64) & 1 == 1 && (!few || bits[(place + 7) % 144 / 64] >> ((place + 7) % 64) & 1 == 1)
            };
            let some = pattern(n, m, bit);
            let Both { rows, columns: by_column, row_first } = both(&some);
            let all = columns(&some);
            let transposed = some.transposed();
            for (row, column) in some.entries() {
                let in_row = rows[row] != NONE && (row_first || by_column[column] == NONE);
                let hidden = if in_row {
                    transposed.row(column).iter().any(|&other| other != row && rows[other] == rows[row])
                } else {
                    prop_assert!(by_column[column] != NONE);
                    some.row(row).iter().any(|&other| other != column && by_column[other] == by_column[column])
                };
                prop_assert!(!hidden, "{some:?}");
                prop_assert!(!some.row(row).iter().any(|&other| other != column && all[other] == all[column]));
            }
            let symmetric = pattern(n, n, |i, j| bit(i.min(j), i.max(j)));
            let colours = star(&symmetric);
            let alone = alone(&symmetric, &colours);
            for (place, mirrored) in symmetric.transposed_places().into_iter().enumerate() {
                prop_assert!(alone[place] || alone[mirrored], "{symmetric:?}");
            }
        }
    }
}
