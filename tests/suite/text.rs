//! Tests formulas that are read from text: against the expressions that they are the text of, and against wrong text.

use std::fmt::Write;

use chainrule::op::Op;
use chainrule::text::Formula;
use chainrule::{Dual, ErrorKind, Program, Scalar, Var};
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::{Expression, Operand, all_ops};

/// The operators and the operations that they mean.
const OPERATORS: &[(&str, &str)] = &[
    ("Add", "+"),
    ("Sub", "-"),
    ("Mul", "*"),
    ("Div", "/"),
    ("Rem", "%"),
    ("Pow", "^"),
    ("Less", "<"),
    ("LessEqual", "<="),
    ("Greater", ">"),
    ("GreaterEqual", ">="),
    ("Equal", "=="),
    ("NotEqual", "!="),
];

fn number(x: f64) -> String {
    match x {
        x if x.is_nan() => String::from("nan"),
        x => format!("{x:?}"),
    }
}

/// The expression as text; `None` if shared values make it too long.
fn text(e: &Expression) -> Option<String> {
    let mut values: Vec<String> = (0..e.inputs.len()).map(|i| format!("v{i}")).collect();
    for (op, operands) in &e.steps {
        let operands = operands.iter().map(|operand| match *operand {
            Operand::Value(i) => values[i].clone(),
            Operand::Constant(x) => number(x),
        });
        let operands: Vec<String> = operands.collect();
        let name = op.row().name;
        let operator = OPERATORS.iter().find(|(row, _)| *row == name);
        let value = match (operator, &operands[..]) {
            (Some((_, sign)), [a, b]) => format!("(({a}) {sign} ({b}))"),
            (None, [a]) if name == "Neg" => format!("(-{a})"),
            _ => format!("{name}({})", operands.join(", ")),
        };
        if value.len() > 10_000 {
            return None;
        }
        values.push(value);
    }
    values.pop()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_text_of_an_expression_has_its_bits(e in Expression::any(9, false)) {
        let Some(text) = text(&e) else { return Ok(()) };
        let names: Vec<String> = (0..e.inputs.len()).map(|i| format!("v{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let f = Formula::parse_with(&text, &names).unwrap();
        prop_assert!(same(f.eval(&e.inputs).unwrap(), e.evaluate(&e.inputs)), "{text}");
        for chosen in 0..e.inputs.len() {
            let at = e.inputs.iter().enumerate();
            let duals: Vec<Dual<f64>> =
                at.map(|(i, &x)| if i == chosen { Dual::variable(x) } else { x.into() }).collect();
            let (found, expected) = (f.eval(&duals).unwrap(), e.evaluate(&duals));
            prop_assert!(same(found.tangent, expected.tangent), "{text}: {:e}, {:e}", found.tangent, expected.tangent);
        }
        // Without parentheses that are not needed, it may be another formula, but it must be one or an error.
        let bare: String = text.chars().filter(|letter| !"()".contains(*letter)).collect();
        let _ = Formula::parse(&bare);
    }

    #[test]
    fn signs_bind_as_in_a_formula_with_every_parenthesis(
        signs in prop::collection::vec(prop::sample::select(vec!["+", "-", "*", "/", "%", "^"]), 1..8),
        negated in prop::collection::vec(any::<bool>(), 8),
        x in prop::collection::vec(-3.0..3.0, 8),
    ) {
        // The oracle climbs precedences by recursion.
        fn climb(terms: &mut dyn Iterator<Item = String>, signs: &[&str], from: &mut usize, least: u8) -> String {
            let binds = |sign: &str| match sign { "+" | "-" => 2, "*" | "/" | "%" => 3, _ => 5 };
            let term = terms.next().unwrap();
            let mut left = match term.strip_prefix('-') {
                // A negation takes the powers after it.
                Some(rest) => {
                    let mut power = rest.to_owned();
                    if *from < signs.len() && binds(signs[*from]) > 4 {
                        *from += 1;
                        let right = climb(terms, signs, from, 5);
                        power = format!("({power} ^ {right})");
                    }
                    format!("(-{power})")
                }
                None => term,
            };
            while *from < signs.len() && binds(signs[*from]) >= least {
                let sign = signs[*from];
                *from += 1;
                let next = if sign == "^" { 5 } else { binds(sign) + 1 };
                let right = climb(terms, signs, from, next);
                left = format!("({left} {sign} {right})");
            }
            left
        }
        let terms: Vec<String> = (0..=signs.len()).map(|i| format!("{}x{i}", if negated[i % 8] { "-" } else { "" })).collect();
        let mut bare = terms[0].clone();
        for (sign, term) in signs.iter().zip(&terms[1..]) {
            write!(bare, " {sign} {term}").unwrap();
        }
        let whole = climb(&mut terms.clone().into_iter(), &signs, &mut 0, 0);
        let (f, g) = (Formula::parse(&bare).unwrap(), Formula::parse(&whole).unwrap());
        prop_assert_eq!(f.names(), g.names());
        let x = &x[..f.names().len()];
        prop_assert!(same(f.eval(x).unwrap(), g.eval(x).unwrap()), "{bare} is not {whole}");
    }

    #[test]
    fn any_text_is_a_formula_or_an_error_with_its_place(
        pieces in prop::collection::vec(prop_oneof![
            prop::sample::select(vec![
                "a", "b1", "_", "exp", "max", "clamp", "powi", "sum", "(", ")", ",", "+", "-", "*", "/", "%", "^", "<", ">=", "==",
                "1", ".5", "1e3", "1e999", "2.", "\n", " ", "pi", "e", "=", "!", "é", "\u{202e}", "🦀", "\0",
            ]).prop_map(String::from),
            any::<char>().prop_map(String::from),
        ], 0..12),
    ) {
        let text = pieces.concat();
        match Formula::parse(&text) {
            Ok(f) => {
                let x = vec![0.5; f.names().len()];
                let traced = Program::trace_at(&x, |x| f.eval(x)).unwrap();
                prop_assert!(same(f.eval(&x).unwrap(), traced.value(&x).unwrap()));
            }
            Err(error) => {
                let line = text.split('\n').nth(error.line() - 1).unwrap();
                prop_assert!(error.column() <= line.chars().count() + 1, "{error}");
                let shown = error.to_string();
                let lines: Vec<&str> = shown.split('\n').collect();
                prop_assert_eq!(lines.len(), 3);
                prop_assert!(lines[2].trim_start().starts_with('^'));
                let is_hidden = shown.contains(['\u{202e}', '\0', '\r']);
                prop_assert!(!is_hidden);
                let error = error.into_error();
                prop_assert_eq!(error.kind(), ErrorKind::Data);
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}

#[test]
fn every_operation_is_a_function() {
    for op in all_ops() {
        let count = match op {
            Op::Unary(_) => 1,
            Op::Binary(_) => 2,
            Op::Ternary(_) => 3,
            _ => 4,
        };
        let x = [2.0, 3.0, 4.0, 5.0];
        let text = format!(
            "{}({})",
            op.row().name,
            ["2", "3", "4", "5"][..count].join(",")
        );
        let value = Formula::parse(&text).unwrap().eval::<f64>(&[]).unwrap();
        assert!(same(value, op.apply(&x[..count]).unwrap()), "{text}");
        for wrong in [vec![], vec!["2"; count + 1], vec!["2"; 5]] {
            let takes = op.apply(&vec![2.0; wrong.len()]).is_some() && !wrong.is_empty();
            let text = format!("{}({})", op.row().name, wrong.join(","));
            assert_eq!(Formula::parse(&text).is_ok(), takes, "{text}");
        }
    }
}

#[test]
fn names_of_methods_are_functions() {
    let x = 0.5;
    let methods = [
        ("ln_1p(x)", Scalar::ln_1p(x)),
        ("log1mexp(-x)", Scalar::log1mexp(-x)),
        ("exp_m1(x)", Scalar::exp_m1(x)),
        ("powf(x, 3)", Scalar::powf(x, 3.0)),
        ("powi(x, -3)", Scalar::powi(x, -3)),
        ("leaky_relu(-x, 0.1)", Scalar::leaky_relu(-x, 0.1)),
        ("polygamma(x, 2)", Scalar::polygamma(x, 2)),
        ("max_of(x, 2, 1)", 2.0),
        ("select(x >= 0.5, 1, 2)", 1.0),
        ("clamp(x, 1, 2)", 1.0),
    ];
    for (text, value) in methods {
        let f = Formula::parse(text).unwrap();
        assert!(same(f.eval(&[x]).unwrap(), value), "{text}");
    }
}

#[test]
fn messages_name_the_problem_and_mark_the_place() {
    let cases = [
        (
            "",
            "line 1, column 1: the formula ends where a value is expected\n  \n  ^",
        ),
        (
            "a + ",
            "line 1, column 4: the formula ends where a value is expected\n  a + \n     ^",
        ),
        (
            "a b",
            "line 1, column 3: expected an operator, found `b`; write `*` to multiply\n  a b\n    ^",
        ),
        (
            "3 exp(x)",
            "line 1, column 3: expected an operator, found `exp`; write `*` to multiply\n  3 exp(x)\n    ^^^",
        ),
        (
            "(a\n+ (b)",
            "line 1, column 1: this `(` is not closed\n  (a\n  ^",
        ),
        (
            "max (a, b",
            "line 1, column 5: this `(` is not closed\n  max (a, b\n      ^",
        ),
        (
            "a)",
            "line 1, column 2: there is no `(` for this `)`\n  a)\n   ^",
        ),
        (
            "(a, b)",
            "line 1, column 3: a comma is only allowed between the operands of a function\n  (a, b)\n    ^",
        ),
        (
            "a +\n b + $",
            "line 2, column 6: `$` has no meaning in a formula\n   b + $\n       ^",
        ),
        (
            "a < b < c",
            "line 1, column 7: comparisons do not chain; write parentheses\n  a < b < c\n        ^",
        ),
        (
            "exp(1, 2)",
            "line 1, column 1: `exp` expects 1 operand, found 2\n  exp(1, 2)\n  ^^^",
        ),
        (
            "dot(1, 2, 3)",
            "line 1, column 1: `dot` expects pairs of operands, found 3\n  dot(1, 2, 3)\n  ^^^",
        ),
        (
            "exp()",
            "line 1, column 5: expected a value, found `)`\n  exp()\n      ^",
        ),
        (
            "2 * exp",
            "line 1, column 5: `exp` is a function; write its operands in parentheses\n  2 * exp\n      ^^^",
        ),
        (
            "powi(x, y)",
            "line 1, column 1: the second operand of `powi` must be a whole number\n  powi(x, y)\n  ^^^^",
        ),
        (
            "1e999",
            "line 1, column 1: the number is too large; write `inf` for infinity\n  1e999\n  ^^^^^",
        ),
        (
            "log(x)",
            "line 1, column 1: there is no function `log`; did you mean `ln` or `log2`?\n  log(x)\n  ^^^",
        ),
        (
            "qqqqqqqq(x)",
            "line 1, column 1: there is no function `qqqqqqqq`\n  qqqqqqqq(x)\n  ^^^^^^^^",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(Formula::parse(text).unwrap_err().to_string(), message);
    }
    let long = format!("{} + $ + {}", "a".repeat(200), "b".repeat(200));
    let error = Formula::parse(&long).unwrap_err();
    assert_eq!(error.column(), 204);
    assert!(
        error
            .to_string()
            .lines()
            .all(|line| line.chars().count() < 100),
        "{error}"
    );
}

#[test]
fn formulas_nest_and_grow_as_memory_allows() {
    const DEPTH: usize = 1_000_000;
    let nested = format!("{}x{}", "(".repeat(DEPTH), ")".repeat(DEPTH));
    assert_eq!(Formula::parse(&nested).unwrap().eval(&[2.5]).unwrap(), 2.5);
    let calls = format!("{}x{}", "abs(".repeat(DEPTH), ")".repeat(DEPTH));
    assert_eq!(Formula::parse(&calls).unwrap().eval(&[-2.5]).unwrap(), 2.5);
    let signs = format!("{}x", "-".repeat(DEPTH));
    assert_eq!(Formula::parse(&signs).unwrap().eval(&[2.5]).unwrap(), 2.5);
    let powers = format!("x{}", "^1".repeat(DEPTH));
    assert_eq!(Formula::parse(&powers).unwrap().eval(&[2.5]).unwrap(), 2.5);
    let sums = format!("x{}", "+x".repeat(DEPTH));
    assert_eq!(
        Formula::parse(&sums).unwrap().eval(&[1.0]).unwrap(),
        1.0 + DEPTH as f64
    );
    let open = "(".repeat(DEPTH);
    assert_eq!(Formula::parse(&open).unwrap_err().column(), DEPTH + 1);
    let names: Vec<String> = (0..DEPTH).map(|i| format!("x{i}")).collect();
    assert_eq!(
        Formula::parse(&names.join("+")).unwrap().names().len(),
        DEPTH
    );
}

#[test]
fn the_order_of_inputs_is_that_of_the_text_or_the_given_one() {
    let f = Formula::parse("b * a + b").unwrap();
    assert_eq!(f.names(), ["b", "a"]);
    assert_eq!(f.to_string(), "b * a + b");
    let f = Formula::parse_with("e * a", &["a", "unused", "e"]).unwrap();
    assert_eq!(f.eval(&[3.0, 0.0, 2.0]).unwrap(), 6.0);
    let x = [3.0, 0.0, 2.0].map(Var::new);
    assert_eq!(f.eval(&x).unwrap().backward().of(&x), [2.0, 0.0, 3.0]);
    assert_eq!(f.eval(&[1.0]).unwrap_err().kind(), ErrorKind::Length);
}

#[test]
fn what_looks_like_a_name_or_a_number_and_is_none_is_refused() {
    let problems = [
        ("x²", "`²` has no meaning in a formula; write `^2`"),
        ("a½ + 1", "`½` has no meaning in a formula"),
        ("a٣", "`٣` has no meaning in a formula"),
        (
            "x + 1e-999",
            "the number is too small: it would be rounded to 0",
        ),
        ("1e999", "the number is too large; write `inf` for infinity"),
    ];
    for (text, problem) in problems {
        assert_eq!(Formula::parse(text).unwrap_err().problem(), problem);
    }
    assert_eq!(
        Formula::parse("0.000e-5 + 00")
            .unwrap()
            .eval::<f64>(&[])
            .unwrap(),
        0.0
    );
    assert_eq!(Formula::parse("2π").unwrap_err().column(), 2);
    assert_eq!(
        Formula::parse("π - pi").unwrap().eval::<f64>(&[]).unwrap(),
        0.0
    );
    assert_eq!(Formula::parse("größe_2").unwrap().names(), ["größe_2"]);
    let lists: [(&[&str], &str); 3] = [
        (
            &["x", "y", "x"],
            "in the list of inputs, `x` is there twice",
        ),
        (
            &["x", "2 z"],
            "in the list of inputs, `2 z` is not a name: expected letters, then also digits and _",
        ),
        (
            &[""],
            "in the list of inputs, `` is not a name: expected letters, then also digits and _",
        ),
    ];
    for (names, problem) in lists {
        assert_eq!(
            Formula::parse_with("1", names).unwrap_err().problem(),
            problem
        );
    }
}

#[test]
fn messages_say_what_to_write_instead() {
    let cases = [
        (
            "2(a)",
            "line 1, column 2: expected an operator, found `(`; write `*` to multiply\n  2(a)\n   ^",
        ),
        (
            "a**2",
            "line 1, column 3: expected a value, found `*`; the power is `^`\n  a**2\n    ^",
        ),
        (
            "|a|",
            "line 1, column 1: `|` has no meaning in a formula; write `abs(x)`\n  |a|\n  ^",
        ),
        (
            "if(a, b, c)",
            "line 1, column 1: there is no function `if`; did you mean `select`?\n  if(a, b, c)\n  ^^",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(Formula::parse(text).unwrap_err().to_string(), message);
    }
}
