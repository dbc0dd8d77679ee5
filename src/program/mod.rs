//! Programs: a graph compiled once and replayed at new points, one at a time or over many rows of data.
//!
//! ```text
//!   graph ── trace ── code ── reverse, forward ── passes ── schedule ── plan ── evaluator, batch
//!                       values in order   derivatives added   shortened   runs of one operation
//! ```
//!
//! [`Program`] keeps the traced code and makes a plan for each kind of question the first time it is asked. An
//! [`Evaluator`] answers at one point, a [`Batch`] over rows; each owns the numbers it computes with, so a program can
//! be shared by many threads.

mod batch;
mod blocks;
pub(crate) mod code;
pub(crate) mod derived;
mod elementwise;
mod evaluator;
pub(crate) mod forward;
pub(crate) mod guard;
mod inputs;
mod matrix;
mod members;
mod parallel;
pub(crate) mod passes;
mod plan;
mod point;
mod retrace;
pub(crate) mod reverse;
mod rows;
mod stream;
mod sums;
pub(crate) mod symbol;
#[cfg(test)]
mod tests;
mod trace;
mod tree;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

pub use batch::Batch;
pub use evaluator::Evaluator;
pub use inputs::Outputs;
pub use retrace::Retraced;
pub use stream::Stream;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::parameters::Parameters;
use crate::tape;
use crate::var::{Var, compare};
use code::{Class, Code};
use guard::Guard;
use plan::{Options, Plan};
use symbol::Symbol;

/// How exactly a program computes.
///
/// ```
/// use chainrule::{Level, Program};
///
/// let f = Program::trace(2, |x| x[0] * x[1] + 1.0)?;
/// assert_eq!(f.level(), Level::Exact);
/// assert_eq!(f.at_level(Level::Fast).value(&[2.0, 3.0])?, 7.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Level {
    /// The bits of the tape, values and derivatives alike.
    #[default]
    Exact,
    /// Products are added with one rounding, sums over rows in any order, and constant and uniform factors are moved to
    /// where they are needed less often: fewer instructions, other last bits. What was just representable may overflow.
    Fast,
}

/// A stage of compilation, for [`Program::listing`].
///
/// ```
/// use chainrule::{Program, Stage};
/// let f = Program::trace(1, |x| x[0].exp())?;
/// for stage in [Stage::Traced, Stage::Differentiated, Stage::Optimized, Stage::Scheduled] {
///     println!("{stage:?}:\n{}", f.listing(stage));
/// }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// As recorded: every value in the order of recording.
    Traced,
    /// With the adjoints of the inputs.
    Differentiated,
    /// Shortened by the passes.
    Optimized,
    /// As runs of one operation, products of matrices and sums over rows.
    Scheduled,
}

/// A function of scalars, compiled: its graph was recorded once and is replayed at new points.
///
/// Values and derivatives have the bits of the tape at level [`Exact`](Level::Exact). A program is immutable, cheap to
/// clone and can be shared by threads. What is computed with plain `f64`s while tracing, and every branch taken then, is
/// part of the program; comparisons of recorded values are checked at each point, and where one comes out otherwise the
/// answer is an [error](crate::BranchChanged), never a wrong number.
///
/// ```
/// use chainrule::{Program, Scalar};
///
/// fn rosenbrock<S: Scalar>(x: &[S]) -> S {
///     (x[1] - x[0] * x[0]).square() * 100.0 + (-x[0] + 1.0).square()
/// }
///
/// let f = Program::trace(2, |x| rosenbrock(x))?;
/// let (value, gradient) = f.gradient(&[1.2, 1.0])?;
/// assert_eq!(value, rosenbrock(&[1.2, 1.0]));
/// assert!((gradient[0] - 211.6).abs() < 1e-12 && (gradient[1] + 88.0).abs() < 1e-12);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone)]
pub struct Program(Arc<Inner>);

struct Inner {
    code: Code,
    guards: Vec<Guard>,
    uniform: usize,
    level: Level,
    options: Options,
    plans: Mutex<FxHashMap<Question, Arc<Plan>>>,
    derived: derived::Programs,
}

/// What can be asked of a program: each needs a plan of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// All outputs at one point.
    Values,
    /// The first output and its derivatives by every input, at one point.
    Gradient,
    /// All outputs, and the derivatives by every input of their sum with given weights, at one point.
    Vjp,
    /// All outputs, and their derivatives in a given direction, at one point.
    Jvp,
    /// All outputs of every row.
    RowValues,
    /// The first output of every row, and its derivatives by every input.
    RowGradients,
    /// The first output of every row, and the derivatives of its sum by the uniform inputs.
    SumGradient,
}

