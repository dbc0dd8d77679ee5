//! Linear least squares: the sum of squared errors over 100 000 rows of eight inputs.

use chainrule::{Program, Var};

use crate::numbers::Numbers;
use crate::race::Race;
use crate::table::Line;
use crate::value_and_gradient;

const ROWS: usize = 100_000;
const INPUTS: usize = 8;

/// Eight inputs and the number to predict.
type Row = [f64; INPUTS + 1];

/// The squared error of one row. The weights come before the bias.
fn row_loss(p: &[Var], row: &[Var]) -> Var {
    let product = Var::dot_product(&p[..INPUTS], &row[..INPUTS]).expect("one weight per input");
    (product + p[INPUTS] - row[INPUTS]).square()
}

fn error(p: &[f64; INPUTS + 1], row: &Row) -> f64 {
    let mut error = p[INPUTS] - row[INPUTS];
    for j in 0..INPUTS {
        error += p[j] * row[j];
    }
    error
}

fn value_by_hand(p: &[f64; INPUTS + 1], rows: &[Row]) -> f64 {
    rows.iter().map(|row| error(p, row).powi(2)).sum()
}

fn gradient_by_hand(p: &[f64; INPUTS + 1], rows: &[Row], gradient: &mut [f64]) -> f64 {
    let (mut value, mut sums) = (0.0, [0.0; INPUTS + 1]);
    for row in rows {
        let error = error(p, row);
        value += error * error;
        for j in 0..INPUTS {
            sums[j] += error * row[j];
        }
        sums[INPUTS] += error;
    }
    gradient.copy_from_slice(&sums.map(|sum| 2.0 * sum));
    value
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let mut numbers = Numbers::new(8);
    let p = numbers.take(INPUTS + 1, 1.0);
    let fixed = |p: &[f64]| -> [f64; INPUTS + 1] { p.try_into().expect("nine parameters") };
    let rows: Vec<Row> = (0..ROWS)
        .map(|_| fixed(&numbers.take(INPUTS + 1, 1.0)))
        .collect();
    let program =
        Program::trace_rows(&p, INPUTS + 1, |p, row| row_loss(p, row)).expect("a program");
    value_and_gradient::lines(
        race,
        ("least-squares", "least squares, 10^5 rows of 8"),
        |level| {
            program
                .at_level(level)
                .batch(&rows)
                .expect("rows")
                .threads(1)
        },
        &p,
        |p| value_by_hand(&fixed(p), &rows),
        |p, gradient| gradient_by_hand(&fixed(p), &rows, gradient),
    )
}
