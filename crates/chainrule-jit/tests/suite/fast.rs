//! Level `Fast`: sums over rows in another order.

use chainrule::{Level, Program, Var};
use chainrule_jit::NativeProgram;

fn loss(p: &[Var; 3], row: &[Var]) -> Var {
    (p[0] * row[0] + p[1] * row[1].tanh() + p[2] - row[2]).square()
}

#[test]
fn sums_differ_by_their_rounding_errors_alone() {
    let p = [0.25, -1.5, 0.5];
    let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 504.5 - 1.0;
    for count in [1, 2, 3, 7, 8, 9, 63, 64, 65, 200, 1000] {
        let rows: Vec<[f64; 3]> = (0..count)
            .map(|row| [0, 1, 2].map(|column| number(3 * row + column)))
            .collect();
        let fast = Program::trace_rows(&p, 3, loss)
            .unwrap()
            .at_level(Level::Fast);
        let native = fast.native();
        let mut rows_of_fast = fast.batch(&rows).unwrap();
        let gradients = rows_of_fast.gradients(&p).unwrap().1.to_vec();
        let (sum, gradient) = rows_of_fast.sum_gradient(&p).unwrap();
        let mut batch = native.batch(&rows).unwrap();
        let (found, found_gradient) = batch.sum_gradient(&p).unwrap();
        let bound = |terms: f64| 2.0 * (count + 8) as f64 * f64::EPSILON * terms;
        assert!((sum - found).abs() <= bound(sum));
        for (place, (a, b)) in gradient.iter().zip(found_gradient).enumerate() {
            let terms = gradients.iter().skip(place).step_by(6).map(|g| g.abs());
            assert!((a - b).abs() <= bound(terms.sum()), "{a} {b}");
        }
    }
}

#[test]
fn sums_keep_the_zero_rule() {
    // The slope of the square root is infinite at 0, and its factor is 0.
    let f = Program::trace_rows(&[0.0, 1.0], 1, |p, row| p[0] * (p[1] * row[0]).sqrt()).unwrap();
    let rows = vec![[0.0]; 70];
    for level in [Level::Exact, Level::Fast] {
        let native = f.at_level(level).native();
        let mut batch = native.batch(&rows).unwrap();
        assert_eq!(
            batch.sum_gradient(&[0.0, 1.0]).unwrap(),
            (0.0, &[0.0, 0.0][..])
        );
    }
}
