//! What becomes native code, and what stays with the interpreter.

use chainrule::{Program, Stage, Transform, Var};
use chainrule_jit::NativeProgram;

use crate::bits::agree;

fn is_native(f: &Program) -> bool {
    let listing = f.native().listing(Stage::Scheduled);
    listing.starts_with("# native code")
}

#[test]
fn points_and_rows_are() {
    assert!(is_native(&Program::trace(2, |x| x[0] * x[1]).unwrap()));
    let loss = Program::trace_rows(&[0.5], 2, |p, row| (p[0] * row[0] - row[1]).square());
    assert!(is_native(&loss.unwrap()));
}

#[test]
fn programs_without_operations_are() {
    let f = Program::trace(3, |x| [x[1], Var::from(2.0), x[1], Var::from(-0.0)]).unwrap();
    assert!(is_native(&f));
    agree(&f, |f| f.values(&[1.0, 3.0, 5.0]));
    agree(&f, |f| Ok(f.jacobian(&[1.0, -0.0, 5.0])?.1));
    agree(&f, |f| {
        Ok(f.batch(&[[1.0, 2.0, 3.0]])?.values(&[])?.to_vec())
    });
    let nothing = Program::trace(0, |_| -> [Var; 0] { [] }).unwrap();
    assert!(nothing.native().values(&[]).unwrap().is_empty());
    let none: [[f64; 3]; 0] = [];
    let mut batch = f.native().batch(&none).unwrap();
    assert!(batch.values(&[]).unwrap().is_empty());
}

#[test]
fn products_of_matrices_over_rows_are_not() {
    let p = [0.1; 72];
    let layer = Program::trace_rows(&p, 9, |p, row| {
        let neurons = p
            .chunks(9)
            .map(|w| Var::dot_product(w, row).unwrap().relu());
        neurons.sum::<Var>()
    });
    let layer = layer.unwrap();
    assert!(!is_native(&layer));
    agree(&layer, |layer| {
        let mut batch = layer.batch(&[[0.5; 9], [-1.0; 9]])?;
        Ok(batch.sum_gradient(&p)?.1.to_vec())
    });
}

#[test]
fn code_that_is_long_and_repeats_nothing_is_not() {
    // Random operations, more than native code is made for.
    let f = Program::trace(40, |x| {
        let mut values = x.to_vec();
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..6000 {
            let (a, b) = (values[next(values.len())], values[next(values.len())]);
            values.push(match next(3) {
                0 => a + b,
                1 => a - b,
                _ => (a * b).tanh(),
            });
        }
        values.into_iter().sum::<Var>()
    });
    let f = f.unwrap();
    assert!(!is_native(&f));
    agree(&f, |f| Ok(f.gradient(&[0.3; 40])?.1));
}

#[test]
fn sums_of_both_backends_can_be_added() {
    let p = [0.5, 0.25];
    let loss = Program::trace_rows(&p, 2, |p, row| (p[0] * row[0] + p[1] - row[1]).square());
    let loss = loss.unwrap();
    let rows: Vec<[f64; 2]> = (0..300).map(|i| [f64::from(i), 1.0]).collect();
    let mut whole = loss.batch(&rows).unwrap();
    let whole = whole.sum_gradient(&p).unwrap();
    let mut first = loss.native().batch(&rows[..128]).unwrap();
    let mut partial = first.partial(Transform::Gradient, &p, 0).unwrap();
    let mut second = loss.batch(&rows[128..]).unwrap();
    let second = second.partial(Transform::Gradient, &p, 128).unwrap();
    partial.merge(second).unwrap();
    let (sum, gradient) = partial.sum_gradient(&loss, 300).unwrap();
    assert_eq!((sum, &gradient[..]), whole);
}
