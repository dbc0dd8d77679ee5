//! Tests layers of dot products that share factors, with hostile weights and data, for every width of vectors.

use proptest::prelude::*;

use super::{Options, all_same, archs, hostile, on_tape, oracle, program, same, verified};
use crate::ir::Level;
use crate::math::fused::Arch;
use crate::op::rows::{Add, Dot, Neg, Relu, Sum, Tanh};
use crate::op::{Binary, Nary, Op, Unary};
use crate::program::core::Over;
use crate::strategies::{Expression, Operand};
use crate::transform::Transform;

/// Which inputs of a layer an output is connected with.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Full,
    Lower,
    Upper,
    Band,
    Holes,
}

const SHAPES: [Shape; 5] = [
    Shape::Full,
    Shape::Lower,
    Shape::Upper,
    Shape::Band,
    Shape::Holes,
];

impl Shape {
    /// Whether the output `row` needs the input `column` of `count`. Every output needs one.
    fn connects(self, row: usize, column: usize, count: usize) -> bool {
        match self {
            Self::Full => true,
            Self::Lower => column <= row,
            Self::Upper => column >= row.min(count - 1),
            Self::Band => column.abs_diff(row.min(count - 1)) <= 4,
            Self::Holes => column == row % count || (row * 7 + column * 5) % 6 > 1,
        }
    }
}

/// The sum of a network's outputs. The inputs are the weights, layer by layer, then the row. With `bias`, each dot product
/// gets one. Weights that connect nothing are inputs too.
fn network(
    sizes: &[usize],
    bias: bool,
    transposed: bool,
    shape: Shape,
    inputs: Vec<f64>,
) -> Expression {
    let weights = weights(sizes, bias);
    let mut steps: Vec<(Op, Vec<Operand>)> = Vec::new();
    let mut x: Vec<usize> = (weights..weights + sizes[0]).collect();
    let mut next = inputs.len();
    let mut push = |op: Op, operands: &[usize]| {
        steps.push((op, operands.iter().map(|&i| Operand::Value(i)).collect()));
        next += 1;
        next - 1
    };
    let mut first = 0;
    for (layer, &width) in sizes[1..].iter().enumerate() {
        let activation = [Relu::OP, Tanh::OP, Neg::OP][layer % 3];
        let count = x.len();
        let outputs = (0..width).map(|row| {
            // The same numbers, read by rows or by columns.
            let weight = |column: usize| {
                first
                    + if transposed {
                        column * width + row
                    } else {
                        row * count + column
                    }
            };
            let factors: Vec<usize> = x
                .iter()
                .enumerate()
                .filter(|&(column, _)| shape.connects(row, column, count))
                .flat_map(|(column, &x)| [weight(column), x])
                .collect();
            let mut sum = push(Op::Nary(Dot::OP), &factors);
            if bias {
                sum = push(Op::Binary(Add::OP), &[sum, first + width * count + row]);
            }
            push(Op::Unary(activation), &[sum])
        });
        x = outputs.collect();
        first += width * (count + usize::from(bias));
    }
    push(Op::Nary(Sum::OP), &x);
    Expression { inputs, steps }
}

fn weights(sizes: &[usize], bias: bool) -> usize {
    sizes
        .windows(2)
        .map(|pair| (pair[0] + usize::from(bias)) * pair[1])
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn products_have_the_bits_of_one_dot_product_after_another(
        sizes in prop::collection::vec(1..18_usize, 2..4),
        [bias, transposed, calm] in [any::<bool>(), any::<bool>(), any::<bool>()],
        shape in prop::sample::select(&SHAPES[..]),
        pool in prop::collection::vec(hostile(), 800),
        count in 1..131_usize,
    ) {
        let tame = |x: &f64| if x.is_finite() && x.abs() < 10.0 { *x } else { 0.5 };
        let edge = |i: usize| !calm && i.is_multiple_of(5);
        let number = |i: usize| if edge(i) { pool[i % 797] } else { tame(&pool[i % 787]) };
        let weights = weights(&sizes, bias);
        let p: Vec<f64> = (0..weights).map(number).collect();
        let rows: Vec<Vec<f64>> = (0..count).map(|row| (0..sizes[0]).map(|i| number(weights + row * 31 + i)).collect()).collect();
        let e = network(&sizes, bias, transposed, shape, [&p[..], &rows[0]].concat());
        let program = program(&e, weights);
        let (total, wanted) = oracle::sum_gradient(&e, &p, &rows);
        let of_rows: Vec<Vec<f64>> = rows.iter().map(|row| on_tape(&e, &[&p[..], row].concat())).collect();
        for matrices in [true, false] {
            let options = Options { matrices, ..Options::at(Level::Exact) };
            let code = |transform, over| verified(&program, transform, over, options);
            let values = code(Transform::Values, Over::Rows);
            let gradients = code(Transform::Gradient, Over::Rows);
            let sums = code(Transform::Gradient, Over::Sum);
            let wanted = [&[total][..], &wanted].concat();
            for arch in archs() {
                let found = values.each_row(arch, &p, &rows);
                prop_assert!(found[0].iter().zip(&of_rows).all(|(&found, wanted)| same(found, wanted[0])), "{arch:?}\n{}", values.text);
                let found = gradients.each_row(arch, &p, &rows);
                for (slopes, wanted) in found[1].chunks(e.inputs.len()).zip(&of_rows) {
                    prop_assert!(all_same(slopes, &wanted[1..]), "{arch:?}\n{}", gradients.text);
                }
                let found = sums.summed(arch, &p, &rows);
                prop_assert!(all_same(&found, &wanted), "{arch:?}: {found:?}, {wanted:?}\n{}", sums.text);
            }
        }
        for threads in 1..4 {
            let mut batch = program.batch(&rows).unwrap().threads(threads);
            let (sum, found) = batch.sum_gradient(&p[..]).unwrap();
            prop_assert!(same(sum, total) && all_same(found, &wanted));
        }
    }

    #[test]
    fn rounding_at_level_fast_is_the_same_on_every_processor(
        sizes in prop::collection::vec(1..18_usize, 2..4),
        bias in any::<bool>(),
        shape in prop::sample::select(&SHAPES[..]),
        numbers in prop::collection::vec(-2.0..2.0, 800),
        count in 1..131_usize,
    ) {
        let weights = weights(&sizes, bias);
        let number = |i: usize| numbers[i % 797];
        let p: Vec<f64> = (0..weights).map(number).collect();
        let rows: Vec<Vec<f64>> = (0..count).map(|row| (0..sizes[0]).map(|i| number(weights + row * 31 + i)).collect()).collect();
        let e = network(&sizes, bias, false, shape, [&p[..], &rows[0]].concat());
        let program = program(&e, weights);
        let code = verified(&program, Transform::Gradient, Over::Sum, Options::at(Level::Fast));
        let wanted = code.summed(Arch::Scalar, &p, &rows);
        for arch in archs() {
            prop_assert!(all_same(&code.summed(arch, &p, &rows), &wanted), "{arch:?}\n{}", code.text);
        }
    }
}

