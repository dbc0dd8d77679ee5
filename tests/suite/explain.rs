//! Tests explanations: every step matches the sweep, and every pattern matches its description.

use std::collections::HashMap;

use chainrule::op::{BinaryOp, Op, UnaryOp};
use chainrule::{Branch, Explanation, NodeKey, Pattern, Step, Var, tape};
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::Expression;

fn explain(e: &Expression) -> Explanation {
    tape::scope(|| {
        let inputs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
        e.evaluate(&inputs).explain()
    })
}

/// Whether the gradients of a gate's operands match its pattern.
fn holds(step: &Step) -> bool {
    let Step {
        branches, upstream, ..
    } = step;
    let through = |local: f64| {
        if local == 0.0 || *upstream == 0.0 {
            0.0
        } else {
            upstream * local
        }
    };
    let products = branches
        .iter()
        .all(|branch| same(branch.downstream, through(branch.local)));
    let pattern = match step.pattern {
        Pattern::Start | Pattern::Copies => branches.is_empty(),
        Pattern::Scales => !branches.is_empty(),
        // Equal shares; a difference changes the sign of one.
        Pattern::Distributes => branches.windows(2).all(|pair| {
            same(pair[0].downstream.abs(), pair[1].downstream.abs())
                && (pair[0].local.abs() == 1.0 || same(pair[0].local, 1.0 / branches.len() as f64))
        }),
        Pattern::Swaps => match &branches[..] {
            [a, b, c] => {
                same(a.local, b.value) && same(b.local, a.value) && same(c.downstream, *upstream)
            }
            branches => (0..branches.len())
                .all(|i| same(branches[i].downstream, through(branches[i ^ 1].value))),
        },
        // All of it goes to the winner, in equal shares if several tie, and nothing to the others.
        Pattern::Routes => {
            let winners: Vec<&Branch> = branches
                .iter()
                .filter(|branch| branch.local != 0.0)
                .collect();
            step.value.is_nan()
                || winners.iter().all(|branch| {
                    branch.value == step.value
                        && same(branch.downstream, through(1.0 / winners.len() as f64))
                })
        }
        // A rectifier's input is not above 0; elsewhere the value is that of a constant.
        Pattern::Closed => {
            let mut nodes = branches.iter().filter(|branch| branch.key.is_some());
            nodes.all(|branch| branch.downstream == 0.0)
                && match &branches[..] {
                    [input] => input.value <= 0.0,
                    // An index that counts no operand takes none.
                    several => {
                        step.value.is_nan()
                            || several
                                .iter()
                                .any(|branch| branch.key.is_none() && branch.value == step.value)
                    }
                }
        }
        Pattern::Blocks => {
            step.value.is_nan() || branches.iter().all(|branch| branch.downstream == 0.0)
        }
        pattern => panic!("{pattern} is not checked here"),
    };
    products && pattern
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_steps_add_up_to_the_bits_of_the_sweep(e in Expression::any(14, false)) {
        let (graph, y) = tape::record(|| {
            let inputs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x)).collect();
            e.evaluate(&inputs)
        });
        let swept = graph.backward(&[(y, 1.0)]);
        let explanation = graph.explain(y);
        let mut adjoints: HashMap<NodeKey, f64> = y.key().into_iter().map(|key| (key, 1.0)).collect();
        for step in explanation.steps() {
            prop_assert!(same(step.upstream, swept.by_key(step.key).unwrap()));
            prop_assert!(same(step.upstream, adjoints[&step.key] + 0.0), "known too early: {step:?}");
            for branch in &step.branches {
                let Some(key) = branch.key else { continue };
                let adjoint = adjoints.entry(key).or_insert(0.0);
                if step.upstream != 0.0 && branch.local != 0.0 {
                    *adjoint = step.upstream.mul_add(branch.local, *adjoint);
                }
            }
        }
        for key in graph.order(&[y.key().unwrap()]).iter() {
            let (adjoint, wanted) = (adjoints[key] + 0.0, swept.by_key(*key).unwrap());
            prop_assert!(same(adjoint, wanted), "{adjoint:e}, not {wanted:e}");
        }
    }

    #[test]
    fn every_pattern_matches_its_description(e in Expression::any(14, false)) {
        for step in explain(&e).steps() {
            prop_assert!(holds(step), "{step:?}");
        }
    }

    #[test]
    fn copies_add_the_gradients_of_all_uses(e in Expression::any(14, false)) {
        let explanation = explain(&e);
        let mut back: HashMap<NodeKey, Vec<f64>> = HashMap::new();
        for step in explanation.steps() {
            if step.pattern == Pattern::Copies {
                let arrived = &back[&step.key];
                prop_assert!(arrived.len() > 1 && arrived.iter().zip(&step.arrived).all(|(&a, &b)| same(a, b)));
                prop_assert_eq!(arrived.len(), step.arrived.len());
                let (sum, size): (f64, f64) = (arrived.iter().sum(), arrived.iter().map(|term| term.abs()).sum());
                // The sweep rounds once where this test rounds twice. Subnormal terms differ by units in the last place.
                let bound = arrived.len() as f64 * (f64::EPSILON * size + 1e-320);
                prop_assert!(!size.is_finite() || (sum - step.upstream).abs() <= bound);
            } else if let Some(arrived) = back.get(&step.key) {
                prop_assert!(arrived.len() == 1 || explanation.steps().iter().any(|other| other.key == step.key && other.pattern == Pattern::Copies));
            }
            for branch in &step.branches {
                if let Some(key) = branch.key {
                    back.entry(key).or_default().push(branch.downstream);
                }
            }
        }
    }

    #[test]
    fn every_step_is_one_sentence_on_one_line(e in Expression::any(14, false), name in any::<String>()) {
        let explanation = tape::scope(|| {
            let inputs: Vec<Var> = e.inputs.iter().map(|&x| Var::new(x).named(name.clone())).collect();
            e.evaluate(&inputs).explain()
        });
        let lines = explanation.to_string();
        prop_assert_eq!(lines.lines().filter(|line| line.starts_with("Step ")).count(), explanation.steps().len());
        for step in explanation.steps() {
            let sentence = step.sentence();
            prop_assert!(sentence.ends_with('.') && !sentence.contains(char::is_control), "{sentence}");
            prop_assert!(sentence.chars().count() < 400, "{sentence}");
            prop_assert!(lines.contains(&sentence));
        }
    }
}

