//! Points at which a crate returns a formula that is right at that point only. The value is right there and the derivative
//! is not, so `check` must not call it right.

use chainrule::check::{self, Report, Verdict};
use chainrule::{Var, derive};
use nalgebra::{Matrix2, Matrix4, Rotation3, UnitQuaternion, Vector3};
use num_complex::Complex;

/// Whether the checker says that the branch of the point does not describe the function around it.
fn finds_a_branch(report: &Report) -> bool {
    let mut entries = report.entries.iter();
    !report.all_agree() && entries.any(|entry| matches!(entry.verdict, Verdict::Branch(_)))
}

fn vector(x: &[Var]) -> Vector3<Var> {
    Vector3::new(x[0], x[1], x[2])
}

#[test]
fn rotations_at_the_identity() {
    let rotated = |x: &[Var]| Rotation3::new(vector(x))[(1, 0)];
    let report = check::gradient(rotated, &[0.0; 3]).unwrap();
    assert!(finds_a_branch(&report), "{report}");
    let near = check::gradient(rotated, &[1e-3, 2e-3, -1e-3]).unwrap();
    assert!(near.all_agree(), "{near}");

    let turned = |x: &[Var]| (UnitQuaternion::new(vector(x)) * Vector3::x().map(Var::from)).y;
    let report = check::gradient(turned, &[0.0; 3]).unwrap();
    assert!(finds_a_branch(&report), "{report}");
}

#[test]
fn complex_roots_on_the_axes() {
    type Function = fn(Complex<Var>) -> Complex<Var>;
    let cases: [(Function, [f64; 2]); 4] = [
        (|z| z.sqrt(), [4.0, 0.0]),
        (|z| z.cbrt(), [8.0, 0.0]),
        (|z| z.asin(), [0.5, 0.0]),
        (|z| z.acos(), [0.5, 0.0]),
    ];
    for (place, (f, point)) in cases.into_iter().enumerate() {
        let parts = |x: &[Var]| {
            let z = f(Complex::new(x[0], x[1]));
            [z.re, z.im]
        };
        let report = check::jacobian(parts, &point).unwrap();
        assert!(finds_a_branch(&report), "{place}: {report}");
        let beside = check::jacobian(parts, &[point[0], 0.1]).unwrap();
        assert!(beside.all_agree(), "{place}: {beside}");
    }
}

#[test]
fn decompositions_of_diagonal_matrices() {
    let recomposed = |x: &[Var]| {
        let [one, three] = [1.0, 3.0].map(Var::from);
        Matrix2::new(one, x[0], x[0], three)
            .symmetric_eigen()
            .recompose()[(0, 1)]
    };
    let report = check::gradient(recomposed, &[0.0]).unwrap();
    assert!(finds_a_branch(&report), "{report}");
    let beside = check::gradient(recomposed, &[0.1]).unwrap();
    assert!(beside.all_agree(), "{beside}");

    let largest = |x: &[Var]| {
        let [one, three] = [1.0, 3.0].map(Var::from);
        let values = Matrix2::new(one, x[0], x[0], three).symmetric_eigenvalues();
        values[0].max(values[1])
    };
    let report = check::hessian(largest, &[0.0]).unwrap();
    assert!(finds_a_branch(&report), "{report}");
}

#[test]
fn determinants_of_singular_matrices() {
    let determinant = |x: &[Var]| {
        let mut m = Matrix4::identity().map(Var::from);
        m[(0, 0)] = Var::from(0.0);
        m[(1, 1)] = Var::from(0.0);
        m[(0, 1)] = Var::from(1.0);
        m[(1, 0)] = x[0];
        m.determinant()
    };
    let report = check::gradient(determinant, &[0.0]).unwrap();
    assert!(finds_a_branch(&report), "{report}");
    assert_eq!(derive::gradient(determinant, &[1.0]).unwrap().1, [-1.0]);
}