impl Program {
    /// Traces a function of `n` inputs, at the point where all are 0.
    ///
    /// Where a branch depends on the inputs, trace [at a point](Self::trace_at) of your own.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] + x[1], x[0] * x[1]])?;
    /// assert_eq!(f.values(&[2.0, 3.0])?, [5.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If an output was recorded outside of `f`, and what `f` itself returns.
    ///
    /// # Panics
    /// If `f` computes with a value recorded outside of it: capture its `value()` instead.
    pub fn trace<O: Outputs>(n: usize, f: impl FnOnce(&[Var]) -> O) -> Result<Self> {
        Self::trace_at(&vec![0.0; n], f)
    }

    /// Traces a function at a point: the branches taken there become part of the program.
    ///
    /// ```
    /// use chainrule::{Program, Var};
    ///
    /// let f = |x: &[Var]| if x[0] > 0.0 { x[0].ln() } else { x[0] };
    /// let program = Program::trace_at(&[1.0], f)?;
    /// assert_eq!(program.value(&[1.0])?, 0.0);
    /// assert!(program.value(&[-1.0]).is_err());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    ///
    /// # Panics
    /// As [`trace`](Self::trace).
    pub fn trace_at<O: Outputs>(point: &[f64], f: impl FnOnce(&[Var]) -> O) -> Result<Self> {
        Self::traced(|| {
            let x: Vec<Var> = point.iter().map(|&x| Var::new(x)).collect();
            let outputs = f(&x);
            (
                x.into_iter().map(|x| (x, Class::Varying)).collect(),
                outputs,
            )
        })
    }

    /// Traces a function of a structure of parameters and a row of data: the parameters are *uniform*, one value for all
    /// rows, the row's `width` values are *varying*.
    ///
    /// The trace is made at the parameters given and a row of zeros; [`trace_rows_at`](Self::trace_rows_at) takes a row.
    /// The inputs of the program are the parameters in their order, then the row.
    ///
    /// ```
    /// use chainrule::Program;
    ///
    /// // The mean squared error of a line, and its gradient over three rows.
    /// let f = Program::trace_rows(&[0.0, 0.0], 2, |p, row| (p[0] * row[0] + p[1] - row[1]).square())?;
    /// let mut batch = f.batch(&[[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]])?;
    /// let (loss, gradient) = batch.mean_gradient(&[2.0, 1.0])?;
    /// assert_eq!((loss, gradient), (0.0, &[0.0, 0.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    ///
    /// # Panics
    /// As [`trace`](Self::trace).
    pub fn trace_rows<U: Parameters + ?Sized, O: Outputs>(
        uniform: &U,
        width: usize,
        f: impl FnOnce(&U::Over<Var>, &[Var]) -> O,
    ) -> Result<Self> {
        Self::trace_rows_at(uniform, &vec![0.0; width], f)
    }

    /// As [`trace_rows`](Self::trace_rows), at a row of your own.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows_at(&[2.0], &[4.0], |p, row| if row[0] > 0.0 { p[0] * row[0].sqrt() } else { p[0] })?;
    /// assert_eq!(f.batch(&[[9.0], [16.0]])?.values(&[1.0])?, [3.0, 4.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    ///
    /// # Panics
    /// As [`trace`](Self::trace).
    pub fn trace_rows_at<U: Parameters + ?Sized, O: Outputs>(
        uniform: &U,
        row: &[f64],
        f: impl FnOnce(&U::Over<Var>, &[Var]) -> O,
    ) -> Result<Self> {
        Self::traced(|| {
            let mut inputs = Vec::new();
            let traced = uniform.map_parameters(&mut |value| {
                let x = Var::new(value);
                inputs.push((x, Class::Uniform));
                x
            });
            let row: Vec<Var> = row.iter().map(|&x| Var::new(x)).collect();
            inputs.extend(row.iter().map(|&x| (x, Class::Varying)));
            let outputs = f(&traced, &row);
            (inputs, outputs)
        })
    }

