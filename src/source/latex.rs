//! Formulas in LaTeX. A value that is used more than once, or whose formula is long, gets a name and a line of its own.

use std::fmt::Write as _;

use super::latex_table::{ATOM, Form, POWER, PRODUCT, SUM, form};
use crate::error::{Result, check_length};
use crate::ir::{Id, Ir, Kind};
use crate::letters::shown;

/// The formula of a value.
#[derive(Clone)]
struct Formula {
    is_negative: bool,
    /// What follows the sign.
    text: String,
    /// How tightly the text binds.
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
        if uses[id as usize] == 0 {
            formulas.push(Formula::new("", ATOM));
            continue;
        }
        let mut formula = formula(ir, id, &formulas);
        let is_operation = matches!(ir.kind(id), Kind::Apply(_));
        let is_name = formula.binds == ATOM && !formula.text.contains('\\');
        if is_operation && !is_name && (uses[id as usize] > 1 || formula.text.len() > LONG) {
            let name = format!("v_{{{}}}", lines.len() + 1);
            lines.push(format!("{name} &= {}", formula.signed()));
            formula = Formula::new(&name, ATOM);
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
        lines.push(format!("{name} &= {}", formulas[id as usize].signed()));
    }
    Ok(format!(
        "\\begin{{aligned}}\n{}\n\\end{{aligned}}",
        lines.join(" \\\\\n")
    ))
}

/// How often each value is used by an output and by values that an output needs.
fn uses(ir: &Ir) -> Vec<u32> {
    let mut uses = vec![0; ir.len()];
    for &id in ir.outputs() {
        uses[id as usize] += 1;
    }
    for id in ir.ids().rev() {
        if uses[id as usize] > 0 {
            for &operand in ir.operands(id) {
                uses[operand as usize] += 1;
            }
        }
    }
    uses
}

impl Formula {
    fn new(text: &str, binds: u8) -> Self {
        Self {
            is_negative: false,
            text: text.to_owned(),
            binds,
        }
    }

    fn signed(&self) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        format!("{sign}{}", self.text)
    }

    /// The formula with the other sign.
    fn negated(self) -> Self {
        if self.binds < PRODUCT {
            let text = format!(r"\left({}\right)", self.signed());
            return Self {
                is_negative: true,
                text,
                binds: ATOM,
            };
        }
        Self {
            is_negative: !self.is_negative,
            ..self
        }
    }

    /// The text without the sign, in parentheses if it binds less tightly than this.
    fn unsigned(&self, least: u8) -> String {
        if self.binds < least {
            format!(r"\left({}\right)", self.text)
        } else {
            self.text.clone()
        }
    }

    /// The formula within another, in parentheses if it, or its sign, binds less tightly than this.
    fn within(&self, least: u8) -> String {
        let binds = if self.is_negative { SUM } else { self.binds };
        if binds < least {
            format!(r"\left({}\right)", self.signed())
        } else {
            self.signed()
        }
    }
}

fn formula(ir: &Ir, id: Id, formulas: &[Formula]) -> Formula {
    match ir.kind(id) {
        Kind::Input(place) => Formula::new(&input(ir, id, place), ATOM),
        Kind::Constant(bits) => number(f64::from_bits(bits)),
        Kind::SumOverRows => {
            let sum = pairs(ir.operands(id), formulas).within(PRODUCT);
            Formula::new(&format!(r"\sum_{{\text{{rows}}}} {sum}"), SUM)
        }
        Kind::Apply(op) => operation(form(op), ir, id, formulas),
    }
}

