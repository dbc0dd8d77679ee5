//! Tests laws over random graphs of every operation: every mode against every other.

use chainrule::op::Law;
use chainrule::{Dual, Lanes, Var, tape};
use petgraph::algo::toposort;
use petgraph::visit::DfsPostOrder;
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::Expression;
use crate::scale::Scale;

fn inputs(expression: &Expression) -> Vec<Var> {
    expression.inputs.iter().map(|&x| Var::new(x)).collect()
}

/// Whether slopes are declared that differ from the value's. Then the order of differentiation matters.
pub(crate) fn declares_slopes(e: &Expression) -> bool {
    let declared = |law: &Law| matches!(law, Law::Stop | Law::Declared);
    e.steps
        .iter()
        .any(|(op, _)| op.row().laws.iter().any(declared))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn values_are_the_same_bits_in_every_mode(e in Expression::any(12, false)) {
        let plain = e.evaluate(&e.inputs);
        let lanes: Vec<Lanes<3>> = e.inputs.iter().map(|&x| Lanes([x, 0.5, x])).collect();
        let duals: Vec<Dual<f64>> = e.inputs.iter().map(|&x| Dual::variable(x)).collect();
        let recorded = tape::scope(|| e.evaluate(&inputs(&e)).value());
        prop_assert!(same(recorded, plain), "recorded {recorded:e}, plain {plain:e}");
        prop_assert!(same(e.evaluate(&duals).value, plain));
        let Lanes([first, middle, last]) = e.evaluate(&lanes);
        prop_assert!(same(first, plain) && same(last, plain));
        prop_assert!(same(middle, e.evaluate(&vec![0.5; e.inputs.len()])));
    }

    #[test]
    fn recorded_gradient_is_the_swept_one_bit_for_bit(e in Expression::any(12, false)) {
        tape::scope(|| {
            let xs = inputs(&e);
            let y = e.evaluate(&xs);
            let swept = y.backward();
            let recorded = y.gradient(&xs);
            for (i, (&x, dx)) in xs.iter().zip(&recorded).enumerate() {
                prop_assert!(same(swept[x], dx.value()), "with respect to v{i}: swept {:e}, recorded {:e}", swept[x], dx.value());
            }
            Ok(())
        })?;
    }

    #[test]
    fn recorded_second_gradient_is_swept_bit_for_bit(e in Expression::any(6, false)) {
        tape::scope(|| {
            let xs = inputs(&e);
            let y = e.evaluate(&xs);
            let total: Var = y.gradient(&xs).into_iter().sum();
            let swept = total.backward();
            for (&x, dx) in xs.iter().zip(total.gradient(&xs)) {
                prop_assert!(same(swept[x], dx.value()));
            }
            Ok(())
        })?;
    }

    #[test]
    fn forward_agrees_with_reverse_to_rounding(e in Expression::any(12, true)) {
        let (graph, (xs, y)) = tape::record(|| {
            let xs = inputs(&e);
            let y = e.evaluate(&xs);
            (xs, y)
        });
        let reverse = graph.backward(&[(y, 1.0)]);
        let scale = Scale::of(&graph, y);
        for (i, &x) in xs.iter().enumerate() {
            let forward = e.evaluate(&along(&e.inputs, i)).tangent;
            // Each path's product is rounded once per node in either mode.
            let rounding = 4.0 * f64::EPSILON * scale.nodes as f64 * scale.by(x);
            let bound = rounding + scale.underflow.max(f64::MIN_POSITIVE);
            if scale.by(x) < 1e290 {
                prop_assert!((forward - reverse[x]).abs() <= bound, "with respect to v{i}: forward {forward:e}, reverse {:e}", reverse[x]);
            }
        }
    }

    #[test]
    fn lanes_of_tangents_have_the_bits_of_single_ones(e in Expression::any(12, false), direction in prop::collection::vec(-2.0..2.0, 3)) {
        let plain = e.evaluate(&along(&e.inputs, 0)).tangent;
        let straight: Vec<Dual<f64>> = e.inputs.iter().zip(&direction)
            .map(|(&value, &tangent)| Dual { value, tangent }).collect();
        let lanes: Vec<Dual<Lanes<3>>> = along(&e.inputs, 0).iter().zip(&straight)
            .map(|(first, straight)| Dual {
                value: Lanes([first.value; 3]),
                tangent: Lanes([first.tangent, 0.0, straight.tangent]),
            })
            .collect();
        let Lanes([first, none, last]) = e.evaluate(&lanes).tangent;
        let straight = e.evaluate(&straight).tangent;
        prop_assert!(same(first, plain), "{first:e}, {plain:e}");
        prop_assert!(same(last, straight), "{last:e}, {straight:e}");
        prop_assert!(none == 0.0, "{none:e}");
    }

    #[test]
    fn orders_are_topological_and_agree(e in Expression::any(20, false)) {
        let (graph, y) = tape::record(|| e.evaluate(&inputs(&e)));
        let Some(output) = y.key() else { return Ok(()) };
        let order = graph.order(&[output]);
        let place = |key| order.iter().position(|&other| other == key);
        for &key in order.iter() {
            for &operand in graph[key].operands() {
                prop_assert!(place(operand) < place(key));
            }
        }
        prop_assert_eq!(order.last(), Some(&output));

        // petgraph's own toposort lists the whole graph, results first. The cone contains only the output's dependencies.
        let all = toposort(&graph.consumers(), None).expect("a graph of values has no cycle");
        prop_assert_eq!(all.len(), graph.stats().nodes);
        let rank = |key| all.iter().position(|&other| other == key).unwrap();
        for (key, node) in graph.iter() {
            for &operand in node.operands() {
                prop_assert!(rank(key) < rank(operand));
            }
        }
        let mut search = DfsPostOrder::new(&graph, output);
        let mut cone = Vec::new();
        while let Some(key) = search.next(&graph) {
            cone.push(key);
        }
        prop_assert_eq!(&cone[..], &order[..]);
    }
}

