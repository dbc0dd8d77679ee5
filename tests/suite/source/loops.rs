//! Tests loops over values of one operation, in C and in Rust.

use chainrule::{Mode, Program, Transform, Var};
use proptest::prelude::{Strategy, prop};
use proptest::strategy::ValueTree;

use super::compare;
use super::compiled::{Case, Language};
use crate::page::agreement::runner;

/// Rosenbrock's function of many variables.
fn rosenbrock(x: &[Var]) -> Var {
    let terms = x.windows(2).map(|pair| {
        let [a, b] = [pair[0], pair[1]];
        (b - a * a).square() * 100.0 + (1.0 - a).square()
    });
    terms.fold(Var::from(0.0), |sum, term| sum + term)
}

/// A matrix times a vector, then a sum of squares less data.
fn least_squares(x: &[Var]) -> Vec<Var> {
    let (matrix, vector) = x.split_at(16 * 20);
    let rows = matrix.chunks(20).zip(0..16);
    rows.map(|(row, target)| {
        (Var::dot_product(row, vector).unwrap() - f64::from(target) * 0.3).square()
    })
    .collect()
}

/// Sums, largest values and products of inputs that are not side by side, and of their squares.
fn scattered(x: &[Var]) -> Vec<Var> {
    let every_third: Vec<Var> = x.iter().step_by(3).copied().collect();
    let backwards: Vec<Var> = x.iter().rev().map(|x| x.square()).collect();
    let weighted: Vec<Var> = (1..).zip(x).map(|(i, x)| *x * f64::from(i)).collect();
    let mut all = vec![
        Var::sum(&every_third),
        Var::max_of(&backwards),
        Var::mean(&weighted),
        Var::dot_product(&backwards, x).unwrap(),
    ];
    all.extend(backwards.iter().zip(&weighted).map(|(a, b)| *a - *b));
    all
}

fn cases() -> Vec<Case> {
    let mut runner = runner();
    let mut cases = Vec::new();
    let mut push = |about: &str, f: Program, questions: &[Transform]| {
        let point = prop::collection::vec(-2.0..2.0_f64, f.inputs());
        let points: Vec<Vec<f64>> = (0..3)
            .map(|_| point.new_tree(&mut runner).unwrap().current())
            .collect();
        for &question in questions {
            cases.push(Case {
                about: about.to_owned(),
                f: f.clone(),
                question,
                points: points.clone(),
            });
        }
    };
    let jacobian = Transform::Jacobian(Mode::Cheaper);
    let small = [
        Transform::Values,
        Transform::Gradient,
        jacobian,
        Transform::Hessian,
    ];
    let f = Program::trace(30, rosenbrock).unwrap();
    push("rosenbrock 30", f, &small);
    let f = Program::trace(1000, rosenbrock).unwrap();
    push("rosenbrock 1000", f, &small[..2]);
    let f = Program::trace(17 * 20, least_squares).unwrap();
    push("least squares", f, &small[..3]);
    let f = Program::trace(40, scattered).unwrap();
    push("scattered", f, &small);
    cases
}

#[test]
fn loops_have_the_same_bits_in_c() {
    let compared = compare("loops", Language::C, &cases());
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn loops_have_the_same_bits_in_rust() {
    for language in [Language::Core, Language::Std] {
        let compared = compare("loops", language, &cases());
        assert!(compared > 10_000, "{compared}");
    }
}

#[test]
fn the_text_of_many_like_values_is_short() {
    let texts = |n: usize| {
        let f = Program::trace(n, rosenbrock).unwrap();
        [
            f.to_c("f").unwrap(),
            f.to_c_of(Transform::Gradient, "f").unwrap(),
            f.to_rust("f").unwrap(),
            f.to_rust_of(Transform::Gradient, "f").unwrap(),
        ]
    };
    for (short, long) in texts(100).iter().zip(texts(1000)) {
        assert!(long.len() < short.len() + 200, "{}: {long}", long.len());
        assert!(long.len() < 10_000, "{}: {long}", long.len());
    }
}
