//! Elementary functions over rows: values, and values with slopes, beside a plain loop that calls a function of the `libm` crate.

use std::hint::black_box;

use chainrule::{Program, Scalar, Var};

use crate::race::Race;
use crate::table::Line;

const ROWS: usize = 10_000;

/// A function's name, the function as a formula, and the same from the `libm` crate.
type Case = (&'static str, fn(Var) -> Var, fn(f64) -> f64);

const CASES: [Case; 16] = [
    ("exp", |x| x.exp(), libm::exp),
    ("exp_m1", |x| x.exp_m1(), libm::expm1),
    ("exp2", |x| x.exp2(), libm::exp2),
    ("ln", |x| x.ln(), libm::log),
    ("ln_1p", |x| x.ln_1p(), libm::log1p),
    ("log2", |x| x.log2(), libm::log2),
    ("log10", |x| x.log10(), libm::log10),
    ("sin", |x| x.sin(), libm::sin),
    ("cos", |x| x.cos(), libm::cos),
    ("sinh", |x| x.sinh(), libm::sinh),
    ("cosh", |x| x.cosh(), libm::cosh),
    ("tanh", |x| x.tanh(), libm::tanh),
    ("sigmoid", |x| x.sigmoid(), |x| 1.0 / (1.0 + libm::exp(-x))),
    (
        "softplus",
        |x| x.softplus(),
        |x| x.max(0.0) + libm::log1p(libm::exp(-x.abs())),
    ),
    ("erf", |x| x.erf(), libm::erf),
    ("silu", |x| x.silu(), |x| x / (1.0 + libm::exp(-x))),
];

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let cases = CASES.into_iter().flat_map(|case| lines_of(race, case));
    cases.chain([log_sum_exp(race)]).collect()
}

fn lines_of(race: Race, (name, formula, libm): Case) -> [Line; 2] {
    let program = Program::trace(1, |x| formula(x[0])).expect("a formula without branches");
    // From 0.001 to 8.
    let rows: Vec<[f64; 1]> = (0..ROWS)
        .map(|row| [0.001 + 7.999 * row as f64 / ROWS as f64])
        .collect();
    let mut batch = program.batch(&rows).expect("rows of one number");
    let mut again = program.batch(&rows).expect("rows of one number");
    let xs: Vec<f64> = rows.iter().map(|[x]| *x).collect();
    let mut ys = vec![0.0; ROWS];
    let [values, slopes, loops] = race.run([
        &mut || {
            black_box(batch.values(&[]).expect("no parameters"));
        },
        &mut || {
            black_box(again.gradients(&[]).expect("no parameters"));
        },
        &mut || {
            for (y, &x) in ys.iter_mut().zip(black_box(&xs)) {
                *y = libm(x);
            }
            black_box(&ys);
        },
    ]);
    let line = |key: &str, what: &str, times: crate::race::Times| {
        Line::new(
            format!("{name}{key}"),
            format!("{name}, {ROWS} rows, {what}, per row"),
            times.per(ROWS),
        )
        .each()
        .beside("libm, value", loops.per(ROWS))
    };
    [
        line("", "value", values),
        line("-slope", "value and slope", slopes),
    ]
}

/// The logarithm of a sum of a million exponentials at a point.
fn log_sum_exp(race: Race) -> Line {
    let count = if race.quick { 10_000 } else { 1_000_000 };
    let xs: Vec<f64> = (0..count).map(|i| f64::from(i % 1013) / 50.0).collect();
    let [ours, by_hand] = race.run([
        &mut || {
            black_box(f64::log_sum_exp(black_box(&xs)));
        },
        &mut || {
            let xs = black_box(&xs);
            let largest = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = xs.iter().map(|x| libm::exp(x - largest)).sum();
            black_box(largest + libm::log(sum));
        },
    ]);
    let count = xs.len();
    Line::new(
        "log-sum-exp",
        format!("log-sum-exp of {count} numbers, per number"),
        ours.per(count),
    )
    .each()
    .beside("libm, value", by_hand.per(count))
}
