//! One table of the costs of recording, sweeping, ordering and freeing, compared with the same work by hand.
//!
//! `cargo bench -p chainrule-benches --bench report` prints it. `-- --quick` takes few samples and skips the largest
//! graphs. Times are medians of samples taken in turns. Absolute times differ between machines, so compare ratios.

#[path = "formulas/by_hand.rs"]
mod by_hand;
mod formulas;
#[path = "formulas/timing.rs"]
mod timing;

use std::hint::black_box;

use by_hand::{chain_by_hand, moons_by_hand, rosenbrock_by_hand, step};
use chainrule::{Gradients, Node, Var, tape};
use formulas::{
    CHAIN_AT, LINK, chain, moons, moons_loss, moons_loss_of_sums, parameters, rosenbrock,
    rosenbrock_at, seconds,
};
use timing::{Case, medians};

/// A line of the table: the seconds of recording, sweeping and freeing, and those of the same work by hand.
struct Line {
    title: String,
    nodes: usize,
    phases: [f64; 3],
    by_hand: f64,
    bytes: usize,
}

/// Times one piece of work on the tape and by hand, in turns.
fn line(
    title: impl Into<String>,
    (samples, runs): (usize, usize),
    at: &[f64],
    formula: impl Fn(&[Var]) -> Var,
    mut by_hand: impl FnMut(),
) -> Line {
    let mut grads = Gradients::new();
    let stats = {
        let (graph, _) = tape::record(|| {
            let x: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
            formula(&x)
        });
        graph.stats()
    };
    let mut cases: Vec<Case<'_, 3>> = vec![
        ("tape", Box::new(|| step(&mut grads, at, &formula))),
        ("by hand", Box::new(|| [seconds(&mut by_hand).0, 0.0, 0.0])),
    ];
    let medians = medians(samples, runs, &mut cases);
    Line {
        title: title.into(),
        nodes: stats.nodes,
        phases: medians[0],
        by_hand: medians[1][0],
        // Besides its place in the graph, a node has an adjoint and a generation in the gradients.
        bytes: stats.bytes + stats.nodes * (size_of::<f64>() + size_of::<u32>()),
    }
}

/// The seconds for ordering a chain whose order is not yet known.
fn order(nodes: usize, samples: usize) -> f64 {
    let (graph, (x, y)) = tape::record(|| {
        let x = CHAIN_AT.map(Var::new);
        (x[0], chain(x, nodes))
    });
    let [x, y] = [x, y].map(|x| x.key().expect("a node"));
    let mut run = || {
        graph.order(&[x]); // replaces the order kept from the last run
        [seconds(|| graph.order(&[y])).0]
    };
    medians(samples, 1, &mut [("order", Box::new(&mut run))])[0][0]
}

fn print(lines: &[Line]) {
    println!(
        "| {:27} | {:>8} | {:>9} | {:>8} | {:>7} | {:>12} | {:>12} | {:>8} | {:>10} |",
        "ns per node",
        "nodes",
        "record",
        "sweep",
        "free",
        "whole µs",
        "by hand µs",
        "ratio",
        "bytes held"
    );
    println!(
        "|{}",
        [
            "-".repeat(29),
            "-".repeat(10),
            "-".repeat(11),
            "-".repeat(10),
            "-".repeat(9),
            "-".repeat(14),
            "-".repeat(14),
            "-".repeat(10),
            "-".repeat(12)
        ]
        .join("|")
            + "|"
    );
    for line in lines {
        let [record, sweep, free] = line.phases.map(|phase| phase * 1e9 / line.nodes as f64);
        let whole: f64 = line.phases.iter().sum();
        println!(
            "| {:27} | {:8} | {record:9.2} | {sweep:8.2} | {free:7.2} | {:12.3} | {:12.3} | {:8.1} | {:10.1} |",
            line.title,
            line.nodes,
            whole * 1e6,
            line.by_hand * 1e6,
            whole / line.by_hand,
            line.bytes as f64 / line.nodes as f64,
        );
    }
}

