//! Tests of every function against its high-precision reference.

use crate::math::{
    acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, cos, cosh, digamma, erf, erfc, exp,
    exp_difference, exp_m1, exp2, gaussian, gelu, gelu_slope, hypot, ln, ln_1p, ln_gamma, log_erfc,
    log_erfc_derivative, log_normal_cdf, log_normal_cdf_derivative, log2, log10, polygamma, pow,
    powi, recip_positive, sigmoid, silu, silu_curvature, silu_slope, sin, sinh, softplus, tan,
    tanh, xlogx, xlogx_slope,
};
use crate::reference::points::{around, even_spread, half_line, line, log_spread};
use crate::reference::real::{Real, ulps};
use crate::reference::{binary, unary};

/// The largest error so far, and its place.
struct Worst {
    error: f64,
    place: [f64; 2],
}

impl Worst {
    fn new() -> Self {
        Self {
            error: 0.0,
            place: [0.0; 2],
        }
    }

    fn see(&mut self, error: f64, place: [f64; 2]) {
        if error > self.error {
            *self = Self { error, place };
        }
    }

    fn report(&self, name: &str, count: usize, bound: f64) {
        println!(
            "{name:15} {:6.3} ulp at {:?} of {count} points",
            self.error, self.place
        );
        assert!(
            self.error <= bound,
            "{name}: {} ulp at {:?}",
            self.error,
            self.place
        );
    }
}

/// Measures a function at sampled points inside its domain, including points around each of `places`.
fn measure(
    name: &str,
    f: fn(f64) -> f64,
    bound: f64,
    domain: impl Fn(f64) -> bool,
    places: &[f64],
) {
    let exact = unary(name).expect("a reference").value;
    let mut points = line(1600);
    for place in places {
        points.extend(around(*place));
    }
    points.retain(|x| x.is_finite() && domain(*x));
    let mut worst = Worst::new();
    for &x in &points {
        worst.see(ulps(f(x), &exact(&Real::from(x))), [x, 0.0]);
    }
    worst.report(name, points.len(), bound);
}

fn anywhere(_: f64) -> bool {
    true
}

fn positive(x: f64) -> bool {
    x > 0.0
}

fn nonzero(x: f64) -> bool {
    x != 0.0
}

#[test]
fn exponentials_are_accurate() {
    let bound = 2.0;
    let edges = [0.0, 0.35, -0.35, 1.0, 709.78, -708.4, -745.1, 36.7, -37.0];
    measure("exp", exp, bound, anywhere, &edges);
    measure("exp_m1", exp_m1, bound, nonzero, &edges);
    measure(
        "exp2",
        exp2,
        bound,
        anywhere,
        &[0.0, 0.5, 1024.0, -1022.0, -1074.0],
    );
    measure(
        "gaussian",
        gaussian,
        bound,
        anywhere,
        &[0.0, 1.0, 26.6, -27.2, 5.9],
    );
}

#[test]
fn logarithms_are_accurate() {
    let bound = 2.0;
    measure("ln", ln, bound, |x| x > 0.0 && x != 1.0, &[1.0, 0.7, 1.4]);
    measure(
        "ln_1p",
        ln_1p,
        bound,
        |x| x > -1.0 && x != 0.0,
        &[0.0, -1.0, -0.3, 0.41],
    );
    measure(
        "log2",
        log2,
        bound,
        |x| x > 0.0 && x != 1.0,
        &[1.0, 2.0, 0.5],
    );
    measure(
        "log10",
        log10,
        bound,
        |x| x > 0.0 && x != 1.0,
        &[1.0, 10.0, 0.1],
    );
    measure(
        "xlogx",
        xlogx,
        bound,
        |x| x > 0.0 && x != 1.0,
        &[1.0, 1e-300],
    );
    measure(
        "xlogx_slope",
        xlogx_slope,
        bound,
        positive,
        &[1.0, 0.367_879_441_171_442_33, 0.1],
    );
}

