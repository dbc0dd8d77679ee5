//! Tests the JavaScript of pages against the engine: every operation over its domain, and random graphs of every operation.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use chainrule::op::{Interval, Law, Op};
use chainrule::{Explanation, Graph, NodeKey, Var, tape};
use proptest::prelude::{Strategy, prop, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::expression::{Expression, all_ops, arity};
use crate::scale::Scale;

/// One comparison: a model from a page, and the engine's numbers at some points.
struct Case {
    about: String,
    model: String,
    points: Vec<Point>,
}

struct Point {
    inputs: Vec<f64>,
    /// Each number with the size of the terms in its sum. Rounding may move it by 1e-12 of that size.
    value: [f64; 2],
    gradients: Vec<[f64; 2]>,
}

/// The first script of a page, which computes everything.
fn model(explanation: &Explanation) -> String {
    let page = explanation.html().to_string();
    let (_, script) = page.split_once("<script id=\"model\">").unwrap();
    script.split_once("</script>").unwrap().0.to_owned()
}

fn literal(value: f64) -> String {
    format!("{value:?}").replace("inf", "Infinity")
}

/// A program that compares and returns `[comparisons, failures]`.
fn program(cases: &[Case]) -> String {
    let mut text = String::from(
        "let compared = 0;
const failures = [];
const close = (got, [want, size]) => Object.is(got, want) || got === want || Math.abs(got - want) <= 1e-12 * size;
function check(about, model, points) {
  for (const [inputs, value, gradients] of points) {
    const { values, gradients: swept } = model.compute(inputs);
    const leaves = model.model.nodes.flatMap((node, i) => (node[4].length ? [] : [i]));
    const pairs = [[values[values.length - 1], value], ...leaves.map((leaf, k) => [swept[leaf], gradients[k]])];
    pairs.forEach(([got, want], k) => {
      compared++;
      if (!close(got, want)) failures.push(`${about} at [${inputs}], ${k ? `slope ${k}` : 'value'}: ${got}, not ${want[0]}`);
    });
  }
}
",
    );
    for Case {
        about,
        model,
        points,
    } in cases
    {
        let _ = writeln!(
            text,
            "check({about:?}, (() => {{{model}\nreturn chainrule; }})(), ["
        );
        let pair = |[value, size]: [f64; 2]| format!("[{},{}]", literal(value), literal(size));
        for point in points {
            let inputs: Vec<String> = point.inputs.iter().map(|&x| literal(x)).collect();
            let gradients: Vec<String> = point.gradients.iter().copied().map(pair).collect();
            let _ = writeln!(
                text,
                "[[{}],{},[{}]],",
                inputs.join(),
                pair(point.value),
                gradients.join()
            );
        }
        text.push_str("]);\n");
    }
    text
}

trait Join {
    fn join(&self) -> String;
}

impl Join for Vec<String> {
    fn join(&self) -> String {
        self[..].join(",")
    }
}

/// The same random numbers in every run.
pub(crate) fn runner() -> TestRunner {
    TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]),
    )
}

/// Numbers of every size within a domain, including its ends and zeros.
fn within(runner: &mut TestRunner, [low, high]: Interval, integer: bool) -> f64 {
    let special = vec![low, high, 0.0, -0.0, 1.0, -1.0, f64::NAN, 2.0];
    let any = prop_oneof![
        1 => prop::sample::select(special),
        1 => (-300.0..300.0).prop_map(|exponent| 10_f64.powf(exponent)),
        1 => (-300.0..300.0).prop_map(|exponent| -10_f64.powf(exponent)),
        7 => low.max(-20.0)..high.min(20.0),
    ];
    let value = any.new_tree(runner).unwrap().current().clamp(low, high);
    if integer {
        value.clamp(-30.0, 30.0).round()
    } else {
        value
    }
}

/// Operands within the domain of an operation; four if it takes any number.
pub(crate) fn operands(op: Op, runner: &mut TestRunner) -> Vec<f64> {
    let row = op.row();
    let operand = |place: usize| {
        let integer = place == 1 && row.laws.contains(&Law::IntegerRight);
        within(runner, row.domain[place.min(row.domain.len() - 1)], integer)
    };
    (0..arity(op).unwrap_or(4)).map(operand).collect()
}

/// Every operation, at points of its domain.
fn operations() -> Vec<Case> {
    let mut runner = runner();
    let mut cases = Vec::new();
    for op in all_ops() {
        let row = op.row();
        let apply = |inputs: &[f64]| {
            tape::scope(|| {
                let inputs: Vec<Var> = inputs.iter().map(|&x| Var::new(x)).collect();
                op.apply(&inputs).unwrap().explain()
            })
        };
        let points = (0..200).map(|_| {
            let inputs = operands(op, &mut runner);
            let value = op.apply(&inputs).unwrap();
            let slopes = op.partials(&inputs, value);
            let near = |number: f64| [number, number.abs()];
            Point {
                gradients: slopes.into_iter().map(|slope| near(slope + 0.0)).collect(),
                value: near(value),
                inputs,
            }
        });
        let mut points: Vec<Point> = points.collect();
        if let Op::Unary(_) = op {
            points.extend(near_roots(op, row.domain[0]));
        }
        cases.push(Case {
            about: row.name.to_owned(),
            points,
            model: model(&apply(&vec![0.5; arity(op).unwrap_or(4)])),
        });
    }
    cases
}

