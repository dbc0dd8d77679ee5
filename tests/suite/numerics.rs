//! Tests the conventions of docs/numerics.md at edges, at kinks and outside domains, in every mode.
//!
//! Every point is checked as a plain value, in lanes, swept, recorded, in forward mode, in forward mode over recorded
//! values, and in every mode of a program. Existing second derivatives are checked as gradients recorded twice, forward
//! mode twice, forward over reverse, and programs of the recorded gradient.

use std::f64::consts::{FRAC_PI_2, LN_2, PI};

use chainrule::op::{BinaryOp, NaryOp, Op};
use chainrule::{Dual, Lanes, Level, Program, Scalar, Var, derive, tape};

use crate::compare::{equal, same};

const INFINITY: f64 = f64::INFINITY;
const NEG_INFINITY: f64 = f64::NEG_INFINITY;
const NAN: f64 = f64::NAN;

/// A formula for any type of number.
trait Formula {
    fn at<S: Scalar>(&self, xs: &[S]) -> S;
}

macro_rules! formula {
    (|$x:ident : &[$s:ident]| $body:expr) => {{
        struct F;
        impl Formula for F {
            fn at<$s: Scalar>(&self, $x: &[$s]) -> $s {
                $body
            }
        }
        F
    }};
}

/// Checks the value and first derivatives of a formula in every mode of a traced program.
#[track_caller]
fn check_program(
    f: &impl Formula,
    at: &[f64],
    fail: impl Fn(&str, f64, f64),
    slopes: &[f64],
    value: f64,
) {
    let all = |mode: &str, got: &[f64]| {
        for (&got, &slope) in got.iter().zip(slopes) {
            fail(mode, got, slope);
            assert!(got != 0.0 || got.is_sign_positive(), "{mode}: −0");
        }
    };
    let program = Program::trace(at.len(), |x| f.at(x)).expect("no branches");
    let mut point = program.evaluator();
    fail("a program", point.value(at).expect("no branches"), value);
    let (y, gradient) = point.gradient(at).expect("no branches");
    fail("a program's gradient", y, value);
    all("a program's gradient", gradient);
    all(
        "a program's product with a vector",
        point.vjp(at, &[1.0]).expect("no branches").1,
    );
    for (i, &slope) in slopes.iter().enumerate() {
        let direction: Vec<f64> = (0..at.len()).map(|k| f64::from(u8::from(k == i))).collect();
        fail(
            "a program's tangent",
            point.jvp(at, &direction).expect("no branches").1[0],
            slope,
        );
    }
    let mut rows = program.batch(&[at, at, at]).expect("rows of one width");
    rows.values(&[])
        .expect("no branches")
        .iter()
        .for_each(|&y| fail("a batch", y, value));
    for row in rows.gradients(&[]).expect("no branches").1.chunks(at.len()) {
        all("a batch's gradients", row);
    }
    // All inputs uniform except one, and all uniform. There is a single row, so the sum is its value.
    for varying in 0..2 {
        let (p, row) = at.split_at(at.len() - varying);
        let traced = Program::trace_rows(p, varying, |p, row| {
            let inputs: Vec<Var> = p.iter().chain(row).copied().collect();
            f.at(&inputs)
        });
        let program = traced.expect("no branches");
        let mut batch = program.batch(&[row]).expect("rows of one width");
        all(
            "a batch's sum",
            batch.sum_gradient(p).expect("no branches").1,
        );
        all(
            "a batch's mean",
            batch.mean_gradient(p).expect("no branches").1,
        );
        let mut stream = program.stream(p).expect("no branches");
        stream.push(row).expect("no branches");
        let (sum, gradient) = stream.sum_gradient().expect("no branches");
        fail("a stream", sum, value);
        all("a stream's sum", &gradient);
    }
    let recorded = Program::trace(at.len(), |x| f.at(x).gradient(x)).expect("no branches");
    all(
        "a program of the gradient",
        &recorded.values(at).expect("no branches"),
    );
    all(
        "a fast program",
        &program
            .at_level(Level::Fast)
            .gradient(at)
            .expect("no branches")
            .1,
    );
}

