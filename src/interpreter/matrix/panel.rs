//! Packs columns so that those of a tile are side by side, data row by data row.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use pulp::{Simd, WithSimd};

use super::layout::Factors;
use crate::backend::{Buffer, Source};
use crate::interpreter::context::Context;

/// Columns, and lanes, that are transposed at once; the number of lanes is a multiple of it.
const GROUP: usize = 8;

/// Packs columns, as many to a tile as two vectors hold. A tile has a place for every lane; its columns are padded with 0 to
/// a whole group, and the rest of the tile is not read.
pub(super) fn pack<'p>(
    context: &Context<'_>,
    columns: &Factors,
    count: usize,
    panel: &'p mut Buffer,
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
    panel: &'a mut Buffer,
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
        panel.set_len(count.div_ceil(width) * width * lanes);
        let group = GROUP.min(width);
        for first in (0..count).step_by(group) {
            let mut sources = [Source::Splat(0.0); GROUP];
            for (column, source) in (first..count.min(first + group)).zip(&mut sources) {
                *source = columns.source(context, column);
            }
            let tile = &mut panel[first / width * width * lanes..][..width * lanes];
            transpose(&sources, tile, width, first % width, group);
        }
    }
}

/// Writes `group` columns side by side at `offset`, `width` apart from data row to data row.
#[inline(always)]
fn transpose(
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
    let splats = columns.map(|column| match column {
        Source::Splat(value) => [value; GROUP],
        Source::Slice(_) => [0.0; GROUP],
    });
    for (square, rows) in tile.chunks_mut(GROUP * width).enumerate() {
        let mut lanes = [&[0.0; GROUP]; GROUP];
        for ((lanes, column), splat) in lanes.iter_mut().zip(columns).zip(&splats) {
            let of_column = match column {
                Source::Slice(column) => column[square * GROUP..].first_chunk(),
                Source::Splat(_) => None,
            };
            *lanes = of_column.unwrap_or(splat);
        }
        for (row, places) in rows.chunks_exact_mut(width).take(GROUP).enumerate() {
            let places = &mut places[offset..offset + group];
            // Except with narrow vectors, a group is whole: its length is known and its loop is unrolled.
            if let Ok(places) = <&mut [f64; GROUP]>::try_from(&mut *places) {
                for (place, lanes) in places.iter_mut().zip(&lanes) {
                    *place = lanes[row];
                }
            } else {
                for (place, lanes) in places.iter_mut().zip(&lanes) {
                    *place = lanes[row];
                }
            }
        }
    }
}
