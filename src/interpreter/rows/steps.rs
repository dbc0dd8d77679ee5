//! The steps of the instructions for rows, for tests.

use super::{Instruction, Place, Reduction, RowCode};
use crate::interpreter::steps::{Step, Together};

impl RowCode {
    /// Those of the instructions, then those of the sums.
    pub(crate) fn steps(&self) -> [Vec<Together>; 2] {
        let instructions = self
            .instructions
            .iter()
            .map(|instruction| match instruction {
                Instruction::Product { dst, product } => product.steps(*dst),
                Instruction::Each(each) => {
                    let members = each.members(self.places(each));
                    let step = |(row, operands)| Step {
                        op: Some(each.op),
                        dst: Place::Row(row),
                        operands,
                    };
                    members.map(step).collect()
                }
            });
        let reductions = self.reductions.iter().map(|reduction| match reduction {
            Reduction::Pairs(pairs) => pairs.steps(),
            Reduction::Outer(outer) => outer.steps(),
        });
        [instructions.collect(), reductions.collect()]
    }
}
