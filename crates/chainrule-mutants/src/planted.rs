//! Mutants written by hand: the mistakes that tests once missed.
//!
//! The list is `planted.txt`. An entry is a title, the file, the text after which the expression is, the expression, and
//! what it becomes.

use crate::mutant::Mutant;

const LIST: &str = include_str!("planted.txt");

/// Finds the mutants of the list in the files, which `read` reads.
pub(crate) fn all(read: impl Fn(&str) -> Result<String, String>) -> Result<Vec<Mutant>, String> {
    let entries = LIST.split("\n\n").map(str::trim);
    let entries = entries.filter(|entry| !entry.is_empty());
    entries.map(|entry| of_entry(entry, &read)).collect()
}

/// Finds the mutant of one entry.
fn of_entry(entry: &str, read: &impl Fn(&str) -> Result<String, String>) -> Result<Mutant, String> {
    let part = |mark: &str| {
        let found = entry.lines().find_map(|line| line.strip_prefix(mark));
        found.ok_or_else(|| format!("planted.txt: an entry has no line with `{mark}`:\n{entry}"))
    };
    let (file, after, before, becomes) = (part("in ")?, part("after ")?, part("- ")?, part("+ ")?);
    let text = read(file)?;
    let start = text.find(after).map(|start| start + after.len());
    let found = start.and_then(|start| Some(start + text[start..].find(before)?));
    found
        .and_then(|start| Mutant::new(file, &text, start..start + before.len(), becomes))
        .ok_or_else(|| format!("planted.txt: {file} no longer has `{before}` after `{after}`"))
}
