//! Chapter 13: features that a person chose, and features that are learned together with the classifier.

use std::fmt::Write;

use chainrule::nn::Initialization;
use chainrule::nn::loss::row_multiclass_hinge;
use chainrule::nn::metrics::predicted_class;
use chainrule::nn::optimizer::{Adam, Optimizer};
use chainrule::{Program, Scalar, Var};
use plotters::chart::SeriesLabelPosition;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::cells::{Table, Tile, Tiles, scaled};
use crate::drawing::Ink;
use crate::image_features::{
    FEATURES, KERNEL, KERNEL_PARAMETERS, PLACES, convolution, directions, intensities,
};
use crate::images::{CLASSES, Images, Task};
use crate::learn::{agree, hold, shown};
use crate::plot::{Axis, BLUE, CHARCOAL, Chart, Outcome, Pictures, RED, Series};

/// The parameters of the classifier: for each class, a weight per feature and a bias.
const CLASSIFIER: usize = CLASSES * (FEATURES + 1);
/// The numbers of images to learn from.
const COUNTS: [usize; 4] = [4, 16, 64, 256];
/// The number of images held out.
const HELD_OUT: usize = 400;
/// How often each training is repeated, with other images and other first weights.
const REPEATS: u64 = 3;
/// The steps of a training, each with some of its images.
const STEPS: usize = 600;
const IMAGES_PER_STEP: usize = 32;
/// The learning rate of the first step. It falls to 0 in equal steps.
const RATE: f64 = 0.05;

/// Where the features of an image come from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Intensities,
    Directions,
    Learned,
}

const KINDS: [Kind; 3] = [Kind::Intensities, Kind::Directions, Kind::Learned];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Intensities => "histogram of intensities",
            Self::Directions => "histogram of directions",
            Self::Learned => "learned kernels",
        }
    }

    /// What the network is given: chosen features are computed once, before learning. Learned ones begin with the pixels.
    fn row(self, pixels: &[f64]) -> Vec<f64> {
        match self {
            Self::Intensities => intensities(pixels),
            Self::Directions => directions(pixels),
            Self::Learned => pixels.to_vec(),
        }
    }

    /// The score of each class. All three kinds have the same linear classifier.
    fn scores<S: Scalar>(self, parameters: &[S], row: &[S]) -> chainrule::Result<Vec<S>> {
        let (classifier, kernels) = parameters.split_at(CLASSIFIER);
        let learned = match self {
            Self::Learned => convolution(kernels, row)?,
            Self::Intensities | Self::Directions => row.to_vec(),
        };
        classifier
            .chunks(FEATURES + 1)
            .map(|class| Ok(S::dot_product(&class[..FEATURES], &learned)? + class[FEATURES]))
            .collect()
    }

    /// The first parameters: those of the classifier, then those of the kernels. Biases are 0.
    fn start(self, rng: &mut StdRng) -> Vec<f64> {
        let mut layer = |inputs: usize, neurons: usize| -> Vec<f64> {
            let bound = Initialization::He.bound(inputs, neurons);
            let weights = (0..neurons * (inputs + 1)).map(|place| {
                if place % (inputs + 1) == inputs {
                    0.0
                } else {
                    rng.random_range(-bound..bound)
                }
            });
            weights.collect()
        };
        let classifier = layer(FEATURES, CLASSES);
        let kernels = layer(KERNEL * KERNEL, FEATURES);
        match self {
            Self::Learned => [classifier, kernels].concat(),
            Self::Intensities | Self::Directions => classifier,
        }
    }

    /// Learns from images by the SVM loss. Returns the parameters.
    fn train(self, images: &Images, rng: &mut StdRng) -> Outcome<Vec<f64>> {
        let mut parameters = self.start(rng);
        let labelled: Vec<Vec<f64>> = images
            .rows()
            .map(|(pixels, class)| [self.row(pixels), vec![class as f64]].concat())
            .collect();
        let width = labelled[0].len() - 1;
        let loss = Program::trace_rows(&parameters, width + 1, |parameters, row| {
            let scores = self.scores(parameters, &row[..width])?;
            row_multiclass_hinge(&scores, row[width], 1.0)
        })?;
        let mut batch = loss.batch(&labelled)?;
        let mut adam = Adam::new(RATE)?;
        for step in 0..STEPS {
            let some = |_| &labelled[rng.random_range(0..labelled.len())];
            batch.set_rows(&(0..IMAGES_PER_STEP).map(some).collect::<Vec<_>>())?;
            let (_, gradient) = batch.mean_gradient(&parameters)?;
            adam.set_rate(RATE * (STEPS - step) as f64 / STEPS as f64)?;
            adam.step_parameters(&mut parameters, gradient)?;
        }
        Ok(parameters)
    }

    /// The share of images whose highest score is that of their class.
    fn accuracy(self, parameters: &Vec<f64>, images: &Images) -> Outcome<f64> {
        let rows: Vec<Vec<f64>> = images.rows().map(|(pixels, _)| self.row(pixels)).collect();
        let program = Program::trace_rows(parameters, rows[0].len(), |parameters, row| {
            self.scores(parameters, row)
        })?;
        let mut batch = program.batch(&rows)?;
        let scores = batch.values(parameters)?.chunks(CLASSES);
        let right = scores
            .zip(images.rows())
            .filter(|(scores, (_, class))| predicted_class(scores) == Some(*class));
        Ok(right.count() as f64 / rows.len() as f64)
    }
}

