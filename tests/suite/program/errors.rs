//! Tests the exact messages for bad arguments of programs.

use chainrule::{Error, ErrorKind, Program, Var, tape};

#[track_caller]
fn is<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind, message: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), &*error.to_string()), (kind, message));
}

use ErrorKind::{Argument, Length};

#[test]
fn points_of_the_wrong_length_are_refused() {
    let program = Program::trace(2, |x| [x[0] * x[1], x[0]]).unwrap();
    let mut at = program.evaluator();
    let message = "x: expected 2 values, found 1";
    is(program.value(&[1.0]), Length, message);
    is(program.values(&[1.0]), Length, message);
    is(program.gradient(&[1.0]), Length, message);
    is(at.vjp(&[1.0], &[1.0, 1.0]), Length, message);
    is(at.jvp(&[1.0], &[1.0, 1.0]), Length, message);
    is(at.jacobian(&[1.0]), Length, message);
    is(
        at.vjp(&[1.0, 2.0], &[1.0]),
        Length,
        "u: expected 2 values, found 1",
    );
    is(
        at.jvp(&[1.0, 2.0], &[1.0, 2.0, 3.0]),
        Length,
        "v: expected 2 values, found 3",
    );
    // After the error, the evaluator still works.
    assert_eq!(at.jacobian(&[3.0, 4.0]).unwrap().1, [4.0, 3.0, 1.0, 0.0]);
}

#[test]
fn rows_of_the_wrong_length_are_refused() {
    let program = Program::trace_rows(&[1.0], 2, |p, row| p[0] * row[0] + row[1]).unwrap();
    let rows = [vec![1.0, 2.0], vec![1.0, 2.0, 3.0]];
    is(
        program.batch(&rows),
        Length,
        "row 1: expected 2 values, found 3",
    );
    let mut batch = program.batch(&rows[..1]).unwrap();
    is(
        batch.set_rows(&[&[][..]]),
        Length,
        "row 0: expected 2 values, found 0",
    );
    assert_eq!(batch.values(&[2.0]).unwrap(), [4.0]);
    for result in [
        batch.values(&[]).err(),
        batch.gradients(&[1.0, 2.0]).err(),
        batch.sum_gradient(&[]).err(),
        batch.mean_gradient(&[]).err(),
    ] {
        assert_eq!(result.unwrap().kind(), Length);
    }
    is(
        batch.values(&[1.0, 2.0]),
        Length,
        "uniform: expected 1 value, found 2",
    );
    is(
        program.stream(&[]),
        Length,
        "uniform: expected 1 value, found 0",
    );
    let mut stream = program.stream(&[1.0]).unwrap();
    stream.push(&[1.0, 2.0]).unwrap();
    is(
        stream.push(&[1.0]),
        Length,
        "row 1: expected 2 values, found 1",
    );
    // The bad row was not added.
    stream.push(&[3.0, 4.0]).unwrap();
    assert_eq!(
        (stream.len(), stream.sum_gradient().unwrap()),
        (2, (10.0, vec![4.0]))
    );
}

#[test]
fn data_that_is_not_finite_is_found_on_request() {
    let program = Program::trace_rows(&[1.0], 2, |p, row| p[0] * row[0] + row[1]).unwrap();
    let mut rows = vec![[1.0, 2.0]; 200];
    assert!(program.batch(&rows).unwrap().check_finite().is_ok());
    rows[130][0] = f64::NEG_INFINITY;
    rows[131][1] = f64::NAN;
    let batch = program.batch(&rows).unwrap();
    is(
        batch.check_finite(),
        Argument,
        "row 130: the value in column 0 must be finite, found -inf",
    );
}

