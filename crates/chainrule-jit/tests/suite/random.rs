//! Random programs of every operation: values, gradients and Hessians at points, row by row, and summed over rows.

use chainrule::strategies::Expression;
use chainrule::{Program, Var};
use chainrule_jit::NativeProgram;
use proptest::prelude::*;

use crate::bits::{all_same, same};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_programs(
        e in Expression::any(12, false),
        uniform in 0..4_usize,
        rows in prop::collection::vec(prop::array::uniform4(-2.0..2.0), 0..200),
    ) {
        let uniform = uniform.min(e.inputs().len());
        let width = e.inputs().len() - uniform;
        let (p, row) = e.inputs().split_at(uniform);
        let interpreted = Program::trace_rows_at(p, row, |p, row| {
            let inputs: Vec<Var> = p.iter().chain(row).copied().collect();
            e.evaluate(&inputs)
        })
        .unwrap();
        let native = interpreted.native();
        let (a, b) = (interpreted.hessian(e.inputs()).unwrap(), native.hessian(e.inputs()).unwrap());
        prop_assert!(same(a.0, b.0) && all_same(&a.1, &b.1) && all_same(&a.2, &b.2), "{a:?}\n{b:?}\n{interpreted}");
        let (a, b) = (interpreted.gradient(e.inputs()).unwrap(), native.gradient(e.inputs()).unwrap());
        prop_assert!(same(a.0, b.0) && all_same(&a.1, &b.1), "{a:?}\n{b:?}\n{interpreted}");

        let rows: Vec<&[f64]> = rows.iter().map(|row| &row[..width]).collect();
        let [mut ours, mut theirs] = [&interpreted, &native].map(|program| program.batch(&rows).unwrap());
        let (a, b) = (ours.gradients(p).unwrap(), theirs.gradients(p).unwrap());
        prop_assert!(all_same(a.0, b.0) && all_same(a.1, b.1), "{a:?}\n{b:?}\n{interpreted}");
        let (a, b) = (ours.sum_hessian(p).unwrap(), theirs.sum_hessian(p).unwrap());
        prop_assert!(same(a.0, b.0) && all_same(a.1, b.1) && all_same(a.2, b.2), "{a:?}\n{b:?}\n{interpreted}");
    }
}
