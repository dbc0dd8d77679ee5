//! Columns brought together so that those of a tile lie side by side, data row by data row.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

use pulp::{Simd, WithSimd};

use super::super::elementwise::Source;
use super::super::rows::Context;
use super::layout::Factors;

/// Columns that are turned at once, and lanes; every row of lanes has a multiple of so many.
const GROUP: usize = 8;

/// Brings columns together, as many at a time as two vectors hold. A tile has a place for every lane; its columns are
/// filled up with 0 to a whole group.
pub(super) fn pack<'p>(
    context: &Context<'_>,
    columns: &Factors,
    count: usize,
    panel: &'p mut Vec<f64>,
) -> &'p [f64] {
    context.block.arch.dispatch(Pack {
        context,
        columns,
        count,
        panel,
    });
    panel
}

struct Pack<'a, 'b> {
    context: &'a Context<'b>,
    columns: &'a Factors,
    count: usize,
    panel: &'a mut Vec<f64>,
}

impl WithSimd for Pack<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            context,
            columns,
            count,
            panel,
        } = self;
        let (lanes, width) = (context.block.lanes, 2 * S::F64_LANES);
        panel.resize(count.div_ceil(width) * width * lanes, 0.0);
        let group = GROUP.min(width);
        for first in (0..count).step_by(group) {
            let mut sources = [Source::Splat(0.0); GROUP];
            for (column, source) in (first..count.min(first + group)).zip(&mut sources) {
                *source = columns.source(context, column);
            }
            let tile = &mut panel[first / width * width * lanes..][..width * lanes];
            turn(&sources, tile, width, first % width, group);
        }
    }
}

/// Writes `group` columns side by side at `offset`, `width` apart from data row to data row.
#[inline(always)]
fn turn(
    columns: &[Source<'_>; GROUP],
    tile: &mut [f64],
    width: usize,
    offset: usize,
    group: usize,
) {
    if columns
        .iter()
        .all(|column| matches!(column, Source::Splat(_)))
    {
        let row = columns.map(|column| column.at(0));
        for places in tile.chunks_exact_mut(width) {
            places[offset..offset + group].copy_from_slice(&row[..group]);
        }
        return;
    }
    for (square, rows) in tile.chunks_mut(GROUP * width).enumerate() {
        let first = square * GROUP;
        let mut square = [[0.0; GROUP]; GROUP];
        for (lanes, &column) in square.iter_mut().zip(columns) {
            match column {
                Source::Slice(column) => lanes.copy_from_slice(&column[first..first + GROUP]),
                Source::Splat(value) => *lanes = [value; GROUP],
            }
        }
        let turned = shuffle(shuffle(shuffle(square)));
        for (row, places) in turned.iter().zip(rows.chunks_exact_mut(width)) {
            places[offset..offset + group].copy_from_slice(&row[..group]);
        }
    }
}

/// Interleaves each row of the upper half with its partner of the lower half; three times that is the transpose.
///
/// Written out, each line becomes a shuffle of two vectors.
#[inline(always)]
fn shuffle([a, b, c, d, e, f, g, h]: [[f64; GROUP]; GROUP]) -> [[f64; GROUP]; GROUP] {
    let low = |x: [f64; GROUP], y: [f64; GROUP]| [x[0], y[0], x[1], y[1], x[2], y[2], x[3], y[3]];
    let high = |x: [f64; GROUP], y: [f64; GROUP]| [x[4], y[4], x[5], y[5], x[6], y[6], x[7], y[7]];
    [
        low(a, e),
        high(a, e),
        low(b, f),
        high(b, f),
        low(c, g),
        high(c, g),
        low(d, h),
        high(d, h),
    ]
}
