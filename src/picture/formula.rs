//! What values without a name are called: a short formula of their operands, or what computed them.

use super::label::number;
use super::rule::fill;
use super::snapshot::{NodeCopy, Source};
use crate::op::Op;

/// The longest formula that serves as a name, in characters.
const LONGEST: usize = 20;
/// The digits of a constant in a formula.
const DIGITS: usize = 4;

/// Gives each node its label: its name, or for a node without one a short formula such as `w0·x0`, or `the result of ×`. An
/// input without a name is called by its place among the inputs.
pub(crate) fn label(nodes: &mut [NodeCopy]) {
    let mut inputs = 0;
    for place in 0..nodes.len() {
        let (before, rest) = nodes.split_at_mut(place);
        let node = &mut rest[0];
        inputs += usize::from(node.op == Op::Input);
        let symbol = node.op.row().symbol;
        node.label = match &node.name {
            Some(name) => name.clone(),
            None if node.op == Op::Input => format!("input {inputs}"),
            None => formula(before, node).unwrap_or_else(|| format!("the result of {symbol}")),
        };
    }
}

/// The formula of a node, if it is short.
fn formula(before: &[NodeCopy], node: &NodeCopy) -> Option<String> {
    let row = node.op.row();
    if matches!(node.op, Op::Nary(_)) {
        return None;
    }
    let word = |source: Source, value: f64| match source {
        Source::Node(place) => {
            let label = &before[place].label;
            let short = label.chars().count() <= LONGEST;
            (short && !label.contains("the result of ") && !label.starts_with("input "))
                .then(|| bracketed(label))
        }
        Source::Constant => Some(bracketed(&number(value, DIGITS))),
        Source::Hidden => None,
    };
    let words = node
        .operands
        .iter()
        .map(|operand| word(operand.source, operand.value));
    let words: Vec<String> = words.collect::<Option<_>>()?;
    let formula = fill(row.rule, row.slopes, Some(&words));
    // The brackets of a function are enough.
    let bracketed = words.iter().filter(|word| word.starts_with('('));
    let formula = bracketed.fold(formula, |formula, word| {
        formula.replace(&format!("({word})"), word)
    });
    let has_room = formula.chars().count() <= LONGEST;
    (has_room && !formula.contains(" if ") && words.iter().all(|word| !word.contains(['{', '}'])))
        .then_some(formula)
}

/// A label in brackets, unless it is one word.
fn bracketed(label: &str) -> String {
    let is_word = label
        .chars()
        .all(|letter| letter.is_alphanumeric() || "_.'′".contains(letter));
    if is_word {
        label.to_owned()
    } else {
        format!("({label})")
    }
}
