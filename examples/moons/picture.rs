//! Draws the learned score over the plane, and the points.

use std::ops::Range;
use std::path::Path;
use std::{fs, iter};

use chainrule::nn::Mlp;
use chainrule::nn::data::Dataset;
use chainrule::{Error, Result};

use crate::contour::{self, Point};

/// The place of the plane in the picture, in the picture's units.
const LEFT: f64 = 66.0;
const TOP: f64 = 50.0;
const WIDTH: f64 = 816.0;
const HEIGHT: f64 = 532.0;
/// The colours on dark pages.
const DARK: &str = "@media (prefers-color-scheme: dark) { .moons .paper { fill: #0d1117 } .moons text { fill: #e6edf3 } \
    .moons polyline, .moons rect[fill=none] { stroke: #e6edf3 } .moons [fill='#0054a6'] { fill: #6cb0ff } \
    .moons [fill='#d55e00'] { fill: #ff9d4d } }";

/// The plane in characters: `+` where the score is positive, `·` elsewhere, `x` and `o` for points labelled 1 and −1.
pub(crate) fn text(mlp: &Mlp<f64>, data: &Dataset) -> Result<String> {
    const COLUMNS: usize = 72;
    const LINES: usize = 24;
    let [xs, ys] = frame(data);
    let mut cells = vec![[' '; COLUMNS]; LINES];
    for (line, cells) in cells.iter_mut().enumerate() {
        for (column, cell) in cells.iter_mut().enumerate() {
            let point = [
                centre(&xs, column, COLUMNS),
                centre(&ys, LINES - 1 - line, LINES),
            ];
            *cell = if score(mlp, &point)? > 0.0 { '+' } else { '·' };
        }
    }
    for (point, label) in data.rows() {
        let column = cell(&xs, point[0], COLUMNS);
        let line = LINES - 1 - cell(&ys, point[1], LINES);
        cells[line][column] = if label > 0.0 { 'x' } else { 'o' };
    }
    let mut text = String::new();
    for line in cells {
        text.extend(line);
        text.push('\n');
    }
    text.push_str("points: x labelled 1, o labelled -1; regions: + scored above 0, · below\n\n");
    Ok(text)
}

/// Draws the score as shades of two colours, its zero as a line, its margins at −1 and 1 as thin lines, and the points.
pub(crate) fn draw(path: &Path, mlp: &Mlp<f64>, data: &Dataset) -> Result<()> {
    let svg = paint(&Field::sample(mlp, data)?, data);
    fs::write(path, svg).map_err(|cause| Error::io(path, cause))
}

fn paint(field: &Field, data: &Dataset) -> String {
    let part = |value: f64, range: &Range<f64>| (value - range.start) / (range.end - range.start);
    let across = |x: f64| LEFT + WIDTH * part(x, &field.xs);
    let down = |y: f64| TOP + HEIGHT * (1.0 - part(y, &field.ys));
    let mut svg = vec![format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"moons\" role=\"img\" aria-label=\"{} points of two half moons, and \
         the network's score as shades, with lines where it is −1, 0 and 1\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" \
         font-size=\"15\">\n<style>{DARK}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{}\" y=\"34\" font-size=\"22\" text-anchor=\"middle\">\
         Two moons: the network's score, its zero and its margins</text>\n",
        data.len(),
        LEFT + WIDTH + 18.0,
        TOP + HEIGHT + 58.0,
        LEFT + WIDTH / 2.0,
    )];
    for ([low, high], shade) in field.bands() {
        let (x, y) = (across(low.0), down(high.1));
        svg.push(format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\" fill-opacity=\"{:.3}\"/>\n",
            across(high.0) - x,
            down(low.1) - y,
            colour(shade),
            0.5 * shade.abs(),
        ));
    }
    for (lines, width) in &field.lines {
        for line in lines {
            let points = line
                .iter()
                .map(|&(x, y)| format!("{:.1},{:.1} ", across(x), down(y)));
            svg.push(format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"#282828\" stroke-width=\"{width}\"/>\n",
                points.collect::<String>().trim_end(),
            ));
        }
    }
    for (point, label) in data.rows() {
        let (x, y, colour) = (across(point[0]), down(point[1]), colour(label));
        // The shape distinguishes labels where colour does not.
        svg.push(if label > 0.0 {
            format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\" stroke=\"#ffffff\"/>\n")
        } else {
            let (left, top) = (x - 4.5, y - 4.5);
            format!(
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"9\" height=\"9\" fill=\"{colour}\" stroke=\"#ffffff\"/>\n"
            )
        });
    }
    svg.push(format!(
        "<rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#000000\"/>\n"
    ));
    let mut label = |x: f64, y: f64, anchor: &str, text: &str| {
        svg.push(format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>\n"
        ));
    };
    for x in halves(&field.xs) {
        label(across(x), TOP + HEIGHT + 20.0, "middle", &x.to_string());
    }
    for y in halves(&field.ys) {
        label(LEFT - 8.0, down(y) + 5.0, "end", &y.to_string());
    }
    label(LEFT + WIDTH / 2.0, TOP + HEIGHT + 44.0, "middle", "x");
    label(16.0, TOP + HEIGHT / 2.0, "middle", "y");
    svg.push("</svg>\n".to_owned());
    svg.concat()
}

