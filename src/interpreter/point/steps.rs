//! The steps of runs, for tests.

use super::{Kernel, Run, Runs};
use crate::backend::Place;
use crate::interpreter::steps::{Step, Together};

impl Runs {
    pub(crate) fn steps(&self) -> Vec<Together> {
        let steps = self.list.iter().map(|run| {
            let step = |(dst, operands): (u32, Vec<u32>)| Step {
                op: Some(run.op),
                dst: Place::Shared(dst),
                operands: operands.into_iter().map(Place::Shared).collect(),
            };
            (run.dst..).zip(self.operands(run)).map(step).collect()
        });
        steps.collect()
    }

    /// The slots of the operands of each value of a run.
    fn operands(&self, run: &Run) -> Vec<Vec<u32>> {
        let (count, operands) = (run.count as usize, run.operands as usize);
        let first = run.addresses as usize;
        match run.kernel {
            Kernel::Single(_) => vec![self.table[first..][..operands].to_vec()],
            Kernel::Fold(_) => vec![self.slots(self.addresses[first], run.operands)],
            Kernel::Each(_) => {
                let addresses = self.addresses[first..][..operands].iter();
                let slots = addresses.map(|&address| self.slots(address, run.count));
                let slots: Vec<Vec<u32>> = slots.collect();
                let of_value = |value: usize| slots.iter().map(|slots| slots[value]).collect();
                (0..count).map(of_value).collect()
            }
        }
    }
}
