//! Training on the engine, from Python.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use chainrule::nn::Fit;
use chainrule::nn::data::Tabular;
use chainrule::nn::fit::Ended;
use chainrule::nn::optimizer::{Adam, AdamW, Optimizer, RmsProp, Schedule, Sgd};
use chainrule::{Error, Result};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::arrays::Numbers;
use crate::errors::engine;
use crate::tracing::{Parameters, level_named, raise_later, raised};

/// How often a run looks whether the user pressed Ctrl-C.
const LOOKS: Duration = Duration::from_millis(20);

/// An optimizer by name: its learning rate, and its numbers in the order of the class in `chainrule.nn`.
fn optimizer(name: &str, rate: f64, numbers: &[f64]) -> Result<Box<dyn Optimizer + Send>> {
    Ok(match (name, numbers) {
        ("sgd", &[momentum, nesterov]) => {
            let sgd = Sgd::new(rate)?;
            match (momentum, nesterov) {
                (0.0, _) => Box::new(sgd),
                (_, 0.0) => Box::new(sgd.momentum(momentum)?),
                _ => Box::new(sgd.nesterov(momentum)?),
            }
        }
        ("adam", &[beta1, beta2, epsilon]) => {
            Box::new(Adam::new(rate)?.betas(beta1, beta2)?.epsilon(epsilon)?)
        }
        ("adamw", &[beta1, beta2, epsilon, decay]) => Box::new(
            AdamW::new(rate, decay)?
                .betas(beta1, beta2)?
                .epsilon(epsilon)?,
        ),
        ("rmsprop", &[smoothing, epsilon]) => {
            Box::new(RmsProp::new(rate)?.smoothing(smoothing)?.epsilon(epsilon)?)
        }
        _ => return Err(Error::argument("optimizer", format!("unknown: {name:?}"))),
    })
}

/// A schedule by name, with its numbers.
fn schedule(name: &str, first: f64, last: f64, steps: usize) -> Result<Schedule> {
    match name {
        "linear" => Schedule::linear(first, last, steps),
        "cosine" => Schedule::cosine(first, last, steps),
        "exponential" => Schedule::exponential(first, last),
        "step_decay" => Schedule::step_decay(first, last, steps),
        _ => Err(Error::argument("schedule", format!("unknown: {name:?}"))),
    }
}

/// Rows of a contiguous array.
struct Rows {
    numbers: Vec<f64>,
    width: usize,
    count: usize,
}

impl Rows {
    fn new(name: &'static str, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        let numbers = Numbers::new(name, rows)?;
        let &[_, width] = numbers.shape() else {
            return Err(numbers.wrong_shape("rows of numbers (two axes)"));
        };
        let table = numbers.rows(width)?;
        let all = (0..table.count()).flat_map(|row| table.row(row)).collect();
        Ok(Self {
            numbers: all,
            width,
            count: table.count(),
        })
    }
}

impl Tabular for Rows {
    fn row_count(&self) -> usize {
        self.count
    }

    fn append_row(&self, row: usize, values: &mut Vec<f64>) {
        values.extend_from_slice(&self.numbers[row * self.width..][..self.width]);
    }
}

/// The choices of a run.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Options {
    epochs: usize,
    batch: usize,
    seed: u64,
    shuffle: bool,
    l2: f64,
    patience: Option<usize>,
    min_delta: f64,
    threads: usize,
    level: String,
    optimizer: (String, f64, Vec<f64>),
    schedule: Option<(String, f64, f64, usize)>,
    validation: Option<Py<PyAny>>,
    on_step: Option<Py<PyAny>>,
    on_epoch: Option<Py<PyAny>>,
}

/// An epoch: its number, steps, loss and validation loss.
type Epoch = (usize, usize, f64, Option<f64>);

/// Whether to go on after a callback, which stops the run by returning `False`.
fn call_back<'py>(
    py: Python<'py>,
    callback: &Py<PyAny>,
    arguments: impl PyCallArgs<'py>,
) -> Result<ControlFlow<()>> {
    let stops = || {
        let answer = callback.call1(py, arguments)?.into_bound(py);
        // NumPy's comparisons give booleans of its own.
        let kind = answer.get_type().name()?;
        let is_boolean = answer.is_instance_of::<PyBool>() || kind == "bool" || kind == "bool_";
        Ok(is_boolean && !answer.is_truthy()?)
    };
    Ok(if stops().map_err(raise_later)? {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    })
}

