//! A function in C99: one statement per value or run of values, then the guards, then the outputs.

use std::fmt::Write as _;

use super::c_table::{FUNCTIONS, Form, PREFIX, form};
use super::code::{Code, in_comment, is_name};
use super::runs::{Line, Operands, Output, Piece, Runs, Step, index_text};
use crate::error::{Error, Result};
use crate::graph::{INDEX_LIMIT, Outcome, Test};
use crate::ir::Ir;
use crate::letters::shown;
use crate::op::Op;

/// The code as a function with this name; see [`Program::to_c`](crate::Program::to_c).
pub(crate) fn c(code: &Code<'_>, name: &str) -> Result<String> {
    check_name(name)?;
    let runs = Runs::new(code.ir)?;
    let mut body = String::new();
    // Writing to a string does not fail.
    if !runs.table.is_empty() {
        let numbers: Vec<String> = runs.table.iter().map(|&number| literal(number)).collect();
        let _ = writeln!(
            body,
            "    static const double table[] = {{\n        {}}};",
            numbers.join(",\n        ")
        );
    }
    if runs.results > 0 {
        let _ = writeln!(body, "    double w[{}];", runs.results);
    }
    for step in &runs.steps {
        push_step(&mut body, code.ir, step);
    }
    for (place, (guard, &[left, right])) in code.guards.iter().zip(code.ir.guards()).enumerate() {
        let (test, outcome) = guard.asks();
        let [left, right] = [left, right].map(|side| runs.line(side).to_string());
        let changed = changed(test, outcome, &left, &right);
        let at = in_comment(&guard.at().to_string());
        let _ = writeln!(body, "    if ({changed}) return {}; /* {at} */", place + 1);
    }
    for Output {
        first,
        count,
        value,
    } in runs.outputs(code.ir)
    {
        let _ = match count {
            1 => writeln!(body, "    y[{first}] = {value};"),
            _ => writeln!(
                body,
                "    for (int i = 0; i < {count}; i++) y[{}] = {value};",
                index_text(first as u32, 1, 0)
            ),
        };
    }
    for (parameter, used) in [("x", "x["), ("y", "y[")] {
        if !body.contains(used) {
            let _ = writeln!(body, "    (void){parameter};");
        }
    }
    let functions = functions(&body);
    let text = format!(
        "{}#include <math.h>\n#include <string.h>\n\n#ifdef __clang__\n#pragma STDC FP_CONTRACT OFF\n#endif\n\n{functions}\
         int {name}(const double *x, double *y)\n{{\n{body}    return 0;\n}}\n",
        heading(code)
    );
    Ok(text.replace(PREFIX, &format!("{name}_")))
}

/// What a caller must know, as a comment.
fn heading(code: &Code<'_>) -> String {
    let mut text = format!(
        "/* x: {} inputs, y: {} outputs. Returns 0, or the number of the comparison that has another outcome than when the\n\
         \x20  function was traced; then y is unchanged. Compile as C99, with -ffp-contract=off, and link with -lm. */\n",
        code.ir.inputs().len(),
        code.ir.outputs().len()
    );
    for (place, name) in code.names.iter().enumerate() {
        if let Some(name) = name {
            let _ = writeln!(text, "/* x[{place}]: {} */", in_comment(name));
        }
    }
    text
}

/// Appends the statements of a step.
fn push_step(body: &mut String, ir: &Ir, step: &Step) {
    let _ = match step {
        Step::Constant(id) => {
            let number = ir.constant(*id).unwrap_or(f64::NAN);
            writeln!(body, "    const double v{id} = {};", literal(number))
        }
        Step::Single(id, op, operands) => {
            let value = value(*op, operands);
            match gathered(operands) {
                Some(gathered) => writeln!(
                    body,
                    "    double v{id};\n    {{\n{gathered}        v{id} = {value};\n    }}"
                ),
                None => writeln!(body, "    const double v{id} = {value};"),
            }
        }
        Step::Run(first, count, op, operands) => {
            let head = format!("    for (int i = 0; i < {count}; i++)");
            let (result, value) = (index_text(*first, 1, 0), value(*op, operands));
            match gathered(operands) {
                Some(gathered) => writeln!(
                    body,
                    "{head} {{\n{gathered}        w[{result}] = {value};\n    }}"
                ),
                None => writeln!(body, "{head} w[{result}] = {value};"),
            }
        }
    };
}

/// The statements that gather operands in the array `t`, if they are needed.
fn gathered(operands: &Operands) -> Option<String> {
    operands.gathered(
        |count| format!("double t[{count}];"),
        |turns| format!("for (int k = 0; k < {turns}; k++)"),
    )
}

fn check_name(name: &str) -> Result<()> {
    let problem = if !is_name(name) {
        "expected letters of ASCII, digits and _"
    } else if KEYWORDS.contains(&name) || is_of_the_library(name) {
        "the name is taken or reserved in C"
    } else {
        return Ok(());
    };
    Err(Error::argument(
        "name",
        format!("{problem}, found `{}`", shown(name)),
    ))
}

