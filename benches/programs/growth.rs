//! How time and memory grow with the nodes of a graph, the rows of a batch, and the threads.

use std::hint::black_box;

use chainrule::{Gradients, Program, Var};

use crate::by_hand::{chain_by_hand, step};
use crate::formulas::{CHAIN_AT, chain, parameters, seconds};
use crate::graphs::blocks;
use crate::moons::program;
use crate::numbers::Numbers;
use crate::race::{Race, Times};
use crate::table::{Line, Unit};

/// Graphs with more nodes than this are compiled once.
const LARGE: usize = 200_000;

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let largest = if race.quick { 4 } else { 7 };
    let mut lines = Vec::new();
    for exponent in 3..=largest {
        let nodes = 10_usize.pow(exponent);
        lines.extend(chain_of(race, exponent, nodes));
        lines.extend(blocks_of(race, exponent, nodes));
    }
    let largest = if race.quick { 3 } else { 6 };
    lines.extend((0..=largest).flat_map(|exponent| rows_of(race, exponent)));
    lines
}

/// The worst graph for runs of one operation: each operation needs the one before it.
fn chain_of(race: Race, exponent: u32, nodes: usize) -> Vec<Line> {
    let formula = |x: &[Var]| chain([x[0], x[1], x[2]], nodes);
    let program = Program::trace_at(&CHAIN_AT, formula).expect("a program");
    let mut evaluator = program.evaluator();
    let (mut grads, mut kept) = (Gradients::new(), Vec::new());
    let works = race.run([
        &mut || _ = evaluator.gradient(&CHAIN_AT).expect("a gradient"),
        &mut || _ = step(&mut grads, &CHAIN_AT, formula),
        &mut || _ = black_box(chain_by_hand(black_box(CHAIN_AT), nodes, &mut kept)),
    ]);
    let [ours, tape, hand] = works.map(|times| times.per(nodes));
    let line = |times| {
        Line::new(
            format!("chain-{exponent}"),
            format!("chain of 10^{exponent}, gradient, per node"),
            times,
        )
        .each()
    };
    let mut lines = vec![
        line(ours).beside("tape", tape),
        line(ours).beside("loop by hand", hand),
    ];
    lines.extend(costs(
        race,
        &format!("chain of 10^{exponent}"),
        &program,
        nodes,
    ));
    lines
}

/// Random blocks, with short runs and scattered operands.
fn blocks_of(race: Race, exponent: u32, nodes: usize) -> Vec<Line> {
    let graph = blocks(nodes);
    let nodes = graph.ops.len();
    let program = Program::trace(graph.at.len(), |x| graph.record(x)).expect("a program");
    let mut evaluator = program.evaluator();
    let (mut values, mut adjoints) = (Vec::new(), Vec::new());
    let works = race.run([
        &mut || _ = evaluator.gradient(&graph.at).expect("a gradient"),
        &mut || {
            graph.forward(&mut values);
            graph.reverse(&values, &mut adjoints);
        },
    ]);
    let [ours, naive] = works.map(|times| times.per(nodes));
    let title = format!("blocks, 10^{exponent}");
    let mut lines = vec![
        Line::new(
            format!("blocks-{exponent}"),
            format!("{title}, gradient, per node"),
            ours,
        )
        .each()
        .beside("naive interpreter", naive),
    ];
    lines.extend(costs(race, &title, &program, nodes));
    lines
}

/// The costs of a program before it runs: the time to compile it and its memory, per node.
fn costs(race: Race, title: &str, program: &Program, nodes: usize) -> [Line; 2] {
    let level = program.level();
    let mut compile = || _ = program.at_level(level).bytes();
    // Large graphs take seconds to compile, so short disturbances do not matter and one run is enough.
    let times = if nodes > LARGE {
        Times::once(seconds(compile).0)
    } else {
        let short = Race {
            budget: race.budget.min(0.2),
            ..race
        };
        let [times] = short.run([&mut compile]);
        times
    };
    let key = title.replace([' ', ','], "-");
    [
        Line::new(
            format!("{key}-compile"),
            format!("{title}, compiling, per node"),
            times.per(nodes),
        )
        .each(),
        Line::bytes(
            format!("{key}-bytes"),
            format!("{title}, program, per node"),
            program.bytes() / nodes,
        ),
    ]
}

/// The network of the moons over many rows, with one thread and with two.
fn rows_of(race: Race, exponent: u32) -> [Line; 2] {
    let count = 10_usize.pow(exponent);
    let mut numbers = Numbers::new(7);
    let rows: Vec<[f64; 3]> = (0..count)
        .map(|_| {
            let [x, y] = [numbers.number(), numbers.number()];
            [x, y, if x * y > 0.0 { 1.0 } else { -1.0 }]
        })
        .collect();
    let program = program();
    let p = parameters();
    let [mut one, mut two] =
        [1, 2].map(|threads| program.batch(&rows).expect("rows").threads(threads));
    let works = race.run([
        &mut || _ = one.mean_gradient(&p).expect("a gradient"),
        &mut || _ = two.mean_gradient(&p).expect("a gradient"),
    ]);
    let [one, two] = works.map(|times| times.per(count));
    let line = |key: &str, threads: &str, times| Line {
        unit: Unit::Each,
        ..Line::new(
            format!("rows-{exponent}{key}"),
            format!("moons network, 10^{exponent} rows, per row{threads}"),
            times,
        )
    };
    [
        line("", "", one),
        line("-2", ", two threads", two).beside("ours, one thread", one),
    ]
}