#[test]
fn values_from_elsewhere_are_refused() {
    let outside = Var::new(1.0);
    let error = Program::trace(1, |_| outside).unwrap_err();
    assert_eq!(error.kind(), Argument);
    assert!(error.to_string().starts_with("output 0: "), "{error}");
    let error = Program::trace(1, |x| [x[0], outside]).unwrap_err();
    assert!(error.to_string().starts_with("output 1: "), "{error}");
    let freed = tape::scope(|| outside + 1.0);
    let error = Program::compile(&[outside], &[freed]).unwrap_err();
    assert!(error.to_string().starts_with("output 0: "), "{error}");
    let error = Program::compile(&[freed], &[outside]).unwrap_err();
    assert!(error.to_string().starts_with("inputs: "), "{error}");
    let error = Program::compile(&[outside, outside], &[outside]).unwrap_err();
    assert!(error.to_string().ends_with("is listed twice"), "{error}");
    let error = Program::trace(1, |x| if x[0] < outside { x[0] } else { -x[0] }).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("comparison at tests/suite/program/errors.rs:"),
        "{error}"
    );
    // The function's own error is returned.
    let error = Program::trace(3, |x| Var::dot_product(&x[..1], &x[1..])).unwrap_err();
    assert_eq!(error.kind(), Length);
}

#[test]
fn programs_without_outputs_say_so() {
    let program = Program::trace_rows(&[1.0], 1, |_, _| Vec::new()).unwrap();
    let none = "outputs: expected at least 1, found 0";
    assert_eq!(program.values(&[1.0, 2.0]).unwrap(), [0.0; 0]);
    is(program.value(&[1.0, 2.0]), Argument, none);
    is(program.gradient(&[1.0, 2.0]), Argument, none);
    is(program.stream(&[1.0]), Argument, none);
    let mut batch = program.batch(&[[1.0]]).unwrap();
    assert_eq!(batch.values(&[1.0]).unwrap(), [0.0; 0]);
    is(batch.gradients(&[1.0]), Argument, none);
    is(batch.sum_gradient(&[1.0]), Argument, none);
    is(batch.mean_gradient(&[1.0]), Argument, none);
    let mut at = program.evaluator();
    assert_eq!(
        at.vjp(&[1.0, 2.0], &[]).unwrap(),
        (&[][..], &[0.0, 0.0][..])
    );
    assert_eq!(at.jacobian(&[1.0, 2.0]).unwrap().1, [0.0; 0]);
    let message = "x (1 uniform, then 1 of a row): expected 2 values, found 1";
    is(at.jacobian(&[1.0]), Length, message);
}

#[test]
fn zero_rows_have_a_sum_but_no_mean() {
    let program = Program::trace_rows(&[1.0], 1, |p, row| p[0].exp() * row[0] + p[0]).unwrap();
    let mut batch = program.batch(&[[0.0; 1]; 0]).unwrap();
    let zeros = (0.0, &[0.0][..]);
    assert_eq!(batch.sum_gradient(&[1.0]).unwrap(), zeros);
    assert_eq!(batch.values(&[1.0]).unwrap(), [0.0; 0]);
    assert_eq!(batch.gradients(&[1.0]).unwrap(), (&[][..], &[][..]));
    let none = "rows: expected at least 1 for a mean, found 0";
    is(batch.mean_gradient(&[1.0]), Argument, none);
    is(
        program.stream(&[1.0]).unwrap().mean_gradient(),
        Argument,
        none,
    );
    assert_eq!(
        program.stream(&[1.0]).unwrap().sum_gradient().unwrap(),
        (0.0, vec![0.0])
    );
    // Rows are added, removed, and added again.
    batch.set_rows(&[[1.0], [2.0]]).unwrap();
    let (sum, slopes) = batch.sum_gradient(&[0.0]).unwrap();
    assert_eq!((sum, slopes), (3.0, &[5.0][..]));
    batch.set_rows(&[[0.0; 1]; 0]).unwrap();
    assert_eq!(batch.sum_gradient(&[1.0]).unwrap(), zeros);
}

