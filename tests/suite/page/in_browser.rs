//! Tests pages in a real browser, from a file: they show what the engine computed, and anyone can use them.

use std::collections::{BTreeMap, BTreeSet};

use chainrule::nn::{Activation, Mlp};
use chainrule::{Explanation, Gradients, NodeKey, Pattern, Step, Var, tape};
use serde_json::Value;

use super::webdriver::{Browser, key};
use super::{HOSTILE, agreement, hostile, network, neuron, tangle};
use crate::compare::same;

/// Every number in the picture, by node: value and gradient, empty if not shown.
const SHOWN: &str = "return [...document.querySelectorAll('.cell')].map((cell) =>
  [Number(cell.dataset.node), ...['.value:not(.small)', '.gradient'].map((part) => cell.querySelector(part).textContent)]);";

fn number(text: &str) -> Option<f64> {
    let plain = text.replace('−', "-").replace('∞', "inf");
    (!plain.is_empty()).then(|| plain.parse().unwrap())
}

/// Values and gradients of the picture, in the order of recording.
fn shown(browser: &Browser) -> Vec<(f64, Option<f64>)> {
    let mut rows: Vec<(u64, f64, Option<f64>)> = browser
        .run(SHOWN)
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |place: usize| number(row[place].as_str().unwrap());
            (row[0].as_u64().unwrap(), text(1).unwrap(), text(2))
        })
        .collect();
    rows.sort_by_key(|row| row.0);
    rows.into_iter()
        .map(|(_, value, gradient)| (value, gradient))
        .collect()
}

fn quiet(browser: &Browser) {
    assert_eq!(browser.console(), Vec::<String>::new());
    let loaded = browser.run("return performance.getEntriesByType('resource').length");
    assert_eq!(loaded, 0, "nothing is loaded");
}

/// The keys and values of the nodes in these steps, in the order of recording.
fn nodes(steps: &[Step]) -> BTreeMap<NodeKey, f64> {
    let operands = steps.iter().flat_map(|step| &step.branches);
    operands
        .filter_map(|branch| Some((branch.key?, branch.value)))
        .chain(steps.iter().map(|step| (step.key, step.value)))
        .collect()
}

