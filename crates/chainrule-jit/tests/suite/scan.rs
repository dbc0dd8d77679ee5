//! Repeated steps as native code.

use chainrule::{Program, Scan};
use chainrule_jit::NativeProgram;

/// A pendulum that is pushed, with its energy at the end.
fn scan(of: impl Fn(&Program) -> Program) -> Scan {
    let step = Program::trace_rows(&[0.0; 2], 3, |p, given| {
        let (angle, speed, push) = (given[0], given[1], given[2]);
        let speed = speed + (push - angle.sin() * p[0].exp() - p[1] * speed) * 0.05;
        [angle + speed * 0.05, speed, (push * speed).square()]
    });
    let end = Program::trace_rows(&[0.0; 2], 2, |p, x| {
        x[0].square() * p[0].exp() + x[1].square()
    });
    let [step, end] = [step, end].map(|program| of(&program.unwrap()));
    Scan::new(&step, 2).unwrap().with_end(&end).unwrap()
}

#[test]
fn a_repeated_step_has_the_bits_of_the_interpreter() {
    let [native, interpreted] = [scan(NativeProgram::native), scan(Program::clone)];
    let (p, v) = ([0.3, 0.2], [1.0, -0.5, 0.25, 2.0]);
    let rows: Vec<[f64; 1]> = (0..50).map(|step| [f64::from(step).sin()]).collect();
    let ask = |scan: &Scan| {
        let (value, gradient) = scan.gradient(&p, &[0.5, 0.1], &rows).unwrap();
        let (_, _, product) = scan.hvp(&p, &[0.5, 0.1], &rows, &v).unwrap();
        (value, gradient, product)
    };
    assert_eq!(ask(&native), ask(&interpreted));
    let many = vec![rows; 70];
    let starts: Vec<[f64; 2]> = (0..70)
        .map(|index| [0.5, f64::from(index) * 0.01])
        .collect();
    let sum = |scan: &Scan| scan.sum_gradient(&p, &starts, &many).unwrap();
    assert_eq!(sum(&native), sum(&interpreted));
}
