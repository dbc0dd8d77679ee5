//! Compares chainrule with other Rust crates for automatic differentiation: the same formulas, in turns, in one run.
//!
//! `cargo run --release` prints the table. `cargo run --release -- --quick` takes few samples, as a trial run.

#[path = "../../formulas/mod.rs"]
mod formulas;
#[path = "../../formulas/timing.rs"]
mod timing;

mod forward;
mod numbers;

use std::time::Instant;

use RustQuant_autodiff::Accumulate;
use chainrule::{Gradients, Var, tape};
use formulas::{
    CHAIN_AT, LINK, Number, Row, chain, moons, moons_loss, moons_loss_of_sums, parameters,
    rosenbrock, rosenbrock_at, seconds,
};
use num_dual::DualSVec64;
use timing::{Case, medians};

/// The seconds of recording, of sweeping and reading the gradient, and of freeing.
type Phases = [f64; 3];

/// A formula that every tape can record.
trait Formula {
    fn at<S: Number>(&self, x: &[S]) -> S;
}

struct Chain(usize);
struct Moons(Vec<Row>);
struct Rosenbrock;

impl Formula for Chain {
    fn at<S: Number>(&self, x: &[S]) -> S {
        chain([x[0], x[1], x[2]], self.0)
    }
}

impl Formula for Moons {
    fn at<S: Number>(&self, x: &[S]) -> S {
        moons_loss(x, &self.0)
    }
}

impl Formula for Rosenbrock {
    fn at<S: Number>(&self, x: &[S]) -> S {
        rosenbrock(x)
    }
}

/// The result of a tape: the value and gradient, the number of nodes, and the times.
struct Run {
    value: f64,
    gradient: Vec<f64>,
    nodes: usize,
    phases: Phases,
}

fn with_chainrule(grads: &mut Gradients, at: &[f64], formula: impl FnOnce(&[Var]) -> Var) -> Run {
    let mut end = None;
    let before = tape::stats().nodes;
    let mut run = tape::scope(|| {
        let (record, (x, y)) = seconds(|| {
            let x: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
            let y = formula(&x);
            (x, y)
        });
        let (sweep, gradient) = seconds(|| {
            grads.sweep(&[(y, 1.0)]);
            grads.of(&x)
        });
        let nodes = tape::stats().nodes - before;
        end = Some(Instant::now());
        Run {
            value: y.value(),
            gradient,
            nodes,
            phases: [record, sweep, 0.0],
        }
    });
    run.phases[2] = end.map_or(0.0, |end| end.elapsed().as_secs_f64());
    run
}

fn with_rustquant(graph: &RustQuant_autodiff::Graph, at: &[f64], formula: &impl Formula) -> Run {
    use RustQuant_autodiff::Gradient;

    let (record, (x, y)) = seconds(|| {
        let x = graph.vars(at);
        let y = formula.at(&x);
        (x, y)
    });
    let (sweep, gradient) = seconds(|| y.accumulate().wrt(&x));
    let nodes = graph.len();
    let (free, ()) = seconds(|| graph.clear());
    Run {
        value: y.value,
        gradient,
        nodes,
        phases: [record, sweep, free],
    }
}

fn with_reverse(tape: &reverse::Tape, at: &[f64], formula: &impl Formula) -> Run {
    use reverse::Gradient;

    let (record, (x, y)) = seconds(|| {
        let x = tape.add_vars(at);
        let y = formula.at(&x);
        (x, y)
    });
    let (sweep, gradient) = seconds(|| y.grad().wrt(&x));
    let nodes = tape.len();
    let (free, ()) = seconds(|| tape.clear());
    Run {
        value: y.val(),
        gradient,
        nodes,
        phases: [record, sweep, free],
    }
}

fn with_echidna(tape: &mut echidna::tape::Tape<f64>, at: &[f64], formula: &impl Formula) -> Run {
    use echidna::tape::TapeGuard;

    let (record, y) = seconds(|| {
        let x: Vec<_> = at
            .iter()
            .map(|&value| {
                let (index, value) = tape.new_variable(value);
                echidna::Reverse::from_tape(value, index)
            })
            .collect();
        let _active = TapeGuard::new(tape);
        formula.at(&x)
    });
    let (sweep, (gradient, nodes)) = seconds(|| {
        let adjoints = tape.reverse(y.index());
        (adjoints[..at.len()].to_vec(), adjoints.len())
    });
    let (free, ()) = seconds(|| tape.clear());
    Run {
        value: numbers::value_of(y),
        gradient,
        nodes,
        phases: [record, sweep, free],
    }
}

fn with_num_dual(at: &[f64; 10], formula: &impl Formula) -> Run {
    let at = nalgebra::SVector::<f64, 10>::from(*at);
    let (time, (value, gradient)) = seconds(|| {
        num_dual::gradient(
            |x: nalgebra::SVector<DualSVec64<10>, 10>| formula.at(x.as_slice()),
            &at,
        )
    });
    Run {
        value,
        gradient: gradient.as_slice().to_vec(),
        nodes: 0,
        phases: [time, 0.0, 0.0],
    }
}