/// The inputs, with the direction of input `i`.
fn along(inputs: &[f64], i: usize) -> Vec<Dual<f64>> {
    let seed = |(k, &value)| {
        if k == i {
            Dual::variable(value)
        } else {
            Dual::constant(value)
        }
    };
    inputs.iter().enumerate().map(seed).collect()
}

/// What the operations that jump give at these inputs: the values, and of remainders the slopes, as bits.
fn piece(e: &Expression, at: &[f64]) -> Vec<u64> {
    if e.steps
        .iter()
        .all(|(op, _)| !op.row().laws.contains(&Law::Breaks))
    {
        return Vec::new();
    }
    let (graph, _) =
        tape::record(|| e.evaluate(&at.iter().map(|&x| Var::new(x)).collect::<Vec<_>>()));
    let mut numbers = Vec::new();
    for (_, node) in graph.iter() {
        let laws = node.op().row().laws;
        if laws.contains(&Law::Remainder) {
            let operands: Vec<f64> = node
                .operands()
                .iter()
                .map(|&key| graph[key].value())
                .collect();
            numbers.extend(node.op().partials(&operands, node.value()));
        } else if laws.contains(&Law::Breaks) && laws.contains(&Law::Blocks) {
            numbers.push(node.value());
        }
    }
    numbers.into_iter().map(f64::to_bits).collect()
}

#[test]
fn central_differences_agree_within_their_error() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};

    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let strategy = Expression::any(8, true);
    let (mut checked, mut telling) = (0, 0);
    for _ in 0..20_000 {
        let e = strategy.new_tree(&mut runner).unwrap().current();
        let (graph, (xs, y)) = tape::record(|| {
            let xs = inputs(&e);
            let y = e.evaluate(&xs);
            (xs, y)
        });
        let grads = graph.backward(&[(y, 1.0)]);
        let scale = Scale::of(&graph, y);
        for (i, &x) in xs.iter().enumerate() {
            let difference = |h: f64| {
                let at = |shift: f64| {
                    let mut moved = e.inputs.clone();
                    moved[i] += shift;
                    e.evaluate(&moved)
                };
                (at(h) - at(-h)) / (2.0 * h)
            };
            let h = 1e-5;
            // A staircase with steps shorter than h looks like a slope.
            let piece = |shift: f64| {
                let mut moved = e.inputs.clone();
                moved[i] += shift;
                piece(&e, &moved)
            };
            let here = piece(0.0);
            if [-h, -h / 2.0, h / 2.0, h]
                .into_iter()
                .any(|shift| piece(shift) != here)
            {
                continue;
            }
            let (coarse, fine) = (difference(h), difference(h / 2.0));
            // The truncation error is the change from halving the step. The noise comes from the last bits of the values.
            let noise = 8.0 * f64::EPSILON * scale.output / h;
            let error = 2.0 * (coarse - fine).abs() + 2.0 * noise + 1e-12;
            checked += 1;
            if !error.is_finite() || !grads[x].is_finite() {
                continue;
            }
            if error < 1e-3 * (1e-3 + grads[x].abs()) {
                telling += 1;
            }
            let declared = declares_slopes(&e);
            assert!(
                declared || (fine - grads[x]).abs() <= error,
                "with respect to v{i}: difference {fine:e}, derivative {:e}, error bound {error:e} of {e:?}",
                grads[x]
            );
        }
    }
    assert!(
        telling * 2 > checked,
        "only {telling} of {checked} differences could tell anything"
    );
}
