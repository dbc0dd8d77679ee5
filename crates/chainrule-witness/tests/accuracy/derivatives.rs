//! The accuracy of every value and derivative over its whole domain, against 320-bit arithmetic.
//!
//! This test writes the table in docs/numerics.md: run `UPDATE_DOCS=1 cargo test -p chainrule-witness` after a change.

use crate::docs::check_table;
use crate::reference::points::{
    around, bends, even_spread, line, log_spread, pairs, plane, polygamma_points, powers, scores,
    whole_powers,
};
use crate::reference::real::{Real, ulps};
use crate::reference::second::log_sum_exp;
use crate::reference::{binary, unary};
use chainrule::Dual;
use chainrule::nn::softmax;
use chainrule::op::{BinaryOp, Op, UnaryOp};

/// The largest allowed error of a derivative, in units of its last place.
const BOUND: f64 = 4.0;

/// Every smooth row with one operand, with the name of its reference.
pub(crate) const UNARY: &[(UnaryOp, &str)] = &[
    (UnaryOp::Recip, "recip"),
    (UnaryOp::Square, "square"),
    (UnaryOp::Sqrt, "sqrt"),
    (UnaryOp::Cbrt, "cbrt"),
    (UnaryOp::Exp, "exp"),
    (UnaryOp::Exp2, "exp2"),
    (UnaryOp::ExpM1, "exp_m1"),
    (UnaryOp::Ln, "ln"),
    (UnaryOp::Ln1p, "ln_1p"),
    (UnaryOp::Log1mExp, "log1mexp"),
    (UnaryOp::Log2, "log2"),
    (UnaryOp::Log10, "log10"),
    (UnaryOp::Sin, "sin"),
    (UnaryOp::Cos, "cos"),
    (UnaryOp::Tan, "tan"),
    (UnaryOp::Asin, "asin"),
    (UnaryOp::Acos, "acos"),
    (UnaryOp::Atan, "atan"),
    (UnaryOp::Sinc, "sinc"),
    (UnaryOp::Sinh, "sinh"),
    (UnaryOp::Cosh, "cosh"),
    (UnaryOp::Tanh, "tanh"),
    (UnaryOp::Asinh, "asinh"),
    (UnaryOp::Acosh, "acosh"),
    (UnaryOp::Atanh, "atanh"),
    (UnaryOp::Sigmoid, "sigmoid"),
    (UnaryOp::Softplus, "softplus"),
    (UnaryOp::Silu, "silu"),
    (UnaryOp::Gelu, "gelu"),
    (UnaryOp::Erf, "erf"),
    (UnaryOp::Erfc, "erfc"),
    (UnaryOp::LogErfc, "log_erfc"),
    (UnaryOp::LogNormalCdf, "log_normal_cdf"),
    (UnaryOp::LnGamma, "ln_gamma"),
    (UnaryOp::Digamma, "digamma"),
    (UnaryOp::Xlogx, "xlogx"),
];

/// Points where functions of this table have roots, saturate, overflow or change their formula.
const PLACES: [f64; 25] = [
    1.0,
    -1.0,
    0.5,
    2.0,
    1.461_632_144_968_362_2,
    -0.751_791_524_693_564_4,
    -1.278_464_542_761_073_7,
    0.367_879_441_171_442_33,
    std::f64::consts::FRAC_PI_2,
    std::f64::consts::PI,
    3.0,
    8.0,
    20.0,
    -20.0,
    36.7,
    -36.7,
    355.0,
    -355.0,
    709.0,
    -709.0,
    1024.2,
    -1022.0,
    f64::MIN_POSITIVE,
    4e-309,
    f64::MAX,
];

/// The worst error seen, and where.
#[derive(Default)]
pub(crate) struct Worst {
    pub(crate) ulps: f64,
    pub(crate) at: [f64; 2],
}

impl Worst {
    pub(crate) fn see(&mut self, ulps: f64, at: [f64; 2]) {
        // A NaN error is worse than any number.
        if ulps.is_nan() || ulps > self.ulps {
            *self = Self { ulps, at };
        }
    }
}

/// The part of the domain of an operation where its derivatives have all digits.
pub(crate) fn unary_domain(op: UnaryOp) -> [f64; 2] {
    let [low, high] = op.row().domain[0];
    // Below 0, the errors of these are absolute, which another test measures.
    let has_poles = matches!(op, UnaryOp::LnGamma | UnaryOp::Digamma);
    [if has_poles { 0.0 } else { low }, high]
}

/// Points inside this domain of an operation, denser around roots, ends and edges of formulas.
pub(crate) fn unary_points(op: UnaryOp) -> Vec<f64> {
    let [low, high] = unary_domain(op);
    let mut points = line(800);
    for place in PLACES
        .into_iter()
        .chain([low, high])
        .filter(|place| place.is_finite())
    {
        points.extend(around(place));
    }
    // Where a sum with 1 is rounded: just inside a power of two.
    for power in 0..11 {
        let edge = f64::from(1_u32 << power);
        points.extend(even_spread(edge - 1.0, edge + 1.0, 24));
        points.extend(even_spread(-edge - 1.0, 1.0 - edge, 24));
    }
    points.retain(|&x| x > low && x < high && x.is_finite() && x != 0.0);
    points
}

