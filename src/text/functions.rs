//! The functions of formulas: the operations of the table by name, and suggestions for names that are unknown.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::op::Op;

/// Names of operations besides those of their rows: methods that have another name.
const OTHERS: &[(&str, &str)] = &[("powf", "Pow")];

/// What other languages call some functions, and their names here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("arccos", "acos"),
    ("arcsin", "asin"),
    ("arctan", "atan"),
    ("fabs", "abs"),
    ("if", "select"),
    ("log", "ln"),
    ("log1p", "ln1p"),
    ("logistic", "sigmoid"),
    ("sgn", "sign"),
];

/// The longest name for which similar names are searched.
const LONGEST: usize = 40;

/// The most names that are suggested.
const SUGGESTED: usize = 3;

/// The operation that a function's name means.
pub(super) fn function(name: &str) -> Option<Op> {
    static FUNCTIONS: LazyLock<FxHashMap<String, Op>> = LazyLock::new(|| {
        let rows = Op::all().map(|op| (plain(op.row().name), op));
        let others = OTHERS
            .iter()
            .filter_map(|&(name, row)| Some((String::from(name), Op::named(row)?)));
        rows.chain(others).collect()
    });
    FUNCTIONS.get(&plain(name)).copied()
}

/// A name without what makes no difference.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|&letter| letter != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

/// The name that a function has in formulas: `LogSumExp` is `log_sum_exp`.
pub(super) fn name(op: Op) -> String {
    let mut name = String::new();
    for letter in op.row().name.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = String> {
    Op::all().map(name)
}

/// The question whether one of the names that are most similar was meant; empty if none is similar.
pub(super) fn suggestion(name: &str, known: impl Iterator<Item = String>) -> String {
    let letters = name.chars().take(LONGEST + 1).count();
    if letters > LONGEST {
        return String::new();
    }
    // A third of the letters may differ.
    let most = letters.div_ceil(3);
    let translated = ELSEWHERE.iter().find(|&&(elsewhere, _)| elsewhere == name);
    let mut similar: Vec<(usize, String)> = known
        .map(|other| {
            let is_translated = translated.is_some_and(|&(_, here)| here == other);
            let distance = strsim::osa_distance(name, &other);
            (if is_translated { 0 } else { distance }, other)
        })
        .filter(|&(distance, _)| distance <= most)
        .collect();
    similar.sort();
    similar.truncate(SUGGESTED);
    let mut names = similar.iter().map(|(_, name)| format!("`{name}`"));
    match (names.next_back(), names.collect::<Vec<_>>()) {
        (None, _) => String::new(),
        (Some(only), others) if others.is_empty() => format!("; did you mean {only}?"),
        (Some(last), others) => format!("; did you mean {} or {last}?", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        for op in Op::all() {
            assert_eq!(function(&name(op)), Some(op), "{op:?}");
            assert_eq!(function(op.row().name), Some(op), "{op:?}");
        }
    }

    #[test]
    fn names_of_other_languages_are_translated() {
        let suggested = |name| suggestion(name, names());
        assert_eq!(suggested("log"), "; did you mean `ln` or `log2`?");
        assert_eq!(suggested("mxa"), "; did you mean `max`?");
        for (elsewhere, here) in ELSEWHERE {
            assert!(function(elsewhere).is_none());
            assert!(suggested(elsewhere).starts_with(&format!("; did you mean `{here}`")));
        }
    }
}
