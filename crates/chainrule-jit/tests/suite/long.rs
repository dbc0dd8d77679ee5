//! Long programs, whose repeated operations are loops, have the bits of the interpreter.

use chainrule::strategies::Expression;
use chainrule::{Program, Var};
use chainrule_jit::NativeProgram;
use proptest::prelude::*;

use crate::bits::{self, all_same, same};

/// Both have the same value, gradient and product of the Hessian with a direction.
fn agree(f: &Program, x: &[f64]) {
    let v: Vec<f64> = (0..x.len()).map(|i| 1.0 - 0.1 * i as f64).collect();
    bits::agree(f, |f| {
        let (value, gradient, product) = f.hvp(x, &v)?;
        let (_, of_gradient) = f.gradient(x)?;
        Ok([vec![value], gradient, product, of_gradient].concat())
    });
}

fn point(n: usize) -> Vec<f64> {
    (0..n).map(|i| 0.5 + 0.01 * (i % 97) as f64).collect()
}

#[test]
fn sums_of_terms_of_neighbours() {
    for n in [200, 1000] {
        let term = |x: &[Var]| (x[1] - x[0] * x[0]).square() * 100.0 + (1.0 - x[0]).square();
        let f = Program::trace(n, |x| x.windows(2).map(term).sum::<Var>()).unwrap();
        agree(&f, &point(n));
        let mut zeros = vec![0.0; n];
        agree(&f, &zeros);
        (zeros[3], zeros[77]) = (f64::INFINITY, f64::NAN);
        agree(&f, &zeros);
    }
}

#[test]
fn chains() {
    // A value goes from turn to turn, in the gradient backwards.
    let f = Program::trace(3, |x| {
        (0..300).fold(x[0], |y, _| (y * x[1] + x[2]).sin() * 0.5 + y)
    });
    agree(&f.unwrap(), &[0.3, 0.9, 0.2]);
    // Two values. One is older than a turn.
    let f = Program::trace(2, |x| {
        let (mut a, mut b) = (x[0], x[1]);
        for _ in 0..300 {
            (a, b) = (b, (a * b + 0.25).sqrt());
        }
        b
    });
    agree(&f.unwrap(), &[0.3, 0.9]);
}

#[test]
fn outputs_within_loops() {
    // In order, backwards, every other one, some twice, mixed with inputs and constants.
    let terms =
        |x: &[Var]| -> Vec<Var> { x.windows(3).map(|x| x[0] * x[1] + x[2].exp()).collect() };
    let x = point(400);
    for pick in 0..6 {
        let f = Program::trace(400, |x| {
            let y = terms(x);
            match pick {
                0 => y,
                1 => y.into_iter().rev().collect(),
                2 => y.into_iter().step_by(2).collect(),
                3 => y.iter().chain(&y).copied().collect(),
                4 => y
                    .iter()
                    .zip(x)
                    .flat_map(|(&y, &x)| [y, x, Var::from(2.0)])
                    .collect(),
                _ => y[5..9].to_vec(),
            }
        })
        .unwrap();
        let (a, b) = (f.values(&x).unwrap(), f.native().values(&x).unwrap());
        assert!(all_same(&a, &b), "{pick}");
        let (a, b) = (f.jvp(&x, &x).unwrap(), f.native().jvp(&x, &x).unwrap());
        assert!(all_same(&a.0, &b.0) && all_same(&a.1, &b.1), "{pick}");
    }
}

#[test]
fn operations_of_many_operands_in_loops() {
    let f = Program::trace(760, |x| {
        let terms = x.windows(40).map(|x| {
            let weights = [0.5, 1.5, -1.0, 0.0].repeat(10);
            let weights: Vec<Var> = weights.iter().map(|&w| Var::from(w)).collect();
            Var::dot_product(x, &weights).unwrap() + Var::max_of(x) * x[3]
        });
        terms.sum::<Var>()
    })
    .unwrap();
    agree(&f, &point(760));
    let mut x = vec![0.0; 760];
    (x[3], x[77], x[700]) = (f64::INFINITY, -1.0, f64::NAN);
    agree(&f, &x);
}

#[test]
fn operations_of_many_operands() {
    let x = point(500);
    let reversed: Vec<f64> = x.iter().rev().copied().collect();
    let f = Program::trace(500, |x| {
        let squares: Vec<Var> = x.iter().map(|x| x.square()).collect();
        let backwards: Vec<Var> = x.iter().rev().copied().collect();
        [
            squares.iter().copied().sum(),
            Var::dot_product(x, &squares).unwrap(),
            Var::dot_product(&backwards, &squares).unwrap(),
            Var::max_of(&squares),
            Var::min_of(&backwards),
            squares[..60].iter().copied().product(),
            Var::mean(&squares),
        ]
    })
    .unwrap();
    for x in [x, reversed, vec![0.0; 500], vec![-0.0; 500]] {
        let native = f.native();
        assert!(all_same(
            &f.values(&x).unwrap(),
            &native.values(&x).unwrap()
        ));
        let weights = [1.0, -1.0, 0.5, 0.0, 2.0, 1.0, 3.0];
        let (a, b) = (
            f.vjp(&x, &weights).unwrap(),
            native.vjp(&x, &weights).unwrap(),
        );
        assert!(all_same(&a.1, &b.1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_terms_of_neighbours(
        e in Expression::any(8, false),
        numbers in prop::collection::vec(-2.0..2.0, 300),
    ) {
        // The expression of adjacent inputs, at many places; each also reads the result before.
        let width = e.inputs().len();
        let f = Program::trace_at(&numbers, |x| {
            let mut last = x[0];
            let mut terms = Vec::new();
            for x in x.windows(width) {
                let mut inputs = x.to_vec();
                inputs[width - 1] = inputs[width - 1] * 0.5 + last;
                last = e.evaluate(&inputs);
                terms.push(last);
            }
            [Var::max_of(&terms), last]
        });
        let f = f.unwrap();
        let native = f.native();
        prop_assert!(all_same(&f.values(&numbers).unwrap(), &native.values(&numbers).unwrap()));
        let (a, b) = (f.gradient(&numbers).unwrap(), native.gradient(&numbers).unwrap());
        prop_assert!(same(a.0, b.0) && all_same(&a.1, &b.1), "{f}");
    }
}
