//! Every operation of the table, at every combination of special numbers.

use chainrule::op::{NaryOp, Op};
use chainrule::strategies::{all_ops, arity};
use chainrule::{Program, Var};

use crate::bits::agree;

/// Products of two of the small ones are below the smallest positive number.
const SPECIAL: [f64; 11] = [
    0.0,
    -0.0,
    1.0,
    -2.0,
    0.5,
    1e-200,
    -1e-200,
    5e-324,
    1e300,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// All lists of this many special numbers.
fn combinations(width: usize) -> Vec<Vec<f64>> {
    let mut lists = vec![Vec::new()];
    for _ in 0..width {
        let longer = |list: &Vec<f64>| {
            let list = list.clone();
            SPECIAL.map(|number| [&list[..], &[number]].concat())
        };
        lists = lists.iter().flat_map(longer).collect();
    }
    lists
}

/// Values and derivatives of `f`, row by row, at points, and summed over rows.
fn agrees_everywhere(width: usize, f: impl Fn(&[Var]) -> Var) {
    let rows = combinations(width);
    let program = Program::trace(width, &f).unwrap();
    agree(&program, |program| {
        let mut batch = program.batch(&rows)?;
        let (values, gradients) = batch.gradients(&[])?;
        Ok([values, gradients].concat())
    });
    agree(&program, |program| {
        let mut at = program.evaluator();
        let mut all = Vec::new();
        for row in rows.iter().step_by(rows.len().div_ceil(2000)) {
            let (value, gradient) = at.gradient(row)?;
            all.push(value);
            all.extend_from_slice(gradient);
        }
        Ok(all)
    });
    let factors = [1.0, -0.5];
    let weighted = Program::trace_rows(&factors, width, |w, row| f(row) * w[0] + w[1]);
    agree(&weighted.unwrap(), |program| {
        let mut all = Vec::new();
        // A sum of all would be NaN.
        for rows in rows.chunks(3) {
            let mut batch = program.batch(rows)?;
            let (sum, gradient) = batch.sum_gradient(&factors)?;
            all.push(sum);
            all.extend_from_slice(gradient);
        }
        Ok(all)
    });
}

#[test]
fn values_and_gradients() {
    for op in all_ops() {
        // Four operands of a sum of products: one may be 0 after another has become −0.
        let pairs = matches!(op, Op::Nary(NaryOp::Adjoint | NaryOp::Dot));
        let width = arity(op).unwrap_or(if pairs { 4 } else { 3 });
        agrees_everywhere(width, |x| op.apply(x).unwrap());
    }
}

#[test]
fn constant_operands() {
    for op in all_ops() {
        let Some(width @ 1..) = arity(op).or(Some(4)) else {
            continue;
        };
        for constant in [0.0, -0.0, 1.0, -1.0, 3.0, 0.5, f64::INFINITY, f64::NAN] {
            for place in 0..width {
                let f = |x: &[Var]| {
                    let mut operands = vec![x[0]; width];
                    operands[width - 1] = x[1];
                    operands[place] = constant.into();
                    op.apply(&operands).unwrap() * x[1]
                };
                let program = Program::trace(2, f).unwrap();
                agree(&program, |program| {
                    let mut at = program.evaluator();
                    let mut all = Vec::new();
                    for row in combinations(2) {
                        let (value, gradient) = at.gradient(&row)?;
                        all.push(value);
                        all.extend_from_slice(gradient);
                    }
                    Ok(all)
                });
            }
        }
    }
}
