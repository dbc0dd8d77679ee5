//! Tests names, groups and lines of source: on graphs, in programs, and in what says where a number is not finite.

use std::cell::Cell;
use std::error::Error as _;
use std::panic::catch_unwind;

use chainrule::ir::{Ir, Kind};
use chainrule::{
    CallSite, Columns, ErrorKind, Flat, Graph, NodeKey, NonFinite, Operation, Order, Program,
    Transform, Var, derive, tape,
};
use proptest::prelude::*;

use crate::expression::Expression;

/// The line of this file that recorded a value, if it was stored.
fn line(graph: &Graph, x: Var) -> Option<u32> {
    let at = graph.origin(x.key().unwrap()).unwrap().location?;
    assert!(at.file().ends_with("origins.rs"), "{at}");
    Some(at.line())
}

/// Values recorded in every way, each with the line that records it.
#[rustfmt::skip]
fn record_all() -> Vec<(Var, u32)> {
    let (x, here) = (Var::new(0.5), line!());
    let y = Var::new(0.25);
    let mut z = x;
    z += y;
    let mut all = vec![(x, here), (z, here + 3)];
    all.push((x + y, line!()));
    all.push((x * 2.0, line!()));
    all.push((2.0 - x, line!()));
    all.push((-x, line!()));
    all.push((x / y, line!()));
    all.push((x.sin(), line!()));
    all.push((x.powi(3), line!()));
    all.push((x.max(y), line!()));
    all.push((x.mul_add(y, 2.0), line!()));
    all.push((x.less(y).select(x, y), line!()));
    all.push((Var::max_of(&[x, 2.0.into()]), line!()));
    all.push((Var::dot_product(&[x], &[y]).unwrap(), line!()));
    all.push((Var::sum(&[x, y]), line!()));
    all.push((derive::custom(x.exp(), &[(x, y)]), line!()));
    all.push((derive::stop_gradient(x), line!()));
    all.push((x.square().square(), line!()));
    all
}

#[test]
fn every_way_to_record_stores_the_line_of_its_caller() {
    let (graph, values) = tape::record(|| tape::located(record_all));
    for (place, &(x, at)) in values.iter().enumerate() {
        assert_eq!(line(&graph, x), Some(at), "value {place}");
    }
}

#[test]
fn lines_are_stored_only_inside() {
    let mut graph = Graph::new();
    let (a, b, c, d) = graph.record(|| {
        let a = Var::new(1.0);
        let (b, c) = tape::located(|| {
            tape::scope(|| a.exp().ln());
            // Panics leave the switch as it was.
            let inside = tape::record(|| Var::new(2.0));
            assert!(line(&inside.0, inside.1).is_some());
            (a + 1.0, a + 2.0)
        });
        let _ = catch_unwind(|| tape::located(|| panic!("of a user")));
        (a, b, c, a + 3.0)
    });
    assert_eq!(line(&graph, a), None);
    assert_eq!(line(&graph, b), line(&graph, c));
    assert!(line(&graph, b).is_some());
    assert_eq!(line(&graph, d), None);
    let later = tape::located(|| graph.record(|| a * 2.0));
    assert!(line(&graph, later).is_some());
}

