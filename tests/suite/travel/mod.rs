//! Tests programs, graphs and networks that travel: saved in JSON and in postcard, loaded again, and damaged on the way.

mod damaged;
mod networks;
mod partials;

use chainrule::{Graph, Labels, Level, Mode, Program, Scalar, Transform, Var, tape};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::compare::same;
use crate::expression::Expression;

/// The same value, through JSON and through postcard.
fn travelled<T: Serialize + DeserializeOwned>(value: &T) -> [T; 2] {
    let json = serde_json::to_string(value).unwrap();
    let bytes = postcard::to_allocvec(value).unwrap();
    [
        serde_json::from_str(&json).unwrap(),
        postcard::from_bytes(&bytes).unwrap(),
    ]
}

fn all_same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| same(a, b))
}

/// An expression, and whether its first input is positive and which whole number is below it, as guards.
fn branching(e: &Expression, x: &[Var]) -> Var {
    let y = e.evaluate(x);
    let step = x[0].floor_index().unwrap_or(0) as f64;
    if x[0] > 0.5 && y.partial_cmp(&x[0]).is_some() {
        y * (step + 1.0)
    } else {
        y
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_program_has_the_same_bits_after_travelling(
        e in Expression::any(10, false),
        other in [-3.0..3.0, -3.0..3.0, -3.0..3.0],
        located in any::<bool>(),
    ) {
        let trace = || Program::trace_at(e.inputs(), |x| branching(&e, x)).unwrap();
        let program = if located { tape::located(trace) } else { trace() };
        for loaded in travelled(&program) {
            prop_assert_eq!(loaded.to_string(), program.to_string());
            for point in [e.inputs(), &other[..e.inputs().len()]] {
                match (program.hessian(point), loaded.hessian(point)) {
                    (Ok(a), Ok(b)) => {
                        prop_assert!(same(a.0, b.0) && all_same(&a.1, &b.1) && all_same(&a.2, &b.2));
                        let (a, b) = (program.gradient(point).unwrap(), loaded.gradient(point).unwrap());
                        prop_assert!(same(a.0, b.0) && all_same(&a.1, &b.1));
                    }
                    (Err(a), Err(b)) => {
                        prop_assert_eq!(a.to_string(), b.to_string());
                        prop_assert_eq!(a.branch(), b.branch());
                    }
                    (a, b) => prop_assert!(false, "{:?}, {:?}", a, b),
                }
            }
            for id in program.ir().ids() {
                prop_assert_eq!(program.ir().origin(id), loaded.ir().origin(id));
            }
        }
    }

    #[test]
    fn a_graph_has_the_same_bits_and_names_after_travelling(e in Expression::any(10, false), located in any::<bool>()) {
        let record = || tape::record(|| {
            let x: Vec<Var> = e.inputs().iter().enumerate().map(|(i, &x)| Var::new(x).named(format!("x{i}"))).collect();
            // Freed nodes, so that the keys of a graph differ from those of a loaded one.
            tape::scope(|| tape::named("freed", || e.evaluate(&x)));
            let y = tape::named("outer", || {
                let y = tape::named("inner", || branching(&e, &x).named("y"));
                tape::named("empty", || ());
                y * 2.0
            });
            (x[0] + y).named("z")
        });
        let (graph, z) = if located { tape::located(record) } else { record() };
        let Ok(z) = graph.find("z").map(|_| z) else { return Ok(()) };
        let gradients = graph.backward(&[(z, 1.0)]);
        for loaded in travelled(&graph) {
            prop_assert_eq!(loaded.stats().nodes, graph.stats().nodes);
            for ((key, node), (other, copy)) in graph.iter().zip(loaded.iter()) {
                prop_assert_eq!(node.op(), copy.op());
                prop_assert!(same(node.value(), copy.value()));
                prop_assert_eq!(graph.origin(key), loaded.origin(other));
                prop_assert_eq!(graph.group_of(key), loaded.group_of(other));
            }
            prop_assert_eq!(graph.groups(), loaded.groups());
            let end = loaded.find("z").unwrap();
            let again = loaded.backward(&[(end, 1.0)]);
            let one: Vec<f64> = gradients.iter().map(|(_, slope)| slope).collect();
            let two: Vec<f64> = again.iter().map(|(_, slope)| slope).collect();
            prop_assert!(all_same(&one, &two));
            prop_assert_eq!(graph.picture(&[z]).to_dot(), loaded.picture(&[end]).to_dot());
            // The comparisons travel too.
            let x: Vec<Var> = (0..e.inputs().len()).map(|i| graph.find(&format!("x{i}")).unwrap()).collect();
            let copies: Vec<Var> = (0..e.inputs().len()).map(|i| loaded.find(&format!("x{i}")).unwrap()).collect();
            let program = Program::compile_graph(&graph, &x, &[z]).unwrap();
            let copy = Program::compile_graph(&loaded, &copies, &[end]).unwrap();
            prop_assert_eq!(program.to_string(), copy.to_string());
            prop_assert_eq!(serde_json::to_string(&program).unwrap(), serde_json::to_string(&copy).unwrap());
        }
    }
}

#[test]
fn every_bit_of_constants_and_everything_about_a_program_travels() {
    let payload = f64::from_bits(0x7ff8_0000_dead_beef);
    let numbers = [payload, -0.0, f64::INFINITY, f64::NEG_INFINITY, 5e-324];
    let f = Program::trace_rows_at(&[1.0, 2.0], &[1.0], |p, row| {
        let label = row[0].expect_label(Labels::Classes(3));
        numbers.map(|number| p[0] * number + p[1] * label)
    });
    let f = f.unwrap().with_respect_to(&[1, 0]).unwrap();
    let f = f.at_level(Level::Fast);
    for loaded in travelled(&f) {
        let bits = |f: &Program| -> Vec<Option<u64>> {
            let ids = f.ir().ids();
            ids.map(|id| f.ir().constant(id).map(f64::to_bits))
                .collect()
        };
        assert!(bits(&f).contains(&Some(payload.to_bits())));
        assert_eq!(bits(&loaded), bits(&f));
        assert_eq!(loaded.level(), Level::Fast);
        assert_eq!(loaded.variables(), [1, 0]);
        assert_eq!(loaded.uniform_inputs(), 2);
        assert_eq!(loaded.ir().labels(), [(2, Labels::Classes(3))]);
        let problem = loaded.batch(&[[7.0]]).unwrap().check_labels();
        assert!(problem.unwrap_err().to_string().contains("from 0 to 2"));
    }
}

#[test]
fn derivatives_travel_as_programs_with_their_sources() {
    let f = Program::trace(2, |x| {
        tape::named("layer", || (x[0].exp() * x[1]).named("y"))
    })
    .unwrap();
    let hessian = f.transform(Transform::Hessian).unwrap();
    for loaded in travelled(&hessian) {
        assert_eq!(
            loaded.values(&[0.5, 2.0]).unwrap(),
            hessian.values(&[0.5, 2.0]).unwrap()
        );
        for id in hessian.ir().ids() {
            assert_eq!(loaded.ir().origin(id), hessian.ir().origin(id));
        }
        let gradient = f.transform(Transform::Gradient).unwrap();
        let [loaded, _] = travelled(&gradient);
        let mut ids = gradient.ir().ids();
        assert!(ids.any(|id| gradient.ir().origin(id).is_derivative));
        for id in gradient.ir().ids() {
            assert_eq!(loaded.ir().origin(id), gradient.ir().origin(id));
        }
    }
    let jacobian = f.transform(Transform::Jacobian(Mode::Forward)).unwrap();
    let [loaded, _] = travelled(&jacobian.transform(Transform::Jvp).unwrap());
    assert_eq!(loaded.inputs(), 4);
}

#[test]
fn the_labels_of_a_graph_travel() {
    let (graph, _) = tape::record(|| {
        let [x, label] = [3.0, 1.0].map(Var::new);
        (x * label.expect_label(Labels::Signs)).named("y")
    });
    for loaded in travelled(&graph) {
        let inputs: Vec<Var> = loaded
            .iter()
            .take(2)
            .filter_map(|(key, _)| loaded.var(key))
            .collect();
        let f = Program::compile_graph(&loaded, &inputs, &[loaded.find("y").unwrap()]);
        assert_eq!(f.unwrap().ir().labels(), [(1, Labels::Signs)]);
    }
}

#[test]
fn a_loaded_graph_can_be_continued_and_freed() {
    let (graph, _) = tape::record(|| {
        let x = Var::new(3.0).named("x");
        tape::located(|| tape::named("square", || x.square().named("y")))
    });
    let [mut loaded, _] = travelled(&graph);
    let (x, y) = (loaded.find("x").unwrap(), loaded.find("y").unwrap());
    let slope = loaded.record(|| tape::scope(|| (y * x).backward()[x]));
    assert_eq!(slope, 27.0);
    assert_eq!(loaded.stats().nodes, 2);
    let place = loaded.origin(y.key().unwrap()).unwrap().location.unwrap();
    assert!(place.file().ends_with("mod.rs") && place.line() > 100);
    loaded.record(tape::clear);
    assert_eq!(loaded.stats().nodes, 0);
    assert!(loaded.named().is_empty());
}

/// The function whose saved forms are kept in `tests/data/travel`.
fn kept() -> (Program, Graph) {
    let f = |x: &[Var]| {
        let label = x[1].expect_label(Labels::Signs);
        let y = tape::named("layer 1", || ((x[0] * label).exp() - 0.1).named("y"));
        let all = x[0] < 2.0 && x[1] <= 2.0 && x[1] >= 1.0 && x[1] != 2.0;
        let order = x[0].partial_cmp(&x[1]).is_some() && x[0].floor_index().is_some();
        if y > x[1] && all && order {
            y.max(-0.0).hypot(x[0])
        } else {
            y % 2.0
        }
    };
    let program = Program::trace_at(&[0.5, 1.0], f).unwrap();
    let (graph, _) = tape::record(|| {
        let x = [Var::new(0.5).named("x"), Var::new(1.0)];
        f(&x)
    });
    (program, graph)
}

/// The text of a kept file, in which places in source code are not compared.
fn without_lines(text: &str) -> String {
    let lines = text.lines().filter(|line| {
        let line = line.trim_start();
        !["\"file\"", "\"line\"", "\"column\""]
            .iter()
            .any(|key| line.starts_with(key))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn files_of_earlier_versions_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/travel");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (program, graph) = kept();
    let written = [
        (
            "program.json",
            serde_json::to_string_pretty(&program).unwrap(),
        ),
        ("graph.json", serde_json::to_string_pretty(&graph).unwrap()),
    ];
    if std::env::var_os("UPDATE_TRAVEL").is_some() {
        for (name, text) in &written {
            std::fs::write(folder.join(name), format!("{text}\n")).unwrap();
        }
        let bytes = postcard::to_allocvec(&program).unwrap();
        std::fs::write(folder.join("program.postcard"), bytes).unwrap();
        let bytes = postcard::to_allocvec(&graph).unwrap();
        std::fs::write(folder.join("graph.postcard"), bytes).unwrap();
    }
    for (name, text) in &written {
        assert_eq!(without_lines(&read(name)), without_lines(text), "{name}");
    }
    let loaded: Program = serde_json::from_str(&read("program.json")).unwrap();
    let point = [0.75, 1.25];
    assert_eq!(
        loaded.hessian(&point).unwrap(),
        program.hessian(&point).unwrap()
    );
    // Some enums of the forms travel as the index of their variant.
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let same: Program = postcard::from_bytes(&bytes("program.postcard")).unwrap();
    let text = |program: &Program| without_lines(&serde_json::to_string_pretty(program).unwrap());
    assert_eq!(text(&same), text(&program));
    let same: Graph = postcard::from_bytes(&bytes("graph.postcard")).unwrap();
    let text = |graph: &Graph| without_lines(&serde_json::to_string_pretty(graph).unwrap());
    assert_eq!(text(&same), text(&graph));
    let error = loaded.value(&[-1.0, 1.0]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`floor_index` at tests/suite/travel/mod.rs:"),
        "{error}"
    );
    let loaded: Graph = serde_json::from_str(&read("graph.json")).unwrap();
    assert_eq!(
        loaded.find("layer 1/y").unwrap(),
        graph.find("y").unwrap().value()
    );
}

/// Before, an index left three comparisons in a program or graph: one for each end of its range, and the index itself.
#[test]
fn files_with_three_comparisons_for_an_index_are_read() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/travel/three-guards/"
    );
    let read = |name: &str| std::fs::read(format!("{folder}{name}")).unwrap();
    let (program, graph) = kept();
    let programs: [Program; 2] = [
        serde_json::from_slice(&read("program.json")).unwrap(),
        postcard::from_bytes(&read("program.postcard")).unwrap(),
    ];
    for loaded in programs {
        let point = [0.75, 1.25];
        assert_eq!(
            loaded.hessian(&point).unwrap(),
            program.hessian(&point).unwrap()
        );
        let error = loaded.value(&[-1.0, 1.0]).unwrap_err().to_string();
        let comparison = "-1.0 >= 0.0";
        assert!(error.contains(comparison), "{error}");
    }
    let graphs: [Graph; 2] = [
        serde_json::from_slice(&read("graph.json")).unwrap(),
        postcard::from_bytes(&read("graph.postcard")).unwrap(),
    ];
    for loaded in graphs {
        let found = loaded.find("layer 1/y").unwrap();
        assert_eq!(found, graph.find("y").unwrap().value());
    }
}
