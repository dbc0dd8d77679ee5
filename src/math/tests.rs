//! Tests of values at poles, ends of domains, infinities and NaN.

use super::trig::sin_cos_pair;
use super::{
    acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, cos, cosh, digamma, erf, erfc, exp,
    exp_difference, exp_m1, exp2, gaussian, gelu, gelu_slope, hypot, ln, ln_1p, ln_gamma, log_erfc,
    log_erfc_derivative, log_normal_cdf, log_normal_cdf_derivative, log1mexp, log1mexp_slope, log2,
    log10, polygamma, pow, powi, recip_positive, sigmoid, silu, silu_curvature, silu_slope, sin,
    sinc, sinc_derivative, sinc_near, sinh, softplus, tan, tanh, xlogx, xlogx_slope,
};
use super::{plane, slope, trig};

/// Whether two floats are the same, including the sign of zeros; any NaN equals any other.
fn same(got: f64, wanted: f64) -> bool {
    got.to_bits() == wanted.to_bits() || (got.is_nan() && wanted.is_nan())
}

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}

/// Parses points and expected values, written `point:value`, with commas between the coordinates of a point.
fn cases(text: &str) -> impl Iterator<Item = (Vec<f64>, f64)> {
    text.split(' ').map(|case| {
        let (point, wanted) = case.split_once(':').expect("a colon");
        (point.split(',').map(number).collect(), number(wanted))
    })
}

#[test]
fn edges_of_functions_of_one_number_hold() {
    type Function = fn(f64) -> f64;
    let table: &[(&str, Function, &str)] = &[
        ("exp", exp, "0:1 -0:1 710:inf -746:0 inf:inf -inf:0"),
        ("exp2", exp2, "0:1 10:1024 -1074:5e-324 inf:inf -inf:0"),
        ("exp_m1", exp_m1, "0:0 -0:-0 inf:inf -60:-1 -inf:-1"),
        ("gaussian", gaussian, "0:1 1e-200:1 inf:0 -inf:0 1e300:0"),
        ("ln", ln, "0:-inf -0:-inf 1:0 -1:NaN -inf:NaN inf:inf"),
        ("ln_1p", ln_1p, "-1:-inf 0:0 -2:NaN inf:inf"),
        ("log2", log2, "0:-inf 8:3 -1:NaN inf:inf"),
        ("log10", log10, "0:-inf 1000:3 -1:NaN inf:inf"),
        ("xlogx", xlogx, "0:0 1:0 -1:NaN inf:inf"),
        ("xlogx_slope", xlogx_slope, "0:-inf 1:1 -1:NaN inf:inf"),
        (
            "log1mexp",
            log1mexp,
            "0:-inf -0:-inf 0.5:NaN inf:NaN -inf:-0",
        ),
        (
            "log1mexp_slope",
            log1mexp_slope,
            "0:-inf -0:-inf 5e-324:NaN inf:NaN -inf:-0",
        ),
        ("sinc", sinc, "0:1 -0:1 5e-324:1 inf:0 -inf:0"),
        ("sin", sin, "0:0 -0:-0 inf:NaN -inf:NaN"),
        ("cos", cos, "0:1 inf:NaN"),
        ("tan", tan, "0:0 inf:NaN"),
        (
            "asin",
            asin,
            "1:1.5707963267948966 -1:-1.5707963267948966 1.5:NaN -inf:NaN",
        ),
        ("acos", acos, "1:0 -1:3.141592653589793 1.5:NaN -inf:NaN"),
        (
            "atan",
            atan,
            "inf:1.5707963267948966 -inf:-1.5707963267948966 0:0",
        ),
        ("sinh", sinh, "0:0 inf:inf -inf:-inf 711:inf -711:-inf"),
        ("cosh", cosh, "0:1 inf:inf -inf:inf -711:inf"),
        ("tanh", tanh, "0:0 800:1 -800:-1 inf:1 -inf:-1"),
        ("asinh", asinh, "0:0 inf:inf -inf:-inf"),
        ("acosh", acosh, "1:0 0.5:NaN -3:NaN -inf:NaN inf:inf"),
        ("atanh", atanh, "0:0 1:inf -1:-inf 1.5:NaN inf:NaN"),
        ("sqrt", f64::sqrt, "0:0 -0:-0 -1:NaN inf:inf"),
        ("cbrt", cbrt, "0:0 -8:-2 inf:inf -inf:-inf"),
        (
            "recip_positive",
            recip_positive,
            "0:inf -0:inf 2:0.5 -1:NaN inf:0",
        ),
        ("sigmoid", sigmoid, "0:0.5 800:1 -800:0 inf:1 -inf:0"),
        ("softplus", softplus, "800:800 -800:0 inf:inf -inf:0"),
        ("silu", silu, "0:0 800:800 -1e300:-0 inf:inf -inf:-0"),
        (
            "silu_slope",
            silu_slope,
            "0:0.5 800:1 -1e300:-0 inf:1 -inf:-0",
        ),
        (
            "silu_curvature",
            silu_curvature,
            "0:0.5 800:-0 -1e300:-0 inf:-0 -inf:-0",
        ),
        ("gelu", gelu, "0:0 800:800 -1e300:-0 inf:inf -inf:-0"),
        (
            "gelu_slope",
            gelu_slope,
            "0:0.5 800:1 -1e300:-0 inf:1 -inf:-0",
        ),
        (
            "log_erfc",
            log_erfc,
            "0:-0 -inf:0.6931471805599453 inf:-inf 1e200:-inf",
        ),
        (
            "log_normal_cdf",
            log_normal_cdf,
            "0:-0.6931471805599453 -0:-0.6931471805599453 inf:-0 40:-0 -inf:-inf -1e200:-inf",
        ),
        ("erf", erf, "0:0 1e300:1 inf:1 -inf:-1"),
        ("erfc", erfc, "0:1 -1e300:2 1e300:0 inf:0 -inf:2"),
        (
            "ln_gamma",
            ln_gamma,
            "0:inf -0:inf 1:0 2:0 -0.5:1.2655121234846454 -2:inf -1e300:inf -5e-324:744.4400719213812 -inf:NaN inf:inf",
        ),
        (
            "digamma",
            digamma,
            "0:-inf -0:-inf -0.5:0.03648997397857652 -2:NaN -1e300:NaN -5e-324:inf -inf:NaN inf:inf",
        ),
    ];
    for (name, f, text) in table {
        assert!(f(f64::NAN).is_nan(), "{name}(NaN)");
        for (point, wanted) in cases(text) {
            let got = f(point[0]);
            assert!(same(got, wanted), "{name}{point:?} = {got}, not {wanted}");
        }
    }
}

