//! Tests repeated steps against one recording of all of them, and against programs of the whole loop.

use chainrule::derive::{self, recorded::fresh};
use chainrule::{ErrorKind, Level, Parameters, Program, Scan, Var, tape};
use proptest::prelude::*;

use crate::compare::{equal, same};
use crate::expression::Expression;

/// A random step of one parameter, a state of two values and one number of a row, which are the inputs of the expression. The
/// second value of the state comes from the first one, unchanged.
fn random_step(e: &Expression) -> Program {
    let [p, x, row] = at(e);
    let step = Program::trace_rows_at(&[p], &[x, x, row], |p, given| {
        let inputs = [p[0], given[0] + given[1] * 0.5, given[2]];
        let y = e.evaluate(&inputs[..e.inputs().len()]);
        [y * 0.25 + given[0], given[0], y * p[0]]
    });
    step.unwrap()
}

/// Where a random step is traced: an expression has one to three inputs.
fn at(e: &Expression) -> [f64; 3] {
    [0, 1, 2].map(|place| e.inputs().get(place).copied().unwrap_or(0.5))
}

fn random_end(p: f64) -> Program {
    let end = Program::trace_rows(&[p], 2, |p, state| state[0] * p[0] - state[1].square());
    end.unwrap()
}

/// The value and its derivatives from one graph, in the order of a scan: by the parameters, the start and the rows.
fn whole(
    [step, end]: [&Program; 2],
    state: usize,
    parameters: &[f64],
    start: &[f64],
    rows: &[Vec<f64>],
) -> (f64, Vec<f64>) {
    tape::scope(|| {
        let vars = |numbers: &[f64]| -> Vec<Var> { numbers.iter().map(|&x| Var::new(x)).collect() };
        let (p, first) = (vars(parameters), vars(start));
        let given: Vec<Vec<Var>> = rows.iter().map(|row| vars(row)).collect();
        let mut x = first.clone();
        let mut total: Option<Var> = None;
        let mut add = |y: Var| total = Some(total.map_or(y, |total| total + y));
        for row in &given {
            let inputs = [&p[..], &x, row].concat();
            let outputs = step.call(&inputs).unwrap();
            if let Some(&own) = outputs.get(state) {
                add(own);
            }
            x = outputs[..state].iter().map(|&x| fresh(x)).collect();
        }
        add(end.call(&[&p[..], &x].concat()).unwrap()[0]);
        let y = total.unwrap();
        let grads = y.backward();
        let mut gradient = [grads.of(&p), grads.of(&first)].concat();
        gradient.extend(given.iter().flat_map(|row| grads.of(row)));
        (y.value(), gradient)
    })
}