/// What came out of a task.
struct Results {
    task: Task,
    /// The mean accuracy on images held out, for each kind of features and each number of images.
    accuracies: [[f64; COUNTS.len()]; KINDS.len()],
    /// The kernels of the first of the repeats with the most images.
    kernels: Vec<f64>,
}

fn held_out(task: Task) -> Images {
    task.images(HELD_OUT, &mut StdRng::seed_from_u64(100))
}

fn measure(task: Task) -> Outcome<Results> {
    let test = held_out(task);
    let mut results = Results {
        task,
        accuracies: Default::default(),
        kernels: Vec::new(),
    };
    for (place, &count) in COUNTS.iter().enumerate() {
        for repeat in 0..REPEATS {
            let images = task.images(count, &mut StdRng::seed_from_u64(200 + repeat));
            for (kind, accuracies) in KINDS.into_iter().zip(&mut results.accuracies) {
                let parameters = kind.train(&images, &mut StdRng::seed_from_u64(repeat))?;
                accuracies[place] += kind.accuracy(&parameters, &test)? / REPEATS as f64;
                if kind == Kind::Learned && repeat == 0 {
                    results.kernels = parameters[CLASSIFIER..].to_vec();
                }
            }
        }
    }
    Ok(results)
}

pub(crate) fn run(pictures: &Pictures) -> Outcome<()> {
    copy(pictures)?;
    images(pictures)?;
    histograms(pictures)?;
    println!(
        "  {} kernels of {KERNEL} × {KERNEL} weights and a bias: {} parameters, used at {} places; the classifier has {CLASSIFIER}",
        FEATURES,
        FEATURES * KERNEL_PARAMETERS,
        PLACES * PLACES,
    );
    let results = [measure(Task::Strokes)?, measure(Task::Corners)?];
    kernels(pictures, &results)?;
    accuracies(pictures, &results)?;
    let table = table(&results);
    println!("{table}");
    claims(&results)?;
    shown("13-learned.md", &table)
}