fn unary_row(op: UnaryOp, name: &str) -> String {
    let exact = unary(name).expect("a reference");
    let (mut value, mut slope) = (Worst::default(), Worst::default());
    let points = unary_points(op);
    let op = Op::Unary(op);
    for x in points {
        let (y, real) = (op.apply(&[x]).expect("one operand"), Real::from(x));
        let wanted = (exact.value)(&real);
        // At an exact root, the reference has its own rounding error, far smaller than any nearby number.
        if !(y == 0.0 && wanted.to_f64().abs() < 1e-60) {
            value.see(ulps(y, &wanted), [x, 0.0]);
        }
        slope.see(
            ulps(op.partials(&[x], y)[0], &(exact.slope)(&real)),
            [x, 0.0],
        );
    }
    let [x, _] = slope.at;
    assert!(
        slope.ulps <= BOUND,
        "{name}′ is {} ulp off at {x:e}",
        slope.ulps
    );
    format!(
        "| `{name}` | {:.2} | {:.2} | {x:.3e} |\n",
        value.ulps, slope.ulps
    )
}

fn binary_rows(op: BinaryOp, name: &str, points: &[[f64; 2]]) -> String {
    let exact = binary(name).expect("a reference");
    let mut value = Worst::default();
    let mut slopes = [Worst::default(), Worst::default()];
    let op = Op::Binary(op);
    for &[a, b] in points {
        let y = op.apply(&[a, b]).expect("two operands");
        let (left, right) = (Real::from(a), Real::from(b));
        value.see(ulps(y, &(exact.value)(&left, &right)), [a, b]);
        let partials = op.partials(&[a, b], y);
        for (i, worst) in slopes.iter_mut().enumerate() {
            let wanted = (exact.slopes[i])(&left, &right);
            // The slope with respect to the exponent exists only for positive bases; else the reference is NaN.
            if wanted.to_f64().is_normal() {
                worst.see(ulps(partials[i], &wanted), [a, b]);
            }
        }
    }
    let operands = ["first", "second"].into_iter().zip(&slopes);
    operands
        .map(|(operand, slope)| row(&format!("`{name}`, {operand} operand"), &value, slope))
        .collect()
}

fn polygamma_row() -> String {
    let exact = binary("polygamma").expect("a reference").value;
    let (mut value, mut slope) = (Worst::default(), Worst::default());
    let op = Op::Binary(BinaryOp::Polygamma);
    for [x, n] in polygamma_points() {
        let (y, real) = (op.apply(&[x, n]).expect("two operands"), Real::from(x));
        value.see(ulps(y, &exact(&Real::from(n), &real)), [x, n]);
        let partial = op.partials(&[x, n], y)[0];
        slope.see(ulps(partial, &exact(&Real::from(n + 1.0), &real)), [x, n]);
    }
    row("`polygamma`, first operand", &value, &slope)
}

/// The derivatives of the softmax, which is not an operation but composed of several.
fn softmax_row() -> String {
    let (mut value, mut slope) = (Worst::default(), Worst::default());
    for xs in scores() {
        let real = xs.map(Real::from);
        for j in 0..xs.len() {
            let mut duals = xs.map(Dual::from);
            duals[j].tangent = 1.0;
            let shares = softmax(&duals).expect("scores");
            for (i, share) in shares.into_iter().enumerate() {
                let [_, exact, exact_slope] = log_sum_exp(&real, i, j);
                let at = [xs[i], xs[j]];
                if exact.to_f64().is_normal() {
                    value.see(ulps(share.value, &exact), at);
                }
                if exact_slope.to_f64().is_normal() {
                    slope.see(ulps(share.tangent, &exact_slope), at);
                }
            }
        }
    }
    row("`softmax`", &value, &slope)
}

/// A row of the table, after a check of the bound.
fn row(name: &str, value: &Worst, slope: &Worst) -> String {
    let [a, b] = slope.at;
    assert!(
        slope.ulps <= BOUND,
        "the slope of {name} is {} ulp off at {a:e}, {b:e}",
        slope.ulps
    );
    format!(
        "| {name} | {:.2} | {:.2} | {a:.3e}, {b:.3e} |\n",
        value.ulps, slope.ulps
    )
}

/// Quotients below 2^51, and the floats just below multiples, whose quotients round up to whole numbers.
fn divisions() -> Vec<[f64; 2]> {
    let mut divisions = pairs(&line(1501), &line(1500));
    for divisor in [0.1, -0.3, 3.0, 1e-300] {
        let multiples = (1..60).map(|k| f64::from(k) * divisor);
        divisions.extend(multiples.flat_map(|a| {
            [
                [a.next_down(), divisor],
                [a, divisor],
                [-a.next_up(), divisor],
            ]
        }));
    }
    divisions.retain(|[a, b]| *a != 0.0 && *b != 0.0 && (a / b).abs() < 2e15);
    divisions
}

#[test]
fn every_derivative_is_accurate_over_its_whole_domain() {
    let mut table = String::from(
        "| function | value, worst ulp | derivative, worst ulp | where |\n|---|---:|---:|---|\n",
    );
    for &(op, name) in UNARY {
        table.push_str(&unary_row(op, name));
    }
    table.push_str(&binary_rows(BinaryOp::Hypot, "hypot", &plane()));
    table.push_str(&binary_rows(BinaryOp::Atan2, "atan2", &plane()));
    let mut quotients = plane();
    // Subnormal quotients.
    quotients.extend(pairs(
        &log_spread(5e-324, 1e-300, 301),
        &log_spread(1e-12, 1e3, 300),
    ));
    table.push_str(&binary_rows(BinaryOp::Div, "div", &quotients));
    let divisions = divisions();
    table.push_str(&binary_rows(BinaryOp::Rem, "rem", &divisions));
    table.push_str(&binary_rows(BinaryOp::RemEuclid, "rem_euclid", &divisions));
    table.push_str(&binary_rows(BinaryOp::Pow, "pow", &powers()));
    table.push_str(&binary_rows(BinaryOp::Powi, "powi", &whole_powers()));
    table.push_str(&binary_rows(BinaryOp::Elu, "elu", &bends()));
    table.push_str(&polygamma_row());
    table.push_str(&softmax_row());
    check_table("accuracy", &table);
}
