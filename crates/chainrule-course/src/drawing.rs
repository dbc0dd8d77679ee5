//! Pictures of text, circles, lines and cells, for what the plotting library does not draw.

use std::collections::BTreeMap;
use std::fmt::Write;

use plotters::style::{BLACK, RGBColor, WHITE};

use crate::palette::{BLUE, GRID, RED, dark_style};

/// The size of letters, in pixels.
pub(crate) const LETTERS: f64 = 12.0;
/// The size of the letters of titles, in pixels.
pub(crate) const TITLE: f64 = 15.0;

/// How a number becomes the colour of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ink {
    /// From blue at −1 over the colour of paper at 0 to orange at 1.
    Signed,
    /// From the colour of paper at 0 to that of letters at 1.
    Grey,
}

/// The colour of letters and its share, in twentieths: the rest is the colour of paper, on white and on dark pages alike.
type Tint = ([u8; 3], u8);

impl Ink {
    /// The tint of a number; `None` for the colour of paper.
    fn tint(self, value: f64) -> Option<Tint> {
        let RGBColor(r, g, b) = match self {
            Self::Grey => BLACK,
            Self::Signed if value < 0.0 => BLUE,
            Self::Signed => RED,
        };
        let steps = (20.0 * value.abs().min(1.0)).round();
        #[expect(clippy::cast_sign_loss, reason = "from 0 to 20")]
        let steps = steps as u8;
        (steps > 0).then_some(([r, g, b], steps))
    }
}

/// The attribute value of a colour, as plots write it.
fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// The position of a text relative to its point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Anchor {
    Middle,
    End,
}

/// A picture under construction.
pub(crate) struct Drawing {
    body: String,
}

impl Drawing {
    pub(crate) fn new() -> Self {
        Self {
            body: String::new(),
        }
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    /// A text whose middle is at this height; nothing if it is empty.
    pub(crate) fn text(&mut self, text: &str, [x, y]: [f64; 2], size: f64, anchor: Anchor) {
        if text.is_empty() {
            return;
        }
        let anchor = match anchor {
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let y = y + 0.35 * size;
        let ink = hex([BLACK.0, BLACK.1, BLACK.2]);
        let text = escaped(text);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-family=\"sans-serif\" font-size=\"{size}\" fill=\"{ink}\">{text}</text>"
        ));
    }

    /// A circle with an outline.
    pub(crate) fn circle(&mut self, [x, y]: [f64; 2], radius: f64, colours: [RGBColor; 2]) {
        let [fill, stroke] = colours.map(|RGBColor(r, g, b)| hex([r, g, b]));
        self.add(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.5\"/>"
        ));
    }

    /// Straight lines of one colour.
    pub(crate) fn lines(&mut self, lines: &[[[f64; 2]; 2]], RGBColor(r, g, b): RGBColor) {
        let mut path = String::new();
        for [[x, y], [to_x, to_y]] in lines {
            let _ = write!(path, "M{x:.1} {y:.1}L{to_x:.1} {to_y:.1}");
        }
        let stroke = hex([r, g, b]);
        self.add(format_args!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{stroke}\"/>"
        ));
    }

    /// A rectangle of cells with a frame: `values` row by row, `columns` in each row. The numbers are from −1 to 1.
    pub(crate) fn cells(
        &mut self,
        [x, y]: [usize; 2],
        values: &[f64],
        columns: usize,
        dot: usize,
        ink: Ink,
    ) {
        let mut paths: BTreeMap<Tint, String> = BTreeMap::new();
        for (place, &value) in values.iter().enumerate() {
            if let Some(tint) = ink.tint(value) {
                let (x, y) = (x + place % columns * dot, y + place / columns * dot);
                let path = paths.entry(tint).or_default();
                let _ = write!(path, "M{x} {y}h{dot}v{dot}h-{dot}");
            }
        }
        let (paper, frame) = (
            hex([WHITE.0, WHITE.1, WHITE.2]),
            hex([GRID.0, GRID.1, GRID.2]),
        );
        let (width, height) = (columns * dot, values.len().div_ceil(columns) * dot);
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{paper}\" stroke=\"{frame}\"/>"
        ));
        for ((colour, steps), path) in paths {
            let (fill, share) = (hex(colour), 0.05 * f64::from(steps));
            self.add(format_args!(
                "<path d=\"{path}\" fill=\"{fill}\" fill-opacity=\"{share:.2}\"/>"
            ));
        }
    }

    /// The picture at its size in pixels, with its description.
    pub(crate) fn finish(self, [width, height]: [f64; 2], description: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" aria-label=\"{}\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">\n{}<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n{}</svg>\n",
            escaped(description),
            dark_style(),
            hex([WHITE.0, WHITE.1, WHITE.2]),
            self.body
        )
    }
}

/// A text as an attribute or as an element's content.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
