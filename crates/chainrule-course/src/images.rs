//! Small images of strokes and corners at random places, for the chapter on learned features.

use std::ops::Range;

use rand::RngExt;
use rand::rngs::StdRng;

/// The number of pixels along a side.
pub(crate) const SIDE: usize = LENGTH as usize;
const LENGTH: i32 = 8;
/// The number of classes of each task.
pub(crate) const CLASSES: usize = 4;

/// The most that noise adds to a pixel or takes away.
const NOISE: f64 = 0.2;

/// What has to be told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Task {
    /// A stroke in one of four directions.
    Strokes,
    /// Two strokes that meet in a corner, turned in one of four ways.
    Corners,
}

impl Task {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Strokes => "strokes",
            Self::Corners => "corners",
        }
    }

    /// The name of each class.
    pub(crate) fn names(self) -> [&'static str; CLASSES] {
        match self {
            Self::Strokes => ["horizontal", "falling", "vertical", "rising"],
            Self::Corners => ["upper left", "upper right", "lower right", "lower left"],
        }
    }

    /// The strokes of a class, each with its direction in pixels to the right and downwards. They begin at one point.
    fn strokes(self, class: usize) -> Vec<[i32; 2]> {
        match self {
            Self::Strokes => vec![[[1, 0], [1, 1], [0, 1], [-1, 1]][class]],
            Self::Corners => {
                let [right, down] = [[1, 1], [-1, 1], [-1, -1], [1, -1]][class];
                vec![[right, 0], [0, down]]
            }
        }
    }

    /// The numbers of pixels that a stroke can have.
    fn lengths(self) -> Range<i32> {
        match self {
            Self::Strokes => 4..7,
            Self::Corners => 3..6,
        }
    }

    /// The pixels of an image without noise: from 0 for the ground to the stroke's brightness, row by row.
    fn drawn(self, class: usize, rng: &mut StdRng) -> Vec<f64> {
        let length = rng.random_range(self.lengths());
        let strokes = self.strokes(class);
        // The first pixel, so that every stroke is inside the image.
        let [x, y] = [0, 1].map(|axis| {
            let reach = |stroke: &[i32; 2]| (length - 1) * stroke[axis];
            let lowest = strokes.iter().map(reach).min().unwrap_or(0).min(0);
            let highest = strokes.iter().map(reach).max().unwrap_or(0).max(0);
            rng.random_range(-lowest..LENGTH - highest)
        });
        let brightness = rng.random_range(0.5..1.0);
        let mut pixels = vec![0.0; SIDE * SIDE];
        for [right, down] in strokes {
            for step in 0..length {
                let place = (y + step * down) * LENGTH + x + step * right;
                #[expect(clippy::cast_sign_loss, reason = "strokes are inside the image")]
                let place = place as usize;
                pixels[place] = brightness;
            }
        }
        pixels
    }

    /// Images of classes in turn: 0, 1, 2, 3, 0, ….
    pub(crate) fn images(self, count: usize, rng: &mut StdRng) -> Images {
        let classes: Vec<usize> = (0..count).map(|place| place % CLASSES).collect();
        let pixels = classes.iter().map(|&class| {
            let mut pixels = self.drawn(class, rng);
            for pixel in &mut pixels {
                *pixel = (*pixel + rng.random_range(-NOISE..NOISE)).clamp(0.0, 1.0);
            }
            pixels
        });
        Images {
            pixels: pixels.collect(),
            classes,
        }
    }
}

/// Images with the class of each.
pub(crate) struct Images {
    pixels: Vec<Vec<f64>>,
    classes: Vec<usize>,
}

impl Images {
    /// The pixels of each image, and its class.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&[f64], usize)> {
        let pixels = self.pixels.iter().map(Vec::as_slice);
        pixels.zip(self.classes.iter().copied())
    }
}
