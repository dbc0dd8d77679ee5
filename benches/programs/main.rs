//! Times programs, compiled once and replayed, against the same work by hand. One table; each line takes turns with its
//! floor.
//!
//! `cargo bench -p chainrule-benches --bench programs` prints it. `-- --quick` takes few samples and small graphs,
//! `-- --growth` prints how time and memory grow instead, `-- --only NAME` prints one section, `-- --seconds S` spends `S`
//! seconds on each line, `-- --stretch S` lets each work run alone for `S` seconds in each turn, and `-- --json` prints the
//! lines for other programs.
//!
//! Times and the first ratio are those of the fastest samples; the second ratio is that of the medians. Absolute times
//! differ between machines, so compare ratios.

mod big_graphs;
mod bundle_adjustment;
mod bundle_by_hand;
#[path = "../formulas/by_hand.rs"]
mod by_hand;
mod determinant;
mod digits;
mod elementary;
#[path = "../formulas/mod.rs"]
mod formulas;
mod gaussian_mixture;
mod graphs;
mod growth;
mod interpreter;
mod k_means;
mod least_squares;
mod log_sum_exp;
mod moons;
mod numbers;
#[path = "../formulas/predators.rs"]
mod predators;
mod processor;
mod race;
mod recurrence;
mod rosenbrock;
mod runge_kutta;
mod skeleton;
mod skeleton_by_hand;
mod start;
mod table;
mod triangular;
mod two_layer;
mod value_and_gradient;

use race::Race;
use serde_json::{Value, json};
use table::Line;

/// A part of the table: its name, and the function that makes its lines.
type Section = (&'static str, fn(Race) -> Vec<Line>);

const SECTIONS: [Section; 17] = [
    ("moons", moons::lines),
    ("two-layer", two_layer::lines),
    ("digits", digits::lines),
    ("rosenbrock", rosenbrock::lines),
    ("mixture", gaussian_mixture::lines),
    ("least-squares", least_squares::lines),
    ("log-sum-exp", log_sum_exp::lines),
    ("triangular", triangular::lines),
    ("k-means", k_means::lines),
    ("recurrence", recurrence::lines),
    ("runge-kutta", runge_kutta::lines),
    ("determinant", determinant::lines),
    ("skeleton", skeleton::lines),
    ("bundle", bundle_adjustment::lines),
    ("start", start::lines),
    ("graphs", big_graphs::lines),
    ("elementary", elementary::lines),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let place = |name: &str| arguments.iter().position(|argument| argument == name);
    // `cargo test -p chainrule-benches --benches` runs this too, without `--bench`. Then one run is enough.
    let quick = place("--quick").is_some() || place("--bench").is_none();
    let given = |name: &str| place(name).and_then(|place| arguments.get(place + 1));
    let seconds = |name: &str| given(name).map(|text| text.parse().expect("a number of seconds"));
    let race = Race {
        budget: seconds("--seconds").unwrap_or(if quick { 0.0 } else { 2.0 }),
        stretch: seconds("--stretch").unwrap_or(0.0),
        quick,
    };
    let only = given("--only");
    let lines: Vec<Line> = if place("--growth").is_some() {
        growth::lines(race)
    } else {
        let sections = SECTIONS.iter();
        sections
            .filter(|(name, _)| only.is_none_or(|only| only == name))
            .flat_map(|(_, lines)| lines(race))
            .collect()
    };
    let processor = processor::description();
    if place("--json").is_some() {
        let lines: Value = lines.iter().map(Line::json).collect();
        println!("{}", json!({ "processor": processor, "lines": lines }));
    } else {
        println!("{processor}\n{}\n", race.description());
        table::print(&lines);
    }
}
