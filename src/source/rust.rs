//! A function in Rust: one statement per value or run of values, then the guards, then the outputs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::code::{Code, in_comment, is_name};
use super::runs::{Line, Operands, Output, Runs, Step, index_text};
use super::rust_functions::{Functions, Word, words};
use crate::error::{Error, Result};
use crate::graph::{INDEX_LIMIT, Outcome, Test};
use crate::ir::Ir;
use crate::letters::shown;
use crate::op::Op;

/// The modules whose names the table's formulas use.
const MODULES: &[&str] = &["compare", "plane", "remainder", "slope"];

/// The code as a function with this name; see [`Program::to_rust`](crate::Program::to_rust).
pub(crate) fn rust(code: &Code<'_>, name: &str) -> Result<String> {
    check_name(name)?;
    let runs = Runs::new(code.ir)?;
    let mut writer = Writer {
        ir: code.ir,
        module: format!("{name}_functions"),
        functions: Functions::new(),
        traits: BTreeSet::new(),
        body: String::new(),
    };
    writer.write(code, &runs);
    let Writer {
        module,
        functions,
        traits,
        body,
        ..
    } = writer;
    let mut text = heading(code, functions.libm);
    let _ = write!(
        text,
        "#[allow(clippy::all, clippy::pedantic, non_snake_case, unused_imports, unused_mut, unused_variables)]\n\
         pub fn {name}(x: &[f64; {}], y: &mut [f64; {}]) -> Result<(), u32> {{\n",
        code.ir.inputs().len(),
        code.ir.outputs().len()
    );
    for path in traits {
        let _ = writeln!(text, "    use {module}::{};", path.join("::"));
    }
    let _ = write!(text, "{body}    Ok(())\n}}\n");
    if !functions.is_empty() {
        let _ = write!(
            text,
            "\n// Functions of chainrule {}, Copyright (c) 2026 The chainrule authors, MIT License.\n\
             #[allow(clippy::all, clippy::pedantic, dead_code, non_snake_case, unused_imports)]\n{}",
            env!("CARGO_PKG_VERSION"),
            functions.text(&module)
        );
    }
    Ok(text)
}

/// What a caller must know: comments with the names of inputs, then the function's documentation.
fn heading(code: &Code<'_>, libm: bool) -> String {
    let mut text = String::new();
    for (place, name) in code.names.iter().enumerate() {
        if let Some(name) = name {
            let _ = writeln!(text, "// x[{place}]: {}", in_comment(name));
        }
    }
    let _ = write!(
        text,
        "/// Reads {} inputs from `x` and writes {} outputs to `y`.\n\
         ///\n\
         /// # Errors\n\
         /// The number of the comparison that has another outcome than when the function was traced; then `y` is unchanged.\n",
        code.ir.inputs().len(),
        code.ir.outputs().len()
    );
    if libm {
        text.push_str(
            "// It needs the crate libm, in the version with which chainrule was built.\n",
        );
    }
    text
}

fn check_name(name: &str) -> Result<()> {
    let problem = if !is_name(name) {
        "expected letters of ASCII, digits and _"
    } else if KEYWORDS.contains(&name) {
        "the name is taken or reserved in Rust"
    } else {
        return Ok(());
    };
    Err(Error::argument(
        "name",
        format!("{problem}, found `{}`", shown(name)),
    ))
}

/// The keywords of all editions, `main`, which must have another type, and the functions that the text itself calls.
const KEYWORDS: &[&str] = &[
    "_", "Err", "Ok", "Self", "abstract", "as", "async", "await", "become", "box", "break",
    "const", "continue", "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn",
    "for", "gen", "if", "impl", "in", "let", "loop", "macro", "main", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where",
    "while", "yield",
];

struct Writer<'a> {
    ir: &'a Ir,
    /// The name of the module of functions.
    module: String,
    functions: Functions,
    /// The traits of methods that the body calls.
    traits: BTreeSet<[&'static str; 2]>,
    body: String,
}

