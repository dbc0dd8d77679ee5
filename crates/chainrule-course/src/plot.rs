//! The plots of all chapters: curves, and planes with decision boundaries.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use chainrule::{Explanation, Picture};
use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::combinators::IntoLogRange;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, EmptyElement, PathElement, Polygon, Rectangle, TriangleMarker};
use plotters::style::{Color, IntoTextStyle, RGBColor, WHITE};

use crate::contour::{Field, Point};
use crate::drawing::escaped;
pub(crate) use crate::palette::{BLUE, CHARCOAL, RED};
use crate::palette::{CLASSES, GREY, GRID, INK, dark_style, light};

/// The errors of a chapter: a file, a plot, or a figure that differs from its expected value.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Units of a drawing per pixel. The plotting library rounds to whole units, so that curves would be crooked at one per pixel.
const PIXEL: i32 = 10;

/// A length in pixels, in units of a drawing.
const fn px(pixels: u32) -> u32 {
    pixels * PIXEL.unsigned_abs()
}

/// The sizes of letters. The plotting library takes the height of a line, which is 1.24 times the size: these are 12 and 15
/// pixels.
const TEXT: u32 = 15;
const TITLE: u32 = 19;

/// The directory that pictures are written to.
pub(crate) struct Pictures {
    directory: PathBuf,
}

/// One line or one set of dots of a chart.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) colour: RGBColor,
    pub(crate) points: Vec<Point>,
    /// Whether the points are drawn as dots instead of a line.
    pub(crate) dots: bool,
}

/// The logarithmic axis of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Axis {
    /// With a line for each power of 4.
    Horizontal,
    /// With a line for each power of 10.
    Vertical,
}

/// A chart of curves.
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) axes: [&'static str; 2],
    pub(crate) xs: Range<f64>,
    pub(crate) ys: Range<f64>,
    pub(crate) logarithmic: Option<Axis>,
    /// The position of the legend.
    pub(crate) legend: Option<SeriesLabelPosition>,
    pub(crate) series: Vec<Series>,
}

/// The scores at a point: one score, which is positive for the second of two classes, or one score per class.
pub(crate) type Scores<'a> = dyn Fn(Point) -> Outcome<Vec<f64>> + 'a;

/// A plane with points of classes, and the regions that the scores assign to them.
pub(crate) struct Plane<'a> {
    pub(crate) title: String,
    pub(crate) axes: [String; 2],
    pub(crate) xs: Range<f64>,
    pub(crate) ys: Range<f64>,
    pub(crate) points: Vec<(Point, usize)>,
    pub(crate) scores: Box<Scores<'a>>,
}

impl Pictures {
    pub(crate) fn new(directory: &Path) -> Outcome<Self> {
        fs::create_dir_all(directory)
            .map_err(|error| format!("cannot make {}: {error}", directory.display()))?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.directory.join(name);
        println!("  picture: {}", path.display());
        path
    }

    /// Writes a picture.
    pub(crate) fn save(&self, name: &str, svg: &str) -> Outcome<()> {
        let path = self.path(name);
        fs::write(&path, compact(svg))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(())
    }

    /// Writes a picture of a graph, drawn by the engine itself.
    pub(crate) fn graph(&self, name: &str, picture: &Picture) -> Outcome<()> {
        self.save(name, &picture.to_svg())
    }

    /// Writes a page that steps through the backward pass.
    pub(crate) fn steps(&self, name: &str, title: &str, explanation: &Explanation) -> Outcome<()> {
        let path = self.directory.join(name);
        println!("  step through it: {}", path.display());
        fs::write(&path, explanation.html().title(title).to_string())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(())
    }

    /// Draws charts side by side, in `columns` columns.
    pub(crate) fn charts(
        &self,
        name: &str,
        columns: usize,
        [width, height]: [u32; 2],
        charts: &[Chart],
    ) -> Outcome<()> {
        let svg = page(columns, charts.len(), [width, height], |area, place| {
            charts[place].draw(area)
        })?;
        let said: Vec<String> = charts.iter().map(Chart::described).collect();
        self.save(name, &finished(&svg, &said.join("; ")))
    }

