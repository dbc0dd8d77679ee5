//! A training that goes on step by step, and what a page shows of it.
//!
//! A [`Session`] keeps points, network and optimizer. Its loss is traced once and replayed over the rows of a batch, as
//! [`Fit`](chainrule::nn::Fit) does, and with the same bits. What every neuron computes over the plane comes from one program
//! with all neurons as outputs, evaluated at the points of a grid.
//!
//! A frame of the page at 60 Hz has 16 ms. With 2-16-16-1 tanh neurons, 200 points (150 of them trained on) and a grid of 50 by
//! 50, a step of all points takes 2.4 ms, measuring all points 1.1 ms and the grid 1.9 ms: medians in Node 20 on one core of an
//! Intel Xeon at 2.6 GHz that other programs used as well, from
//! `node tests/frame.js page/engine.js ../../docs/course/train.html`. WebAssembly has no fused multiply-add, and
//! computing one with other instructions takes long. So the grid's sums are not fused: fused ones took 22 ms. A step's sums
//! are, because it has fewer of them and keeps the bits of `Fit`.

mod backward;
pub(crate) mod page;
mod settings;

use chainrule::nn::Mlp;
use chainrule::nn::optimizer::Optimizer;
use chainrule::{Batch, Flat, Order, Parameters, Program, Result, Var};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

pub use settings::{Hidden, Loss, REACH, Rule, Settings, Shape, Wrong};

/// A point of the plane with its label, −1 or +1.
pub type Point = [f64; 3];

/// How far a training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The number of times that all training points were used.
    pub epoch: usize,
    /// The number of steps.
    pub step: usize,
    /// The mean loss of the training points, without the penalty.
    pub loss: f64,
    /// The mean loss of the held-out points.
    pub held_loss: f64,
    /// The share of the training points whose score has the sign of their label.
    pub accuracy: f64,
    /// That share of the held-out points.
    pub held_accuracy: f64,
    /// Whether the training cannot go on, because a loss or a gradient is no longer a finite number.
    pub diverged: bool,
}

/// A training: points, a network, and how it is trained.
///
/// ```
/// use chainrule_web::training::{Hidden, Loss, Rule, Session, Settings, Shape};
///
/// let settings = Settings {
///     data: Shape::Circles, points: 100.0, noise: 0.1, held: 20.0, data_seed: 1.0,
///     hidden: vec![4.0, 4.0], activation: Hidden::Tanh, seed: 1.0,
///     loss: Loss::Hinge, penalty: 0.0, rate: 0.03, batch: 10.0, optimizer: Rule::Adam,
/// };
/// let mut session = Session::new(settings.clone()).unwrap();
///
/// // 80 training points in batches of 10 make 8 steps.
/// assert!(session.advance_within_epoch(1000));
/// assert_eq!(session.progress()?.step, 8);
/// session.tune(&Settings { batch: 0.0, rate: 0.01, ..settings }).unwrap();
/// session.advance(100);
/// assert_eq!(session.progress()?.step, 108);
///
/// // Eight hidden neurons and the score, at 20 by 20 points.
/// assert_eq!(session.map(20)?.len(), 9 * 20 * 20);
///
/// session.move_point(0, [0.5, -0.5])?;
/// assert_eq!(session.points()[0][..2], [0.5, -0.5]);
/// assert!(session.backward(0, None)?.get().contains("layer 1 neuron 1 w1"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    seed: u64,
    network: Mlp<f64>,
    optimizer: Rules,
    penalty: f64,
    /// The training points, then the held-out points.
    points: Vec<Point>,
    training: usize,
    /// The loss and the score of each row of a batch.
    batch: Batch,
    /// The number of points in a batch.
    size: usize,
    gradient: Vec<f64>,
    parameters: Vec<f64>,
    /// The loss and the score of every point.
    all: Batch,
    /// Every neuron at every point of the grid.
    grid: Batch,
    side: usize,
    /// The order of the training points in this epoch, and how many of them have been used.
    order: Vec<usize>,
    used: usize,
    epoch: usize,
    step: usize,
    diverged: bool,
}

/// An optimizer, which has no form for debugging.
struct Rules(Box<dyn Optimizer>);

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Optimizer")
            .field("rate", &self.0.rate())
            .finish()
    }
}

/// The program of a row's loss and score, from the network and a row of x, y and label.
fn row_program(network: &Mlp<f64>, loss: Loss) -> Result<Program> {
    Program::trace_rows(network, 3, |network, row| {
        let score = network.forward(&row[..2])?[0];
        Ok::<_, chainrule::Error>([loss.of(score, row[2]), score])
    })
}

/// The program of every neuron, layer by layer, at a point of the plane.
fn neuron_program(network: &Mlp<f64>) -> Result<Program> {
    Program::trace_rows(network, 2, |network, point| {
        let mut neurons = Vec::new();
        let mut values = point.to_vec();
        for layer in &network.layers {
            let sums = layer.neurons.iter().map(|neuron| {
                let products = neuron.weights.iter().zip(&values);
                let sum = products
                    .map(|(&w, &x)| w * x)
                    .reduce(|sum, product| sum + product);
                let sum = sum
                    .into_iter()
                    .chain(neuron.bias)
                    .reduce(|sum, bias| sum + bias);
                layer.activation.apply(sum.unwrap_or(Var::from(0.0)))
            });
            values = sums.collect();
            neurons.extend_from_slice(&values);
        }
        Ok::<_, chainrule::Error>(neurons)
    })
}

