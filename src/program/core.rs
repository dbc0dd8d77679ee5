//! What a program is made of, and its questions compiled.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::backend::{Backend, Compiled};
use crate::error::{Error, Result};
use crate::ir::{self, Class, Guard, Ir, Level, Selection};
use crate::transform::{Parts, Transform, sum_over_rows};

/// The traced code, how it is compiled, and what was compiled so far.
pub(super) struct Core {
    pub(super) ir: Ir,
    /// The comparisons whose outcome must stay the same, in the order of the code's.
    pub(super) guards: Vec<Guard>,
    pub(super) level: Level,
    pub(super) backend: Arc<dyn Backend>,
    pub(super) passes: Selection,
    pub(super) uniform: usize,
    compiled: Mutex<FxHashMap<(Transform, Over), Question>>,
}

/// A compiled question, and the parts of its answer.
pub(super) type Question = (Arc<Compiled>, Parts);

/// What a question is asked over.
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

    /// How many inputs derivatives are taken with respect to.
    pub(super) fn variables(&self) -> usize {
        match &self.ir.variables {
            Some(chosen) => chosen.len(),
            None => self.ir.inputs.len(),
        }
    }

    /// How many uniform inputs derivatives are taken with respect to.
    pub(super) fn uniform_variables(&self) -> usize {
        let chosen = self.ir.variables().into_iter();
        let is_uniform = |place: &u32| self.ir.inputs[*place as usize] == Class::Uniform;
        chosen.filter(is_uniform).count()
    }

    /// The code that derivatives are made from.
    pub(super) fn base(&self) -> Ir {
        ir::before_derivatives(&self.ir, self.passes).unwrap_or_else(|| self.ir.clone())
    }

    /// The code that answers a question before the passes, and the parts of the answer.
    pub(super) fn code_for(&self, transform: Transform, over: Over) -> Result<(Ir, Parts)> {
        let base = self.base();
        Ok(match over {
            Over::Rows => transform.apply(&base)?,
            Over::Sum => transform.apply(&sum_over_rows(&base))?,
            Over::Point => {
                let (ir, parts) = transform.apply(&base)?;
                (ir.with_inputs(Class::Uniform), parts)
            }
        })
    }

    /// The compiled code that answers a question, made the first time it is asked.
    pub(super) fn compiled(&self, transform: Transform, over: Over) -> Result<Question> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(&(transform, over)) {
            return Ok(known.clone());
        }
        let (ir, parts) = self.code_for(transform, over)?;
        let ir = ir::apply(ir, self.passes);
        let made = (
            Arc::new(Compiled::new(&ir, &self.guards, &*self.backend, self.level)),
            parts,
        );
        compiled.insert((transform, over), made.clone());
        Ok(made)
    }

    pub(super) fn check_some_output(&self) -> Result<()> {
        if self.ir.outputs.is_empty() {
            return Err(Error::argument("outputs", "the program has none"));
        }
        Ok(())
    }
}
