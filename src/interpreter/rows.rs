//! Ir for a block of rows: every value a row of lanes, one lane for each row of data.
//!
//! [`schedule`] makes the instructions; here they are executed.

mod schedule;
#[cfg(test)]
mod steps;

use std::ops::Range;

use smallvec::SmallVec;

use super::context::{BlockData, Context};
use super::kernels::{Kernel, LISTED};
use super::matrix::{self, Outer, Product};
use super::sums::Pairs;
use crate::backend::{Block, Place, Source};
use crate::math::fused::Arch;
use crate::op::Op;

#[derive(Clone, Debug)]
enum Instruction {
    /// An operation on many operands.
    Each(Each),
    /// Dot products that share their factors, the results in rows from `dst` on.
    Product { dst: u32, product: Product },
}

/// One operation, its results in rows from `dst` on.
#[derive(Clone, Debug)]
struct Each {
    op: Op,
    dst: u32,
    rows: u32,
    /// Whether all rows are computed as one, as their operands lie side by side too; the first places are listed then.
    as_one: bool,
    places: Range<u32>,
    operands: u32,
}

/// The adjoint of uniform values: each sum over rows is computed by one of these.
#[derive(Clone, Debug)]
enum Reduction {
    /// Pairs of factors of some values each, added pair by pair.
    Pairs(Pairs),
    /// An outer product of two lists of factors.
    Outer(Outer),
}

/// Instructions for a block of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowCode {
    instructions: Vec<Instruction>,
    reductions: Vec<Reduction>,
    places: Vec<Place>,
    /// How many rows of lanes are used at once.
    rows: usize,
}

/// The rows of lanes of a block, and buffers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    values: Vec<f64>,
    splats: Vec<f64>,
    /// Memory for the operands of wide operations; empty between them.
    operands: Vec<&'static [f64]>,
    matrix: matrix::Scratch,
}

impl RowCode {
    /// How many rows of lanes a block needs at once.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Computes a block: all varying values, in `rows`, and the block's sums, by slot from `sums_start` on.
    pub(crate) fn execute(
        &self,
        arch: Arch,
        shared: &[f64],
        block: &Block<'_>,
        rows: &mut Rows,
        sums_start: u32,
        sums: &mut [f64],
    ) {
        let block = data(arch, shared, block);
        let needed = self.rows * block.lanes;
        if rows.values.len() < needed {
            rows.values.resize(needed, 0.0);
        }
        for instruction in &self.instructions {
            match instruction {
                Instruction::Each(each) => {
                    each.execute(
                        block,
                        self.places(each),
                        &mut rows.values,
                        &mut rows.operands,
                    );
                }
                Instruction::Product { dst, product } => {
                    let (start, len) =
                        (*dst as usize * block.lanes, product.outputs() * block.lanes);
                    let (context, values) = Context::around(block, &mut rows.values, start, len);
                    product.execute(&context, values, &mut rows.matrix);
                }
            }
        }
        let context = Context::all(block, &rows.values);
        for reduction in &self.reductions {
            match reduction {
                Reduction::Pairs(pairs) => {
                    pairs.execute(&context, sums_start, sums, &mut rows.splats);
                }
                Reduction::Outer(outer) => {
                    outer.execute(&context, sums_start, sums, &mut rows.matrix);
                }
            }
        }
    }

    fn places(&self, each: &Each) -> &[Place] {
        &self.places[each.places.start as usize..each.places.end as usize]
    }

    pub(crate) fn bytes(&self) -> usize {
        let matrices = self
            .instructions
            .iter()
            .map(|instruction| match instruction {
                Instruction::Product { product, .. } => product.bytes(),
                Instruction::Each(_) => 0,
            });
        let sums = self.reductions.iter().map(|reduction| match reduction {
            Reduction::Outer(outer) => outer.bytes(),
            Reduction::Pairs(pairs) => pairs.bytes(),
        });
        size_of_val(&self.instructions[..])
            + size_of_val(&self.reductions[..])
            + size_of_val(&self.places[..])
            + matrices.sum::<usize>()
            + sums.sum::<usize>()
    }
}

impl Each {
    fn execute(
        &self,
        block: BlockData<'_>,
        places: &[Place],
        values: &mut [f64],
        memory: &mut Vec<&'static [f64]>,
    ) {
        let (start, len) = (self.dst as usize, self.rows as usize * block.lanes);
        let (context, results) = Context::around(block, values, start * block.lanes, len);
        let lanes = if self.as_one { len } else { block.lanes };
        let mut operands = SmallVec::<[&[f64]; LISTED]>::new();
        if places.len() > LISTED {
            operands = SmallVec::from_vec(std::mem::take(memory));
        }
        operands.extend(places.iter().map(|&place| context.lanes(place, lanes)));
        self.op.visit(Kernel {
            arch: block.arch,
            results,
            lanes,
            operands: &operands,
            arity: self.operands as usize,
        });
        if operands.spilled() {
            operands.clear();
            // Collected into the same memory.
            let empty = operands.into_vec().into_iter().map(|_| -> &[f64] { &[] });
            *memory = empty.collect();
        }
    }

    /// The places of each row's operands.
    fn members(&self, places: &[Place]) -> impl Iterator<Item = (u32, Vec<Place>)> {
        let (first, arity) = (self.dst, self.operands as usize);
        (0..self.rows).map(move |row| {
            let places = if self.as_one {
                places.iter().map(|place| place.next(row)).collect()
            } else {
                places[row as usize * arity..][..arity].to_vec()
            };
            (first + row, places)
        })
    }
}

impl Rows {
    /// The lanes of a value of the block just computed.
    pub(crate) fn source<'a>(
        &'a self,
        arch: Arch,
        shared: &'a [f64],
        block: &Block<'a>,
        place: Place,
    ) -> Source<'a> {
        Context::all(data(arch, shared, block), &self.values).source(place, block.lanes)
    }
}

fn data<'a>(arch: Arch, shared: &'a [f64], block: &Block<'a>) -> BlockData<'a> {
    BlockData {
        arch,
        threads: block.threads,
        lanes: block.lanes,
        count: block.count,
        inputs: block.inputs,
        shared,
    }
}

impl std::fmt::Display for RowCode {
    /// One instruction a line, rows as `r0`, varying inputs as `x0`, uniform values as `u0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for instruction in &self.instructions {
            match *instruction {
                Instruction::Each(ref each) => {
                    for (row, places) in each.members(self.places(each)) {
                        write!(f, "r{row} = {}", each.op.row().name)?;
                        for place in places {
                            write!(f, " {place}")?;
                        }
                        writeln!(f)?;
                    }
                }
                Instruction::Product { dst, ref product } => {
                    let end = dst as usize + product.outputs();
                    writeln!(f, "r{dst}..r{end} = {product}")?;
                }
            }
        }
        for reduction in &self.reductions {
            match *reduction {
                Reduction::Pairs(ref pairs) => write!(f, "{pairs}")?,
                Reduction::Outer(ref outer) => writeln!(f, "{outer}")?,
            }
        }
        Ok(())
    }
}
