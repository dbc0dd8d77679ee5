//! Numbers and names as they are written on a picture.

use crate::letters::push_shown;

/// The longest name, in characters; of a longer one, the beginning is shown.
const LONGEST: usize = 40;

/// A number with at most this many significant digits, without trailing zeros: `0.2`, `−4`, `1.5e-9`, `NaN`, `−∞`.
pub(crate) fn number(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if value.is_sign_negative() { "−" } else { "" };
    let size = value.abs();
    if size.is_infinite() {
        return format!("{sign}∞");
    }
    if size == 0.0 {
        return format!("{sign}0");
    }
    // The exponent is read after rounding, so that 9.9999 becomes 10 and not 10.000.
    let digits = digits.clamp(1, 17);
    let scientific = format!("{size:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let point: isize = exponent.parse().unwrap_or(0);
    match (digits - 1).checked_add_signed(-point) {
        Some(after_point) if point >= -4 => {
            let decimal = format!("{size:.after_point$}");
            format!("{sign}{}", trimmed(&decimal))
        }
        _ => {
            let exponent = exponent.replace('-', "−");
            format!("{sign}{}e{exponent}", trimmed(mantissa))
        }
    }
}

/// A decimal without trailing zeros.
fn trimmed(decimal: &str) -> &str {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.')
    } else {
        decimal
    }
}

/// A name as it is shown: hidden letters are escaped, and a very long name is shortened.
pub(super) fn shown(name: &str) -> String {
    let (mut text, mut length, mut kept) = (String::new(), 0, 0);
    for letter in name.chars() {
        let before = text.len();
        push_shown(&mut text, letter);
        // An escape is one piece, which is shown or not.
        length += text[before..].chars().count();
        if length < LONGEST {
            kept = text.len();
        }
        if length > LONGEST {
            text.truncate(kept);
            text.push('…');
            break;
        }
    }
    text
}

/// A text in an HTML-like label of Graphviz.
pub(super) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            // Graphviz writes text that looks like an entity to SVG as that entity; a space without width prevents it.
            '&' if begins_entity(rest.as_str()) => escaped.push_str("&amp;\u{200b}"),
            // Graphviz looks for its own escapes in HTML-like labels also.
            '\\' => escaped.push_str("\\\\"),
            // Graphviz passes text to its XML parser in pieces; one that ends with this could end a section.
            ']' => escaped.push_str("&#93;"),
            _ => push_escaped(&mut escaped, letter),
        }
    }
    escaped
}

/// Appends a letter as it is written in XML and HTML.
pub(crate) fn push_escaped(text: &mut String, letter: char) {
    match letter {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '"' => text.push_str("&quot;"),
        _ => text.push(letter),
    }
}

/// Whether an ampersand before this text would make an entity of its beginning.
fn begins_entity(text: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '#';
    let after = text.trim_start_matches(is_name);
    after.len() < text.len() && after.starts_with(';')
}
