//! What a plan computes, step by step, for tests.

use crate::backend::Place;
use crate::op::Op;

/// The computation of one value: an operation on operands, or a sum over rows of products of pairs.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) op: Option<Op>,
    pub(crate) dst: Place,
    pub(crate) operands: Vec<Place>,
}

/// The steps of one instruction. None of them may read what another one writes.
pub(crate) type Together = Vec<Step>;