#[test]
fn circular_functions_are_accurate() {
    let bound = 2.0;
    let quarters = [
        std::f64::consts::FRAC_PI_4,
        std::f64::consts::FRAC_PI_2,
        std::f64::consts::PI,
        1e5,
        6_381_956_970_095_103.0,
    ];
    measure("sin", sin, bound, nonzero, &quarters);
    measure("cos", cos, bound, anywhere, &quarters);
    measure("tan", tan, bound, nonzero, &quarters);
    measure(
        "asin",
        asin,
        bound,
        |x| x.abs() <= 1.0 && x != 0.0,
        &[1.0, -1.0, 0.5],
    );
    measure(
        "acos",
        acos,
        bound,
        |x| x.abs() <= 1.0 && x != 1.0,
        &[1.0, -1.0, 0.5, 0.0],
    );
    measure("atan", atan, bound, nonzero, &[1.0, 0.4375, 2.4375]);
}

#[test]
fn hyperbolic_functions_are_accurate() {
    let bound = 2.0;
    let edges = [0.0, 0.35, 0.7, 1.0, 20.0, 22.0, 710.4, 709.8, -710.4];
    measure("sinh", sinh, bound, nonzero, &edges);
    measure("cosh", cosh, bound, anywhere, &edges);
    measure("tanh", tanh, bound, nonzero, &edges);
    measure("asinh", asinh, bound, nonzero, &[1.0, 0.1, 2.0, 1e8]);
    measure("acosh", acosh, bound, |x| x > 1.0, &[1.0, 2.0, 1e8]);
    measure(
        "atanh",
        atanh,
        bound,
        |x| x.abs() < 1.0 && x != 0.0,
        &[1.0, -1.0, 0.5],
    );
}

#[test]
fn roots_are_accurate() {
    measure("sqrt", f64::sqrt, 0.5, positive, &[1.0]);
    measure("cbrt", cbrt, 2.0, nonzero, &[1.0]);
    measure("recip_positive", recip_positive, 0.5, positive, &[1.0]);
}

#[test]
fn sigmoids_are_accurate() {
    let bound = 2.0;
    let edges = [0.0, -36.7, 37.0, -708.0, -745.0, 1.0, -1.0];
    measure("sigmoid", sigmoid, bound, anywhere, &edges);
    measure("softplus", softplus, bound, anywhere, &edges);
    measure("silu", silu, bound, nonzero, &edges);
    let edges = [
        -1.278_464_542_761_073_7,
        -1.0,
        -1.6,
        -36.0,
        0.0,
        -710.0,
        -750.0,
        2.4,
    ];
    measure("silu_slope", silu_slope, 2.5, anywhere, &edges);
    let edges = [
        2.399_357_280_515_467_5,
        -2.399_357_280_515_467_5,
        1.9,
        2.9,
        -710.0,
        750.0,
    ];
    measure("silu_curvature", silu_curvature, 4.0, anywhere, &edges);
}

#[test]
fn gaussian_family_is_accurate() {
    let bound = 2.0;
    let edges = [0.5, 0.84375, 1.25, 2.857, 6.0, 26.5, 27.2, 5.9, -5.9];
    measure("erf", erf, bound, nonzero, &edges);
    measure("erfc", erfc, 2.5, anywhere, &edges);
    let edges = [
        -0.751_791_524_693_564_4,
        -1.0,
        -1.2,
        1.2,
        -38.4,
        -37.5,
        -5.0,
        -8.0,
        1.414,
    ];
    measure("gelu", gelu, bound, nonzero, &edges);
    measure("gelu_slope", gelu_slope, 3.0, anywhere, &edges);
}

#[test]
fn logarithms_of_the_normal_distribution_are_accurate() {
    type Derivative = fn(f64, f64) -> f64;
    let edges = [0.0, 0.45, 0.7, 1.0, 14.1, 20.0, -20.0, -0.5, 26.5, -38.5];
    measure("log_erfc", log_erfc, 2.0, nonzero, &edges);
    measure("log_normal_cdf", log_normal_cdf, 2.0, anywhere, &edges);
    let derivatives: [(&str, Derivative); 2] = [
        ("log_erfc", log_erfc_derivative),
        ("log_normal_cdf", log_normal_cdf_derivative),
    ];
    let mut points = line(600);
    points.extend(edges.into_iter().flat_map(around));
    points.retain(|x| x.abs() < 1e6);
    let step = Real::from(2_f64.powi(-100));
    for (name, derivative) in derivatives {
        let slope = unary(name).expect("a reference").slope;
        let (mut first, mut second) = (Worst::new(), Worst::new());
        for &x in &points {
            let at = Real::from(x);
            first.see(ulps(derivative(x, 1.0), &slope(&at)), [x, 1.0]);
            let rise = slope(&(&at + &step)) - slope(&(&at - &step));
            let exact = rise / (&step * 2.0);
            // The difference is accurate to about 1e-36 of the slope.
            let known = exact.abs() > slope(&at).abs() * 1e-18;
            if known {
                second.see(ulps(derivative(x, 2.0), &exact), [x, 2.0]);
            }
        }
        first.report(name, points.len(), 4.0);
        second.report(name, points.len(), 8.0);
    }
}

