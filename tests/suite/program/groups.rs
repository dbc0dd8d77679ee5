//! Small programs over many rows, of which several blocks are computed together.

use chainrule::{Level, Order, Program, Var};

/// More than two groups of eight blocks, and some rows more.
const ROWS: usize = 1100;

fn row(index: usize) -> [f64; 2] {
    let number = |seed: usize| ((index * 37 + seed) % 211) as f64 * 0.01 - 1.0;
    [number(5), number(90)]
}

/// A neuron and its squared error, with a product of matrices, sums over rows and a comparison.
fn error(p: &[Var], row: &[Var]) -> Var {
    let sum = p[0] * row[0] + p[1] * row[1] + p[2];
    let activation = if row[0] > -3.0 { sum.tanh() } else { sum };
    (activation - row[1]).square()
}

const P: [f64; 3] = [0.3, -0.8, 0.1];

fn programs() -> [Program; 2] {
    let exact = Program::trace_rows(&P, 2, |p, row| error(p, row)).unwrap();
    let fast = exact.at_level(Level::Fast);
    [exact, fast]
}

#[test]
fn a_row_has_the_bits_that_it_has_alone() {
    let rows: Vec<[f64; 2]> = (0..ROWS).map(row).collect();
    for program in programs() {
        for order in [Order::RowMajor, Order::ColumnMajor] {
            let mut all = program.batch(&rows).unwrap().order(order);
            let (values, gradients) = all.gradients(&P).unwrap();
            for (index, row) in rows.iter().enumerate() {
                let mut alone = program.batch(&[*row]).unwrap();
                let (value, gradient) = alone.gradients(&P).unwrap();
                assert_eq!(values[index].to_bits(), value[0].to_bits(), "row {index}");
                for (place, slope) in gradient.iter().enumerate() {
                    let found = match order {
                        Order::RowMajor => gradients[index * gradient.len() + place],
                        Order::ColumnMajor => gradients[place * ROWS + index],
                    };
                    assert_eq!(found.to_bits(), slope.to_bits(), "row {index}");
                }
            }
        }
    }
}

#[test]
fn sums_have_the_bits_of_single_blocks() {
    for program in programs() {
        for count in [63, 64, 65, 128, 511, 512, 513, 640, ROWS] {
            let rows: Vec<[f64; 2]> = (0..count).map(row).collect();
            let mut whole = program.batch(&rows).unwrap();
            let (sum, gradient) = whole.sum_gradient(&P).unwrap();
            let bits = |sum: f64, gradient: &[f64]| {
                let all = std::iter::once(sum).chain(gradient.iter().copied());
                all.map(f64::to_bits).collect::<Vec<u64>>()
            };
            let wanted = bits(sum, gradient);
            // The tree over blocks, from batches of one block each.
            let mut sums: Vec<(usize, Vec<f64>)> = Vec::new();
            for block in rows.chunks(64) {
                let mut batch = program.batch(block).unwrap();
                let (sum, gradient) = batch.sum_gradient(&P).unwrap();
                let mut next = (1, [&[sum], gradient].concat());
                while let Some((blocks, left)) = sums.pop_if(|(blocks, _)| *blocks == next.0) {
                    next = (
                        2 * blocks,
                        left.iter().zip(&next.1).map(|(a, b)| a + b).collect(),
                    );
                }
                sums.push(next);
            }
            let (_, mut total) = sums.pop().unwrap();
            while let Some((_, left)) = sums.pop() {
                total = left.iter().zip(&total).map(|(a, b)| a + b).collect();
            }
            let found: Vec<u64> = total.iter().map(|sum| sum.to_bits()).collect();
            assert_eq!(found, wanted, "{count} rows");
            for threads in [2, 3] {
                let mut batch = program.batch(&rows).unwrap().threads(threads);
                let (sum, gradient) = batch.sum_gradient(&P).unwrap();
                assert_eq!(
                    bits(sum, gradient),
                    wanted,
                    "{count} rows, {threads} threads"
                );
            }
        }
    }
}

#[test]
fn the_first_row_that_takes_another_branch_is_named() {
    for changed in [0, 63, 64, 300, 511, 512, 1099] {
        let mut rows: Vec<[f64; 2]> = (0..ROWS).map(row).collect();
        rows[changed][0] = -4.0;
        rows[ROWS - 1][0] = -5.0;
        for program in programs() {
            let mut batch = program.batch(&rows).unwrap();
            let errors = [
                batch.values(&P).unwrap_err(),
                batch.gradients(&P).unwrap_err(),
                batch.sum_gradient(&P).unwrap_err(),
            ];
            for error in errors {
                assert_eq!(error.branch().unwrap().row, Some(changed), "{error}");
            }
        }
    }
}