/// Checks the value and first derivatives of a formula in every mode.
#[track_caller]
fn check(name: &str, f: &impl Formula, at: &[f64], value: f64, slopes: &[f64]) {
    let fail = |mode: &str, got: f64, want: f64| {
        assert!(
            equal(got, want),
            "{name} at {at:?}: {mode} gives {got:?}, must be {want:?}"
        );
    };
    fail("f64", f.at(at), value);
    check_program(f, at, fail, slopes, value);
    let lanes: Vec<Lanes<4>> = at.iter().map(|&x| Lanes::from(x)).collect();
    for got in f.at(&lanes).0 {
        fail("a lane", got, value);
    }
    tape::scope(|| {
        let xs: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
        let y = f.at(&xs);
        fail("the tape", y.value(), value);
        let swept = y.backward();
        let recorded = y.gradient(&xs);
        for (i, &slope) in slopes.iter().enumerate() {
            fail("the sweep", swept[xs[i]], slope);
            assert!(
                swept[xs[i]] != 0.0 || swept[xs[i]].is_sign_positive(),
                "{name}: −0"
            );
            fail("the recorded gradient", recorded[i].value(), slope);
        }
        for (i, &slope) in slopes.iter().enumerate() {
            let seed = |k: usize| if k == i { 1.0 } else { 0.0 };
            let duals: Vec<Dual<f64>> = at
                .iter()
                .enumerate()
                .map(|(k, &value)| Dual {
                    value,
                    tangent: seed(k),
                })
                .collect();
            fail("forward mode", f.at(&duals).tangent, slope);
            let duals: Vec<Dual<Var>> = xs
                .iter()
                .enumerate()
                .map(|(k, &value)| Dual {
                    value,
                    tangent: Var::from(seed(k)),
                })
                .collect();
            fail(
                "forward mode on the tape",
                f.at(&duals).tangent.value(),
                slope,
            );
        }
    });
}

/// Checks the second derivative of a formula of one operand in every mode.
#[track_caller]
fn check_second(name: &str, f: &impl Formula, x: f64, second: f64) {
    let fail = |mode: &str, got: f64| {
        assert!(
            equal(got, second),
            "second derivative of {name} at {x:?}: {mode} gives {got:?}, must be {second:?}"
        );
    };
    tape::scope(|| {
        let v = Var::new(x);
        let first = f.at(&[v]).gradient(&[v])[0];
        fail(
            "recorded, swept",
            if first.is_constant() {
                0.0
            } else {
                first.backward()[v]
            },
        );
        fail(
            "recorded twice",
            if first.is_constant() {
                0.0
            } else {
                first.gradient(&[v])[0].value()
            },
        );
        let tangent = f.at(&[Dual::variable(v)]).tangent;
        fail(
            "forward, swept",
            if tangent.is_constant() {
                0.0
            } else {
                tangent.backward()[v]
            },
        );
    });
    let program = Program::trace(1, |x| f.at(x).gradient(x)).expect("no branches");
    fail(
        "a program of the gradient, differentiated",
        program.gradient(&[x]).expect("no branches").1[0],
    );
    let twice = f.at(&[Dual::variable(Dual::variable(x))]);
    fail("forward twice", twice.tangent.tangent);
}

macro_rules! points {
    ($($name:ident: |$x:ident| $body:expr => { $($at:expr => $value:expr, $slopes:expr;)+ })+) => {
        $(
            #[test]
            fn $name() {
                let f = formula!(|$x: &[S]| $body);
                $( check(stringify!($name), &f, &$at, $value, &$slopes); )+
            }
        )+
    };
}