#[test]
fn gamma_family_is_accurate() {
    let bound = 2.0;
    let edges = [
        1.0,
        2.0,
        1.461_632_144_968_362_2,
        1.5,
        0.5,
        8.0,
        3.0,
        10.0,
        16.0,
    ];
    measure(
        "ln_gamma",
        ln_gamma,
        bound,
        |x| x > 0.0 && x != 1.0 && x != 2.0,
        &edges,
    );
    measure("digamma", digamma, 2.5, positive, &edges);
}

/// Near roots the error is bounded as a part of 1, not of the result.
#[test]
fn gamma_family_is_accurate_below_0() {
    let mut points = even_spread(-30.0, 0.0, 1500);
    points.extend(log_spread(1e-300, 1e15, 500).iter().map(|x| -x));
    for place in [
        -0.504_083_008_264_455_4,
        -1.0,
        -1.573_498_473_162_390_5,
        -2.457_024_738_220_800_4,
        -3.0,
        -20.0,
    ] {
        points.extend(around(place));
    }
    points.retain(|x| *x < 0.0 && x.floor() != *x);
    let trigamma: fn(f64) -> f64 = |x| polygamma(1.0, x);
    let table = [
        (
            "ln_gamma",
            ln_gamma as fn(f64) -> f64,
            unary("ln_gamma").expect("a reference").value,
        ),
        (
            "digamma",
            digamma,
            unary("digamma").expect("a reference").value,
        ),
        (
            "trigamma",
            trigamma,
            unary("digamma").expect("a reference").slope,
        ),
    ];
    for (name, f, exact) in table {
        let mut worst = Worst::new();
        for &x in &points {
            let (got, wanted) = (f(x), exact(&Real::from(x)));
            let size = wanted.to_f64().abs();
            let error = if size < 1.0 {
                (Real::from(got) - &wanted).abs().to_f64() / f64::EPSILON
            } else {
                ulps(got, &wanted)
            };
            worst.see(error, [x, 0.0]);
        }
        worst.report(name, points.len(), 1.0);
    }
}

#[test]
fn polygamma_is_accurate() {
    let exact = binary("polygamma").expect("a reference").value;
    for n in (1..=24).chain([30, 50, 100, 170]) {
        let n = f64::from(n);
        let mut points = half_line(if n < 4.0 { 400 } else { 60 });
        points.extend(log_spread(1e-3, 1e3, 40));
        points.extend(even_spread(0.1, 60.0, 40));
        let mut worst = Worst::new();
        for &x in &points {
            worst.see(
                ulps(polygamma(n, x), &exact(&Real::from(n), &Real::from(x))),
                [n, x],
            );
        }
        worst.report("polygamma", points.len(), 1.0);
    }
}

/// Measures a function of two numbers at pairs of points.
fn measure_pairs(name: &str, f: fn(f64, f64) -> f64, bound: f64, pairs: &[[f64; 2]]) {
    let exact = binary(name).expect("a reference").value;
    let mut worst = Worst::new();
    for &[x, y] in pairs {
        worst.see(
            ulps(f(x, y), &exact(&Real::from(x), &Real::from(y))),
            [x, y],
        );
    }
    worst.report(name, pairs.len(), bound);
}

fn pairs(first: &[f64], second: &[f64]) -> Vec<[f64; 2]> {
    // Each point of the first list is paired with points of the second at a stride, not only with its counterpart.
    (0..first.len().max(second.len()))
        .map(|i| [first[i % first.len()], second[(i * 7 + 3) % second.len()]])
        .collect()
}

