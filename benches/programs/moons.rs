//! A step of training on the moons: a network 2-16-16-1, 100 rows, hinge loss and L2 penalty, with gradient and update.

use std::hint::black_box;

use chainrule::{Level, Program, Var};

use crate::by_hand::moons_by_hand;
use crate::formulas::{L2, LAYERS, Row, moons, moons_loss, moons_loss_of_sums, parameters};
use crate::numbers::{check, descend};
use crate::race::Race;
use crate::table::{Line, Target};

/// So small that both sides stay at their starting point and keep doing the same work.
const RATE: f64 = 1e-12;

/// The loss of one row, including the penalty. Its mean over rows is the loss.
pub(crate) fn program() -> Program {
    Program::trace_rows(&parameters(), 3, |p, row| row_loss(p, row)).expect("a program")
}

fn row_loss(p: &[Var], row: &[Var]) -> Var {
    let mut layer = row[..2].to_vec();
    let mut rest = p;
    for (index, &width) in LAYERS[1..].iter().enumerate() {
        let inputs = layer.len();
        let neurons = rest.chunks_exact(inputs + 1).take(width).map(|neuron| {
            let product = Var::dot_product(&neuron[..inputs], &layer);
            let sum = product.expect("one weight per input") + neuron[inputs];
            let last = index + 2 == LAYERS.len();
            if last { sum } else { sum.relu() }
        });
        layer = neurons.collect();
        rest = &rest[width * (inputs + 1)..];
    }
    let squares = Var::dot_product(p, p).expect("the same length");
    (1.0 - layer[0] * row[2]).relu() + squares * L2
}

pub(crate) fn lines(race: Race) -> Vec<Line> {
    let (rows, start): (Vec<Row>, _) = (moons(), parameters());
    let exact = program();
    let mut lines = Vec::new();
    let mut loss = 0.0;
    for (key, level) in [("moons", Level::Exact), ("moons-fast", Level::Fast)] {
        let program = exact.at_level(level);
        let mut batch = program.batch(&rows).expect("rows").threads(1);
        let (mut p, mut q) = (start.clone(), start.clone());
        let mut gradient = vec![0.0; p.len()];
        let (value, ours) = batch.mean_gradient(&p).expect("a gradient");
        loss = value;
        moons_by_hand(&p, &rows, &mut gradient);
        check(ours, &gradient);
        let [ours, by_hand] = race.run([
            &mut || {
                let (_, gradient) = batch.mean_gradient(&p).expect("a gradient");
                descend(&mut p, gradient, RATE);
            },
            &mut || {
                black_box(moons_by_hand(black_box(&q), &rows, &mut gradient));
                descend(&mut q, &gradient, RATE);
            },
        ]);
        lines.push(
            Line::new(key, format!("moons step, {level:?}"), ours)
                .beside("loop by hand", by_hand)
                .target(Target::Ratio(0.9))
                .check(loss),
        );
    }
    lines.push(one_graph(
        race,
        "moons-sums",
        "sums of two",
        &rows,
        moons_loss,
    ));
    lines.push(one_graph(
        race,
        "moons-dots",
        "dots",
        &rows,
        moons_loss_of_sums,
    ));
    for line in &mut lines[2..] {
        line.check = Some(loss);
    }
    lines
}

/// The loss of all rows traced as one graph of the parameters, with the rows as numbers in it.
fn one_graph(
    race: Race,
    key: &str,
    form: &str,
    rows: &[Row],
    loss: impl Fn(&[Var], &[Row]) -> Var,
) -> Line {
    let p = parameters();
    let program = Program::trace_at(&p, |p| loss(p, rows)).expect("a program");
    let mut at = program.evaluator();
    let mut gradient = vec![0.0; p.len()];
    let (_, ours) = at.gradient(&p).expect("a gradient");
    moons_by_hand(&p, rows, &mut gradient);
    check(ours, &gradient);
    let [ours, by_hand] = race.run([
        &mut || _ = at.gradient(&p).expect("a gradient"),
        &mut || _ = black_box(moons_by_hand(black_box(&p), rows, &mut gradient)),
    ]);
    Line::new(key, format!("moons gradient, one graph of {form}"), ours)
        .beside("loop by hand", by_hand)
}
