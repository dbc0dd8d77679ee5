//! Reads formulas: operators wait on a stack until their operands are complete.

use std::fmt;
use std::iter::Peekable;
use std::ops::Range;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::functions;
use super::syntax_error::SyntaxError;
use super::tokens::{Token, is_name, tokens};
use crate::error::{Error, Result, check_length};
use crate::op::{Binary, BinaryOp, Law, Op, Scalar, Unary, rows};

/// A formula that was read from text. It computes with any kind of number.
///
/// ```
/// use chainrule::{Dual, Program, text::Formula};
///
/// let f = Formula::parse("x^2 * sin(y)")?;
/// assert_eq!(f.eval(&[3.0, 0.5])?, 9.0 * chainrule::Scalar::sin(0.5));
/// assert_eq!(f.eval(&[Dual::variable(3.0), 0.0.into()])?.value, 0.0);
/// let program = Program::trace(2, |x| f.eval(x))?;
/// assert_eq!(program.gradient(&[3.0, 0.0])?, (0.0, vec![0.0, 9.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Formula {
    source: String,
    names: Vec<String>,
    /// The operations, each after those that it needs.
    steps: Vec<(Op, Operands)>,
    result: Operand,
}

type Operands = SmallVec<[Operand; 2]>;

/// An operand of a step.
#[derive(Clone, Copy, Debug)]
enum Operand {
    /// The input with this index.
    Input(usize),
    /// The result of the step with this index.
    Step(usize),
    Constant(f64),
}

impl Formula {
    /// Reads a formula. Every name that is neither a function nor a constant is an input; the inputs are in the order in
    /// which they first appear.
    ///
    /// ```
    /// use chainrule::text::Formula;
    /// let f = Formula::parse("select(x < 0, -x, x) + 2*pi*radius")?;
    /// assert_eq!(f.names(), ["x", "radius"]);
    /// assert_eq!(f.eval(&[-3.0, 0.5])?, 3.0 + std::f64::consts::PI);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first problem, with its place.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        Reader::new(source, None).read()
    }

    /// Reads a formula of inputs with these names, in this order. Any other name is an error. An input hides a constant of
    /// the same name.
    ///
    /// ```
    /// use chainrule::text::Formula;
    /// let f = Formula::parse_with("b - e", &["e", "b"])?;
    /// assert_eq!(f.eval(&[1.0, 3.0])?, 2.0);
    /// let error = Formula::parse_with("2 * radios", &["radius", "height"]).unwrap_err();
    /// assert_eq!(error.problem(), "there is no input `radios`; did you mean `radius`?");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`parse`](Self::parse). Also if `names` has a name twice, or a text that cannot be a name.
    pub fn parse_with(source: &str, names: &[&str]) -> Result<Self, SyntaxError> {
        for (place, name) in names.iter().enumerate() {
            let problem = if !is_name(name) {
                "is not a name: expected letters, then also digits and _"
            } else if names[..place].contains(name) {
                "is there twice"
            } else {
                continue;
            };
            let problem = format!("in the list of inputs, `{name}` {problem}");
            return Err(SyntaxError::new(source, 0..0, problem));
        }
        Reader::new(source, Some(names)).read()
    }

    /// The names of the inputs.
    ///
    /// ```
    /// use chainrule::text::Formula;
    /// assert_eq!(Formula::parse("b * exp(a) + b")?.names(), ["b", "a"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The functions that formulas can use: the name of each and its operation.
    ///
    /// ```
    /// use chainrule::{op::Op, text::Formula};
    /// let (_, op) = Formula::functions().find(|(name, _)| name == "log_sum_exp").unwrap();
    /// assert_eq!(op, Op::named("LogSumExp").unwrap());
    /// ```
    pub fn functions() -> impl Iterator<Item = (String, Op)> {
        Op::all().map(|op| (functions::name(op), op))
    }

    /// The value at these inputs.
    ///
    /// ```
    /// use chainrule::text::Formula;
    /// let f = Formula::parse("-2^2 + 2^-1^2 + 7 % -4")?;
    /// assert_eq!(f.eval::<f64>(&[])?, -4.0 + 0.5 + 3.0);
    /// assert_eq!(f.eval(&[1.0]).unwrap_err().to_string(), "x: expected 0 values, found 1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `x.len()` is not the number of [`names`](Self::names).
    pub fn eval<S: Scalar>(&self, x: &[S]) -> Result<S> {
        check_length("x", self.names.len(), x.len())?;
        let mut values: Vec<S> = Vec::with_capacity(self.steps.len());
        let value = |values: &[S], operand: Operand| match operand {
            Operand::Input(place) => x[place],
            Operand::Step(place) => values[place],
            Operand::Constant(number) => S::from(number),
        };
        for (op, operands) in &self.steps {
            let operands = operands.iter().map(|&operand| value(&values, operand));
            let operands: SmallVec<[S; 4]> = operands.collect();
            let wrong = || Error::argument(op.row().name, "its operands do not fit");
            values.push(op.apply(&operands).ok_or_else(wrong)?);
        }
        Ok(value(&values, self.result))
    }
}