/// There are so many blocks that they are worth more than one thread.
#[test]
fn rounding_at_level_fast_is_the_same_on_any_number_of_threads() {
    let sizes = [5, 6, 4];
    let weights = weights(&sizes, true);
    let number = |i: usize| ((i * i) as f64 * 0.37).sin();
    let p: Vec<f64> = (0..weights).map(number).collect();
    let rows: Vec<Vec<f64>> = (0..10_000)
        .map(|row| (0..5).map(|i| number(row * 5 + i)).collect())
        .collect();
    let e = network(
        &sizes,
        true,
        false,
        Shape::Full,
        [&p[..], &rows[0]].concat(),
    );
    let fast = program(&e, weights).at_level(Level::Fast);
    let on = |threads: usize| {
        let mut batch = fast.batch(&rows).unwrap().threads(threads);
        let (sum, gradient) = batch.sum_gradient(&p[..]).unwrap();
        [&[sum], gradient].concat()
    };
    let alone = on(1);
    for threads in 2..5 {
        assert!(all_same(&on(threads), &alone), "{threads} threads");
    }
}

#[test]
fn every_length_of_a_tail_has_the_same_bits() {
    let sizes = [5, 6, 4];
    let weights = weights(&sizes, true);
    let number = |i: usize| (i as f64 * 1.7).sin();
    let p: Vec<f64> = (0..weights).map(number).collect();
    let row = |row: usize| (0..5).map(|i| number(1000 + row * 5 + i)).collect();
    let all: Vec<Vec<f64>> = (0..200).map(row).collect();
    let e = network(&sizes, true, false, Shape::Full, [&p[..], &all[0]].concat());
    let program = program(&e, weights);
    let options = Options::at(Level::Exact);
    let code = verified(&program, Transform::Gradient, Over::Sum, options);
    for count in (0..=130).chain([191, 192, 193, 200]) {
        let rows = &all[..count];
        let (total, wanted) = oracle::sum_gradient(&e, &p, rows);
        for arch in archs() {
            let wanted = [&[total][..], &wanted].concat();
            assert!(
                all_same(&code.summed(arch, &p, rows), &wanted),
                "{count} rows, {arch:?}"
            );
        }
        let mut batch = program.batch(rows).unwrap();
        let (sum, found) = batch.sum_gradient(&p[..]).unwrap();
        assert!(same(sum, total) && all_same(found, &wanted), "{count} rows");
    }
}

#[test]
fn products_of_many_terms_are_shared_among_threads() {
    let sizes = [130, 135];
    let weights = weights(&sizes, false);
    let number = |i: usize| ((i * i) as f64 * 0.37).sin();
    let p: Vec<f64> = (0..weights).map(number).collect();
    let rows: Vec<Vec<f64>> = (0..64)
        .map(|row| (0..130).map(|i| number(row * 131 + i)).collect())
        .collect();
    for transposed in [false, true] {
        let e = network(
            &sizes,
            false,
            transposed,
            Shape::Full,
            [&p[..], &rows[0]].concat(),
        );
        let program = program(&e, weights);
        let (total, wanted) = oracle::sum_gradient(&e, &p, &rows);
        for threads in [1, 2, 3, 8] {
            let mut batch = program.batch(&rows).unwrap().threads(threads);
            let (sum, found) = batch.sum_gradient(&p[..]).unwrap();
            assert!(
                same(sum, total) && all_same(found, &wanted),
                "{threads} threads, transposed: {transposed}"
            );
        }
    }
}