/// `f = (x + y)·z` at −2, 5, −4.
fn product() -> Explanation {
    let x = Var::new(-2.0).named("x");
    let y = Var::new(5.0).named("y");
    let z = Var::new(-4.0).named("z");
    ((x + y).named("q") * z).named("f").explain()
}

#[test]
fn the_lecture_s_product_is_explained_as_in_the_lecture() {
    assert_eq!(
        product().to_string(),
        "\
Step 1 of 3 · f = −12 · start
  Start at the output, f: its gradient with respect to itself is always 1.

Step 2 of 3 · × makes f = −12 · swaps
  × swaps: each factor gets the upstream gradient 1 times the other factor: q gets 1 × −4 = −4, z gets 1 × 3 = 3.
  Rules: d(q·z)/dq = z; d(q·z)/dz = q

Step 3 of 3 · + makes q = 3 · distributes
  + distributes the upstream gradient −4: x gets −4 × 1 = −4, y gets −4 × 1 = −4.
  Rules: d(x + y)/dx = 1; d(x + y)/dy = 1
"
    );
}

#[test]
fn frames_show_only_known_gradients() {
    let explanation = product();
    let frames: Vec<String> = explanation
        .frames()
        .map(|frame| frame.to_string())
        .collect();
    let shown = |frame: &str, gradient: &str| {
        frame
            .matches(&format!("<FONT COLOR=\"#dc2f3a\">{gradient}</FONT>"))
            .count()
    };
    let counts = |frame: &str| ["1", "−4", "3"].map(|gradient| shown(frame, gradient));
    assert_eq!(counts(&frames[0]), [1, 0, 0]);
    assert_eq!(counts(&frames[1]), [1, 1, 1]);
    assert_eq!(counts(&frames[2]), [1, 3, 1]);
    for (frame, pattern) in frames.iter().zip(["start", "swaps", "distributes"]) {
        assert!(frame.contains(pattern), "{frame}");
        assert_eq!(frame.matches("penwidth=2").count(), 1, "one part at work");
    }
    // One of them is the gate itself.
    let locals = |frame: &str| frame.matches("label=\"×").count() - 1;
    assert_eq!(
        frames.iter().map(|frame| locals(frame)).collect::<Vec<_>>(),
        [0, 2, 4]
    );
}