points! {
    maximum: |x| x[0].max(x[1]) => {
        [2.0, 2.0] => 2.0, [0.5, 0.5];
        [3.0, 2.0] => 3.0, [1.0, 0.0];
        [0.0, -0.0] => 0.0, [0.5, 0.5];
        [NAN, 1.0] => NAN, [NAN, NAN];
        [1.0, NAN] => NAN, [NAN, NAN];
        [INFINITY, INFINITY] => INFINITY, [0.5, 0.5];
    }
    minimum: |x| x[0].min(x[1]) => {
        [2.0, 2.0] => 2.0, [0.5, 0.5];
        [3.0, 2.0] => 2.0, [0.0, 1.0];
        [NAN, 1.0] => NAN, [NAN, NAN];
        [1.0, NAN] => NAN, [NAN, NAN];
    }
    maximum_with_a_constant: |x| x[0].max(1.0) => {
        [1.0] => 1.0, [0.5];
        [0.0] => 1.0, [0.0];
        [2.0] => 2.0, [1.0];
        [NAN] => NAN, [NAN];
    }
    maximum_with_itself: |x| x[0].max(x[0]) => {
        [-1.0] => -1.0, [1.0];
        [0.0] => 0.0, [1.0];
    }
    largest_of_many: |x| S::max_of(x) => {
        [1.0, 1.0, 0.0, 1.0] => 1.0, [1.0 / 3.0, 1.0 / 3.0, 0.0, 1.0 / 3.0];
        [1.0, NAN] => NAN, [NAN, NAN];
    }
    smallest_of_many: |x| S::min_of(x) => {
        [1.0, 1.0, 2.0, 1.0] => 1.0, [1.0 / 3.0, 1.0 / 3.0, 0.0, 1.0 / 3.0];
        [0.0, -0.0] => -0.0, [0.5, 0.5];
        [INFINITY, INFINITY] => INFINITY, [0.5, 0.5];
        [1.0, NAN] => NAN, [NAN, NAN];
        [NAN, 1.0] => NAN, [NAN, NAN];
    }
    clamped: |x| x[0].clamp(-1.0, 1.0) => {
        [-1.0] => -1.0, [0.0];
        [1.0] => 1.0, [0.0];
        [0.5] => 0.5, [1.0];
        [7.0] => 1.0, [0.0];
        [NAN] => NAN, [NAN];
    }
    clamped_between_crossed_bounds: |x| x[0].clamp(1.0, -1.0) => { [0.0] => NAN, [NAN]; }
    clamped_between_variable_bounds: |x| x[0].clamp(x[1], x[2]) => {
        [0.5, -1.0, 1.0] => 0.5, [1.0, 0.0, 0.0];
        [-2.0, -1.0, 1.0] => -1.0, [0.0, 1.0, 0.0];
        [-1.0, -1.0, 1.0] => -1.0, [0.0, 1.0, 0.0];
        [1.0, -1.0, 1.0] => 1.0, [0.0, 0.0, 1.0];
        [2.0, -1.0, 1.0] => 1.0, [0.0, 0.0, 1.0];
        [1.0, 1.0, 1.0] => 1.0, [0.0, 1.0, 0.0];
        // Crossed bounds, with a value between them, at each, and on either side.
        [0.0, 1.0, -1.0] => NAN, [NAN, NAN, NAN];
        [1.0, 1.0, -1.0] => NAN, [NAN, NAN, NAN];
        [-1.0, 1.0, -1.0] => NAN, [NAN, NAN, NAN];
        [2.0, 1.0, -1.0] => NAN, [NAN, NAN, NAN];
        [-2.0, 1.0, -1.0] => NAN, [NAN, NAN, NAN];
        [NAN, -1.0, 1.0] => NAN, [NAN, NAN, NAN];
        [0.0, NAN, 1.0] => NAN, [NAN, NAN, NAN];
        [0.0, -1.0, NAN] => NAN, [NAN, NAN, NAN];
    }
    rectifier: |x| x[0].relu() => {
        [0.0] => 0.0, [0.0];
        [-0.0] => 0.0, [0.0];
        [2.0] => 2.0, [1.0];
        [NAN] => NAN, [NAN];
    }
    leaky_rectifier: |x| x[0].leaky_relu(0.1) => {
        [0.0] => 0.0, [0.1];
        [-1.0] => -0.1, [0.1];
        [NAN] => NAN, [NAN];
    }
    steep_leaky_rectifier: |x| x[0].leaky_relu(3.0) => { [0.0] => 0.0, [1.0]; }
    inverted_leaky_rectifier: |x| x[0].leaky_relu(-2.0) => { [0.0] => 0.0, [0.0]; }
    exponential_linear: |x| x[0].elu(1.0) => {
        [0.0] => 0.0, [1.0];
        [NEG_INFINITY] => -1.0, [0.0];
        [NAN] => NAN, [NAN];
    }
    absolute: |x| x[0].abs() => { [0.0] => 0.0, [0.0]; [NAN] => NAN, [NAN]; [-2.0] => 2.0, [-1.0]; }
    signum: |x| x[0].sign() => { [0.0] => 0.0, [0.0]; [-0.0] => 0.0, [0.0]; [NAN] => NAN, [NAN]; }
    floors: |x| x[0].floor() + x[0].ceil() + x[0].round() + x[0].trunc() => {
        [1.0] => 4.0, [0.0];
        [NAN] => NAN, [NAN];
    }
    square_root: |x| x[0].sqrt() => { [0.0] => 0.0, [INFINITY]; [-1.0] => NAN, [NAN]; [INFINITY] => INFINITY, [0.0]; }
    root_of_a_square: |x| (x[0] * x[0]).sqrt() => { [0.0] => 0.0, [0.0]; [-2.0] => 2.0, [-1.0]; }
    nothing_times_a_root: |x| x[0].sqrt() * 0.0 => { [0.0] => 0.0, [0.0]; }
    cube_root: |x| x[0].cbrt() => { [0.0] => 0.0, [INFINITY]; [-8.0] => -2.0, [1.0 / 12.0]; }
    logarithm: |x| x[0].ln() => { [0.0] => NEG_INFINITY, [INFINITY]; [-1.0] => NAN, [NAN]; [-0.0] => NEG_INFINITY, [INFINITY]; }
    other_logarithms: |x| x[0].log2() + x[0].log10() => { [-1.0] => NAN, [NAN]; [0.0] => NEG_INFINITY, [INFINITY]; }
    logarithm_of_one_more: |x| x[0].ln_1p() => { [-1.0] => NEG_INFINITY, [INFINITY]; [-2.0] => NAN, [NAN]; [0.0] => 0.0, [1.0]; }
    entropy_by_hand: |x| x[0] * x[0].ln() => { [0.0] => NAN, [NEG_INFINITY]; }
    entropy: |x| x[0].xlogx() => { [0.0] => 0.0, [NEG_INFINITY]; [-1.0] => NAN, [NAN]; [1.0] => 0.0, [1.0]; }
    power_zero: |x| x[0].powf(0.0) => { [0.0] => 1.0, [0.0]; [NAN] => NAN, [NAN]; }
    power_one: |x| x[0].powf(1.0) => { [0.0] => 0.0, [1.0]; }
    power_two: |x| x[0].powf(2.0) => { [0.0] => 0.0, [0.0]; }
    power_half: |x| x[0].powf(0.5) => { [0.0] => 0.0, [INFINITY]; }
    power_minus_one: |x| x[0].powf(-1.0) => { [0.0] => INFINITY, [NEG_INFINITY]; }
    power: |x| x[0].pow(x[1]) => {
        [-2.0, 3.0] => -8.0, [12.0, NAN];
        [0.0, 2.0] => 0.0, [0.0, 0.0];
        [0.0, 0.0] => 1.0, [0.0, NEG_INFINITY];
        [NAN, 0.0] => NAN, [NAN, NAN];
        [1.0, NAN] => NAN, [NAN, NAN];
        [-2.0, 0.5] => NAN, [NAN, NAN];
    }
    integer_power_zero: |x| x[0].powi(0) => { [0.0] => 1.0, [0.0]; [-3.0] => 1.0, [0.0]; [NAN] => NAN, [NAN]; }
    integer_power_negative: |x| x[0].powi(-2) => { [-2.0] => 0.25, [0.25]; [0.0] => INFINITY, [NEG_INFINITY]; }
    integer_power_large: |x| x[0].powi(i32::MAX) => { [1.0] => 1.0, [2_147_483_647.0]; [-1.0] => -1.0, [2_147_483_647.0]; [0.5] => 0.0, [0.0]; }
    angle: |x| x[0].atan2(x[1]) => {
        [0.0, 0.0] => 0.0, [NAN, NAN];
        [0.0, -1.0] => PI, [-1.0, 0.0];
        [1.0, 0.0] => FRAC_PI_2, [0.0, -1.0];
        [NAN, 1.0] => NAN, [NAN, NAN];
    }
    length: |x| x[0].hypot(x[1]) => {
        [0.0, 0.0] => 0.0, [0.0, 0.0];
        [1e300, 0.0] => 1e300, [1.0, 0.0];
        [INFINITY, 1.0] => INFINITY, [1.0, 0.0];
        [INFINITY, NAN] => NAN, [NAN, NAN];
    }
    arc_sine: |x| x[0].asin() => { [1.0] => FRAC_PI_2, [INFINITY]; [-1.0] => -FRAC_PI_2, [INFINITY]; [2.0] => NAN, [NAN]; }
    arc_cosine: |x| x[0].acos() => { [1.0] => 0.0, [NEG_INFINITY]; [-1.0] => PI, [NEG_INFINITY]; [2.0] => NAN, [NAN]; }
    area_cosine: |x| x[0].acosh() => { [1.0] => 0.0, [INFINITY]; [0.0] => NAN, [NAN]; [-2.0] => NAN, [NAN]; }
    area_tangent: |x| x[0].atanh() => { [1.0] => INFINITY, [INFINITY]; [2.0] => NAN, [NAN]; [0.0] => 0.0, [1.0]; }
    logistic: |x| x[0].sigmoid() => {
        [800.0] => 1.0, [0.0];
        [-800.0] => 0.0, [0.0];
        [0.0] => 0.5, [0.25];
        [NAN] => NAN, [NAN];
    }
    smooth_rectifier: |x| x[0].softplus() => { [800.0] => 800.0, [1.0]; [-800.0] => 0.0, [0.0]; [NAN] => NAN, [NAN]; }
    hyperbolic_tangent: |x| x[0].tanh() => { [800.0] => 1.0, [0.0]; [-800.0] => -1.0, [0.0]; [0.0] => 0.0, [1.0]; }
    swish: |x| x[0].silu() => { [800.0] => 800.0, [1.0]; [NEG_INFINITY] => 0.0, [0.0]; [0.0] => 0.0, [0.5]; }
    gaussian_linear: |x| x[0].gelu() => { [800.0] => 800.0, [1.0]; [NEG_INFINITY] => 0.0, [0.0]; [0.0] => 0.0, [0.5]; }
    exponential: |x| x[0].exp() => { [710.0] => INFINITY, [INFINITY]; [-800.0] => 0.0, [0.0]; [NAN] => NAN, [NAN]; }
    log_gamma: |x| x[0].ln_gamma() => {
        [0.0] => INFINITY, [NEG_INFINITY];
        [-1.0] => INFINITY, [NAN];
        [-1e300] => INFINITY, [NAN];
        [NEG_INFINITY] => NAN, [NAN];
        [NAN] => NAN, [NAN];
        [-1.5] => 0.860_047_015_376_481, [0.703_156_640_645_243_2];
        [-1e-300] => 690.775_527_898_213_7, [1.0 / 1e-300];
    }
    digamma_function: |x| x[0].digamma() => {
        [0.0] => NEG_INFINITY, [INFINITY];
        [-1.0] => NAN, [NAN];
        [NEG_INFINITY] => NAN, [NAN];
        [-0.5] => 0.036_489_973_978_576_52, [8.934_802_200_544_679];
    }
    cardinal_sine: |x| x[0].sinc() => { [0.0] => 1.0, [0.0]; [INFINITY] => 0.0, [0.0]; [NEG_INFINITY] => 0.0, [0.0]; [NAN] => NAN, [NAN]; }
    log_of_one_minus_exp: |x| x[0].log1mexp() => {
        [0.0] => NEG_INFINITY, [NEG_INFINITY];
        [-0.0] => NEG_INFINITY, [NEG_INFINITY];
        [NEG_INFINITY] => 0.0, [0.0];
        [-800.0] => 0.0, [0.0];
        [0.5] => NAN, [NAN];
    }
    log_of_erfc: |x| x[0].log_erfc() => {
        [0.0] => 0.0, [-std::f64::consts::FRAC_2_SQRT_PI];
        [NEG_INFINITY] => LN_2, [0.0];
        [-1e300] => LN_2, [0.0];
        [1e200] => NEG_INFINITY, [-2e200];
        [INFINITY] => NEG_INFINITY, [NEG_INFINITY];
        [NAN] => NAN, [NAN];
    }
    log_of_the_normal_distribution: |x| x[0].log_normal_cdf() => {
        [INFINITY] => 0.0, [0.0];
        [1e300] => 0.0, [0.0];
        [-1e200] => NEG_INFINITY, [1e200];
        [NEG_INFINITY] => NEG_INFINITY, [INFINITY];
        [NAN] => NAN, [NAN];
    }
    remainder: |x| x[0] % x[1] => {
        [7.5, 2.0] => 1.5, [1.0, -3.0];
        [-7.5, 2.0] => -1.5, [1.0, 3.0];
        [7.5, -2.0] => 1.5, [1.0, 3.0];
        [6.0, 2.0] => 0.0, [1.0, -3.0];
        [-6.0, 2.0] => -0.0, [1.0, 3.0];
        [6.0_f64.next_down(), 2.0] => 6.0_f64.next_down() - 4.0, [1.0, -2.0];
        [0.0, 2.0] => 0.0, [1.0, 0.0];
        [0.5, INFINITY] => 0.5, [1.0, 0.0];
        [1.0, 0.0] => NAN, [NAN, NAN];
        [INFINITY, 2.0] => NAN, [NAN, NAN];
        [NAN, 2.0] => NAN, [NAN, NAN];
        [2.0, NAN] => NAN, [NAN, NAN];
    }
    remainder_by_a_constant: |x| x[0] % 2.0 => { [7.5] => 1.5, [1.0]; [6.0] => 0.0, [1.0]; }
    remainder_of_a_constant: |x| S::from(7.5) % x[0] => { [2.0] => 1.5, [-3.0]; [2.5] => 0.0, [-3.0]; }
    remainder_that_is_not_negative: |x| x[0].rem_euclid(x[1]) => {
        [-7.5, 2.0] => 0.5, [1.0, 4.0];
        [7.5, -2.0] => 1.5, [1.0, 3.0];
        [-7.5, -2.0] => 0.5, [1.0, -4.0];
        [6.0, 2.0] => 0.0, [1.0, -3.0];
        [-6.0, 2.0] => -0.0, [1.0, 3.0];
        [0.5, INFINITY] => 0.5, [1.0, 0.0];
        [-0.5, INFINITY] => INFINITY, [1.0, NAN];
        [-1.7e308, 1e308] => (-1.7e308 + 1e308) + 1e308, [1.0, 2.0];
        [1.0, 0.0] => NAN, [NAN, NAN];
        [NEG_INFINITY, 2.0] => NAN, [NAN, NAN];
        [NAN, 2.0] => NAN, [NAN, NAN];
        [2.0, NAN] => NAN, [NAN, NAN];
    }
    log_of_a_sum: |x| S::log_sum_exp(x) => {
        [NEG_INFINITY, NEG_INFINITY] => NEG_INFINITY, [NAN, NAN];
        [0.0, INFINITY, 1.0] => INFINITY, [0.0, 1.0, 0.0];
        [1000.0, NEG_INFINITY] => 1000.0, [1.0, 0.0];
        [NAN, 1.0] => NAN, [NAN, NAN];
    }
    chosen_branch: |x| S::select(x[0].greater(0.0), x[0].sqrt(), S::from(0.0)) => {
        [0.0] => 0.0, [0.0];
        [-1.0] => 0.0, [0.0];
        [4.0] => 2.0, [0.25];
        [NAN] => NAN, [NAN];
    }
    comparisons: |x| x[0].greater(x[1]) + x[0].less_equal(x[1]) => {
        [1.0, 2.0] => 1.0, [0.0, 0.0];
        [1.0, NAN] => NAN, [NAN, NAN];
    }
    product_of_many: |x| x.iter().product::<S>() => {
        [0.0, 2.0, 3.0] => 0.0, [6.0, 0.0, 0.0];
        [0.0, 0.0, 3.0] => 0.0, [0.0, 0.0, 0.0];
        [0.0, INFINITY] => NAN, [INFINITY, 0.0];
    }
    division: |x| x[0] / x[1] => {
        [1.0, 0.0] => INFINITY, [INFINITY, NEG_INFINITY];
        [0.0, 2.0] => 0.0, [0.5, 0.0];
    }
}

