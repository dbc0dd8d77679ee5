//! Tests loops in bounded memory against one recording of the whole loop.

use chainrule::derive::{self, recorded::fresh};
use chainrule::{ErrorKind, Var, tape};

/// A state of three values. Parameters are used several times, and states are passed on unchanged and twice.
fn step(number: usize, x: &[Var], p: &[Var]) -> Vec<Var> {
    let a = x[0] + (x[1] * p[0] - x[0] * p[1]).sin() * 0.1;
    let b = x[1] * 0.9 + a * p[1] + number as f64 * 1e-3;
    if number.is_multiple_of(3) {
        vec![b, b, x[2]]
    } else {
        vec![a, b, x[2] + a * p[0]]
    }
}

fn loss(x: &[Var], p: &[Var]) -> Var {
    x[0].square() + (x[1] * x[2]).tanh() + p[0] * x[1]
}

/// The value and the derivatives with respect to state and parameters, from one graph.
fn whole(steps: usize, state: &[f64], parameters: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    tape::scope(|| {
        let p: Vec<Var> = parameters.iter().map(|&p| Var::new(p)).collect();
        let start: Vec<Var> = state.iter().map(|&x| Var::new(x)).collect();
        let mut x = start.clone();
        for number in 0..steps {
            x = step(number, &x, &p).into_iter().map(fresh).collect();
        }
        let y = loss(&x, &p);
        let grads = y.backward();
        (y.value(), grads.of(&start), grads.of(&p))
    })
}

#[test]
fn the_bits_are_those_of_the_whole_loop() {
    let (state, parameters) = ([0.3, -0.7, 1.1], [0.8, -0.2]);
    for steps in [0, 1, 2, 3, 7, 30, 101] {
        let (value, by_state, by_parameters) = whole(steps, &state, &parameters);
        for kept in [1, 2, 3, 5, 10, 1000] {
            let run = derive::unroll(steps, &state, &parameters, kept, step, loss).unwrap();
            assert_eq!(run.value.to_bits(), value.to_bits());
            assert_eq!(run.by_state, by_state, "{steps} steps, {kept} kept");
            assert_eq!(
                run.by_parameters, by_parameters,
                "{steps} steps, {kept} kept"
            );
            assert!(run.kept <= kept);
        }
    }
}

#[test]
fn more_memory_saves_work() {
    let steps = 2000;
    let run = |kept| {
        derive::unroll(steps, &[0.3, -0.7, 1.1], &[0.8, -0.2], kept, step, loss)
            .unwrap()
            .steps
    };
    let [few, root, all] = [4, 64, 2000].map(run);
    assert!(few > root && root > all);
    assert!(all <= 2 * steps + 1, "{all}");
    assert!(root <= 4 * steps, "{root}");
    assert!(few <= 15 * steps, "{few}");
}

#[test]
fn the_graph_is_left_as_it_was() {
    let x = Var::new(1.0);
    let before = tape::stats().nodes;
    derive::unroll(10, &[1.0], &[], 3, |_, x, _| vec![x[0].sin()], |x, _| x[0]).unwrap();
    assert_eq!(tape::stats().nodes, before);
    assert_eq!((x * x).backward()[x], 2.0);
}

#[test]
fn misuse_is_reported() {
    let error = derive::unroll(1, &[1.0], &[], 0, |_, x, _| x.to_vec(), |x, _| x[0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    let error =
        derive::unroll(5, &[1.0], &[], 1, |_, _, _| vec![], |_, _| Var::from(0.0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the state after step 0: expected 1 value, found 0"
    );
}

#[test]
fn constants_and_unused_states() {
    let run = derive::unroll(
        4,
        &[1.0, 2.0],
        &[3.0],
        2,
        |_, x, _| vec![x[0], Var::from(5.0)],
        |x, _| x[0] * x[1],
    )
    .unwrap();
    assert_eq!(
        (run.value, run.by_state, run.by_parameters),
        (5.0, vec![5.0, 0.0], vec![0.0])
    );
}
