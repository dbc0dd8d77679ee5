//! What a plan computes, step by step, for tests.

use crate::backend::Place;
use crate::op::Op;

/// One value that is computed: by an operation of operands, or as a sum over rows of pairs of factors.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) op: Option<Op>,
    pub(crate) dst: Place,
    pub(crate) operands: Vec<Place>,
}

/// The steps of one instruction: none of them may read what another writes.
pub(crate) type Together = Vec<Step>;