    /// Runs a function on a fresh graph, its comparisons watched, and takes its inputs and outputs.
    fn traced<O: Outputs>(run: impl FnOnce() -> (Vec<(Var, Class)>, O)) -> Result<Self> {
        let (graph, ((inputs, outputs), comparisons)) = tape::record(|| compare::watch(run));
        let outputs = outputs.outputs()?;
        let (code, guards) = trace::trace(&graph, &inputs, &outputs, &comparisons)?;
        Ok(Self::of(code, guards, Level::Exact))
    }

    /// A program of values recorded on the thread's current graph: the outputs as functions of the inputs.
    ///
    /// What the inputs do not reach is a number to the program. Comparisons made while recording are not known here, so
    /// branches are not guarded; [`trace`](Self::trace) guards them.
    ///
    /// ```
    /// use chainrule::{Program, Var};
    /// let x = Var::new(2.0);
    /// let y = x.square() + x;
    /// let f = Program::compile(&[x], &[y])?;
    /// assert_eq!(f.value(&[3.0])?, 12.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If an input or output was freed or is not on the current graph, or an input is listed twice.
    pub fn compile(inputs: &[Var], outputs: &[Var]) -> Result<Self> {
        tape::with(|graph| Self::compile_graph(graph, inputs, outputs))
    }

