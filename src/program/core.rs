//! The contents of a program, and its compiled questions.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::backend::{Backend, Compiled};
use crate::error::{Result, check_length};
use crate::ir::{self, Class, Guard, Ir, Level, Selection, Sources};
use crate::transform::{Parts, Transform, sum_over_rows};

/// The traced code, its level and backend, and everything compiled so far.
pub(super) struct Core {
    pub(super) ir: Ir,
    /// The comparisons whose outcome must stay the same, in the order of the code's guards.
    pub(super) guards: Vec<Guard>,
    pub(super) level: Level,
    pub(super) backend: Arc<dyn Backend>,
    pub(super) passes: Selection,
    pub(super) uniform: usize,
    compiled: Mutex<FxHashMap<(Transform, Over), Question>>,
}

/// A compiled question, and the parts of its answer.
pub(super) type Question = (Arc<Compiled>, Parts);

/// Where a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Over {
    /// One point.
    Point,
    /// Each row of data.
    Rows,
    /// The sums of the outputs over all rows.
    Sum,
}

impl Core {
    pub(super) fn new(ir: Ir, guards: Vec<Guard>, level: Level, backend: Arc<dyn Backend>) -> Self {
        let is_uniform = |class: &&Class| **class == Class::Uniform;
        Self {
            uniform: ir.inputs.iter().filter(is_uniform).count(),
            ir,
            guards,
            level,
            backend,
            passes: Selection::at(level),
            compiled: Mutex::default(),
        }
    }

    /// The number of inputs that derivatives are taken with respect to.
    pub(super) fn variables(&self) -> usize {
        match &self.ir.variables {
            Some(chosen) => chosen.len(),
            None => self.ir.inputs.len(),
        }
    }

    /// The number of uniform inputs that derivatives are taken with respect to.
    pub(super) fn uniform_variables(&self) -> usize {
        let chosen = self.ir.variables().into_iter();
        let is_uniform = |place: &u32| self.ir.inputs[*place as usize] == Class::Uniform;
        chosen.filter(is_uniform).count()
    }

    /// The code from which derivatives are made.
    pub(super) fn base(&self) -> Cow<'_, Ir> {
        let shorter = ir::before_derivatives(&self.ir, self.passes);
        shorter.map_or(Cow::Borrowed(&self.ir), Cow::Owned)
    }

    /// The code that answers a question, before the passes, and the parts of the answer.
    pub(super) fn code_for(&self, transform: Transform, over: Over) -> Result<(Ir, Parts)> {
        let mut base = self.base();
        if base.sources.are_known() {
            // Messages use the traced code.
            base.to_mut().sources = Sources::default();
        }
        if transform == Transform::Values && base.variables.is_some() {
            // Nothing is differentiated, so any choice of inputs will do.
            base.to_mut().variables = None;
        }
        Ok(match over {
            Over::Rows => transform.apply(&base)?,
            Over::Sum => transform.apply(&sum_over_rows(base.into_owned())?)?,
            Over::Point => {
                let (ir, parts) = transform.apply(&base)?;
                (ir.with_inputs(Class::Uniform), parts)
            }
        })
    }

    /// Whether the code of the Hessian's diagonal would be many times as long as that of the gradient.
    pub(super) fn diagonal_is_long(&self, over: Over) -> Result<bool> {
        let base = match over {
            Over::Sum => Cow::Owned(sum_over_rows(self.base().into_owned())?),
            Over::Rows | Over::Point => self.base(),
        };
        Ok(Transform::HessianDiagonal.by_row(&base)?.is_some())
    }

    /// The compiled code that answers a question. The first call compiles it.
    pub(super) fn compiled(&self, transform: Transform, over: Over) -> Result<Question> {
        let known = || self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(question) = known().get(&(transform, over)) {
            return Ok(question.clone());
        }
        // Not under the lock: other questions go on meanwhile, and a backend may ask some itself.
        let (ir, parts) = self.code_for(transform, over)?;
        let ir = ir::apply(ir, self.passes);
        let compiled = Compiled::new(&ir, &self.guards, &*self.backend, self.level);
        let made = (Arc::new(compiled), parts);
        Ok(known().entry((transform, over)).or_insert(made).clone())
    }

    /// Checks the number of values of a point.
    pub(super) fn check_point(&self, x: &[f64]) -> Result<()> {
        let (inputs, uniform) = (self.ir.inputs.len(), self.uniform);
        if uniform == 0 || uniform == inputs || x.len() == inputs {
            return check_length("x", inputs, x.len());
        }
        let name = format!("x ({uniform} uniform, then {} of a row)", inputs - uniform);
        check_length(&name, inputs, x.len())
    }
}
