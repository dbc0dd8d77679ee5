//! The steps of sums over rows, for tests.

use super::Pairs;
use crate::backend::Place;
use crate::interpreter::steps::{Step, Together};

impl Pairs {
    pub(crate) fn steps(&self) -> Together {
        let sums = self.slots.len();
        let step = |(place, &slot): (usize, &u32)| Step {
            op: None,
            dst: Place::Shared(slot),
            operands: self.factors[place..]
                .iter()
                .step_by(sums)
                .flatten()
                .copied()
                .collect(),
        };
        self.slots.iter().enumerate().map(step).collect()
    }
}