#[test]
fn frames_without_graphviz_are_one_picture_that_fills_in() {
    let explanation = product();
    let frames: Vec<String> = explanation.frames().map(|frame| frame.to_svg()).collect();
    let count = |class: &str| -> Vec<usize> {
        let class = format!("class=\"{class}\"");
        frames
            .iter()
            .map(|svg| svg.matches(&class).count())
            .collect()
    };
    assert_eq!(count("gradient"), [1, 3, 5]);
    assert_eq!(count("local"), [0, 2, 4]);
    assert_eq!(count("work"), [1, 1, 1]);
    for (svg, heading) in frames.iter().zip(["start", "× swaps", "+ distributes"]) {
        assert!(svg.contains(&format!(">{heading}</text>")), "{svg}");
    }
    // A number stays in its place, and the page keeps its size.
    let kept = |svg: &str, later: &str| {
        svg.lines()
            .filter(|line| line.contains("<text") && !line.contains("heading"))
            .chain(
                svg.split(" width=")
                    .nth(1)
                    .and_then(|rest| rest.lines().next()),
            )
            .all(|line| later.contains(line))
    };
    assert!(frames.windows(2).all(|pair| kept(&pair[0], &pair[1])));
}

#[test]
fn every_pattern_occurs_with_its_gates() {
    let (a, b) = (Var::new(2.0), Var::new(3.0));
    let y = (a + b) * a.max(b) + a.exp() + a.floor() + (-a).relu();
    let patterns: Vec<Pattern> = y
        .explain()
        .steps()
        .iter()
        .map(|step| step.pattern)
        .collect();
    for pattern in Pattern::ALL {
        assert!(patterns.contains(pattern), "{pattern}");
    }
    for (op, pattern) in [
        (Op::Binary(BinaryOp::Sub), Pattern::Distributes),
        (Op::Unary(UnaryOp::Relu), Pattern::Routes),
        (Op::Unary(UnaryOp::StopGradient), Pattern::Blocks),
        (Op::Unary(UnaryOp::Neg), Pattern::Scales),
        (Op::Binary(BinaryOp::Div), Pattern::Scales),
    ] {
        assert_eq!(Pattern::from_op(op), pattern);
    }
}

/// The sentence of the gate before the output.
fn told(gate: Var) -> String {
    let explanation = (gate * 3.0).explain();
    explanation.steps()[2].sentence()
}

#[test]
fn a_closed_gate_says_why_nothing_passes() {
    let [low, zero, high] =
        [("a", -1.5), ("o", 0.0), ("b", 2.0)].map(|(name, value)| Var::new(value).named(name));
    for (gate, wanted) in [
        (
            low.relu(),
            "ReLU is closed: its input is negative, so nothing passes: a gets 3 × 0 = 0.",
        ),
        (
            zero.relu(),
            "ReLU is closed: its input is 0, so nothing passes: o gets 3 × 0 = 0.",
        ),
        (
            low.max(Var::from(1.0)),
            "max is closed: the value it took is that of a constant, so nothing passes: a gets 3 × 0 = 0.",
        ),
        (
            high.relu(),
            "ReLU routes the upstream gradient 3 to the operand whose value it took: b gets 3 × 1 = 3.",
        ),
        (
            high.max(low),
            "max routes the upstream gradient 3 to the operand whose value it took: b gets 3 × 1 = 3, a gets 3 × 0 = 0.",
        ),
    ] {
        assert_eq!(told(gate), wanted);
    }
    let unknown = Var::new(f64::NAN).named("u").relu();
    assert!(
        told(unknown).contains("u gets 3 × NaN = NaN"),
        "{}",
        told(unknown)
    );
}

#[test]
fn a_tie_is_shared() {
    let (a, b) = (Var::new(2.0), Var::new(2.0));
    let explanation = (a.max(b) * 3.0).explain();
    let branches = &explanation.steps()[2].branches;
    assert_eq!((branches[0].downstream, branches[1].downstream), (1.5, 1.5));
    let sentence = explanation.steps()[2].sentence();
    let wanted = "max routes the upstream gradient 3 to the 2 operands that tie, in equal shares: ";
    assert!(sentence.starts_with(wanted), "{sentence}");
}

#[test]
fn a_constant_has_no_steps() {
    let explanation = (Var::from(2.0) * 3.0).explain();
    assert!(explanation.steps().is_empty());
    assert_eq!(explanation.frames().len(), 0);
    assert_eq!(
        explanation.to_string(),
        "6 is a constant: nothing was recorded through which a gradient could flow.\n"
    );
}