/// Asserts that the work by hand is the same: its gradient must be the tape's.
fn check(at: &[f64], formula: impl Fn(&[Var]) -> Var, gradient: &[f64]) {
    let on_tape = tape::scope(|| {
        let x: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
        formula(&x).backward().of(&x)
    });
    for (a, b) in on_tape.iter().zip(gradient) {
        assert!(
            (a - b).abs() <= 1e-9 * (1.0 + a.abs()),
            "{a} on the tape, {b} by hand"
        );
    }
}

fn check_all() {
    let (_, gradient) = chain_by_hand(CHAIN_AT, 1000, &mut Vec::new());
    check(&CHAIN_AT, |x| chain([x[0], x[1], x[2]], 1000), &gradient);
    let at = rosenbrock_at(100);
    let mut gradient = vec![0.0; at.len()];
    rosenbrock_by_hand(&at, &mut gradient);
    check(&at, rosenbrock, &gradient);
    let (rows, at) = (moons(), parameters());
    let mut gradient = vec![0.0; at.len()];
    moons_by_hand(&at, &rows, &mut gradient);
    check(&at, |p| moons_loss(p, &rows), &gradient);
    check(&at, |p| moons_loss_of_sums(p, &rows), &gradient);
}

fn main() {
    check_all();
    // `cargo test -p chainrule-benches --benches` runs this too, without `--bench`. Then one run is enough.
    let arguments: Vec<String> = std::env::args().collect();
    let given = |name: &str| arguments.iter().any(|argument| argument == name);
    let quick = given("--quick") || !given("--bench");
    let samples = if quick { 1 } else { 15 };

    let mut lines = Vec::new();
    let mut orders = Vec::new();
    let largest = if quick { 4 } else { 7 };
    for exponent in 3..=largest {
        let nodes = 10_usize.pow(exponent);
        let samples = if exponent == 7 { 3 } else { samples };
        let runs = (100_000 / nodes).max(1);
        let mut kept = Vec::new();
        lines.push(line(
            format!("chain, 10^{exponent}"),
            (samples, runs),
            &CHAIN_AT,
            |x| chain([x[0], x[1], x[2]], nodes),
            || {
                _ = black_box(chain_by_hand(
                    black_box(CHAIN_AT),
                    nodes / LINK * LINK,
                    &mut kept,
                ));
            },
        ));
        orders.push((exponent, order(nodes, samples) * 1e9 / nodes as f64));
    }
    for (n, runs) in [(10, 2000), (1000, 20), (100_000, 1)] {
        if n == 100_000 && quick {
            continue;
        }
        let at = rosenbrock_at(n);
        let mut gradient = vec![0.0; n];
        lines.push(line(
            format!("Rosenbrock, n = {n}"),
            (samples, runs),
            &at,
            rosenbrock,
            || _ = black_box(rosenbrock_by_hand(black_box(&at), &mut gradient)),
        ));
    }
    let (rows, at) = (moons(), parameters());
    let mut gradient = vec![0.0; at.len()];
    let mut by_hand = || _ = black_box(moons_by_hand(black_box(&at), &rows, &mut gradient));
    lines.push(line(
        "moons, sums of two",
        (samples, 4),
        &at,
        |p| moons_loss(p, &rows),
        &mut by_hand,
    ));
    lines.push(line(
        "moons, dot and sum",
        (samples, 4),
        &at,
        |p| moons_loss_of_sums(p, &rows),
        &mut by_hand,
    ));

    print(&lines);
    println!("\norder, not kept, ns per node:");
    for (exponent, nanoseconds) in orders {
        println!("| chain, 10^{exponent} | {nanoseconds:6.2} |");
    }
    println!(
        "\nA node is {} bytes in the graph; the bytes held include spare capacity, and an adjoint and a generation per node.",
        size_of::<Node>() + align_of::<Node>()
    );
}