#[test]
fn second_derivatives_where_they_exist() {
    check_second("x⁰", &formula!(|x: &[S]| x[0].powf(0.0)), 0.0, 0.0);
    check_second("x¹", &formula!(|x: &[S]| x[0].powf(1.0)), 0.0, 0.0);
    check_second("x²", &formula!(|x: &[S]| x[0].powf(2.0)), 0.0, 2.0);
    check_second("x³", &formula!(|x: &[S]| x[0].powi(3)), 0.0, 0.0);
    check_second("x⁻²", &formula!(|x: &[S]| x[0].powi(-2)), 1.0, 6.0);
    check_second("square", &formula!(|x: &[S]| x[0].square()), 0.0, 2.0);
    check_second("ln", &formula!(|x: &[S]| x[0].ln()), -1.0, NAN);
    check_second("sigmoid", &formula!(|x: &[S]| x[0].sigmoid()), 0.0, 0.0);
    check_second("sigmoid", &formula!(|x: &[S]| x[0].sigmoid()), 800.0, 0.0);
    check_second("softplus", &formula!(|x: &[S]| x[0].softplus()), 0.0, 0.25);
    check_second(
        "softplus",
        &formula!(|x: &[S]| x[0].softplus()),
        -800.0,
        0.0,
    );
    check_second("tanh", &formula!(|x: &[S]| x[0].tanh()), 800.0, 0.0);
    check_second("tanh", &formula!(|x: &[S]| x[0].tanh()), 0.0, 0.0);
    check_second("relu", &formula!(|x: &[S]| x[0].relu()), 1.0, 0.0);
    check_second("abs", &formula!(|x: &[S]| x[0].abs()), -1.0, 0.0);
    check_second("floor", &formula!(|x: &[S]| x[0].floor()), 0.5, 0.0);
    check_second("exp", &formula!(|x: &[S]| x[0].exp()), 0.0, 1.0);
    check_second("sin", &formula!(|x: &[S]| x[0].sin()), 0.0, 0.0);
    check_second("elu", &formula!(|x: &[S]| x[0].elu(1.0)), 2.0, 0.0);
    check_second("silu", &formula!(|x: &[S]| x[0].silu()), 0.0, 0.5);
    check_second("silu", &formula!(|x: &[S]| x[0].silu()), NEG_INFINITY, 0.0);
    check_second("xlogx", &formula!(|x: &[S]| x[0].xlogx()), 0.5, 2.0);
    for (x, tail, body) in [
        (INFINITY, -2.0, 0.0),
        (1e200, -2.0, 0.0),
        (-1e200, 0.0, -1.0),
        (NEG_INFINITY, 0.0, -1.0),
    ] {
        check_second("log_erfc", &formula!(|x: &[S]| x[0].log_erfc()), x, tail);
        check_second(
            "log_normal_cdf",
            &formula!(|x: &[S]| x[0].log_normal_cdf()),
            x,
            body,
        );
    }
    check_second("max(x, x)", &formula!(|x: &[S]| x[0].max(x[0])), 3.0, 0.0);
    let chosen = formula!(|x: &[S]| S::select(x[0].greater(0.0), x[0].sqrt(), S::from(0.0)));
    check_second("the branch not taken", &chosen, -1.0, 0.0);
    check_second("the branch not taken", &chosen, 0.0, 0.0);
    check_second("the branch taken", &chosen, 1.0, -0.25);
}

