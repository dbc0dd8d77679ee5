//! The rules of the table in letters, read as formulas, against its values and partials.

use chainrule::op::{Law, Op};
use chainrule::text::Formula;

use crate::expression::{all_ops, arity};
use crate::page::agreement::{operands, runner};

/// Rules that no formula can say: special functions without a name there, and words.
const WORDS: [&str; 9] = [
    "Polygamma",
    "SincDerivative",
    "LogErfcDerivative",
    "LogNormalCdfDerivative",
    "Rem",
    "RemEuclid",
    "StopGradient",
    "Product",
    "Custom",
];

/// Letters and signs of rules, and what they are in formulas. Longer ones come first.
const SIGNS: [(&str, &str); 26] = [
    ("SiLU″(x)", "silu_curvature(x)"),
    ("SiLU′(x)", "silu_slope(x)"),
    ("tanh′(x)", "tanh_slope(x)"),
    ("σ′(x)", "sigmoid_slope(x)"),
    ("ψ′(x)", "polygamma(x, 1)"),
    ("l < x < h", "(x > l)*(x < h)"),
    ("ln|Γ(x)|", "ln_gamma(x)"),
    ("⌊x⌋", "floor(x)"),
    ("⌈x⌉", "ceil(x)"),
    ("|x|", "abs(x)"),
    ("|b|", "abs(b)"),
    ("√x", "sqrt(x)"),
    ("√π", "sqrt(pi)"),
    ("√", "sqrt"),
    ("∛x", "cbrt(x)"),
    ("e^(", "exp("),
    ("e^x", "exp(x)"),
    ("φ(x)", "scaled_density(x, 1)"),
    ("Φ(x)", "(erfc(-x/sqrt(2))/2)"),
    ("ψ", "digamma"),
    ("σ", "sigmoid"),
    ("α", "alpha"),
    ("−", "-"),
    ("·", "*"),
    ("²", "^2"),
    ("³", "^3"),
];

/// A rule as a formula. `A if C, B if D, else E` becomes choices.
fn formula(rule: &str) -> String {
    if let Some((chosen, otherwise)) = rule.split_once(", ")
        && let Some((value, condition)) = chosen.split_once(" if ")
    {
        let otherwise = otherwise.strip_prefix("else ").unwrap_or(otherwise);
        let condition = match condition.split_once(" = ") {
            Some((a, b)) => format!("equal({a}, {b})"),
            None => condition
                .replace('≠', "!=")
                .replace('≤', "<=")
                .replace('≥', ">="),
        };
        let condition = match condition.split_once(" != ") {
            Some((a, b)) => format!("not_equal({a}, {b})"),
            None => condition,
        };
        let (condition, value) = (plain(&condition), formula(value));
        return format!("select({condition}, {value}, {})", formula(otherwise));
    }
    plain(rule)
}

fn plain(text: &str) -> String {
    SIGNS.iter().fold(text.to_owned(), |text, (sign, word)| {
        text.replace(sign, word)
    })
}

/// The value of a rule at a point, whose letters are given.
fn value(rule: &str, letters: &[&str], point: &[f64]) -> f64 {
    let text = formula(rule);
    let read = Formula::parse(&text).unwrap_or_else(|error| panic!("{rule} as {text}: {error}"));
    let input = |name: &String| {
        let place = letters.iter().position(|letter| plain(letter) == *name);
        point[place.unwrap_or_else(|| panic!("{rule} as {text}: no letter {name}"))]
    };
    let inputs: Vec<f64> = read.names().iter().map(input).collect();
    read.eval(&inputs).unwrap()
}

#[test]
fn every_rule_agrees_with_its_row() {
    let mut runner = runner();
    let mut compared = 0;
    for op in all_ops() {
        let row = op.row();
        if WORDS.contains(&row.name) || matches!(op, Op::Nary(_)) {
            continue;
        }
        let letters: Vec<&str> = row.slopes.iter().map(|&(letter, _)| letter).collect();
        let mut points = 0;
        for _ in 0..400 {
            let point = operands(op, &mut runner);
            // The textbook's forms lose digits far from 1; ties and corners are in words.
            let moderate = |x: &f64| (0.05..20.0).contains(&x.abs());
            let distinct = point.windows(2).all(|pair| pair[0] != pair[1]);
            if !point.iter().all(moderate) || !distinct {
                continue;
            }
            let result = op.apply(&point).unwrap();
            let partials = op.partials(&point, result);
            let texts = std::iter::once(row.rule).chain(row.slopes.iter().map(|slope| slope.1));
            let numbers = std::iter::once(result).chain(partials);
            for (text, number) in texts.zip(numbers) {
                let told = value(text, &letters, &point);
                let scale = number.abs().max(told.abs()).max(1e-3);
                let agree = told == number || (told - number).abs() <= 1e-6 * scale;
                assert!(
                    agree || !told.is_finite() || !number.is_finite(),
                    "{}: {text} at {point:?} is {told}, not {number}",
                    row.name
                );
                if told.is_finite() && number.is_finite() {
                    compared += 1;
                    points += 1;
                }
            }
        }
        assert!(points > 20, "{}: {points} numbers compared", row.name);
    }
    assert!(compared > 10_000, "only {compared} numbers were compared");
}

#[test]
fn every_operand_has_a_rule() {
    for op in all_ops() {
        let row = op.row();
        let count = row.slopes.len();
        match arity(op) {
            Some(operands) => assert_eq!(count, operands, "{}", row.name),
            None => assert_eq!(
                count,
                if row.laws.contains(&Law::Pairs) || ["Custom", "Gather"].contains(&row.name) {
                    2
                } else {
                    1
                },
                "{}",
                row.name
            ),
        }
        // A symbol between separators must not look like one.
        let dots = ['·', '⋅', '•', '∙', '…', ' '];
        assert!(
            !row.symbol.chars().all(|letter| dots.contains(&letter)),
            "{}",
            row.name
        );
    }
}
