//! Tests the lecture's patterns of gradient flow in any graph, with random operations before and after a gate.

use chainrule::{Var, tape};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, prop_assume, proptest};
use proptest::test_runner::Config;

use crate::compare::equal;
use crate::expression::Expression;
use crate::scale::Scale;

/// The operations after a gate.
fn after() -> impl Strategy<Value = Expression> {
    Expression::any(12, true)
}

/// The rest of a graph, computed from the gate's output and other inputs.
fn rest(expression: &Expression, gate: Var) -> Var {
    let mut inputs: Vec<Var> = expression.inputs.iter().map(|&x| Var::new(x)).collect();
    inputs[0] = gate;
    // Uses the gate's output at least once, whatever the expression does.
    expression.evaluate(&inputs) + gate * 0.5
}

/// Upstream times local, where 0 times anything is 0.
fn times(upstream: f64, local: f64) -> f64 {
    if upstream == 0.0 || local == 0.0 {
        return 0.0;
    }
    upstream * local
}

/// Whether two sums of the same terms, of this size, agree.
fn near(a: f64, b: f64, size: f64) -> bool {
    equal(a, b) || (a - b).abs() <= 1e-12 * size
}

proptest! {
    #![proptest_config(Config { cases: 512, failure_persistence: None, ..Config::default() })]

    #[test]
    fn add_distributes(expression in after(), x in -3.0..3.0, y in -3.0..3.0) {
        tape::scope(|| {
            let (x, y) = (Var::new(x), Var::new(y));
            let gate = x + y;
            let grads = rest(&expression, gate).backward();
            prop_assert!(equal(grads[x], grads[gate]));
            prop_assert!(equal(grads[y], grads[gate]));
            Ok(())
        })?;
    }

    #[test]
    fn mul_swaps(expression in after(), x in -3.0..3.0, y in -3.0..3.0) {
        tape::scope(|| {
            let (x, y) = (Var::new(x), Var::new(y));
            let gate = x * y;
            let grads = rest(&expression, gate).backward();
            prop_assert!(equal(grads[x], times(grads[gate], y.value())));
            prop_assert!(equal(grads[y], times(grads[gate], x.value())));
            Ok(())
        })?;
    }

    #[test]
    fn copy_adds(expression in after(), x in -3.0..3.0) {
        // The same graph twice: with one shared value for all its inputs, and with a separate value for each.
        let both = |a: Var, b: Var, c: Var| rest(&expression, a) * 0.5 + b.sin() + c * b;
        let (graph, (shared, copies, once, apart)) = tape::record(|| {
            let shared = Var::new(x);
            let copies = [Var::new(x), Var::new(x), Var::new(x)];
            let once = both(shared, shared, shared);
            (shared, copies, once, both(copies[0], copies[1], copies[2]))
        });
        let found = graph.backward(&[(once, 1.0)])[shared];
        let back = graph.backward(&[(apart, 1.0)]).of(&copies);
        // Large terms may cancel within a copy.
        let size = Scale::of(&graph, once).by(shared);
        prop_assume!(size.is_finite());
        prop_assert!(near(found, back.iter().sum(), size + 1.0), "{} {:?}", found, back);
    }

    #[test]
    fn max_routes(expression in after(), x in -3.0..3.0, y in -3.0..3.0) {
        tape::scope(|| {
            let (x, y) = (Var::new(x), Var::new(y));
            let gate = x.max(y);
            let grads = rest(&expression, gate).backward();
            let (larger, smaller) = if x > y { (x, y) } else { (y, x) };
            if x.value() != y.value() {
                prop_assert!(equal(grads[larger], grads[gate]));
                prop_assert_eq!(grads[smaller], 0.0);
            }
            Ok(())
        })?;
    }

    #[test]
    fn max_divides_a_tie(expression in after(), x in -3.0..3.0) {
        tape::scope(|| {
            let (x, y) = (Var::new(x), Var::new(x));
            let gate = x.max(y);
            let grads = rest(&expression, gate).backward();
            prop_assert!(equal(grads[x], grads[gate] * 0.5));
            prop_assert!(equal(grads[y], grads[gate] * 0.5));
            Ok(())
        })?;
    }
}