/// The slope of an operation of `x` and α with respect to `x`, and the derivatives of this slope.
fn slope_and_changes(op: BinaryOp, x: f64, alpha: f64) -> [f64; 3] {
    let slope = |at: &[Var]| {
        let y = Op::Binary(op).apply(at).expect("two operands");
        y.gradient(&at[..1])[0]
    };
    let at = [x, alpha].map(Var::new);
    let recorded = slope(&at);
    let changes = recorded.backward().of(&at);
    let traced = derive::gradient(slope, &[x, alpha]).expect("no branches");
    assert_eq!(
        (recorded.value(), changes.clone()),
        traced,
        "{op:?} at {x}, {alpha}"
    );
    [traced.0, changes[0], changes[1]]
}

#[test]
fn the_slope_at_a_kink_follows_its_parameter_between_the_slopes_beside_it() {
    // At 0 the slope is α, but at least 0 and at most 1.
    let cases = [
        (-0.5, 0.0, 0.0),
        (0.0, 0.0, 0.0),
        (0.25, 0.25, 1.0),
        (1.0, 1.0, 0.0),
        (1.5, 1.0, 0.0),
    ];
    for (alpha, slope, change) in cases {
        for op in [BinaryOp::LeakyRelu, BinaryOp::Elu] {
            let at_kink = slope_and_changes(op, 0.0, alpha);
            assert_eq!(at_kink, [slope, 0.0, change], "{op:?} {alpha}");
            let above = slope_and_changes(op, 2.0, alpha);
            assert_eq!(above, [1.0, 0.0, 0.0], "{op:?} {alpha}");
        }
        let straight = slope_and_changes(BinaryOp::LeakyRelu, -2.0, alpha);
        assert_eq!(straight, [alpha, 0.0, 1.0], "{alpha}");
        let exp = Scalar::exp(-2.0_f64);
        let curved = slope_and_changes(BinaryOp::Elu, -2.0, alpha);
        assert_eq!(curved, [alpha * exp, alpha * exp, exp], "{alpha}");
    }
}

