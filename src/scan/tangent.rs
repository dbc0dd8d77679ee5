//! A scan in a direction: the values and their derivatives in one direction are a longer state of another scan.

use std::sync::{Arc, Mutex, PoisonError};

use super::Scan;
use crate::program::Program;
use crate::transform::tangent_step;

impl Scan {
    /// The scan whose parameters, state and outputs are those of this one, each list followed by its derivatives in a
    /// direction; only the step's own outputs are after their derivatives, so that the value is the derivative.
    pub(super) fn tangent(&self) -> Arc<Self> {
        let known = || self.tangent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tangent) = &*known() {
            return Arc::clone(tangent);
        }
        let along = |program: &Program, next| {
            let mut code = program.base();
            // Of the step's own outputs and those of the end, only the first counts.
            code.outputs.truncate(next + 1);
            program.with_ir(tangent_step(code, self.parameters(), self.state, next))
        };
        let made = Arc::new(Self {
            step: along(&self.step, self.state),
            end: self.end.as_ref().map(|end| along(end, 0)),
            state: 2 * self.state,
            by_rows: false,
            memory: self.memory,
            plans: Mutex::default(),
            tangent: Mutex::default(),
        });
        Arc::clone(known().get_or_insert(made))
    }
}
