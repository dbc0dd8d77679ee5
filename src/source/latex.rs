//! Formulas in LaTeX. A value that is used more than once, or whose formula is long, gets a name and a line of its own.

use std::fmt::Write as _;

use super::latex_table::{ATOM, Form, POWER, PRODUCT, SUM, form};
use crate::error::{Result, check_length};
use crate::ir::{Id, Ir, Kind};
use crate::letters::shown;

/// The formula of a value, and how tightly it binds.
struct Formula {
    text: String,
    binds: u8,
}

/// The longest formula, in bytes, that is written within others.
const LONG: usize = 240;

/// The outputs as formulas of the inputs; see [`Program::to_latex`](crate::Program::to_latex).
pub(crate) fn latex(ir: &Ir, outputs: &[&str]) -> Result<String> {
    check_length("outputs", ir.outputs().len(), outputs.len())?;
    let uses = uses(ir);
    let mut lines = Vec::new();
    let mut formulas: Vec<Formula> = Vec::with_capacity(ir.len());
    for id in ir.ids() {
        let mut formula = formula(ir, id, &formulas);
        let is_operation = matches!(ir.kind(id), Kind::Apply(_));
        if is_operation && (uses[id as usize] > 1 || formula.text.len() > LONG) {
            let name = format!("v_{{{}}}", lines.len() + 1);
            lines.push(format!("{name} &= {}", formula.text));
            formula = Formula {
                text: name,
                binds: ATOM,
            };
        }
        // What is used up needs no memory any more.
        for &operand in ir.operands(id) {
            if uses[operand as usize] == 1 {
                formulas[operand as usize].text = String::new();
            }
        }
        formulas.push(formula);
    }
    for (name, &id) in outputs.iter().zip(ir.outputs()) {
        lines.push(format!("{name} &= {}", formulas[id as usize].text));
    }
    Ok(format!(
        "\\begin{{aligned}}\n{}\n\\end{{aligned}}",
        lines.join(" \\\\\n")
    ))
}

/// How often each value is used by others and as an output.
fn uses(ir: &Ir) -> Vec<u32> {
    let mut uses = vec![0; ir.len()];
    let operands = ir.ids().flat_map(|id| ir.operands(id));
    for &id in operands.chain(ir.outputs()) {
        uses[id as usize] += 1;
    }
    uses
}

fn formula(ir: &Ir, id: Id, formulas: &[Formula]) -> Formula {
    match ir.kind(id) {
        Kind::Input(place) => Formula {
            text: input(ir, id, place),
            binds: ATOM,
        },
        Kind::Constant(bits) => number(f64::from_bits(bits)),
        Kind::SumOverRows => Formula {
            text: format!(
                r"\sum_{{\text{{rows}}}} {}",
                within(&pairs(ir.operands(id), ir, formulas), PRODUCT)
            ),
            binds: SUM,
        },
        Kind::Apply(op) => operation(form(op), ir, id, formulas),
    }
}

fn operation(form: Form, ir: &Ir, id: Id, formulas: &[Formula]) -> Formula {
    let operands = ir.operands(id);
    let of = |operand: &Id| {
        let Formula { text, binds } = &formulas[*operand as usize];
        Formula {
            text: text.clone(),
            binds: *binds,
        }
    };
    match form {
        Form::Template(template, binds) => Formula {
            text: filled(template, operands, ir, formulas),
            binds,
        },
        Form::Terms => sum(&operands.iter().map(of).collect::<Vec<_>>()),
        Form::Factors => product(operands, ir, formulas),
        Form::Pairs => pairs(operands, ir, formulas),
        Form::Listed(template) => {
            let texts: Vec<&str> = operands
                .iter()
                .map(|&operand| formulas[operand as usize].text.as_str())
                .collect();
            Formula {
                text: template.replace("<>", &texts.join(", ")),
                binds: ATOM,
            }
        }
        Form::First => operands.first().map_or_else(|| number(f64::NAN), of),
    }
}

/// A template with the operands in their places.
fn filled(template: &str, operands: &[Id], ir: &Ir, formulas: &[Formula]) -> String {
    let operand = |letter: u8| operands[usize::from(letter - b'a')];
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let length = match rest.as_bytes()[at..] {
            [b'<', letter @ b'a'..=b'c', least @ b'0'..=b'9', b'>', ..] => {
                text.push_str(&within(&formulas[operand(letter) as usize], least - b'0'));
                "<a0>".len()
            }
            [
                b'<',
                letter @ b'a'..=b'c',
                least @ b'0'..=b'9',
                b'-',
                less @ b'0'..=b'9',
                b'>',
                ..,
            ] => {
                let (operand, less) = (operand(letter), less - b'0');
                let difference = if let Some(known) = ir.constant(operand) {
                    number(known - f64::from(less)).text
                } else {
                    let operand = within(&formulas[operand as usize], least - b'0');
                    format!("{operand} - {less}")
                };
                text.push_str(&difference);
                "<a0-1>".len()
            }
            _ => {
                // The sign of a comparison.
                text.push('<');
                1
            }
        };
        rest = &rest[at + length..];
    }
    (text + rest).replace("^{1}", "")
}