/// A kernel of two weights at two places: the gradient of each weight is a sum.
fn copy(pictures: &Pictures) -> Outcome<()> {
    let kernel = [("k1", -1.0), ("k2", 1.0)].map(|(name, k)| Var::new(k).named(name));
    let pixels = [0.5, 1.0, 3.0];
    let at = |place: usize| (kernel[0] * pixels[place] + kernel[1] * pixels[place + 1]).relu();
    let feature = (at(0) + at(1)).named("feature");
    let grads = feature.backward();
    agree("∂feature/∂k1", grads[kernel[0]], 0.5 + 1.0, 0.0)?;
    agree("∂feature/∂k2", grads[kernel[1]], 1.0 + 3.0, 0.0)?;
    pictures.graph("13-copy.svg", &feature.picture().gradients(&grads))
}

/// Some images of each class.
fn images(pictures: &Pictures) -> Outcome<()> {
    let groups = [("a stroke", Task::Strokes), ("a corner", Task::Corners)].map(|(title, task)| {
        let images = held_out(task);
        let of = |class: usize| {
            let tiles = images.rows().filter(|&(_, of)| of == class).take(6);
            let tiles = tiles.map(|(pixels, _)| Tile {
                name: String::new(),
                values: pixels.to_vec(),
            });
            (task.names()[class].to_owned(), tiles.collect())
        };
        Tiles {
            title: title.to_owned(),
            rows: (0..CLASSES).map(of).collect(),
            dot: 5,
            ink: Ink::Grey,
        }
    });
    let said = "Two groups of small grey images with noise, a row per class. Left, a stroke: horizontal, falling, vertical, rising. \
        Right, two strokes that meet in a corner: at the upper left, upper right, lower right and lower left. Lengths, places and \
        brightness differ.";
    pictures.tiles("13-images.svg", said, &groups)
}

/// The mean of the chosen features per class. Half a turn of the image does not change them.
fn histograms(pictures: &Pictures) -> Outcome<()> {
    let mut tables = Vec::new();
    for task in [Task::Strokes, Task::Corners] {
        let images = held_out(task);
        for (pixels, _) in images.rows() {
            let turned: Vec<f64> = pixels.iter().rev().copied().collect();
            for (a, b) in directions(pixels).into_iter().zip(directions(&turned)) {
                agree("a direction after half a turn", a, b, 1e-12)?;
            }
        }
        let mean = |class: usize| {
            let mut sums = vec![0.0; FEATURES];
            for (pixels, _) in images.rows().filter(|&(_, of)| of == class) {
                for (sum, feature) in sums.iter_mut().zip(directions(pixels)) {
                    *sum += feature;
                }
            }
            sums
        };
        let rows: Vec<Vec<f64>> = (0..CLASSES).map(mean).collect();
        let all = scaled(&rows.concat());
        let rows = task.names().into_iter().zip(all.chunks(FEATURES));
        tables.push(Table {
            title: task.title(),
            names: ["", "direction of change, in degrees"],
            columns: (0..FEATURES)
                .map(|bin| (180 * bin / FEATURES).to_string())
                .collect(),
            rows: rows
                .map(|(name, row)| (name.to_owned(), row.to_vec()))
                .collect(),
            ink: Ink::Grey,
        });
    }
    let said = "Two tables of cells, one row per class and one column per direction. For strokes, each row has its strongest cell in another \
        column. For corners, all rows are strong at 0 and at 90 degrees, and the rows of opposite corners are alike.";
    pictures.tables("13-histograms.svg", said, &tables)
}