#[test]
fn gelu_keeps_the_sign_of_zero() {
    for x in [-0.0, -5e-324] {
        assert!(same(gelu(x), -0.0), "{x:e} gives {:e}", gelu(x));
    }
}

#[test]
fn odd_functions_keep_zeros_and_the_smallest_numbers() {
    for f in [
        exp_m1, ln_1p, sin, tan, asin, atan, sinh, tanh, asinh, atanh, erf,
    ] {
        for x in [0.0, -0.0, 5e-324, -5e-324] {
            assert!(same(f(x), x), "{x:e} gives {:e}", f(x));
        }
    }
}

/// Floats of all sizes and both signs, spread evenly over their bits.
fn all_sizes() -> impl Iterator<Item = f64> {
    (0..=u64::MAX / 0x0006_9e37_79b9_7f4b).map(|n| f64::from_bits(n * 0x0006_9e37_79b9_7f4b))
}

#[test]
fn logarithms_have_the_bits_of_libm() {
    for x in all_sizes().chain((1..4000).map(|n| f64::from(n) / 1000.0)) {
        assert!(same(ln(x), libm::log(x)), "ln({x:e})");
        assert!(same(log2(x), libm::log2(x)), "log2({x:e})");
        assert!(same(log10(x), libm::log10(x)), "log10({x:e})");
        assert!(same(ln_1p(x), libm::log1p(x)), "ln_1p({x:e})");
        assert!(same(ln_1p(-x), libm::log1p(-x)), "ln_1p({:e})", -x);
    }
}

