//! Tests the lines of formulas that the playground reads.

use chainrule_web::Sheet;
use chainrule_web::playground::{Answer, Question, explain};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};

/// The problem of a text with its line and column.
fn problem(text: &str) -> String {
    Sheet::parse(text).unwrap_err().to_string()
}

#[test]
fn problems_say_what_is_wrong_and_where() {
    let cases = [
        ("", "line 1, column 1: there is no formula"),
        (" ; # a remark", "line 1, column 1: there is no formula"),
        ("x = 1\n  x = 2", "line 2, column 3: `x` is defined twice"),
        (
            "y = x + 1; x = 2",
            "line 1, column 12: `x` is used above this line; define it before",
        ),
        ("y = y + 1", "line 1, column 5: `y` is defined by itself"),
        (
            "e = 3",
            "line 1, column 1: `e` has a meaning already; choose another name",
        ),
        (
            "exp = 3",
            "line 1, column 1: `exp` has a meaning already; choose another name",
        ),
        (
            "x + 1 = 3",
            "line 1, column 1: `x + 1` is not a name: a line is `name = formula`, and a name has letters, then also digits and _",
        ),
        (
            "a = 1; f(x) = x",
            "line 1, column 8: `f(x)` is not a name: a line is `name = formula`, and a name has letters, then also digits and _",
        ),
        ("= 3", "line 1, column 1: expected a name before `=`"),
        (
            "x + 1\ny = x",
            "line 2, column 1: only the last line can be without a name; write `name = ` before the others",
        ),
        (
            "a = 1\nf = a * tahn(a)",
            "line 2, column 9: there is no function `tahn`; did you mean `tan`, `tanh` or `atan`?",
        ),
        (
            "f = a +",
            "line 1, column 8: the formula ends where a value is expected",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(problem(text), wanted, "{text:?}");
    }
}

#[test]
fn comparisons_do_not_define_names() {
    for sign in ["==", "<=", ">=", "!="] {
        let sheet = Sheet::parse(&format!("x {sign} 2")).unwrap();
        assert_eq!(sheet.inputs(), [("x".to_owned(), 1.0)]);
    }
}

#[test]
fn another_name_for_a_value_keeps_its_first_name() {
    let question = Question {
        text: "x = 2\ny = x\nf = y * x".to_owned(),
        values: [("x".to_owned(), "-Infinity".to_owned())].into(),
    };
    let Answer::Graph { model, inputs } = explain(&question) else {
        panic!("these are formulas");
    };
    assert_eq!(inputs, [("x".to_owned(), "2".to_owned())]);
    assert!(
        model
            .get()
            .contains("\"values\":[\"-Infinity\",\"Infinity\"]")
    );
}

/// Texts of what formulas are made of, and any letters.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => prop::sample::select(vec![
            "x", "y", "f", "=", ";", "\n", "(", ")", "+", "-", "*", "^", "<", "2", "0.5", "exp", "max", ",", " ", "#", "π", "e",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
        1 => Just("f = x * ".to_owned()),
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_text_is_a_graph_or_a_problem_within_it(text in text()) {
        match explain(&Question { text: text.clone(), values: std::collections::BTreeMap::new() }) {
            Answer::Graph { inputs, .. } => {
                let sheet = Sheet::parse(&text).unwrap();
                prop_assert_eq!(inputs.len(), sheet.inputs().len());
            }
            Answer::Wrong { error } => {
                let lines: Vec<&str> = text.lines().collect();
                let line = lines.get(error.line - 1).copied().unwrap_or("");
                prop_assert!(error.column <= line.chars().count() + 1, "{} in {:?}", error, text);
            }
        }
    }
}
