//! What is written on a picture: numbers, names, and the escapes they need.

/// The longest name drawn, in characters; of a longer one the beginning.
pub(super) const LONGEST: usize = 40;

/// A number with up to so many significant digits, as short as they allow: `0.2`, `−4`, `1.5e-9`, `NaN`, `−∞`.
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
    // The exponent is read after rounding, so that 9.9999 is 10 and not 10.000.
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

/// A decimal without the zeros that say nothing.
fn trimmed(decimal: &str) -> &str {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.')
    } else {
        decimal
    }
}

/// A name as it is shown: shortened where it is very long, control characters as their pictures.
pub(super) fn shown(name: &str) -> Vec<char> {
    let mut shown: Vec<char> = name.chars().take(LONGEST + 1).map(visible).collect();
    if shown.len() > LONGEST {
        shown.truncate(LONGEST - 1);
        shown.push('…');
    }
    shown
}

/// A name as it is shown, as text.
pub(crate) fn plain(name: &str) -> String {
    shown(name).into_iter().collect()
}

/// A name as it is shown, as the text of an HTML-like label of Graphviz.
pub(super) fn text(name: &str) -> String {
    let shown = shown(name);
    let mut escaped = String::with_capacity(shown.len());
    for (place, &letter) in shown.iter().enumerate() {
        match letter {
            '&' => {
                escaped.push_str("&amp;");
                // Graphviz writes what looks like an entity to SVG as that entity; a space without width prevents it.
                if begins_entity(&shown[place + 1..]) {
                    escaped.push('\u{200b}');
                }
            }
            // Graphviz looks for its own escapes in HTML-like labels also.
            '\\' => escaped.push_str("\\\\"),
            // Graphviz hands text to its reader of XML in pieces, of which one that ends so could end a section.
            ']' => escaped.push_str("&#93;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// The letter, or what stands for one that XML cannot hold, that breaks a line or turns it round.
fn visible(letter: char) -> char {
    match letter {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        // What is not to be seen, or turns the direction of what follows.
        '\u{80}'..='\u{9f}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fffe}'
        | '\u{ffff}' => '\u{fffd}',
        _ => letter,
    }
}

/// Whether an ampersand before these letters would make an entity of them.
fn begins_entity(letters: &[char]) -> bool {
    let name = letters
        .iter()
        .take_while(|letter| letter.is_ascii_alphanumeric() || **letter == '#')
        .count();
    name > 0 && letters.get(name) == Some(&';')
}
