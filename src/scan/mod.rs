//! A step that is repeated: recurrent networks, integrators, filters. The step is compiled once.
//!
//! ```text
//! start ──> step ──> state ──> step ──> state ── … ──> state ──> end
//!            │ row 0          │ row 1                              │
//!            └─ output 0      └─ output 1                          └─ output
//! ```
//!
//! Derivatives go through the same code backward, step by step: the forward steps keep what the backward steps read.

mod questions;
mod sequences;
mod stage;
mod tangent;
mod worker;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use self::stage::Stage;
use self::worker::Worker;
use crate::error::{Error, Result, counted};
use crate::program::Program;
use crate::transform::StepShape;

/// A program that is repeated: each step computes the next state from the parameters, the state and a row of data.
///
/// The step is a program with uniform parameters ([`trace_rows`](Program::trace_rows)). Its varying inputs are the state, then
/// the row of the step. Its first outputs are the next state; further outputs are the step's own. The *value* of a scan is the
/// sum of the first own output over all steps, plus the first output of the [end](Self::with_end), a program of the parameters
/// and the last state.
///
/// The work is that of the steps, and the code does not grow with their number. The derivatives have the bits of one
/// recording of all steps at level [`Exact`](crate::Level::Exact) in which every step begins with
/// [fresh](crate::derive::recorded::fresh) states, as with [`derive::unroll`](crate::derive::unroll()). The step and
/// the end each keep their own level and [backend](Program::with_backend).
///
/// ```
/// use chainrule::{Program, Scan};
///
/// // A damped spring, in steps of 0.01. The parameters are the stiffness and the damping.
/// let step = Program::trace_rows(&[4.0, 0.1], 2, |p, state| {
///     let (x, v) = (state[0], state[1]);
///     let v = v - (p[0] * x + p[1] * v) * 0.01;
///     [x + v * 0.01, v]
/// })?;
/// let end = Program::trace_rows(&[4.0, 0.1], 2, |_, state| state[0].square())?;
/// let spring = Scan::new(&step, 2)?.with_end(&end)?;
///
/// // A step without a row of data: rows of no numbers.
/// let rows = [[]; 1000];
/// let (value, gradient) = spring.gradient(&[4.0, 0.1], &[1.0, 0.0], &rows)?;
/// assert_eq!(value, spring.value(&[4.0, 0.1], &[1.0, 0.0], &rows)?);
/// assert_eq!(gradient.len(), 4); // with respect to the two parameters, then the start
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// Parameters may be a structure, as in [`trace_rows`](Program::trace_rows). A gradient begins with the derivatives with respect
/// to its numbers, in the order of the list in `parameters!`:
///
/// ```
/// use chainrule::{Parameters, Program, Scan};
///
/// struct Spring<S> {
///     stiffness: S,
///     damping: S,
/// }
///
/// chainrule::parameters!(Spring { stiffness, damping });
///
/// let spring = Spring { stiffness: 4.0, damping: 0.1 };
/// let step = Program::trace_rows(&spring, 2, |p, state| {
///     let (x, v) = (state[0], state[1]);
///     let v = v - (p.stiffness * x + p.damping * v) * 0.01;
///     [x + v * 0.01, v]
/// })?;
/// let end = Program::trace_rows(&spring, 2, |_, state| state[0].square())?;
/// let scan = Scan::new(&step, 2)?.with_end(&end)?;
/// let (_, gradient) = scan.gradient(&spring, &[1.0, 0.0], &[[]; 100])?;
/// let slopes = spring.with_parameters(&gradient[..spring.parameter_count()])?;
/// assert_eq!([slopes.stiffness, slopes.damping], gradient[..2]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// A step without a state is a map: its derivatives are sums over the rows, which a [`Batch`](crate::Batch) computes side by
/// side.
pub struct Scan {
    step: Program,
    end: Option<Program>,
    state: usize,
    by_rows: bool,
    /// The most bytes of intermediate values that are kept for each thread.
    memory: usize,
    plans: Mutex<FxHashMap<Question, Arc<Plan>>>,
    tangent: Mutex<Option<Arc<Scan>>>,
}

