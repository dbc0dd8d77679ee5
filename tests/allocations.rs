//! After a first call, a program computes without allocating.

use allocation_counter::measure;
use chainrule::op::rows::Sum;
use chainrule::{Program, Scalar, Var};

/// The number of allocations when `work` runs for the second time.
fn allocations(mut work: impl FnMut()) -> u64 {
    work();
    measure(work).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1.0; 3]))), 1);
}

/// Operations of many kinds: repeated on one value, on many values, on scattered and on adjacent values.
fn everything<S: Scalar>(p: &[S], x: &[S]) -> S {
    let twice: Vec<S> = p.iter().zip(x).flat_map(|(&p, &x)| [p, x]).collect();
    let same = [x[0]; 9];
    let sums = [
        S::apply_n::<Sum>(&same),
        S::dot_product(&same, &same).expect("equal lengths"),
        S::dot_product(&p[..4], &x[..4]).expect("equal lengths"),
        S::dot_product(&p[4..8], &x[..4]).expect("equal lengths"),
        S::log_sum_exp(&twice[..6]),
        S::max_of(&twice[..9]),
        S::min_of(&twice[..9]),
        S::mean(&x[..3]),
        p[0].pow(x[0]).clamp(-1.0, 1.0),
        S::select(x[0].greater(x[1]), p[2].sin(), x[2].tanh()),
    ];
    S::apply_n::<Sum>(&sums) + S::apply_n::<Sum>(&twice)
}

#[test]
fn an_evaluator_allocates_nothing_once_warm() {
    let program = Program::trace(24, |x| [everything(&x[..12], &x[12..]), x[0]]).unwrap();
    let point: Vec<f64> = (0..24).map(|i| f64::from(i).cos()).collect();
    let mut at = program.evaluator();
    assert_eq!(
        allocations(|| assert!(at.value(&point).is_ok())),
        0,
        "value"
    );
    assert_eq!(
        allocations(|| assert!(at.values(&point).is_ok())),
        0,
        "values"
    );
    assert_eq!(
        allocations(|| assert!(at.gradient(&point).is_ok())),
        0,
        "gradient"
    );
    assert_eq!(
        allocations(|| assert!(at.vjp(&point, &[1.0, 2.0]).is_ok())),
        0,
        "vjp"
    );
    assert_eq!(
        allocations(|| assert!(at.jvp(&point, &point).is_ok())),
        0,
        "jvp"
    );
    assert_eq!(
        allocations(|| assert!(at.jacobian(&point).is_ok())),
        0,
        "jacobian"
    );
}

#[test]
fn a_batch_on_one_thread_allocates_nothing_once_warm() {
    let f = |p: &Vec<Var>, row: &[Var]| [everything(p, row), row[0]];
    let p: Vec<f64> = (0..12).map(|i| f64::from(i).cos()).collect();
    let program = Program::trace_rows(&p, 12, f).unwrap();
    let rows: Vec<Vec<f64>> = (0..150)
        .map(|row| (0..12).map(|i| f64::from(row * 12 + i).sin()).collect())
        .collect();
    let mut batch = program.batch(&rows).unwrap().threads(1);
    assert_eq!(
        allocations(|| assert!(batch.mean_gradient(&p).is_ok())),
        0,
        "mean_gradient"
    );
    assert_eq!(
        allocations(|| assert!(batch.sum_gradient(&p).is_ok())),
        0,
        "sum_gradient"
    );
    assert_eq!(
        allocations(|| assert!(batch.values(&p).is_ok())),
        0,
        "values"
    );
    assert_eq!(
        allocations(|| assert!(batch.gradients(&p).is_ok())),
        0,
        "gradients"
    );
    assert_eq!(
        allocations(|| assert!(batch.set_rows(&rows[..100]).is_ok())),
        0,
        "set_rows"
    );
}

#[test]
fn wide_operations_on_rows_allocate_nothing_once_warm() {
    let f = |p: &[Var; 1], row: &[Var]| {
        let squares: Vec<Var> = row.iter().map(|x| x.square()).collect();
        Var::apply_n::<Sum>(&squares) * p[0] + Var::dot_product(row, row).expect("equal lengths")
    };
    let program = Program::trace_rows(&[1.0], 40, f).unwrap();
    let mut batch = program.batch(&[[0.5; 40]; 10]).unwrap().threads(1);
    assert_eq!(
        allocations(|| assert!(batch.mean_gradient(&[1.0]).is_ok())),
        0
    );
}

/// The bytes that `work` allocates.
fn bytes(work: impl FnMut()) -> u64 {
    measure(work).bytes_total
}

/// How a derivative of a small cone is asked for, from an output and an input.
type Ask = fn(Var, Var);

#[test]
fn a_derivative_costs_what_its_cone_costs() {
    let ways: [(&str, Ask); 3] = [
        ("backward", |y, x| assert_eq!(y.backward()[x], 3.0)),
        ("gradient", |y, x| assert_eq!(y.gradient(&[x])[0], 3.0)),
        ("diagnose", |y, x| {
            assert_eq!(y.diagnose().gradients[x], 3.0);
        }),
    ];
    for (name, ask) in ways {
        let on_tape_of = |nodes: usize| {
            chainrule::tape::record(|| {
                let (w, x) = (Var::new(3.0), Var::new(2.0));
                for _ in 0..nodes {
                    std::hint::black_box(w + x);
                }
                // Once before it is measured, so that the tape has room for more nodes.
                ask(w * x, x);
                let y = w * x;
                bytes(|| ask(y, x))
            })
            .1
        };
        assert_eq!(on_tape_of(3_000), on_tape_of(100_000), "{name}");
    }
}

#[test]
fn each_step_of_a_recorded_descent_costs_the_same() {
    // Every step depends on all steps before it; its gradient is asked with respect to the latest weights only.
    chainrule::tape::record(|| {
        let mut x = Var::new(2.0);
        let mut step = || {
            let slope = (x.square() + x.sin()).gradient(&[x])[0];
            x -= slope * 0.01;
        };
        // The tape's own memory grows by doubling, which is not what is measured: only few steps of many do.
        let costs: Vec<u64> = (0..4_000).map(|_| bytes(&mut step)).collect();
        let median = |costs: &[u64]| {
            let mut costs = costs.to_vec();
            costs.sort_unstable();
            costs[costs.len() / 2]
        };
        assert_eq!(median(&costs[..100]), median(&costs[3_900..]));
    });
}