fn rows(numbers: &[f64]) -> Vec<Vec<f64>> {
    numbers.iter().map(|&x| vec![x]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_bits_are_those_of_one_recording(
        e in Expression::any(8, false),
        start in [-2.0..2.0, -2.0..2.0],
        numbers in proptest::collection::vec(-2.0..2.0, 0..9),
        memory in prop_oneof![Just(1_usize), 1..2000_usize, Just(1 << 26)],
    ) {
        let (step, end) = (random_step(&e), random_end(at(&e)[0]));
        prop_assume!(step.guards_hold(&e, &start, &numbers));
        let (p, rows) = ([at(&e)[0]], rows(&numbers));
        let scan = Scan::new(&step, 2).unwrap().with_end(&end).unwrap().with_rows().memory(memory);
        let (value, gradient) = scan.gradient(&p, &start, &rows).unwrap();
        let (expected, slopes) = whole([&step, &end], 2, &p, &start, &rows);
        prop_assert!(same(value, expected), "{value} {expected}");
        prop_assert_eq!(gradient.len(), slopes.len());
        for (place, (&a, &b)) in gradient.iter().zip(&slopes).enumerate() {
            prop_assert!(equal(a, b), "{place}: {a} {b}");
        }
        prop_assert!(equal(scan.value(&p, &start, &rows).unwrap(), expected));
    }
}

/// Whether a program's comparisons hold along a sequence.
trait GuardsHold {
    fn guards_hold(&self, e: &Expression, start: &[f64], numbers: &[f64]) -> bool;
}

impl GuardsHold for Program {
    fn guards_hold(&self, e: &Expression, start: &[f64], numbers: &[f64]) -> bool {
        let scan = Scan::new(self, 2).unwrap();
        scan.values(&[at(e)[0]], start, &rows(numbers)).is_ok()
    }
}

/// A pendulum that is pushed: two parameters, two values of state, one number of a row. The own output is the work done.
fn pendulum() -> (Program, Program) {
    let step = Program::trace_rows(&[0.0; 2], 3, |p, given| {
        let (angle, speed, push) = (given[0], given[1], given[2]);
        // Only of the parameters, so that all steps share it.
        let stiffness = p[0].exp() + p[1] * 2.0;
        let speed = speed + (push - angle.sin() * stiffness - p[1] * speed) * 0.05;
        [angle + speed * 0.05, speed, (push * speed).square()]
    });
    let end = Program::trace_rows(&[0.0; 2], 2, |p, x| {
        x[0].square() * p[1].exp() + x[1].square()
    });
    (step.unwrap(), end.unwrap())
}

const P: [f64; 2] = [0.3, 0.2];

fn pushes(steps: usize) -> Vec<Vec<f64>> {
    (0..steps)
        .map(|step| vec![(step as f64 * 0.7).sin()])
        .collect()
}

fn pendulum_scan() -> Scan {
    let (step, end) = pendulum();
    Scan::new(&step, 2).unwrap().with_end(&end).unwrap()
}

/// The whole loop as one program of the parameters and the start.
fn traced(scan: &Scan, rows: &[Vec<f64>]) -> Program {
    Program::trace(4, |x| scan.call(&x[..2], &x[2..], rows)).unwrap()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * (1.0 + a.abs().max(b.abs()))
}

#[test]
fn directions_are_those_of_the_whole_program() {
    let scan = pendulum_scan();
    for steps in [0, 1, 2, 17] {
        let rows = pushes(steps);
        let whole = traced(&scan, &rows);
        let (start, v) = ([0.4, -0.2], [0.3, -1.0, 0.7, 0.5]);
        let x = [P[0], P[1], start[0], start[1]];
        let (value, gradient, product) = scan.hvp(&P, &start, &rows, &v).unwrap();
        let (expected, slopes, products) = whole.hvp(&x, &v).unwrap();
        assert!(near(value, expected));
        assert!(
            gradient.iter().zip(&slopes).all(|(&a, &b)| near(a, b)),
            "{steps}"
        );
        assert!(
            product.iter().zip(&products).all(|(&a, &b)| near(a, b)),
            "{steps}"
        );
        let (value, slope) = scan.jvp(&P, &start, &rows, &v).unwrap();
        let (values, tangents) = whole.jvp(&x, &v).unwrap();
        assert!(near(value, values[0]) && near(slope, tangents[0]));
    }
}

/// Further outputs of a step and of an end are no part of the value.
#[test]
fn only_the_first_own_output_counts() {
    let step = Program::trace_rows(&[0.0; 2], 3, |p, given| {
        let next = given[0] * p[0] + given[2].sin();
        [
            next,
            given[0] - given[1],
            next * p[1],
            next.exp(),
            given[1] * 7.0,
        ]
    });
    let end = Program::trace_rows(&[0.0; 2], 2, |p, x| {
        [x[0] * x[1] * p[0], x[0].exp(), p[1] * 3.0]
    });
    let scan = Scan::new(&step.unwrap(), 2).unwrap();
    let scan = scan.with_end(&end.unwrap()).unwrap();
    let (rows, v) = (pushes(6), [0.3, -1.0, 0.7, 0.5]);
    let whole = traced(&scan, &rows);
    let x = [P[0], P[1], 0.4, -0.2];
    let (value, gradient, product) = scan.hvp(&P, &x[2..], &rows, &v).unwrap();
    let (expected, slopes, products) = whole.hvp(&x, &v).unwrap();
    assert!(near(value, expected), "{value} {expected}");
    assert!(gradient.iter().zip(&slopes).all(|(&a, &b)| near(a, b)));
    assert!(product.iter().zip(&products).all(|(&a, &b)| near(a, b)));
    let (value, slope) = scan.jvp(&P, &x[2..], &rows, &v).unwrap();
    let (values, tangents) = whole.jvp(&x, &v).unwrap();
    assert!(near(value, values[0]) && near(slope, tangents[0]));
    assert_eq!(scan.gradient(&P, &x[2..], &rows).unwrap().0, expected);
}

#[test]
fn sums_are_those_of_the_sequences() {
    let scan = pendulum_scan().memory(3000);
    for count in [0_usize, 1, 7, 64, 65, 200] {
        let sequences: Vec<Vec<Vec<f64>>> = (0..count)
            .map(|index| {
                (0..9_usize)
                    .map(|step| vec![(index as f64 + step as f64).cos()])
                    .collect()
            })
            .collect();
        let starts: Vec<[f64; 2]> = (0..count).map(|index| [index as f64 * 0.01, 0.5]).collect();
        let (value, gradient) = scan.sum_gradient(&P, &starts, &sequences).unwrap();
        let (mut expected, mut slopes) = (0.0, vec![0.0; 2]);
        for (start, rows) in starts.iter().zip(&sequences) {
            let (one, by) = scan.gradient(&P, start, rows).unwrap();
            expected += one;
            slopes
                .iter_mut()
                .zip(by)
                .for_each(|(sum, slope)| *sum += slope);
        }
        assert!(near(value, expected), "{count}: {value} {expected}");
        assert!(
            gradient.iter().zip(&slopes).all(|(&a, &b)| near(a, b)),
            "{count}: {gradient:?} {slopes:?}"
        );
        let again = pendulum_scan()
            .sum_gradient(&P, &starts, &sequences)
            .unwrap();
        assert_eq!((value, gradient), again, "bits depend on the memory");
        assert!(near(
            scan.sum_value(&P, &starts, &sequences).unwrap(),
            expected
        ));
    }
}

#[test]
fn a_gradient_has_the_bits_of_an_unrolled_loop() {
    let (step, end) = pendulum();
    // Without own outputs, because an unrolled loop has none.
    let step = step.select(&[0, 1]).unwrap();
    let scan = Scan::new(&step, 2).unwrap().with_end(&end).unwrap();
    let rows = pushes(40);
    let (value, gradient) = scan.gradient(&P, &[0.4, -0.2], &rows).unwrap();
    let by_hand = |number: usize, x: &[Var], p: &[Var]| {
        let inputs = [p, x, &[Var::from(rows[number][0])]].concat();
        step.call(&inputs).unwrap()
    };
    let loss = |x: &[Var], p: &[Var]| end.call(&[p, x].concat()).unwrap()[0];
    let run = derive::unroll(40, &[0.4, -0.2], &P, 5, by_hand, loss).unwrap();
    assert_eq!(value, run.value);
    assert_eq!(gradient, [run.by_parameters, run.by_state].concat());
}

#[test]
fn the_level_of_the_step_holds() {
    let (step, end) = pendulum();
    let fast = |program: &Program| program.at_level(Level::Fast);
    let scan = Scan::new(&fast(&step), 2)
        .unwrap()
        .with_end(&fast(&end))
        .unwrap();
    let rows = pushes(30);
    let (value, gradient) = scan.gradient(&P, &[0.4, -0.2], &rows).unwrap();
    let (expected, slopes) = pendulum_scan().gradient(&P, &[0.4, -0.2], &rows).unwrap();
    assert!(near(value, expected));
    assert!(gradient.iter().zip(&slopes).all(|(&a, &b)| near(a, b)));
    let (starts, sequences) = ([[0.4, -0.2], [0.1, 0.0]], [rows.clone(), rows]);
    let (value, gradient) = scan.sum_gradient(&P, &starts, &sequences).unwrap();
    let exact = pendulum_scan().sum_gradient(&P, &starts, &sequences);
    let (expected, slopes) = exact.unwrap();
    assert!(near(value, expected) && gradient.iter().zip(&slopes).all(|(&a, &b)| near(a, b)));
}

/// A step whose next state swaps two values, repeats one, and holds a parameter and a constant.
#[test]
fn values_that_pass_through_keep_their_derivatives() {
    let step = Program::trace_rows(&[0.0; 2], 5, |p, x| {
        [x[1], x[0], x[2] * x[2], p[0], Var::from(3.0)]
    });
    let end = Program::trace_rows(&[0.0; 2], 5, |_, x| x[0] + x[1] * 2.0 + x[2] * x[3] * x[4]);
    let (step, end) = (step.unwrap(), end.unwrap());
    let scan = Scan::new(&step, 5).unwrap().with_end(&end).unwrap();
    let (p, start) = ([0.5, 9.0], [1.0, 2.0, 1.5, 4.0, 5.0]);
    for steps in 0..4 {
        let rows = vec![vec![]; steps];
        let found = scan.gradient(&p, &start, &rows).unwrap();
        assert_eq!(
            found,
            whole([&step, &end], 5, &p, &start, &rows),
            "{steps} steps"
        );
        let (sum, by) = scan
            .sum_gradient(&p, &[start, start], &[&rows, &rows])
            .unwrap();
        assert_eq!(
            (sum, by[0], by[1]),
            (2.0 * found.0, 2.0 * found.1[0], 0.0),
            "{steps} steps"
        );
    }
}

#[test]
fn a_step_without_a_state_is_a_map() {
    let step = Program::trace_rows(&[0.0], 2, |p, row| (p[0] * row[0] - row[1]).square()).unwrap();
    let rows = [[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]];
    let found = Scan::new(&step, 0)
        .unwrap()
        .gradient(&[0.7], &[], &rows)
        .unwrap();
    let mut batch = step.batch(&rows).unwrap();
    let (value, gradient) = batch.sum_gradient(&[0.7]).unwrap();
    assert!(near(found.0, value) && near(found.1[0], gradient[0]));
}

/// No steps and no end give a zero without a sign in every question, and one step of −0 keeps its sign.
#[test]
fn a_sum_without_terms_has_no_sign() {
    let step = Program::trace_rows(&[1.0], 1, |p, x| [x[0] * p[0], x[0]]).unwrap();
    let scan = Scan::new(&step, 1).unwrap();
    let none: [[f64; 0]; 0] = [];
    let is_zero = |value: f64| assert_eq!(value.to_bits(), 0);
    is_zero(scan.value(&[1.0], &[2.0], &none).unwrap());
    let (value, gradient) = scan.gradient(&[1.0], &[2.0], &none).unwrap();
    is_zero(value);
    gradient.into_iter().for_each(is_zero);
    is_zero(scan.jvp(&[1.0], &[2.0], &none, &[1.0, 1.0]).unwrap().0);
    is_zero(scan.hvp(&[1.0], &[2.0], &none, &[1.0, 1.0]).unwrap().0);
    is_zero(scan.sum_value(&[1.0], &[[2.0]], &[none]).unwrap());
    is_zero(
        scan.call(&[Var::new(1.0)], &[Var::new(2.0)], &none)
            .unwrap()
            .value(),
    );
    let value = scan.value(&[1.0], &[-0.0], &[[]]).unwrap();
    assert_eq!(value.to_bits(), (-0.0_f64).to_bits());
}

#[test]
fn scans_nest_by_calls() {
    let scan = pendulum_scan();
    let rows = pushes(3);
    let outer = Program::trace_rows(&P, 2, |p, x| {
        let y = scan.call(p, x, &rows)?;
        Ok([x[0] - y * 0.01, x[1] + y * 0.02])
    });
    let end = Program::trace_rows(&P, 2, |_, x| x[0] * x[1]).unwrap();
    let outer = outer.unwrap();
    let nested = Scan::new(&outer, 2).unwrap().with_end(&end).unwrap();
    let rows = vec![vec![]; 5];
    let found = nested.gradient(&P, &[0.1, 0.2], &rows).unwrap();
    assert_eq!(found, whole([&outer, &end], 2, &P, &[0.1, 0.2], &rows));
}

#[test]
fn a_changed_branch_names_the_step() {
    let step = Program::trace_rows_at(&[1.0], &[1.0], |p, x| {
        let y = x[0] - p[0];
        [if x[0] > 0.0 { y } else { -y }]
    });
    let end = Program::trace_rows(&[1.0], 1, |_, x| x[0]).unwrap();
    let scan = Scan::new(&step.unwrap(), 1)
        .unwrap()
        .with_end(&end)
        .unwrap();
    let error = scan.gradient(&[1.0], &[2.5], &[[]; 9]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Branch);
    assert!(
        error.to_string().starts_with("step 3: the comparison at "),
        "{error}"
    );
    assert_eq!(error.branch().unwrap().comparison, "-0.5 > 0.0");
    let advice = "-0.5 > 0.0; a scan has one program for all its steps (`trace_rows_at` traces it at your state and row), so choose \
                  between two values by `select`, `max` or `min`, and among many by `min_of`, or by `argmin_of` and `gather`";
    assert!(error.to_string().ends_with(advice), "{error}");
    let called = Program::trace(2, |x| scan.call(&x[..1], &x[1..], &[[]; 9])).unwrap_err();
    assert!(
        called.to_string().starts_with("step 0: ") && called.to_string().contains("a scan has"),
        "{called}"
    );
    let error = scan
        .sum_gradient(&[1.0], &[[9.0], [2.5]], &[[[]; 5], [[]; 5]])
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("sequence 1: step 3: the comparison at "),
        "{error}"
    );
    assert!(error.to_string().ends_with(advice), "{error}");
    // The scan answers again afterwards.
    assert_eq!(scan.value(&[1.0], &[2.5], &[[]; 2]).unwrap(), 0.5);
}

