//! Tests gradients through parts that are not kept, against one recording of everything.

use std::cell::Cell;

use chainrule::derive::{self, Segments, recorded::fresh};
use chainrule::{Var, tape};
use proptest::prelude::*;

use crate::compare::same;
use crate::expression::Expression;

/// A tree of parts: each is an expression of the values so far, preceded by its own parts.
#[derive(Clone, Debug)]
struct Part {
    expression: Expression,
    inner: Vec<Part>,
    /// The indices of its operands among the values so far. An operand may be repeated.
    picks: [usize; 3],
}

fn part() -> impl Strategy<Value = Part> {
    let leaf =
        (Expression::any(5, false), [0..9_usize, 0..9, 0..9]).prop_map(|(expression, picks)| {
            Part {
                expression,
                inner: Vec::new(),
                picks,
            }
        });
    leaf.prop_recursive(3, 12, 3, |inner| {
        (
            Expression::any(5, false),
            prop::collection::vec(inner, 0..3),
            [0..9_usize, 0..9, 0..9],
        )
            .prop_map(|(expression, inner, picks)| Part {
                expression,
                inner,
                picks,
            })
    })
}

impl Part {
    fn operands(&self, known: &[Var]) -> Vec<Var> {
        self.picks
            .iter()
            .map(|&pick| match known.get(pick) {
                Some(&x) => x,
                None => Var::from(pick as f64 - 4.5),
            })
            .collect()
    }

    /// Its results: a computed value and one of its operands.
    fn results(&self, known: &[Var]) -> Vec<Var> {
        let last = known.len() - 1;
        let inputs: Vec<Var> = (0..self.expression.inputs.len())
            .map(|i| known[last.saturating_sub(i)])
            .collect();
        vec![self.expression.evaluate(&inputs), known[0]]
    }

    fn whole(&self, operands: &[Var]) -> Vec<Var> {
        let mut known = operands.to_vec();
        for inner in &self.inner {
            let results = inner.whole(&inner.operands(&known));
            known.extend(results.into_iter().map(fresh_or_number));
        }
        self.results(&known)
    }

    fn in_parts<'f>(&'f self, operands: &[Var], parts: &mut Segments<'f>) -> Vec<Var> {
        let mut known = operands.to_vec();
        for inner in &self.inner {
            let operands = inner.operands(&known);
            known.extend(parts.call(&operands, |x, parts| inner.in_parts(x, parts)));
        }
        self.results(&known)
    }
}

fn fresh_or_number(x: Var) -> Var {
    if x.is_constant() {
        Var::new(x.value())
    } else {
        fresh(x)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_bits_are_those_of_the_whole(top in part(), x in [-2.0..2.0, -2.0..2.0, -2.0..2.0]) {
        let (value, gradient) = derive::recomputed(&x, |x, parts| top.in_parts(x, parts)[0]);
        let (y, whole) = tape::scope(|| {
            let x: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
            let y = top.whole(&x)[0];
            let grads = y.backward();
            (y.value(), x.iter().map(|&x| grads.get(x).unwrap_or(0.0)).collect::<Vec<f64>>())
        });
        prop_assert!(same(value, y), "{value:e} {y:e}");
        for (a, b) in gradient.iter().zip(&whole) {
            prop_assert!(same(*a, *b), "{a:e} {b:e}");
        }
    }
}

/// Half the steps in one part and half in another, recursively down to single steps.
fn halves<'f>(x: Var, steps: usize, most: &'f Cell<usize>, parts: &mut Segments<'f>) -> Var {
    most.set(most.get().max(tape::stats().nodes));
    if steps == 1 {
        return (x * 1.1).sin();
    }
    let mut x = x;
    for steps in [steps / 2, steps - steps / 2] {
        x = parts.call(&[x], move |x, parts| vec![halves(x[0], steps, most, parts)])[0];
    }
    x
}

#[test]
fn nested_parts_take_little_memory() {
    let most = Cell::new(0);
    let steps = 1000;
    let (value, gradient) =
        derive::recomputed(&[0.3], |x, parts| halves(x[0], steps, &most, parts));
    let plain = |x: &[Var]| (0..steps).fold(x[0], |x, _| (x * 1.1).sin());
    assert_eq!(gradient, derive::gradient(plain, &[0.3]).unwrap().1);
    assert_eq!(value, plain(&[0.3.into()]).value());
    // No graph has more than an operand and two results.
    assert!(most.get() <= 4, "{} nodes", most.get());
}