#[test]
fn values_are_found_by_name() {
    let (graph, (x, first, second)) = tape::record(|| {
        let x = Var::new(1.0).named("w");
        let neuron = || tape::named("neuron", || Var::new(2.0).named("w"));
        let first = tape::named("layer 1", neuron);
        (x, first, tape::named("layer 2", neuron))
    });
    assert_eq!(graph.find("w").unwrap().key(), x.key());
    assert_eq!(graph.find("layer 1/neuron/w").unwrap().key(), first.key());
    let second_key = second.key();
    assert_eq!(graph.find("layer 2/neuron/w").unwrap().key(), second_key);
    let problem = |path: &str| graph.find(path).unwrap_err().to_string();
    assert_eq!(
        problem("neuron/w"),
        "path: 2 values are named `neuron/w`: `layer 1/neuron/w`, `layer 2/neuron/w`; write the groups before the name"
    );
    assert_eq!(
        problem("b"),
        "path: no value is named `b`; there are `w`, `layer 1/neuron/w`, `layer 2/neuron/w`"
    );
    assert_eq!(problem("euron/w"), problem("b").replace("`b`", "`euron/w`"));
    assert_eq!(
        Graph::new().find("w").unwrap_err().to_string(),
        "path: no value is named `w`: no value has a name"
    );
    let (twice, _) = tape::record(|| [1.0, 2.0].map(|x| Var::new(x).named("x")));
    assert_eq!(
        twice.find("x").unwrap_err().to_string(),
        "path: 2 values are named `x`: `x`, `x`; give each a name or a group of its own"
    );
    let grads = graph.backward(&[(first, 3.0)]);
    let named = graph.named_gradients(&grads);
    assert_eq!(named[1], ("layer 1/neuron/w".to_owned(), 3.0));
    assert_eq!(named.len(), 3);
}

#[test]
fn the_first_value_that_is_not_finite_stops_the_work() {
    let after = Cell::new(false);
    let x = Var::new(0.0);
    let error = tape::check_finite(|| {
        let y = x.ln();
        after.set(true);
        y
    });
    assert!(!after.get());
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NonFinite);
    let found = error.source().unwrap().downcast_ref::<NonFinite>().unwrap();
    assert_eq!(
        (found.operation.op.row().name, found.operation.value),
        ("Ln", f64::NEG_INFINITY)
    );
    assert!(
        found
            .operation
            .origin
            .location
            .as_ref()
            .unwrap()
            .file()
            .ends_with("origins.rs")
    );

    // Afterwards nothing is checked, and the graph is still there.
    assert_eq!((x.ln().exp() + 1.0).value(), 1.0);
    // Other graphs are checked too; an inner check does not disturb an outer one.
    let inner = || tape::record(|| Var::new(f64::NAN));
    assert!(tape::check_finite(inner).is_err());
    let outer = tape::check_finite(|| (tape::check_finite(inner).is_err(), (x + 1.0).value()));
    assert_eq!(outer.unwrap(), (true, 1.0));
    // The user's own panics pass through.
    let payload = catch_unwind(|| tape::check_finite(|| panic!("of a user"))).unwrap_err();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "of a user");
}

#[test]
fn a_long_way_is_told_by_its_ends() {
    for length in [1_u32, 8, 15, 16, 17, 18, 40] {
        let start = Var::new(0.0).recip();
        let y = (0..length).fold(start, |y, step| y + f64::from(step));
        let found = y.first_nonfinite().unwrap();
        let steps: Vec<f64> = found.path.iter().map(|step| step.operands[1]).collect();
        let kept = (0..length).filter(|&step| step < 8 || step + 8 >= length);
        assert_eq!(steps, kept.map(f64::from).collect::<Vec<_>>());
        assert_eq!(found.omitted, length as usize - steps.len());
        let told = format!("… {} more operations", found.omitted);
        assert_eq!(found.to_string().contains(&told), length > 16, "{found}");
    }
}