impl fmt::Display for Formula {
    /// The text that was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// An operator between two operands: its sign, its operation, how tightly it binds, and whether it binds from right to left.
struct Infix {
    sign: &'static str,
    op: BinaryOp,
    binds: u8,
    from_right: bool,
}

const COMPARES: u8 = 1;
const NEGATES: u8 = 4;

const fn infix(sign: &'static str, op: BinaryOp, binds: u8) -> Infix {
    Infix {
        sign,
        op,
        binds,
        from_right: binds > NEGATES,
    }
}

const INFIXES: &[Infix] = &[
    infix("<", rows::Less::OP, COMPARES),
    infix("<=", rows::LessEqual::OP, COMPARES),
    infix(">", rows::Greater::OP, COMPARES),
    infix(">=", rows::GreaterEqual::OP, COMPARES),
    infix("==", rows::Equal::OP, COMPARES),
    infix("!=", rows::NotEqual::OP, COMPARES),
    infix("+", rows::Add::OP, 2),
    infix("-", rows::Sub::OP, 2),
    infix("*", rows::Mul::OP, 3),
    infix("/", rows::Div::OP, 3),
    infix("%", rows::Rem::OP, 3),
    infix("^", rows::Pow::OP, 5),
];

/// The constants by name.
const CONSTANTS: &[(&str, f64)] = &[
    ("pi", std::f64::consts::PI),
    ("π", std::f64::consts::PI),
    ("e", std::f64::consts::E),
    ("inf", f64::INFINITY),
    ("nan", f64::NAN),
];

/// What waits for its operands or its closing parenthesis.
enum Waiting {
    Negation(Range<usize>),
    Infix(&'static Infix, Range<usize>),
    Open(Range<usize>),
    /// A function, and how many operands waited when it began.
    Call(Op, usize, Range<usize>),
}

struct Reader<'s> {
    source: &'s str,
    names: Vec<String>,
    places: FxHashMap<String, usize>,
    /// Whether every name must be among those given.
    closed: bool,
    steps: Vec<(Op, Operands)>,
    waiting: Vec<Waiting>,
    operands: Vec<Operand>,
}

type Read<T = ()> = Result<T, SyntaxError>;

impl<'s> Reader<'s> {
    fn new(source: &'s str, names: Option<&[&str]>) -> Self {
        let given = names.unwrap_or_default().iter();
        let names_of_all: Vec<String> = given.map(|&name| name.to_owned()).collect();
        let places = names_of_all.iter().cloned().zip(0..).collect();
        Self {
            source,
            names: names_of_all,
            places,
            closed: names.is_some(),
            steps: Vec::new(),
            waiting: Vec::new(),
            operands: Vec::new(),
        }
    }

