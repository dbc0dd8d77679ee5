//! Rosenbrock's function: value and gradient at a point.

use std::hint::black_box;

use chainrule::{Level, Program};

use crate::by_hand::rosenbrock_by_hand;
use crate::formulas::{rosenbrock, rosenbrock_at};
use crate::numbers::check;
use crate::race::Race;
use crate::table::{Line, Target};

/// The number of coordinates, and the largest allowed ratio to the loop by hand.
const CASES: [(usize, f64); 4] = [(10, 2.0), (50, 2.0), (1000, 1.5), (100_000, 1.5)];

pub(crate) fn lines(race: Race) -> Vec<Line> {
    CASES
        .into_iter()
        .flat_map(|(n, target)| case(race, n, target))
        .collect()
}

fn case(race: Race, n: usize, target: f64) -> [Line; 2] {
    let at = rosenbrock_at(n);
    let exact = Program::trace(n, rosenbrock).expect("a program");
    let mut gradient = vec![0.0; n];
    let value = rosenbrock_by_hand(&at, &mut gradient);
    let mut evaluators = [&exact, &exact.at_level(Level::Fast)].map(Program::evaluator);
    for evaluator in &mut evaluators {
        check(evaluator.gradient(&at).expect("a gradient").1, &gradient);
    }
    let [exact, fast] = &mut evaluators;
    let [exact, fast, hand] = race.run([
        &mut || _ = exact.gradient(&at).expect("a gradient"),
        &mut || _ = fast.gradient(&at).expect("a gradient"),
        &mut || _ = black_box(rosenbrock_by_hand(black_box(&at), &mut gradient)),
    ]);
    [("", "Exact", exact), ("-fast", "Fast", fast)].map(|(suffix, level, ours)| {
        Line::new(
            format!("rosenbrock-{n}{suffix}"),
            format!("Rosenbrock, n = {n}, {level}"),
            ours,
        )
        .beside("loop by hand", hand)
        .target(Target::Ratio(target))
        .check(value)
    })
}
