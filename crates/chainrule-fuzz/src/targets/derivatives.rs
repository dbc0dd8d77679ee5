//! Every mode of differentiation against every other, of expressions and of gradients inside of functions.

use chainrule::strategies::{self, Disagreement, Expression};
use chainrule::{Dual, Lanes, Var, derive};
use proptest::prelude::{any, prop_assert};
use proptest::test_runner::{TestCaseError, TestRunner};

use super::{check, same};

/// Random expressions at any point.
pub(super) fn modes(runner: &mut TestRunner) -> Result<(), String> {
    check(runner, &Expression::any(16, false), |e| {
        let plain = e.evaluate(e.inputs());
        let duals: Vec<Dual<f64>> = e.inputs().iter().map(|&x| Dual::variable(x)).collect();
        prop_assert!(same(e.evaluate(&duals).value, plain));
        let lanes: Vec<Lanes<2>> = e.inputs().iter().map(|&x| Lanes([x, x])).collect();
        prop_assert!(e.evaluate(&lanes).0.iter().all(|&lane| same(lane, plain)));
        agree(|x| e.evaluate(x), e.inputs())
    })
}

/// Functions that compute with gradients of functions, up to two deep.
pub(super) fn nested(runner: &mut TestRunner) -> Result<(), String> {
    let strategy = (
        Expression::any(6, false),
        Expression::any(6, false),
        any::<bool>(),
    );
    check(runner, &strategy, |(inner, outer, twice)| {
        let gradient = |x: &[Var]| derive::recorded::gradient(|x| inner.evaluate(x), x);
        let f = |x: &[Var]| {
            let slopes = if twice {
                derive::recorded::gradient(|x| gradient(x).into_iter().sum(), x)
            } else {
                gradient(x)
            };
            let count = outer.inputs().len();
            let inputs: Vec<Var> = slopes
                .into_iter()
                .chain(x.iter().copied())
                .cycle()
                .take(count)
                .collect();
            outer.evaluate(&inputs)
        };
        agree(f, inner.inputs())
    })
}

/// Compares every mode. Derivatives that differ from difference quotients are no failure, because random functions have corners
/// that meet, products that underflow, and declared slopes.
fn agree(f: impl Fn(&[Var]) -> Var, x: &[f64]) -> Result<(), TestCaseError> {
    match strategies::agree(f, x) {
        Ok(()) | Err(Disagreement::Quotients(_)) => Ok(()),
        Err(wrong) => Err(TestCaseError::fail(wrong.to_string())),
    }
}
