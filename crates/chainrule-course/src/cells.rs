//! Pictures of numbers as coloured cells: templates, images, kernels, and tables of weights.

use crate::drawing::{Anchor, Drawing, Ink, LETTERS, TITLE};
use crate::plot::{Outcome, Pictures};

/// The space between tiles and around the picture, in pixels.
const APART: usize = 8;
/// The height of a line of letters, in pixels.
const LINE: usize = 18;

/// A rectangle of numbers, row by row.
pub(crate) struct Tile {
    /// What is written above it.
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

/// Square tiles in rows.
pub(crate) struct Tiles {
    pub(crate) title: String,
    /// The name of each row and its tiles.
    pub(crate) rows: Vec<(String, Vec<Tile>)>,
    /// The side of a cell, in pixels.
    pub(crate) dot: usize,
    pub(crate) ink: Ink,
}

/// A table of numbers, one per row and column.
pub(crate) struct Table<'a> {
    pub(crate) title: &'a str,
    /// What the rows and the columns are.
    pub(crate) names: [&'a str; 2],
    /// The name of each column.
    pub(crate) columns: Vec<String>,
    /// The name of each row and its numbers.
    pub(crate) rows: Vec<(String, Vec<f64>)>,
    pub(crate) ink: Ink,
}

/// The same numbers, divided by the largest of them.
pub(crate) fn scaled(values: &[f64]) -> Vec<f64> {
    let largest = values
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let divisor = if largest > 0.0 { largest } else { 1.0 };
    values.iter().map(|value| value / divisor).collect()
}

/// About how many pixels wide a text is.
fn width(text: &str, size: f64) -> usize {
    #[expect(clippy::cast_sign_loss, reason = "a count times a size")]
    let pixels = (text.chars().count() as f64 * size * 0.55).ceil() as usize;
    pixels
}

impl Pictures {
    /// Draws groups of tiles side by side.
    pub(crate) fn tiles(&self, name: &str, description: &str, groups: &[Tiles]) -> Outcome<()> {
        let mut drawing = Drawing::new();
        let (mut x, mut height) = (0, 0);
        for group in groups {
            let [wide, high] = group.draw(&mut drawing, x);
            x += wide;
            height = height.max(high);
        }
        let size = [x, height].map(|length| length as f64);
        self.save(name, &drawing.finish(size, description))
    }

    /// Draws tables side by side.
    pub(crate) fn tables(&self, name: &str, description: &str, tables: &[Table]) -> Outcome<()> {
        let mut drawing = Drawing::new();
        let (mut x, mut height) = (0, 0);
        for table in tables {
            let [wide, high] = table.draw(&mut drawing, x);
            x += wide;
            height = height.max(high);
        }
        let size = [x, height].map(|length| length as f64);
        self.save(name, &drawing.finish(size, description))
    }
}

impl Tiles {
    /// Draws the group from this place to the right. Returns its width and height.
    fn draw(&self, drawing: &mut Drawing, from: usize) -> [usize; 2] {
        let names = self.rows.iter().map(|(name, _)| width(name, LETTERS)).max();
        let left = from
            + APART
            + names
                .filter(|&wide| wide > 0)
                .map_or(0, |wide| wide + APART);
        let mut y = APART;
        let mut right = left;
        let title_at = y as f64 + TITLE / 2.0;
        if !self.title.is_empty() {
            y += LINE + APART;
        }
        for (name, tiles) in &self.rows {
            let has_names = tiles.iter().any(|tile| !tile.name.is_empty());
            let side = |tile: &Tile| tile.values.len().isqrt();
            let high = self.dot * tiles.iter().map(side).max().unwrap_or(0);
            let top = if has_names { y + LINE } else { y };
            let middle = (top + high / 2) as f64;
            drawing.text(name, [(left - APART) as f64, middle], LETTERS, Anchor::End);
            let mut x = left;
            for tile in tiles {
                let wide = self.dot * side(tile);
                let above = [(x + wide / 2) as f64, (y + LINE / 2) as f64];
                drawing.text(&tile.name, above, LETTERS, Anchor::Middle);
                drawing.cells([x, top], &tile.values, side(tile), self.dot, self.ink);
                x += wide + APART;
            }
            right = right.max(x);
            y = top + high + APART;
        }
        let title_right = from + 2 * APART + width(&self.title, TITLE);
        let right = right.max(title_right);
        let middle = (from + right) as f64 / 2.0;
        drawing.text(&self.title, [middle, title_at], TITLE, Anchor::Middle);
        [right - from, y]
    }
}

impl Table<'_> {
    /// Draws the table from this place to the right. Returns its width and height.
    fn draw(&self, drawing: &mut Drawing, from: usize) -> [usize; 2] {
        const CELL: usize = 24;
        const HEAD: usize = 58;
        let columns = self.columns.len();
        let names = self.rows.iter().map(|(name, _)| name.as_str());
        let names = names.chain([self.names[0]]);
        let left = names.map(|name| width(name, LETTERS)).max().unwrap_or(0);
        let left = from + left + 3 * APART;
        let middle = left as f64 + (columns * CELL) as f64 / 2.0;
        drawing.text(self.title, [middle, 14.0], TITLE, Anchor::Middle);
        drawing.text(self.names[1], [middle, 33.0], LETTERS, Anchor::Middle);
        let before = (left - APART) as f64;
        drawing.text(self.names[0], [before, 48.0], LETTERS, Anchor::End);
        for (column, name) in self.columns.iter().enumerate() {
            let at = [(left + column * CELL + CELL / 2) as f64, 48.0];
            drawing.text(name, at, LETTERS, Anchor::Middle);
        }
        for (line, (name, row)) in self.rows.iter().enumerate() {
            let y = HEAD + line * CELL;
            let at = [before, (y + CELL / 2) as f64];
            drawing.text(name, at, LETTERS, Anchor::End);
            drawing.cells([left, y], row, columns, CELL, self.ink);
        }
        let right = left + columns * CELL + 2 * APART;
        [right - from, HEAD + self.rows.len() * CELL + APART]
    }
}