/// Trains parameters on rows: see `chainrule.nn.fit`.
#[pyfunction]
pub(crate) fn fit(
    py: Python<'_>,
    parameters: &Bound<'_, PyAny>,
    rows: &Bound<'_, PyAny>,
    loss: &Bound<'_, PyAny>,
    options: &Bound<'_, PyAny>,
) -> PyResult<(Vec<Epoch>, &'static str)> {
    let options: Options = options.extract()?;
    let loss = loss.clone().unbind();
    let uniform = Parameters::trainable(parameters)?;
    if uniform.numbers.is_empty() {
        return Err(PyValueError::new_err("parameters: there are none to train"));
    }
    let level = level_named(&options.level)?;
    let rows = Rows::new("rows", rows)?;
    let validation = options
        .validation
        .as_ref()
        .map(|rows| Rows::new("validation", rows.bind(py)))
        .transpose()?;
    let mut model = uniform.numbers.clone();
    let run = || -> Result<_> {
        let (name, rate, numbers) = &options.optimizer;
        let mut optimizer = optimizer(name, *rate, numbers)?;
        let looked = Cell::new(Instant::now());
        let mut fit = Fit::new()
            .epochs(options.epochs)
            .batch(options.batch)
            .seed(options.seed)
            .l2(options.l2)
            .min_delta(options.min_delta)
            .threads(options.threads)
            .level(level)
            .on_step(|step, model: &Vec<f64>| {
                let interrupted = looked.get().elapsed() >= LOOKS;
                if !interrupted && options.on_step.is_none() {
                    return Ok(ControlFlow::Continue(()));
                }
                looked.set(Instant::now());
                Python::attach(|py| {
                    py.check_signals().map_err(raise_later)?;
                    let Some(callback) = &options.on_step else {
                        return Ok(ControlFlow::Continue(()));
                    };
                    uniform.set(model);
                    let of = (
                        step.epoch,
                        step.epochs,
                        step.step,
                        step.steps,
                        step.loss,
                        step.rate,
                    );
                    call_back(py, callback, of)
                })
            });
        if let Some(callback) = &options.on_epoch {
            fit = fit.on_epoch(|epoch, model: &Vec<f64>| {
                Python::attach(|py| {
                    uniform.set(model);
                    call_back(
                        py,
                        callback,
                        (epoch.epoch, epoch.steps, epoch.loss, epoch.validation),
                    )
                })
            });
        }
        if !options.shuffle {
            fit = fit.in_order();
        }
        if let Some((name, first, last, steps)) = &options.schedule {
            fit = fit.schedule(schedule(name, *first, *last, *steps)?);
        }
        if let Some(patience) = options.patience {
            fit = fit.patience(patience);
        }
        if let Some(validation) = &validation {
            fit = fit.validation(validation);
        }
        fit.run(&mut model, &rows, &mut *optimizer, |vars, row_vars| {
            Python::attach(|py| {
                let row: Vec<f64> = row_vars.iter().map(|x| x.peek()).collect();
                let (outputs, _) = uniform.record(py, &loss, vars, &row, row_vars)?;
                let [loss] = outputs[..] else {
                    let found = outputs.len();
                    let problem = format!(
                        "loss: must be one value, found {found}; add them, for example by sum(…)"
                    );
                    return Err(raise_later(PyValueError::new_err(problem)));
                };
                Ok::<_, Error>(loss)
            })
        })
    };
    let history = py.detach(|| engine(run));
    // Also after an error, the parameters are those of the last step.
    uniform.set(&model);
    let history = history?.map_err(|error| raised(py, &error))?;
    let epochs = history.epochs.iter();
    let epochs = epochs.map(|epoch| (epoch.epoch, epoch.steps, epoch.loss, epoch.validation));
    let ended = match history.ended {
        Ended::Epochs => "epochs",
        Ended::Patience => "patience",
        Ended::Callback => "callback",
        _ => "other",
    };
    Ok((epochs.collect(), ended))
}