#[test]
fn a_changed_index_names_the_step_and_gather() {
    let table = [1.0, 2.0, 4.0].map(Var::from);
    let step = |index: fn(Var, &[Var]) -> Var| {
        let step = Program::trace_rows(&[1.0], 2, |p, x| [x[0] + p[0] * index(x[1], &table)]);
        let end = Program::trace_rows(&[1.0], 1, |_, x| x[0]);
        Scan::new(&step.unwrap(), 1)
            .unwrap()
            .with_end(&end.unwrap())
            .unwrap()
    };
    let fixed = step(|i, table| i.floor_index().map_or(0.0.into(), |i| table[i]));
    let error = fixed
        .value(&[1.0], &[0.0], &[[0.0], [f64::NAN]])
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("step 1: `floor_index` at "), "{error}");
    let end = ": NaN has no index, traced for 0 <= x < 1; a scan has one program for all its steps (`trace_rows_at` \
               traces it at your state and row), so look up a value by `gather`, which follows the index and is NaN outside its list";
    assert!(error.ends_with(end), "{error}");
    let varying = step(Var::gather);
    assert_eq!(
        varying
            .value(&[1.0], &[0.0], &[[0.0], [2.0], [1.0]])
            .unwrap(),
        7.0
    );
}

struct Swing<S> {
    gravity: S,
    drags: Vec<S>,
}

