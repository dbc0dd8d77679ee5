//! Checks the rules that code obeys after every stage: for code that is loaded, and for tests.

use super::code::{Class, Ir, Kind};

/// Describes the first problem of this code, if there is one.
pub(super) fn fault(code: &Ir) -> Option<String> {
    let values = code.len();
    let mut inputs = vec![false; code.inputs.len()];
    for id in code.ids() {
        let operands = code.operands(id);
        let wrong = |what: &str| Some(format!("v{id} {what}"));
        if operands.iter().any(|&operand| operand >= id) {
            return wrong("comes before an operand");
        }
        if let Kind::Input(place) = code.kind(id) {
            match inputs.get_mut(place as usize) {
                None => return wrong("is an input that does not exist"),
                Some(true) => return wrong("is an input for the second time"),
                Some(_) if !operands.is_empty() => return wrong("is an input with operands"),
                Some(seen) => *seen = true,
            }
        }
    }
    // Whether a value is known only after all rows.
    let mut late = vec![false; values];
    let classes = code.classes();
    for id in code.ids() {
        let operands = code.operands(id);
        let wrong = |what: &str| Some(format!("v{id} {what}"));
        let from_late = operands.iter().any(|&operand| late[operand as usize]);
        match code.kind(id) {
            Kind::Constant(_) if !operands.is_empty() => return wrong("is a number with operands"),
            Kind::Input(_) | Kind::Constant(_) => {}
            Kind::Apply(op) => {
                if !op.takes(operands.len()) {
                    return wrong("has operands that do not fit");
                }
                if from_late && classes[id as usize] == Class::Varying {
                    return wrong("needs, in a row, a value known only after all rows");
                }
                late[id as usize] = from_late;
            }
            Kind::SumOverRows => {
                if operands.is_empty() || !operands.len().is_multiple_of(2) {
                    return wrong("is a sum over rows without pairs of operands");
                }
                if from_late {
                    return wrong("is a sum over rows of a value known only after all rows");
                }
                late[id as usize] = true;
            }
        }
    }
    if code.roots().any(|root| root as usize >= values) {
        return Some(String::from("an output or guard does not exist"));
    }
    let mut sides = code.guards.iter().flatten();
    if sides.any(|&side| late[side as usize]) {
        return Some(String::from(
            "a guard compares a value known only after all rows",
        ));
    }
    None
}

/// Describes the first problem of this code with the code itself, if there is one.
#[cfg(test)]
pub(crate) fn problem(code: &Ir) -> Option<String> {
    fault(code).map(|fault| format!("{fault} in\n{code}"))
}

/// Describes the first problem of the code that a pass made from other code, if there is one.
#[cfg(test)]
pub(crate) fn problem_of_pass(before: &Ir, after: &Ir) -> Option<String> {
    if let Some(problem) = problem(after) {
        return Some(problem);
    }
    let lengths = |code: &Ir| (code.inputs.clone(), code.outputs.len(), code.guards.len());
    if lengths(before) != lengths(after) {
        return Some(format!(
            "inputs, outputs or guards differ:\n{before}became\n{after}"
        ));
    }
    // A number may replace a value, but a value that is computed more often may not.
    let (old, new) = (before.classes(), after.classes());
    let mut roots = before.roots().zip(after.roots());
    let oftener = roots.find(|&(a, b)| new[b as usize] > old[a as usize]);
    oftener.map(|(a, b)| format!("v{a} became v{b}, computed more often:\n{before}became\n{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_found() {
        let wrong = [
            "a = input 0 varying\nb = input 0 varying",
            "a = input 0 varying\nb = Add a a a",
            "a = input 0 varying\nb = Dot a a a",
            "a = input 0 varying\nb = SumOverRows",
            "a = input 0 varying\nb = SumOverRows a a\nc = Mul a b",
            "a = input 0 varying\nb = SumOverRows a a\nc = Exp b\nd = SumOverRows a c",
            "a = input 0 varying\nb = SumOverRows a a\nguard a b",
        ];
        for text in wrong {
            assert!(problem(&crate::ir::parse(text)).is_some(), "{text}");
        }
        let mut backwards = crate::ir::parse("a = input 0 varying\nb = 1.0");
        backwards.push(Kind::SumOverRows, &[3, 3]);
        assert!(problem(&backwards).is_some());
        let uniform = crate::ir::parse("a = input 0 uniform\nb = input 1 varying\noutput a");
        let mut varying = uniform.clone();
        assert_eq!(problem_of_pass(&uniform, &varying), None);
        varying.outputs = vec![1];
        assert!(problem_of_pass(&uniform, &varying).is_some());
    }
}
