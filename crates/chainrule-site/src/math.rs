//! Sets formulas between dollar signs as `MathML`, which browsers draw without a script.

use anyhow::{Context, Result, bail};
use pulldown_cmark::Event;
use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};

use crate::markdown::{parts, replace};

/// Replaces every formula of a page by `MathML`.
///
/// # Errors
///
/// If a formula is not valid LaTeX.
pub(crate) fn typeset(page: &str) -> Result<String> {
    let mut replacements = Vec::new();
    for (event, range) in parts(page) {
        let replacement = match event {
            Event::InlineMath(formula) => mathml(&formula, DisplayMode::Inline)?,
            Event::DisplayMath(formula) => {
                let formula = mathml(&formula, DisplayMode::Block)?;
                format!("<span class=\"formula\">{formula}</span>")
            }
            _ => continue,
        };
        replacements.push((range, replacement));
    }
    Ok(replace(page, &replacements))
}

/// One formula as `MathML` that Markdown leaves as it is.
fn mathml(formula: &str, display_mode: DisplayMode) -> Result<String> {
    let storage = Storage::new();
    let mut events = Vec::new();
    for event in Parser::new(formula, &storage) {
        match event {
            Ok(event) => events.push(Ok(event)),
            Err(error) => bail!("the formula ${formula}$: {error}"),
        }
    }
    let config = RenderConfig {
        display_mode,
        ..RenderConfig::default()
    };
    let mut mathml = String::new();
    let events = events
        .into_iter()
        .map(|event: Result<_, std::convert::Infallible>| event);
    push_mathml(&mut mathml, events, config).with_context(|| format!("the formula ${formula}$"))?;
    Ok(protect(&mathml))
}

/// Writes characters between tags as references if they have a meaning in Markdown or in mdBook.
fn protect(mathml: &str) -> String {
    let mut protected = String::new();
    let mut in_tag = false;
    for letter in mathml.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => in_tag = false,
            '\n' => {
                protected.push(' ');
                continue;
            }
            '*' | '_' | '|' | '[' | ']' | '\\' | '`' | '~' | '!' | '{' | '}' | '$' if !in_tag => {
                protected += "&#";
                protected += &u32::from(letter).to_string();
                protected.push(';');
                continue;
            }
            _ => {}
        }
        protected.push(letter);
    }
    protected
}

#[cfg(test)]
mod tests {
    use super::typeset;

    #[test]
    fn a_formula_becomes_mathml_and_code_stays() {
        let page = typeset("At $w = 1$, not `$w$`.\n\n```sh\n$ echo $HOME$\n```\n").unwrap();
        assert!(page.starts_with("At <math"), "{page}");
        assert!(page.contains("<mi>w</mi>"), "{page}");
        assert!(
            page.ends_with("</math>, not `$w$`.\n\n```sh\n$ echo $HOME$\n```\n"),
            "{page}"
        );
    }

    #[test]
    fn a_displayed_formula_is_one_line_in_a_block() {
        let page = typeset("$$\n\\frac{a}{b}\n$$\n").unwrap();
        assert!(
            page.starts_with("<span class=\"formula\"><math display=\"block\""),
            "{page}"
        );
        assert!(page.contains("<mfrac>"), "{page}");
        assert_eq!(page.lines().count(), 1, "{page}");
    }

    #[test]
    fn markdown_does_not_change_a_formula() {
        let page = typeset("| $|a| * b_1$ |\n").unwrap();
        let cells: String = page
            .split('<')
            .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
            .collect();
        assert!(
            cells.contains("&#124;") && !cells.contains('*') && !cells.contains('_'),
            "{cells}"
        );
    }

    #[test]
    fn an_invalid_formula_is_an_error() {
        let error = typeset(r"At $\nosuchcommand{w}$.").unwrap_err().to_string();
        assert!(error.contains(r"$\nosuchcommand{w}$"), "{error}");
    }
}
