//! The local gradients of a gate in letters: the row's rule, with the names of the operands for its letters.

use super::label::number;
use super::snapshot::{NodeCopy, OperandCopy, Source};
use crate::op::Op;

/// The longest name that a formula takes up.
const LONGEST: usize = 12;
/// The digits of a constant in a formula.
const DIGITS: usize = 4;

/// The rule of each operand of a gate, such as `d(1/h)/dh = −1/h²`; none for a constant.
///
/// The formula is written with the names of the operands if each operand has one that can stand in it and no two are the
/// same, otherwise with the letters of the table of operations.
pub(crate) fn rules(nodes: &[NodeCopy], gate: &NodeCopy) -> Vec<Option<String>> {
    let row = gate.op.row();
    let names = names(nodes, gate);
    let is_constant = |operand: &OperandCopy| operand.source == Source::Constant;
    let rule = |place: usize| {
        let &(letter, slope) = row.slopes.get(place % row.slopes.len().max(1))?;
        let filled = |text: &str| fill(text, row.slopes, names.as_deref());
        let is_letter = row.slopes.iter().any(|&(letter, _)| letter == slope);
        let slope = filled(slope);
        // A constant needs brackets only among others.
        let slope = if is_letter {
            slope.trim_matches(['(', ')'])
        } else {
            &slope
        };
        Some(format!(
            "d({})/d{} = {slope}",
            filled(row.rule),
            filled(letter)
        ))
    };
    let operands = gate.operands.iter().enumerate();
    operands
        .map(|(place, operand)| rule(place).filter(|_| !is_constant(operand)))
        .collect()
}

/// The different rules of a gate, in the order of its operands.
pub(crate) fn distinct(rules: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut distinct = Vec::new();
    for rule in rules {
        // An operation of any number of operands has one or two.
        if !distinct.contains(&rule) {
            distinct.push(rule);
        }
        if distinct.len() == 3 {
            break;
        }
    }
    distinct
}

/// The names of a gate's operands, if they can all stand in its formula.
fn names(nodes: &[NodeCopy], gate: &NodeCopy) -> Option<Vec<String>> {
    if matches!(gate.op, Op::Nary(_)) {
        return None;
    }
    let mut names: Vec<String> = Vec::with_capacity(gate.operands.len());
    for operand in &gate.operands {
        let name = match operand.source {
            Source::Constant => match number(operand.value, DIGITS) {
                negative if negative.contains('−') => format!("({negative})"),
                other => other,
            },
            Source::Node(place) => {
                let name = nodes[place].name.as_ref().filter(|name| stands(name))?;
                if names.contains(name) {
                    return None;
                }
                name.clone()
            }
            Source::Hidden => return None,
        };
        names.push(name);
    }
    Some(names)
}

/// Whether a name reads as one variable in a formula.
fn stands(name: &str) -> bool {
    let number = name.starts_with(|letter: char| letter.is_ascii_digit());
    !number && name.chars().count() <= LONGEST && name.chars().all(is_letter)
}

/// Whether this can be part of a variable. Raised letters and digits cannot: a power would read as part of the name.
fn is_letter(letter: char) -> bool {
    let raised = matches!(letter, 'ʰ'..='ˣ' | 'ⁱ' | 'ⁿ' | 'ᴬ'..='ᵡ');
    (letter.is_alphabetic() && !raised) || letter.is_ascii_digit() || letter == '_'
}

/// Writes a formula with these names for its letters.
pub(super) fn fill(text: &str, letters: &[(&str, &str)], names: Option<&[String]>) -> String {
    let Some(names) = names else {
        return text.to_owned();
    };
    let mut filled = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| !is_letter(letter));
        let end = end.unwrap_or(rest.len()).max(first.len_utf8());
        let (word, after) = rest.split_at(end);
        let place = letters.iter().position(|&(letter, _)| letter == word);
        filled.push_str(place.map_or(word, |place| &names[place]));
        rest = after;
    }
    filled
}