    /// Draws planes side by side, in `columns` columns.
    pub(crate) fn planes(
        &self,
        name: &str,
        columns: usize,
        size: [u32; 2],
        planes: &[Plane],
    ) -> Outcome<()> {
        let svg = page(columns, planes.len(), size, |area, place| {
            planes[place].draw(area)
        })?;
        let said: Vec<String> = planes.iter().map(Plane::described).collect();
        self.save(name, &finished(&svg, &said.join("; ")))
    }
}

/// The picture at its size in pixels, with its description and, for dark pages, partners for its colours.
fn finished(svg: &str, description: &str) -> String {
    let mut attributes = svg.split('"');
    let mut pixels = || {
        let length = attributes.nth(1).and_then(|text| text.parse::<u32>().ok());
        length.unwrap_or(0) / PIXEL.unsigned_abs()
    };
    let (width, height) = (pixels(), pixels());
    let (_, rest) = svg.split_once("viewBox").unwrap_or_default();
    let (tag, rest) = rest.split_once('>').unwrap_or_default();
    let description = escaped(description);
    format!(
        "<svg class=\"plot\" role=\"img\" aria-label=\"{description}\" width=\"{width}\" height=\"{height}\" viewBox{tag}>\n{}{rest}",
        dark_style()
    )
}

/// The same page without attributes that only repeat defaults: a third of the bytes.
fn compact(svg: &str) -> String {
    let mut svg = svg.to_owned();
    for defaults in [" opacity=\"1\"", " stroke=\"none\" stroke-width=\"1\""] {
        svg = svg.replace(defaults, "");
    }
    let lines = svg.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::new(), |page, line| page + line + "\n")
}

/// A page of equal areas. `draw` draws each, given its index.
fn page(
    columns: usize,
    count: usize,
    [width, height]: [u32; 2],
    draw: impl Fn(&Area<'_>, usize) -> Outcome<()>,
) -> Outcome<String> {
    let rows = count.div_ceil(columns);
    let size = (
        px(width) * u32::try_from(columns)?,
        px(height) * u32::try_from(rows)?,
    );
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        for (place, area) in root
            .split_evenly((rows, columns))
            .iter()
            .enumerate()
            .take(count)
        {
            draw(area, place)?;
        }
        root.present()?;
    }
    Ok(svg)
}

fn builder<'a, 'b>(area: &'a Area<'b>, title: &str) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder
        .caption(title, ("sans-serif", px(TITLE)).into_text_style(area))
        .margin(px(8))
        .margin_right(px(24))
        .x_label_area_size(px(44))
        .y_label_area_size(px(62));
    builder
}

/// A number at an axis: steps are multiples of a round number, up to rounding.
fn label(number: f64) -> String {
    let rounded = (number * 1e6).round() / 1e6;
    rounded.to_string()
}

impl Chart {
    /// What the chart shows, in words.
    fn described(&self) -> String {
        let names: Vec<&str> = self.series.iter().map(|series| series.name).collect();
        format!(
            "Chart “{}”: {} against {}",
            self.title,
            names.join(" and "),
            self.axes[0]
        )
    }

    fn draw(&self, area: &Area<'_>) -> Outcome<()> {
        let mut builder = builder(area, &self.title);
        let (xs, ys) = (self.xs.clone(), self.ys.clone());
        match self.logarithmic {
            None => self.fill(&mut builder.build_cartesian_2d(xs, ys)?),
            Some(Axis::Vertical) => self.fill(&mut builder.build_cartesian_2d(xs, ys.log_scale())?),
            Some(Axis::Horizontal) => {
                let xs = xs.log_scale().base(4.0);
                self.fill(&mut builder.build_cartesian_2d(xs, ys)?)
            }
        }
    }