/// The middle of each cell of the plane, from the upper left on, row by row.
fn cells(side: usize) -> impl Iterator<Item = [f64; 2]> {
    let at = move |place: usize| REACH * ((2 * place + 1) as f64 / side as f64 - 1.0);
    (0..side * side).map(move |cell| [at(cell % side), -at(cell / side)])
}

impl Session {
    /// Makes the points and the network of these settings.
    ///
    /// # Errors
    /// The first setting that is not allowed.
    ///
    /// ```
    /// use chainrule_web::training::{Hidden, Loss, Rule, Session, Settings, Shape};
    ///
    /// let settings = Settings {
    ///     data: Shape::Moons, points: 100.0, noise: 0.1, held: 20.0, data_seed: 1.0,
    ///     hidden: vec![8.0], activation: Hidden::Tanh, seed: 1.0,
    ///     loss: Loss::Logistic, penalty: 0.0, rate: 0.03, batch: 0.0, optimizer: Rule::Adam,
    /// };
    /// let mut session = Session::new(settings.clone())?;
    /// let before = session.progress().unwrap().loss;
    /// session.advance(100);
    /// assert!(session.progress().unwrap().loss < 0.5 * before);
    ///
    /// let wrong = Session::new(Settings { rate: -1.0, ..settings }).unwrap_err();
    /// assert_eq!(wrong.field, "rate");
    /// # Ok::<(), chainrule_web::training::Wrong>(())
    /// ```
    pub fn new(settings: Settings) -> std::result::Result<Self, Wrong> {
        Self::after(None, settings)
    }

    /// Begins again with other settings. What was traced is used again if it fits, so this is fast.
    ///
    /// # Errors
    /// The first setting that is not allowed; then nothing has changed.
    pub fn restart(&mut self, settings: Settings) -> std::result::Result<(), Wrong> {
        *self = Self::after(Some(self), settings)?;
        Ok(())
    }

    /// A new session, which takes the programs of the one before it if they are of the same network and loss.
    fn after(before: Option<&Self>, settings: Settings) -> std::result::Result<Self, Wrong> {
        let (training, held) = settings.data()?;
        let rows = training.rows().chain(held.rows());
        let points: Vec<Point> = rows
            .map(|(point, label)| [point[0], point[1], label])
            .collect();
        let training = training.len();
        let seed = settings.seed()?;
        let rng = &mut StdRng::seed_from_u64(seed);
        let network = Mlp::new(rng, &settings.sizes()?, settings.activation.activation());
        let network = network.map_err(Wrong::new("hidden"))?;
        let engine = Wrong::new("hidden");
        let before = before.filter(|before| {
            let (old, new) = (&before.settings, &settings);
            old.hidden == new.hidden && old.activation == new.activation
        });
        let program = match before.filter(|before| before.settings.loss == settings.loss) {
            Some(before) => before.batch.program().clone(),
            None => row_program(&network, settings.loss).map_err(&engine)?,
        };
        let neurons = match before {
            Some(before) => before.grid.program().clone(),
            None => neuron_program(&network).map_err(&engine)?,
        };
        let grid = neurons.batch::<[[f64; 2]]>(&[]).map_err(&engine)?;
        let mut session = Self {
            optimizer: Rules(settings.optimizer()?),
            penalty: settings.penalty()?,
            size: settings.batch(training)?,
            settings,
            seed,
            gradient: vec![0.0; network.parameter_count()],
            parameters: vec![0.0; network.parameter_count()],
            batch: program.batch(&points[..training]).map_err(&engine)?,
            all: program.batch(&points[..]).map_err(&engine)?,
            grid: grid.order(Order::ColumnMajor),
            network,
            points,
            training,
            side: 0,
            order: Vec::new(),
            used: 0,
            epoch: 0,
            step: 0,
            diverged: false,
        };
        session.begin_epoch();
        Ok(session)
    }

    /// Goes on with another loss, penalty, rate, batch size or optimizer. Network and points stay.
    ///
    /// # Errors
    /// The first setting that is not allowed; then nothing has changed.
    pub fn tune(&mut self, settings: &Settings) -> std::result::Result<(), Wrong> {
        let optimizer = settings.optimizer()?;
        let penalty = settings.penalty()?;
        let size = settings.batch(self.training)?;
        if settings.loss != self.settings.loss {
            let engine = Wrong::new("loss");
            let program = row_program(&self.network, settings.loss).map_err(&engine)?;
            let batch = program
                .batch(&self.points[..self.training])
                .map_err(&engine)?;
            self.all = program.batch(&self.points[..]).map_err(&engine)?;
            self.batch = batch;
        }
        if settings.optimizer == self.settings.optimizer {
            // The optimizer keeps what it has learned about the gradients.
            let kept = self.optimizer.0.set_rate(optimizer.rate());
            kept.map_err(Wrong::new("rate"))?;
        } else {
            self.optimizer = Rules(optimizer);
        }
        (self.penalty, self.size) = (penalty, size);
        self.settings.loss = settings.loss;
        self.settings.optimizer = settings.optimizer;
        Ok(())
    }