chainrule::parameters!(Swing { gravity, drags });

#[test]
fn parameters_may_be_a_structure() {
    let swing = Swing {
        gravity: P[0],
        drags: vec![P[1]],
    };
    let step = Program::trace_rows(&swing, 2, |p, x| {
        let speed = x[1] - (x[0].sin() * p.gravity + x[1] * p.drags[0]) * 0.05;
        [x[0] + speed * 0.05, speed]
    });
    let end = Program::trace_rows(&swing, 2, |p, x| x[0].square() * p.gravity).unwrap();
    let scan = Scan::new(&step.unwrap(), 2)
        .unwrap()
        .with_end(&end)
        .unwrap();
    let (start, rows, v) = ([0.4, -0.2], [[]; 7], [0.3, -1.0, 0.7, 0.5]);
    let (value, gradient) = scan.gradient(&swing, &start, &rows).unwrap();
    assert_eq!(
        (value, gradient.clone()),
        scan.gradient(&P, &start, &rows).unwrap()
    );
    let slopes = swing.with_parameters(&gradient[..2]).unwrap();
    assert_eq!(
        (slopes.gravity, slopes.drags),
        (gradient[0], vec![gradient[1]])
    );
    let error = swing.with_parameters(&gradient).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "parameters: expected 2 values, found 4");

    macro_rules! same_answers {
        ($($question:ident($($given:expr),+)),+ $(,)?) => { $(
            let by_structure = scan.$question(&swing, $($given),+).unwrap();
            assert_eq!(by_structure, scan.$question(&P, $($given),+).unwrap());
        )+ };
    }
    let (starts, sequences) = ([start; 3], [rows; 3]);
    same_answers!(
        values(&start, &rows),
        value(&start, &rows),
        jvp(&start, &rows, &v),
        hvp(&start, &rows, &v),
        sum_value(&starts, &sequences),
        sum_gradient(&starts, &sequences),
    );
    let recorded = swing.map_parameters(&mut Var::new);
    let called = scan.call(&recorded, &start.map(Var::from), &rows).unwrap();
    assert_eq!(called.value(), value);
    assert_eq!(called.backward()[recorded.gravity], gradient[0]);
}

