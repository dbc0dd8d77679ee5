//! Evaluation at one point: takes numbers, lends what was computed.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::derived::{Derived, Evaluation, Evaluations};
use super::plan::{Machine, Plan};
use super::{Program, Question};
use crate::error::{Error, Result};

/// A program with the memory to evaluate it at one point after another.
///
/// What it gives is lent until the next call. After the first call of a kind nothing is allocated.
///
/// ```
/// use chainrule::Program;
///
/// let f = Program::trace(2, |x| [x[0] * x[1], x[0].sin()])?;
/// let mut at = f.evaluator();
/// assert_eq!(at.values(&[0.0, 3.0])?, [0.0, 0.0]);
/// assert_eq!(at.jvp(&[0.0, 3.0], &[1.0, 0.0])?, ([0.0, 0.0].as_slice(), [3.0, 1.0].as_slice()));
/// assert_eq!(at.vjp(&[0.0, 3.0], &[1.0, 10.0])?, ([0.0, 0.0].as_slice(), [13.0, 0.0].as_slice()));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Evaluator {
    program: Program,
    values: Option<Answer>,
    gradient: Option<Answer>,
    vjp: Option<Answer>,
    jvp: Option<Answer>,
    derived: Evaluations,
}

/// A plan with its numbers.
#[derive(Debug)]
struct Answer {
    plan: Arc<Plan>,
    machine: Machine,
    outputs: Vec<f64>,
}

impl Answer {
    /// Evaluates at the inputs, which lie in parts one behind the other.
    fn at(&mut self, parts: &[&[f64]]) -> Result<()> {
        self.plan.run_before(&mut self.machine, |inputs| {
            let mut rest = inputs;
            for part in parts {
                let (place, behind) = rest.split_at_mut(part.len());
                place.copy_from_slice(part);
                rest = behind;
            }
        })?;
        self.outputs.clear();
        self.plan.extend_shared(&self.machine, 0, &mut self.outputs);
        Ok(())
    }
}

/// The answer to a question, made the first time it is asked.
fn answer<'a>(
    slot: &'a mut Option<Answer>,
    program: &Program,
    question: Question,
) -> &'a mut Answer {
    slot.get_or_insert_with(|| {
        let plan = program.plan(question);
        Answer {
            machine: plan.machine(),
            outputs: Vec::with_capacity(plan.outputs()),
            plan,
        }
    })
}

/// Derivatives of 0 have no sign.
fn unsigned(derivatives: &mut [f64]) {
    for derivative in derivatives {
        *derivative += 0.0;
    }
}

impl Evaluator {
    pub(super) fn new(program: Program) -> Self {
        Self {
            program,
            values: None,
            gradient: None,
            vjp: None,
            jvp: None,
            derived: Evaluations::default(),
        }
    }

    /// The program that it evaluates.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0])?;
    /// assert_eq!(f.evaluator().program().inputs(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The first output.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| x[0].square())?.evaluator().value(&[3.0])?, 9.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn value(&mut self, x: &[f64]) -> Result<f64> {
        self.some_output()?;
        Ok(self.values(x)?[0])
    }

    /// Every output.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| [x[0], x[0].square()])?.evaluator().values(&[3.0])?, [3.0, 9.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn values(&mut self, x: &[f64]) -> Result<&[f64]> {
        Program::check_len("x", self.program.inputs(), x.len())?;
        let values = answer(&mut self.values, &self.program, Question::Values);
        values.at(&[x])?;
        Ok(&values.outputs)
    }

    /// The first output, and its derivatives by every input.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0] * x[1])?.evaluator();
    /// assert_eq!(at.gradient(&[3.0, 4.0])?, (12.0, &[4.0, 3.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn gradient(&mut self, x: &[f64]) -> Result<(f64, &[f64])> {
        self.some_output()?;
        Program::check_len("x", self.program.inputs(), x.len())?;
        let gradient = answer(&mut self.gradient, &self.program, Question::Gradient);
        gradient.at(&[x])?;
        unsigned(&mut gradient.outputs[1..]);
        let (value, derivatives) = gradient.outputs.split_at(1);
        Ok((value[0], derivatives))
    }

    /// Every output, and its derivative in the direction `v`: a Jacobian–vector product.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| [x[0] * x[1], x[0]])?.evaluator();
    /// assert_eq!(at.jvp(&[3.0, 4.0], &[1.0, 10.0])?.1, [34.0, 1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`], and if `v` has not as many values as there are inputs.
    pub fn jvp(&mut self, x: &[f64], v: &[f64]) -> Result<(&[f64], &[f64])> {
        let (inputs, outputs) = (self.program.inputs(), self.program.outputs());
        Program::check_len("x", inputs, x.len())?;
        Program::check_len("v", inputs, v.len())?;
        let jvp = answer(&mut self.jvp, &self.program, Question::Jvp);
        jvp.at(&[x, v])?;
        unsigned(&mut jvp.outputs[outputs..]);
        Ok(jvp.outputs.split_at(outputs))
    }

    /// Every output, and the derivatives of `Σ uᵢyᵢ` by every input: a vector–Jacobian product.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| [x[0] * x[1], x[0]])?.evaluator();
    /// assert_eq!(at.vjp(&[3.0, 4.0], &[1.0, 10.0])?.1, [14.0, 3.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`], and if `u` has not as many values as there are outputs.
    pub fn vjp(&mut self, x: &[f64], u: &[f64]) -> Result<(&[f64], &[f64])> {
        let (inputs, outputs) = (self.program.inputs(), self.program.outputs());
        Program::check_len("x", inputs, x.len())?;
        Program::check_len("u", outputs, u.len())?;
        let vjp = answer(&mut self.vjp, &self.program, Question::Vjp);
        vjp.at(&[x, u])?;
        unsigned(&mut vjp.outputs[outputs..]);
        Ok(vjp.outputs.split_at(outputs))
    }

    /// Every output at inputs that lie in parts one behind the other.
    pub(crate) fn values_at(&mut self, parts: &[&[f64]]) -> Result<&[f64]> {
        let values = answer(&mut self.values, &self.program, Question::Values);
        values.at(parts)?;
        Ok(&values.outputs)
    }

    /// What a derived program of a kind is evaluated with, made the first time it is asked for.
    pub(crate) fn derived(
        &mut self,
        kind: Derived,
        make: impl FnOnce(&Program) -> Result<Evaluation>,
    ) -> Result<&mut Evaluation> {
        match self.derived.entry(kind) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(make(&self.program)?)),
        }
    }

    fn some_output(&self) -> Result<()> {
        if self.program.outputs() > 0 {
            return Ok(());
        }
        Err(Error::argument("outputs", "the program has none"))
    }
}