impl Writer<'_> {
    /// Writes the body. (Writing to a string does not fail.)
    fn write(&mut self, code: &Code<'_>, runs: &Runs) {
        if !runs.table.is_empty() {
            let numbers: Vec<String> = runs.table.iter().map(|&number| literal(number)).collect();
            let _ = writeln!(
                self.body,
                "    static TABLE: [f64; {}] = [\n        {},\n    ];\n    let table = &TABLE;",
                numbers.len(),
                numbers.join(",\n        ")
            );
        }
        if runs.results > 0 {
            let _ = writeln!(self.body, "    let mut w = [0_f64; {}];", runs.results);
        }
        for step in &runs.steps {
            self.push_step(step);
        }
        for (place, (guard, &[left, right])) in code.guards.iter().zip(code.ir.guards()).enumerate()
        {
            let (test, outcome) = guard.asks();
            let [left, right] = [left, right].map(|side| runs.line(side).to_string());
            let holds = self.holds(test, outcome, &left, &right);
            let at = in_comment(&guard.at().to_string());
            let _ = writeln!(
                self.body,
                "    if !({holds}) {{\n        return Err({}); // {at}\n    }}",
                place + 1
            );
        }
        for Output {
            first,
            count,
            value,
        } in runs.outputs(code.ir)
        {
            let _ = match count {
                1 => writeln!(self.body, "    y[{first}] = {value};"),
                _ => writeln!(
                    self.body,
                    "    for i in 0..{count} {{\n        y[{}] = {value};\n    }}",
                    index_text(first as u32, 1, 0)
                ),
            };
        }
    }

    fn push_step(&mut self, step: &Step) {
        let _ = match step {
            Step::Constant(id) => {
                let number = self.ir.constant(*id).unwrap_or(f64::NAN);
                writeln!(self.body, "    let v{id} = {};", literal(number))
            }
            Step::Single(id, op, operands) => {
                let value = self.value(*op, operands);
                match gathered(operands) {
                    Some(gathered) => writeln!(
                        self.body,
                        "    let v{id} = {{\n{gathered}        {value}\n    }};"
                    ),
                    None => writeln!(self.body, "    let v{id} = {value};"),
                }
            }
            Step::Run(first, count, op, operands) => {
                let value = self.value(*op, operands);
                let gathered = gathered(operands).unwrap_or_default();
                writeln!(
                    self.body,
                    "    for i in 0..{count} {{\n{gathered}        w[{}] = {value};\n    }}",
                    index_text(*first, 1, 0)
                )
            }
        };
    }

    /// The value of an operation as an expression.
    fn value(&mut self, op: Op, operands: &Operands) -> String {
        let Some(formula) = op.value_text() else {
            return String::from("f64::NAN");
        };
        if !matches!(op, Op::Nary(_)) {
            let Operands::Each(lines) = operands else {
                return String::from("f64::NAN");
            };
            let lines: Vec<String> = lines.iter().map(Line::to_string).collect();
            return self.formula(formula.text, formula.letters, &lines);
        }
        let list = match operands {
            Operands::Each(lines) => {
                let lines: Vec<String> = lines.iter().map(Line::to_string).collect();
                format!("&[{}]", lines.join(", "))
            }
            Operands::Slice(first, count) => {
                let (array, index) = first.array_and_index();
                format!("&{array}[{index}..][..{count}]")
            }
            Operands::Pieces(_) => String::from("&t"),
        };
        let once = formula.text.matches(formula.letters[0]).count() == 1;
        if once {
            return self.formula(formula.text, formula.letters, &[list]);
        }
        let text = self.formula(formula.text, formula.letters, &[String::from("xs")]);
        format!("{{ let xs: &[f64] = {list}; {text} }}")
    }

    /// A formula of the table with these operands in the places of its letters.
    fn formula(&mut self, text: &str, letters: &[&str], operands: &[String]) -> String {
        let mut written = String::new();
        // The compiler puts spaces and ends of lines between the signs of a table.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.replace(" :: ", "::").replace("(- ", "(-");
        let text = text
            .strip_prefix("- ")
            .map_or(text.clone(), |rest| format!("-{rest}"));
        for word in words(&text) {
            match word {
                Word::Path(path) => {
                    let place = letters.iter().position(|letter| *letter == path);
                    match place {
                        Some(place) => written.push_str(&operands[place]),
                        None => written.push_str(&self.path(path)),
                    }
                }
                Word::Method(name) => {
                    self.traits.extend(self.functions.need_method(name));
                    written.push_str(name);
                }
                Word::Other(other) => written.push_str(other),
            }
        }
        written
    }

    /// A path of the table's formulas as it is in the text.
    fn path(&mut self, path: &str) -> String {
        let parts: Vec<&str> = path.split("::").collect();
        let own = match *parts {
            ["math", ref own @ ..] => own.to_vec(),
            [module, ..] if MODULES.contains(&module) => parts,
            ["NAN" | "INFINITY" | "NEG_INFINITY"] => return format!("f64::{path}"),
            ["S", ..] => return path.replacen('S', "f64", 1),
            [fold] if self.functions.is_fold(fold) => vec!["folds", fold],
            _ => return path.to_owned(),
        };
        self.functions.need(&own);
        format!("{}::{}", self.module, own.join("::"))
    }

    /// The condition that a comparison has the same outcome.
    fn holds(&mut self, test: Test, outcome: Outcome, a: &str, b: &str) -> String {
        let holds = match test {
            Test::Less => format!("{a} < {b}"),
            Test::LessEqual => format!("{a} <= {b}"),
            Test::Greater => format!("{a} > {b}"),
            Test::GreaterEqual => format!("{a} >= {b}"),
            Test::Equal => format!("{a} == {b}"),
            Test::Floor => {
                self.traits.extend(self.functions.need_method("floor"));
                format!(
                    "if {a} >= 0.0 {{ {a}.min({INDEX_LIMIT:?}).floor() == {b} }} else {{ {b}.is_nan() }}"
                )
            }
            Test::Read => {
                format!("{a}.to_bits() == {b}.to_bits() || {a}.is_nan() && {b}.is_nan()")
            }
            Test::Order => {
                return match outcome {
                    -1 => format!("{a} < {b}"),
                    0 => format!("{a} == {b}"),
                    1 => format!("{a} > {b}"),
                    _ => format!("{a}.is_nan() || {b}.is_nan()"),
                };
            }
        };
        if outcome == 0 {
            format!("!({holds})")
        } else {
            holds
        }
    }
}

/// The statements that gather operands in the array `t`, if they are needed.
fn gathered(operands: &Operands) -> Option<String> {
    operands.gathered(
        |count| format!("let mut t = [0_f64; {count}];"),
        |turns| format!("for k in 0..{turns}"),
    )
}

/// A number with all its bits.
fn literal(number: f64) -> String {
    if number.is_nan() {
        String::from("f64::NAN")
    } else if number.is_infinite() {
        let sign = if number > 0.0 { "" } else { "NEG_" };
        format!("f64::{sign}INFINITY")
    } else {
        format!("{number:?}_f64")
    }
}
