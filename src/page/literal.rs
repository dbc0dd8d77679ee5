//! Data as JavaScript or JSON, and text as HTML, so that no content can become code.

use std::fmt;

use crate::letters::shown;
use crate::picture::push_escaped;

/// A number with all its digits, in JavaScript.
pub(super) struct Number(pub(super) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = *self;
        if value.is_nan() {
            f.write_str("NaN")
        } else if value.is_infinite() {
            f.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" })
        } else {
            // The shortest digits that read back as the same number; whole numbers without a point.
            let text = format!("{value:?}");
            f.write_str(text.strip_suffix(".0").unwrap_or(&text))
        }
    }
}

/// A number in JSON, which has no infinite ones and no NaN: these are strings, which `Number` of JavaScript reads.
pub(super) struct Json(pub(super) f64);

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = Number(self.0);
        if self.0.is_finite() {
            number.fmt(f)
        } else {
            write!(f, "\"{number}\"")
        }
    }
}

/// A place, or −1 for none.
pub(super) struct Place(pub(super) Option<usize>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(place) => place.fmt(f),
            None => f.write_str("-1"),
        }
    }
}

/// Items as an array.
pub(super) struct List<I>(pub(super) I);

impl<I: Iterator<Item: fmt::Display> + Clone> fmt::Display for List<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, item) in self.0.clone().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{item}")?;
        }
        f.write_str("]")
    }
}

/// Text as a string that cannot end the script around it.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for letter in self.0.chars() {
            match letter {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                    write!(f, "\\u{:04x}", u32::from(letter))?;
                }
                _ => write!(f, "{letter}")?,
            }
        }
        f.write_str("\"")
    }
}

/// Text as HTML text. Letters that HTML would reject or read as something else are hidden ones, which are escaped.
pub(super) struct Html<'a>(pub(super) &'a str);

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for letter in shown(self.0).chars() {
            push_escaped(&mut text, letter);
        }
        f.write_str(&text)
    }
}
