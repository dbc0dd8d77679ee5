//! The colours of plots: those of classes can be told apart also by readers who are colour-blind.

use plotters::style::{BLACK, RGBColor, WHITE};

pub(crate) const BLUE: RGBColor = RGBColor(0, 84, 166);
pub(crate) const RED: RGBColor = RGBColor(213, 94, 0);
pub(crate) const CHARCOAL: RGBColor = RGBColor(60, 60, 60);
pub(crate) const GREY: RGBColor = RGBColor(110, 119, 129);
/// Lines of a grid.
pub(crate) const GRID: RGBColor = RGBColor(230, 233, 236);
/// Boundaries.
pub(crate) const INK: RGBColor = RGBColor(40, 40, 40);
/// The colours of the classes. A single score is negative for the first class.
pub(crate) const CLASSES: [RGBColor; 3] = [BLUE, RED, CHARCOAL];

/// Each colour of plots and its partner on dark pages.
fn partners() -> [(RGBColor, &'static str); 11] {
    [
        (WHITE, "#0d1117"),
        (BLACK, "#e6edf3"),
        (GREY, "#8b949e"),
        (GRID, "#30363d"),
        (INK, "#e6edf3"),
        (BLUE, "#6cb0ff"),
        (RED, "#ff9d4d"),
        (CHARCOAL, "#d0d0d0"),
        (light(BLUE), "#10304f"),
        (light(RED), "#4d2a0c"),
        (light(CHARCOAL), "#3a3a3a"),
    ]
}

/// A style for dark pages: a plot has its colours in attributes, and the style replaces each by its partner.
pub(crate) fn dark_style() -> String {
    let mut style = String::from("<style>@media (prefers-color-scheme: dark) {\n");
    for (RGBColor(r, g, b), partner) in partners() {
        for attribute in ["fill", "stroke"] {
            let rule = format!(
                ".plot [{attribute}=\"#{r:02X}{g:02X}{b:02X}\"] {{ {attribute}: {partner} }}\n"
            );
            style.push_str(&rule);
        }
    }
    style + "}</style>\n"
}

/// A colour mixed with much white.
pub(crate) fn light(RGBColor(r, g, b): RGBColor) -> RGBColor {
    let [r, g, b] = [r, g, b].map(|part| 255 - (255 - part) / 4);
    RGBColor(r, g, b)
}

#[cfg(test)]
mod tests {
    use chainrule::Var;
    use plotters::style::RGBColor;

    use super::{CLASSES, light};

    /// What each kind of colour-blind reader sees, for linear components (Machado, Oliveira and Fernandes, "A
    /// physiologically-based model for simulation of color vision deficiency", 2009; severity 1).
    const SEEN: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        // Protanopia, deuteranopia, tritanopia.
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    /// A colour in CIELAB, where distances are as large as they look.
    fn lab(RGBColor(r, g, b): RGBColor, seen: &[[f64; 3]; 3]) -> [f64; 3] {
        const XYZ: [[f64; 3]; 3] = [
            [0.4124, 0.3576, 0.1805],
            [0.2126, 0.7152, 0.0722],
            [0.0193, 0.1192, 0.9505],
        ];
        let linear = [r, g, b].map(|part| match f64::from(part) / 255.0 {
            small if small <= 0.04045 => small / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        });
        let seen = times(seen, linear).map(|part| part.clamp(0.0, 1.0));
        let [x, y, z] = times(&XYZ, seen);
        let [x, y, z] = [x / 0.9505, y, z / 1.089].map(|part| {
            if part > 0.008_856 {
                part.cbrt()
            } else {
                7.787 * part + 16.0 / 116.0
            }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn every_reader_can_tell_the_classes_apart() {
        for seen in &SEEN {
            for (place, &a) in CLASSES.iter().enumerate() {
                for &b in &CLASSES[..place] {
                    let distance = |a, b| {
                        let (a, b) = (lab(a, seen), lab(b, seen));
                        a.iter()
                            .zip(b)
                            .map(|(a, b)| (a - b).powi(2))
                            .sum::<f64>()
                            .sqrt()
                    };
                    // 2 is just noticeable side by side.
                    assert!(distance(a, b) > 25.0, "points {a:?} and {b:?}");
                    let (a, b) = (light(a), light(b));
                    assert!(distance(a, b) > 10.0, "regions {a:?} and {b:?}");
                }
            }
        }
    }

    /// The colour in a picture after this text.
    fn colour(svg: &str, before: &str) -> RGBColor {
        let (_, rest) = svg.split_once(before).unwrap();
        let digits = u32::from_str_radix(&rest[1..7], 16).unwrap();
        let [_, r, g, b] = digits.to_be_bytes();
        RGBColor(r, g, b)
    }

    #[test]
    fn every_reader_can_tell_values_from_gradients_by_lightness() {
        let square = Var::new(3.0).square();
        let svg = square.picture().gradients(&square.backward()).to_svg();
        let light = ["class=\"value\"", "class=\"gradient\""].map(|part| {
            let (_, rest) = svg.split_once(part).unwrap();
            colour(rest, "fill=\"")
        });
        let dark = [".value { fill: ", ".gradient { fill: "].map(|part| colour(&svg, part));
        let papers = [RGBColor(255, 255, 255), colour(&svg, "ellipse { fill: ")];
        for ([value, gradient], paper) in [light, dark].into_iter().zip(papers) {
            for seen in &SEEN {
                let [value, gradient, paper] =
                    [value, gradient, paper].map(|colour| lab(colour, seen)[0]);
                assert!((value - gradient).abs() > 8.0, "{value} and {gradient}");
                for number in [value, gradient] {
                    assert!((number - paper).abs() > 45.0, "{number} on {paper}");
                }
            }
        }
    }
}
