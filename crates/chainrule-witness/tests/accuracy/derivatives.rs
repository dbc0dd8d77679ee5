//! The accuracy of every value and derivative over its whole domain, against 320-bit arithmetic.
//!
//! This test writes the table in docs/numerics.md: run `UPDATE_DOCS=1 cargo test -p chainrule-witness` after a change.

use std::fmt::Write as _;

use crate::docs::check_table;
use crate::reference::points::{around, even_spread, half_line, line, log_spread};
use crate::reference::real::{Real, ulps};
use crate::reference::{binary, unary};
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
    (UnaryOp::Log2, "log2"),
    (UnaryOp::Log10, "log10"),
    (UnaryOp::Sin, "sin"),
    (UnaryOp::Cos, "cos"),
    (UnaryOp::Tan, "tan"),
    (UnaryOp::Asin, "asin"),
    (UnaryOp::Acos, "acos"),
    (UnaryOp::Atan, "atan"),
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

/// Points inside the domain of an operation, denser around roots, ends and edges of formulas.
pub(crate) fn unary_points(op: UnaryOp) -> Vec<f64> {
    let [low, high] = op.row().domain[0];
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
            // The slope with respect to the exponent exists only for positive bases.
            if partials[i].is_nan() && a < 0.0 {
                continue;
            }
            worst.see(ulps(partials[i], &(exact.slopes[i])(&left, &right)), [a, b]);
        }
    }
    let mut rows = String::new();
    for (worst, operand) in slopes.iter().zip(["first", "second"]) {
        let [a, b] = worst.at;
        assert!(
            worst.ulps <= BOUND,
            "{name}′ with respect to its {operand} operand is {} ulp off at {a:e}, {b:e}",
            worst.ulps
        );
        let _ = writeln!(
            rows,
            "| `{name}`, {operand} operand | {:.2} | {:.2} | {a:.3e}, {b:.3e} |",
            value.ulps, worst.ulps
        );
    }
    rows
}

/// Pairs each point of one list with points of the other at a stride, not only with its counterpart.
pub(crate) fn pairs(first: &[f64], second: &[f64]) -> Vec<[f64; 2]> {
    (0..first.len().max(second.len()))
        .map(|i| [first[i % first.len()], second[(i * 7 + 3) % second.len()]])
        .collect()
}

#[test]
fn every_derivative_is_accurate_over_its_whole_domain() {
    let mut table = String::from(
        "| function | value, worst ulp | derivative, worst ulp | where |\n|---|---:|---:|---|\n",
    );
    for &(op, name) in UNARY {
        table.push_str(&unary_row(op, name));
    }
    // Sizes whose squares neither overflow nor vanish. Outside this range, the slope itself is not a normal number.
    let wide: Vec<f64> = line(1500)
        .into_iter()
        .filter(|x| x.abs() > 1e-150 && x.abs() < 1e150)
        .collect();
    let mut lengths = pairs(&wide, &wide[1..]);
    lengths.extend(pairs(
        &even_spread(-3.0, 3.0, 401),
        &even_spread(-3.0, 3.0, 400),
    ));
    lengths.retain(|[a, b]| *a != 0.0 && *b != 0.0);
    table.push_str(&binary_rows(BinaryOp::Hypot, "hypot", &lengths));
    table.push_str(&binary_rows(BinaryOp::Atan2, "atan2", &lengths));
    let mut quotients = pairs(&line(1501), &line(1500));
    quotients.extend(pairs(
        &log_spread(5e-324, 1e-300, 301),
        &log_spread(1e-12, 1e3, 300),
    ));
    // Either the quotient and both slopes are normal numbers, or only the quotient is subnormal.
    quotients.retain(|[a, b]| *a != 0.0 && *b != 0.0);
    quotients
        .retain(|[a, b]| (a / b).is_finite() && (a / b / b).is_normal() && b.recip().is_normal());
    table.push_str(&binary_rows(BinaryOp::Div, "div", &quotients));
    let mut powers = pairs(&half_line(801), &line(800));
    powers.extend(pairs(
        &log_spread(1e-5, 1e5, 401),
        &even_spread(-60.0, 60.0, 400),
    ));
    powers.retain(|[a, b]| *a > 0.0 && *b != 0.0);
    powers.retain(|&[a, b]| (a.ln() * b).abs() < 700.0 && (a.ln() * (b - 1.0)).abs() < 700.0);
    for exponent in [
        9_007_199_254_740_996.0,
        3e16,
        1e17,
        4_503_599_627_370_497.5,
        1e-3,
        1e-17,
    ] {
        powers.extend([1.0 + 2e-14, 1.0 - 5e-15, 1e-309, 0.5].map(|base| [base, exponent]));
    }
    powers.retain(|&[a, b]| (a.ln() * b).abs() < 700.0);
    // The power with the exponent less one is subnormal or overflows, and the exponent brings the slope back.
    for size in [-1073.5, -1060.0, -1040.0, -1025.0, 1023.9, 1024.5, 1025.0] {
        for log in log_spread(1e-9, 20.0, 20).into_iter().chain([40.0, 300.0]) {
            for log in [log, -log] {
                powers.extend([[log.exp2(), size / log], [log.exp2(), size / log + 1.0]]);
            }
        }
    }
    powers.retain(|&[a, b]| (a.ln() * b).abs() < 745.0 || b.abs() < 1e10);
    let normal_slope = |&[a, b]: &[f64; 2]| {
        let log = a.ln() * (b - 1.0) + b.abs().ln();
        log.abs() < 708.0 && a.is_normal()
    };
    let (usual, edges): (Vec<_>, Vec<_>) = powers
        .into_iter()
        .partition(|&[a, b]| (a.ln() * b).abs() < 700.0);
    let mut worst = Worst::default();
    let power = Op::Binary(BinaryOp::Pow);
    let exact = binary("pow").expect("a reference").slopes[0];
    for [a, b] in edges.into_iter().filter(normal_slope) {
        let y = power.apply(&[a, b]).expect("two operands");
        let wanted = exact(&Real::from(a), &Real::from(b));
        worst.see(ulps(power.partials(&[a, b], y)[0], &wanted), [a, b]);
    }
    assert!(
        worst.ulps <= BOUND,
        "pow′ is {} ulp off at {:?}",
        worst.ulps,
        worst.at
    );
    table.push_str(&binary_rows(BinaryOp::Pow, "pow", &usual));
    let mut integers = Vec::new();
    for n in (-9..=9).filter(|&n| n != 0) {
        let bases = log_spread(1e-7, 1e7, 40).into_iter();
        integers.extend(bases.flat_map(|x| [[x, f64::from(n)], [-x, f64::from(n)]]));
    }
    table.push_str(&binary_rows(BinaryOp::Powi, "powi", &integers));

    check_table("accuracy", &table);
}
