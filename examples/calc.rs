//! Computes a formula, its gradient and its Hessian, and draws it.
//!
//! ```sh
//! cargo run --example calc --features text -- 'exp(max(a*b, c))' a=2 b=-3 c=1
//! cargo run --example calc --features text -- 'exp(max(a*b, c))' a=2 b=-3 c=1 --svg > picture.svg
//! cargo run --example calc --features text -- 'exp(max(a*b, c))' a=2 b=-3 c=1 --c > f.c
//! ```

use std::ffi::OsString;
use std::process::ExitCode;

use chainrule::text::Formula;
use chainrule::{Program, Result, Transform, Var, derive, tape};
use lexopt::{Arg, Parser, ValueExt};

const USAGE: &str = "\
usage: cargo run --example calc --features text -- FORMULA [NAME=NUMBER]... [--dot | --svg | --html | --latex | --c | --rust]

Prints the value of the formula, its gradient and its Hessian; with an option, instead:
  --dot    a picture as Graphviz text
  --svg    a picture as SVG
  --html   a page that steps through the backward pass
  --latex  the formula and its partial derivatives in LaTeX
  --c      a function in C that computes the value and the gradient
  --rust   the same function in Rust
Write `--` before a formula that begins with a minus.";

/// What is printed.
#[derive(Clone, Copy)]
enum Output {
    Numbers,
    Dot,
    Svg,
    Html,
    Latex,
    C,
    Rust,
}

struct Arguments {
    formula: Formula,
    /// The value of each input of the formula.
    point: Vec<f64>,
    output: Output,
}

/// Reads the command line; `None` asks for help.
fn arguments(mut parser: Parser) -> std::result::Result<Option<Arguments>, String> {
    let (mut words, mut output) = (Vec::new(), Output::Numbers);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Arg::Value(word) => words.push(text(word)?),
            Arg::Long("dot") => output = Output::Dot,
            Arg::Long("svg") => output = Output::Svg,
            Arg::Long("html") => output = Output::Html,
            Arg::Long("latex") => output = Output::Latex,
            Arg::Long("c") => output = Output::C,
            Arg::Long("rust") => output = Output::Rust,
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            other => return Err(format!("{}\n{USAGE}", other.unexpected())),
        }
    }
    let Some((formula, values)) = words.split_first() else {
        return Ok(None);
    };
    let formula = Formula::parse(formula).map_err(|error| error.to_string())?;
    let mut point = vec![None; formula.names().len()];
    for value in values {
        let (name, number) = value
            .split_once('=')
            .ok_or_else(|| format!("expected NAME=NUMBER, found `{value}`"))?;
        let number: f64 = match number.parse() {
            Ok(found)
                if f64::is_infinite(found) && number.contains(|c: char| c.is_ascii_digit()) =>
            {
                return Err(format!(
                    "{name}: `{number}` is too large; write `inf` for infinity"
                ));
            }
            Ok(found) => found,
            Err(_) => return Err(format!("{name}: expected a number, found `{number}`")),
        };
        let place = formula.names().iter().position(|known| known == name);
        let place = place.ok_or_else(|| {
            let names = formula.names().join(", ");
            format!("the formula has no input `{name}`; its inputs are: {names}")
        })?;
        point[place] = Some(number);
    }
    let named = formula.names().iter().zip(point);
    let point =
        named.map(|(name, value)| value.ok_or_else(|| format!("the value of `{name}` is missing")));
    let point = point.collect::<std::result::Result<_, String>>()?;
    Ok(Some(Arguments {
        formula,
        point,
        output,
    }))
}

fn text(word: OsString) -> std::result::Result<String, String> {
    word.string().map_err(|error| error.to_string())
}

/// The value, the gradient and the Hessian, one line or row each.
fn numbers(formula: &Formula, point: &[f64]) -> Result<String> {
    let (value, gradient, hessian) = derive::hessian(|x| formula.eval(x), point)?;
    let names = formula.names();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = vec![format!("value    {value:?}"), String::from("gradient")];
    for (name, slope) in names.iter().zip(&gradient) {
        lines.push(format!("  {name:width$}  {slope:?}"));
    }
    lines.push(String::from("Hessian"));
    for (name, row) in names.iter().zip(hessian.chunks(names.len().max(1))) {
        let row: Vec<String> = row.iter().map(|&entry| rounded(entry)).collect();
        lines.push(format!("  {name:width$}{}", row.concat()));
    }
    Ok(lines.join("\n"))
}

/// A number in a column, with at least six digits.
fn rounded(number: f64) -> String {
    if number == 0.0 || (1e-3..1e6).contains(&number.abs()) {
        format!("  {number:>13.6}")
    } else {
        format!("  {number:>13.6e}")
    }
}

/// The picture or page of the recorded formula.
fn drawn(formula: &Formula, point: &[f64], output: Output) -> Result<String> {
    tape::scope(|| {
        let named = formula.names().iter().zip(point);
        let x: Vec<Var> = named
            .map(|(name, &value)| Var::new(value).named(name))
            .collect();
        let y = formula.eval(&x)?;
        let gradients = y.backward();
        let picture = y.picture().gradients(&gradients);
        Ok(match output {
            Output::Svg => picture.to_svg(),
            Output::Html => y.explain().html().title(formula.to_string()).to_string(),
            _ => picture.to_dot(),
        })
    })
}

/// The formula as a program, traced at this point.
fn program(formula: &Formula, point: &[f64]) -> Result<Program> {
    let named = |x: &[Var]| -> Vec<Var> {
        let named = x.iter().zip(formula.names());
        named.map(|(x, name)| x.named(name)).collect()
    };
    Program::trace_at(point, |x| formula.eval(&named(x)))
}

/// The formula and its partial derivatives in LaTeX.
fn latex(formula: &Formula, point: &[f64]) -> Result<String> {
    let slope = |name: &String| {
        format!(
            "\\partial f / \\partial \\text{{{}}}",
            name.replace('_', "\\_")
        )
    };
    let outputs: Vec<String> = formula.names().iter().map(slope).collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let names = [&["f"], &outputs[..]].concat();
    program(formula, point)?.to_latex_of(Transform::Gradient, &names)
}

fn run(arguments: &Arguments) -> Result<String> {
    let Arguments {
        formula,
        point,
        output,
    } = arguments;
    match output {
        Output::Numbers => numbers(formula, point),
        Output::Latex => latex(formula, point),
        Output::C => program(formula, point)?.to_c_of(Transform::Gradient, "f"),
        Output::Rust => program(formula, point)?.to_rust_of(Transform::Gradient, "f"),
        Output::Dot | Output::Svg | Output::Html => drawn(formula, point, *output),
    }
}

fn main() -> ExitCode {
    let arguments = match arguments(Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
