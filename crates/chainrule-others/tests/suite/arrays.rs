//! ndarray's products and arithmetic.

use chainrule::{Dual, Var};
use ndarray::{Array1, Array2, LinalgScalar, array};

use crate::agree::{Value, agree};

/// `xᵀAx` and the sum of the elements of `A·A`, for the matrix of the first four values.
fn quadratic<T: LinalgScalar>(x: &[T]) -> T {
    let a = Array2::from_shape_vec((2, 2), x[..4].to_vec()).unwrap();
    let v = Array1::from(x[4..].to_vec());
    v.dot(&a.dot(&v)) + a.dot(&a).sum()
}

#[test]
fn products_of_arrays_differentiate() {
    let points: &[&[f64]] = &[
        &[1.0, 2.0, -3.0, 0.5, 0.7, -1.2],
        &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    ];
    assert_eq!(agree!(quadratic, points, Value::SameBits, 1e-9), 2);
}

#[test]
fn arrays_have_arithmetic() {
    let x = array![1.0, 2.0].mapv(Var::new);
    let y = (&x * &x + &x).sum();
    assert_eq!(y.backward().of(x.as_slice().unwrap()), [3.0, 5.0]);
    let x = array![Dual::variable(1.0), Dual::from(2.0)];
    assert_eq!((&x * &x).sum().tangent, 2.0);
}