#[test]
fn an_input_alone_is_one_step() {
    let explanation = Var::new(2.0).named("x").explain();
    assert_eq!(explanation.steps().len(), 1);
    assert_eq!(explanation.steps()[0].upstream, 1.0);
}

#[test]
fn groups_are_listed_outermost_first() {
    let y = tape::named("layer", || {
        tape::named("neuron", || Var::new(2.0).tanh().named("h"))
    });
    let text = y.explain().to_string();
    assert!(
        text.contains("tanh makes h = 0.964 · in layer · in neuron · scales"),
        "{text}"
    );
}

#[test]
fn rules_are_written_with_names_that_can_stand_in_them() {
    let rules = |gate: Var| gate.explain().steps()[1].rules().join("; ");
    let [h, e, long] = [("h", 2.0), ("e⁻ᵈ", 0.5), ("layer 1 w1", 3.0)]
        .map(|(name, value)| Var::new(value).named(name));
    assert_eq!(rules(h.recip()), "d(1/h)/dh = −1/h²");
    assert_eq!(
        rules(e.recip()),
        "d(1/x)/dx = −1/x²",
        "a power would read wrongly"
    );
    assert_eq!(rules(h * long), "d(a·b)/da = b; d(a·b)/db = a");
    assert_eq!(rules(h * -3.0), "d(h·(−3))/dh = −3");
    assert_eq!(
        rules(h * h),
        "d(a·b)/da = b; d(a·b)/db = a",
        "each operand by itself"
    );
    assert_eq!(rules(h.relu()), "d(max(0, h))/dh = 1 if h > 0, else 0");
    let terms = Var::dot_product(&[h, e], &[long, Var::new(1.0)]).unwrap();
    let told = "d(w₁·x₁ + w₂·x₂ + …)/dwᵢ = xᵢ; d(w₁·x₁ + w₂·x₂ + …)/dxᵢ = wᵢ";
    assert_eq!(rules(terms), told);
}

#[test]
fn values_without_names_are_called_by_formulas() {
    let [w, x] = [("w", 2.0), ("x", 0.5)].map(|(name, value)| Var::new(value).named(name));
    let labels = |y: Var| -> Vec<String> {
        let explanation = y.explain();
        explanation
            .steps()
            .iter()
            .map(|step| step.label.clone())
            .collect()
    };
    assert_eq!(
        labels((w * x + 1.0).tanh())[1..],
        ["tanh((w·x) + 1)", "(w·x) + 1", "w·x"]
    );
    let deep = (0..6).fold(w * x, |y, _| y.tanh());
    assert_eq!(labels(deep)[1], "the result of tanh");
    assert_eq!(
        labels(Var::new(1.0) * 2.0),
        ["the result of ×", "the result of ×"]
    );
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = product().to_ansi();
    let [green, red, end] = ["\u{1b}[32m", "\u{1b}[31m", "\u{1b}[0m"];
    assert!(
        coloured.contains(&format!("× makes f = {green}−12{end}")),
        "{coloured}"
    );
    assert!(
        coloured.contains(&format!("q gets {red}1{end} × −4 = {red}−4{end}")),
        "{coloured}"
    );
    let plain = [green, red, end]
        .iter()
        .fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(plain, product().to_string());
    assert!(!plain.contains('\u{1b}'));
}

#[test]
fn an_explanation_outlives_its_graph() {
    let explanation = tape::scope(product);
    let text = explanation.to_string();
    assert!(text.contains("q gets 1 × −4 = −4"));
    assert!(
        explanation
            .frames()
            .all(|frame| frame.to_string().contains("digraph"))
    );
}

#[test]
fn a_long_chain_is_explained_on_a_small_stack() {
    let work = || {
        let mut y = Var::new(0.5);
        for _ in 0..200_000 {
            y = y.sin();
        }
        y.explain().steps().len()
    };
    let thread = std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(work);
    assert_eq!(thread.unwrap().join().unwrap(), 200_001);
}

#[test]
#[should_panic(expected = "stale Var")]
fn a_freed_output_is_refused() {
    let y = tape::scope(|| Var::new(2.0).exp());
    let _ = y.explain();
}

#[test]
#[should_panic(expected = "Var of another graph")]
fn an_output_of_another_graph_is_refused() {
    let (graph, _) = tape::record(|| Var::new(2.0));
    let (_other, y) = tape::record(|| Var::new(2.0).exp());
    let _ = graph.explain(y);
}
