//! Programs of graphs with a million operations, at one point, compared with the simplest interpreter of the same
//! operations.

use chainrule::{Level, Program};

use crate::graphs::{blocks, deep, mixture};
use crate::interpreter::Graph;
use crate::numbers::check;
use crate::race::Race;
use crate::table::{Line, Target};

/// A graph: a short name, a title, its constructor, the target for values in seconds per operation, and for
/// gradients as a ratio to the naive interpreter.
type Case = (&'static str, &'static str, fn(usize) -> Graph, [f64; 2]);

const CASES: [Case; 3] = [
    (
        "graph-mixture",
        "log-sum-exp mixture",
        mixture,
        [1.0e-9, 0.35],
    ),
    (
        "graph-blocks",
        "random blocks of 1000",
        blocks,
        [1.3e-9, 0.25],
    ),
    ("graph-deep", "random deep graph", deep, [3.5e-9, 0.4]),
];

/// The target for compiling, in seconds per operation.
const COMPILE: f64 = 300e-9;

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let ops = if race.quick { 10_000 } else { 1_000_000 };
    CASES
        .iter()
        .flat_map(|case| case_lines(race, case, ops))
        .collect()
}

fn case_lines(race: Race, &(key, title, make, targets): &Case, ops: usize) -> Vec<Line> {
    let graph = make(ops);
    let ops = graph.ops.len();
    let inputs = graph.at.len();
    let program = Program::trace(inputs, |x| graph.record(x)).expect("a program");
    let [compile] = Race {
        budget: 0.0,
        ..race
    }
    .run([&mut || _ = program.at_level(Level::Exact).bytes()]);

    let mut evaluator = program.evaluator();
    let (mut values, mut adjoints) = (Vec::new(), Vec::new());
    graph.forward(&mut values);
    graph.reverse(&values, &mut adjoints);
    let (_, gradient) = evaluator.gradient(&graph.at).expect("a gradient");
    assert!(
        gradient.iter().all(|g| g.is_finite()),
        "{title}: the adjoints overflow"
    );
    check(gradient, &adjoints[..inputs]);

    let (mut other, mut forward_values) = (program.evaluator(), Vec::new());
    let [value, gradient, forward, both] = race
        .run([
            &mut || _ = other.value(&graph.at).expect("a value"),
            &mut || _ = evaluator.gradient(&graph.at).expect("a gradient"),
            &mut || graph.forward(&mut forward_values),
            &mut || {
                graph.forward(&mut values);
                graph.reverse(&values, &mut adjoints);
            },
        ])
        .map(|times| times.per(ops));
    let beside = "naive interpreter";
    let bytes = program.bytes() / ops;
    vec![
        Line::new(
            format!("{key}-value"),
            format!("{title}, value, per op"),
            value,
        )
        .each()
        .beside(beside, forward)
        .target(Target::Absolute(targets[0])),
        Line::new(
            format!("{key}-gradient"),
            format!("{title}, gradient, per op"),
            gradient,
        )
        .each()
        .beside(beside, both)
        .target(Target::Ratio(targets[1])),
        Line::new(
            format!("{key}-compile"),
            format!("{title}, compiling, per op"),
            compile.per(ops),
        )
        .each()
        .target(Target::Absolute(COMPILE)),
        Line::bytes(
            format!("{key}-bytes"),
            format!("{title}, program, per op"),
            bytes,
        ),
    ]
}