/// Prints the table of one piece of work: nanoseconds per operation for every tape, and our time ÷ its time.
fn table(
    title: &str,
    operations: usize,
    at: &[f64],
    formula: &impl Formula,
    samples: usize,
    runs: usize,
) {
    let mut grads = Gradients::new();
    let graph = RustQuant_autodiff::Graph::new();
    let other = reverse::Tape::new();
    let mut third = echidna::tape::Tape::new();

    let expected = with_chainrule(&mut grads, at, |x| formula.at(x));
    let mut nodes = vec![expected.nodes];
    for run in [
        with_rustquant(&graph, at, formula),
        with_reverse(&other, at, formula),
        with_echidna(&mut third, at, formula),
    ] {
        agree(&expected, &run);
        nodes.push(run.nodes);
    }
    let mut cases: Vec<Case<'_, 3>> = vec![
        (
            "chainrule",
            Box::new(|| with_chainrule(&mut grads, at, |x| formula.at(x)).phases),
        ),
        (
            "RustQuant",
            Box::new(|| with_rustquant(&graph, at, formula).phases),
        ),
        (
            "reverse",
            Box::new(|| with_reverse(&other, at, formula).phases),
        ),
        (
            "echidna",
            Box::new(|| with_echidna(&mut third, at, formula).phases),
        ),
    ];
    let ten: Result<[f64; 10], _> = at.try_into();
    if let Ok(ten) = ten {
        let run = with_num_dual(&ten, formula);
        agree(&expected, &run);
        nodes.push(0);
        cases.push((
            "num-dual, forward",
            Box::new(move || with_num_dual(&ten, formula).phases),
        ));
    }
    print(
        title,
        operations,
        &nodes,
        &cases_of(&mut cases, samples, runs),
    );
}

/// Prints the network's step with one node per sum or dot product, beside the step with sums and products of two.
fn moons_table(samples: usize, runs: usize) {
    let (at, formula) = (parameters(), Moons(moons()));
    let operations = {
        let mut grads = Gradients::new();
        with_chainrule(&mut grads, &at, |x| formula.at(x)).nodes
    };
    table(
        "moons step, sums and products of two",
        operations,
        &at,
        &formula,
        samples,
        runs,
    );

    let (mut grads, graph) = (Gradients::new(), RustQuant_autodiff::Graph::new());
    let ours = with_chainrule(&mut grads, &at, |x| moons_loss_of_sums(x, &formula.0));
    let theirs = with_rustquant(&graph, &at, &formula);
    agree(&ours, &theirs);
    let nodes = [ours.nodes, theirs.nodes];
    let mut cases: Vec<Case<'_, 3>> = vec![
        (
            "chainrule, dot and sum",
            Box::new(|| {
                with_chainrule(&mut grads, &at, |x| moons_loss_of_sums(x, &formula.0)).phases
            }),
        ),
        (
            "RustQuant, as above",
            Box::new(|| with_rustquant(&graph, &at, &formula).phases),
        ),
    ];
    let rows = cases_of(&mut cases, samples, runs);
    print("moons step, one node per sum", operations, &nodes, &rows);
}

fn cases_of<'a>(cases: &mut [Case<'a, 3>], samples: usize, runs: usize) -> Vec<(&'a str, Phases)> {
    let medians = medians(samples, runs, cases);
    cases.iter().map(|(name, _)| *name).zip(medians).collect()
}

fn print(title: &str, operations: usize, nodes: &[usize], rows: &[(&str, Phases)]) {
    let whole = |phases: &Phases| phases.iter().sum::<f64>();
    let ours = whole(&rows[0].1);
    println!("\n{title}: {operations} operations");
    println!(
        "| {:22} | {:>9} | {:>10} | {:>8} | {:>8} | {:>8} | {:>11} |",
        "", "nodes", "record ns", "sweep ns", "free ns", "whole µs", "ours ÷ this"
    );
    println!(
        "|{}|",
        [
            "-".repeat(24),
            "-".repeat(11),
            "-".repeat(12),
            "-".repeat(10),
            "-".repeat(10),
            "-".repeat(10),
            "-".repeat(13)
        ]
        .join("|")
    );
    for ((name, phases), nodes) in rows.iter().zip(nodes) {
        let [record, sweep, free] = phases.map(|phase| phase * 1e9 / operations as f64);
        println!(
            "| {name:22} | {nodes:9} | {record:10.2} | {sweep:8.2} | {free:8.2} | {:8.4} | {:11.2} |",
            whole(phases) * 1e6,
            ours / whole(phases),
        );
    }
}

/// Asserts that two crates computed the same result.
fn agree(a: &Run, b: &Run) {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * (1.0 + a.abs());
    assert!(
        close(a.value, b.value),
        "values {} and {}",
        a.value,
        b.value
    );
    assert_eq!(a.gradient.len(), b.gradient.len());
    for (a, b) in a.gradient.iter().zip(&b.gradient) {
        assert!(close(*a, *b), "derivatives {a} and {b}");
    }
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let samples = if quick { 3 } else { 15 };
    for (nodes, runs) in [(1_000, 200), (1_000_000, 1)] {
        table(
            "chain",
            nodes / LINK * LINK,
            &CHAIN_AT,
            &Chain(nodes),
            samples,
            runs,
        );
    }
    moons_table(samples, 4);
    for (n, runs) in [(10, 2000), (1000, 20), (100_000, 1)] {
        let title = format!("Rosenbrock, n = {n}");
        table(
            &title,
            8 * (n - 1) - 1,
            &rosenbrock_at(n),
            &Rosenbrock,
            samples,
            runs,
        );
    }
    forward::tables(samples);
}
