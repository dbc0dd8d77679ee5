//! What is tested, one target per law.

mod derivatives;
mod files;
mod names;
mod programs;
mod saved;

use proptest::strategy::Strategy;
use proptest::test_runner::{TestCaseError, TestRunner};

/// A named test of one case.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Makes one case and tests it; `Err` describes the smallest failure.
    pub(crate) run: fn(&mut TestRunner) -> Result<(), String>,
}

/// All targets.
pub(crate) const TARGETS: &[Target] = &[
    target("modes", derivatives::modes),
    target("nested", derivatives::nested),
    target("outputs", programs::outputs),
    target("transforms", programs::transforms),
    target("sparse", programs::sparse),
    target("csv", files::csv),
    target("checkpoint", files::checkpoint),
    target("names", names::names),
    target("saved-programs", saved::programs),
    target("saved-graphs", saved::graphs),
    target("saved-networks", saved::networks),
    target("formulas", saved::formulas),
];

const fn target(name: &'static str, run: fn(&mut TestRunner) -> Result<(), String>) -> Target {
    Target { name, run }
}

/// Tests one random input. A panic is a failure.
fn check<S: Strategy>(
    runner: &mut TestRunner,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) -> Result<(), String> {
    let result = runner.run(strategy, test);
    result.map_err(|failure| failure.to_string())
}

/// Equal to the last bit; any NaN equals any NaN.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Whether all numbers of both lists are the same.
fn all_same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| same(a, b))
}
