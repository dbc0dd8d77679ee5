//! Tests questions against each other: sums over rows against the rows, chosen inputs against all inputs, tables of rows in
//! every form, orders of results, and one program on many threads.

use std::thread;

use chainrule::{Columns, ErrorKind, Flat, Order, Program, Retraced, Scalar, Transform, Var};
use proptest::prelude::*;

/// A polynomial: each step combines two earlier values. At small integers, every intermediate value is an integer, so sums
/// are exact in any order.
#[derive(Clone, Debug)]
struct Polynomial {
    inputs: usize,
    steps: Vec<(u8, prop::sample::Index, prop::sample::Index)>,
}

impl Polynomial {
    fn any() -> impl Strategy<Value = Self> {
        let index = any::<prop::sample::Index>;
        let steps = prop::collection::vec((0..6_u8, index(), index()), 1..6);
        (2..5_usize, steps).prop_map(|(inputs, steps)| Self { inputs, steps })
    }

    /// Two outputs.
    fn evaluate(&self, inputs: &[Var]) -> [Var; 2] {
        let mut values = inputs.to_vec();
        for (op, a, b) in &self.steps {
            let [a, b] = [a, b].map(|index| values[index.index(values.len())]);
            values.push(match op {
                0 => a + b,
                1 => a - b * 2.0,
                2 => a * b,
                3 => a.square() + 1.0,
                4 => Var::dot_product(&[a, b], &[b, b]).unwrap(),
                _ => Var::sum(&[a, b, a]),
            });
        }
        let y = values[values.len() - 1];
        [y, y * inputs[0] - inputs[inputs.len() - 1]]
    }

    /// A program whose first `uniform` inputs are uniform.
    fn program(&self, uniform: usize) -> Program {
        let [p, row] = [vec![1.0; uniform], vec![1.0; self.inputs - uniform]];
        let traced = Program::trace_rows_at(&p, &row, |p, row| self.evaluate(&[p, row].concat()));
        traced.unwrap()
    }
}

/// Small integers.
fn integers(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-3..4_i32).prop_map(f64::from), count)
}

