//! The functions of formulas: the operations of the table by name, and suggestions for names that are unknown.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::op::Op;

/// Names of operations besides those of their rows: methods that have another name.
const OTHERS: &[(&str, &str)] = &[("powf", "Pow")];

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
    let letters: Vec<char> = name.chars().take(LONGEST + 1).collect();
    if letters.len() > LONGEST {
        return String::new();
    }
    // A third of the letters may differ.
    let most = letters.len().div_ceil(3);
    let mut similar: Vec<(usize, String)> = known
        .map(|other| (distance(&letters, &other), other))
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

/// How many letters must be inserted, removed or replaced to turn one name into the other (Levenshtein's distance).
fn distance(name: &[char], other: &str) -> usize {
    // By how many letters of the name are used.
    let mut distances: Vec<usize> = (0..=name.len()).collect();
    for (used, letter) in other.chars().take(2 * LONGEST).enumerate() {
        let mut diagonal = distances[0];
        distances[0] = used + 1;
        for (place, &own) in name.iter().enumerate() {
            let replaced = diagonal + usize::from(own != letter);
            diagonal = distances[place + 1];
            distances[place + 1] = replaced.min(diagonal + 1).min(distances[place] + 1);
        }
    }
    distances[name.len()]
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
    fn distances_are_those_of_words() {
        let distance = |a: &str, b| distance(&a.chars().collect::<Vec<_>>(), b);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("mox", "max"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
