//! Other crates' algorithms, unmodified.

use std::num::NonZeroUsize;

use adskalman::{
    KalmanFilterNoControl, ObservationModel, StateAndCovariance, TransitionModelLinearNoControl,
};
use bspline::BSpline;
use chainrule::{Var, derive};
use gauss_quad::GaussLegendre;
use interpn::multilinear::MultilinearRegular;
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::{
    DMatrix, DVector, Matrix1, Matrix1x2, Matrix2, Matrix2x1, RealField, U1, U2, Vector1, Vector2,
    convert,
};
use nalgebra_034 as na;
use num_complex::Complex;
use num_traits::{Float, NumCast};
use rustfft::{FftNum, FftPlanner};

use crate::agree::{Value, agree};

fn constant<T: NumCast>(x: f64) -> T {
    T::from(x).unwrap()
}

/// The logarithm of the likelihood of five measurements under a Gaussian process: its scale, length and noise are given.
fn gaussian_process<T: RealField + Copy>(x: &[T]) -> T {
    let (places, measured) = ([0.0, 0.4, 1.1, 1.7, 2.5], [0.3, 0.6, -0.2, -0.9, 0.1]);
    let covariance = DMatrix::from_fn(5, 5, |i, j| {
        let apart = convert::<f64, T>(places[i] - places[j]) / x[1];
        let same = if i == j { x[2] * x[2] } else { T::zero() };
        x[0] * x[0] * (-(apart * apart) * convert(0.5)).exp() + same
    });
    let factor = covariance.cholesky().unwrap();
    let y = DVector::from_fn(5, |i, _| convert::<f64, T>(measured[i]));
    let log_determinant = factor
        .l()
        .diagonal()
        .iter()
        .fold(T::zero(), |sum, d| sum + d.ln());
    -(y.dot(&factor.solve(&y)) * convert(0.5)) - log_determinant
}

#[test]
fn nalgebra_gives_the_likelihood_of_a_gaussian_process() {
    let points: &[&[f64]] = &[&[1.0, 0.8, 0.1], &[1.2, 0.7, 0.2], &[0.6, 1.5, 0.5]];
    assert_eq!(
        agree!(gaussian_process, points, Value::Within(1e-13), 1e-9),
        3
    );
    // The derivative by the scale s has a closed form without noise: K = s²·M, so the density scales.
    let scaled = |s: f64| {
        let x = [Var::new(s), Var::from(0.8), Var::from(0.0)];
        gaussian_process(&x).backward()[x[0]]
    };
    let fit = |s: f64| {
        // −½yᵀK⁻¹y, from the value and the determinant.
        let ratio = |s: f64| gaussian_process(&[s, 0.8, 0.0]) + 5.0 * s.ln();
        ratio(s) - ratio(1e100)
    };
    for s in [0.7, 1.3] {
        let exact = -2.0 * fit(s) / s - 5.0 / s;
        assert!(
            (scaled(s) - exact).abs() < 1e-9 * exact.abs(),
            "{} {exact}",
            scaled(s)
        );
    }
}

/// Cubic: the control points and the parameter are given.
fn curve<T: Float>(x: &[T]) -> T {
    let knots = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 2.0, 2.0];
    BSpline::new(3, x[..5].to_vec(), knots.map(constant).to_vec()).point(x[5])
}

#[test]
fn bspline_evaluates_a_curve() {
    let points: &[&[f64]] = &[
        &[0.0, 1.0, -1.0, 2.0, 0.5, 0.7],
        &[0.1, 1.1, -0.9, 2.1, 0.4, 0.3],
        &[0.0, 1.0, -1.0, 2.0, 0.5, 1.6],
    ];
    // The last point is on another piece.
    assert_eq!(agree!(curve, points, Value::SameBits, 1e-9), 2);
}

/// Of a table of 3 × 3 values, at a place.
fn interpolated<T: Float>(x: &[T]) -> T {
    let one = T::one();
    let table = MultilinearRegular::new([3, 3], [T::zero(); 2], [one; 2], &x[..9]).unwrap();
    table.interp_one([x[9], x[10]]).unwrap()
}

#[test]
fn interpn_interpolates_in_a_table() {
    let table = [0.0, 1.0, 4.0, 2.0, -1.0, 0.5, 3.0, 2.5, -2.0];
    let at = |x: f64, y: f64| [&table[..], &[x, y]].concat();
    let points = [at(0.3, 0.6), at(0.4, 0.2), at(1.7, 0.6)];
    let points: Vec<&[f64]> = points.iter().map(Vec::as_slice).collect();
    assert!(agree!(interpolated, &points, Value::SameBits, 1e-9) >= 2);
}