#[test]
fn lengths_and_angles_have_the_bits_of_libm() {
    let pairs = |a: f64| all_sizes().step_by(97).map(move |b| (a, b));
    let wide = all_sizes().step_by(89).flat_map(pairs);
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        2.0,
        -2.5,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let special = special.iter().flat_map(|&x| special.map(|y| (x, y)));
    // Sides of like sizes, and of sizes where one of them begins not to count.
    let alike = (0..2000).map(|i| (1.07_f64.powi(i % 41), 1.13_f64.powi(i % 49)));
    let scales = [-1060, -512, -449, -64, 0, 64, 450, 511, 1000];
    let alike = alike.flat_map(|(a, b)| {
        let sides = move |n: i32| {
            let scale = if n < -1022 {
                2_f64.powi(n / 2).powi(2)
            } else {
                2_f64.powi(n)
            };
            [(a * scale, b * scale), (a, b * scale)]
        };
        scales.into_iter().flat_map(sides)
    });
    for (x, y) in special.chain(wide).chain(alike) {
        if !x.is_nan() && !y.is_nan() {
            assert!(same(hypot(x, y), libm::hypot(x, y)), "hypot({x:e}, {y:e})");
            assert!(same(atan2(x, y), libm::atan2(x, y)), "atan2({x:e}, {y:e})");
        }
    }
}

#[test]
fn inverse_functions_have_the_bits_of_libm() {
    let switches = [
        2_f64.powi(-29),
        2_f64.powi(-28),
        2_f64.powi(-27),
        0.25,
        0.4375,
        0.5,
        0.6875,
        f64::from_bits(0x3fef_3333_0000_0000),
        1.0,
        1.1875,
        2.0,
        2.4375,
        2_f64.powi(26),
        2_f64.powi(28),
        2_f64.powi(66),
    ];
    let around = |x: f64| {
        [
            x.next_down(),
            x,
            x.next_up(),
            -x.next_down(),
            -x,
            -x.next_up(),
        ]
    };
    let switches = switches.into_iter().flat_map(around);
    let near_one = (0..2000).map(|n| 1.0 - f64::from(n) / 65_536.0);
    let grid = (-5000..5000).map(|n| f64::from(n) / 1000.0);
    for x in all_sizes().chain(grid).chain(switches).chain(near_one) {
        assert!(same(asin(x), libm::asin(x)), "asin({x:e})");
        assert!(same(acos(x), libm::acos(x)), "acos({x:e})");
        assert!(same(atan(x), libm::atan(x)), "atan({x:e})");
        assert!(same(asinh(x), libm::asinh(x)), "asinh({x:e})");
        assert!(same(atanh(x), libm::atanh(x)), "atanh({x:e})");
        if x >= 1.0 {
            assert!(same(acosh(x), libm::acosh(x)), "acosh({x:e})");
        }
    }
}

#[test]
fn circular_functions_of_all_sizes_are_those_of_libm_to_rounding() {
    let within = |ulps: f64, a: f64, b: f64| {
        (a - b).abs() <= ulps * f64::EPSILON * b.abs() || (a.is_nan() && b.is_nan())
    };
    let near = |a, b| within(1.03, a, b);
    for x in all_sizes().chain((-4000..4000).map(|n| f64::from(n) * 251.3)) {
        let (sine, cosine) = trig::sin_cos(x);
        assert!(same(sine, sin(x)) && same(cosine, cos(x)), "sin_cos({x:e})");
        assert!(near(sin(x), libm::sin(x)), "sin({x:e})");
        assert!(near(cos(x), libm::cos(x)), "cos({x:e})");
        assert!(within(1.5, tan(x), libm::tan(x)), "tan({x:e})");
        if x.abs() <= trig::NEAR {
            assert!(same(trig::sin_near(x), sin(x)), "sin({x:e})");
            assert!(same(trig::cos_near(x), cos(x)), "cos({x:e})");
            assert!(same(trig::tan_near(x), tan(x)), "tan({x:e})");
            assert!(same(sinc_near(x), sinc(x)), "sinc({x:e})");
        }
    }
}

