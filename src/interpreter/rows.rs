//! Instructions for a block of rows. Every value is a row of lanes, one lane for each row of data.
//!
//! [`schedule`] makes the instructions, and this file executes them.

mod rectangles;
mod schedule;
#[cfg(test)]
mod steps;

use std::ops::Range;

use super::context::{BlockData, Context};
use super::matrix::{self, Outer, Product};
use super::row_kernels::{AllRows, RowKernel, RowWork};
use super::sums::Pairs;
use crate::backend::{Block, Buffer, Place, Source};
use crate::math::fused::Arch;
use crate::op::Op;

#[derive(Clone, Debug)]
enum Instruction {
    /// One operation, for one or several values.
    Each(Each),
    /// Dot products that share their factors. The results are in the rows of lanes from `dst` on.
    Product { dst: u32, product: Product },
}

/// One operation. Its results are in the rows of lanes from `dst` on.
#[derive(Clone, Debug)]
struct Each {
    op: Op,
    kernel: RowKernel,
    dst: u32,
    /// The number of rows that are computed as one: all of them if their operands are adjacent too. Then `places` lists only
    /// the first ones.
    rows_at_once: u32,
    places: Range<u32>,
    operands: u32,
}

/// Computes sums over rows, which are adjoints of uniform values.
#[derive(Clone, Debug)]
enum Reduction {
    /// Sums of the products of listed pairs.
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
    /// The number of rows of lanes in use.
    rows: usize,
    /// Whether the instructions read most of the inputs.
    reads_most: bool,
}

/// The rows of lanes of a block, and scratch buffers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    values: Buffer,
    /// The number of lanes of all rows of a block.
    stride: usize,
    sums: Buffer,
    matrix: matrix::Scratch,
}

/// Up to this many bytes of inputs are read before the instructions: half of a second cache of 256 KiB, which is a small one.
const AHEAD: usize = 128 << 10;

/// The numbers in a line of the cache.
const LINE: usize = 8;

impl RowCode {
    /// The number of rows of lanes that a block needs.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Computes some blocks: all varying values, in `rows`, and the sums of each block. `sums` begins with slot `sums_start`.
    pub(crate) fn execute(
        &self,
        arch: Arch,
        shared: &[f64],
        blocks: &Block<'_>,
        rows: &mut Rows,
        sums_start: u32,
        sums: &mut [f64],
    ) {
        let blocks = data(arch, shared, blocks);
        if self.reads_most && size_of_val(blocks.inputs) <= AHEAD {
            read_ahead(blocks.inputs);
        }
        let stride = self.rows * blocks.lanes;
        rows.stride = stride;
        if rows.values.len() < stride * blocks.number {
            rows.values.set_len(stride * blocks.number);
        }
        let mut all = AllRows {
            blocks,
            values: &mut rows.values,
            stride,
        };
        for instruction in &self.instructions {
            match instruction {
                Instruction::Each(each) => {
                    let work = RowWork {
                        dst: each.dst as usize,
                        rows_at_once: each.rows_at_once as usize,
                        places: &self.places[each.places.start as usize..each.places.end as usize],
                        operands: each.operands as usize,
                    };
                    (each.kernel)(&mut all, &work);
                }
                Instruction::Product { dst, product } => {
                    let (start, len) = (
                        *dst as usize * blocks.lanes,
                        product.outputs() * blocks.lanes,
                    );
                    for index in 0..blocks.number {
                        let values = &mut all.values[index * stride..][..stride];
                        let (context, values) =
                            Context::around(blocks.block(index), values, start, len);
                        product.execute(&context, values, &mut rows.matrix);
                    }
                }
            }
        }
        let values = &rows.values;
        let lanes =
            |index: usize| Context::all(blocks.block(index), &values[index * stride..][..stride]);
        let width = sums.len() / blocks.number;
        for reduction in &self.reductions {
            match reduction {
                Reduction::Pairs(pairs) => {
                    pairs.execute(blocks, lanes, sums_start, sums, &mut rows.sums);
                }
                Reduction::Outer(outer) => {
                    for index in 0..blocks.number {
                        let sums = &mut sums[index * width..][..width];
                        outer.execute(&lanes(index), sums_start, sums, &mut rows.matrix);
                    }
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
    /// The lanes of a value in one of the last blocks.
    pub(crate) fn source<'a>(
        &'a self,
        arch: Arch,
        shared: &'a [f64],
        block: &Block<'a>,
        place: Place,
    ) -> Source<'a> {
        let values = &self.values[block.index * self.stride..][..self.stride];
        Context::all(data(arch, shared, block), values).source(place, block.lanes)
    }
}

/// Reads the inputs once, in the order in which they are stored.
///
/// An instruction reads the same lanes of many inputs, one after another. If the rows of a batch are not in a near cache, the
/// processor does not foresee such reads and waits for each; but it foresees these.
fn read_ahead(inputs: &[f64]) {
    let mut bits = 0;
    for line in inputs.chunks(LINE) {
        bits ^= line[0].to_bits();
    }
    std::hint::black_box(bits);
}

fn data<'a>(arch: Arch, shared: &'a [f64], block: &Block<'a>) -> BlockData<'a> {
    BlockData {
        arch,
        threads: block.threads,
        lanes: block.lanes,
        count: block.count / block.blocks,
        number: block.blocks,
        inputs: block.inputs,
        width: block.inputs.len() / block.blocks,
        shared,
    }
}

impl std::fmt::Display for RowCode {
    /// One instruction per line. Rows of lanes are called `r0`, varying inputs `x0`, and uniform values `u0`.
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