/// Points at and near the roots of an operation and its slope, where the tolerance is 1e-14.
fn near_roots(op: Op, [low, high]: Interval) -> Vec<Point> {
    let value = |x: f64| op.apply(&[x]).unwrap();
    let slope = |x: f64| op.partials(&[x], value(x))[0];
    let (low, high) = (low.max(-9.0), high.min(9.0));
    let at = |i: u32| low + (high - low) * f64::from(i) / 500.0;
    let mut points = Vec::new();
    for f in [&value as &dyn Fn(f64) -> f64, &slope] {
        for i in 0..500 {
            let (mut below, mut above) = (at(i), at(i + 1));
            if f(below) * f(above) >= 0.0 {
                continue;
            }
            for _ in 0..60 {
                let middle = 0.5 * (below + above);
                if f(below) * f(middle) > 0.0 {
                    below = middle;
                } else {
                    above = middle;
                }
            }
            points.extend([above, above + 1e-9, above - 1e-5].map(|x| Point {
                inputs: vec![x],
                value: [value(x), value(x).abs().max(0.01)],
                gradients: vec![[slope(x) + 0.0, slope(x).abs().max(0.01)]],
            }));
        }
    }
    points
}

/// Random graphs, at and near the point where they were recorded.
fn graphs() -> Vec<Case> {
    let mut runner = runner();
    let mut cases = Vec::new();
    while cases.len() < 400 {
        let e = Expression::any(12, true)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let moved = |by: f64| e.inputs.iter().map(|x| x + by).collect::<Vec<f64>>();
        let points: Vec<Point> = [0.0, 1e-3, -0.3]
            .into_iter()
            .filter_map(|by| point(&e, &moved(by)))
            .collect();
        if points.is_empty() {
            continue;
        }
        let (graph, y) = record(&e, &e.inputs);
        cases.push(Case {
            about: format!("{e:?}"),
            model: model(&graph.explain(y)),
            points,
        });
    }
    cases
}

fn record(e: &Expression, inputs: &[f64]) -> (Graph, Var) {
    tape::record(|| {
        let inputs: Vec<Var> = inputs.iter().map(|&x| Var::new(x)).collect();
        e.evaluate(&inputs)
    })
}

/// The engine's numbers for an expression; `None` if large terms cancel, because any two programs differ in the remaining
/// rounding errors.
fn point(e: &Expression, inputs: &[f64]) -> Option<Point> {
    let (graph, y) = record(e, inputs);
    let grads = graph.backward(&[(y, 1.0)]);
    let scale = Scale::of(&graph, y);
    if scale.cancels(&grads) || scale.output.is_nan() || scale.output > 1e9 {
        return None;
    }
    let mut leaves = graph.order(&[y.key()?]).to_vec();
    leaves.retain(|&key| graph[key].op() == Op::Input);
    leaves.sort();
    let gradient = |&key: &NodeKey| {
        let gradient = grads.by_key(key).unwrap();
        [gradient, scale.at(key)]
    };
    Some(Point {
        inputs: leaves.iter().map(|&key| graph[key].value()).collect(),
        value: [y.value(), scale.output],
        gradients: leaves.iter().map(gradient).collect(),
    })
}

/// Runs a program in Node, and returns the number of comparisons and the failures.
fn in_node(program: &str) -> (u64, Vec<String>) {
    let mut node = Command::new("node")
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("these tests run the program `node`: install Node, on Debian with `apt-get install nodejs`");
    let text = format!("{program}console.log(JSON.stringify([compared, failures]));\n");
    let mut input = node.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "node failed, see its message");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Passes if enough numbers were compared and none differs.
pub(crate) fn report((compared, failures): (u64, Vec<String>), least: u64) {
    let shown: Vec<String> = failures.iter().take(40).cloned().collect();
    assert!(
        failures.is_empty(),
        "{} of {compared} differ:\n{}",
        failures.len(),
        shown[..].join("\n")
    );
    assert!(compared >= least, "only {compared} numbers were compared");
}

/// All comparisons, each with its smallest number of compared numbers.
pub(crate) fn programs() -> [(String, u64); 2] {
    [(program(&operations()), 40_000), (program(&graphs()), 1000)]
}

#[test]
#[ignore = "needs Node; .ci/run runs it"]
fn the_javascript_of_pages_agrees_in_node() {
    for (program, least) in programs() {
        report(in_node(&program), least);
    }
}