#[test]
fn edges_of_functions_of_two_numbers_hold() {
    type Function = fn(f64, f64) -> f64;
    let table: &[(&str, Function, &str)] = &[
        (
            "pow",
            pow,
            "-2,3:-8 0,-1:inf -0,-1:-inf 0,0:1 0,2:0 -2,0.5:NaN 1,inf:1",
        ),
        (
            "powi",
            powi,
            "-2,3:-8 0,-1:inf -0,-1:-inf -0,-2:inf -0,-3:-inf 0,0:1 inf,0:1 inf,-2:0 -3,1:-3 3,-1:0.3333333333333333 2,10:1024",
        ),
        ("hypot", hypot, "0,0:0 3,-4:5 inf,1:inf 1e300,inf:inf"),
        (
            "atan2",
            atan2,
            "0,0:0 -0,0:-0 0,-0:3.141592653589793 -0,-0:-3.141592653589793 1,0:1.5707963267948966 0,-1:3.141592653589793",
        ),
        (
            "exp_difference",
            exp_difference,
            "3,3:1 inf,inf:1 -inf,-inf:1 -inf,3:0 3,inf:0 inf,-inf:inf 1e308,-1e308:inf",
        ),
        (
            "pow_slope",
            slope::pow,
            "0,0:0 0,1:1 0,2:0 0,0.5:inf 0,-1:-inf -2,3:12 -2,0.5:NaN",
        ),
        (
            "pow_curvature",
            slope::pow_curvature,
            "0,0:0 0,1:0 0,2:2 0,3:0 0,1.5:inf 0,0.5:-inf 0,-1:inf -2,3:-12 1,inf:inf 0.5,inf:0",
        ),
        (
            "pow_mixed",
            slope::pow_mixed,
            "0,2:0 0,1:-inf 0,0.5:-inf 0,0:inf 0,-1:inf -2,3:NaN -2,0:NaN 1,inf:1 1,3:1",
        ),
        (
            "pow_log",
            slope::pow_log,
            "0,2:0 0,0:-inf 0,-1:-inf -2,3:NaN inf,-1:0 1,inf:0 0.5,inf:0",
        ),
        (
            "pow_log_squared",
            slope::pow_log_squared,
            "0,2:0 0,0:inf -2,3:NaN 1,7:0 0.5,inf:0",
        ),
        (
            "hypot_curvature",
            plane::hypot_curvature,
            "0,0:0 3,0:0 0,-2:0.5 inf,1:0 1,inf:0 inf,inf:NaN 0,5e-324:inf",
        ),
        (
            "hypot_mixed",
            plane::hypot_mixed,
            "0,0:0 inf,1:0 1,-inf:0 inf,-inf:NaN 5e-324,5e-324:-inf",
        ),
        (
            "atan2_slope",
            plane::atan2,
            "0,0:NaN 0,2:0.5 0,-4:-0.25 inf,1:0 1,inf:0 inf,inf:NaN 0,5e-324:inf -inf,-1:0 -1,-inf:0 1,-0:-0 0,1.7976931348623157e308:5.562684646268003e-309 0,8e-309:1.25e308",
        ),
        (
            "atan2_curvature",
            plane::atan2_curvature,
            "0,0:NaN 1,-1:0.5 1,1:-0.5 1,inf:0 inf,inf:NaN",
        ),
        (
            "atan2_mixed",
            plane::atan2_mixed,
            "0,0:NaN 1,1:0 0,2:-0.25 2,0:0.25 1,inf:0 inf,inf:NaN",
        ),
        (
            "polygamma",
            polygamma,
            "1,0:inf 2,0:-inf 1,inf:0 0,0:-inf 1,-0.5:8.934802200544679 2,-0.5:-0.82879664423432 1,-2:NaN 1,-inf:NaN 1.5,2:NaN -1,2:NaN",
        ),
    ];
    for (name, f, text) in table {
        for (point, _) in cases("NaN,0:0 0,NaN:0 NaN,1:0 1,NaN:0 inf,NaN:0 NaN,inf:0 NaN,NaN:0") {
            assert!(f(point[0], point[1]).is_nan(), "{name}{point:?}");
        }
        for (point, wanted) in cases(text) {
            let got = f(point[0], point[1]);
            assert!(same(got, wanted), "{name}{point:?} = {got}, not {wanted}");
        }
    }
    assert_eq!(polygamma(0.0, 3.5), digamma(3.5));
}