    fn wrong<T>(&self, at: &Range<usize>, problem: impl fmt::Display) -> Read<T> {
        Err(SyntaxError::new(self.source, at.clone(), problem))
    }

    fn read(mut self) -> Read<Formula> {
        let all = tokens(self.source)?;
        let mut rest = all.iter().peekable();
        loop {
            self.operand(&mut rest)?;
            // Closing parentheses may follow one another.
            loop {
                let Some((token, at)) = rest.next() else {
                    return self.finish();
                };
                match token {
                    Token::Sign(")") => self.close(at)?,
                    Token::Sign(",") => {
                        self.comma(at)?;
                        break;
                    }
                    _ => {
                        self.infix(*token, at)?;
                        break;
                    }
                }
            }
        }
    }

    /// Reads a number, a name, or what comes before an operand.
    fn operand<'t>(
        &mut self,
        rest: &mut Peekable<impl Iterator<Item = &'t (Token<'s>, Range<usize>)>>,
    ) -> Read
    where
        's: 't,
    {
        loop {
            let Some((token, at)) = rest.next() else {
                let end = self.source.trim_end().len();
                return self.wrong(&(end..end), "the formula ends where a value is expected");
            };
            match *token {
                Token::Number(number) => {
                    self.operands.push(Operand::Constant(number));
                    return Ok(());
                }
                Token::Name(name) => {
                    if rest
                        .next_if(|(next, _)| *next == Token::Sign("("))
                        .is_none()
                    {
                        return self.input(name, at);
                    }
                    let Some(op) = functions::function(name) else {
                        let suggestion = functions::suggestion(name, functions::names());
                        return self
                            .wrong(at, format!("there is no function `{name}`{suggestion}"));
                    };
                    self.waiting
                        .push(Waiting::Call(op, self.operands.len(), at.clone()));
                }
                Token::Sign("(") => self.waiting.push(Waiting::Open(at.clone())),
                Token::Sign("-") => {
                    self.waiting.push(Waiting::Negation(at.clone()));
                }
                Token::Sign(sign) => {
                    let is_power = sign == "*" && self.source[..at.start].ends_with('*');
                    let advice = if is_power { "; the power is `^`" } else { "" };
                    return self.wrong(at, format!("expected a value, found `{sign}`{advice}"));
                }
            }
        }
    }

    /// A name that stands for a value.
    fn input(&mut self, name: &str, at: &Range<usize>) -> Read {
        if let Some(&place) = self.places.get(name) {
            self.operands.push(Operand::Input(place));
            return Ok(());
        }
        if let Some(&(_, number)) = CONSTANTS.iter().find(|(known, _)| *known == name) {
            self.operands.push(Operand::Constant(number));
            return Ok(());
        }
        if functions::function(name).is_some() {
            return self.wrong(
                at,
                format!("`{name}` is a function; write its operands in parentheses"),
            );
        }
        if self.closed {
            let constants = CONSTANTS.iter().map(|(name, _)| String::from(*name));
            let known = self.names.iter().cloned().chain(constants);
            let suggestion = functions::suggestion(name, known);
            return self.wrong(at, format!("there is no input `{name}`{suggestion}"));
        }
        self.operands.push(Operand::Input(self.names.len()));
        self.places.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        Ok(())
    }

    fn infix(&mut self, token: Token<'_>, at: &Range<usize>) -> Read {
        let sign = match token {
            Token::Sign(sign) => sign,
            Token::Name(_) | Token::Number(_) => "",
        };
        let Some(infix) = INFIXES.iter().find(|infix| infix.sign == sign) else {
            let found = &self.source[at.clone()];
            let is_value = matches!(token, Token::Name(_) | Token::Number(_) | Token::Sign("("));
            let advice = if is_value {
                "; write `*` to multiply"
            } else {
                ""
            };
            return self.wrong(at, format!("expected an operator, found `{found}`{advice}"));
        };
        loop {
            let binds = match self.waiting.last() {
                Some(Waiting::Negation(_)) => NEGATES,
                Some(Waiting::Infix(before, _)) => before.binds,
                _ => break,
            };
            if binds < infix.binds || binds == infix.binds && infix.from_right {
                break;
            }
            if binds == COMPARES {
                return self.wrong(at, "comparisons do not chain; write parentheses");
            }
            self.complete()?;
        }
        self.waiting.push(Waiting::Infix(infix, at.clone()));
        Ok(())
    }

    fn comma(&mut self, at: &Range<usize>) -> Read {
        self.complete_all()?;
        match self.waiting.last() {
            Some(Waiting::Call(..)) => Ok(()),
            _ => self.wrong(
                at,
                "a comma is only allowed between the operands of a function",
            ),
        }
    }

    fn close(&mut self, at: &Range<usize>) -> Read {
        self.complete_all()?;
        match self.waiting.pop() {
            Some(Waiting::Call(op, operands, at)) => self.apply(op, operands, &at),
            Some(_) => Ok(()),
            None => self.wrong(at, "there is no `(` for this `)`"),
        }
    }

    fn finish(mut self) -> Read<Formula> {
        self.complete_all()?;
        if let Some(Waiting::Open(at) | Waiting::Call(_, _, at)) = self.waiting.last() {
            // A call's own place is its name, which its parenthesis follows.
            let open = self.source[at.start..]
                .find('(')
                .map_or(at.start, |found| at.start + found);
            return self.wrong(&(open..open + 1), "this `(` is not closed");
        }
        let end = self.source.len()..self.source.len();
        let Some(result) = self.operands.pop() else {
            return self.wrong(&end, "the formula is empty");
        };
        Ok(Formula {
            source: self.source.to_owned(),
            names: self.names,
            steps: self.steps,
            result,
        })
    }

    /// Applies every operator since the last opening parenthesis.
    fn complete_all(&mut self) -> Read {
        while let Some(Waiting::Negation(_) | Waiting::Infix(..)) = self.waiting.last() {
            self.complete()?;
        }
        Ok(())
    }

    /// Applies the last operator to the last operands.
    fn complete(&mut self) -> Read {
        match self.waiting.pop() {
            Some(Waiting::Negation(at)) => {
                let op = Op::Unary(rows::Neg::OP);
                self.apply(op, self.operands.len() - 1, &at)
            }
            Some(Waiting::Infix(infix, at)) => {
                let op = Op::Binary(infix.op);
                self.apply(op, self.operands.len() - 2, &at)
            }
            _ => Ok(()),
        }
    }

    /// Applies an operation to the operands from this one on.
    fn apply(&mut self, op: Op, from: usize, at: &Range<usize>) -> Read {
        let operands: Operands = self.operands.drain(from..).collect();
        if !op.takes(operands.len()) {
            let expected = match op {
                Op::Unary(_) => "1 operand",
                Op::Binary(_) => "2 operands",
                Op::Ternary(_) => "3 operands",
                _ => "pairs of operands",
            };
            let (name, found) = (functions::name(op), operands.len());
            return self.wrong(at, format!("`{name}` expects {expected}, found {found}"));
        }
        let number = |operand: &Operand| match *operand {
            Operand::Constant(number) => Some(number),
            _ => None,
        };
        let whole = |operand| number(operand).is_some_and(|number| number.fract() == 0.0);
        if op.obeys(Law::IntegerRight) && !whole(&operands[1]) {
            let name = functions::name(op);
            return self.wrong(
                at,
                format!("the second operand of `{name}` must be a whole number"),
            );
        }
        let numbers: Option<SmallVec<[f64; 4]>> = operands.iter().map(number).collect();
        let constant = numbers.and_then(|numbers| op.apply(&numbers));
        let result = constant.map_or(Operand::Step(self.steps.len()), Operand::Constant);
        if let Operand::Step(_) = result {
            self.steps.push((op, operands));
        }
        self.operands.push(result);
        Ok(())
    }
}