/// Adds to a sum that must stay exact.
fn add(sums: &mut [f64], terms: &[f64]) -> Result<(), TestCaseError> {
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum += term;
        prop_assume!(sum.abs() < 1e13 && term.abs() < 1e13);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_over_rows_are_the_sums_of_the_rows(
        f in Polynomial::any(),
        uniform in 1..3_usize,
        p in integers(2),
        v in integers(2),
        more in prop::collection::vec(integers(4), 0..150),
    ) {
        let (inputs, n) = (f.inputs, uniform);
        let program = f.program(n);
        let (p, v) = (&p[..n], &v[..n]);
        let rows: Vec<&[f64]> = more.iter().map(|row| &row[..inputs - n]).collect();
        let (mut sums, mut jacobian, mut hessian) = ([0.0; 2], vec![0.0; 2 * n], vec![0.0; n * n]);
        for row in &rows {
            let x = [p, row].concat();
            let (values, slopes) = program.jacobian(&x).unwrap();
            let (_, _, curvature) = program.hessian(&x).unwrap();
            add(&mut sums, &values)?;
            for output in 0..2 {
                add(&mut jacobian[output * n..][..n], &slopes[output * inputs..][..n])?;
            }
            for i in 0..n {
                add(&mut hessian[i * n..][..n], &curvature[i * inputs..][..n])?;
            }
        }
        let times = |matrix: &[f64]| -> Vec<f64> {
            matrix.chunks(n).map(|row| row.iter().zip(v).map(|(a, v)| a * v).sum()).collect()
        };
        let mut batch = program.batch(&rows).unwrap();
        prop_assert_eq!(batch.sum_values(p).unwrap(), sums);
        prop_assert_eq!(batch.sum_jacobian(p).unwrap(), (&sums[..], &jacobian[..]));
        prop_assert_eq!(batch.sum_jvp(p, v).unwrap(), (&sums[..], &times(&jacobian)[..]));
        let gradient = &jacobian[..n];
        prop_assert_eq!(batch.sum_gradient(p).unwrap(), (sums[0], gradient));
        prop_assert_eq!(batch.sum_hessian(p).unwrap(), (sums[0], gradient, &hessian[..]));
        let diagonal: Vec<f64> = (0..n).map(|i| hessian[i * n + i]).collect();
        prop_assert_eq!(batch.sum_hessian_diagonal(p).unwrap(), (sums[0], gradient, &diagonal[..]));
        prop_assert_eq!(batch.sum_hvp(p, v).unwrap(), (sums[0], gradient, &times(&hessian)[..]));
    }

    #[test]
    fn derivatives_of_chosen_inputs_equal_those_of_all(
        f in Polynomial::any(),
        x in integers(4),
        v in integers(2),
        first in any::<prop::sample::Index>(),
    ) {
        let (program, n) = (f.program(0), f.inputs);
        let x = &x[..n];
        let first = first.index(n);
        let chosen = [first, (first + 1) % n];
        let some = program.with_respect_to(&chosen).unwrap();
        let of = |all: &[f64]| chosen.map(|i| all[i]).to_vec();
        let (value, gradient, hessian) = program.hessian(x).unwrap();
        prop_assume!(hessian.iter().chain(&gradient).all(|d| d.abs() < 1e13));
        prop_assert_eq!(some.gradient(x).unwrap(), (value, of(&gradient)));
        let wanted: Vec<f64> = chosen.iter().flat_map(|&i| of(&hessian[i * n..][..n])).collect();
        prop_assert_eq!(some.hessian(x).unwrap(), (value, of(&gradient), wanted.clone()));
        prop_assert_eq!(some.hessian_diagonal(x).unwrap().2, [wanted[0], wanted[3]]);
        prop_assert_eq!(some.laplacian(x).unwrap().2, wanted[0] + wanted[3]);
        let product: Vec<f64> = wanted.chunks(2).map(|row| row[0] * v[0] + row[1] * v[1]).collect();
        prop_assert_eq!(some.hvp(x, &v).unwrap().2, product.clone());
        prop_assert_eq!(some.vhp(x, &v).unwrap().2, product);
        let weights = [2.0, -1.0];
        prop_assert_eq!(some.vjp(x, &weights).unwrap().1, of(&program.vjp(x, &weights).unwrap().1));
        let rows: Vec<f64> = program.jacobian(x).unwrap().1.chunks(n).flat_map(of).collect();
        prop_assert_eq!(some.jacobian(x).unwrap().1, rows);
        let mut whole = vec![0.0; n];
        chosen.iter().zip(&v).for_each(|(&i, &v)| whole[i] = v);
        prop_assert_eq!(some.jvp(x, &v).unwrap(), program.jvp(x, &whole).unwrap());
        prop_assert_eq!(some.taylor(x, &v, 2).unwrap(), program.taylor(x, &whole, 2).unwrap());
        prop_assert_eq!(some.third(x, &v, &v).unwrap().2, of(&program.third(x, &whole, &whole).unwrap().2));
        prop_assert_eq!(some.jacobian_sparsity().columns(), 2);
        prop_assert_eq!(some.sparse_jacobian().matrix(x).unwrap().to_dense(), some.jacobian(x).unwrap().1);
        prop_assert_eq!(some.sparse_hessian().unwrap().matrix(x).unwrap().to_dense(), wanted);
        prop_assert_eq!(some.compressed_hessian().unwrap().matrix(x).unwrap().to_dense(), some.hessian(x).unwrap().2);
    }

    #[test]
    fn a_table_is_the_same_in_every_form(
        rows in prop::collection::vec(prop::array::uniform3(-5.0..5.0), 0..150),
        threads in 1..4_usize,
    ) {
        let f = Program::trace(3, |x| [x[0] * x[1], x[2].sin(), x[0] - x[2]]).unwrap();
        let flat: Vec<f64> = rows.concat();
        let columns: Vec<Vec<f64>> = (0..3).map(|column| rows.iter().map(|row| row[column]).collect()).collect();
        let columns: Vec<&[f64]> = columns.iter().map(|column| &column[..]).collect();
        let mut by_rows = f.batch(&rows).unwrap().threads(threads);
        let mut by_flat = f.batch(&Flat::new(&flat, 3).unwrap()).unwrap().threads(threads);
        let mut by_columns = f.batch(&Columns::new(&columns).unwrap()).unwrap().threads(threads).order(Order::ColumnMajor);
        let wanted = by_rows.jacobians(&[]).unwrap();
        prop_assert_eq!(wanted, by_flat.jacobians(&[]).unwrap());
        let found = by_columns.jacobians(&[]).unwrap();
        for (found, wanted, width) in [(found.0, wanted.0, 3), (found.1, wanted.1, 9)] {
            for row in 0..rows.len() {
                for column in 0..width {
                    prop_assert_eq!(found[column * rows.len() + row], wanted[row * width + column]);
                }
            }
        }
    }
}