    fn fill<'a, 'b: 'a, X, Y>(
        &self,
        chart: &mut ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>,
    ) -> Outcome<()>
    where
        X: Ranged<ValueType = f64> + ValueFormatter<f64>,
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        chart
            .configure_mesh()
            .max_light_lines(1)
            .bold_line_style(GRID.stroke_width(px(1)))
            .axis_style(GREY.stroke_width(px(1)))
            .set_all_tick_mark_size(px(4))
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&|number| label(*number))
            .y_label_formatter(&|number| label(*number))
            .x_desc(self.axes[0])
            .y_desc(self.axes[1])
            .label_style(("sans-serif", px(TEXT)))
            .draw()?;
        for series in &self.series {
            let points = series.points.iter().copied();
            let colour = series.colour;
            let drawn = if series.dots {
                chart.draw_series(points.map(|point| Circle::new(point, px(3), colour.filled())))?
            } else {
                let line = PathElement::new(points.collect::<Vec<_>>(), colour.stroke_width(px(2)));
                chart.draw_series([line])?
            };
            if series.dots {
                drawn
                    .label(series.name)
                    .legend(move |(x, y)| Circle::new((x + 8 * PIXEL, y), px(3), colour.filled()));
            } else {
                drawn.label(series.name).legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 16 * PIXEL, y)], colour.stroke_width(px(2)))
                });
            }
        }
        if let Some(place) = &self.legend {
            chart
                .configure_series_labels()
                .position(place.clone())
                .background_style(WHITE.mix(0.85))
                .label_font(("sans-serif", px(TEXT)))
                .legend_area_size(px(28))
                .margin(px(6))
                .draw()?;
        }
        Ok(())
    }
}

impl Plane<'_> {
    /// What the plane shows, in words.
    fn described(&self) -> String {
        let classes = self
            .points
            .iter()
            .map(|&(_, class)| class + 1)
            .max()
            .unwrap_or(0);
        let [note, _] = &self.axes;
        let note = if note.len() > 2 {
            format!(" ({note})")
        } else {
            String::new()
        };
        format!(
            "Plane “{}”{note}: {} points of {classes} classes, and the regions that the classifier gives to each class",
            self.title,
            self.points.len()
        )
    }

    fn draw(&self, area: &Area<'_>) -> Outcome<()> {
        let mut builder = builder(area, &self.title);
        let mut chart = builder.build_cartesian_2d(self.xs.clone(), self.ys.clone())?;
        let fields = Field::of_classes(&self.xs, &self.ys, &self.scores)?;
        // A single score belongs to the second of two classes. The first class has the rest of the plane.
        let first = usize::from(fields.len() == 1);
        let rest = if first == 1 { light(CLASSES[0]) } else { WHITE };
        let corners = [(self.xs.start, self.ys.start), (self.xs.end, self.ys.end)];
        chart.draw_series([Rectangle::new(corners, rest.filled())])?;
        for (class, field) in fields.iter().enumerate() {
            // Holes are drawn after the regions that contain them.
            for (points, positive) in field.loops() {
                let colour = if positive {
                    light(CLASSES[class + first])
                } else {
                    rest
                };
                let lines = field.inner(&points);
                chart.draw_series([Polygon::new(field.thinned(&points), colour.filled())])?;
                let ink = INK.stroke_width(px(2));
                chart.draw_series(lines.into_iter().map(|line| PathElement::new(line, ink)))?;
            }
        }
        // Each class has a shape of its own, for readers who cannot tell the colours apart.
        for &(point, class) in &self.points {
            let (style, size) = (CLASSES[class].filled(), 3 * PIXEL);
            match class {
                0 => chart.draw_series([Circle::new(point, size, style)])?,
                1 => chart.draw_series([TriangleMarker::new(point, px(4), style)])?,
                _ => {
                    let square = Rectangle::new([(-size, -size), (size, size)], style);
                    chart.draw_series([EmptyElement::at(point) + square])?
                }
            };
        }
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(GREY.stroke_width(px(1)))
            .set_all_tick_mark_size(px(4))
            .x_labels(5)
            .y_labels(5)
            .x_desc(self.axes[0].as_str())
            .y_desc(self.axes[1].as_str())
            .label_style(("sans-serif", px(TEXT)))
            .draw()?;
        Ok(())
    }
}
