//! The steps of runs, for tests.

use super::Runs;
use crate::backend::Place;
use crate::interpreter::steps::{Step, Together};
use crate::op::Op;

impl Runs {
    pub(crate) fn steps(&self) -> Vec<Together> {
        let steps = self.list.iter().map(|run| {
            let wide = run.count == 1 && matches!(run.op, Op::Nary(_));
            let (addresses, len) = if wide {
                (1, run.operands)
            } else {
                (run.operands, run.count)
            };
            let addresses = &self.addresses[run.addresses as usize..][..addresses as usize];
            let slots: Vec<Vec<u32>> = addresses
                .iter()
                .map(|&address| self.slots(address, len))
                .collect();
            let operand = |member: u32, place: u32| {
                let (address, value) = if wide { (0, place) } else { (place, member) };
                Place::Shared(slots[address as usize][value as usize])
            };
            let step = |member| Step {
                op: Some(run.op),
                dst: Place::Shared(run.dst + member),
                operands: (0..run.operands)
                    .map(|place| operand(member, place))
                    .collect(),
            };
            (0..run.count).map(step).collect()
        });
        steps.collect()
    }
}
