//! Squared lengths of `L (x − μ)` with a triangular matrix `L`, as in a normal distribution: summed over 2000 rows of 32.

use chainrule::{Program, Var};

use crate::numbers::Numbers;
use crate::race::Race;
use crate::table::Line;
use crate::value_and_gradient;

const ROWS: usize = 2000;
const D: usize = 32;
/// The entries of the triangle, row by row. The centre follows them.
const ENTRIES: usize = D * (D + 1) / 2;

type Row = [f64; D];

/// Where the entries of a row of the triangle are.
fn entries(row: usize) -> std::ops::Range<usize> {
    let start = row * (row + 1) / 2;
    start..start + row + 1
}

fn row_loss(p: &[Var], x: &[Var]) -> Var {
    let centred: Vec<Var> = x.iter().zip(&p[ENTRIES..]).map(|(&x, &c)| x - c).collect();
    let square = |row: usize| {
        let product = Var::dot_product(&p[entries(row)], &centred[..=row]);
        product.expect("one entry per number").square()
    };
    Var::sum(&(0..D).map(square).collect::<Vec<_>>())
}

fn centred(p: &[f64], x: &Row) -> Row {
    let mut centred = *x;
    for (x, c) in centred.iter_mut().zip(&p[ENTRIES..]) {
        *x -= c;
    }
    centred
}

fn product(p: &[f64], row: usize, centred: &Row) -> f64 {
    let terms = p[entries(row)].iter().zip(centred);
    terms.map(|(w, x)| w * x).sum()
}

fn value_by_hand(p: &[f64], rows: &[Row]) -> f64 {
    let of_row = |x: &Row| {
        let centred = centred(p, x);
        let squares = (0..D).map(|row| product(p, row, &centred).powi(2));
        squares.sum::<f64>()
    };
    rows.iter().map(of_row).sum()
}

fn gradient_by_hand(p: &[f64], rows: &[Row], gradient: &mut [f64]) -> f64 {
    gradient.fill(0.0);
    let mut value = 0.0;
    for x in rows {
        let centred = centred(p, x);
        let mut back = [0.0; D];
        for row in 0..D {
            let y = product(p, row, &centred);
            value += y * y;
            let weights = p[entries(row)].iter().zip(&mut back);
            let sums = gradient[entries(row)].iter_mut().zip(&centred);
            for ((weight, back), (sum, x)) in weights.zip(sums) {
                *sum += 2.0 * y * x;
                *back += 2.0 * y * weight;
            }
        }
        for (sum, back) in gradient[ENTRIES..].iter_mut().zip(&back) {
            *sum -= back;
        }
    }
    value
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let mut numbers = Numbers::new(16);
    let p = numbers.take(ENTRIES + D, 1.0);
    let fixed = |p: Vec<f64>| -> Row { p.try_into().expect("32 numbers") };
    let rows: Vec<Row> = (0..ROWS).map(|_| fixed(numbers.take(D, 1.0))).collect();
    let program = Program::trace_rows(&p, D, |p, x| row_loss(p, x)).expect("a program");
    value_and_gradient::lines(
        race,
        ("triangular", "triangular matrix of 32, 2000 rows"),
        |level| {
            program
                .at_level(level)
                .batch(&rows)
                .expect("rows")
                .threads(1)
        },
        &p,
        |p| value_by_hand(p, &rows),
        |p, gradient| gradient_by_hand(p, &rows, gradient),
    )
}
