//! Programs made of a program by differentiation, each made once and kept with it.
//!
//! What they compute is decided in the room `derive`; here they only have a place, beside the program for all its users
//! and beside an evaluator for the numbers that they are evaluated with.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::code::Code;
use super::guard::Guard;
use super::{Batch, Evaluator, Program};
use crate::error::Result;

/// What was asked of a program by way of derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Derived {
    Gradient,
    Jvp,
    Vjp,
    Jacobian,
    ForwardJacobian,
    ReverseJacobian,
    /// All inputs uniform, the direction varying.
    JvpRows,
    /// All inputs uniform, the weights varying.
    VjpRows,
    Hessian,
    Hvp,
    Vhp,
    /// All inputs uniform, the direction varying.
    HvpRows,
    Diagonal,
    Laplacian,
    Third,
    Taylor(usize),
}

/// The derived programs made so far.
#[derive(Default)]
pub(crate) struct Programs(Mutex<FxHashMap<Derived, Program>>);

/// A derived program with numbers to evaluate it with.
#[derive(Debug)]
pub(crate) enum Evaluation {
    /// At one point.
    Point(Box<Evaluator>),
    /// At one point in many directions, and what was computed.
    Directions(Box<Batch>, Vec<f64>),
}

/// The derived programs that an evaluator has been asked for.
pub(crate) type Evaluations = FxHashMap<Derived, Evaluation>;

impl Program {
    /// The traced code.
    pub(crate) fn code(&self) -> &Code {
        &self.0.code
    }

    /// The comparisons that must come out as they did, in the order of the code's.
    pub(crate) fn guards(&self) -> &[Guard] {
        &self.0.guards
    }

    /// A program of other code with the same guards.
    pub(crate) fn with_code(&self, code: Code) -> Self {
        self.with_code_and_guards(code, self.0.guards.clone())
    }

    /// A program of other code and its guards, at the same level.
    pub(crate) fn with_code_and_guards(&self, code: Code, guards: Vec<Guard>) -> Self {
        Self::of(code, guards, self.0.level)
    }

    /// The derived program of a kind, made the first time it is asked for.
    pub(crate) fn derived<E>(
        &self,
        kind: Derived,
        make: impl FnOnce(&Code) -> Result<Code, E>,
    ) -> Result<Self, E> {
        let Programs(programs) = &self.0.derived;
        let known = || programs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = known().get(&kind) {
            return Ok(program.clone());
        }
        // Not under the lock: what is made may ask for other derived programs.
        let program = self.with_code(make(&self.0.code)?);
        Ok(known().entry(kind).or_insert(program).clone())
    }
}