/// Whether a name may be declared in `math.h` or `string.h`, or begins as C reserves it.
fn is_of_the_library(name: &str) -> bool {
    let begins = [
        "mem",
        "str",
        "is",
        "fpclassify",
        "FP_",
        "HUGE_VAL",
        "MATH_",
        "M_",
        "NAN",
        "NULL",
        "INFINITY",
    ];
    let stem = name.strip_suffix(['f', 'l']).unwrap_or(name);
    begins.iter().any(|start| name.starts_with(start))
        || MATH.contains(&name)
        || MATH.contains(&stem)
}

/// The functions and types of `math.h`; some have variants with `f` and `l` at the end.
const MATH: &[&str] = &[
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "copysign",
    "cos",
    "cosh",
    "double_t",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "fdim",
    "float_t",
    "floor",
    "fma",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "gamma",
    "hypot",
    "ilogb",
    "j0",
    "j1",
    "jn",
    "ldexp",
    "lgamma",
    "llrint",
    "llround",
    "log",
    "log10",
    "log1p",
    "log2",
    "logb",
    "lrint",
    "lround",
    "math_errhandling",
    "modf",
    "nan",
    "nearbyint",
    "nextafter",
    "nexttoward",
    "pow",
    "remainder",
    "remquo",
    "rint",
    "round",
    "scalbln",
    "scalbn",
    "signbit",
    "signgam",
    "sin",
    "sinh",
    "size_t",
    "sqrt",
    "tan",
    "tanh",
    "tgamma",
    "trunc",
    "y0",
    "y1",
    "yn",
];

/// The keywords of C99, and `main`, which must have another type.
const KEYWORDS: &[&str] = &[
    "auto",
    "break",
    "case",
    "char",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "main",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "typedef",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
    "_Bool",
    "_Complex",
    "_Imaginary",
];

/// The value of an operation as an expression.
fn value(op: Op, operands: &Operands) -> String {
    match (form(op), operands) {
        (Form::Expression(template), Operands::Each(lines)) => {
            let letters = ["$a", "$b", "$c"];
            let operands = letters.iter().zip(lines);
            operands.fold(template.to_owned(), |text, (letter, line)| {
                text.replace(letter, &line.to_string())
            })
        }
        (Form::Expression(template), _) => template.to_owned(),
        (Form::Fold(function), Operands::Each(lines)) => {
            let list: Vec<String> = lines.iter().map(Line::to_string).collect();
            // C has no empty arrays.
            let list = if list.is_empty() {
                "0.0".to_owned()
            } else {
                list.join(", ")
            };
            format!("{function}({}, (const double[]){{{list}}})", lines.len())
        }
        (Form::Fold(function), Operands::Slice(first, count)) => {
            format!("{function}({count}, &{first})")
        }
        (Form::Fold(function), Operands::Pieces(pieces)) => {
            let count: usize = pieces.iter().map(Piece::len).sum();
            format!("{function}({count}, t)")
        }
    }
}

/// A number with all its bits.
fn literal(number: f64) -> String {
    if number.is_nan() {
        return "NAN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}INFINITY");
    }
    let bits = number.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    let (first, power) = match (exponent, fraction) {
        (0, 0) => (0, 0),
        (0, _) => (0, -1022),
        _ => (1, exponent - 1023),
    };
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    format!("{sign}0x{first}{point}{digits}p{power} /* {number:?} */")
}

/// The condition that a comparison has another outcome.
fn changed(test: Test, outcome: Outcome, a: &str, b: &str) -> String {
    let holds = match test {
        Test::Less => format!("{a} < {b}"),
        Test::LessEqual => format!("{a} <= {b}"),
        Test::Greater => format!("{a} > {b}"),
        Test::GreaterEqual => format!("{a} >= {b}"),
        Test::Equal => format!("{a} == {b}"),
        Test::Floor => {
            format!("({a} >= 0.0 ? floor(fmin({a}, {INDEX_LIMIT:?})) == {b} : isnan({b}))")
        }
        Test::Read => format!("{PREFIX}same({a}, {b})"),
        Test::Order => {
            let holds = match outcome {
                -1 => format!("{a} < {b}"),
                0 => format!("{a} == {b}"),
                1 => format!("{a} > {b}"),
                _ => format!("isunordered({a}, {b})"),
            };
            return format!("!({holds})");
        }
    };
    if outcome == 0 {
        holds
    } else {
        format!("!({holds})")
    }
}

/// The functions that the body calls, and those that they call, in their order.
fn functions(body: &str) -> String {
    let mut needed = Vec::new();
    let mut text = body.to_owned();
    for function in FUNCTIONS
        .split("\n\n")
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        let called = |name: &str| text.contains(&format!("{name}("));
        if name_of(function).is_some_and(called) {
            text.push_str(function);
            needed.push(function.trim_end());
        }
    }
    needed.reverse();
    let mut functions = needed.join("\n\n");
    if !functions.is_empty() {
        functions.push_str("\n\n");
    }
    functions
}

/// The name of a function of the list.
fn name_of(function: &str) -> Option<&str> {
    let declaration = function.lines().find(|line| line.starts_with("static"))?;
    let (start, _) = declaration.split_once('(')?;
    start.split(' ').next_back()
}
