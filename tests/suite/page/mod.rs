//! Tests pages: their contents, their JavaScript against the engine, and their behaviour in a real browser.
//!
//! A plain `cargo test` ignores the tests that need Node or Chromium. `.ci/run` runs them with
//! `cargo test --test suite page:: -- --include-ignored`.

pub(crate) mod agreement;
mod in_browser;
mod webdriver;

use chainrule::{Explanation, Var, tape};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

/// The lecture's sigmoid neuron, gate by gate.
fn neuron() -> Explanation {
    tape::scope(|| {
        let [w0, x0] = [Var::new(2.0).named("w0"), Var::new(-1.0).named("x0")];
        let [w1, x1] = [Var::new(-3.0).named("w1"), Var::new(-2.0).named("x1")];
        let w2 = Var::new(-3.0).named("w2");
        let score = w0 * x0 + w1 * x1 + w2;
        ((score * -1.0).exp() + 1.0).recip().named("f").explain()
    })
}

/// A network of two layers in groups.
fn network() -> Explanation {
    let neuron = |label: &str, weights: [f64; 2], inputs: &[Var; 2]| {
        tape::named(label, || {
            let terms = [0, 1].map(|i| Var::new(weights[i]).named(format!("w{i}")) * inputs[i]);
            (terms[0] + terms[1]).tanh()
        })
    };
    tape::scope(|| {
        let inputs = [Var::new(0.5).named("x1"), Var::new(-1.0).named("x2")];
        let hidden = tape::named("hidden", || {
            [
                neuron("neuron 1", [0.7, -0.3], &inputs),
                neuron("neuron 2", [0.4, 0.9], &inputs),
            ]
        });
        let output = tape::named("output", || neuron("neuron 3", [1.1, -0.8], &hidden));
        (output - 1.0).square().named("loss").explain()
    })
}

/// Many values, each made from two earlier ones.
fn tangle(nodes: usize) -> Explanation {
    tape::scope(|| {
        let mut values = vec![Var::new(0.7).named("x"), Var::new(1.3).named("y")];
        let mut seed = 1_u64;
        let mut draw = |count: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % count
        };
        while values.len() < nodes - 1 {
            let (a, b) = (values[draw(values.len())], values[draw(values.len())]);
            values.push(if values.len() % 2 == 0 {
                a - b
            } else {
                a.hypot(b)
            });
        }
        values.into_iter().sum::<Var>().explain()
    })
}

/// Names that would break out of their context.
const HOSTILE: [&str; 8] = [
    "</script><script>document.title = 'broken'</script>",
    "<!--<script>",
    "\"'`\\${x}\\",
    "a\nb\r\u{2028}\u{2029}\u{0}",
    "<img src=x onerror=document.title='broken'>",
    "\u{202e}gnp.exe",
    "{gate}{branches}",
    "🦀 a name that goes on and on, and on, and on, and on, and on, and on",
];

/// A graph with hostile names everywhere, and numbers that JSON cannot represent.
fn hostile() -> Explanation {
    let values = [f64::NAN, f64::INFINITY, -0.0, 1e-310, 1.0, -1e300, 0.5, 2.0];
    tape::scope(|| {
        let inputs: Vec<Var> = HOSTILE
            .iter()
            .zip(values)
            .map(|(name, value)| Var::new(value).named(*name))
            .collect();
        let y = HOSTILE.iter().fold(inputs[4], |y, name| {
            tape::named(*name, || (y * 2.0).named(*name) + inputs[5])
        });
        let total: Var = inputs.iter().copied().sum();
        (y + total * 0.0).named(HOSTILE[0]).explain()
    })
}

/// The text outside its two scripts, and the scripts.
fn outside_scripts(page: &str) -> (String, Vec<&str>) {
    let mut outside = String::new();
    let mut scripts = Vec::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("<script id=") {
        let (script, after) = after.split_once("</script>").expect("an end");
        outside.push_str(before);
        scripts.push(script);
        rest = after;
    }
    (outside + rest, scripts)
}

#[test]
fn a_page_is_self_contained() {
    for explanation in [neuron(), network(), hostile()] {
        let page = explanation.html().to_string();
        let (outside, scripts) = outside_scripts(&page);
        assert_eq!(scripts.len(), 2);
        assert!(!outside.contains("src=") && !outside.contains("url("));
        assert_eq!(outside.matches("href=").count(), 1, "the empty icon");
        let addresses: Vec<&str> = page
            .match_indices("://")
            .map(|(at, _)| &page[at - 5..at + 17])
            .collect();
        assert_eq!(
            addresses,
            ["\"http://www.w3.org/200"],
            "only the namespace of SVG"
        );
        for word in ["fetch(", "XMLHttpRequest", "import(", "eval(", "innerHTML"] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

#[test]
fn a_page_is_of_reasonable_size() {
    let size = |explanation: &Explanation| explanation.html().to_string().len();
    assert!(size(&neuron()) < 95_000);
    let large = tangle(5000);
    assert!(size(&large) < 1_300_000, "{} bytes", size(&large));
}

#[test]
fn a_constant_makes_a_page_that_says_so() {
    let page = Var::from(f64::NAN).explain().html().to_string();
    assert!(page.contains("\"constant\":\"NaN\","));
}

#[test]
fn a_page_does_not_touch_the_tape() {
    let y = Var::new(2.0).exp();
    let explanation = y.explain();
    let nodes = tape::stats().nodes;
    let first = explanation.html().to_string();
    assert_eq!(tape::stats().nodes, nodes);
    assert_eq!(first, explanation.html().to_string(), "the same every time");
}

proptest! {
    #[test]
    fn no_name_breaks_a_page(name in any::<String>().prop_map(|name| name + HOSTILE[0])) {
        let page = |name: &str| {
            let explanation = tape::scope(|| tape::named(name, || {
                (Var::new(2.0).named(name) * 3.0).named(name).explain()
            }));
            explanation.html().title(name).to_string()
        };
        let (named, plain) = (page(&name), page("x"));
        let tags = |text: &str| text.matches('<').count();
        let (outside, scripts) = outside_scripts(&named);
        let (plain_outside, plain_scripts) = outside_scripts(&plain);
        prop_assert_eq!(tags(&outside), tags(&plain_outside));
        prop_assert_eq!(scripts.len(), plain_scripts.len());
        for (script, plain) in scripts.iter().zip(plain_scripts) {
            prop_assert_eq!(script.lines().count(), plain.lines().count());
            prop_assert_eq!(tags(script), tags(plain));
        }
        let separators = scripts.concat().contains(['\u{2028}', '\u{2029}']);
        prop_assert!(!separators);
    }
}
