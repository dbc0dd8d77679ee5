//! What the network learned, drawn: its score over the plane, and the points.

use std::error::Error as StdError;
use std::io;
use std::ops::Range;
use std::path::Path;

use chainrule::nn::Mlp;
use chainrule::nn::data::Dataset;
use chainrule::{Error, Result};
use plotters::backend::SVGBackend;
use plotters::chart::ChartBuilder;
use plotters::drawing::IntoDrawingArea;
use plotters::element::{Circle, PathElement, Rectangle};
use plotters::style::{Color, RGBColor, WHITE};

use crate::contour::{self, Point};

/// The colours of the labels −1 and 1.
const COLOURS: [RGBColor; 2] = [RGBColor(38, 95, 168), RGBColor(200, 60, 45)];

/// The plane in characters: `+` and `·` where the network decides so, `o` and `x` the points labelled −1 and 1.
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

/// Draws the score as shades of two colours, its zero as a line, its margins at −1 and 1 as thin ones, and the points.
pub(crate) fn draw(path: &Path, mlp: &Mlp<f64>, data: &Dataset) -> Result<()> {
    let field = Field::sample(mlp, data)?;
    let mut svg = String::new();
    paint(&mut svg, &field, data)
        .map_err(|cause| Error::io(path, io::Error::other(cause.to_string())))?;
    std::fs::write(path, svg).map_err(|cause| Error::io(path, cause))
}

fn paint(svg: &mut String, field: &Field, data: &Dataset) -> Result<(), Box<dyn StdError>> {
    let root = SVGBackend::with_string(svg, (900, 640)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(
            "Two moons: the network's score, its zero and its margins",
            ("sans-serif", 22),
        )
        .margin(18)
        .x_label_area_size(40)
        .y_label_area_size(48)
        .build_cartesian_2d(field.xs.clone(), field.ys.clone())?;

    chart.draw_series(field.bands().into_iter().map(|(corners, shade)| {
        let colour = if shade > 0.0 { COLOURS[1] } else { COLOURS[0] };
        Rectangle::new(corners, colour.mix(0.5 * shade.abs()).filled())
    }))?;
    for (lines, width) in &field.lines {
        let style = RGBColor(40, 40, 40).stroke_width(*width);
        chart.draw_series(
            lines
                .iter()
                .map(|line| PathElement::new(line.clone(), style)),
        )?;
    }
    let points: Vec<_> = data
        .rows()
        .map(|(point, label)| ((point[0], point[1]), label))
        .collect();
    chart.draw_series(points.iter().flat_map(|&(point, label)| {
        let colour = if label > 0.0 { COLOURS[1] } else { COLOURS[0] };
        [
            Circle::new(point, 6, WHITE.filled()),
            Circle::new(point, 5, colour.filled()),
        ]
    }))?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_labels(8)
        .y_labels(6)
        .x_desc("x")
        .y_desc("y")
        .label_style(("sans-serif", 15))
        .draw()?;
    root.present()?;
    Ok(())
}

/// The network's score at the nodes of a grid over the plane.
struct Field {
    xs: Range<f64>,
    ys: Range<f64>,
    /// By line, then column.
    scores: Vec<Vec<f64>>,
    /// Where the score is at a margin or 0, with the width to draw this in.
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

    /// Stretches of cells of one shade in each line: their corners, and the shade from −1 to 1.
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

/// The cell of `count` in which a value lies.
fn cell(range: &Range<f64>, value: f64, count: usize) -> usize {
    let upper_ends = (1..count).map(|index| node(range, index, count));
    upper_ends.take_while(|&end| end <= value).count()
}
