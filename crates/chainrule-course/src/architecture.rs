//! Pictures of networks as columns of circles joined by lines, with the names by which layers are counted.

use plotters::style::WHITE;

use crate::drawing::{Anchor, Drawing, LETTERS, TITLE};
use crate::palette::{BLUE, CHARCOAL, GREY, RED, light};
use crate::plot::{Outcome, Pictures};

/// The number of circles that a column has at most; a longer one leaves out those in its middle.
const SHOWN: usize = 6;
/// The distance between circles of a column, and between columns, in pixels.
const STEP: [f64; 2] = [38.0, 150.0];
const RADIUS: f64 = 13.0;
/// The height of the title and of the layers' names, and of the lines below the circles.
const HEAD: f64 = 64.0;
const FOOT: f64 = 78.0;

/// A number with a space before its last three digits, if it has at least five.
fn grouped(number: usize) -> String {
    match number {
        0..10_000 => number.to_string(),
        _ => format!("{} {:03}", number / 1000, number % 1000),
    }
}

/// A fully connected network.
pub(crate) struct Architecture<'a> {
    /// The number of inputs, then the number of neurons of each layer.
    pub(crate) sizes: &'a [usize],
    pub(crate) has_biases: bool,
}

impl Architecture<'_> {
    /// The number of layers: the input layer computes nothing and is not counted.
    pub(crate) fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    /// The number of neurons: inputs are not counted.
    pub(crate) fn neurons(&self) -> usize {
        self.sizes[1..].iter().sum()
    }

    /// The numbers of weights and of biases.
    pub(crate) fn parameters(&self) -> [usize; 2] {
        let weights = self.sizes.windows(2).map(|pair| pair[0] * pair[1]).sum();
        [weights, if self.has_biases { self.neurons() } else { 0 }]
    }

    /// "2-layer network, or 1-hidden-layer network".
    pub(crate) fn title(&self) -> String {
        let layers = self.layers();
        format!(
            "{layers}-layer network, or {}-hidden-layer network",
            layers - 1
        )
    }

    /// "6 neurons, 20 weights + 6 biases = 26 parameters".
    pub(crate) fn count(&self) -> String {
        let sum: usize = self.parameters().iter().sum();
        let [weights, biases] = self.parameters().map(grouped);
        let parameters = if self.has_biases {
            format!(
                "{weights} weights + {biases} biases = {} parameters",
                grouped(sum)
            )
        } else {
            format!("{weights} weights, no biases")
        };
        format!("{} neurons, {parameters}", self.neurons())
    }

    /// The name of a column.
    fn name(&self, column: usize) -> String {
        match column {
            0 => "input layer".to_owned(),
            column if column == self.layers() => "output layer".to_owned(),
            1 if self.layers() == 2 => "hidden layer".to_owned(),
            column => format!("hidden layer {column}"),
        }
    }

    /// The two lines below a column: its size, and the parameters of its neurons.
    fn notes(&self, column: usize) -> [String; 2] {
        let size = self.sizes[column];
        let Some(before) = column.checked_sub(1) else {
            return [
                format!("{} inputs", grouped(size)),
                "not counted".to_owned(),
            ];
        };
        let noun = if size == 1 { "neuron" } else { "neurons" };
        [
            format!("{size} {noun}"),
            format!(
                "layer {column}: {} weights",
                grouped(size * self.sizes[before])
            ),
        ]
    }

    /// What the picture shows, in words.
    fn described(&self) -> String {
        let columns: Vec<String> = (0..self.sizes.len())
            .map(|column| format!("{}, {}", self.name(column), self.notes(column)[0]))
            .collect();
        format!(
            "{}: columns of circles, each joined by lines to all circles of the next column: {}. {}.",
            self.title(),
            columns.join("; "),
            self.count()
        )
    }

    /// The heights of a column's circles around 0, and whether some are left out in its middle.
    fn heights(size: usize) -> (Vec<f64>, bool) {
        let cut = size > SHOWN;
        let places = size.min(SHOWN);
        let middle = (places as f64 - 1.0) / 2.0;
        // The last circle but one makes room for dots.
        let shown = (0..places).filter(|&place| !cut || place + 2 != places);
        let heights = shown.map(|place| STEP[0] * (place as f64 - middle));
        (heights.collect(), cut)
    }

    fn width(&self) -> f64 {
        STEP[1] * self.sizes.len() as f64 + 20.0
    }

    fn draw(&self, drawing: &mut Drawing, from: f64, middle: f64, foot: f64) {
        let x = |column: usize| from + 10.0 + STEP[1] * (column as f64 + 0.5);
        let columns: Vec<Vec<[f64; 2]>> = (0..self.sizes.len())
            .map(|column| {
                let (heights, _) = Self::heights(self.sizes[column]);
                let at = |height: f64| [x(column), middle + height];
                heights.into_iter().map(at).collect()
            })
            .collect();
        let mut lines = Vec::new();
        for pair in columns.windows(2) {
            for &a in &pair[0] {
                lines.extend(pair[1].iter().map(|&b| [a, b]));
            }
        }
        drawing.lines(&lines, GREY);
        for (column, circles) in columns.iter().enumerate() {
            let colours = match column {
                0 => [WHITE, CHARCOAL],
                column if column == self.layers() => [light(RED), RED],
                _ => [light(BLUE), BLUE],
            };
            for &circle in circles {
                drawing.circle(circle, RADIUS, colours);
            }
            if let (true, [.., before, last]) = (Self::heights(self.sizes[column]).1, &circles[..])
            {
                let dots = [last[0], f64::midpoint(before[1], last[1])];
                drawing.text("⋮", dots, 20.0, Anchor::Middle);
            }
            let name = [x(column), HEAD - 16.0];
            drawing.text(&self.name(column), name, LETTERS, Anchor::Middle);
            for (line, note) in self.notes(column).iter().enumerate() {
                let at = [x(column), foot + 12.0 + 18.0 * line as f64];
                drawing.text(note, at, LETTERS, Anchor::Middle);
            }
        }
        let centre = from + self.width() / 2.0;
        drawing.text(&self.title(), [centre, 18.0], TITLE, Anchor::Middle);
        drawing.text(
            &self.count(),
            [centre, foot + 56.0],
            LETTERS,
            Anchor::Middle,
        );
    }
}

impl Pictures {
    /// Draws networks side by side.
    pub(crate) fn architectures(&self, name: &str, networks: &[Architecture]) -> Outcome<()> {
        let sizes = networks.iter().flat_map(|network| network.sizes);
        let places = sizes.copied().max().unwrap_or(0).min(SHOWN);
        let high = STEP[0] * places as f64;
        let mut drawing = Drawing::new();
        let mut from = 0.0;
        for network in networks {
            network.draw(&mut drawing, from, HEAD + high / 2.0, HEAD + high);
            from += network.width();
        }
        let said: Vec<String> = networks.iter().map(Architecture::described).collect();
        self.save(
            name,
            &drawing.finish([from, HEAD + high + FOOT], &said.join(" ")),
        )
    }
}
