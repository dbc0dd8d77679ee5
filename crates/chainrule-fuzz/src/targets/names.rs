//! Names of any letters: pictures and pages stay well-formed.

use chainrule::strategies::Expression;
use chainrule::{Var, tape};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof};
use proptest::test_runner::TestRunner;

use super::check;

/// Names with what is special to XML, HTML, scripts, Graphviz and terminals.
fn name() -> impl Strategy<Value = String> {
    let pieces = [
        "<",
        ">",
        "&",
        "\"",
        "'",
        "]]>",
        "<!--",
        "-->",
        "</script>",
        "<script>",
        "</svg>",
        "\\N",
        "\\",
        "\n",
        "\r",
        "\0",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "\u{2028}",
        "\u{ffff}",
        "&amp;",
        "&#0;",
        "&#x1b;",
        "`${x}`",
        "é",
        "🦀",
    ];
    let piece = prop_oneof![
        prop::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Graphs with random names of values and groups.
pub(super) fn names(runner: &mut TestRunner) -> Result<(), String> {
    let strategy = (Expression::any(6, false), prop::collection::vec(name(), 4));
    check(runner, &strategy, |(e, names)| {
        let (graph, y) = tape::record(|| {
            let inputs = e.inputs().iter().zip(names.iter().cycle());
            let x: Vec<Var> = inputs
                .map(|(&x, name)| Var::new(x).named(&**name))
                .collect();
            tape::named(&*names[0], || {
                tape::named(&*names[1], || e.evaluate(&x)).named(&*names[2])
            })
        });
        let picture = graph.picture(&[y]);
        let svg = picture.to_svg();
        if let Err(error) = roxmltree::Document::parse(&svg) {
            prop_assert!(false, "{} in\n{}", error, svg);
        }
        let dot = picture.to_dot();
        for label in dot.split("label=<").skip(1) {
            // A label ends where as many brackets are closed as opened, and is XML.
            let mut depth = 1;
            let end = label.find(|letter| {
                depth += i32::from(letter == '<') - i32::from(letter == '>');
                depth == 0
            });
            let Some(end) = end else {
                return Err(proptest::test_runner::TestCaseError::fail(dot.clone()));
            };
            let label = format!("<X>{}</X>", &label[..end]).replace("&nbsp;", " ");
            if let Err(error) = roxmltree::Document::parse(&label) {
                prop_assert!(false, "{} in\n{}", error, label);
            }
        }
        let explanation = graph.explain(y);
        let page = explanation.html().title(&*names[3]).to_string();
        for (part, count) in [("<script", 2), ("</script", 2), ("<h1", 1), ("</title", 1)] {
            let found = page.to_lowercase().matches(part).count();
            prop_assert_eq!(found, count, "{}", part);
        }
        for text in [&svg, &dot, &page, &explanation.to_string()] {
            let hidden = ['\0', '\r', '\u{202e}', '\u{feff}', '\u{2028}', '\u{ffff}'];
            prop_assert!(!text.contains(hidden), "{:?}", text);
        }
        Ok(())
    })
}
