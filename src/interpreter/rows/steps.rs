//! The steps of the instructions for rows, for tests.

use super::{Instruction, Place, Reduction, RowCode};
use crate::interpreter::steps::{Step, Together};

impl RowCode {
    /// The steps of the instructions, then those of the sums.
    pub(crate) fn steps(&self) -> [Vec<Together>; 2] {
        let instructions = self
            .instructions
            .iter()
            .map(|instruction| match instruction {
                Instruction::Product { dst, product } => product.steps(*dst),
                Instruction::Each(each) => {
                    let places = &self.places[each.places.start as usize..each.places.end as usize];
                    let members = places.chunks_exact(each.operands as usize);
                    let rows = members
                        .flat_map(|places| (0..each.rows_at_once).map(move |row| (places, row)));
                    let step = |(dst, (places, row)): (u32, (&[Place], u32))| Step {
                        op: Some(each.op),
                        dst: Place::Row(dst),
                        operands: places.iter().map(|place| place.next(row)).collect(),
                    };
                    (each.dst..).zip(rows).map(step).collect()
                }
            });
        let reductions = self.reductions.iter().map(|reduction| match reduction {
            Reduction::Pairs(pairs) => pairs.steps(),
            Reduction::Outer(outer) => outer.steps(),
        });
        [instructions.collect(), reductions.collect()]
    }
}