    /// As [`compile`](Self::compile), of a graph in hand.
    ///
    /// ```
    /// use chainrule::{Program, Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     (x, x.square())
    /// });
    /// assert_eq!(Program::compile_graph(&graph, &[x], &[y])?.value(&[3.0])?, 9.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_graph(graph: &Graph, inputs: &[Var], outputs: &[Var]) -> Result<Self> {
        let inputs: Vec<(Var, Class)> = inputs.iter().map(|&x| (x, Class::Varying)).collect();
        let (code, guards) = trace::trace(graph, &inputs, outputs, &[])?;
        Ok(Self::of(code, guards, Level::Exact))
    }

    fn of(code: Code, guards: Vec<Guard>, level: Level) -> Self {
        let classes = code.inputs.iter();
        let uniform = classes.filter(|&&class| class == Class::Uniform).count();
        Self(Arc::new(Inner {
            code,
            guards,
            uniform,
            level,
            options: Options::of(level == Level::Fast),
            plans: Mutex::default(),
            derived: derived::Programs::default(),
        }))
    }

    /// The same function at another level.
    ///
    /// ```
    /// use chainrule::{Level, Program};
    /// let f = Program::trace(1, |x| x[0] * x[0] + 1.0)?.at_level(Level::Fast);
    /// assert_eq!(f.level(), Level::Fast);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn at_level(&self, level: Level) -> Self {
        Self::of(self.0.code.clone(), self.0.guards.clone(), level)
    }

    /// How exactly it computes.
    ///
    /// ```
    /// use chainrule::{Level, Program};
    /// assert_eq!(Program::trace(1, |x| x[0])?.level(), Level::Exact);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn level(&self) -> Level {
        self.0.level
    }

    /// How many inputs it has: the uniform ones, then the varying ones.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[1.0], 2, |p, row| p[0] * row[0] + row[1])?;
    /// assert_eq!((f.inputs(), f.uniform_inputs()), (3, 1));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.0.code.inputs.len()
    }

    /// How many of the inputs are uniform: one value for all rows.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| x[0])?.uniform_inputs(), 0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn uniform_inputs(&self) -> usize {
        self.0.uniform
    }

    /// How many outputs it has.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| [x[0], x[0].exp()])?.outputs(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.0.code.outputs.len()
    }

    /// Scratch for evaluations at one point after another.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| x[0].square())?;
    /// let mut at = f.evaluator();
    /// for x in [1.0, 2.0, 3.0] {
    ///     assert_eq!(at.gradient(&[x])?, (x * x, &[2.0 * x][..]));
    /// }
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn evaluator(&self) -> Evaluator {
        Evaluator::new(self.clone())
    }

    /// The first output at a point.
    ///
    /// Many points are cheaper with an [`evaluator`](Self::evaluator), which keeps its memory.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| x[0].square())?.value(&[3.0])?, 9.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `x` has not as many values as there are inputs, there is no output, or a comparison comes out otherwise than
    /// when the program was traced.
    pub fn value(&self, x: &[f64]) -> Result<f64> {
        self.evaluator().value(x)
    }

    /// Every output at a point.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| [x[0], x[0].square()])?.values(&[3.0])?, [3.0, 9.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn values(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.evaluator().values(x).map(<[f64]>::to_vec)
    }

    /// The first output at a point, and its derivatives by every input.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// assert_eq!(f.gradient(&[3.0, 4.0])?, (12.0, vec![4.0, 3.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn gradient(&self, x: &[f64]) -> Result<(f64, Vec<f64>)> {
        let mut evaluator = self.evaluator();
        let (value, gradient) = evaluator.gradient(x)?;
        Ok((value, gradient.to_vec()))
    }

    /// The program's text after a stage of compilation: one value or instruction a line.
    ///
    /// It is the program of the gradient over rows, where there are uniform inputs, and of the gradient at a point where
    /// there are none.
    ///
    /// ```
    /// use chainrule::{Program, Stage};
    /// let f = Program::trace(1, |x| x[0] * x[0] + 0.0 * 3.0)?;
    /// assert!(f.listing(Stage::Traced).contains("v1 = Mul v0 v0"));
    /// assert!(f.listing(Stage::Scheduled).contains("= Adjoint"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn listing(&self, stage: Stage) -> String {
        let question = self.question();
        match stage {
            Stage::Traced => self.0.code.to_string(),
            Stage::Differentiated => self.code_for(question).to_string(),
            Stage::Optimized => {
                passes::apply(&self.code_for(question), self.0.options.passes).to_string()
            }
            Stage::Scheduled => self.plan(question).to_string(),
        }
    }

    /// The memory, in bytes, of the plan that [`listing`](Self::listing) shows: instructions, tables and constants.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert!(Program::trace(1, |x| x[0].exp())?.bytes() < 1000);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        self.plan(self.question()).bytes()
    }

    fn question(&self) -> Question {
        if self.uniform_inputs() > 0 {
            Question::SumGradient
        } else {
            Question::Gradient
        }
    }

    /// The plan for a question, made the first time it is asked.
    pub(crate) fn plan(&self, question: Question) -> Arc<Plan> {
        let mut plans = self.0.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = plans.entry(question).or_insert_with(|| {
            let code = self.code_for(question);
            Arc::new(Plan::new(&code, &self.0.guards, self.0.options))
        });
        Arc::clone(plan)
    }

    /// The code that answers a question.
    fn code_for(&self, question: Question) -> Code {
        use reverse::Rows;
        let other_bits = self.0.level == Level::Fast;
        let contracted = other_bits.then(|| passes::contract(&self.0.code)).flatten();
        let mut code = contracted.unwrap_or_else(|| self.0.code.clone());
        let at_point = matches!(
            question,
            Question::Values | Question::Gradient | Question::Vjp | Question::Jvp
        );
        if at_point {
            code = code.with_inputs(Class::Uniform);
        }
        let all: Vec<u32> = (0..code.inputs.len() as u32).collect();
        let is_uniform = |&place: &u32| code.inputs[place as usize] == Class::Uniform;
        let uniform: Vec<u32> = all.iter().copied().filter(is_uniform).collect();
        match question {
            Question::Values | Question::RowValues => code,
            Question::Gradient | Question::RowGradients | Question::SumGradient => {
                code.outputs.truncate(1);
                let seeds: Vec<_> = code
                    .outputs
                    .iter()
                    .map(|&y| (y, Symbol::Constant(1.0)))
                    .collect();
                match question {
                    Question::SumGradient => reverse::adjoints(&code, &seeds, &uniform, Rows::Sum),
                    _ => reverse::adjoints(&code, &seeds, &all, Rows::Each),
                }
            }
            Question::Vjp => {
                let outputs = code.outputs.clone();
                let seeds: Vec<_> = outputs
                    .into_iter()
                    .map(|y| (y, Symbol::Value(code.push_input(Class::Uniform))))
                    .collect();
                reverse::adjoints(&code, &seeds, &all, Rows::Each)
            }
            Question::Jvp => {
                let directions: Vec<_> = all
                    .iter()
                    .map(|_| Symbol::Value(code.push_input(Class::Uniform)))
                    .collect();
                forward::tangents(code, &directions)
            }
        }
    }

    /// Checks the number of values of an argument.
    pub(crate) fn check_len(name: &str, expected: usize, found: usize) -> Result<()> {
        if expected == found {
            return Ok(());
        }
        Err(Error::length(name, expected, found))
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("inputs", &self.inputs())
            .field("outputs", &self.outputs())
            .field("values", &self.0.code.len())
            .field("level", &self.0.level)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Program {
    /// The traced code: one value a line, outputs and guarded comparisons behind.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.code.fmt(f)
    }
}