#[test]
fn no_operation_hides_a_nan() {
    // Each operand in turn is NaN: then the value is NaN, and so is every partial that depends on that operand.
    let linear = |op: Op| {
        op.row().laws.iter().any(|law| {
            use chainrule::op::Law;
            matches!(law, Law::Linear | Law::Bilinear)
        })
    };
    let all = chainrule::op::UnaryOp::ALL.iter().map(|&op| Op::Unary(op));
    for op in all {
        let y = op.apply(&[NAN]).unwrap();
        assert!(y.is_nan(), "{op:?} of NaN is {y}");
        assert!(
            linear(op) || op.partials(&[NAN], y)[0].is_nan(),
            "{op:?}′ at NaN"
        );
    }
    for &op in chainrule::op::BinaryOp::ALL {
        let op = Op::Binary(op);
        for operands in [[NAN, 1.0], [1.0, NAN]] {
            let y = op.apply(&operands).unwrap();
            assert!(y.is_nan(), "{op:?} of {operands:?} is {y}");
        }
    }
    for &op in NaryOp::ALL {
        // An operation that only declares a slope does not change the value.
        let declares = op.row().laws.contains(&chainrule::op::Law::Declared);
        // And one that chooses by an index, here 1, reads no other operand.
        let places: &[usize] = match op {
            _ if declares => &[0],
            NaryOp::Gather => &[0, 2],
            _ => &[0, 1, 2, 3],
        };
        for &place in places {
            let mut operands = [1.0, 2.0, 3.0, 4.0];
            operands[place] = NAN;
            let y = Op::Nary(op).apply(&operands).unwrap();
            assert!(y.is_nan(), "{op:?} of {operands:?} is {y}");
        }
    }
}