#[test]
fn a_row_that_is_not_finite_is_named() {
    let f = tape::located(|| {
        Program::trace_rows(&[1.0], 2, |p, row| {
            let scaled = tape::named("scale", || (p[0] / row[0]).named("ratio"));
            [row[1], scaled + row[1]]
        })
    })
    .unwrap();
    let rows = [[1.0, 2.0], [4.0, 1.0], [0.0, 1.0], [0.0, f64::NAN]];
    for order in [Order::RowMajor, Order::ColumnMajor] {
        let mut batch = f.batch(&rows).unwrap().order(order);
        let found = batch.first_nonfinite(&[3.0]).unwrap().unwrap();
        assert_eq!(found.row, Some(2));
        assert_eq!(found.operation.origin.path().unwrap(), "scale/ratio");
        assert!(found.operation.origin.location.is_some());
        let error = batch.check_finite_values(&[3.0]).unwrap_err().to_string();
        assert!(
            error.starts_with("row 2: not finite: Div(3.0, 0.0) = inf, `scale/ratio` at "),
            "{error}"
        );
    }
    let mut finite = f.batch(&rows[..2]).unwrap();
    assert!(finite.first_nonfinite(&[3.0]).unwrap().is_none());
    assert!(finite.check_finite_values(&[3.0]).is_ok());
    assert_eq!(
        finite.first_nonfinite(&[]).unwrap_err().kind(),
        ErrorKind::Length
    );
    // A constant that is not finite, and a search inside a check.
    let constant = Program::trace_at(&[1.0], |x| [x[0], Var::from(f64::NAN)]).unwrap();
    let mut batch = constant.batch(&[[1.0]]).unwrap();
    assert_eq!(
        batch.check_finite_values(&[]).unwrap_err().kind(),
        ErrorKind::NonFinite
    );
    let log = Program::trace_at(&[1.0], |x| x[0].ln()).unwrap();
    let found = tape::check_finite(|| log.first_nonfinite(&[-1.0])).unwrap();
    assert!(found.unwrap().is_some());
    // The rows of a table by columns, and of one without any.
    let columns: [&[f64]; 2] = [&[1.0, 0.0], &[1.0, 1.0]];
    let mut batch = f.batch(&Columns::new(&columns).unwrap()).unwrap();
    assert_eq!(batch.first_nonfinite(&[3.0]).unwrap().unwrap().row, Some(1));
    let mut none = f.batch(&Flat::new(&[], 2).unwrap()).unwrap();
    assert!(none.first_nonfinite(&[3.0]).unwrap().is_none());
}

