//! The cost of starting an instruction: a chain of 200 sums and products over rows, with little work in each.

use std::hint::black_box;

use chainrule::{Program, Var};

use crate::numbers::{Numbers, check};
use crate::race::Race;
use crate::table::Line;

/// Half of the operations: each pair is a product and a sum.
const PAIRS: usize = 100;
/// The rows that an instruction computes at once.
const BLOCK: usize = 64;
const COLUMNS: usize = 3;

type Lanes = [f64; BLOCK];

/// The chain of one row. The level Exact does not fuse its products and sums.
fn chain(row: &[Var]) -> Var {
    (0..PAIRS).fold(row[0], |value, _| value * row[1] + row[2])
}

#[inline(never)]
fn multiply(product: &mut Lanes, a: &Lanes, b: &Lanes) {
    for lane in 0..BLOCK {
        product[lane] = a[lane] * b[lane];
    }
}

#[inline(never)]
fn add(sum: &mut Lanes, a: &Lanes, b: &Lanes) {
    for lane in 0..BLOCK {
        sum[lane] = a[lane] + b[lane];
    }
}

/// The chain of every block: a loop over its rows for each operation.
fn chain_by_hand(blocks: &[[Lanes; COLUMNS]], values: &mut [Lanes]) {
    let mut product = [0.0; BLOCK];
    for ([start, factor, shift], value) in blocks.iter().zip(values) {
        *value = *start;
        for _ in 0..PAIRS {
            multiply(&mut product, value, factor);
            add(value, &product, shift);
        }
    }
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let program = Program::trace_rows(&[0.0; 0], COLUMNS, |_, row| chain(row)).expect("a program");
    [64, 10_000].map(|rows| case(race, &program, rows)).into()
}

fn case(race: Race, program: &Program, count: usize) -> Line {
    let mut numbers = Numbers::new(13);
    let rows: Vec<[f64; COLUMNS]> = (0..count)
        .map(|_| [(); COLUMNS].map(|()| numbers.number()))
        .collect();
    let blocks: Vec<[Lanes; COLUMNS]> = rows
        .chunks(BLOCK)
        .map(|rows| {
            let mut lanes = [[0.0; BLOCK]; COLUMNS];
            for (lane, row) in rows.iter().enumerate() {
                for (column, &number) in lanes.iter_mut().zip(row) {
                    column[lane] = number;
                }
            }
            lanes
        })
        .collect();
    let mut values = vec![[0.0; BLOCK]; blocks.len()];
    chain_by_hand(&blocks, &mut values);
    let mut batch = program.batch(&rows).expect("rows").threads(1);
    let ours = batch.values(&[]).expect("values");
    check(ours, &values.as_flattened()[..count]);
    let mut loops = || chain_by_hand(black_box(&blocks), black_box(&mut values));
    let [ours, by_hand] = race
        .run([&mut || _ = batch.values(&[]).expect("values"), &mut loops])
        .map(|times| times.per(2 * PAIRS * blocks.len()));
    Line::new(
        format!("start-{count}"),
        format!("chain of 200 over {count} rows, per instruction and block of 64"),
        ours,
    )
    .each()
    .beside("the same by hand", by_hand)
}