type Function = fn(Var) -> Var;

/// Loops over rows compute ordinary numbers together and the others apart, so both kinds stand in the same block here.
#[test]
fn rows_of_ordinary_and_of_extreme_numbers_have_the_bits_of_the_tape() {
    let extreme = [
        0.0,
        -0.0,
        1e-320,
        -3e-309,
        1e-160,
        0.999_999_999,
        1.0,
        4.493_409_457_909_064,
        -7.725_251_836_937_707,
        10.904_121_659_428_9,
        9999.5,
        10_000.5,
        -1e6,
        1.5e6,
        -4e150,
        1e155,
        f64::MAX,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    let functions: [(&str, Function); 11] = [
        ("sin", |x| x.sin()),
        ("cos", |x| x.cos()),
        ("tan", |x| x.tan()),
        ("sinc", |x| x.sinc()),
        ("powi(2)", |x| x.powi(2)),
        ("powi(3)", |x| x.powi(3)),
        ("powi(4)", |x| x.powi(4)),
        ("powi(-1)", |x| x.powi(-1)),
        ("powf(2)", |x| x.powf(2.0)),
        ("powf(3)", |x| x.powf(3.0)),
        ("powf(0.5)", |x| x.powf(0.5)),
    ];
    let mut points: Vec<f64> = (0..150).map(|i| f64::from(i - 75) / 9.0).collect();
    for (place, &x) in extreme.iter().enumerate() {
        points.insert(place * 3, x);
    }
    for (name, f) in functions {
        for points in [&points[..], &points[60..]] {
            let program = Program::trace(1, |x| f(x[0])).expect("no branches");
            let rows: Vec<[f64; 1]> = points.iter().map(|&x| [x]).collect();
            let mut batch = program.batch(&rows).expect("rows of one width");
            let (values, slopes) = batch.gradients(&[]).expect("no branches");
            for ((&x, y), slope) in points.iter().zip(values).zip(slopes) {
                let recorded = Var::new(x);
                let result = f(recorded);
                let gradient = result.backward();
                for (got, want) in [(y, &result.value()), (slope, &gradient[recorded])] {
                    assert!(same(*got, *want), "{name} at {x}: {got}, not {want}");
                }
            }
        }
    }
}
