//! The program itself: its contents, its variants, and its derivatives as programs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::answers::Answers;
use super::core::Core;
use crate::backend::{Backend, Compiled};
use crate::error::{Error, Result, check_length};
use crate::interpreter::Interpreter;
use crate::ir::{self, Class, Found, Guard, Ir, Level, Sources, interpret};
use crate::transform::{self, Transform};

/// A compiled function of scalars: its graph was recorded once and is evaluated at new points.
///
/// Values and derivatives have the bits of the tape at level [`Exact`](Level::Exact). A program is immutable, cheap to
/// clone, and can be shared by threads. Numbers computed with plain `f64`s while tracing, and branches taken while tracing,
/// are part of the program. Comparisons of recorded values are checked at each point; if one takes a different branch, the
/// result is an [error](crate::BranchChanged), never a wrong number.
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
    core: Core,
    transformed: Mutex<FxHashMap<Transform, Program>>,
    /// Memory for evaluations that is currently unused.
    pool: Mutex<Vec<Answers>>,
}

impl Program {
    pub(super) fn new(ir: Ir, guards: Vec<Guard>) -> Self {
        Self::with(ir, guards, Level::Exact, Arc::new(Interpreter::default()))
    }

    fn with(ir: Ir, guards: Vec<Guard>, level: Level, backend: Arc<dyn Backend>) -> Self {
        Self(Arc::new(Inner {
            core: Core::new(ir, guards, level, backend),
            transformed: Mutex::default(),
            pool: Mutex::default(),
        }))
    }

    /// A program with this code and the same guards, level and backend.
    pub(crate) fn with_ir(&self, ir: Ir) -> Self {
        self.with_ir_and_guards(ir, self.core().guards.clone())
    }

    fn with_ir_and_guards(&self, ir: Ir, guards: Vec<Guard>) -> Self {
        let backend = Arc::clone(&self.core().backend);
        Self::with(ir, guards, self.core().level, backend)
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
        let (ir, guards) = (self.ir().clone(), self.core().guards.clone());
        Self::with(ir, guards, level, Arc::clone(&self.core().backend))
    }

    /// The same function, computed by another [backend](crate::backend).
    ///
    /// `tests/suite/backend.rs` in the repository has a small backend.
    ///
    /// # Panics
    /// The program panics at its first question if the backend gives no place to an output, a comparison or a uniform input.
    #[must_use]
    pub fn with_backend(&self, backend: Arc<dyn Backend>) -> Self {
        let (ir, guards) = (self.ir().clone(), self.core().guards.clone());
        Self::with(ir, guards, self.core().level, backend)
    }

    /// The same function, differentiated only with respect to these inputs, in this order. Every derivative then has one
    /// entry, column or direction component for each of them.
    ///
    /// Inputs are counted as in [`inputs`](Self::inputs): the uniform ones, then those of a row. Sums over rows have
    /// derivatives with respect to uniform inputs only; they give an error if another input is chosen.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| x[0] * x[1] * x[2])?.with_respect_to(&[2, 0])?;
    /// assert_eq!(f.gradient(&[2.0, 3.0, 4.0])?, (24.0, vec![6.0, 12.0]));
    /// assert_eq!(f.hessian(&[2.0, 3.0, 4.0])?.2, [0.0, 3.0, 3.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if an index is not below [`inputs`](Self::inputs) or is listed twice.
    pub fn with_respect_to(&self, inputs: &[usize]) -> Result<Self> {
        let count = self.inputs();
        for (place, &input) in inputs.iter().enumerate() {
            let problem = if input >= count {
                format!("index {input} is out of range: the program has {count} inputs")
            } else if inputs[..place].contains(&input) {
                format!("index {input} is listed twice")
            } else {
                continue;
            };
            return Err(Error::argument("inputs", problem));
        }
        let mut ir = self.core().ir.clone();
        ir.variables = Some(inputs.iter().map(|&input| input as u32).collect());
        Ok(self.with_ir(ir))
    }

