//! Lines of formulas: each line names a value, which later lines can use.

use chainrule::text::Formula;
use chainrule::{Result, Scalar};
use serde::Serialize;

/// What is wrong with a line, and where; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line.
    pub line: usize,
    /// The column, in letters.
    pub column: usize,
    /// The problem.
    pub problem: String,
}

/// One line: a formula that may have a name.
#[derive(Clone, Debug)]
struct Line {
    name: Option<String>,
    formula: Formula,
}

/// Lines of formulas that were read from a text.
///
/// A line is `name = formula`; semicolons separate lines as well, and what follows a `#` is a remark. A formula without
/// names, such as `x = -2`, makes an input with this value. Names that no line defines are inputs that begin at 1. The last
/// line is the output, and it needs no name.
///
/// ```
/// use chainrule_web::Sheet;
///
/// let sheet = Sheet::parse("x = -2; y = 5; z = -4\nq = x + y\nf = q * z")?;
/// assert_eq!(sheet.inputs(), [("x".to_owned(), -2.0), ("y".to_owned(), 5.0), ("z".to_owned(), -4.0)]);
/// let values = sheet.eval(&[-2.0, 5.0, -4.0], |_, value| value).unwrap();
/// assert_eq!(values, -12.0);
/// # Ok::<(), chainrule_web::Problem>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sheet {
    inputs: Vec<(String, f64)>,
    lines: Vec<Line>,
}

impl std::error::Error for Problem {}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            line,
            column,
            problem,
        } = self;
        write!(f, "line {line}, column {column}: {problem}")
    }
}

/// The value of an input that no line defines.
const BEGINS: f64 = 1.0;

impl Sheet {
    /// Reads lines of formulas.
    ///
    /// # Errors
    /// The first problem: of a formula, a name that cannot be one or is there twice, a name that is used before its line, or
    /// no formula at all.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut sheet = Self {
            inputs: Vec::new(),
            lines: Vec::new(),
        };
        for (row, line) in text.lines().enumerate() {
            let code = line.split('#').next().unwrap_or_default();
            let mut column = 1;
            for part in code.split(';') {
                if !part.trim().is_empty() {
                    sheet.read(part, (row + 1, column))?;
                }
                column += part.chars().count() + 1;
            }
        }
        if sheet.lines.is_empty() && sheet.inputs.is_empty() {
            return Err(Problem {
                line: 1,
                column: 1,
                problem: "there is no formula".to_owned(),
            });
        }
        Ok(sheet)
    }

    /// Reads one line, which begins at this line and column of the text.
    fn read(&mut self, part: &str, (line, column): (usize, usize)) -> Result<(), Problem> {
        let wrong = |letters: usize, problem: String| Problem {
            line,
            column: column + letters,
            problem,
        };
        let (name, before) = match defines(part) {
            Some(at) => {
                let name = part[..at].trim();
                let indent = part.chars().take_while(|letter| letter.is_whitespace());
                self.check_name(name)
                    .map_err(|problem| wrong(indent.count(), problem))?;
                (Some(name.to_owned()), at + 1)
            }
            None => (None, 0),
        };
        if let Some(last) = self.lines.last()
            && last.name.is_none()
        {
            let problem =
                "only the last line can be without a name; write `name = ` before the others";
            return Err(wrong(0, problem.to_owned()));
        }
        let letters = part[..before].chars().count();
        let formula = Formula::parse(&part[before..])
            .map_err(|error| wrong(letters + error.column() - 1, error.problem().to_owned()))?;
        if let (Some(name), true) = (&name, formula.names().is_empty()) {
            let value = formula.eval::<f64>(&[]);
            let value = value.map_err(|error| wrong(letters, error.to_string()))?;
            self.inputs.push((name.clone(), value));
            return Ok(());
        }
        for used in formula.names() {
            if name.as_ref() == Some(used) {
                let blank = part[before..]
                    .chars()
                    .take_while(|letter| letter.is_whitespace());
                let problem = format!("`{used}` is defined by itself");
                return Err(wrong(letters + blank.count(), problem));
            }
            if !self.knows(used) {
                self.inputs.push((used.clone(), BEGINS));
            }
        }
        self.lines.push(Line { name, formula });
        Ok(())
    }

    /// Whether a line or an input has this name.
    fn knows(&self, name: &str) -> bool {
        let defined = |line: &Line| line.name.as_deref() == Some(name);
        self.lines.iter().any(defined) || self.inputs.iter().any(|(input, _)| input == name)
    }

    fn check_name(&self, name: &str) -> std::result::Result<(), String> {
        if name.is_empty() {
            return Err("expected a name before `=`".to_owned());
        }
        if self.knows(name) {
            let used = self.lines.iter().any(|line| {
                let names = line.formula.names();
                names.iter().any(|used| used == name)
            });
            return Err(if used {
                format!("`{name}` is used above this line; define it before")
            } else {
                format!("`{name}` is defined twice")
            });
        }
        if Formula::parse_with(name, &[name]).is_err() {
            let advice =
                "a line is `name = formula`, and a name has letters, then also digits and _";
            return Err(format!("`{name}` is not a name: {advice}"));
        }
        match Formula::parse(name) {
            Ok(formula) if formula.names() == [name] => Ok(()),
            _ => Err(format!(
                "`{name}` has a meaning already; choose another name"
            )),
        }
    }

    /// The inputs with the values that they begin with, in the order of the text.
    pub fn inputs(&self) -> &[(String, f64)] {
        &self.inputs
    }

    /// The output at values of the inputs. `name` can change the value of each line, and gets its name or `None`.
    ///
    /// # Errors
    /// [`Length`](chainrule::ErrorKind::Length) if `inputs` has another length than [`inputs`](Self::inputs).
    pub fn eval<S: Scalar>(&self, inputs: &[S], name: impl Fn(Option<&str>, S) -> S) -> Result<S> {
        let mut known: Vec<(&str, S)> = Vec::with_capacity(inputs.len() + self.lines.len());
        let names = self.inputs.iter().map(|(name, _)| name.as_str());
        known.extend(names.zip(inputs.iter().copied()));
        let mut output = known.last().map(|&(_, value)| value);
        for Line { name: own, formula } in &self.lines {
            let operands = formula.names().iter().map(|used| {
                let found = known.iter().rev().find(|(name, _)| name == used);
                found.map(|&(_, value)| value)
            });
            // A missing operand makes the number of operands wrong, which is an error.
            let operands: Vec<S> = operands.flatten().collect();
            let value = name(own.as_deref(), formula.eval(&operands)?);
            known.extend(own.as_deref().map(|own| (own, value)));
            output = Some(value);
        }
        Ok(output.unwrap_or_else(|| S::from(f64::NAN)))
    }
}

/// The place of the `=` that ends a name. The signs `==`, `<=`, `>=` and `!=` compare.
fn defines(part: &str) -> Option<usize> {
    let bytes = part.as_bytes();
    let (at, _) = part.match_indices('=').next()?;
    let compares = bytes.get(at + 1) == Some(&b'=')
        || at
            .checked_sub(1)
            .is_some_and(|before| b"<>!".contains(&bytes[before]));
    (!compares).then_some(at)
}
