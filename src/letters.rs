//! Letters that a reader cannot see, made visible.

use std::fmt::Write;

/// A text in which hidden letters are escaped as in Rust's strings: `\n`, `\u{202e}`.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        push_shown(&mut shown, letter);
    }
    shown
}

/// Appends a letter, escaped if it is hidden.
pub(crate) fn push_shown(text: &mut String, letter: char) {
    if is_hidden(letter) {
        // Writing to a string does not fail.
        let _ = write!(text, "{}", letter.escape_default());
    } else {
        text.push(letter);
    }
}

/// Whether a letter breaks the line, changes the direction of the text, has no shape of its own, or cannot be in XML.
///
/// These are Unicode's categories Cc, Cf, Zl and Zp, which contain all letters for directions, the invisible letters of other
/// categories, and the two numbers that XML excludes. Variation selectors are kept: they choose the shape of the letter
/// before them.
fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        // Cc.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Cf.
        | '\u{ad}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        // Zl and Zp.
        | '\u{2028}'..='\u{2029}'
        // Invisible letters and marks.
        | '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}'
        // Tags, which are Cf, and numbers that Unicode reserves for invisible letters.
        | '\u{e0000}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}'
        // Not in XML.
        | '\u{fffe}'..='\u{ffff}'
    )
}

#[cfg(test)]
mod tests {
    use super::{is_hidden, shown};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use regex_syntax::hir::{Class, HirKind};

    /// All letters of a class of regular expressions, by Unicode's own tables.
    fn class(pattern: &str) -> Vec<char> {
        let parsed = regex_syntax::parse(pattern).unwrap();
        let HirKind::Class(Class::Unicode(class)) = parsed.kind() else {
            panic!("{pattern} is no class");
        };
        let ranges = class.ranges().iter();
        ranges.flat_map(|r| r.start()..=r.end()).collect()
    }

    #[test]
    fn the_hidden_letters_are_those_of_unicode() {
        let hidden = class(
            r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\x{FFFE}\x{FFFF}&&\P{Variation_Selector}]",
        );
        assert!(hidden.len() > 200, "{}", hidden.len());
        for letter in '\0'..=char::MAX {
            assert_eq!(
                is_hidden(letter),
                hidden.binary_search(&letter).is_ok(),
                "{}",
                letter.escape_unicode()
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_shown_and_nothing_else_changes(text in any::<String>()) {
            let once = shown(&text);
            prop_assert!(!once.chars().any(is_hidden));
            prop_assert_eq!(shown(&once), once.clone());
            let plain: String = text.chars().filter(|&letter| !is_hidden(letter)).collect();
            if plain == text {
                prop_assert_eq!(once, text);
            }
        }
    }

    #[test]
    fn escapes_are_those_of_rust() {
        assert_eq!(shown("a\u{202e}b\n\u{0}"), r"a\u{202e}b\n\u{0}");
        assert_eq!(shown("é 名 🦀 \\ ❤\u{fe0f}"), "é 名 🦀 \\ ❤\u{fe0f}");
    }
}
