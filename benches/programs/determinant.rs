//! The determinant of a 6 × 6 matrix by its minors, at a point.

use chainrule::Program;

use crate::formulas::Number;
use crate::numbers::Numbers;
use crate::race::Race;
use crate::table::Line;
use crate::value_and_gradient;

const N: usize = 6;

/// The columns of a set, which is a number with a bit per column, and the sign of each in the expansion.
fn columns(set: u32) -> impl Iterator<Item = (usize, bool)> {
    let members = (0..N).filter(move |j| set & (1 << j) != 0);
    members.enumerate().map(|(place, j)| (j, place % 2 == 1))
}

/// The determinant of the rows from `row` on and of a set of columns, expanded along its first row.
fn determinant<S: Number>(a: &[S], row: usize, set: u32) -> S {
    let mut sum = None;
    for (j, negative) in columns(set) {
        let entry = a[row * N + j];
        let term = if row + 1 < N {
            entry * determinant(a, row + 1, set & !(1 << j))
        } else {
            entry
        };
        sum = Some(match sum {
            None => term,
            Some(sum) if negative => sum - term,
            Some(sum) => sum + term,
        });
    }
    sum.expect("a column")
}

/// The same by hand, with the derivatives: `u` is the derivative of the result with respect to this determinant.
fn with_gradient(a: &[f64], row: usize, set: u32, u: f64, gradient: &mut [f64]) -> f64 {
    if row == N {
        return 1.0;
    }
    let mut sum = 0.0;
    for (j, negative) in columns(set) {
        let (entry, u) = (a[row * N + j], if negative { -u } else { u });
        let minor = with_gradient(a, row + 1, set & !(1 << j), u * entry, gradient);
        gradient[row * N + j] += u * minor;
        sum += if negative {
            -entry * minor
        } else {
            entry * minor
        };
    }
    sum
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let all = (1 << N) - 1;
    let a = Numbers::new(12).take(N * N, 1.0);
    let program = Program::trace(N * N, |a| determinant(a, 0, all)).expect("a program");
    value_and_gradient::lines(
        race,
        ("determinant", "determinant by minors, n = 6"),
        |level| program.at_level(level).evaluator(),
        &a,
        |a| determinant(a, 0, all),
        |a, gradient| {
            gradient.fill(0.0);
            with_gradient(a, 0, all, 1.0, gradient)
        },
    )
}