#[test]
fn each_part_is_computed_twice() {
    let calls = Cell::new(0);
    let (_, gradient) = derive::recomputed(&[2.0, 3.0], |x, parts| {
        let mut x = x.to_vec();
        for _ in 0..10 {
            x = parts.call(&x, |x, _| {
                calls.set(calls.get() + 1);
                vec![x[0] * 0.5, x[0] + x[1]]
            });
        }
        x[1]
    });
    assert_eq!(calls.get(), 20);
    assert_eq!(gradient, [2.0 - 0.5_f64.powi(9), 1.0]);
}

#[test]
fn parts_that_the_value_does_not_need_are_not_computed_again() {
    let calls = Cell::new(0);
    let (value, gradient) = derive::recomputed(&[2.0], |x, parts| {
        let unused = parts.call(x, |x, _| {
            calls.set(calls.get() + 1);
            vec![x[0].exp()]
        });
        let none = parts.call(&unused, |_, _| Vec::new());
        assert!(none.is_empty());
        x[0].square()
    });
    assert_eq!((value, gradient, calls.get()), (4.0, vec![4.0], 1));
    let constant = derive::recomputed(&[2.0], |_, _| Var::from(7.0));
    assert_eq!(constant, (7.0, vec![0.0]));
}

#[test]
fn the_graph_is_left_as_it_was() {
    let x = Var::new(1.0);
    let before = tape::stats().nodes;
    derive::recomputed(&[1.0], |x, parts| parts.call(x, |x, _| vec![x[0].sin()])[0]);
    assert_eq!(tape::stats().nodes, before);
    assert_eq!((x * x).backward()[x], 2.0);
}

#[test]
fn a_part_in_an_ended_scope_is_skipped() {
    let f = |x: Var, part: &mut dyn FnMut(Var) -> Var, other: &mut dyn FnMut(Var)| {
        let w = (0..5).fold(x, |w, _| w * 2.0);
        let v = w * part(w);
        tape::scope(|| other((0..10).fold(Var::new(1.0), |z, _| z * 2.0)));
        let q = part(v) * 1.0 * 1.0;
        (0..12).fold(q, |q, _| q + w)
    };
    let (_, gradient) = derive::recomputed(&[3.0], |x, parts| {
        let parts = std::cell::RefCell::new(parts);
        let call = |x: Var| {
            let square = |x: &[Var], _: &mut Segments<'_>| vec![x[0].square()];
            parts.borrow_mut().call(&[x], square)[0]
        };
        f(x[0], &mut |x| call(x), &mut |x| {
            call(x);
        })
    });
    let whole = |x: &[Var]| f(x[0], &mut |x| fresh(x.square()), &mut |_| {});
    assert_eq!(gradient, derive::gradient(whole, &[3.0]).unwrap().1);
}

#[test]
fn a_derivative_within_the_function_is_unknown() {
    derive::recomputed(&[3.0], |x, parts| {
        let y = parts.call(x, |x, _| vec![x[0].square()])[0];
        assert!(y.gradient(x)[0].value().is_nan());
        assert!(y.backward()[x[0]].is_nan());
        y
    });
}

#[test]
#[should_panic(expected = "within another recording")]
fn a_part_within_another_recording_is_refused() {
    derive::recomputed(&[3.0], |x, parts| {
        derive::gradient(|z| parts.call(z, |z, _| vec![z[0].sin()])[0], &[1.0]).unwrap();
        x[0]
    });
}

#[test]
#[should_panic(expected = "different results")]
fn a_part_with_changing_results_is_refused() {
    let calls = Cell::new(0.0);
    derive::recomputed(&[1.0], |x, parts| {
        parts.call(x, |x, _| {
            calls.set(calls.get() + 1.0);
            vec![x[0] * calls.get()]
        })[0]
    });
}

#[test]
#[should_panic(expected = "another graph")]
fn a_value_from_outside_is_refused_as_a_result() {
    derive::recomputed(&[1.0], |x, parts| {
        let outside = x[0];
        parts.call(&[], move |_, _| vec![outside])[0]
    });
}

#[test]
#[should_panic(expected = "another graph")]
fn a_value_from_outside_is_refused_as_the_value() {
    let outside = Var::new(2.0);
    derive::recomputed(&[1.0], |_, _| outside);
}

#[test]
#[should_panic(expected = "another graph")]
fn a_value_from_outside_is_refused() {
    derive::recomputed(&[1.0], |x, parts| {
        let outside = x[0];
        parts.call(&[], move |_, _| vec![outside * 2.0])[0]
    });
}
