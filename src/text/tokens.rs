//! The tokens of a formula: numbers, names and signs.

use std::ops::Range;

use winnow::ascii::{digit0, digit1};
use winnow::combinator::{alt, opt};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{one_of, take_while};

use super::syntax_error::SyntaxError;

/// A token of a formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'s> {
    Number(f64),
    Name(&'s str),
    /// An operator, a parenthesis or a comma.
    Sign(&'s str),
}

type Input<'s> = LocatingSlice<&'s str>;

/// The tokens of a formula, each with its bytes.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token<'_>, Range<usize>)>, SyntaxError> {
    let mut input = LocatingSlice::new(source);
    let mut tokens = Vec::new();
    loop {
        space(&mut input);
        let start = input.current_token_start();
        let Some(letter) = source[start..].chars().next() else {
            return Ok(tokens);
        };
        let Ok((token, span)) = token.with_span().parse_next(&mut input) else {
            let span = start..start + letter.len_utf8();
            let advice = match (superscript(letter), letter) {
                (Some(power), _) => format!("; write `^{power}`"),
                (None, '|') => String::from("; write `abs(x)`"),
                (None, '=') => String::from("; write `==` to compare"),
                (None, '·' | '×') => String::from("; write `*`"),
                (None, '÷') => String::from("; write `/`"),
                (None, '−') => String::from("; write `-`"),
                _ => String::new(),
            };
            let problem = format!("`{letter}` has no meaning in a formula{advice}");
            return Err(SyntaxError::new(source, span, problem));
        };
        let problem = match token {
            Token::Number(f64::INFINITY) => "the number is too large; write `inf` for infinity",
            Token::Number(0.0) if !is_zero(&source[span.clone()]) => {
                "the number is too small: it would be rounded to 0"
            }
            _ => {
                tokens.push((token, span));
                continue;
            }
        };
        return Err(SyntaxError::new(source, span, problem));
    }
}

/// Whether all digits before the exponent are 0.
fn is_zero(number: &str) -> bool {
    let digits = number.split(['e', 'E']).next().unwrap_or_default();
    !digits.contains(|digit: char| ('1'..='9').contains(&digit))
}

/// The digit that a raised digit stands for.
fn superscript(letter: char) -> Option<usize> {
    "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|raised| raised == letter)
}

/// Whether a text is a name and nothing else.
pub(super) fn is_name(text: &str) -> bool {
    name.parse(LocatingSlice::new(text)).is_ok()
}

/// Skips space and line breaks.
fn space(input: &mut Input<'_>) {
    let skipped: winnow::Result<&str> = take_while(0.., char::is_whitespace).parse_next(input);
    debug_assert!(skipped.is_ok(), "no space is fine too");
}

fn token<'s>(input: &mut Input<'s>) -> winnow::Result<Token<'s>> {
    let number = number.parse_to().map(Token::Number);
    alt((number, name.map(Token::Name), sign.map(Token::Sign))).parse_next(input)
}

/// Decimal digits with an optional point and exponent.
fn number<'s>(input: &mut Input<'s>) -> winnow::Result<&'s str> {
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let whole = (digit1, opt(('.', digit0))).void();
    (alt((whole, ('.', digit1).void())), opt(exponent))
        .take()
        .parse_next(input)
}

/// A letter or an underscore, then letters, the digits 0 to 9 and underscores.
fn name<'s>(input: &mut Input<'s>) -> winnow::Result<&'s str> {
    let begins = |letter: char| letter.is_alphabetic() || letter == '_';
    let goes_on = |letter: char| begins(letter) || letter.is_ascii_digit();
    (one_of(begins), take_while(0.., goes_on))
        .take()
        .parse_next(input)
}

/// Longer signs come before those that they begin with.
fn sign<'s>(input: &mut Input<'s>) -> winnow::Result<&'s str> {
    let two = alt(("<=", ">=", "==", "!="));
    let one = one_of(['+', '-', '*', '/', '%', '^', '<', '>', '(', ')', ',']).take();
    alt((two, one)).parse_next(input)
}