/// The kernels before and after learning, each line on its own scale.
fn kernels(pictures: &Pictures, results: &[Results]) -> Outcome<()> {
    let first = Kind::Learned.start(&mut StdRng::seed_from_u64(0))[CLASSIFIER..].to_vec();
    let after = results
        .iter()
        .map(|results| (format!("after: {}", results.task.title()), &results.kernels));
    let lines = [("before".to_owned(), &first)].into_iter().chain(after);
    let rows = lines.map(|(name, kernels)| {
        let weights: Vec<f64> = kernels
            .chunks(KERNEL_PARAMETERS)
            .flat_map(|kernel| &kernel[..KERNEL * KERNEL])
            .copied()
            .collect();
        let weights = scaled(&weights);
        let tiles = (1..).zip(weights.chunks(KERNEL * KERNEL));
        let tiles = tiles.map(|(kernel, weights): (usize, _)| Tile {
            name: kernel.to_string(),
            values: weights.to_vec(),
        });
        (name, tiles.collect())
    });
    let group = Tiles {
        title: String::new(),
        rows: rows.collect(),
        dot: 16,
        ink: Ink::Signed,
    };
    let said = "Three rows of eight kernels of 3 by 3 weights: before learning, after learning strokes, and after learning corners. Positive \
        weights are orange, negative ones blue.";
    pictures.tiles("13-kernels.svg", said, &[group])
}

/// The accuracies as charts.
fn accuracies(pictures: &Pictures, results: &[Results]) -> Outcome<()> {
    let colours = [CHARCOAL, RED, BLUE];
    let charts: Vec<Chart> = results
        .iter()
        .map(|results| {
            let series = KINDS.into_iter().zip(colours).zip(&results.accuracies);
            let series = series.map(|((kind, colour), accuracies)| Series {
                name: kind.name(),
                colour,
                points: COUNTS
                    .iter()
                    .zip(accuracies)
                    .map(|(&count, accuracy)| (count as f64, 100.0 * accuracy))
                    .collect(),
                dots: false,
            });
            Chart {
                title: results.task.title().to_owned(),
                axes: ["images to learn from", "% right, held out"],
                xs: 4.0..256.0,
                ys: 0.0..100.0,
                logarithmic: Some(Axis::Horizontal),
                legend: (results.task == Task::Strokes).then_some(SeriesLabelPosition::MiddleRight),
                series: series.collect(),
            }
        })
        .collect();
    pictures.charts("13-accuracy.svg", 2, [400, 300], &charts)
}

/// The accuracies as a table in the course's page.
fn table(results: &[Results]) -> String {
    let counts: Vec<String> = COUNTS.map(|count| count.to_string()).into();
    let mut table = format!(
        "| task | features | {} |\n|---|---|---:|---:|---:|---:|\n",
        counts.join(" | ")
    );
    for results in results {
        for (kind, accuracies) in KINDS.iter().zip(&results.accuracies) {
            let shares = accuracies.map(|accuracy| format!("{:.0} %", 100.0 * accuracy));
            let _ = writeln!(
                table,
                "| {} | {} | {} |",
                results.task.title(),
                kind.name(),
                shares.join(" | ")
            );
        }
    }
    table
}

/// What the page says about the accuracies.
fn claims(results: &[Results; 2]) -> Outcome<()> {
    let [strokes, corners] = results.each_ref().map(|results| results.accuracies);
    let [few, most] = [0, COUNTS.len() - 1];
    for accuracies in [strokes[0], corners[0]] {
        let by_chance = |accuracy: &f64| (accuracy - 0.25).abs() < 0.06;
        hold(accuracies.iter().all(by_chance), "intensities tell nothing")?;
    }
    hold(
        strokes[1][few] > strokes[2][few] + 0.05,
        "with few images, chosen directions are better",
    )?;
    hold(
        strokes[2][most] > 0.98 && strokes[1][most] > 0.98,
        "with many images, both kinds are good",
    )?;
    hold(
        corners[1].iter().all(|&accuracy| accuracy < 0.5),
        "directions cannot tell opposite corners apart",
    )?;
    hold(
        corners[2][most] > 0.8,
        "learned features tell corners apart",
    )?;
    let seventh = &results[1].kernels[6 * KERNEL_PARAMETERS..][..KERNEL * KERNEL];
    let (above, below) = seventh.split_at(2 * KERNEL);
    hold(
        above[KERNEL..].iter().all(|&w| w > 0.0) && below.iter().all(|&w| w < 0.0),
        "kernel 7 looks for strokes with nothing below",
    )
}