/// The integral of `exp(a·t)` over `t` in `0..b`, by the nodes of a quadrature rule.
fn integral<T: RealField + Copy>(x: &[T]) -> T {
    let rule = GaussLegendre::new(NonZeroUsize::new(12).unwrap());
    let half = x[1] * convert(0.5);
    rule.iter().fold(T::zero(), |sum, &(node, weight)| {
        sum + (x[0] * half * convert(node + 1.0)).exp() * convert(weight)
    }) * half
}

#[test]
fn gauss_quad_integrates() {
    let points: &[&[f64]] = &[&[0.7, 1.5], &[-0.3, 2.0]];
    assert_eq!(agree!(integral, points, Value::Within(1e-14), 1e-9), 2);
    let (a, b) = (Var::new(0.7), Var::new(1.5));
    let grads = integral(&[a, b]).backward();
    let end = (0.7 * 1.5f64).exp();
    assert!((grads[b] - end).abs() < 1e-13);
    assert!((grads[a] - (1.5 * end / 0.7 - (end - 1.0) / 0.49)).abs() < 1e-13);
}

#[test]
fn roots_finds_a_root_that_has_derivatives() {
    // Its trait is closed, so it works on plain numbers, and `implicit` adds the derivatives.
    let (e, m) = (Var::new(0.3), Var::new(1.0));
    let kepler = |x: f64| x - e.peek() * x.sin() - m.peek();
    let mut accuracy = roots::SimpleConvergency {
        eps: 1e-15,
        max_iter: 100,
    };
    let found = roots::find_root_brent(0.0, 3.0, kepler, &mut accuracy).unwrap();
    let x = derive::implicit(|x| vec![x[0] - e * x[0].sin() - m], &[Var::from(found)]).unwrap()[0];
    let grads = x.backward();
    let slope = 1.0 / (1.0 - 0.3 * found.cos());
    assert!((grads[m] - slope).abs() < 1e-14 && (grads[e] - found.sin() * slope).abs() < 1e-14);
}

struct Motion<T: RealField> {
    step: Matrix2<T>,
    transposed: Matrix2<T>,
    noise: Matrix2<T>,
}

impl<T: RealField> TransitionModelLinearNoControl<T, U2> for Motion<T> {
    fn F(&self) -> &Matrix2<T> {
        &self.step
    }
    fn FT(&self) -> &Matrix2<T> {
        &self.transposed
    }
    fn Q(&self) -> &Matrix2<T> {
        &self.noise
    }
}

struct Sensor<T: RealField> {
    row: Matrix1x2<T>,
    transposed: Matrix2x1<T>,
    noise: Matrix1<T>,
}

impl<T: RealField> ObservationModel<T, U2, U1> for Sensor<T> {
    fn H(&self) -> &Matrix1x2<T> {
        &self.row
    }
    fn HT(&self) -> &Matrix2x1<T> {
        &self.transposed
    }
    fn R(&self) -> &Matrix1<T> {
        &self.noise
    }
}

/// The place and speed that a Kalman filter estimates from four measurements: the two noises are given.
fn filtered<T: RealField + Copy>(x: &[T]) -> T {
    let number = convert::<f64, T>;
    let step = Matrix2::new(1.0, 0.5, 0.0, 1.0).map(number);
    let motion = Motion {
        step,
        transposed: step.transpose(),
        noise: Matrix2::identity() * x[0],
    };
    let row = Matrix1x2::new(1.0, 0.0).map(number);
    let sensor = Sensor {
        row,
        transposed: row.transpose(),
        noise: Matrix1::new(x[1]),
    };
    let start = StateAndCovariance::new(Vector2::zeros(), Matrix2::identity());
    let measured = [0.4, 0.9, 1.7, 2.1].map(|y| Vector1::new(number(y)));
    let states = KalmanFilterNoControl::new(&motion, &sensor)
        .filter(&start, &measured)
        .unwrap();
    let last = states[3].state();
    last[0] + last[1] * number(0.5)
}

#[test]
fn adskalman_filters() {
    let points: &[&[f64]] = &[&[0.1, 0.2], &[0.2, 0.3], &[1.0, 0.05]];
    assert_eq!(agree!(filtered, points, Value::SameBits, 1e-8), 3);
}

/// The area of a triangle, and the length of a vector with a given direction.
fn area<T: Float>(x: &[T]) -> T {
    use euclid::default::Vector3D;
    let [a, b] = [&x[..3], &x[3..]].map(|x| Vector3D::new(x[0], x[1], x[2]));
    a.cross(b).length() + a.normalize().dot(b)
}

#[test]
fn euclid_measures_vectors() {
    let points: &[&[f64]] = &[
        &[1.0, 2.0, 0.5, -0.3, 0.8, 1.1],
        &[0.2, -0.4, 0.9, 1.5, 0.1, -0.7],
    ];
    assert_eq!(agree!(area, points, Value::SameBits, 1e-9), 2);
}

