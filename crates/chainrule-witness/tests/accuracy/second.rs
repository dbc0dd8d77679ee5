//! The accuracy of second derivatives: of the derivative of every recorded slope, against 320-bit arithmetic.
//!
//! This test writes its table and its list of exceptions in docs/numerics.md, see [`check_table`].

use std::fmt::Write as _;

use crate::derivatives::{UNARY, Worst, unary_domain, unary_points};
use crate::docs::check_table;
use crate::reference::points::{
    around, bends, plane, polygamma_points, powers, scores, whole_powers,
};
use crate::reference::real::{Real, ulps};
use crate::reference::second::{
    binary_differences, binary_second, difference, log_sum_exp, unary_closed, unary_second,
};
use crate::reference::{binary, unary};
use chainrule::Dual;
use chainrule::op::{BinaryOp, NaryOp, Op};

/// The largest allowed error, in units of the last place, where the exact second derivative is a normal number.
const BOUND: f64 = 16.0;

/// Points where a second derivative is worse than the bound.
struct Exception {
    /// The function, and the operands of the derivative.
    name: &'static str,
    /// Where: in words, and as a condition on the operands.
    place: &'static str,
    inside: fn(f64, f64) -> bool,
    /// The largest allowed error there, in units of the last place.
    limit: f64,
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[Exception {
    name: "`pow`, both",
    place: "next to the root `b = −1/ln a`, where `1 + b·ln a` is below 1e-13",
    inside: |a, b| (1.0 + b * a.ln()).abs() < 1e-13,
    limit: 40.0,
    reason: "the sum is down to 2⁻⁶⁰ of its terms, and two floats hold only the first 106 digits of `b·ln a`",
}];

/// Measures the second derivatives of one name, and checks them against the bound or an exception.
struct Measure {
    name: String,
    exceptions: Vec<(&'static Exception, Worst)>,
    rest: Worst,
}

impl Measure {
    fn new(name: String) -> Self {
        let exceptions = EXCEPTIONS.iter().filter(|e| e.name == name);
        Self {
            exceptions: exceptions.map(|e| (e, Worst::default())).collect(),
            name,
            rest: Worst::default(),
        }
    }

    fn see(&mut self, got: f64, exact: &Real, at: [f64; 2]) {
        if !exact.to_f64().is_normal() {
            return;
        }
        let place = self.exceptions.iter_mut();
        let worst = place
            .filter(|(e, _)| (e.inside)(at[0], at[1]))
            .map(|(_, worst)| worst)
            .next()
            .unwrap_or(&mut self.rest);
        worst.see(ulps(got, exact), at);
    }

