//! Programs: repeated outputs and inputs, repeated transforms, and sparse derivatives.

use chainrule::strategies::Expression;
use chainrule::{Mode, Program, Transform, Var};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq};
use proptest::test_runner::TestRunner;

use super::{all_same, check, same};

/// A function of several outputs: some values of an expression, inputs and constants, each possibly more than once.
fn outputs_of(e: &Expression, picks: &[u8], x: &[Var]) -> Vec<Var> {
    let mut values = x.to_vec();
    let last = e.evaluate_by(x, |op, operands| {
        let value = op.apply(operands).unwrap_or_default();
        values.push(value);
        value
    });
    values.push(Var::from(1.5));
    values.push(last);
    let picks = picks.iter().map(|&pick| usize::from(pick) % values.len());
    picks.map(|pick| values[pick]).collect()
}

fn several() -> impl Strategy<Value = (Expression, Vec<u8>)> {
    (
        Expression::any(10, false),
        prop::collection::vec(any::<u8>(), 1..7),
    )
}

/// Outputs that repeat, and inputs that take the same value: each output alone must have the same derivatives.
pub(super) fn outputs(runner: &mut TestRunner) -> Result<(), String> {
    check(runner, &several(), |(e, picks)| {
        let x = e.inputs();
        let f = Program::trace_at(x, |x| outputs_of(&e, &picks, x))?;
        let values = f.values(x)?;
        prop_assert_eq!(values.len(), picks.len());
        let reverse = f.transform(Transform::Jacobian(Mode::Reverse))?.values(x)?;
        for (place, &value) in values.iter().enumerate() {
            let alone = f.select(&[place])?;
            let (of_alone, gradient) = alone.gradient(x)?;
            prop_assert!(all_same(&[of_alone], &[value]), "output {}", place);
            let row = &reverse[place * x.len()..(place + 1) * x.len()];
            prop_assert!(
                all_same(row, &gradient),
                "row {}: {:?}, {:?}",
                place,
                row,
                gradient
            );
            let again = f.select(&[place, place])?.jacobian(x)?.1;
            let (one, other) = again.split_at(x.len());
            prop_assert!(all_same(one, other));
        }
        let joined = f.join(&f)?.values(x)?;
        prop_assert!(all_same(&joined, &[&values[..], &values[..]].concat()));
        Ok(())
    })
}

/// Transforms that need only a point, one after another: a point and rows must have the same bits.
pub(super) fn transforms(runner: &mut TestRunner) -> Result<(), String> {
    let all = vec![
        Transform::Values,
        Transform::Gradient,
        Transform::Jacobian(Mode::Cheaper),
        Transform::Jacobian(Mode::Forward),
        Transform::Jacobian(Mode::Reverse),
        Transform::Jvp,
        Transform::Vjp,
        Transform::Hessian,
        Transform::HessianDiagonal,
        Transform::Laplacian,
        Transform::Hvp,
        Transform::Vhp,
        Transform::Taylor(2),
    ];
    let strategy = (
        several(),
        prop::collection::vec(prop::sample::select(all), 1..4),
    );
    check(runner, &strategy, |((e, picks), transforms)| {
        let mut program = Program::trace_at(e.inputs(), |x| outputs_of(&e, &picks, x))?;
        for transform in transforms {
            // Code grows with each transform.
            if program.ir().len() > 3000 || program.outputs() > 60 {
                break;
            }
            program = program.transform(transform)?;
        }
        let mut x = e.inputs().to_vec();
        // Directions and weights.
        x.resize(program.inputs(), 0.75);
        let values = program.values(&x)?;
        // The weights and directions of some transforms are the same for all rows otherwise.
        let program = program.with_uniform_inputs(0)?;
        let rows = vec![&x; 66];
        let mut batch = program.batch(&rows)?;
        let of_rows = batch.values(&[0.0; 0])?;
        for row in of_rows.chunks(values.len().max(1)) {
            prop_assert!(
                all_same(row, &values),
                "{:?}, {:?} in\n{}",
                row,
                values,
                program.ir()
            );
        }
        Ok(())
    })
}

/// Sparse derivatives against dense ones: the same bits, and 0 outside of the pattern, or NaN, as the slope of a step function
/// is.
pub(super) fn sparse(runner: &mut TestRunner) -> Result<(), String> {
    check(runner, &several(), |(e, picks)| {
        let x = e.inputs();
        let f = Program::trace_at(x, |x| outputs_of(&e, &picks, x))?;
        let jacobian = f.transform(Transform::Jacobian(Mode::Cheaper))?.values(x)?;
        let hessian = f.transform(Transform::Hessian)?.values(x)?;
        let of_sparse = [f.sparse_jacobian(), f.sparse_hessian()?];
        for (dense, sparse) in [jacobian, hessian].iter().zip(of_sparse) {
            let found = sparse.matrix(x)?.to_dense();
            prop_assert_eq!(found.len(), dense.len());
            for (place, (&a, &b)) in dense.iter().zip(&found).enumerate() {
                let row = sparse.sparsity().row(place / x.len());
                let outside = row.binary_search(&(place % x.len())).is_err();
                prop_assert!(
                    same(a, b) || outside && a.is_nan(),
                    "entry {}: {:e}, {:e}",
                    place,
                    a,
                    b
                );
            }
        }
        Ok(())
    })
}