#[test]
fn wrong_input_is_named() {
    let scan = pendulum_scan();
    let message = |error: chainrule::Error| error.to_string();
    let rows = pushes(2);
    assert_eq!(
        message(scan.value(&[1.0], &[0.0; 2], &rows).unwrap_err()),
        "parameters: expected 2 values, found 1"
    );
    assert_eq!(
        message(scan.value(&P, &[0.0], &rows).unwrap_err()),
        "start: expected 2 values, found 1"
    );
    let ragged = vec![vec![1.0], vec![]];
    assert_eq!(
        message(scan.gradient(&P, &[0.0; 2], &ragged).unwrap_err()),
        "row 1: expected 1 value, found 0"
    );
    assert_eq!(
        message(scan.jvp(&P, &[0.0; 2], &rows, &[1.0]).unwrap_err()),
        "v: expected 4 values, found 1"
    );
    let two = vec![rows.clone(), pushes(3)];
    assert_eq!(
        message(scan.sum_value(&P, &[[0.0; 2]; 2], &two).unwrap_err()),
        "sequence 1: expected 2 rows as in sequence 0, found 3"
    );
    assert_eq!(
        message(scan.sum_value(&P, &[[0.0; 2]], &two).unwrap_err()),
        "sequences: expected 1 sequence, one for each start, found 2"
    );
    let one = vec![pushes(1), pushes(2)];
    assert_eq!(
        message(scan.sum_value(&P, &[[0.0; 2]; 2], &one).unwrap_err()),
        "sequence 1: expected 1 row as in sequence 0, found 2"
    );
    let by_rows = pendulum_scan().with_rows();
    assert_eq!(
        message(by_rows.sum_gradient(&P, &[[0.0; 2]], &[&rows]).unwrap_err()),
        "sum_gradient: cannot differentiate with respect to the rows, which `with_rows` asks for; build the scan without it, or \
         call `gradient` for each sequence"
    );
    assert_eq!(
        by_rows.sum_value(&P, &[[0.0; 2]], &[&rows]).unwrap(),
        scan.sum_value(&P, &[[0.0; 2]], &[&rows]).unwrap()
    );
    let (step, end) = pendulum();
    assert_eq!(
        message(Scan::new(&step, 4).unwrap_err()),
        "step: expected at least 4 varying inputs for 4 values of state, found 3"
    );
    let stateless = Program::trace_rows(&P, 0, |p, _| p[0]).unwrap();
    assert_eq!(
        message(Scan::new(&stateless, 1).unwrap_err()),
        "step: expected at least 1 varying input for 1 value of state, found 0"
    );
    assert_eq!(
        message(Scan::new(&step, 1).unwrap().with_end(&end).unwrap_err()),
        "end: expected 1 varying input, found 2"
    );
    let nothing = Program::trace_rows(&P, 1, |_, _| -> [Var; 0] { [] }).unwrap();
    assert_eq!(
        message(Scan::new(&nothing, 0).unwrap_err()),
        "step: expected at least 1 output, found 0"
    );
    let chosen = step.with_respect_to(&[0]).unwrap();
    assert!(Scan::new(&chosen, 2).is_err());
    let plain = Scan::new(&step.select(&[0, 1]).unwrap(), 2).unwrap();
    assert_eq!(
        message(plain.gradient(&P, &[0.0; 2], &rows).unwrap_err()),
        "step: has no output besides its state; give it one, or give the scan an end"
    );
}
