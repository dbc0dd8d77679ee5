//! Ir for a block of rows: every value a row of lanes, one lane for each row of data.
//!
//! [`schedule`] makes the instructions; here they are executed.

mod schedule;
#[cfg(test)]
mod steps;

use std::ops::Range;

use super::context::{BlockData, Context};
use super::matrix::{self, Outer, Product};
use super::row_kernels::RowKernel;
use super::sums::Pairs;
use crate::backend::{Block, Buffer, Place, Source};
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
    /// The rows that are computed as one: all, where operands lie side by side too; their first places are listed then.
    rows_at_once: u32,
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
    values: Buffer,
    splats: Vec<f64>,
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
            rows.values.set_len(needed);
        }
        for instruction in &self.instructions {
            match instruction {
                Instruction::Each(each) => {
                    each.op.visit(RowKernel {
                        block,
                        values: &mut rows.values,
                        dst: each.dst as usize,
                        lanes: each.rows_at_once as usize * block.lanes,
                        places: &self.places[each.places.start as usize..each.places.end as usize],
                        operands: each.operands as usize,
                    });
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
                    let places = &self.places[each.places.start as usize..each.places.end as usize];
                    let mut dst = each.dst;
                    for places in places.chunks(each.operands as usize) {
                        for row in 0..each.rows_at_once {
                            write!(f, "r{} = {}", dst + row, each.op.row().name)?;
                            for place in places {
                                write!(f, " {}", place.next(row))?;
                            }
                            writeln!(f)?;
                        }
                        dst += each.rows_at_once;
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
