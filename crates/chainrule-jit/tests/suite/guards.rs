//! Branches: the same errors as those of the interpreter.

use chainrule::{ErrorKind, Program, Var};
use chainrule_jit::NativeProgram;

fn piecewise(x: &[Var]) -> Var {
    if x[0] * x[1] > 1.0 {
        (x[0] - x[1]).ln()
    } else {
        x[0].exp()
    }
}

#[test]
fn at_a_point() {
    let f = Program::trace_at(&[3.0, 2.0], piecewise).unwrap();
    let native = f.native();
    assert_eq!(
        native.gradient(&[4.0, 2.0]).unwrap(),
        f.gradient(&[4.0, 2.0]).unwrap()
    );
    for x in [[0.5, 0.5], [f64::NAN, 1.0], [1.0, 1.0]] {
        let (error, expected) = (
            native.gradient(&x).unwrap_err(),
            f.gradient(&x).unwrap_err(),
        );
        assert_eq!(error.kind(), ErrorKind::Branch);
        assert_eq!(error.to_string(), expected.to_string());
    }
}

#[test]
fn in_a_row() {
    let f = Program::trace_at(&[3.0, 2.0], piecewise).unwrap();
    for wrong in [0, 1, 63, 64, 130, 149] {
        let mut rows = vec![[3.0, 2.0]; 150];
        rows[wrong] = [-1.0, 0.25];
        let [expected, error] = [&f, &f.native()].map(|program| {
            let mut batch = program.batch(&rows).unwrap();
            batch.gradients(&[]).unwrap_err().to_string()
        });
        assert!(error.starts_with(&format!("row {wrong}: ")), "{error}");
        assert_eq!(error, expected);
    }
}

#[test]
fn between_uniform_values() {
    let f = |p: &[f64; 2]| {
        Program::trace_rows_at(p, &[1.0], |p, row| {
            let scale = if p[0] < p[1] { p[0] } else { p[1] };
            (scale * row[0]).sin()
        })
    };
    let f = f(&[1.0, 2.0]).unwrap();
    let [expected, error] = [&f, &f.native()].map(|program| {
        let mut batch = program.batch(&[[1.0], [2.0]]).unwrap();
        let _ = batch.sum_gradient(&[1.0, 2.0]).unwrap();
        batch.sum_gradient(&[2.0, 1.0]).unwrap_err().to_string()
    });
    assert_eq!(error, expected);
}