#[test]
fn results_of_many_rows_are_in_order_on_many_threads() {
    let f = Program::trace(2, |x| [x[0] + x[1] * 0.0, x[1].tanh()]).unwrap();
    let rows: Vec<[f64; 2]> = (0..5000)
        .map(|row| [f64::from(row), f64::from(row) * 1e-3])
        .collect();
    for order in [Order::RowMajor, Order::ColumnMajor] {
        let mut batch = f.batch(&rows).unwrap().threads(3).order(order);
        let values = batch.values(&[]).unwrap();
        for (row, &[x, y]) in rows.iter().enumerate() {
            let [first, second] = match order {
                Order::ColumnMajor => [row, rows.len() + row],
                Order::RowMajor => [2 * row, 2 * row + 1],
            };
            assert_eq!((values[first], values[second]), (x, Scalar::tanh(y)));
        }
    }
}

#[test]
fn one_program_answers_many_threads_at_once() {
    let f = Program::trace(2, |x| x[0].square() * x[1].exp()).unwrap();
    thread::scope(|scope| {
        for number in 0..6 {
            let f = &f;
            scope.spawn(move || {
                for step in 0..200 {
                    let x = [f64::from(number) + 0.25, f64::from(step) * 0.01];
                    let (value, gradient, hessian) = f.hessian(&x).unwrap();
                    let exp = Scalar::exp(x[1]);
                    assert_eq!(value, x[0] * x[0] * exp);
                    assert_eq!(gradient[1], value);
                    assert_eq!(hessian[0], 2.0 * exp);
                    assert_eq!(f.jacobian(&x).unwrap().1, gradient);
                }
            });
        }
    });
}

#[test]
fn a_function_traced_for_points_serves_rows() {
    let line = Program::trace(3, |x| (x[0] * x[2] + x[1]).square()).unwrap();
    let traced =
        Program::trace_rows(&[0.0, 0.0], 1, |p, row| (p[0] * row[0] + p[1]).square()).unwrap();
    let rows = [[1.0], [2.0], [-0.5]];
    let mut batch = line.with_uniform_inputs(2).unwrap().batch(&rows).unwrap();
    let mut wanted = traced.batch(&rows).unwrap();
    assert_eq!(
        batch.sum_hessian(&[2.0, 1.0]).unwrap(),
        wanted.sum_hessian(&[2.0, 1.0]).unwrap()
    );
    assert_eq!(
        line.with_uniform_inputs(4).unwrap_err().kind(),
        ErrorKind::Argument
    );
}

#[test]
fn sums_over_zero_rows_are_zero() {
    let f = Program::trace_rows(&[3.0], 1, |p, row| p[0] * row[0]).unwrap();
    let mut batch = f.batch::<[[f64; 1]]>(&[]).unwrap();
    assert_eq!(
        batch.sum_hessian(&[3.0]).unwrap(),
        (0.0, &[0.0][..], &[0.0][..])
    );
    assert_eq!(batch.sum_values(&[3.0]).unwrap(), [0.0]);
    assert!(batch.hessians(&[3.0]).unwrap().2.is_empty());
}

