//! Code for a block of rows: every value a row of lanes, one lane for each row of data.
//!
//! [`schedule`] makes the instructions; here they are executed.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

mod schedule;
#[cfg(test)]
mod steps;

use std::ops::Range;

use super::elementwise::Source;
use super::matrix::{self, Outer, Product};
use super::members::Members;
use super::sums::Pairs;
use crate::math::fused::Arch;
use crate::op::Op;

/// The most lanes at once, and the number of rows whose sums are added one after the other.
pub(crate) const BLOCK: usize = 64;

/// Where a value lies while a block of rows is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A row of lanes of its own.
    Row(u32),
    /// A varying input, by its place among those.
    Input(u32),
    /// One number for all rows, by its slot among the uniform values.
    Shared(u32),
}

impl Place {
    /// The place so many rows further on; a number is shared by all.
    pub(crate) fn next(self, step: u32) -> Self {
        match self {
            Self::Row(row) => Self::Row(row + step),
            Self::Input(input) => Self::Input(input + step),
            Self::Shared(slot) => Self::Shared(slot),
        }
    }
}

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

/// The numbers that a block is computed from and with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub(crate) arch: Arch,
    /// How many threads a large product may use.
    pub(crate) threads: usize,
    /// Lanes a row: the rows of data, rounded up.
    pub(crate) lanes: usize,
    /// Rows of data.
    pub(crate) count: usize,
    /// The varying inputs, a row of lanes each.
    pub(crate) inputs: &'a [f64],
    /// The uniform values.
    pub(crate) shared: &'a [f64],
}

/// The rows of lanes of a block, and buffers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    values: Vec<f64>,
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
        block: Block<'_>,
        rows: &mut Rows,
        sums_start: u32,
        sums: &mut [f64],
    ) {
        let needed = self.rows * BLOCK;
        if rows.values.len() < needed {
            rows.values.resize(needed, 0.0);
        }
        for instruction in &self.instructions {
            match instruction {
                Instruction::Each(each) => {
                    each.op.visit(Members {
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
    pub(crate) fn source<'a>(&'a self, block: Block<'a>, place: Place) -> Source<'a> {
        Context::all(block, &self.values).source(place, block.lanes)
    }
}

/// What an instruction may read: all rows but those it writes.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) block: Block<'a>,
    before: &'a [f64],
    /// The rows behind those written, and where they begin.
    after: (usize, &'a [f64]),
}

impl<'a> Context<'a> {
    /// All rows.
    pub(crate) fn all(block: Block<'a>, values: &'a [f64]) -> Self {
        Self {
            block,
            before: values,
            after: (values.len(), &[]),
        }
    }

    /// The rows around `len` values from `start` on, and these.
    #[inline(always)]
    pub(crate) fn around<'b: 'a>(
        block: Block<'b>,
        values: &'a mut [f64],
        start: usize,
        len: usize,
    ) -> (Self, &'a mut [f64]) {
        let (before, rest) = values.split_at_mut(start);
        let (middle, after) = rest.split_at_mut(len);
        let context = Self {
            block,
            before,
            after: (start + len, after),
        };
        (context, middle)
    }

    /// The values of an operand: `len` lanes from its place on, or one number.
    #[inline(always)]
    pub(crate) fn source(&self, place: Place, len: usize) -> Source<'a> {
        match place {
            Place::Shared(slot) => Source::Splat(self.block.shared[slot as usize]),
            row => Source::Slice(self.lanes(row, len)),
        }
    }

    /// So many lanes from the beginning of this row on.
    #[inline(always)]
    pub(crate) fn lanes(&self, first: Place, len: usize) -> &'a [f64] {
        let lanes = self.block.lanes;
        match first {
            Place::Row(row) => {
                let start = row as usize * lanes;
                if start < self.before.len() {
                    &self.before[start..start + len]
                } else {
                    &self.after.1[start - self.after.0..][..len]
                }
            }
            Place::Input(input) => &self.block.inputs[input as usize * lanes..][..len],
            Place::Shared(_) => &[],
        }
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

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Row(row) => write!(f, "r{row}"),
            Self::Input(input) => write!(f, "x{input}"),
            Self::Shared(slot) => write!(f, "u{slot}"),
        }
    }
}
