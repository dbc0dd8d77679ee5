//! Tests the strategies for users' own tests: correct functions agree in every mode, and planted errors are found.

use chainrule::op::{BinaryOp, NaryOp, Op};
use chainrule::strategies::{self, Disagreement, all_ops};
use chainrule::{Var, derive};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

use crate::expression::{Expression, Operand};
use crate::random_graphs::declares_slopes;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_mode_agrees_on_expressions(e in Expression::any(10, false)) {
        match strategies::agree(|x| e.evaluate(x), e.inputs()) {
            // Corners that meet, underflow, 0·∞ and declared slopes, which `check` reports.
            Ok(()) | Err(Disagreement::Quotients(_)) => {}
            Err(wrong) => prop_assert!(false, "{}", wrong),
        }
    }

    #[test]
    fn derivatives_of_tame_expressions_agree_with_quotients(e in Expression::any(6, true)) {
        if !declares_slopes(&e) {
            strategies::agree(|x| e.evaluate(x), e.inputs())?;
        }
    }

    #[test]
    fn every_operation_agrees_at_its_edges((op, x) in prop::sample::select(all_ops()).prop_flat_map(|op| (Just(op), strategies::operands(op)))) {
        match strategies::agree(|x| op.apply(x).unwrap(), &x) {
            Ok(()) | Err(Disagreement::Quotients(_)) => {}
            Err(wrong) => prop_assert!(false, "{:?} at {:?}: {}", op, x, wrong),
        }
    }
}

/// Runs a property test of a function of one number and returns the failure.
fn failure(f: impl Fn(Var) -> Var) -> Option<String> {
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(200)
    });
    let found = runner.run(&strategies::within([-4.0, 4.0]), |x| {
        Ok(strategies::agree(|x| f(x[0]), &[x])?)
    });
    match found {
        Ok(()) => None,
        Err(TestError::Fail(reason, _)) => Some(reason.message().to_owned()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_planted_error_is_found() {
    let cube = |slope: fn(Var) -> Var| move |x: Var| derive::custom(x * x * x, &[(x, slope(x))]);
    assert_eq!(failure(cube(|x| x * x * 3.0)), None);
    let wrong = failure(cube(|x| x * x * 2.0)).unwrap();
    assert!(
        wrong.contains("WRONG") && wrong.contains("Custom"),
        "{wrong}"
    );
    // A slope that is right only on one side.
    let wrong = failure(cube(|x| x.abs() * x * 3.0)).unwrap();
    assert!(wrong.contains("WRONG"), "{wrong}");
}

#[test]
fn wrong_second_derivatives_and_numbers_that_are_read_are_found() {
    let square =
        |x: &[Var]| derive::custom(x[0].square(), &[(x[0], derive::stop_gradient(x[0] * 2.0))]);
    assert!(matches!(
        strategies::agree(square, &[3.0]),
        Err(Disagreement::Quotients(_))
    ));
    let read = |x: &[Var]| x[0] * x[0].value();
    assert!(matches!(
        strategies::agree(read, &[3.0]),
        Err(Disagreement::Quotients(_))
    ));
    // The edge of a branch is no mistake.
    let branch = |x: &[Var]| if x[0] > 0.0 { x[0] * 2.0 } else { x[0] };
    strategies::agree(branch, &[0.0]).unwrap();
}

#[test]
fn a_sum_of_constants_is_rounded_by_one_mode_only() {
    // A program adds the constants of this second derivative while it is made.
    let [x, first, second] = [0, 1, 2].map(Operand::Value);
    let chain = || (Op::Binary(BinaryOp::Chain), vec![x, x]);
    let constants = [-1.902_263_192_695_236_5, -1.128_795_233_871_359].map(Operand::Constant);
    let dot = vec![second, constants[0], constants[1], first];
    let e = Expression::new(
        vec![0.0],
        vec![chain(), chain(), (Op::Nary(NaryOp::Dot), dot)],
    );
    strategies::agree(|x| e.evaluate(x), e.inputs()).unwrap();
}

#[test]
fn a_function_that_changes_is_found() {
    let calls = std::cell::Cell::new(0);
    let changing = |x: &[Var]| {
        calls.set(calls.get() + 1);
        x[0] * f64::from(calls.get())
    };
    let wrong = strategies::agree(changing, &[2.0]).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "value 0: 2.0 by the tape, 4.0 by a program; the bits must be the same"
    );
}

#[test]
fn errors_are_disagreements() {
    let none = strategies::agree(|_| Vec::new(), &[2.0]).unwrap_err();
    assert_eq!(
        none.to_string(),
        "the tape: outputs: expected at least 1, found 0"
    );
    let opaque = strategies::agree(|x| derive::opaque(x, |x| (x[0], vec![1.0])), &[2.0]);
    let opaque = opaque.unwrap_err();
    assert!(
        matches!(
            opaque,
            Disagreement::Failed {
                mode: "a program",
                ..
            }
        ),
        "{opaque}"
    );
}

#[test]
fn an_input_has_no_operands() {
    assert_eq!(strategies::arity(Op::Input), Some(0));
    proptest!(|(x in strategies::operands(Op::Input))| prop_assert!(x.is_empty()));
}

#[test]
#[should_panic = "one number for each input"]
fn an_expression_refuses_too_many_numbers() {
    Expression::new(vec![1.0], Vec::new()).evaluate(&[1.0, 2.0]);
}

/// Whether a number is a power of two.
fn is_edge(x: f64) -> bool {
    x.is_normal() && x.to_bits().trailing_zeros() >= 52
}

#[test]
fn points_include_edges_and_extremes() {
    use proptest::strategy::ValueTree;
    let mut runner = TestRunner::deterministic();
    let mut draw = |strategy: &BoxedStrategy<f64>| -> Vec<f64> {
        let draws = (0..4000).map(|_| strategy.new_tree(&mut runner).unwrap().current());
        draws.collect()
    };
    let wild = draw(&strategies::wild().boxed());
    for (what, is) in [
        ("NaN", f64::is_nan as fn(f64) -> bool),
        ("∞", f64::is_infinite),
        ("subnormal", f64::is_subnormal),
        ("−0", |x| x == 0.0 && x.is_sign_negative()),
    ] {
        assert!(wild.iter().any(|&x| is(x)), "{what}");
    }
    for edge in [
        is_edge as fn(f64) -> bool,
        |x| is_edge(x.next_up()),
        |x| is_edge(x.next_down()),
    ] {
        assert!(wild.iter().filter(|&&x| edge(x)).count() > 40);
    }
    let unit = draw(&strategies::within([-1.0, 1.0]).boxed());
    assert!([-1.0, 1.0].iter().all(|end| unit.contains(end)));
    assert!(unit.iter().all(|x| (-1.0..=1.0).contains(x)));
}

/// At level `Fast`, the terms of a chain of additions are added in another order.
#[test]
fn agreement_allows_another_order_of_a_chain() {
    let mut at = vec![0.3; 66];
    [at[0], at[1]] = [1e6, -1e6];
    let agreed = strategies::agree(|x| x[1..].iter().fold(x[0], |sum, &term| sum + term), &at);
    if let Err(problem) = agreed {
        panic!("{problem}");
    }
}
