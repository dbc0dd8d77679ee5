//! Native code on several threads: it must be there as long as anything runs it.

use std::thread;

use chainrule::{Program, Var};
use chainrule_jit::NativeProgram;

fn f(x: &[Var]) -> Var {
    (x[0] * x[1]).sin() + (x[0] - x[1]).square()
}

#[test]
fn evaluators_outlive_their_program() {
    let interpreted = Program::trace(2, f).unwrap();
    let native = interpreted.native();
    let threads: Vec<_> = (0..4)
        .map(|seed| {
            let mut at = native.evaluator();
            let mut expected = interpreted.evaluator();
            thread::spawn(move || {
                for i in 0..1000 {
                    let x = [0.1 * f64::from(i), f64::from(seed)];
                    assert_eq!(at.gradient(&x).unwrap(), expected.gradient(&x).unwrap());
                }
                at
            })
        })
        .collect();
    drop(native);
    let evaluators: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    // The last one frees the code.
    for mut at in evaluators {
        let at_one = at.gradient(&[1.0, 1.0]).unwrap().0;
        assert_eq!(at_one, interpreted.value(&[1.0, 1.0]).unwrap());
    }
}

#[test]
fn rows_on_many_threads() {
    let p = [0.5, 0.25];
    let loss = Program::trace_rows(&p, 2, |p, row| {
        (p[0] * row[0] + p[1] - row[1]).tanh().square()
    });
    let loss = loss.unwrap();
    let rows: Vec<[f64; 2]> = (0..20_000)
        .map(|i| [f64::from(i % 101) * 0.02 - 1.0, f64::from(i % 17) * 0.1])
        .collect();
    let expected = {
        let mut batch = loss.batch(&rows).unwrap().threads(1);
        let (sum, gradient) = batch.sum_gradient(&p).unwrap();
        (sum, gradient.to_vec())
    };
    let native = loss.native();
    for threads in [1, 2, 5] {
        let mut batch = native.batch(&rows).unwrap().threads(threads);
        let (sum, gradient) = batch.sum_gradient(&p).unwrap();
        assert_eq!((sum, gradient), (expected.0, &expected.1[..]));
    }
}
