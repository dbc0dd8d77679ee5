//! Tests large programs, and programs that many threads share.

use std::thread;

use chainrule::op::rows::Sum;
use chainrule::{Batch, Evaluator, Level, Program, Scalar, Stream, Var};

/// Runs on a small stack, so that nothing may recurse.
fn on_a_small_stack<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let builder = thread::Builder::new().stack_size(2 << 20);
    builder
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("no overflow")
}

/// `length` operations, each on the last value.
fn chain<S: Scalar>(x: S, length: usize) -> S {
    let mut y = x;
    for step in 0..length / 2 {
        y = if step % 2 == 0 { y.sin() } else { y * 0.5 } + x;
    }
    y
}

/// `length` operations side by side.
fn wide<S: Scalar>(x: &[S], length: usize) -> S {
    let terms: Vec<S> = (0..length / 2).map(|i| x[i % x.len()] * x[i % 7]).collect();
    S::apply_n::<Sum>(&terms)
}

#[test]
fn a_long_chain_is_compiled_and_run_on_a_small_stack() {
    on_a_small_stack(|| {
        let length = 1_000_000;
        let program = Program::trace(1, |x| chain(x[0], length)).unwrap();
        let mut at = program.evaluator();
        assert_eq!(at.value(&[0.3]).unwrap(), chain(0.3, length));
        let (_, gradient) = at.gradient(&[0.3]).unwrap();
        let slope = chainrule::tape::scope(|| {
            let x = Var::new(0.3);
            chain(x, length).backward()[x]
        });
        assert_eq!(gradient, [slope]);
        let tangent = chainrule::tape::scope(|| {
            let x = chainrule::Dual::variable(Var::new(0.3));
            chain(x, length).tangent.value()
        });
        assert_eq!(at.jvp(&[0.3], &[1.0]).unwrap().1, [tangent]);
    });
}

#[test]
fn a_wide_graph_is_compiled_and_run_on_a_small_stack() {
    on_a_small_stack(|| {
        let length = 1_000_000;
        let point: Vec<f64> = (0..1000).map(|i| f64::from(i).sin()).collect();
        let program = Program::trace(point.len(), |x| wide(x, length)).unwrap();
        let (value, gradient) = program.gradient(&point).unwrap();
        assert_eq!(value, wide(&point, length));
        let slopes = chainrule::tape::scope(|| {
            let x: Vec<Var> = point.iter().map(|&x| Var::new(x)).collect();
            wide(&x, length).backward().of(&x)
        });
        assert_eq!(gradient, slopes);
    });
}

#[test]
fn large_rows_are_compiled_and_run_on_a_small_stack() {
    on_a_small_stack(|| {
        let length = 100_000;
        let f = |p: &[Var; 8], row: &[Var]| {
            chain(row[0] * p[0], length) + wide(&[row, p].concat(), length)
        };
        let program = Program::trace_rows(&[1.0; 8], 2, f).unwrap();
        let mut batch = program.batch(&[[0.1, 0.2], [0.3, 0.4]]).unwrap();
        let (sum, gradient) = batch.sum_gradient(&[1.0; 8]).unwrap();
        let (sum, gradient) = (sum, gradient.to_vec());
        let rows = batch.gradients(&[1.0; 8]).unwrap();
        assert_eq!(sum, rows.0.iter().sum::<f64>());
        for (parameter, &slope) in gradient.iter().enumerate() {
            let of_rows = rows.1[parameter] + rows.1[10 + parameter];
            assert!(
                (of_rows - slope).abs() <= 1e-12 * slope.abs(),
                "{of_rows}, {slope}"
            );
        }
    });
}

#[test]
fn many_comparisons_are_guarded_in_linear_time() {
    // Each value is compared with its neighbours, so there are as many guards as values.
    let count = 100_000;
    let program = on_a_small_stack(move || {
        let point: Vec<f64> = (0..count).map(f64::from).collect();
        Program::trace_at(&point, |x| {
            assert!(x.windows(2).all(|pair| pair[0] < pair[1]));
            x[0]
        })
        .unwrap()
    });
    let mut point: Vec<f64> = (0..count).map(|i| f64::from(i) * 2.0).collect();
    assert_eq!(program.value(&point).unwrap(), 0.0);
    point[70_000] = 1e9;
    let error = program.value(&point).unwrap_err();
    assert_eq!(
        error.branch().unwrap().comparison,
        "1000000000.0 < 140002.0"
    );
}

#[test]
fn programs_are_sync_and_their_memory_is_send() {
    fn shared<T: Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    shared::<Program>();
    sent::<Evaluator>();
    sent::<Batch>();
    sent::<Stream>();
}

#[test]
fn threads_that_share_a_program_get_the_same_bits() {
    let f = |p: &[Var; 3], row: &[Var]| (p[0] * row[0]).sin() * p[1].exp() + (row[1] - p[2]).tanh();
    let program = Program::trace_rows(&[0.5; 3], 2, f).unwrap();
    let rows: Vec<[f64; 2]> = (0..500)
        .map(|i| [f64::from(i).sin(), f64::from(i).cos()])
        .collect();
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let (program, rows) = (program.clone(), &rows);
                scope.spawn(move || {
                    // All threads ask at once, before anything is compiled.
                    let mut batch = program.batch(rows).unwrap().threads(1 + thread % 3);
                    let (loss, gradient) = batch.mean_gradient(&[0.5; 3]).unwrap();
                    let (loss, gradient) = (loss.to_bits(), gradient.to_vec());
                    let (value, at_point) = program.gradient(&[0.5, 0.5, 0.5, 0.1, 0.2]).unwrap();
                    (loss, gradient, value.to_bits(), at_point)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn levels_share_no_plans() {
    let program = Program::trace(3, |x| x[0] * x[1] + x[2]).unwrap();
    let fast = program.at_level(Level::Fast);
    let point = [1.0 + f64::EPSILON, 1.0 - f64::EPSILON, -1.0];
    assert_eq!(
        program.value(&point).unwrap(),
        point[0] * point[1] + point[2]
    );
    assert_eq!(
        fast.value(&point).unwrap(),
        point[0].mul_add(point[1], point[2])
    );
    assert_eq!(
        fast.at_level(Level::Exact).value(&point).unwrap(),
        program.value(&point).unwrap()
    );
}