    /// The inputs that derivatives are taken with respect to, in their order.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| x[0] * x[1] * x[2])?;
    /// assert_eq!(f.variables(), [0, 1, 2]);
    /// assert_eq!(f.with_respect_to(&[2, 0])?.variables(), [2, 0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn variables(&self) -> Vec<usize> {
        let variables = self.ir().variables().into_iter();
        variables.map(|place| place as usize).collect()
    }

    /// The same function with its first `count` inputs uniform (one value for all rows) and the others varying. So a
    /// function that was traced for points can be evaluated over rows, with parameters.
    ///
    /// ```
    /// use chainrule::Program;
    /// let line = Program::trace(3, |x| x[0] * x[2] + x[1])?;
    /// let mut batch = line.with_uniform_inputs(2)?.batch(&[[1.0], [2.0]])?;
    /// assert_eq!(batch.sum_gradient(&[10.0, 5.0])?, (40.0, &[3.0, 2.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if there are fewer than `count` inputs.
    pub fn with_uniform_inputs(&self, count: usize) -> Result<Self> {
        let inputs = self.inputs();
        if count > inputs {
            let problem = format!("must be at most {inputs}, the number of inputs, found {count}");
            return Err(Error::argument("count", problem));
        }
        let mut ir = self.core().ir.clone();
        ir.inputs[..count].fill(Class::Uniform);
        ir.inputs[count..].fill(Class::Varying);
        Ok(self.with_ir(ir))
    }

    /// A derivative as a program. Its outputs are only the derivatives, without the values before them.
    ///
    /// It has the inputs of this program, then those that the [`Transform`] adds, and the same guards and level. It can be
    /// evaluated at points and over rows, and transformed again. It is made once and kept. Inputs that were
    /// [chosen](Self::with_respect_to) stay chosen; otherwise its derivatives are with respect to all its inputs, added ones
    /// included.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// let gradient = f.transform(Transform::Gradient)?;
    /// assert_eq!(gradient.values(&[3.0, 2.0])?, [12.0, 9.0]);
    /// assert_eq!(gradient.gradient(&[3.0, 2.0])?, (12.0, vec![4.0, 6.0])); // of ∂f/∂x₀
    /// let product = f.transform(Transform::Hvp)?; // inputs x, then v
    /// assert_eq!(product.values(&[3.0, 2.0, 1.0, 10.0])?, [64.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if the transform needs an output and there is none.
    pub fn transform(&self, transform: Transform) -> Result<Self> {
        let known = || {
            let transformed = self.0.transformed.lock();
            transformed.unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(program) = known().get(&transform) {
            return Ok(program.clone());
        }
        let made = self.with_ir(transform::last_part(transform.apply(&self.core().base())?));
        Ok(known().entry(transform).or_insert(made).clone())
    }

    /// Chosen mixed derivatives of the first output, as a program. Each output is the derivative with respect to the inputs
    /// in one list, which may repeat inputs. An empty list means the value.
    ///
    /// Lists with a common prefix share its derivatives. The inputs of a list are used in ascending order.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].powi(3) * x[1].exp())?;
    /// let d = f.partials(&[&[], &[0], &[0, 0], &[0, 1], &[0, 0, 0, 1]])?;
    /// assert_eq!(d.values(&[2.0, 0.0])?, [8.0, 12.0, 12.0, 12.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if the program has no outputs, or an index is not below
    /// [`inputs`](Self::inputs).
    pub fn partials(&self, lists: &[&[usize]]) -> Result<Self> {
        Ok(self.with_ir(transform::partials(&self.core().ir, lists)?))
    }

    /// The program with only these outputs, in this order. For example, `f.select(&[0])` has only the first.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| [x[0].sin(), x[0].square()])?;
    /// assert_eq!(f.select(&[1])?.values(&[3.0])?, [9.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if an index is not below [`outputs`](Self::outputs).
    pub fn select(&self, outputs: &[usize]) -> Result<Self> {
        Ok(self.with_ir(transform::select(&self.core().ir, outputs)?))
    }

    /// A program with the outputs of this one, then those of another with the same inputs. Values that both need are
    /// computed once. Its derivatives are with respect to the inputs that were chosen for this program.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace(2, |x| x[0].exp() * x[1])?;
    /// let both = f.join(&f.transform(Transform::Gradient)?)?;
    /// assert_eq!(both.values(&[0.0, 3.0])?, [3.0, 3.0, 1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if the other program has a different number of inputs, and
    /// [`Argument`](crate::ErrorKind::Argument) if its uniform inputs differ.
    pub fn join(&self, other: &Self) -> Result<Self> {
        let name = "the inputs of the other program";
        check_length(name, self.inputs(), other.inputs())?;
        if self.core().ir.inputs != other.core().ir.inputs {
            let problem = "must have the same uniform inputs";
            return Err(Error::argument("the other program", problem));
        }
        let mut guards = self.core().guards.clone();
        guards.extend_from_slice(&other.core().guards);
        Ok(self.with_ir_and_guards(transform::join(self.ir(), other.ir()), guards))
    }

    /// The level: how exactly the program computes.
    ///
    /// ```
    /// use chainrule::{Level, Program};
    /// assert_eq!(Program::trace(1, |x| x[0])?.level(), Level::Exact);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn level(&self) -> Level {
        self.core().level
    }

    /// The number of inputs: the uniform ones, then the varying ones.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows(&[1.0], 2, |p, row| p[0] * row[0] + row[1])?;
    /// assert_eq!((f.inputs(), f.uniform_inputs()), (3, 1));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.core().ir.inputs.len()
    }

    /// The number of uniform inputs, which have one value for all rows.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(3, |x| x[0])?.uniform_inputs(), 0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn uniform_inputs(&self) -> usize {
        self.core().uniform
    }

    /// The names of all inputs, with their groups, as far as they were [named](crate::Var::named) while tracing. `None` for an
    /// input that no output needs.
    ///
    /// ```
    /// use chainrule::{Program, Var};
    /// let (w, b) = (Var::new(2.0).named("w"), Var::new(1.0));
    /// let f = Program::compile(&[w, b], &[w * 3.0 + b])?;
    /// let (_, gradient) = f.gradient(&[2.0, 1.0])?;
    /// let named: Vec<_> = f.input_names().into_iter().zip(gradient).collect();
    /// assert_eq!(named, [(Some("w".to_string()), 3.0), (None, 1.0)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn input_names(&self) -> Vec<Option<String>> {
        let values = self.ir().input_values().into_iter();
        values
            .map(|value| self.ir().origin(value?).path())
            .collect()
    }

    /// The number of outputs.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| [x[0], x[0].exp()])?.outputs(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.core().ir.outputs.len()
    }

    /// The traced code.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| x[0].exp())?.ir().len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn ir(&self) -> &Ir {
        &self.core().ir
    }

    pub(super) fn core(&self) -> &Core {
        &self.0.core
    }

    /// Calls `work` with memory from the pool, and returns the memory afterwards.
    pub(super) fn with_answers<R>(&self, work: impl FnOnce(&mut Answers, &Core) -> R) -> R {
        let pool = || self.0.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pool().pop();
        let mut answers = known.unwrap_or_default();
        let result = work(&mut answers, &self.0.core);
        pool().push(answers);
        result
    }

    /// Whether the traced function read the number of a value.
    pub(super) fn reads_numbers(&self) -> bool {
        self.core().guards.iter().any(Guard::is_read)
    }

    /// The code from which derivatives are made.
    pub(crate) fn base(&self) -> Ir {
        let mut base = self.core().base().into_owned();
        base.sources = Sources::default();
        base
    }

    /// Code made of this program's, shortened by the passes of its level.
    pub(crate) fn shortened(&self, ir: Ir) -> Ir {
        ir::apply(ir, self.core().passes)
    }

    /// Compiles code made of this program's, for its level and backend.
    pub(crate) fn compile_part(&self, ir: &Ir, guards: &[Guard]) -> Compiled {
        Compiled::new(ir, guards, &*self.core().backend, self.core().level)
    }

    /// The comparisons, in the order of the code's guards.
    pub(crate) fn guards(&self) -> &[Guard] {
        &self.core().guards
    }

    /// Checks the comparisons, given every value of the traced code.
    pub(crate) fn check_guards(&self, values: &[f64]) -> Result<()> {
        for (sides, guard) in self.ir().guards().iter().zip(self.guards()) {
            let [left, right] = sides.map(|id| values[id as usize]);
            if !guard.holds(left, right) {
                return Err(guard.error(None, left, right));
            }
        }
        Ok(())
    }

    /// What every comparison found while tracing.
    pub(super) fn found(&self) -> Vec<Found> {
        let guards = self.ir().guards().iter().zip(&self.core().guards);
        guards
            .map(|(&[_, right], guard)| guard.found(self.ir().constant(right)))
            .collect()
    }

    /// What the comparisons find at a point, up to the first that has another outcome than while tracing; `None` if none has.
    pub(super) fn found_until_changed(&self, x: &[f64]) -> Option<Vec<Found>> {
        let values = interpret(self.ir(), x, |_, _, _, _| ());
        let mut found = Vec::new();
        for (sides, guard) in self.ir().guards().iter().zip(&self.core().guards) {
            let [left, right] = sides.map(|id| values[id as usize]);
            found.push(guard.find(left, right));
            if !guard.holds(left, right) {
                return Some(found);
            }
        }
        None
    }

    /// Checks that every comparison takes the same branch at this point as when the program was traced.
    pub(super) fn check_branches(&self, x: &[f64]) -> Result<()> {
        self.with_answers(|answers, core| answers.ask(core, Transform::Values, x, &[]).map(|_| ()))
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("inputs", &self.inputs())
            .field("outputs", &self.outputs())
            .field("values", &self.core().ir.len())
            .field("level", &self.core().level)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Program {
    /// The traced code: one value per line, then the outputs and the guarded comparisons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core().ir.fmt(f)
    }
}