#[test]
fn errors_name_wrong_indices() {
    let f = Program::trace(2, |x| x[0] * x[1]).unwrap();
    let message = |result: chainrule::Result<Program>| result.unwrap_err().to_string();
    assert_eq!(
        message(f.with_respect_to(&[2])),
        "inputs: index 2 is out of range: the program has 2 inputs"
    );
    assert_eq!(
        message(f.with_respect_to(&[1, 1])),
        "inputs: index 1 is listed twice"
    );
    let chosen = f
        .with_uniform_inputs(1)
        .unwrap()
        .with_respect_to(&[0, 1])
        .unwrap();
    let mut batch = chosen.batch(&[[1.0]]).unwrap();
    assert_eq!(batch.gradients(&[2.0]).unwrap().1, [1.0, 2.0]);
    assert_eq!(batch.sum_values(&[2.0]).unwrap(), [2.0]);
    assert_eq!(
        batch.sum_gradient(&[2.0]).unwrap_err().to_string(),
        "with_respect_to: input 1 varies by row; a sum over rows has derivatives with respect to uniform inputs only"
    );
    assert_eq!(
        chosen.gradient(&[2.0]).unwrap_err().to_string(),
        "x (1 uniform, then 1 of a row): expected 2 values, found 1"
    );
    let none = Program::trace(1, |_| Vec::<Var>::new()).unwrap();
    for transform in [
        Transform::Gradient,
        Transform::Hessian,
        Transform::Hvp,
        Transform::HvpByRow,
        Transform::Curvature,
    ] {
        assert_eq!(
            message(none.transform(transform)),
            "outputs: expected at least 1, found 0"
        );
    }
    let mut batch = f.with_uniform_inputs(1).unwrap().batch(&[[1.0]]).unwrap();
    assert_eq!(
        batch.sum_jvp(&[1.0], &[1.0, 2.0]).unwrap_err().to_string(),
        "v: expected 1 value, found 2"
    );
}

#[test]
fn the_page_on_programs_lists_the_passes() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/programs.md")).unwrap();
    let mut lines = page
        .lines()
        .skip_while(|line| !line.starts_with("| pass |"))
        .skip(2);
    for pass in chainrule::ir::PASSES {
        let when = if pass.before_derivatives {
            "before derivatives"
        } else {
            ""
        };
        let line = format!(
            "| `{}` | {:?} | {when} | {} |",
            pass.name, pass.level, pass.equations
        );
        assert_eq!(
            lines.next(),
            Some(&*line),
            "the table of passes in docs/programs.md"
        );
    }
    assert_eq!(lines.next(), Some(""));
}

#[test]
fn a_large_hessian_is_symmetric_to_the_last_bit() {
    // Entry by entry its code would be many times as long as the program.
    let n = 120;
    let f = Program::trace(n, |x| {
        let sum = Var::sum(x);
        let mean = x.iter().map(|x| x.sin() * sum).sum::<Var>();
        (mean * 0.01).tanh() * sum.exp()
    })
    .unwrap();
    let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin() * 0.01).collect();
    let (_, gradient, hessian) = f.hessian(&x).unwrap();
    assert_eq!(f.gradient(&x).unwrap().1, gradient);
    let dense = f.transform(Transform::Hessian).unwrap().values(&x).unwrap();
    assert_eq!(hessian, dense);
    for row in 0..n {
        for column in 0..row {
            assert_eq!(hessian[row * n + column], hessian[column * n + row]);
        }
    }
}

#[test]
fn one_way_is_kept_once_whoever_meets_it() {
    let f = Retraced::new(
        1,
        |x: &[Var]| if x[0] < 0.0 { -x[0] } else { x[0].square() },
    );
    thread::scope(|scope| {
        for number in 0..6 {
            let f = &f;
            scope.spawn(move || {
                for step in 0..50 {
                    let x = f64::from(step * 7 % 13) - 6.0 + f64::from(number) * 0.1;
                    let wanted = if x < 0.0 { -x } else { x * x };
                    assert_eq!(f.values(&[x]).unwrap(), [wanted]);
                }
            });
        }
    });
    assert_eq!(f.programs(), 2);
}

#[test]
fn one_sided_derivatives_follow_the_chosen_inputs() {
    let f = Program::trace(3, |x| x[0].abs() * x[1] + x[2].abs()).unwrap();
    let some = f.with_respect_to(&[2, 0]).unwrap();
    assert_eq!(
        some.one_sided(&[0.0, 3.0, 0.0], &[-1.0, 2.0]).unwrap(),
        [1.0 + 2.0 * 3.0]
    );
    assert_eq!(some.variables(), [2, 0]);
}

#[test]
fn a_table_that_panics_leaves_no_rows() {
    struct Wrong;
    impl chainrule::Table for Wrong {
        fn rows(&self) -> usize {
            100
        }
        fn width(&self, _: usize) -> usize {
            1
        }
        fn at(&self, row: usize, _: usize) -> f64 {
            assert!(row < 70, "no such row");
            1.0
        }
    }
    let f = Program::trace(1, |x| x[0]).unwrap();
    let mut batch = f.batch(&[[1.0], [2.0]]).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| batch.set_rows(&Wrong)));
    assert!(caught.is_err());
    assert!(batch.is_empty() && batch.values(&[]).unwrap().is_empty());
}
