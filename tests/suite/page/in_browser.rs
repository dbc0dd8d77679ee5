//! Tests pages in a real browser, from a file: they show what the engine computed, and anyone can use them.

use std::collections::{BTreeMap, BTreeSet};

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

#[test]
#[ignore = "needs Chromium; .ci/run runs it"]
fn every_sentence_comes_from_the_engine() {
    let browser = Browser::start();
    for explanation in [neuron(), network(), hostile(), halves(), tangle(60)] {
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
