//! What a reader chooses before and during a training.

use std::ops::RangeInclusive;

use chainrule::Scalar;
use chainrule::nn::Activation;
use chainrule::nn::data::{self, Dataset};
use chainrule::nn::optimizer::{Adam, Optimizer, RmsProp, Sgd};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

/// A setting that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// The setting's name, such as `rate`.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl Wrong {
    /// The error of a setting that the engine refuses.
    pub(super) fn new(field: &'static str) -> impl Fn(chainrule::Error) -> Self {
        move |error| Self {
            field,
            problem: error.to_string(),
        }
    }
}

/// The shape of the data. Each has two classes, −1 and +1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Two interleaving half circles.
    Moons,
    /// A circle within another.
    Circles,
    /// Two arms of a spiral.
    Spirals,
    /// Two Gaussian clouds.
    Blobs,
    /// Four Gaussian clouds; clouds in opposite corners have the same class, as in exclusive or.
    Xor,
}

/// How far a score is from a label of −1 or +1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `max(0, 1 − y·s)`.
    Hinge,
    /// `ln(1 + e^(−y·s))`, the binary cross-entropy of a logit.
    Logistic,
    /// `(s − y)²`.
    Squared,
}

impl Loss {
    /// The loss of a score and a label.
    ///
    /// ```
    /// use chainrule_web::training::Loss;
    /// assert_eq!(Loss::Hinge.of(0.25, -1.0), 1.25);
    /// assert_eq!(Loss::Squared.of(0.5, 1.0), 0.25);
    /// assert_eq!(Loss::Logistic.of(0.0, 1.0), 2.0_f64.ln());
    /// ```
    pub fn of<S: Scalar>(self, score: S, label: S) -> S {
        match self {
            Self::Hinge => (S::from(1.0) - score * label).relu(),
            Self::Logistic => (-(score * label)).softplus(),
            Self::Squared => (score - label).square(),
        }
    }
}

/// The function that hidden neurons apply to their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// The hyperbolic tangent.
    Tanh,
    /// The rectifier.
    Relu,
    /// The rectifier with slope 0.1 below 0.
    LeakyRelu,
    /// The logistic function.
    Sigmoid,
    /// The smooth rectifier.
    Softplus,
    /// The sum times its logistic function.
    Silu,
    /// The sum itself.
    Linear,
}

impl Hidden {
    pub(super) fn activation(self) -> Activation {
        match self {
            Self::Tanh => Activation::Tanh,
            Self::Relu => Activation::Relu,
            Self::LeakyRelu => Activation::LeakyRelu(0.1),
            Self::Sigmoid => Activation::Sigmoid,
            Self::Softplus => Activation::Softplus,
            Self::Silu => Activation::Silu,
            Self::Linear => Activation::Linear,
        }
    }
}

/// The rule that moves the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Gradient descent.
    Sgd,
    /// Gradient descent with momentum 0.9.
    Momentum,
    /// `RMSProp`.
    RmsProp,
    /// Adam.
    Adam,
}

/// Every choice. Numbers are as JavaScript has them; [`Session::new`](super::Session::new) checks them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The shape of the data.
    pub data: Shape,
    /// The number of points; an odd number gives one class one point more.
    pub points: f64,
    /// The noise. In moons and circles it is the standard deviation that is added to each coordinate, before the shape is
    /// scaled to the plane. In spirals it is the standard deviation that is added to each point's angle, in radians. In clouds, the
    /// standard deviation of each coordinate is three times this number. A point that noise puts outside the plane moves to
    /// the plane's nearest border, where its whole mark is seen.
    pub noise: f64,
    /// The share of the points that is held out, in percent.
    pub held: f64,
    /// The seed of the points.
    pub data_seed: f64,
    /// The number of neurons in each hidden layer.
    pub hidden: Vec<f64>,
    /// What hidden neurons apply.
    pub activation: Hidden,
    /// The seed of the weights and of the batches.
    pub seed: f64,
    /// The loss.
    pub loss: Loss,
    /// The strength λ of the penalty `λ·Σ p²`, where the sum is over all weights and biases, as in
    /// [`Fit::l2`](chainrule::nn::Fit::l2).
    pub penalty: f64,
    /// The learning rate.
    pub rate: f64,
    /// The number of points in a batch; with 0, every step uses all training points.
    pub batch: f64,
    /// The optimizer.
    pub optimizer: Rule,
}

/// Half the side of the plane that is shown; its middle is 0.
pub const REACH: f64 = 2.0;

/// The largest coordinate that noise gives: a point's whole mark is then within the plane.
const BORDER: f64 = 0.975 * REACH;

/// The seeds that can be chosen; JavaScript knows whole numbers up to 2⁵³.
const SEEDS: RangeInclusive<f64> = 0.0..=9_007_199_254_740_992.0;

fn within(field: &'static str, value: f64, range: RangeInclusive<f64>) -> Result<f64, Wrong> {
    if range.contains(&value) {
        return Ok(value);
    }
    let (first, last) = range.into_inner();
    Err(Wrong {
        field,
        problem: format!("must be a number from {first} to {last}, found {value}"),
    })
}