#[test]
fn programs_without_inputs_run() {
    let program = Program::trace(0, |_| [Var::from(2.0), Var::new(3.0)]).unwrap();
    assert_eq!(program.values(&[]).unwrap(), [2.0, 3.0]);
    assert_eq!(program.gradient(&[]).unwrap(), (2.0, vec![]));
    let mut batch = program.batch(&[[0.0; 0]; 3]).unwrap();
    assert_eq!(batch.values(&[]).unwrap(), [2.0, 3.0, 2.0, 3.0, 2.0, 3.0]);
    assert_eq!(batch.sum_gradient(&[]).unwrap(), (6.0, &[][..]));
}

#[test]
fn rows_without_data_still_count() {
    // The output is the same for all rows, so the derivative of the sum is that of one row times the number of rows.
    let program = Program::trace_rows(&[3.0], 0, |p, _| p[0].square()).unwrap();
    let mut batch = program.batch(&[[0.0; 0]; 5]).unwrap();
    assert_eq!(batch.sum_gradient(&[3.0]).unwrap(), (45.0, &[30.0][..]));
    assert_eq!(batch.mean_gradient(&[3.0]).unwrap(), (9.0, &[6.0][..]));
    let program = Program::trace_rows(&[3.0], 1, |p, _| p[0].square()).unwrap();
    let mut batch = program.batch(&[[1.0]; 5]).unwrap();
    assert_eq!(batch.sum_gradient(&[3.0]).unwrap(), (45.0, &[30.0][..]));
    let mut stream = Program::trace_rows(&[3.0], 0, |p, _| p[0])
        .unwrap()
        .stream(&[3.0])
        .unwrap();
    (0..5000).for_each(|_| stream.push(&[]).unwrap());
    assert_eq!(stream.sum_gradient().unwrap(), (15_000.0, vec![5000.0]));
}

#[test]
fn outputs_may_be_inputs_and_duplicates() {
    let program = Program::trace_rows(&[1.0], 1, |p, row| {
        [row[0], p[0], row[0], p[0] * row[0], p[0] * row[0]]
    })
    .unwrap();
    assert_eq!(
        program.values(&[2.0, 3.0]).unwrap(),
        [3.0, 2.0, 3.0, 6.0, 6.0]
    );
    let mut batch = program.batch(&[[3.0], [4.0]]).unwrap();
    assert_eq!(
        batch.values(&[2.0]).unwrap(),
        [3.0, 2.0, 3.0, 6.0, 6.0, 4.0, 2.0, 4.0, 8.0, 8.0]
    );
    assert_eq!(batch.sum_gradient(&[2.0]).unwrap(), (7.0, &[0.0][..]));
    assert_eq!(
        batch.gradients(&[2.0]).unwrap(),
        (&[3.0, 4.0][..], &[0.0, 1.0, 0.0, 1.0][..])
    );
    let mut at = program.evaluator();
    assert_eq!(
        at.vjp(&[2.0, 3.0], &[1.0, 10.0, 100.0, 1000.0, 1000.0])
            .unwrap()
            .1,
        [6010.0, 4101.0]
    );
    assert_eq!(
        at.jacobian(&[2.0, 3.0]).unwrap().1,
        [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 3.0, 2.0, 3.0, 2.0]
    );
}

#[test]
fn a_failure_of_replaced_rows_is_forgotten() {
    // Enough work for two threads, with a changed branch in the rows of each.
    let f = |x: &[Var]| {
        let y = if x[0] < 1.0 { x[0].square() } else { x[0] };
        (0..2000).fold(y, |y, k| y * 0.5 + x[0].sin() * f64::from(k))
    };
    let program = Program::trace_at(&[0.5], f).unwrap();
    let mut batch = program.batch(&[[2.0]; 128]).unwrap().threads(2);
    assert_eq!(
        batch.values(&[]).unwrap_err().branch().unwrap().row,
        Some(0)
    );
    batch.set_rows(&[[0.5]]).unwrap();
    assert_eq!(batch.values(&[]).unwrap().len(), 1);
}
