//! Tests functions in C.

use chainrule::Program;
use chainrule::op::{BinaryOp, Op, UnaryOp};

use super::compiled::{Case, Language, compiled};
use super::{
    QUESTIONS, arithmetic, branches, check_branches, compare, directions, empty_cases,
    hostile_cases, random_cases,
};
use crate::expression::{all_ops, arity};
use crate::page::agreement::{operands, runner};

/// Orders of the derivatives of ln Φ and ln erfc that C does not compute.
fn is_beyond(op: Op, point: &[f64], order: usize) -> bool {
    let first = match op {
        Op::Unary(UnaryOp::LogErfc | UnaryOp::LogNormalCdf) => 0.0,
        Op::Binary(BinaryOp::LogErfcDerivative | BinaryOp::LogNormalCdfDerivative) => point[1],
        _ => return false,
    };
    first + order as f64 > 2.0
}

#[test]
fn every_operation_and_its_slopes_agree_in_c() {
    let mut runner = runner();
    let (mut cases, mut ops) = (Vec::new(), Vec::new());
    for op in all_ops() {
        let inputs = arity(op).unwrap_or(4);
        let f = Program::trace(inputs, |x| op.apply(x).unwrap()).unwrap();
        let points: Vec<Vec<f64>> = (0..60).map(|_| operands(op, &mut runner)).collect();
        for (order, question) in QUESTIONS.into_iter().take(2).enumerate() {
            ops.push((op, order));
            cases.push(Case {
                about: format!("{op:?}, order {order}"),
                f: f.clone(),
                question,
                points: points.clone(),
            });
        }
    }
    let mut compared = 0;
    let answers = compiled("operations", Language::C, &cases);
    for ((case, (op, order)), answers) in cases.iter().zip(ops).zip(answers) {
        for (point, answer) in case.points.iter().zip(answers) {
            assert_eq!(answer.returned, 0);
            let expected = case.expected(point).unwrap();
            for (&got, &want) in answer.outputs.iter().zip(&expected) {
                let close = got == want || (got - want).abs() <= 1e-12 * want.abs().max(0.01);
                let unknown = got.is_nan() && (want.is_nan() || is_beyond(op, point, order));
                assert!(
                    close || unknown,
                    "{} at {point:?}: {got}, not {want}",
                    case.about
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 15_000, "{compared}");
}

#[test]
fn arithmetic_has_the_same_bits_in_c() {
    let cases = random_cases(&mut runner(), &arithmetic(), 40);
    let compared = compare("arithmetic", Language::C, &cases);
    assert!(compared > 5000, "{compared}");
}

#[test]
fn another_branch_is_returned_in_c_and_nothing_is_written() {
    check_branches(Language::C);
    let code = branches().to_c("f").unwrap();
    assert!(
        code.contains("source/mod.rs:"),
        "the places of comparisons are named"
    );
}

#[test]
fn names_cannot_leave_their_comments_in_c() {
    let cases = hostile_cases();
    assert_eq!(compare("names", Language::C, &cases), cases.len());
}

#[test]
fn functions_without_inputs_or_outputs_and_with_directions_work_in_c() {
    assert!(compare("empty", Language::C, &empty_cases()) > 0);
    assert!(compare("directions", Language::C, &directions()) > 0);
}

#[test]
fn names_that_c_cannot_have_are_refused() {
    let f = Program::trace(1, |x| x[0] * 2.0).unwrap();
    for name in ["", "2x", "a-b", "größe", "a b"] {
        let error = f.to_c(name).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("name: expected letters of ASCII, digits and _, found `{name}`")
        );
    }
    for name in ["for", "main", "exp", "fmaf", "memcpy", "isnan", "NAN", "y1"] {
        let error = f.to_c(name).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("name: the name is taken or reserved in C, found `{name}`")
        );
    }
    assert!(f.to_c("fprime").is_ok());
    assert!(f.to_c("_f2").unwrap().contains("int _f2("));
}
