//! Colouring: columns of one colour can be computed together, because no row has entries in two of them.
//!
//! After A. H. Gebremedhin, F. Manne, A. Pothen, *What color is your Jacobian? Graph coloring for computing
//! derivatives*, SIAM Review 47 (2005). The vertices are coloured in index order, which is best for band matrices.

use super::sparsity::Sparsity;

/// The smallest colour that is not marked with `mark`.
fn smallest(marks: &[u32], mark: u32) -> u32 {
    let free = marks.iter().position(|&other| other != mark);
    free.unwrap_or(marks.len()) as u32
}

fn forbid(marks: &mut Vec<u32>, colour: u32, mark: u32) {
    if marks.len() <= colour as usize {
        marks.resize(colour as usize + 1, u32::MAX);
    }
    marks[colour as usize] = mark;
}

/// The number of colours.
pub(crate) fn count(colours: &[u32]) -> usize {
    colours.iter().max().map_or(0, |&last| last as usize + 1)
}

/// Gives each column a colour, so that no row has two entries in columns of the same colour.
pub(crate) fn columns(pattern: &Sparsity) -> Vec<u32> {
    let by_column = pattern.transposed();
    let mut colours = vec![u32::MAX; pattern.columns()];
    let mut marks = Vec::new();
    for column in 0..pattern.columns() {
        let mark = column as u32;
        for &row in by_column.row(column) {
            for &other in pattern.row(row) {
                if colours[other] != u32::MAX {
                    forbid(&mut marks, colours[other], mark);
                }
            }
        }
        colours[column] = smallest(&marks, mark);
    }
    colours
}

/// A star colouring of a symmetric pattern: neighbours differ, and every path of four vertices has at least three colours.
/// So each entry can be read from its own place or from its mirror image.
pub(crate) fn star(pattern: &Sparsity) -> Vec<u32> {
    let mut colours = vec![u32::MAX; pattern.columns()];
    let mut marks = Vec::new();
    for v in 0..pattern.columns() {
        let mark = v as u32;
        for &w in pattern.row(v).iter().filter(|&&w| w != v) {
            if colours[w] != u32::MAX {
                forbid(&mut marks, colours[w], mark);
            }
            for &x in pattern.row(w).iter().filter(|&&x| x != v && x != w) {
                if colours[x] == u32::MAX {
                    continue;
                }
                let closes = |&y: &usize| y != w && y != x && colours[y] == colours[w];
                if colours[w] == u32::MAX || pattern.row(x).iter().any(closes) {
                    forbid(&mut marks, colours[x], mark);
                }
            }
        }
        colours[v] = smallest(&marks, mark);
    }
    colours
}
