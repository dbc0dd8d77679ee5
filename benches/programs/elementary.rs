//! Elementary functions over rows: values, and values with slopes, beside a plain loop, which calls functions of the `libm` crate.

use std::hint::black_box;

use chainrule::{Program, Scalar, Var};

use crate::race::Race;
use crate::table::Line;

const ROWS: usize = 10_000;

/// A function of the table: its name, the interval of its arguments, the function as a formula, and the same as plain code.
struct Case {
    name: &'static str,
    interval: [f64; 2],
    formula: fn(Var) -> Var,
    plain: fn(f64) -> f64,
}

const fn case(
    name: &'static str,
    interval: [f64; 2],
    formula: fn(Var) -> Var,
    plain: fn(f64) -> f64,
) -> Case {
    Case {
        name,
        interval,
        formula,
        plain,
    }
}

const POSITIVE: [f64; 2] = [0.001, 8.0];
const BOTH_SIGNS: [f64; 2] = [-8.0, 8.0];
const UNIT: [f64; 2] = [-0.999, 0.999];

/// The normal distribution function.
fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

const CASES: [Case; 51] = [
    case("exp", POSITIVE, |x| x.exp(), libm::exp),
    case("exp_m1", POSITIVE, |x| x.exp_m1(), libm::expm1),
    case("exp2", POSITIVE, |x| x.exp2(), libm::exp2),
    case("ln", POSITIVE, |x| x.ln(), libm::log),
    case("ln_1p", POSITIVE, |x| x.ln_1p(), libm::log1p),
    case("log2", POSITIVE, |x| x.log2(), libm::log2),
    case("log10", POSITIVE, |x| x.log10(), libm::log10),
    case("xlogx", POSITIVE, |x| x.xlogx(), |x| x * libm::log(x)),
    case(
        "log1mexp",
        [-8.0, -0.001],
        |x| x.log1mexp(),
        |x| libm::log(-libm::expm1(x)),
    ),
    case("sin", POSITIVE, |x| x.sin(), libm::sin),
    case("cos", POSITIVE, |x| x.cos(), libm::cos),
    case("tan", POSITIVE, |x| x.tan(), libm::tan),
    case("asin", UNIT, |x| x.asin(), libm::asin),
    case("acos", UNIT, |x| x.acos(), libm::acos),
    case("atan", BOTH_SIGNS, |x| x.atan(), libm::atan),
    case("atan2", POSITIVE, |x| x.atan2(2.0), |x| libm::atan2(x, 2.0)),
    case("sinc", POSITIVE, |x| x.sinc(), |x| libm::sin(x) / x),
    case("sinh", POSITIVE, |x| x.sinh(), libm::sinh),
    case("cosh", POSITIVE, |x| x.cosh(), libm::cosh),
    case("tanh", POSITIVE, |x| x.tanh(), libm::tanh),
    case("asinh", BOTH_SIGNS, |x| x.asinh(), libm::asinh),
    case("acosh", [1.0, 9.0], |x| x.acosh(), libm::acosh),
    case("atanh", UNIT, |x| x.atanh(), libm::atanh),
    case(
        "sigmoid",
        POSITIVE,
        |x| x.sigmoid(),
        |x| 1.0 / (1.0 + libm::exp(-x)),
    ),
    case(
        "softplus",
        POSITIVE,
        |x| x.softplus(),
        |x| x.max(0.0) + libm::log1p(libm::exp(-x.abs())),
    ),
    case(
        "silu",
        POSITIVE,
        |x| x.silu(),
        |x| x / (1.0 + libm::exp(-x)),
    ),
    case(
        "silu-both",
        BOTH_SIGNS,
        |x| x.silu(),
        |x| x / (1.0 + libm::exp(-x)),
    ),
    case("gelu", BOTH_SIGNS, |x| x.gelu(), |x| x * normal_cdf(x)),
    case(
        "elu",
        BOTH_SIGNS,
        |x| x.elu(1.0),
        |x| {
            if x > 0.0 { x } else { libm::expm1(x) }
        },
    ),
    case("erf", POSITIVE, |x| x.erf(), libm::erf),
    case("erfc", POSITIVE, |x| x.erfc(), libm::erfc),
    case(
        "log_erfc",
        POSITIVE,
        |x| x.log_erfc(),
        |x| libm::log(libm::erfc(x)),
    ),
    case(
        "log_normal_cdf",
        BOTH_SIGNS,
        |x| x.log_normal_cdf(),
        |x| libm::log(normal_cdf(x)),
    ),
    case("ln_gamma", POSITIVE, |x| x.ln_gamma(), libm::lgamma),
    case("sqrt", POSITIVE, |x| x.sqrt(), f64::sqrt),
    case("cbrt", POSITIVE, |x| x.cbrt(), libm::cbrt),
    case("hypot", POSITIVE, |x| x.hypot(2.0), |x| libm::hypot(x, 2.0)),
    case("powf", POSITIVE, |x| x.powf(1.7), |x| libm::pow(x, 1.7)),
    case("pow", POSITIVE, |x| x.pow(x), |x| libm::pow(x, x)),
    case("powi-3", POSITIVE, |x| x.powi(3), |x| x * x * x),
    case("powi-5", POSITIVE, |x| x.powi(5), |x| libm::pow(x, 5.0)),
    case("recip", POSITIVE, |x| x.recip(), |x| 1.0 / x),
    case("square", POSITIVE, |x| x.square(), |x| x * x),
    case("abs", BOTH_SIGNS, |x| x.abs(), f64::abs),
    case("sign", BOTH_SIGNS, |x| x.sign(), f64::signum),
    case("floor", BOTH_SIGNS, |x| x.floor(), f64::floor),
    case("ceil", BOTH_SIGNS, |x| x.ceil(), f64::ceil),
    case("round", BOTH_SIGNS, |x| x.round(), f64::round),
    case("trunc", BOTH_SIGNS, |x| x.trunc(), f64::trunc),
    case("relu", BOTH_SIGNS, |x| x.relu(), |x| x.max(0.0)),
    case(
        "leaky_relu",
        BOTH_SIGNS,
        |x| x.leaky_relu(0.1),
        |x| {
            if x > 0.0 { x } else { 0.1 * x }
        },
    ),
];

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let cases = CASES.into_iter().flat_map(|case| lines_of(race, &case));
    cases.chain([log_sum_exp(race)]).collect()
}

fn lines_of(race: Race, case: &Case) -> [Line; 2] {
    let Case {
        name,
        interval: [first, last],
        formula,
        plain,
    } = case;
    let program = Program::trace(1, |x| formula(x[0])).expect("a formula without branches");
    let rows: Vec<[f64; 1]> = (0..ROWS)
        .map(|row| [first + (last - first) * row as f64 / ROWS as f64])
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
                *y = plain(x);
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
        .beside("plain loop, value", loops.per(ROWS))
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