/// The triple product, and a squared distance. (`dot` needs approx 0.4, for which there are no traits.)
fn volume<T: cgmath::BaseNum>(x: &[T]) -> T {
    use cgmath::{Array, ElementWise, Vector3};
    let [a, b, c] = [0, 3, 6].map(|i| Vector3::new(x[i], x[i + 1], x[i + 2]));
    let edge = a - b;
    a.cross(b).mul_element_wise(c).sum() + edge.mul_element_wise(edge).sum()
}

#[test]
fn cgmath_multiplies_vectors() {
    let points: &[&[f64]] = &[&[1.0, 2.0, 0.5, -0.3, 0.8, 1.1, 0.6, -0.2, 0.4]];
    assert_eq!(agree!(volume, points, Value::SameBits, 1e-9), 1);
}

/// An elementary function of a complex number.
fn analytic<T: Float>(x: &[T]) -> Complex<T> {
    let z = Complex::new(x[0], x[1]);
    (z * z).exp() / z.sqrt() + z.sin()
}

#[test]
fn num_complex_computes_with_complex_numbers() {
    let points: &[&[f64]] = &[&[0.7, 0.4], &[0.8, 0.3]];
    let near = Value::Within(1e-14);
    assert_eq!(agree!(|x: &[_]| analytic(x).re, points, near, 1e-9), 2);
    assert_eq!(agree!(|x: &[_]| analytic(x).norm(), points, near, 1e-9), 2);
    // The Cauchy–Riemann equations.
    let [x, y] = [0.7, 0.4].map(Var::new);
    let f = analytic(&[x, y]);
    let (re, im) = (f.re.backward(), f.im.backward());
    assert!((re[x] - im[y]).abs() < 1e-14 && (re[y] + im[x]).abs() < 1e-14);
}

/// A weighted sum of the power at each frequency.
fn spectrum<T: FftNum + Float>(x: &[T]) -> T {
    let mut values: Vec<Complex<T>> = x.iter().map(|&x| Complex::new(x, T::zero())).collect();
    FftPlanner::new()
        .plan_fft_forward(x.len())
        .process(&mut values);
    let powers = values.iter().enumerate();
    powers.fold(T::zero(), |sum, (k, value)| {
        sum + value.norm_sqr() * constant(k as f64)
    })
}

#[test]
fn rustfft_transforms() {
    let near = Value::Within(1e-13);
    let (a, b) = (
        [0.3, -1.2, 0.8, 2.0, 0.1, -0.7],
        [1.3, 0.2, -0.8, 1.0, 0.6, 0.4],
    );
    assert_eq!(agree!(spectrum, &[&a, &b], near, 1e-9), 2);
    assert_eq!(agree!(spectrum, &[&a[..5], &b[..5]], near, 1e-9), 2);
}

/// A line through points with these heights.
struct Line<T: na::Scalar> {
    line: na::Vector2<T>,
    heights: na::Vector4<T>,
}

const PLACES: [f64; 4] = [0.0, 1.0, 2.0, 3.5];

impl<T: na::RealField + Float> LeastSquaresProblem<T, na::U4, na::U2> for Line<T> {
    type ResidualStorage = na::Owned<T, na::U4>;
    type JacobianStorage = na::Owned<T, na::U4, na::U2>;
    type ParameterStorage = na::Owned<T, na::U2>;

    fn set_params(&mut self, line: &na::Vector2<T>) {
        self.line = *line;
    }

    fn params(&self) -> na::Vector2<T> {
        self.line
    }

    fn residuals(&self) -> Option<na::Vector4<T>> {
        Some(na::Vector4::from_fn(|i, _| {
            self.line[0] + self.line[1] * constant(PLACES[i]) - self.heights[i]
        }))
    }

    fn jacobian(&self) -> Option<na::Matrix4x2<T>> {
        Some(na::Matrix4x2::from_fn(|i, j| {
            constant(if j == 0 { 1.0 } else { PLACES[i] })
        }))
    }
}

/// The slope of the line that fits best.
fn slope<T: na::RealField + Float>(x: &[T]) -> T {
    let heights = na::Vector4::new(x[0], x[1], x[2], x[3]);
    let (fitted, report) = LevenbergMarquardt::new().minimize(Line {
        line: na::Vector2::zeros(),
        heights,
    });
    assert!(report.termination.was_successful());
    fitted.line[1]
}

#[test]
fn levenberg_marquardt_fits_and_the_fit_is_differentiated() {
    let x = [0.2, 1.3, 1.7, 4.0].map(Var::new);
    let grads = slope(&x).backward();
    let mean = PLACES.iter().sum::<f64>() / 4.0;
    let spread: f64 = PLACES.iter().map(|t| (t - mean).powi(2)).sum();
    for (x, t) in x.iter().zip(PLACES) {
        let exact = (t - mean) / spread;
        assert!((grads[*x] - exact).abs() < 1e-9, "{} {exact}", grads[*x]);
    }
}