    /// Adds the rows of the tables, and complaints.
    fn report(&self, to: &mut Report) {
        let name = &self.name;
        let Worst { ulps, at } = self.rest;
        if ulps.is_nan() || ulps > BOUND {
            let _ = writeln!(to.wrong, "{name}: {ulps:e} ulp at {at:?}");
        }
        let _ = writeln!(to.table, "| {name} | {ulps:.2} | {} |", point(at));
        for (exception, Worst { ulps, at }) in &self.exceptions {
            let Exception { place, reason, .. } = exception;
            if *ulps <= BOUND {
                let _ = writeln!(to.wrong, "{name}: remove the exception {place}");
            }
            if ulps.is_nan() || *ulps > exception.limit {
                let _ = writeln!(to.wrong, "{name}, {place}: {ulps:e} ulp at {at:?}");
            }
            let at = point(*at);
            let _ = writeln!(
                to.exceptions,
                "| {name} | {place} | {reason} | {ulps:.1e} | {at} |"
            );
        }
    }
}

fn point([a, b]: [f64; 2]) -> String {
    if b == 0.0 {
        format!("{a:.3e}")
    } else {
        format!("{a:.3e}, {b:.3e}")
    }
}

/// The rows of the tables in the documentation, and what is wrong.
#[derive(Default)]
struct Report {
    table: String,
    exceptions: String,
    wrong: String,
}

/// The derivative by operand `j` of the partials that an operation records.
fn tangents(op: Op, at: &[f64], j: usize) -> Vec<f64> {
    let operands: Vec<Dual<f64>> = (0..at.len())
        .map(|k| Dual {
            value: at[k],
            tangent: if k == j { 1.0 } else { 0.0 },
        })
        .collect();
    let y = op.apply(&operands).expect("its operands");
    let partials = op.partials(&operands, y);
    partials.iter().map(|partial| partial.tangent).collect()
}

fn unary_rows(report: &mut Report) {
    for &(op, name) in UNARY {
        let mut measure = Measure::new(format!("`{name}`"));
        // The roots of second derivatives.
        let roots = [2.399_357_280_515_467_5, std::f64::consts::SQRT_2];
        let [low, high] = unary_domain(op);
        let mut points = unary_points(op);
        for root in roots {
            let near = around(root).into_iter().flat_map(|x| [x, -x]);
            points.extend(near.filter(|&x| low < x && x < high));
        }
        for x in points {
            let got = tangents(Op::Unary(op), &[x], 0)[0];
            measure.see(got, &unary_second(name, &Real::from(x)), [x, 0.0]);
        }
        measure.report(report);
    }
}

fn binary_rows(op: BinaryOp, name: &str, points: &[[f64; 2]], report: &mut Report) {
    let exact = binary_second(name).expect("a reference");
    let mut measures = ["first twice", "both", "second twice"]
        .map(|operands| Measure::new(format!("`{name}`, {operands}")));
    for &[a, b] in points {
        let real = [Real::from(a), Real::from(b)];
        let wanted = exact.map(|f| f(&real[0], &real[1]));
        for j in 0..2 {
            let got = tangents(Op::Binary(op), &[a, b], j);
            for i in 0..2 {
                // The slope with respect to the exponent exists only for positive bases.
                if a < 0.0 && wanted[i + j].to_f64().is_nan() {
                    continue;
                }
                measures[i + j].see(got[i], &wanted[i + j], [a, b]);
            }
        }
    }
    for measure in measures {
        measure.report(report);
    }
}

fn polygamma_row(report: &mut Report) {
    let mut measure = Measure::new("`polygamma`, first twice".into());
    let exact = binary("polygamma").expect("a reference").value;
    for [x, n] in polygamma_points() {
        let got = tangents(Op::Binary(BinaryOp::Polygamma), &[x, n], 0)[0];
        measure.see(got, &exact(&Real::from(n + 2.0), &Real::from(x)), [x, n]);
    }
    measure.report(report);
}

fn log_sum_exp_rows(report: &mut Report) {
    let mut own = Measure::new("`log_sum_exp`, one operand twice".into());
    let mut mixed = Measure::new("`log_sum_exp`, two operands".into());
    let op = Op::Nary(NaryOp::LogSumExp);
    for xs in scores() {
        let real = xs.map(Real::from);
        for j in 0..xs.len() {
            for (i, got) in tangents(op, &xs, j).into_iter().enumerate() {
                let measure = if i == j { &mut own } else { &mut mixed };
                let [_, _, exact] = log_sum_exp(&real, i, j);
                measure.see(got, &exact, [xs[i], xs[j]]);
            }
        }
    }
    own.report(report);
    mixed.report(report);
}

#[test]
fn every_second_derivative_keeps_its_digits() {
    let mut report = Report::default();
    unary_rows(&mut report);
    binary_rows(BinaryOp::Hypot, "hypot", &plane(), &mut report);
    binary_rows(BinaryOp::Atan2, "atan2", &plane(), &mut report);
    binary_rows(BinaryOp::Div, "div", &plane(), &mut report);
    binary_rows(BinaryOp::Pow, "pow", &powers(), &mut report);
    binary_rows(BinaryOp::Powi, "powi", &whole_powers(), &mut report);
    binary_rows(BinaryOp::Elu, "elu", &bends(), &mut report);
    polygamma_row(&mut report);
    log_sum_exp_rows(&mut report);
    assert!(report.wrong.is_empty(), "{}", report.wrong);
    let mut tables =
        String::from("| function | second derivative, worst ulp | where |\n|---|---:|---|\n");
    tables.push_str(&report.table);
    tables.push_str("\n| exception | where | reason | worst ulp | at |\n|---|---|---|---:|---|\n");
    tables.push_str(&report.exceptions);
    check_table("second derivatives", &tables);
}

#[test]
fn closed_forms_of_second_derivatives_are_differences_of_first_ones() {
    let agree = |closed: &Real, difference: &Real, name: &str| {
        let gap = (closed - difference).abs();
        assert!(gap < (closed.abs() + 1.0) * 1e-40, "{name}");
    };
    for &(_, name) in UNARY {
        for x in [0.3, 0.85, 1.2, 5.5].map(Real::from) {
            let slope = unary(name).expect("a reference").slope;
            // Outside the domain, both are NaN.
            if let Some(closed) = unary_closed(name, &x)
                && !closed.to_f64().is_nan()
            {
                agree(&closed, &difference(slope, &x), name);
            }
        }
    }
    for name in ["div", "hypot", "atan2", "pow", "elu"] {
        for [x, y] in [[2.0, 0.7], [1.5, 3.5], [3.0, -8.25]] {
            let x = if name == "elu" { -x } else { x };
            let (x, y) = (Real::from(x), Real::from(y));
            let closed = binary_second(name).expect("a reference").map(|f| f(&x, &y));
            for (closed, difference) in closed.iter().zip(&binary_differences(name, &x, &y)) {
                agree(closed, difference, name);
            }
        }
    }
    let xs = [0.5, 2.0, -1.0].map(Real::from);
    for j in 0..3 {
        let along = |place: usize| {
            difference(
                |x| {
                    let mut xs = xs.clone();
                    xs[j] = x.clone();
                    log_sum_exp(&xs, 0, 0)[place].clone()
                },
                &xs[j],
            )
        };
        agree(&log_sum_exp(&xs, 0, j)[2], &along(1), "log_sum_exp");
        agree(&log_sum_exp(&xs, j, j)[1], &along(0), "log_sum_exp");
    }
}