fn operation(form: Form, ir: &Ir, id: Id, formulas: &[Formula]) -> Formula {
    let operands = ir.operands(id);
    let all = || {
        operands
            .iter()
            .map(|&operand| formulas[operand as usize].clone())
    };
    let mut operand = all();
    match form {
        Form::Template(template, binds) => {
            Formula::new(&filled(template, operands, ir, formulas), binds)
        }
        Form::Negative(template, binds) => {
            Formula::new(&filled(template, operands, ir, formulas), binds).negated()
        }
        Form::Opposite => operand
            .next()
            .map_or_else(|| number(f64::NAN), Formula::negated),
        Form::Difference => {
            let terms: Vec<Formula> = operand
                .next()
                .into_iter()
                .chain(operand.map(Formula::negated))
                .collect();
            sum(&terms)
        }
        Form::Terms => sum(&all().collect::<Vec<_>>()),
        Form::Factors => product(&all().collect::<Vec<_>>()),
        Form::Pairs => pairs(operands, formulas),
        Form::Listed(template) => {
            let texts: Vec<String> = all().map(|formula| formula.signed()).collect();
            Formula::new(&template.replace("<>", &texts.join(", ")), ATOM)
        }
        Form::First => operand.next().unwrap_or_else(|| number(f64::NAN)),
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
            [b'<', letter @ b'a'..=b'c', b'?', b'>', ..] => {
                text.push_str(&condition(&formulas[operand(letter) as usize]));
                "<a?>".len()
            }
            [b'<', letter @ b'a'..=b'c', least @ b'0'..=b'9', b'>', ..] => {
                text.push_str(&formulas[operand(letter) as usize].within(least - b'0'));
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
                    number(known - f64::from(less)).signed()
                } else {
                    let operand = formulas[operand as usize].within(least - b'0');
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

/// A formula as a condition: a comparison as it is, another number compared with 0.
fn condition(formula: &Formula) -> String {
    let inner = formula.text.strip_prefix(r"\left[");
    let inner = inner.and_then(|text| text.strip_suffix(r"\right]"));
    match inner {
        Some(comparison) if !formula.is_negative && !comparison.contains(r"\right]") => {
            comparison.to_owned()
        }
        _ => format!(r"{} \ne 0", formula.signed()),
    }
}

/// Formulas multiplied: 0 if a factor is, otherwise without factors of 1 and with one sign.
fn product(factors: &[Formula]) -> Formula {
    if factors.iter().any(|factor| factor.text == "0") {
        return Formula::new("0", ATOM);
    }
    let is_negative = factors.iter().filter(|factor| factor.is_negative).count() % 2 == 1;
    let factors: Vec<&Formula> = factors.iter().filter(|factor| factor.text != "1").collect();
    let product = match factors[..] {
        [] => Formula::new("1", ATOM),
        // A sign before a sum would need parentheses.
        [factor] if !is_negative || factor.binds >= PRODUCT => {
            Formula::new(&factor.text, factor.binds)
        }
        _ => {
            let texts: Vec<String> = factors
                .iter()
                .map(|factor| factor.unsigned(PRODUCT))
                .collect();
            Formula::new(&texts.join(r" \cdot "), PRODUCT)
        }
    };
    Formula {
        is_negative,
        ..product
    }
}

/// Formulas added, without terms of 0.
fn sum(terms: &[Formula]) -> Formula {
    let terms: Vec<&Formula> = terms.iter().filter(|term| term.text != "0").collect();
    match terms[..] {
        [] => Formula::new("0", ATOM),
        [term] => term.clone(),
        [first, ref others @ ..] => {
            let mut text = first.signed();
            for term in others {
                let (sign, least) = if term.is_negative {
                    ("-", PRODUCT)
                } else {
                    ("+", SUM)
                };
                let _ = write!(text, " {sign} {}", term.unsigned(least));
            }
            Formula::new(&text, SUM)
        }
    }
}

/// Products of two consecutive operands each, added; a last operand without a partner is added.
fn pairs(operands: &[Id], formulas: &[Formula]) -> Formula {
    let product = |pair: &[Id]| {
        let factors: Vec<Formula> = pair
            .iter()
            .map(|&operand| formulas[operand as usize].clone())
            .collect();
        product(&factors)
    };
    sum(&operands.chunks(2).map(product).collect::<Vec<_>>())
}

/// The name of an input.
fn input(ir: &Ir, id: Id, place: u32) -> String {
    let Some(path) = ir.origin(id).path() else {
        return format!("x_{{{place}}}");
    };
    let word = path.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &path[word.len()..];
    // `theta_1` is written as `theta1` is.
    let word = word
        .strip_suffix('_')
        .filter(|_| !digits.is_empty())
        .unwrap_or(word);
    let (word, digits) = if word.is_empty() {
        (&path[..], "")
    } else {
        (word, digits)
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
        '\\' => r"\textbackslash{}".to_owned(),
        '~' => r"\textasciitilde{}".to_owned(),
        '^' => r"\textasciicircum{}".to_owned(),
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
            Some((digits, power)) => match digits.trim_end_matches(".0") {
                "1" => (format!("10^{{{power}}}"), POWER),
                digits => (format!(r"{digits} \cdot 10^{{{power}}}"), PRODUCT),
            },
            None => (text.trim_end_matches(".0").to_owned(), ATOM),
        }
    };
    let is_negative = number.is_sign_negative() && !number.is_nan() && number != 0.0;
    Formula {
        is_negative,
        text,
        binds,
    }
}