/// The colour of a label or of a score's sign.
fn colour(sign: f64) -> &'static str {
    if sign > 0.0 { "#d55e00" } else { "#0054a6" }
}

/// The multiples of one half within a range.
fn halves(range: &Range<f64>) -> impl Iterator<Item = f64> {
    let first = (range.start * 2.0).ceil() / 2.0;
    let end = range.end;
    iter::successors(Some(first), |x| Some(x + 0.5)).take_while(move |&x| x <= end)
}

/// The network's score at the nodes of a grid over the plane.
struct Field {
    xs: Range<f64>,
    ys: Range<f64>,
    /// By line, then column.
    scores: Vec<Vec<f64>>,
    /// The lines where the score is at a margin or 0, with their widths.
    lines: Vec<(Vec<Vec<Point>>, u32)>,
}

impl Field {
    const COLUMNS: usize = 180;
    const LINES: usize = 120;

    fn sample(mlp: &Mlp<f64>, data: &Dataset) -> Result<Self> {
        let [xs, ys] = frame(data);
        let line = |line| {
            let y = node(&ys, line, Self::LINES);
            let columns = 0..=Self::COLUMNS;
            columns
                .map(|column| score(mlp, &[node(&xs, column, Self::COLUMNS), y]))
                .collect()
        };
        let scores = (0..=Self::LINES).map(line).collect::<Result<_>>()?;
        let mut lines = Vec::new();
        for (level, width) in [(-1.0, 1), (1.0, 1), (0.0, 3)] {
            for field in contour::Field::of_classes(&xs, &ys, |(x, y)| {
                Ok::<_, Error>(vec![score(mlp, &[x, y])? - level])
            })? {
                let closed = field.loops();
                let drawn = closed.iter().flat_map(|(points, _)| field.inner(points));
                lines.push((drawn.collect(), width));
            }
        }
        Ok(Self {
            xs,
            ys,
            scores,
            lines,
        })
    }

    fn point(&self, line: f64, column: f64) -> Point {
        let at = |range: &Range<f64>, share: f64| range.start + (range.end - range.start) * share;
        (
            at(&self.xs, column / Self::COLUMNS as f64),
            at(&self.ys, line / Self::LINES as f64),
        )
    }

    /// Stretches of cells with the same shade in each line: their corners, and the shade from −1 to 1.
    fn bands(&self) -> Vec<([Point; 2], f64)> {
        let mut bands = Vec::new();
        for line in 0..Self::LINES {
            let shade = |column: usize| {
                let corners =
                    [line, line + 1].map(|l| self.scores[l][column] + self.scores[l][column + 1]);
                ((corners[0] + corners[1]) / 4.0 / 1.5).clamp(-1.0, 1.0)
            };
            let step = |column| ((shade(column) * 8.0).floor() + 0.5) / 8.5;
            let mut start = 0;
            for column in 1..=Self::COLUMNS {
                if column == Self::COLUMNS || step(column) != step(start) {
                    let corner = self.point(line as f64, start as f64);
                    let opposite = self.point((line + 1) as f64, column as f64);
                    bands.push(([corner, opposite], step(start)));
                    start = column;
                }
            }
        }
        bands
    }
}

fn score(mlp: &Mlp<f64>, point: &[f64; 2]) -> Result<f64> {
    Ok(mlp.forward(point)?[0])
}

/// The ranges of both coordinates, with a margin around the points.
fn frame(data: &Dataset) -> [Range<f64>; 2] {
    [0, 1].map(|axis| {
        let values = || data.inputs().iter().map(|point| point[axis]);
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        let margin = 0.5 + 0.05 * (high - low);
        low - margin..high + margin
    })
}

/// Node `index` of `count` steps along a range.
fn node(range: &Range<f64>, index: usize, count: usize) -> f64 {
    range.start + (range.end - range.start) * index as f64 / count as f64
}

/// The middle of cell `index` of `count`.
fn centre(range: &Range<f64>, index: usize, count: usize) -> f64 {
    range.start + (range.end - range.start) * (index as f64 + 0.5) / count as f64
}

/// Which of `count` cells contains a value.
fn cell(range: &Range<f64>, value: f64, count: usize) -> usize {
    let upper_ends = (1..count).map(|index| node(range, index, count));
    upper_ends.take_while(|&end| end <= value).count()
}