    /// The network as it is now.
    pub fn network(&self) -> &Mlp<f64> {
        &self.network
    }

    /// The training points, then the held-out points.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The number of training points.
    pub fn training(&self) -> usize {
        self.training
    }

    /// Moves a point; its label stays. A point that does not exist, or a place that is not finite, changes nothing.
    ///
    /// # Errors
    /// None that is known: a row keeps its number of values.
    pub fn move_point(&mut self, point: usize, [x, y]: [f64; 2]) -> Result<()> {
        if let Some(place) = self.points.get_mut(point)
            && x.is_finite()
            && y.is_finite()
        {
            (place[0], place[1]) = (x, y);
            self.all.set_rows(&self.points[..])?;
        }
        Ok(())
    }

    /// Takes at most this many steps. It stops early if the training cannot go on; see [`Progress::diverged`].
    pub fn advance(&mut self, steps: usize) {
        for _ in 0..steps {
            if self.diverged {
                return;
            }
            self.diverged = self.take_step().is_none();
        }
    }

    /// Takes at most this many steps, and none beyond the end of the epoch; returns whether the epoch has ended.
    pub fn advance_within_epoch(&mut self, most: usize) -> bool {
        let epoch = self.epoch;
        for _ in 0..most {
            self.advance(1);
            if self.epoch > epoch {
                return true;
            }
        }
        false
    }

    /// Takes a step, unless the loss or the gradient is not finite.
    fn take_step(&mut self) -> Option<()> {
        let last = (self.used + self.size).min(self.training);
        let rows = &self.order[self.used..last];
        let values: Vec<f64> = rows.iter().flat_map(|&row| self.points[row]).collect();
        self.batch.set_rows(&Flat::new(&values, 3).ok()?).ok()?;
        let (loss, gradient) = self.batch.mean_gradient(&self.network).ok()?;
        if !loss.is_finite() {
            return None;
        }
        self.gradient.copy_from_slice(gradient);
        if self.penalty > 0.0 {
            self.network.write_parameters(&mut self.parameters);
            for (g, p) in self.gradient.iter_mut().zip(&self.parameters) {
                *g += 2.0 * self.penalty * p;
            }
        }
        let moved = self
            .optimizer
            .0
            .step_parameters(&mut self.network, &self.gradient);
        moved.ok()?;
        self.step += 1;
        self.used = last;
        if last == self.training {
            self.epoch += 1;
            self.begin_epoch();
        }
        Some(())
    }

    /// Puts the training points into the order of this epoch: that of `Fit` with the same seed. If every batch holds all
    /// points, they keep their order.
    fn begin_epoch(&mut self) {
        self.used = 0;
        self.order.clear();
        self.order.extend(0..self.training);
        if self.size < self.training {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&self.seed.to_le_bytes());
            key[8..16].copy_from_slice(&(self.epoch as u64).to_le_bytes());
            self.order.shuffle(&mut StdRng::from_seed(key));
        }
    }

    /// Measures the network on all points.
    ///
    /// # Errors
    /// None that is known: every row has the values that the loss was traced with.
    pub fn progress(&mut self) -> Result<Progress> {
        let training = self.training;
        let values = self.all.values(&self.network)?;
        let mean = |part: &[f64]| {
            let losses = part.iter().step_by(2);
            losses.sum::<f64>() / (part.len() / 2) as f64
        };
        let share = |part: &[f64], points: &[Point]| {
            let scores = part.iter().skip(1).step_by(2);
            let right = scores
                .zip(points)
                .filter(|(score, point)| *score * point[2] > 0.0);
            right.count() as f64 / points.len() as f64
        };
        let (own, held) = values.split_at(2 * training);
        let (own_points, held_points) = self.points.split_at(training);
        let progress = Progress {
            epoch: self.epoch,
            step: self.step,
            loss: mean(own),
            held_loss: mean(held),
            accuracy: share(own, own_points),
            held_accuracy: share(held, held_points),
            diverged: false,
        };
        Ok(Progress {
            diverged: self.diverged || !progress.loss.is_finite(),
            ..progress
        })
    }

    /// What every neuron computes at the middle of each of `side` by `side` cells of the plane: neuron by neuron from the first
    /// layer on, and for each the cells from the upper left on, row by row. The last neuron is the score.
    ///
    /// # Errors
    /// None that is known: a point of the plane has the two coordinates that the neurons were traced with.
    pub fn map(&mut self, side: usize) -> Result<&[f64]> {
        if side != self.side {
            let cells: Vec<[f64; 2]> = cells(side).collect();
            self.grid.set_rows(&cells[..])?;
            self.side = side;
        }
        self.grid.values(&self.network)
    }
}