#[test]
fn functions_of_two_numbers_are_accurate() {
    let mut all = pairs(&line(3001), &line(3000));
    all.extend(pairs(
        &even_spread(-3.0, 3.0, 1001),
        &even_spread(-3.0, 3.0, 1000),
    ));
    all.retain(|[x, y]| *x != 0.0 && *y != 0.0);
    measure_pairs("hypot", hypot, 2.0, &all);
    measure_pairs("atan2", atan2, 2.0, &all);
    measure_pairs("exp_difference", exp_difference, 2.0, &all);

    let mut powers = pairs(&half_line(2001), &line(2000));
    powers.extend(pairs(
        &log_spread(1e-5, 1e5, 1001),
        &even_spread(-60.0, 60.0, 1000),
    ));
    powers.extend(pairs(&around(1.0), &log_spread(1e3, 1e18, 501)));
    powers.retain(|[x, _]| *x > 0.0);
    for base in [-2.0, -0.3, -1.0, -7.5, -1.000_01] {
        powers.extend((-200..200).map(|n| [base, f64::from(n)]));
    }
    measure_pairs("pow", pow, 2.0, &powers);
    let mut powers = Vec::new();
    for n in (-40..=40).chain([100, -301, 1000]) {
        powers.extend(
            log_spread(1e-7, 1e7, 40)
                .into_iter()
                .flat_map(|x| [[x, f64::from(n)], [-x, f64::from(n)]]),
        );
    }
    measure_pairs("powi", powi, 2.0, &powers);
}

#[test]
fn reference_slopes_are_the_derivatives_of_the_reference_values() {
    // With a step of 2^-80, central differences have a truncation error of about 2^-160 and a rounding error of 2^-240.
    let step = Real::from(2_f64.powi(-80));
    let agree = |difference: &Real, slope: &Real, name: &str, x: f64| {
        let gap = (difference - slope).abs();
        assert!(gap < (slope.abs() + 1.0) * 1e-40, "{name} at {x}");
    };
    let names = [
        "recip",
        "square",
        "sqrt",
        "cbrt",
        "exp",
        "exp2",
        "exp_m1",
        "ln",
        "ln_1p",
        "log2",
        "log10",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinc",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "acosh",
        "atanh",
        "sigmoid",
        "softplus",
        "silu",
        "silu_slope",
        "silu_curvature",
        "gelu",
        "gelu_slope",
        "gaussian",
        "erf",
        "erfc",
        "log_erfc",
        "log_normal_cdf",
        "log1mexp",
        "ln_gamma",
        "digamma",
        "xlogx",
        "xlogx_slope",
        "recip_positive",
    ];
    for name in names {
        let function = unary(name).expect("a reference");
        for x in [0.3_f64, 0.85, 1.2, 5.5, -0.4, -6.5] {
            let inside = match name {
                "asin" | "acos" | "atanh" => x.abs() < 1.0,
                "acosh" => x > 1.0,
                "log1mexp" => x < 0.0,
                "log_erfc" | "log_normal_cdf" | "ln_gamma" | "digamma" => true,
                _ => x > 0.0,
            };
            if !inside {
                continue;
            }
            let at = Real::from(x);
            let rise = (function.value)(&(&at + &step)) - (function.value)(&(&at - &step));
            agree(&(rise / (&step * 2.0)), &(function.slope)(&at), name, x);
        }
    }
    for name in [
        "hypot",
        "atan2",
        "pow",
        "exp_difference",
        "elu",
        "polygamma",
    ] {
        let function = binary(name).expect("a reference");
        for [x, y] in [[2.0, 0.7], [1.0, 3.5], [3.0, 8.25]] {
            let (x, y) = if name == "elu" { (-x, y) } else { (x, y) };
            let (a, b) = (Real::from(x), Real::from(y));
            if name != "polygamma" {
                let rise =
                    (function.value)(&(&a + &step), &b) - (function.value)(&(&a - &step), &b);
                agree(
                    &(rise / (&step * 2.0)),
                    &(function.slopes[0])(&a, &b),
                    name,
                    x,
                );
            }
            let rise = (function.value)(&a, &(&b + &step)) - (function.value)(&a, &(&b - &step));
            agree(
                &(rise / (&step * 2.0)),
                &(function.slopes[1])(&a, &b),
                name,
                x,
            );
        }
    }
}
