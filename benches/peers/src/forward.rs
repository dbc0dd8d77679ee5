//! Forward mode beside num-dual: a chain of `y·x + x`, and an arm of six joints in the plane, in one direction at a time and
//! in six at once.

use std::array::from_fn;
use std::hint::black_box;
use std::ops::{Add, Mul};

use chainrule::{Dual, Scalar, Tangent};
use nalgebra::{Const, SVector, U1};
use num_dual::{Derivative, Dual64, DualNum, DualSVec64};

use crate::formulas::seconds;
use crate::timing::{Case, medians};

/// The links of the chain.
const LINKS: usize = 100;
/// The number of times that a sample repeats its work.
const RUNS: usize = 1000;
/// The angles of the joints.
const ANGLES: [f64; 6] = [0.1, 0.2, -0.3, 0.4, 0.5, -0.6];
/// Where the chain starts.
const START: f64 = 0.5;

/// The operations that the formulas use.
trait Forward:
    Copy + From<f64> + Add<Output = Self> + Mul<Output = Self> + Mul<f64, Output = Self>
{
    fn sine_cosine(self) -> (Self, Self);
}

impl<T: Tangent<f64>> Forward for Dual<f64, T> {
    fn sine_cosine(self) -> (Self, Self) {
        Scalar::sin_cos(self)
    }
}

impl Forward for Dual64 {
    fn sine_cosine(self) -> (Self, Self) {
        DualNum::sin_cos(&self)
    }
}

impl Forward for DualSVec64<6> {
    fn sine_cosine(self) -> (Self, Self) {
        DualNum::sin_cos(&self)
    }
}

/// Derivatives in any shape, for comparison.
trait Derivatives {
    fn flat(&self) -> Vec<f64>;
}

impl Derivatives for f64 {
    fn flat(&self) -> Vec<f64> {
        vec![*self]
    }
}

impl Derivatives for [f64; 6] {
    fn flat(&self) -> Vec<f64> {
        self.to_vec()
    }
}

impl Derivatives for [[f64; 2]; 6] {
    fn flat(&self) -> Vec<f64> {
        self.as_flattened().to_vec()
    }
}

/// `y·x + x`, again and again.
fn chain<S: Forward>(x: S) -> S {
    (0..LINKS).fold(x, |y, _| y * x + x)
}

/// The position of an arm's hand. Each joint turns everything after it.
fn hand<S: Forward>(angles: [S; 6]) -> [S; 2] {
    let [mut angle, mut x, mut y] = [S::from(0.0); 3];
    for (joint, turn) in angles.into_iter().enumerate() {
        let length = 1.0 - 0.1 * joint as f64;
        angle = angle + turn;
        let (sine, cosine) = angle.sine_cosine();
        x = x + cosine * length;
        y = y + sine * length;
    }
    [x, y]
}

/// One in the place `i` of six, otherwise zero.
fn unit(i: usize) -> [f64; 6] {
    from_fn(|k| if k == i { 1.0 } else { 0.0 })
}

fn six(value: f64, tangent: [f64; 6]) -> Dual<f64, [f64; 6]> {
    Dual { value, tangent }
}

fn six_of_num_dual(value: f64, tangent: [f64; 6]) -> DualSVec64<6> {
    DualSVec64::new(value, Derivative::some(SVector::from(tangent)))
}

/// The derivatives of the hand's position with respect to one angle after the other.
fn one_by_one<S: Forward>(
    variable: impl Fn(f64) -> S,
    tangent: impl Fn(S) -> f64,
) -> [[f64; 2]; 6] {
    from_fn(|i| {
        // Unknown to the compiler in each pass, so that no pass reuses the sines of another.
        let angles = black_box(ANGLES);
        let at = |k: usize| {
            if k == i {
                variable(angles[k])
            } else {
                S::from(angles[k])
            }
        };
        hand(from_fn(at)).map(&tangent)
    })
}

/// The same with all six directions in one number.
fn at_once<S: Forward>(
    variable: impl Fn(f64, [f64; 6]) -> S,
    tangents: impl Fn(S) -> [f64; 6],
) -> [[f64; 2]; 6] {
    let angles = black_box(ANGLES);
    let [x, y] = hand(from_fn(|i| variable(angles[i], unit(i)))).map(tangents);
    from_fn(|i| [x[i], y[i]])
}

/// Prints the tables.
pub(crate) fn tables(samples: usize) {
    let ours = |x: Dual<f64>| x.tangent;
    let ours_of_six = |x: Dual<f64, [f64; 6]>| x.tangent;
    let theirs = |x: Dual64| x.eps;
    let theirs_of_six = |x: DualSVec64<6>| x.eps.unwrap_generic(Const::<6>, U1).into();
    let dual64 = |x: f64| Dual64::from(x).derivative();
    let directions = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let (one, several) = ("num-dual, Dual64", "num-dual, DualSVec64<6>");
    table(
        "100 times y·x + x",
        samples,
        [
            ("chainrule, Dual", &|| {
                ours(chain(black_box(Dual::variable(START))))
            }),
            (one, &|| theirs(chain(black_box(dual64(START))))),
        ],
    );
    table(
        "100 times y·x + x, six directions",
        samples,
        [
            ("chainrule, Dual<_, [_; 6]>", &|| {
                ours_of_six(chain(black_box(six(START, directions))))
            }),
            (several, &|| {
                theirs_of_six(chain(black_box(six_of_num_dual(START, directions))))
            }),
        ],
    );
    table(
        "arm of six joints, six passes",
        samples,
        [
            ("chainrule, Dual", &|| one_by_one(Dual::variable, ours)),
            (one, &|| one_by_one(dual64, theirs)),
        ],
    );
    table(
        "arm of six joints, one pass",
        samples,
        [
            ("chainrule, Dual<_, [_; 6]>", &|| {
                at_once(six, ours_of_six)
            }),
            (several, &|| at_once(six_of_num_dual, theirs_of_six)),
        ],
    );
}

/// Checks that all compute the same derivatives, and prints the nanoseconds of each.
fn table<R: Derivatives>(title: &str, samples: usize, contestants: [(&str, &dyn Fn() -> R); 2]) {
    let found = contestants.map(|(_, run)| run().flat());
    for (a, b) in found[0].iter().zip(&found[1]) {
        assert!(
            (a - b).abs() <= 1e-12 * (1.0 + a.abs()),
            "derivatives {a} and {b}"
        );
    }
    let mut cases = contestants.map(|(name, run)| -> Case<'_, 1> {
        let repeated = || (0..RUNS).for_each(|_| _ = black_box(run()));
        (name, Box::new(move || [seconds(repeated).0 / RUNS as f64]))
    });
    let times = medians(samples, 1, &mut cases);
    println!("\n{title}");
    println!("| {:25} | {:>8} | {:>11} |", "", "ns", "ours ÷ this");
    println!("|{}|{}|{}|", "-".repeat(27), "-".repeat(10), "-".repeat(13));
    for ((name, _), [time]) in cases.iter().zip(&times) {
        println!(
            "| {name:25} | {:8.1} | {:11.2} |",
            time * 1e9,
            times[0][0] / time
        );
    }
}