#[expect(
    clippy::cast_sign_loss,
    reason = "it was checked to be a whole number from 0 on"
)]
fn whole(field: &'static str, value: f64, range: RangeInclusive<f64>) -> Result<u64, Wrong> {
    if range.contains(&value) && value.fract() == 0.0 {
        return Ok(value as u64);
    }
    let (first, last) = range.into_inner();
    Err(Wrong {
        field,
        problem: format!("must be a whole number from {first} to {last}, found {value}"),
    })
}

impl Settings {
    /// The training points and the held-out points, each with a label of −1 or +1.
    pub(super) fn data(&self) -> Result<(Dataset, Dataset), Wrong> {
        let points = whole("points", self.points, 10.0..=1000.0)? as usize;
        let noise = within("noise", self.noise, 0.0..=1.0)?;
        let held = within("held", self.held, 10.0..=90.0)?;
        let rng = &mut StdRng::seed_from_u64(whole("data_seed", self.data_seed, SEEDS)?);
        let clouds = if self.data == Shape::Xor { 4 } else { 2 };
        let per_cloud = points.div_ceil(clouds);
        let data = match self.data {
            Shape::Moons => data::moons(points, noise, rng),
            Shape::Circles => data::circles(points, 0.5, noise, rng),
            Shape::Spirals => data::spirals(2, per_cloud, noise, rng),
            Shape::Blobs => data::blobs(&[[-1.0, -1.0], [1.0, 1.0]], per_cloud, 3.0 * noise, rng),
            Shape::Xor => {
                let corners = [[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]];
                data::blobs(&corners, per_cloud, 3.0 * noise, rng)
            }
        };
        let data = data.map_err(Wrong::new("data"))?;
        // Every shape fills most of the plane.
        let (middle, factor, label): ([f64; 2], f64, fn(f64) -> f64) = match self.data {
            Shape::Moons => ([0.5, 0.25], 1.0, |label| label),
            Shape::Circles => ([0.0, 0.0], 1.5, |label| label),
            Shape::Spirals => ([0.0, 0.0], 1.8, |class| 2.0 * class - 1.0),
            Shape::Blobs => ([0.0, 0.0], 1.0, |class| 2.0 * class - 1.0),
            Shape::Xor => (
                [0.0, 0.0],
                1.0,
                |cloud| if cloud % 2.0 == 0.0 { -1.0 } else { 1.0 },
            ),
        };
        let place = |point: &[f64]| {
            let pairs = point.iter().zip(middle);
            pairs
                .map(|(value, middle)| (factor * (value - middle)).clamp(-BORDER, BORDER))
                .collect()
        };
        // Rows are ordered by cloud, and all clouds are equally large. If that makes too many points, the last clouds lose one.
        let fits = data.len() == points;
        let kept = |row: usize| fits || (row % per_cloud) * clouds + row / per_cloud < points;
        let rows = data.rows().enumerate().filter(|&(row, _)| kept(row));
        let (inputs, labels) = rows
            .map(|(_, row)| row)
            .map(|(point, target)| (place(point), label(target)))
            .unzip();
        let data = Dataset::new(inputs, labels).map_err(Wrong::new("data"))?;
        data.split(1.0 - held / 100.0, rng)
            .map_err(Wrong::new("held"))
    }

    /// The numbers of inputs, of neurons in each hidden layer, and of outputs.
    pub(super) fn sizes(&self) -> Result<Vec<usize>, Wrong> {
        if self.hidden.len() > 4 {
            let problem = format!("must be at most 4 layers, found {}", self.hidden.len());
            return Err(Wrong {
                field: "hidden",
                problem,
            });
        }
        let mut sizes = vec![2];
        for &neurons in &self.hidden {
            sizes.push(whole("hidden", neurons, 1.0..=16.0)? as usize);
        }
        sizes.push(1);
        Ok(sizes)
    }

    pub(super) fn seed(&self) -> Result<u64, Wrong> {
        whole("seed", self.seed, SEEDS)
    }

    pub(super) fn penalty(&self) -> Result<f64, Wrong> {
        within("penalty", self.penalty, 0.0..=10.0)
    }

    /// The number of points in a batch, of this number of training points.
    pub(super) fn batch(&self, training: usize) -> Result<usize, Wrong> {
        let batch = whole("batch", self.batch, 0.0..=1000.0)? as usize;
        Ok(if batch == 0 {
            training
        } else {
            batch.min(training)
        })
    }

    pub(super) fn optimizer(&self) -> Result<Box<dyn Optimizer>, Wrong> {
        let rate =
            within("rate", self.rate, f64::MIN_POSITIVE..=1000.0).map_err(|wrong| Wrong {
                problem: format!(
                    "must be a number above 0, at most 1000, found {}",
                    self.rate
                ),
                ..wrong
            })?;
        let optimizer: chainrule::Result<Box<dyn Optimizer>> = match self.optimizer {
            Rule::Sgd => Sgd::new(rate).map(|rule| Box::new(rule) as _),
            Rule::Momentum => Sgd::new(rate)
                .and_then(|rule| rule.momentum(0.9))
                .map(|rule| Box::new(rule) as _),
            Rule::RmsProp => RmsProp::new(rate).map(|rule| Box::new(rule) as _),
            Rule::Adam => Adam::new(rate).map(|rule| Box::new(rule) as _),
        };
        optimizer.map_err(Wrong::new("rate"))
    }
}