/// Values at both branches of the recurrence and above its switch, computed with 50 digits by mpmath's quadrature.
#[test]
fn derivatives_of_the_cardinal_sine_have_their_digits() {
    let text = "0.5,2:-0.30870295466413973 3.0,3:0.14658583504520026 -3.0,5:0.08265120324407415 4.25,4:-0.15214450516268262 4.5,1:0.0014295812457574508 -7.75,2:-0.12751814526328856 20.0,7:-0.0035531182549522805 500.0,3:0.0017620429053400548";
    for (point, wanted) in cases(text) {
        let got = sinc_derivative(point[0], point[1]);
        assert!(
            (got - wanted).abs() <= 3e-16 * wanted.abs(),
            "{point:?} gives {got}, not {wanted}"
        );
    }
    assert_eq!(sinc_derivative(3.5, 0.0), sinc(3.5));
    assert_eq!(sinc_derivative(0.0, 2.0), -1.0 / 3.0);
    assert_eq!(sinc_derivative(f64::NEG_INFINITY, 2.0), 0.0);
    for order in [-1.0, 1.5, 41.0, f64::NAN] {
        assert!(sinc_derivative(1.0, order).is_nan(), "order {order}");
    }
    assert!(sinc_derivative(f64::NAN, 1.0).is_nan());
}

#[test]
fn sine_and_cosine_as_pairs_have_66_digits() {
    let bound = 2_f64.powi(-66);
    for i in 0..20_000 {
        let x = 1e-3 * 1e7_f64.powf(f64::from(i) / 20_000.0);
        for (found, wanted) in sin_cos_pair(x).into_iter().zip(super::sinc::sin_cos(x)) {
            let error = (found.hi - wanted.hi) + (found.lo - wanted.lo);
            assert!(error.abs() <= bound, "at {x}: {error:e}");
        }
    }
}

/// Values in the tails, near 0 and between, computed with 80 digits by mpmath.
#[test]
fn derivatives_of_logarithms_of_the_normal_distribution_have_their_digits() {
    type Function = fn(f64, f64) -> f64;
    let table: [(&str, Function, &str); 2] = [
        (
            "log_normal_cdf",
            log_normal_cdf_derivative,
            "-30,3:7.309993015784438e-05 -3.5,3:0.023500827274448546 -0.75,4:0.09146462675894006 -0.25,5:0.02582368762154529 0.5,3:0.27099012446870785 2.25,4:-0.18247588336771545 9,6:-5.3345856972818664e-14 -8,7:0.000158703470790545",
        ),
        (
            "log_erfc",
            log_erfc_derivative,
            "30,3:-7.358365017382311e-05 3.5,3:-0.03135394933163404 0.75,4:0.3049350052583916 0.25,5:-0.1929763272944082 -0.5,3:-0.8102579485199026 -2.25,4:-0.2308789090616795 -9,6:-6.645499099147892e-30 8,7:-0.00022811670567075888",
        ),
    ];
    for (name, f, text) in table {
        for (point, wanted) in cases(text) {
            let got = f(point[0], point[1]);
            assert!(
                (got - wanted).abs() <= 5e-16 * wanted.abs(),
                "{name}{point:?} = {got}, not {wanted}"
            );
        }
        for order in [0.0, -1.0, 1.5, 21.0, f64::NAN] {
            assert!(f(1.0, order).is_nan(), "order {order}");
        }
        assert!(f(f64::NAN, 1.0).is_nan());
    }
    assert_eq!(log_erfc_derivative(f64::INFINITY, 3.0), 0.0);
    assert_eq!(log_normal_cdf_derivative(f64::NEG_INFINITY, 3.0), 0.0);
}
