//! Writes the outputs of a block of rows to the results.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use super::blocks::VECTOR;
use super::traits::Source;
use crate::math::fused::{Inline, with_fma};

/// Writes one output of the first `count` rows, which are `width` numbers apart. `sign` is −0, which keeps every bit, or 0, which
/// drops the sign of 0.
pub(super) fn write_column(
    values: Source<'_>,
    sign: f64,
    count: usize,
    places: &mut [f64],
    width: usize,
) {
    match values {
        Source::Slice(lanes) if width == 1 => {
            for (place, lane) in places.iter_mut().zip(&lanes[..count]) {
                *place = lane + sign;
            }
        }
        Source::Slice(lanes) => {
            for (place, lane) in places.iter_mut().step_by(width).zip(&lanes[..count]) {
                *place = lane + sign;
            }
        }
        Source::Splat(value) => {
            for place in places.iter_mut().step_by(width).take(count) {
                *place = value + sign;
            }
        }
    }
}

/// Writes eight adjacent outputs of the first `count` rows, which are `width` numbers apart. `sign` as in [`write_column`].
pub(super) fn write_square(
    outputs: &[Source<'_>; VECTOR],
    sign: f64,
    count: usize,
    places: &mut [f64],
    width: usize,
) {
    with_fma(Inline(
        #[inline(always)]
        || {
            // Eight rows at a time, so that lanes are read and rows are written as whole vectors.
            let squares = places.chunks_mut(VECTOR * width);
            for (first, rows) in (0..count).step_by(VECTOR).zip(squares) {
                let mut numbers = [[0.0; VECTOR]; VECTOR];
                for (numbers, output) in numbers.iter_mut().zip(outputs) {
                    *numbers = match *output {
                        Source::Slice(lanes) => eight(&lanes[first..]),
                        Source::Splat(value) => [value; VECTOR],
                    };
                    for number in numbers {
                        *number += sign;
                    }
                }
                let rows = rows.chunks_mut(width).take(count - first);
                for (row, places) in rows.enumerate().take(VECTOR) {
                    for (place, numbers) in places[..VECTOR].iter_mut().zip(&numbers) {
                        *place = numbers[row];
                    }
                }
            }
        },
    ));
}

/// The first eight lanes; 0 where there are none.
#[inline(always)]
fn eight(lanes: &[f64]) -> [f64; VECTOR] {
    lanes.first_chunk().copied().unwrap_or_else(
        #[inline(always)]
        || {
            let mut some = [0.0; VECTOR];
            for (some, lane) in some.iter_mut().zip(lanes) {
                *some = *lane;
            }
            some
        },
    )
}
