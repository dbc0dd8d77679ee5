//! Tests the pages that docs/course shows, and their module against the engine of this machine.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use chainrule::Parameters as _;
use chainrule::op::Op;
use chainrule::text::Formula;
use chainrule_web::pages::PAGES;
use chainrule_web::playground;
use chainrule_web::training::{Session, Settings};
use serde_json::{Value, json};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn course(file: &str) -> PathBuf {
    here().join("../../docs/course").join(file)
}

#[test]
fn the_pages_in_the_course_are_up_to_date() {
    for template in PAGES {
        let page = fs::read_to_string(course(template.file)).unwrap();
        let (_, module) = page.split_once("id=\"module\">").unwrap();
        let (module, _) = module.split_once('<').unwrap();
        assert!(
            page == template.with_module(module),
            "{} is out of date: run crates/chainrule-web/build",
            template.file
        );
    }
}

/// Asks the module that a file holds, in Node: how to ask (see module.js), a function and its operand.
fn asked(path: &Path, questions: &[(&str, &str, Value)]) -> Vec<Value> {
    let mut node = Command::new("node")
        .args([
            here().join("tests/module.js"),
            here().join("page/engine.js"),
            path.to_owned(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test runs `node`: on Debian `apt-get install nodejs`");
    let text = serde_json::to_vec(questions).unwrap();
    node.stdin.take().unwrap().write_all(&text).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every function at a few points, texts with problems, and the examples of the page.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for (name, op) in Formula::functions() {
        let operands = match op {
            Op::Input => continue,
            Op::Nary(_) => 4,
            _ => op.row().slopes.len().max(op.row().domain.len()),
        };
        for point in [
            ["0.3", "1.7", "0.9", "2.5"],
            ["-2", "3", "0", "-0.25"],
            ["40", "1e-3", "inf", "7"],
        ] {
            let names = ["a", "b", "c", "d"];
            let inputs = names
                .iter()
                .zip(point)
                .map(|(name, value)| format!("{name} = {value}\n"));
            let inputs: String = inputs.take(operands).collect();
            texts.push(format!(
                "{inputs}f = 1.5 * {name}({})",
                names[..operands].join(", ")
            ));
        }
    }
    texts.extend(
        [
            "",
            "f = ",
            "x = 1\nx = 2",
            "f = q + 1; q = 2",
            "f = tahn(x)",
            "π = 3",
        ]
        .map(String::from),
    );
    let page = include_str!("../page/playground.js");
    let (_, examples) = page.split_once("const EXAMPLES = [").unwrap();
    let (examples, _) = examples.split_once("\n];").unwrap();
    let examples: Vec<(String, String)> =
        serde_json::from_str(&format!("[{}]", examples.trim_end_matches(','))).unwrap();
    texts.extend(examples.into_iter().map(|(_, text)| text));
    texts
}

/// The same data. JavaScript writes whole numbers without a point, so numbers are compared as numbers.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn agree(path: &Path) {
    let texts = texts();
    let mut questions = vec![("ask", "functions", Value::Null)];
    questions.extend(
        texts
            .iter()
            .map(|text| ("ask", "explain", json!({ "text": text }))),
    );
    let mut answers = asked(path, &questions).into_iter();
    let functions = serde_json::to_value(playground::functions()).unwrap();
    assert_eq!(answers.next(), Some(functions));
    let mut graphs = 0;
    for (text, answer) in texts.iter().zip(answers) {
        let question = serde_json::from_value(json!({ "text": text })).unwrap();
        let here = serde_json::to_value(playground::explain(&question)).unwrap();
        graphs += usize::from(here.get("model").is_some());
        assert!(
            same(&answer, &here),
            "{text}\nthe module of {} and the engine disagree:\n{answer}\n{here}",
            path.display()
        );
    }
    assert!(graphs > 300, "{graphs} graphs");
}

/// Trains in the module and here, with the same settings: points, network, losses, map and backward pass have the same bits.
fn train(path: &Path) {
    const STEPS: usize = 40;
    let trainings = [
        ("tanh", "logistic", "adam", 16, 0.001),
        ("relu", "hinge", "sgd", 0, 0.0),
        ("silu", "squared", "momentum", 16, 0.0),
        ("softplus", "logistic", "rms_prop", 0, 0.001),
    ];
    for (activation, loss, optimizer, batch, penalty) in trainings {
        let settings = json!({
            "data": "moons", "points": 60, "noise": 0.1, "held": 25, "data_seed": 3, "hidden": [6, 5],
            "activation": activation, "seed": 5, "loss": loss, "optimizer": optimizer, "rate": 0.03,
            "penalty": penalty, "batch": batch,
        });
        let mut questions = vec![("ask", "train_begin", settings.clone())];
        questions.extend((0..STEPS).map(|_| ("call", "train_advance", json!(1))));
        questions.extend([
            ("numbers", "train_points", Value::Null),
            ("numbers", "train_parameters", Value::Null),
            ("numbers", "train_progress", Value::Null),
            ("numbers", "train_map", json!(10)),
            ("ask", "train_backward", json!({ "point": 7 })),
        ]);
        let answers = asked(path, &questions);
        assert_eq!(answers[0], json!({ "training": 45, "sizes": [2, 6, 5, 1] }));
        let [points, parameters, progress, map, backward] = &answers[1 + STEPS..] else {
            panic!("{} answers", answers.len());
        };
        let settings: Settings = serde_json::from_value(settings).unwrap();
        let mut session = Session::new(settings).unwrap();
        session.advance(STEPS);
        let here = session.progress().unwrap();
        let text = session.backward(7, None).unwrap();
        let model: Value = serde_json::from_str(text.get()).unwrap();
        assert!(same(&backward["model"], &model), "{activation}");
        let expected = [
            (points, session.points().as_flattened().to_vec()),
            (parameters, session.network().parameters()),
            (
                progress,
                vec![
                    here.epoch as f64,
                    here.step as f64,
                    here.loss,
                    here.held_loss,
                    here.accuracy,
                    here.held_accuracy,
                    f64::from(here.diverged),
                ],
            ),
            (map, session.map(10).unwrap().to_vec()),
        ];
        assert_eq!(here.step, STEPS);
        for (found, expected) in expected {
            let expected: Vec<String> = expected.iter().map(|x| x.to_bits().to_string()).collect();
            assert_eq!(*found, json!(expected), "{activation}");
        }
    }
}

#[test]
#[ignore = "needs Node; .ci/run runs it"]
fn the_module_in_the_course_computes_what_the_engine_computes() {
    for template in PAGES {
        agree(&course(template.file));
        train(&course(template.file));
    }
}

#[test]
#[ignore = "needs Node and a new module; .ci/run runs it"]
fn a_new_module_computes_what_the_engine_computes() {
    let path = env::var_os("CHAINRULE_WEB_MODULE").expect("the path of the module");
    agree(Path::new(&path));
    train(Path::new(&path));
}
