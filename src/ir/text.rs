//! Reads an `Ir` from the text that `Display` writes, for tests.

use super::{Class, Id, Ir, Kind};
use crate::op::Op;

/// Reads text as `Display` writes it, with any names for the values.
pub(crate) fn parse(text: &str) -> Ir {
    let mut code = Ir::default();
    let mut names: Vec<(&str, Id)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ids =
            |words: &[&str]| -> Vec<Id> { words.iter().map(|word| find(&names, word)).collect() };
        match words[..] {
            ["output", ..] => code.outputs = ids(&words[1..]),
            ["guard", a, b] => code.guards.push([find(&names, a), find(&names, b)]),
            [name, "=", "input", place, class] => {
                let place: usize = place.parse().expect("the index of an input");
                if place >= code.inputs.len() {
                    code.inputs.resize(place + 1, Class::Constant);
                }
                code.inputs[place] = class_of(class);
                names.push((name, code.push(Kind::Input(place as u32), &[])));
            }
            [name, "=", "SumOverRows", ..] => {
                let operands = ids(&words[3..]);
                names.push((name, code.push(Kind::SumOverRows, &operands)));
            }
            [name, "=", what, ..] => {
                let operands = ids(&words[3..]);
                let kind = match what.parse::<f64>() {
                    Ok(number) => Kind::Constant(number.to_bits()),
                    Err(_) => Kind::Apply(op(what)),
                };
                names.push((name, code.push(kind, &operands)));
            }
            _ => panic!("not a line of code: {line}"),
        }
    }
    code
}

fn find(names: &[(&str, Id)], name: &str) -> Id {
    let found = names.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no value {name} so far")).1
}

fn class_of(name: &str) -> Class {
    let all = [Class::Constant, Class::Uniform, Class::Varying];
    let class = all.into_iter().find(|class| class.name() == name);
    class.unwrap_or_else(|| panic!("no class {name}"))
}

fn op(name: &str) -> Op {
    Op::named(name).unwrap_or_else(|| panic!("no operation {name}"))
}

#[test]
fn written_text_reads_back() {
    let text = "v0 = input 0 uniform\nv1 = input 1 varying\nv2 = -0.0\nv3 = NaN\nv4 = inf\nv5 = Mul v0 v1\n\
                v6 = Sum v5 v2 v3 v4\nv7 = SumOverRows v1 v5\noutput v6 v7\nguard v0 v5\nguard v1 v2\n";
    assert_eq!(parse(text).to_string(), text);
}