/// Which code a question needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question {
    /// Whether derivatives are asked for.
    derivatives: bool,
    /// Whether many sequences are computed side by side.
    many: bool,
}

/// A compiled question, and memory that is currently unused.
#[derive(Debug)]
struct Plan {
    step: Arc<Stage>,
    end: Option<Arc<Stage>>,
    idle: Mutex<Vec<Worker>>,
}

/// The default bound for the memory of intermediate values: about the size of a last cache.
const MEMORY: usize = 64 << 20;

impl Scan {
    /// The repetition of a step with `state` values of state.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// // A running sum of squares: the state is the sum, the row is one number.
    /// let step = Program::trace_rows(&[1.0], 2, |p, inputs| [inputs[0] + p[0] * inputs[1].square()])?;
    /// let sum = Scan::new(&step, 1)?;
    /// assert_eq!(sum.values(&[1.0], &[0.0], &[[1.0], [2.0], [3.0]])?, [1.0, 5.0, 14.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if the step has no outputs, or fewer varying inputs or outputs than the state has
    /// values, or if it was made [`with_respect_to`](Program::with_respect_to) some of its inputs: a scan differentiates with
    /// respect to all parameters and the start.
    pub fn new(step: &Program, state: usize) -> Result<Self> {
        check_variables("step", step)?;
        if step.outputs() == 0 {
            return Err(Error::argument(
                "step",
                "expected at least 1 output, found 0",
            ));
        }
        let varying = step.inputs() - step.uniform_inputs();
        for (found, what) in [(varying, "varying input"), (step.outputs(), "output")] {
            if found < state {
                let (expected, values) = (counted(state, what), counted(state, "value"));
                let problem =
                    format!("expected at least {expected} for {values} of state, found {found}");
                return Err(Error::argument("step", problem));
            }
        }
        Ok(Self {
            step: step.clone(),
            end: None,
            state,
            by_rows: false,
            memory: MEMORY,
            plans: Mutex::default(),
            tangent: Mutex::default(),
        })
    }

    /// Adds the first output of a program of the parameters and the last state to the value.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.5], 1, |p, x| [x[0] * p[0]])?;
    /// let end = Program::trace_rows(&[0.5], 1, |_, x| x[0].square())?;
    /// let scan = Scan::new(&step, 1)?.with_end(&end)?;
    /// assert_eq!(scan.value(&[0.5], &[8.0], &[[]; 3])?, 1.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if the program has other numbers of parameters or state values than the step,
    /// no output, or chosen [inputs](Program::with_respect_to).
    pub fn with_end(mut self, end: &Program) -> Result<Self> {
        check_variables("end", end)?;
        let varying = end.inputs() - end.uniform_inputs();
        for (expected, found, class) in [
            (self.step.uniform_inputs(), end.uniform_inputs(), "uniform"),
            (self.state, varying, "varying"),
        ] {
            if expected != found {
                let inputs = counted(expected, &format!("{class} input"));
                let problem = format!("expected {inputs}, found {found}");
                return Err(Error::argument("end", problem));
            }
        }
        if end.outputs() == 0 {
            return Err(Error::argument(
                "end",
                "expected at least 1 output, found 0",
            ));
        }
        self.end = Some(end.clone());
        self.plans = Mutex::default();
        self.tangent = Mutex::default();
        Ok(self)
    }

    /// Also differentiates with respect to the rows: [`gradient`](Self::gradient) then ends with one derivative for each number
    /// of each row. The other questions have no derivatives with respect to the rows; [`sum_gradient`](Self::sum_gradient)
    /// returns an error.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[2.0], 2, |p, inputs| [inputs[0] * p[0] + inputs[1]])?;
    /// let end = Program::trace_rows(&[2.0], 1, |_, x| x[0])?;
    /// let scan = Scan::new(&step, 1)?.with_end(&end)?.with_rows();
    /// let (value, gradient) = scan.gradient(&[2.0], &[1.0], &[[1.0], [1.0]])?;
    /// assert_eq!((value, gradient), (7.0, vec![5.0, 4.0, 2.0, 1.0])); // with respect to p, the start, the rows
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn with_rows(mut self) -> Self {
        self.by_rows = true;
        self.plans = Mutex::default();
        self
    }

