//! The steps of runs, for tests.

use super::Runs;
use crate::backend::Place;
use crate::interpreter::steps::{Step, Together};

impl Runs {
    pub(crate) fn steps(&self) -> Vec<Together> {
        let steps = self.list.iter().map(|run| {
            let addresses = self.addresses(run);
            let operands = |member| -> Vec<Place> {
                match addresses {
                    // All operands of a single value.
                    &[only] if run.count == 1 => (0..run.len)
                        .map(|place| self.slot(only, place))
                        .map(Place::Shared)
                        .collect(),
                    each => each
                        .iter()
                        .map(|&address| Place::Shared(self.slot(address, member)))
                        .collect(),
                }
            };
            let step = |member| Step {
                op: Some(run.op),
                dst: Place::Shared(run.dst + member),
                operands: operands(member),
            };
            (0..run.count).map(step).collect()
        });
        steps.collect()
    }
}
