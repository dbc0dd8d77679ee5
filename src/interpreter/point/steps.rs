//! The steps of runs, for tests.

use super::{Address, Runs};
use crate::backend::Place;
use crate::interpreter::steps::{Step, Together};
use crate::op::Op;

impl Runs {
    pub(crate) fn steps(&self) -> Vec<Together> {
        let slot = |address: Address, member: u32| match address {
            Address::Slots(start) => start + member,
            Address::Same(slot) => slot,
            Address::Table(start) => self.table[(start + member) as usize],
        };
        let steps = self.list.iter().map(|run| {
            let wide = run.count == 1 && matches!(run.op, Op::Nary(_));
            let addresses = &self.addresses[run.addresses as usize..];
            let operand = |member, place: u32| {
                let slot = if wide {
                    slot(addresses[0], place)
                } else {
                    slot(addresses[place as usize], member)
                };
                Place::Shared(slot)
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