/// The nodes whose gradients are known after the first steps.
fn known(steps: &[Step], first: usize) -> BTreeSet<NodeKey> {
    let mut uses: BTreeMap<NodeKey, usize> = BTreeMap::new();
    for key in steps
        .iter()
        .flat_map(|step| &step.branches)
        .filter_map(|branch| branch.key)
    {
        *uses.entry(key).or_default() += 1;
    }
    let mut known = BTreeSet::new();
    for step in &steps[..first] {
        if matches!(step.pattern, Pattern::Start | Pattern::Copies) {
            known.insert(step.key);
        }
        let operands = step.branches.iter().filter_map(|branch| branch.key);
        known.extend(operands.filter(|key| uses[key] == 1));
    }
    known
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn every_step_shows_what_the_engine_computed() {
    let browser = Browser::start();
    for explanation in [neuron(), network(), hostile()] {
        // Seventeen digits read back as the same number.
        browser.open(&explanation.html().precision(17).to_string());
        let steps = explanation.steps();
        let nodes = nodes(steps);
        for place in 0..=steps.len() {
            assert_eq!(
                browser.read("count"),
                format!("Step {place} of {}", steps.len())
            );
            let pattern = place
                .checked_sub(1)
                .map_or("", |last| steps[last].pattern.name());
            assert_eq!(browser.read("pattern"), pattern);
            let known = known(steps, place);
            let shown = shown(&browser);
            assert_eq!(shown.len(), nodes.len());
            for ((key, &value), (shown, gradient)) in nodes.iter().zip(shown) {
                assert!(same(shown, value), "{shown}, not {value}");
                let wanted = known
                    .contains(key)
                    .then(|| explanation.gradients().by_key(*key).unwrap());
                let agree = gradient.is_some() == wanted.is_some()
                    && same(gradient.unwrap_or(0.0), wanted.unwrap_or(0.0));
                assert!(agree, "{gradient:?}, not {wanted:?} after {place} steps");
            }
            if place < steps.len() {
                browser.click("#next");
            }
        }
        assert_eq!(
            known(steps, steps.len()).len(),
            nodes.len(),
            "every gradient is known in the end"
        );
        quiet(&browser);
    }
}

/// Numbers halfway between two numbers of four digits.
fn halves() -> Explanation {
    let halves = [
        0.156_25,
        0.218_75,
        0.281_25,
        12_345.0,
        12_355.0,
        0.000_010_25,
    ];
    tape::scope(|| {
        let terms = halves.map(|half| Var::new(1.0) * half);
        (terms.into_iter().sum::<Var>() * 0.062_505).explain()
    })
}

/// Gates that route: open, closed and tied ones.
fn routers() -> Explanation {
    tape::scope(|| {
        let [a, b, tied] = [-1.5, 2.0, 2.0].map(Var::new);
        let gates = [
            a.relu(),
            b.relu(),
            (b - tied).relu(),
            a.max(b),
            b.max(tied),
            a.max(Var::from(1.0)),
            b.clamp(-1.0, 1.0),
        ];
        gates.into_iter().sum::<Var>().explain()
    })
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn a_gate_opens_and_closes_with_its_input() {
    let browser = Browser::start();
    let explanation = tape::scope(|| (Var::new(-1.0).named("x").relu() * 3.0).explain());
    browser.open(&explanation.html().to_string());
    browser.press(&[key::END]);
    let word = || {
        (
            browser.read("pattern"),
            browser.text("return document.querySelector('.pattern').textContent"),
        )
    };
    let both = |word: &str| (word.to_owned(), word.to_owned());
    assert_eq!(word(), both("closed"));
    browser.run("const field = document.getElementById('field-0'); field.focus(); field.select();");
    browser.press(&["2"]);
    assert_eq!(word(), both("routes"));
    assert_eq!(
        browser.read("sentence"),
        "ReLU routes the upstream gradient 3 to the operand whose value it took: x gets 3 × 1 = 3."
    );
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn every_sentence_comes_from_the_engine() {
    let browser = Browser::start();
    for explanation in [
        neuron(),
        network(),
        hostile(),
        halves(),
        tangle(60),
        routers(),
    ] {
        browser.open(&explanation.html().to_string());
        for step in explanation.steps() {
            browser.press(&[key::RIGHT]);
            assert_eq!(browser.read("sentence"), step.sentence());
        }
    }
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn the_keyboard_does_everything() {
    let browser = Browser::start();
    let explanation = network();
    browser.open(&explanation.html().to_string());
    let steps = explanation.steps().len();
    let at = |step: usize| assert_eq!(browser.read("count"), format!("Step {step} of {steps}"));
    browser.press(&[key::RIGHT, key::RIGHT, key::RIGHT, key::LEFT]);
    at(2);
    browser.press(&[key::END, key::RIGHT]);
    at(steps);
    browser.press(&[key::HOME, key::LEFT]);
    assert!(browser.read("count").starts_with("Forward 0 of "));
    browser.press(&[key::END]);
    for _ in 0..steps {
        browser.press(&[key::LEFT]);
    }
    at(0);
    // Tab reaches every control; each has a name and shows when it has the focus.
    let controls = browser.run(
        "return [...document.querySelectorAll('button, input, [tabindex]')].filter((control) => control.getClientRects().length).length",
    );
    let mut reached = 0;
    loop {
        browser.press(&[key::TAB]);
        let focus = browser.run(
            "const control = document.activeElement;
             if (control === document.body) return null;
             const label = control.labels && control.labels[0] ? control.labels[0].textContent : '';
             const mark = getComputedStyle(control.querySelector('rect') ?? control);
             return [(control.getAttribute('aria-label') ?? '') + label + control.textContent.trim(), getComputedStyle(control).outlineStyle + mark.strokeWidth];",
        );
        if focus.is_null() {
            break;
        }
        assert!(
            !focus[0].as_str().unwrap().is_empty(),
            "a control without a name"
        );
        let mark = focus[1].as_str().unwrap();
        assert!(
            mark.starts_with("solid") || mark.ends_with("3px"),
            "{focus}"
        );
        reached += 1;
        assert!(reached < 200, "the focus is trapped");
    }
    assert_eq!(controls, reached);
    // A button keeps the focus when it has nothing left to do.
    browser.run("document.getElementById('next').focus()");
    for step in 1..=steps {
        browser.press(&[key::ENTER]);
        at(step);
    }
    browser.press(&[key::ENTER]);
    at(steps);
    assert_eq!(browser.text("return document.activeElement.id"), "next");
    // Within the picture, arrows are for scrolling.
    browser.run("document.getElementById('picture').focus()");
    browser.press(&[key::LEFT, key::HOME, key::LEFT]);
    at(steps);
    // Enter and Space fold groups, which keep the focus.
    let cells = || browser.run("return document.querySelectorAll('.cell').length");
    let all = cells();
    browser.run("document.querySelector('.head').focus()");
    browser.press(&[key::ENTER]);
    assert!(cells().as_u64() < all.as_u64());
    assert_eq!(
        browser.text("return document.activeElement.getAttribute('aria-expanded')"),
        "false"
    );
    browser.press(&[" "]);
    assert_eq!(cells(), all);
    assert_eq!(
        browser.text("return document.getElementById('sentence').getAttribute('aria-live')"),
        "polite"
    );
    quiet(&browser);
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn the_forward_pass_is_stepped_gate_by_gate() {
    let browser = Browser::start();
    let explanation = tape::scope(|| {
        let [x, y, z] =
            [("x", -2.0), ("y", 5.0), ("z", -4.0)].map(|(name, value)| Var::new(value).named(name));
        let q = (x + y).named("q");
        (q.square() * z + Var::dot_product(&[x, y], &[y, z]).unwrap())
            .named("f")
            .explain()
    });
    browser.open(&explanation.html().to_string());
    browser.press(&[key::HOME]);
    let values = || {
        browser.run("return [...document.querySelectorAll('.cell .value:not(.small)')].filter((text) => text.textContent).length")
    };
    assert_eq!(values(), 3, "only the inputs");
    let told = [
        "+ computes q = −2 + 5 = 3.",
        "x² computes q² = 3² = 9.",
        "× computes q²·z = 9·(−4) = −36.",
        "w·x computes the result of w·x = −30 from −2, 5, 5, −4.",
        "+ computes f = −36 + (−30) = −66.",
    ];
    for (place, told) in (1..).zip(told) {
        browser.press(&[key::RIGHT]);
        assert_eq!(browser.read("count"), format!("Forward {place} of 5"));
        assert_eq!(browser.read("sentence"), told);
        assert_eq!(values(), 3 + place);
        assert_eq!(
            browser.run("return document.querySelectorAll('.now').length"),
            1
        );
        let gradients = "return [...document.querySelectorAll('.gradient')].some((text) => text.textContent !== '' && text.closest('svg'))";
        assert_eq!(browser.run(gradients), false);
    }
    browser.press(&[key::RIGHT]);
    assert!(browser.read("count").starts_with("Step 0 of "));
    quiet(&browser);
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn the_rules_are_those_of_the_engine() {
    let browser = Browser::start();
    // An operand used twice, a negative constant, a long name.
    let mixed = tape::scope(|| {
        let [x, long] = [("x", 3.0), ("layer 1 neuron 1 w1", 0.5)]
            .map(|(name, value)| Var::new(value).named(name));
        (x * x + (x.recip() * -2.0).named("q") + long * x).explain()
    });
    for explanation in [
        neuron(),
        network(),
        hostile(),
        halves(),
        tangle(60),
        routers(),
        mixed,
    ] {
        browser.open(&explanation.html().to_string());
        for step in explanation.steps() {
            browser.press(&[key::RIGHT]);
            if matches!(step.pattern, Pattern::Start | Pattern::Copies) {
                continue;
            }
            let shown = browser.run(
                "return [...document.querySelectorAll('.rule')].map((row) => row.textContent)",
            );
            assert_eq!(shown, Value::from(step.rules()));
        }
    }
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn a_network_is_shown_by_layers_with_its_parameters_inside() {
    let browser = Browser::start();
    browser.show(1280, 900, false);
    let explanation = tape::scope(|| {
        let parameters: Vec<f64> = (0..37_u32).map(|i| f64::from(i).sin()).collect();
        let mlp = Mlp::builder(2)
            .layer(4, Activation::Relu)
            .layer(4, Activation::Tanh)
            .layer(1, Activation::Linear)
            .build_from(&parameters)
            .unwrap();
        let x = [Var::new(0.5).named("x1"), Var::new(-1.0).named("x2")];
        let score = mlp.record_named().forward_named(&x).unwrap()[0].named("score");
        (score - 1.0).square().named("loss").explain()
    });
    browser.open(&explanation.html().to_string());
    let count = |what: &str| {
        browser.run(&format!(
            "return document.querySelectorAll('{what}').length"
        ))
    };
    assert_eq!(count("#picture .box"), 3, "three layers, folded");
    assert_eq!(count("#picture .name.end"), 2, "the inputs of the network");
    browser.click("#unfold");
    let names = browser.run(
        "return [...new Set([...document.querySelectorAll('#picture .name.end')].map((text) => text.textContent))].sort().join(' ')",
    );
    assert_eq!(names, "b w1 w2 w3 w4 x1 x2");
    assert_eq!(count("#picture [textLength]"), 0, "no text is squeezed");
    // The part at work is in the frame, in its middle unless the picture ends there.
    for _ in explanation.steps() {
        browser.press(&[key::RIGHT]);
        let inside = browser.run(
            "const part = document.querySelector('.now').getBoundingClientRect(), frame = document.getElementById('picture').getBoundingClientRect();
             return part.left >= frame.left - 1 && part.right <= frame.right + 1 && part.top >= frame.top - 1 && part.bottom <= frame.bottom + 1;",
        );
        assert_eq!(inside, true, "{}", browser.read("sentence"));
    }
    assert_eq!(
        count("#map:not([hidden]) .here"),
        1,
        "the map shows where it is"
    );
    let widths = browser.run(
        "return new Set([...document.querySelectorAll('#picture .wire')].map((wire) => wire.style.strokeWidth)).size",
    );
    assert!(
        widths.as_u64() > Some(10),
        "wires are as wide as their gradients: {widths}"
    );
    let numbered = browser.run("return /node \\d/.test(document.body.innerText)");
    assert_eq!(numbered, false);
    quiet(&browser);
}

/// The neuron at different inputs: values and gradients of its nodes, in the order of recording.
fn neuron_at(inputs: &[f64]) -> Vec<(f64, f64)> {
    let (graph, y) = tape::record(|| {
        let x: Vec<Var> = inputs.iter().map(|&x| Var::new(x)).collect();
        let score = x[0] * x[1] + x[2] * x[3] + x[4];
        ((score * -1.0).exp() + 1.0).recip()
    });
    let grads: Gradients = graph.backward(&[(y, 1.0)]);
    graph
        .iter()
        .map(|(key, node)| (node.value(), grads.by_key(key).unwrap()))
        .collect()
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn moving_an_input_agrees_with_the_engine() {
    let browser = Browser::start();
    browser.open(&neuron().html().precision(17).to_string());
    browser.press(&[key::END]);
    let agree = || {
        let numbers = shown(&browser);
        let inputs: Vec<f64> = numbers[..5].iter().map(|&(value, _)| value).collect();
        for ((value, gradient), (v, g)) in numbers.into_iter().zip(neuron_at(&inputs)) {
            let close = |a: f64, b: f64| same(a, b) || (a - b).abs() <= 1e-12 * b.abs();
            let gradient = gradient.unwrap();
            assert!(
                close(value, v) && close(gradient, g),
                "{value} {gradient}, not {v} {g}"
            );
        }
        inputs
    };
    let recorded = [2.0, -1.0, -3.0, -2.0, -3.0];
    assert_eq!(agree(), recorded);
    browser.run("document.getElementById('slider-0').focus()");
    for (presses, wanted) in [(1, 2.004), (24, 2.1)] {
        browser.press(&vec![key::RIGHT; presses]);
        assert!((agree()[0] - wanted).abs() < 1e-12);
    }
    let type_into = |place: usize, text: &str| {
        browser.run(&format!(
            "const field = document.getElementById('field-{place}'); field.focus(); field.select();"
        ));
        browser.press(
            &text
                .split("")
                .filter(|letter| !letter.is_empty())
                .collect::<Vec<_>>(),
        );
    };
    for (text, value) in [
        ("0.125", 0.125),
        ("-1e-3", -1e-3),
        ("−7", -7.0),
        ("1e4", 1e4),
        ("Infinity", f64::INFINITY),
        ("NaN", f64::NAN),
    ] {
        type_into(3, text);
        assert!(same(agree()[3], value), "{text}");
    }
    let invalid =
        || browser.text("return document.getElementById('field-3').getAttribute('aria-invalid')");
    type_into(3, "0.5");
    assert_eq!(invalid(), "false");
    type_into(3, "0.5.");
    assert_eq!((invalid().as_str(), agree()[3]), ("true", 0.5));
    browser.press(&[key::TAB]);
    assert_eq!(
        invalid(),
        "false",
        "unreadable input is replaced by the last value"
    );
    browser.click("#reset");
    assert_eq!(agree(), recorded);
    quiet(&browser);
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn a_step_downhill_moves_every_input_against_its_gradient() {
    let browser = Browser::start();
    browser.open(&neuron().html().precision(17).to_string());
    browser.press(&[key::END]);
    let inputs = || shown(&browser)[..5].to_vec();
    let output = || shown(&browser).last().unwrap().0;
    let (mut before, start) = (inputs(), output());
    for (text, rate) in [("0.1", 0.1), ("2", 2.0)] {
        browser.run(&format!("document.getElementById('rate').value = '{text}'"));
        browser.click("#downhill");
        let after = inputs();
        for ((x, gradient), (moved, _)) in before.iter().zip(&after) {
            let wanted = x - rate * gradient.unwrap();
            assert!((moved - wanted).abs() <= 1e-12, "{moved}, not {wanted}");
        }
        before = after;
    }
    let low = output();
    assert!(low < start, "{low} is below {start}");
    browser.run("document.getElementById('rate').value = 'fast'");
    browser.click("#downhill");
    assert_eq!(output(), low);
    let invalid =
        browser.text("return document.getElementById('rate').getAttribute('aria-invalid')");
    assert_eq!(invalid, "true");
    quiet(&browser);
}

/// The number that a step's question asks for: of a gate's operands it takes one by the place of the step.
fn asked(step: &Step, place: usize, explanation: &Explanation) -> f64 {
    if matches!(step.pattern, Pattern::Start | Pattern::Copies) {
        return explanation.gradients().by_key(step.key).unwrap();
    }
    let branches: Vec<_> = step
        .branches
        .iter()
        .filter(|branch| branch.key.is_some())
        .collect();
    branches[place % branches.len()].downstream
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn the_quiz_hides_the_next_gradient_and_checks_the_answer() {
    let browser = Browser::start();
    for explanation in [neuron(), network(), routers()] {
        browser.open(&explanation.html().precision(17).to_string());
        browser.run("document.getElementById('unfold').click()");
        browser.click("#quiz");
        let steps = explanation.steps();
        let mut right = 0;
        for (place, step) in steps.iter().enumerate() {
            let shown = || {
                let shown = shown(&browser);
                shown
                    .iter()
                    .filter(|(_, gradient)| gradient.is_some())
                    .count()
            };
            let before = shown();
            assert_eq!(
                before,
                known(steps, place).len(),
                "the answer is not in the picture"
            );
            let number = asked(step, place, &explanation);
            let check = |answer: &str| {
                browser.run(&format!(
                    "document.getElementById('answer').value = '{answer}'"
                ));
                browser.click("#check");
            };
            match place % 3 {
                0 => right += 1,
                1 => {
                    check("nothing");
                    assert_eq!(browser.read("verdict"), "Write a number, such as −0.5.");
                    check(&format!("{:?}", number * 1.1 + 1.0));
                    assert!(browser.read("verdict").starts_with("Not "));
                    assert_eq!(
                        browser.read("count"),
                        format!("Step {place} of {}", steps.len())
                    );
                }
                _ => {}
            }
            if place % 3 == 2 {
                browser.click("#reveal");
                assert!(browser.read("verdict").starts_with("It is "));
            } else {
                // Three digits are enough.
                check(&format!("{number:.3e}"));
                assert!(
                    browser.read("verdict").starts_with("Right. "),
                    "{number} at step {place}"
                );
            }
            assert!(browser.read("verdict").ends_with(&browser.read("sentence")));
        }
        let end = format!("The pass is done: {right} of {} right", steps.len());
        assert!(
            browser.read("asks").starts_with(&end),
            "{}",
            browser.read("asks")
        );
        browser.click("#quiz");
        assert_eq!(
            browser.run("return document.getElementById('question').hidden"),
            Value::Bool(true)
        );
        quiet(&browser);
    }
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn groups_fold_and_the_visible_part_of_the_step_is_marked() {
    let browser = Browser::start();
    let explanation = network();
    browser.open(&explanation.html().to_string());
    let marked = || {
        browser.run("return [...document.querySelectorAll('.now')].map((part) => part.textContent)")
    };
    browser.click("#fold");
    assert_eq!(
        browser.run("return document.querySelectorAll('.box').length"),
        2
    );
    for step in explanation.steps() {
        browser.press(&[key::RIGHT]);
        let marked = marked();
        assert_eq!(marked.as_array().unwrap().len(), 1, "one part is at work");
        if let Some(group) = step.group.first() {
            assert!(
                marked[0].as_str().unwrap().contains(group.as_str()),
                "{marked}"
            );
        }
    }
    browser.click("[data-scope='0']");
    assert_eq!(
        browser.run("return document.querySelectorAll('.box').length"),
        4
    );
    browser.click("#unfold");
    assert_eq!(
        browser.run("return document.querySelectorAll('.box').length"),
        5
    );
    quiet(&browser);
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn hostile_names_are_only_names() {
    let browser = Browser::start();
    let page = hostile().html().title(HOSTILE[0]).to_string();
    browser.open(&page);
    browser.press(&[key::END]);
    assert_eq!(browser.text("return document.title"), HOSTILE[0]);
    assert_eq!(
        browser.text("return document.querySelector('h1').textContent"),
        HOSTILE[0]
    );
    assert_eq!(
        browser.run("return document.querySelectorAll('img, script').length"),
        2
    );
    let labels = browser.text("return [...document.querySelectorAll('.control label')].map((label) => label.textContent).join('\\n')");
    for name in [HOSTILE[1], HOSTILE[2], HOSTILE[6]] {
        assert!(labels.contains(name), "{labels}");
    }
    assert!(!labels.contains('\u{202e}'));
    quiet(&browser);
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn a_page_fits_a_phone() {
    let browser = Browser::start();
    for (width, height) in [(390, 844), (320, 600)] {
        browser.show(width, height, false);
        for explanation in [
            neuron(),
            network(),
            hostile(),
            tangle(300),
            Var::from(2.0).explain(),
        ] {
            browser.open(&explanation.html().title("W".repeat(80)).to_string());
            for _ in 0..3 {
                browser.press(&[key::RIGHT]);
                let wide = browser.run("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)");
                assert_eq!(wide, width);
            }
            let small = browser.run("return [...document.querySelectorAll('button')].filter((button) => button.getClientRects().length && button.offsetHeight < 36).length");
            assert_eq!(small, 0, "buttons too small for a finger");
        }
    }
    quiet(&browser);
}

/// Wires that run over letters: the text of each.
const CROSSED: &str = "
const svg = document.querySelector('#picture svg');
const texts = [...svg.querySelectorAll('text')].filter((text) => text.textContent).map((text) => [text, text.getBoundingClientRect()]);
const crossed = new Set();
for (const wire of svg.querySelectorAll('path')) {
  const matrix = wire.getScreenCTM(), length = wire.getTotalLength();
  for (let along = 0; along <= length; along += 2) {
    const { x, y } = wire.getPointAtLength(along).matrixTransform(matrix);
    for (const [text, box] of texts) {
      if (x > box.left + 1 && x < box.right - 1 && y > box.top + 3 && y < box.bottom - 4) crossed.add(text.textContent);
    }
  }
}
return [[...crossed], texts.length];";

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn no_wire_runs_over_letters() {
    let browser = Browser::start();
    browser.show(1280, 900, false);
    for explanation in [neuron(), network(), tangle(20), tangle(70)] {
        browser.open(&explanation.html().to_string());
        browser.press(&[key::END]);
        for folded in [false, true] {
            if folded {
                browser.run("document.getElementById('fold').click()");
            }
            let crossed = browser.run(CROSSED);
            assert_eq!(crossed[0], Value::Array(Vec::new()));
            assert!(crossed[1].as_u64() > Some(3));
        }
    }
}

/// The smallest contrast between colours on top of each other, by the formula of the Web Content Accessibility Guidelines.
const CONTRAST: &str = "
const style = getComputedStyle(document.documentElement);
const light = (name) => {
  const hex = style.getPropertyValue(name).trim();
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
return Math.min(...['--paper', '--panel'].flatMap((ground) => ['--ink', '--quiet', '--value', '--gradient', '--work', '--focus'].map((ink) => contrast(ink, ground))), contrast('--ink', '--mark'));";

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn light_and_dark_are_both_readable() {
    let browser = Browser::start();
    let ground = || browser.text("return getComputedStyle(document.body).backgroundColor");
    let mut grounds = Vec::new();
    for dark in [false, true] {
        browser.show(1280, 900, dark);
        browser.open(&neuron().html().to_string());
        for _ in 0..2 {
            grounds.push(ground());
            let contrast = browser.run(CONTRAST).as_f64().unwrap();
            assert!(contrast >= 4.5, "{contrast}");
            browser.click("#theme");
        }
    }
    let (white, black) = ("rgb(255, 255, 255)", "rgb(13, 17, 23)");
    assert_eq!(grounds, [white, black, black, white]);
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn five_thousand_nodes_stay_usable() {
    let browser = Browser::start();
    for explanation in [tangle(5000), chain(5000)] {
        browser.open(&explanation.html().to_string());
        let elements = browser.run("return document.querySelectorAll('#picture *').length");
        assert!(
            elements.as_u64() < Some(2000),
            "{elements} elements before anything is unfolded"
        );
        browser.press(&[key::RIGHT, key::END, key::LEFT]);
        let steps = explanation.steps();
        assert_eq!(browser.read("sentence"), steps[steps.len() - 2].sentence());
        browser.click(".head");
        browser.run("document.getElementById('slider-0').focus()");
        browser.press(&[key::RIGHT]);
        quiet(&browser);
    }
}

fn chain(nodes: usize) -> Explanation {
    tape::scope(|| {
        let mut y = Var::new(0.5).named("x");
        for _ in 1..nodes {
            y = y.sin();
        }
        y.explain()
    })
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn a_constant_and_a_single_input_have_pages() {
    let browser = Browser::start();
    browser.open(&Var::from(2.0).explain().html().to_string());
    assert_eq!(
        browser.read("sentence"),
        "2 is a constant: nothing was recorded through which a gradient could flow."
    );
    browser.press(&[key::RIGHT, key::END]);
    assert_eq!(browser.read("count"), "Step 0 of 0");
    let alone = tape::scope(|| Var::new(2.0).named("x").explain());
    browser.open(&alone.html().to_string());
    browser.press(&[key::RIGHT]);
    assert_eq!(
        browser.read("sentence"),
        "Start at the output, x: its gradient with respect to itself is always 1."
    );
    quiet(&browser);
}

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn the_javascript_of_pages_agrees_in_the_browser() {
    let browser = Browser::start();
    for (program, least) in agreement::programs() {
        browser.open(&format!(
            "<!DOCTYPE html><meta charset=\"utf-8\"><script>{program}</script>"
        ));
        let result = browser.run("return [compared, failures]");
        agreement::report(serde_json::from_value(result).unwrap(), least);
    }
}
