//! Tests functions in Rust, with and without the standard library.

use chainrule::{Program, Transform};

use super::compiled::{Case, Language};
use super::{
    QUESTIONS, arithmetic, branches, check_branches, compare, directions, empty_cases,
    hostile_cases, random_cases,
};
use crate::expression::{all_ops, arity};
use crate::page::agreement::{operands, runner};

/// Every operation in one function, each with inputs of its own. Weighted with ones, the derivatives of the sum of all
/// outputs are all partials.
fn operations() -> [Case; 2] {
    let mut runner = runner();
    let count = |op| arity(op).unwrap_or(4);
    let inputs = all_ops().into_iter().map(count).sum();
    let f = Program::trace(inputs, |x| {
        let mut rest = x;
        let outputs = all_ops().into_iter().map(|op| {
            let (own, further) = rest.split_at(count(op));
            rest = further;
            op.apply(own).unwrap()
        });
        outputs.collect::<Vec<_>>()
    })
    .unwrap();
    let mut point = || {
        let points = all_ops().into_iter().map(|op| operands(op, &mut runner));
        points.collect::<Vec<_>>().concat()
    };
    let points: Vec<Vec<f64>> = (0..60).map(|_| point()).collect();
    let weighted = points
        .iter()
        .map(|x| [x.clone(), vec![1.0; f.outputs()]].concat());
    let values = Case {
        about: String::from("operations"),
        f: f.clone(),
        question: Transform::Values,
        points: points.clone(),
    };
    let slopes = Case {
        question: Transform::Vjp,
        points: weighted.collect(),
        ..values.clone()
    };
    [values, slopes]
}

#[test]
fn every_operation_and_its_slopes_have_the_same_bits_in_rust() {
    for language in [Language::Core, Language::Std] {
        let compared = compare("operations", language, &operations());
        assert!(compared > 20_000, "{compared}");
    }
}

#[test]
fn random_functions_and_their_derivatives_have_the_same_bits_in_rust() {
    let mut runner = runner();
    let mut cases = random_cases(&mut runner, &arithmetic(), 6);
    cases.extend(random_cases(&mut runner, &all_ops(), 3));
    for language in [Language::Core, Language::Std] {
        let compared = compare("random", language, &cases);
        assert!(compared > 500, "{compared}");
    }
}

#[test]
fn arithmetic_needs_no_other_crate() {
    let cases = random_cases(&mut runner(), &arithmetic(), 20);
    for case in cases {
        let text = case.f.to_rust_of(case.question, "f").unwrap();
        assert!(!text.contains("libm"), "{text}");
    }
    let f = Program::trace(1, |x| x[0].tan()).unwrap();
    assert!(
        f.to_rust("f")
            .unwrap()
            .contains("// It needs the crate libm")
    );
}

#[test]
fn another_branch_is_returned_in_rust_and_nothing_is_written() {
    check_branches(Language::Core);
    check_branches(Language::Std);
    let code = branches().to_rust("f").unwrap();
    assert!(
        code.contains("source/mod.rs:"),
        "the places of comparisons are named"
    );
}

#[test]
fn names_cannot_leave_their_comments_in_rust() {
    let cases = hostile_cases();
    assert_eq!(compare("names", Language::Core, &cases), cases.len());
}

#[test]
fn functions_without_inputs_or_outputs_and_with_directions_work_in_rust() {
    assert!(compare("empty", Language::Core, &empty_cases()) > 0);
    assert!(compare("directions", Language::Core, &directions()) > 0);
    assert!(QUESTIONS.contains(&Transform::Hessian));
}

#[test]
fn names_that_rust_cannot_have_are_refused() {
    let f = Program::trace(1, |x| x[0] * 2.0).unwrap();
    for name in ["", "2x", "a-b", "größe", "r#fn"] {
        let error = f.to_rust(name).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("name: expected letters of ASCII, digits and _, found `{name}`")
        );
    }
    for name in ["fn", "main", "gen", "self", "_", "Ok"] {
        let error = f.to_rust(name).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("name: the name is taken or reserved in Rust, found `{name}`")
        );
    }
    let odd = ["x", "y", "v0", "w", "Gradient", "__", "core", "f64"];
    let cases = odd.map(|name| (name, f.to_rust(name).unwrap()));
    for (name, text) in cases {
        assert!(text.contains(&format!("pub fn {name}(")));
    }
}