/// Operands multiplied, without factors of 1.
fn product(operands: &[Id], ir: &Ir, formulas: &[Formula]) -> Formula {
    let factors = operands
        .iter()
        .filter(|&&operand| ir.constant(operand) != Some(1.0));
    let factors: Vec<&Formula> = factors
        .map(|&operand| &formulas[operand as usize])
        .collect();
    joined(&factors, r" \cdot ", PRODUCT, "1")
}

/// Operands added, without terms of 0.
fn sum(terms: &[Formula]) -> Formula {
    let terms: Vec<&Formula> = terms
        .iter()
        .filter(|term| term.text != "0" && term.text != "-0")
        .collect();
    joined(&terms, " + ", SUM, "0")
}

/// Formulas with a sign between them; a single formula as it is, and for none a number.
fn joined(formulas: &[&Formula], separator: &str, binds: u8, none: &str) -> Formula {
    match formulas {
        [] => Formula {
            text: none.to_owned(),
            binds: ATOM,
        },
        [formula] => Formula {
            text: formula.text.clone(),
            binds: formula.binds,
        },
        _ => {
            let texts: Vec<String> = formulas
                .iter()
                .map(|formula| within(formula, binds))
                .collect();
            Formula {
                text: texts.join(separator),
                binds,
            }
        }
    }
}

/// Products of two consecutive operands each, added.
fn pairs(operands: &[Id], ir: &Ir, formulas: &[Formula]) -> Formula {
    let products: Vec<Formula> = operands
        .chunks(2)
        .map(|pair| product(pair, ir, formulas))
        .collect();
    sum(&products)
}

/// A formula within another, in parentheses if it binds less tightly than this.
fn within(formula: &Formula, least: u8) -> String {
    if formula.binds < least {
        format!(r"\left({}\right)", formula.text)
    } else {
        formula.text.clone()
    }
}

/// The name of an input.
fn input(ir: &Ir, id: Id, place: u32) -> String {
    let Some(path) = ir.origin(id).path() else {
        return format!("x_{{{place}}}");
    };
    let word = path.trim_end_matches(|c: char| c.is_ascii_digit());
    let (word, digits) = if word.is_empty() {
        (path.as_str(), "")
    } else {
        path.split_at(word.len())
    };
    let mut text = match word {
        _ if GREEK.contains(&word) => format!(r"\{word}"),
        _ if word.chars().count() == 1 && word.chars().all(char::is_alphabetic) => word.to_owned(),
        _ => format!(r"\text{{{}}}", escaped(word)),
    };
    if !digits.is_empty() {
        let _ = write!(text, "_{{{digits}}}");
    }
    text
}

/// The names of Greek letters that LaTeX knows.
const GREEK: &[&str] = &[
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
];

/// Text without the letters that LaTeX would read as commands.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '\\' => r"\backslash{}".to_owned(),
        '~' => r"\sim{}".to_owned(),
        '^' => r"\wedge{}".to_owned(),
        '{' | '}' | '$' | '&' | '#' | '%' | '_' => format!(r"\{c}"),
        c => c.to_string(),
    };
    shown(text).chars().map(escape).collect()
}

/// A number; π and e by name.
fn number(number: f64) -> Formula {
    let (text, binds) = if number.is_nan() {
        (r"\text{NaN}".to_owned(), ATOM)
    } else if number.is_infinite() {
        (r"\infty".to_owned(), ATOM)
    } else if number.abs() == std::f64::consts::PI {
        (r"\pi".to_owned(), ATOM)
    } else if number.abs() == std::f64::consts::E {
        ("e".to_owned(), ATOM)
    } else {
        let text = format!("{:?}", number.abs());
        match text.split_once('e') {
            Some((digits, power)) => {
                let digits = digits.trim_end_matches(".0");
                match digits {
                    "1" => (format!("10^{{{power}}}"), POWER),
                    _ => (format!(r"{digits} \cdot 10^{{{power}}}"), PRODUCT),
                }
            }
            None => (text.trim_end_matches(".0").to_owned(), ATOM),
        }
    };
    if number.is_sign_negative() && !number.is_nan() {
        return Formula {
            text: format!("-{text}"),
            binds: SUM,
        };
    }
    Formula { text, binds }
}