/// Every value of code at a point.
fn evaluate(ir: &Ir, x: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = Vec::new();
    for id in ir.ids() {
        let operands: Vec<f64> = ir
            .operands(id)
            .iter()
            .map(|&id| values[id as usize])
            .collect();
        values.push(match ir.kind(id) {
            Kind::Input(place) => x[place as usize],
            Kind::Constant(bits) => f64::from_bits(bits),
            Kind::Apply(op) => op.apply(&operands).unwrap(),
            kind => panic!("{kind:?} in code without rows"),
        });
    }
    values
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// The values of an expression, last first, named `v0`, `v1`, … and every second one in a group.
fn named(expression: &Expression, x: &[Var]) -> Vec<Var> {
    let mut values = Vec::new();
    let mut name = |make: &dyn Fn() -> Var| {
        let place = values.len();
        let make = || make().named(format!("v{place}"));
        values.push(if place % 2 == 0 {
            make()
        } else {
            tape::named("odd", make)
        });
        values[place]
    };
    let x: Vec<Var> = x.iter().map(|&x| name(&|| x)).collect();
    expression.evaluate_by(&x, |op, operands| name(&|| op.apply(operands).unwrap()));
    values.reverse();
    values
}

/// The keys of the nodes that a value was computed from, and its own.
fn needed(graph: &Graph, y: Var) -> Vec<NodeKey> {
    let mut keys: Vec<NodeKey> = y.key().into_iter().collect();
    let mut visited = 0;
    while let Some(&key) = keys.get(visited) {
        let operands = graph[key].operands().iter();
        let new: Vec<NodeKey> = operands
            .copied()
            .filter(|key| !keys.contains(key))
            .collect();
        keys.extend(new);
        visited += 1;
    }
    keys
}

proptest! {
    #[test]
    fn names_in_programs_are_those_of_the_values(expression in Expression::any(12, true)) {
        let point = expression.inputs.clone();
        let f = Program::trace_at(&point, |x| named(&expression, x)).unwrap();
        let (graph, _) = tape::record(|| {
            let x: Vec<Var> = point.iter().map(|&x| Var::new(x)).collect();
            named(&expression, &x)
        });
        let on_graph = |path: &str| graph.find(path).unwrap().value();
        let some = f.select(&[f.outputs() / 2]).unwrap();
        let gradient = f.transform(Transform::Gradient).unwrap();
        let programs = [
            some.join(&gradient).unwrap(),
            f.with_respect_to(&[0]).unwrap(),
            f.partials(&[&[0], &[]]).unwrap(),
            some,
            gradient,
            f,
        ];
        for (which, program) in programs.iter().enumerate() {
            let values = evaluate(program.ir(), &point);
            let mut names = 0;
            for id in program.ir().ids() {
                let origin = program.ir().origin(id);
                prop_assert_eq!(origin.node, id as usize);
                if origin.is_derivative {
                    prop_assert!(graph.find(&origin.path().unwrap()).is_ok());
                } else if let Some(path) = origin.path() {
                    names += 1;
                    let (value, expected) = (values[id as usize], on_graph(&path));
                    prop_assert!(same(value, expected), "program {}: {} is {}, not {}", which, path, value, expected);
                }
            }
            let every = graph.named().len();
            prop_assert!(names > 0 || which != 5);
            prop_assert!(names == every || which < 5, "{} of {}", names, every);
        }
    }

    #[test]
    fn what_is_not_finite_is_found_where_it_began(expression in Expression::any(20, false)) {
        let point = &expression.inputs;
        let (graph, (x, y)) = tape::record(|| {
            let x: Vec<Var> = point.iter().map(|&x| Var::new(x)).collect();
            (x.clone(), expression.evaluate(&x))
        });
        let needed = needed(&graph, y);
        let finite = |x: f64| x.is_finite();
        let found = graph.first_nonfinite(&[y]);
        prop_assert_eq!(found.is_none(), needed.iter().all(|&key| finite(graph[key].value())));
        if let Some(found) = &found {
            prop_assert!(!finite(found.operation.value));
            let (_, node) = graph.iter().nth(found.operation.origin.node - 1).unwrap();
            prop_assert!(node.operands().iter().all(|&key| finite(graph[key].value())), "{}", found);
            // Every operation of the way has the value before it as an operand, and the last one is the output.
            let way: Vec<&Operation> = std::iter::once(&found.operation).chain(&found.path).collect();
            for pair in way.windows(2).filter(|_| found.omitted == 0) {
                prop_assert!(pair[1].operands.iter().any(|&x| same(x, pair[0].value)), "{}", found);
            }
            prop_assert!(same(way[way.len() - 1].value, y.value()), "{}", found);
            if !finite(y.value()) {
                prop_assert!(way.iter().all(|operation| !finite(operation.value)), "{}", found);
            }
        }
        let gradients = graph.backward(&[(y, 1.0)]);
        let all = needed.iter().all(|&key| finite(gradients.by_key(key).unwrap()));
        let first = graph.first_nonfinite_gradient(&[(y, 1.0)]);
        prop_assert_eq!(first.is_none(), all);
        if let Some(first) = first {
            let term = first.term.unwrap();
            let partials = first.operation.op.partials(&first.operation.operands, first.operation.value);
            prop_assert!(finite(term.adjoint) && same(partials[term.operand], term.partial));
        }
        // A program says the same.
        let f = Program::compile_graph(&graph, &x, &[y]).unwrap();
        let in_program = f.first_nonfinite(point).unwrap();
        let of = |found: &Option<NonFinite>| {
            found.as_ref().map(|found| (found.operation.op, found.operation.operands.iter().map(|x| x.to_bits()).collect::<Vec<_>>()))
        };
        prop_assert_eq!(of(&in_program), of(&found));
    }
}

/// Letters that readers cannot see, or that break lines or change the direction of the text.
fn hidden() -> impl Strategy<Value = String> {
    let pieces = [
        "\u{202e}",
        "\u{2066}",
        "\u{200b}",
        "\u{feff}",
        "\u{2028}",
        "\n",
        "\u{1b}[2J",
        "w",
        "é",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 1..6)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn texts_with_names_show_hidden_letters(name in hidden(), group in hidden()) {
        let root = |x: &[Var]| {
            tape::named(&*group, || {
                let root = x[0].named(&*name).sqrt().named(&*name);
                tape::named(&*group, || root * 2.0)
            })
        };
        let (graph, (x, y)) = tape::record(|| {
            let x = Var::new(-1.0);
            (x, root(&[x]))
        });
        let explanation = graph.explain(y);
        let report = chainrule::check::gradient(root, &[-1.0]).unwrap();
        let picture = graph.picture(&[y]);
        let shown = [
            graph.origin(x.key().unwrap()).unwrap().to_string(),
            graph.origin(y.key().unwrap()).unwrap().to_string(),
            graph.first_nonfinite(&[y]).unwrap().to_string(),
            explanation.to_string(),
            explanation.html().title(&*name).to_string(),
            report.to_string(),
            picture.to_dot(),
            picture.to_svg(),
            chainrule::Error::argument(&name, &group).to_string(),
            chainrule::Error::data(&name, Some(2), Some(&group), &name).to_string(),
            format!("{:?}", chainrule::Error::length(&name, 2, 3)),
            chainrule::Error::io(std::path::Path::new(&name), std::io::Error::other(&*group)).to_string(),
        ];
        for text in &shown {
            let found = text.chars().find(|c| "\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{1b}".contains(*c));
            prop_assert_eq!(found, None, "{}", text);
        }
        prop_assert!(shown[8..].iter().all(|message| !message.contains('\n')));
        // The name itself keeps its letters.
        prop_assert_eq!(graph.name(x.key().unwrap()), Some(&*name));
    }
}

/// A comparison and a recorded line have the place that stands in for them, and only inside.
#[test]
fn another_place_can_stand_in_for_lines_of_rust() {
    let site = CallSite::new("model.py", 7, 0);
    let place_of = |outside: bool| {
        let f = Program::trace_at(&[1.0], |x| {
            let below = |x: &[Var]| x[0] < 0.0;
            let negative = if outside {
                below(x)
            } else {
                tape::called_from(site.clone(), || below(x))
            };
            if negative { -x[0] } else { x[0] }
        });
        let error = f.unwrap().value(&[-1.0]).unwrap_err();
        error.branch().unwrap().at.clone()
    };
    assert_eq!(place_of(false), site);
    assert!(place_of(true).file().ends_with("origins.rs"));

    // A number that is read, the numbers that derivatives depend on, an index, and the check of an opaque function.
    let reads: [fn(Var) -> f64; 3] = [
        |x| x.value(),
        |x| x.square().backward()[x],
        |x| x.floor_index().unwrap_or(0) as f64,
    ];
    for read in reads {
        let f = Program::trace_at(&[1.0], |x| {
            x[0] * tape::called_from(site.clone(), || read(x[0]))
        });
        let error = f.unwrap().value(&[2.5]).unwrap_err();
        assert_eq!(error.branch().unwrap().at, site);
    }

    let (graph, (inner, outer)) = tape::record(|| {
        tape::located(|| {
            let inner = tape::called_from(site.clone(), || Var::new(1.0));
            (inner, inner + 1.0)
        })
    });
    let place = |x: Var| graph.origin(x.key().unwrap()).unwrap().location.unwrap();
    assert_eq!(place(inner), site);
    assert!(place(outer).file().ends_with("origins.rs"));
}

/// The place is put back after a panic.
#[test]
fn a_panic_ends_the_place_that_stands_in() {
    let site = CallSite::new("model.py", 7, 0);
    let panicked =
        catch_unwind(|| tape::called_from(site, || std::panic::resume_unwind(Box::new(()))));
    assert!(panicked.is_err());
    let f = Program::trace_at(&[1.0], |x| if x[0] < 0.0 { -x[0] } else { x[0] });
    let error = f.unwrap().value(&[-1.0]).unwrap_err();
    assert!(error.branch().unwrap().at.file().ends_with("origins.rs"));
}