    /// Bounds the memory for intermediate values, in bytes for each thread; the default is 64 MiB. If the values of all steps
    /// need more, only stretches of steps are kept, with the state before each, and every stretch but the last is computed
    /// twice. No bit depends on it.
    ///
    /// At least one step is always kept. With the smallest memory, the states before all steps are kept as well. A copy of the rows
    /// comes on top.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.999], 1, |p, x| [(x[0] * p[0]).sin()])?;
    /// let end = Program::trace_rows(&[0.999], 1, |_, x| x[0])?;
    /// let scan = || Scan::new(&step, 1)?.with_end(&end);
    /// let rows = vec![[]; 10_000];
    /// let all = scan()?.gradient(&[0.999], &[1.0], &rows)?;
    /// assert_eq!(scan()?.memory(1000).gradient(&[0.999], &[1.0], &rows)?, all);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self.plans = Mutex::default();
        self.tangent = Mutex::default();
        self
    }

    /// The program of a step.
    ///
    /// ```
    /// use chainrule::{Program, Scan};
    /// let step = Program::trace_rows(&[0.5], 1, |p, x| [x[0] * p[0]])?;
    /// assert_eq!(Scan::new(&step, 1)?.step().outputs(), 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn step(&self) -> &Program {
        &self.step
    }

    fn parameters(&self) -> usize {
        self.step.uniform_inputs()
    }

    /// The numbers in a row.
    fn row(&self) -> usize {
        self.step.inputs() - self.parameters() - self.state
    }

    /// Whether there is a value to differentiate.
    fn check_value(&self) -> Result<()> {
        if self.end.is_some() || self.step.outputs() > self.state {
            return Ok(());
        }
        let problem = "has no output besides its state; give it one, or give the scan an end";
        Err(Error::argument("step", problem))
    }

    fn plan(&self, question: Question) -> Arc<Plan> {
        let known = || self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = known().get(&question) {
            return Arc::clone(plan);
        }
        let Question { derivatives, many } = question;
        let own = self.step.outputs() > self.state;
        let shape = StepShape {
            parameters: self.parameters(),
            state: self.state,
            row: self.row(),
            next: self.state,
            loss: own.then_some(self.state),
            by_row: self.by_rows && !many,
            many,
        };
        let of_end = StepShape {
            row: 0,
            next: 0,
            loss: Some(0),
            by_row: false,
            ..shape
        };
        let stage = |program: &Program, shape| Arc::new(Stage::new(program, shape, derivatives));
        let plan = Arc::new(Plan {
            step: stage(&self.step, shape),
            end: self.end.as_ref().map(|end| stage(end, of_end)),
            idle: Mutex::default(),
        });
        Arc::clone(known().entry(question).or_insert(plan))
    }
}

impl Plan {
    /// Calls `work` with this many workers, and keeps their memory for the next call.
    fn with_workers<R>(&self, count: usize, work: impl FnOnce(&mut [Worker]) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut workers: Vec<Worker> = {
            let mut idle = idle();
            let known = idle.len().min(count);
            let rest = idle.len() - known;
            idle.drain(rest..).collect()
        };
        workers.resize_with(count, || Worker::new(&self.step, self.end.as_ref()));
        let result = work(&mut workers);
        idle().extend(workers);
        result
    }
}

fn check_variables(name: &str, program: &Program) -> Result<()> {
    if program.ir().variables.is_none() {
        return Ok(());
    }
    let problem = "was made with respect to some of its inputs, but a scan differentiates with respect to all";
    Err(Error::argument(name, problem))
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("parameters", &self.parameters())
            .field("state", &self.state)
            .field("row", &self.row())
            .finish_non_exhaustive()
    }
}
