//! Optimisers and samplers of other crates that use programs.

use std::cell::RefCell;

use chainrule::{Program, Scalar};
use chainrule_others::dose_response::{
    Estimate, TRUTH, fit, growth, measured, onions, residuals, response,
};
use chainrule_others::least_squares::Fit;
use chainrule_others::logistic::{self, FEATURES};
use chainrule_others::minimise::{Method, minimise, rosenbrock_program};
use chainrule_others::objective::{Objective, RowSum};
use chainrule_others::posterior::Failed;
use chainrule_others::schools;
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt, TerminationReason};
use nalgebra::{SMatrix, SVector};
use ndarray::{Array1, LinalgScalar};
use nuts_rs::LogpError;

use crate::agree::{Value, agree};

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f64::max)
}

#[test]
fn argmin_minimises_rosenbrocks_function() {
    for method in Method::ALL {
        let (f, start) = rosenbrock_program(10).unwrap();
        let found = minimise(method, Objective(f), &start, 1e-10).unwrap();
        assert!(
            largest_difference(&found.x, &[1.0; 10]) < 1e-8,
            "{method:?} {found:?}"
        );
        assert!(found.value < 1e-15 && found.iterations < 100 && found.gradients > 0);
        assert_eq!(found.hessians > 0, method != Method::Lbfgs);
    }
}

#[test]
fn argmin_stops_at_a_start_that_is_the_minimum() {
    for method in Method::ALL {
        let (f, _) = rosenbrock_program(10).unwrap();
        let found = minimise(method, Objective(f), &[1.0; 10], 1e-10).unwrap();
        assert_eq!(found.x, [1.0; 10]);
    }
}

/// The minimum of the sum over rows and the covariance of the weights there, by Newton's method.
fn newton(data: &[[f64; FEATURES + 1]]) -> (Vec<f64>, SMatrix<f64, FEATURES, FEATURES>) {
    let mut batch = logistic::batch(data).unwrap();
    let mut weights = SVector::<f64, FEATURES>::zeros();
    for _ in 0..20 {
        let (_, gradient, hessian) = batch.sum_hessian(weights.as_slice()).unwrap();
        let hessian = SMatrix::<f64, FEATURES, FEATURES>::from_row_slice(hessian);
        let covariance = hessian.try_inverse().unwrap();
        let gradient = SVector::<f64, FEATURES>::from_column_slice(gradient);
        if gradient.norm() < 1e-11 {
            return (weights.as_slice().to_vec(), covariance);
        }
        weights -= covariance * gradient;
    }
    panic!("no convergence");
}

#[test]
fn argmin_fits_a_logistic_regression_over_rows_and_over_arrays() {
    let data = logistic::data(1000, 1);
    let (expected, covariance) = newton(&data);
    for ((found, truth), variance) in expected
        .iter()
        .zip(logistic::WEIGHTS)
        .zip(covariance.diagonal().iter())
    {
        assert!(
            (found - truth).abs() < 4.0 * variance.sqrt(),
            "{found} {truth}"
        );
    }
    for method in Method::ALL {
        let rows = RowSum(RefCell::new(logistic::batch(&data).unwrap()));
        let arrays = Objective(logistic::array_program(&data).unwrap());
        for found in [
            minimise(method, rows, &[0.0; FEATURES], logistic::FLAT).unwrap(),
            minimise(method, arrays, &[0.0; FEATURES], logistic::FLAT).unwrap(),
        ] {
            assert!(
                largest_difference(&found.x, &expected) < 1e-8,
                "{method:?} {found:?}, {expected:?}"
            );
            assert!(found.iterations < 50, "{method:?} {found:?}");
        }
    }
}

#[test]
fn argmin_reports_a_changed_branch() {
    // The minimum is on the other branch.
    let f = || {
        Program::trace_at(&[2.0], |x| {
            if x[0] > 1.0 {
                x[0].square()
            } else {
                x[0].square() * 2.0
            }
        })
        .unwrap()
    };
    for method in Method::ALL {
        let error = minimise(method, Objective(f()), &[2.0], 1e-10).unwrap_err();
        assert!(error.to_string().contains("branch"), "{method:?} {error}");
    }
}

fn array_loss_of<T: Scalar + LinalgScalar>(weights: &[T]) -> T {
    let (x, labels) = logistic::arrays(&logistic::data(20, 3));
    logistic::array_loss(&Array1::from(weights.to_vec()), &x, &labels)
}

#[test]
fn a_loss_over_arrays_differentiates() {
    let points: &[&[f64]] = &[&[0.1, -0.2, 0.3, 0.4, -0.5], &[2.0, 0.0, -3.0, 1.0, 0.7]];
    assert_eq!(agree!(array_loss_of, points, Value::SameBits, 1e-9), 2);
    let rows = logistic::data(20, 3);
    for point in points {
        let (value, gradient) = logistic::array_program(&rows)
            .unwrap()
            .gradient(point)
            .unwrap();
        let mut batch = logistic::batch(&rows).unwrap();
        let (sum, slopes) = batch.sum_gradient(*point).unwrap();
        assert!((value - sum).abs() < 1e-13 * sum);
        assert!(largest_difference(&gradient, slopes) < 1e-13 * sum);
    }
}

/// How much the errors from the Hessian differ from those from the Jacobian, at most, relative to them.
fn disagreement(found: &Estimate) -> f64 {
    let pairs = found.from_jacobian.iter().zip(&found.from_hessian);
    pairs.map(|(j, h)| (h / j - 1.0).abs()).fold(0.0, f64::max)
}

#[test]
fn levenberg_marquardt_agrees_with_certified_values() {
    // https://www.itl.nist.gov/div898/strd/nls/data/ratkowsky3.shtml
    let parameters = [
        699.641_512_70,
        5.277_125_302_5,
        0.759_629_383_29,
        1.279_248_385_9,
    ];
    let errors = [
        16.302_297_817,
        2.082_873_582_9,
        0.195_661_234_51,
        0.687_619_363_85,
    ];
    let near = |found: &[f64], expected: &[f64]| {
        let ratios = found.iter().zip(expected).map(|(a, b)| (a / b - 1.0).abs());
        ratios.fold(0.0, f64::max) < 1e-6
    };
    let residuals = residuals(growth, &onions()).unwrap();
    for start in [[100.0, 10.0, 1.0, 1.0], [700.0, 5.0, 0.75, 1.3]] {
        let found = fit(residuals.clone(), &start).unwrap();
        assert!((found.squares / 8_786.404_908 - 1.0).abs() < 1e-9);
        assert!(near(&found.parameters, &parameters), "{found:?}");
        assert!(near(&found.from_jacobian, &errors), "{found:?}");
        assert!((0.01..0.1).contains(&disagreement(&found)), "{found:?}");

        // The Hessian of the sum of squares is the derivative of 2Jᵀr.
        let slopes = |k: usize, by: f64| {
            let mut x = found.parameters.clone();
            x[k] += by;
            let (r, jacobian) = residuals.jacobian(&x).unwrap();
            let jacobian = nalgebra::DMatrix::from_row_slice(15, 4, &jacobian);
            2.0 * jacobian.tr_mul(&nalgebra::DVector::from_vec(r))
        };
        let half = SMatrix::<f64, 4, 4>::from_fn(|i, k| {
            let h = 1e-5 * found.parameters[k];
            (slopes(k, h)[i] - slopes(k, -h)[i]) / (4.0 * h)
        });
        let covariance = half.try_inverse().unwrap() * (found.squares / 11.0);
        for (k, error) in found.from_hessian.iter().enumerate() {
            let expected = covariance[(k, k)].sqrt();
            assert!((error / expected - 1.0).abs() < 1e-4, "{error} {expected}");
        }
    }
}

#[test]
fn levenberg_marquardt_reports_a_changed_branch() {
    // The residual is 0 on the other branch.
    let residuals = Program::trace_at(&[2.0], |x| if x[0] > 1.0 { x[0] } else { x[0] * 2.0 });
    let (fit, report) = LevenbergMarquardt::new().minimize(Fit {
        residuals: residuals.unwrap(),
        parameters: vec![2.0].into(),
    });
    assert_eq!(report.termination, TerminationReason::User("residuals"));
    assert!(fit.residuals().is_none());
}

#[test]
fn standard_errors_are_the_errors_of_a_dose_response_curve() {
    let start = [0.0, 1.0, 0.0, 1.0];
    let estimate = |deviation, seed| {
        let data = measured(deviation, seed);
        fit(residuals(response, &data).unwrap(), &start).unwrap()
    };
    // The squares of the errors in units of the standard errors have mean 1 over many data sets (32/30 for so few degrees
    // of freedom).
    let mut squares = [0.0; 4];
    for seed in 0..200 {
        let found = estimate(0.03, seed);
        for (k, square) in squares.iter_mut().enumerate() {
            let error = found.parameters[k] - TRUTH[k];
            assert!(
                error.abs() < 4.0 * found.from_jacobian[k],
                "{seed} {found:?}"
            );
            *square += (error / found.from_jacobian[k]).powi(2) / 200.0;
        }
        assert!(disagreement(&found) < 0.2, "{seed} {found:?}");
    }
    assert!(
        squares.iter().all(|square| (0.75..1.4).contains(square)),
        "{squares:?}"
    );
    // The two differ by the residuals times second derivatives.
    let [much, little] = [1e-2, 1e-4].map(|deviation| disagreement(&estimate(deviation, 1)));
    assert!((50.0..200.0).contains(&(much / little)), "{much} {little}");
    let exact = estimate(0.0, 1);
    assert!(
        largest_difference(&exact.parameters, &TRUTH) < 1e-12,
        "{exact:?}"
    );
}

#[test]
fn nuts_finds_the_posterior_of_the_eight_schools() {
    // Means and their Monte-Carlo errors: `eight_schools-eight_schools_noncentered` of
    // https://github.com/stan-dev/posteriordb
    let published = [
        (6.1505, 0.0557),
        (4.9396, 0.0462),
        (3.9059, 0.0542),
        (4.7960, 0.0475),
        (3.6144, 0.0461),
        (4.0511, 0.0485),
        (6.3172, 0.0499),
        (4.8840, 0.0543),
        (4.4105, 0.0330),
        (3.6021, 0.0319),
    ];
    let exact = schools::exact_means();
    for (exact, (mean, error)) in exact.iter().zip(published) {
        assert!((exact - mean).abs() < 3.0 * error, "{exact} {mean}");
    }
    let program = schools::program().unwrap();
    let draws = schools::sample(&program, &[0.0; schools::UNKNOWNS], 4000, 1).unwrap();
    for (k, exact) in exact.iter().enumerate() {
        let values: Vec<f64> = draws
            .points
            .iter()
            .map(|x| schools::quantities(x)[k])
            .collect();
        let (mean, error) = schools::mean(&values);
        assert!(error < 0.15, "{k}: {error}");
        assert!(
            (mean - exact).abs() < 4.0 * error,
            "{k}: {mean} ± {error}, {exact}"
        );
    }
    let again = schools::sample(&program, &[0.0; schools::UNKNOWNS], 10, 1).unwrap();
    assert_eq!(again.points, draws.points[..10]);
}

#[test]
fn a_changed_branch_is_recoverable_for_nuts() {
    let error = |x: &[f64]| {
        let f = Program::trace_at(&[0.0], |x| {
            if x[0] > 1.0 {
                x[0]
            } else {
                -x[0].square() / 2.0
            }
        });
        Failed::from(f.unwrap().gradient(x).unwrap_err())
    };
    assert!(error(&[2.0]).is_recoverable());
    assert!(!error(&[2.0, 2.0]).is_recoverable());

    // The standard normal density has the same formula on both sides of 1, but the program knows only one. The draws are
    // those of the density below 1, whose mean is −φ(1)/Φ(1).
    let half = Program::trace_at(&[0.0], |x| {
        let y = if x[0] > 1.0 {
            x[0].square()
        } else {
            x[0] * x[0]
        };
        y * -0.5
    });
    let whole = Program::trace(1, |x| x[0].square() * -0.5);
    for (program, expected, diverges) in [(half, -0.287_600, true), (whole, 0.0, false)] {
        let draws = schools::sample(&program.unwrap(), &[0.5], 20_000, 2).unwrap();
        assert_eq!(draws.diverged > 0, diverges, "{}", draws.diverged);
        let values: Vec<f64> = draws.points.iter().map(|x| x[0]).collect();
        assert_eq!(values.iter().all(|&x| x <= 1.0), diverges);
        let (mean, error) = schools::mean(&values);
        assert!(
            error < 0.03 && (mean - expected).abs() < 4.0 * error,
            "{mean} ± {error}"
        );
    }
}

#[test]
fn the_page_shows_the_adaptors() {
    let page = include_str!("../../../../docs/optimisers-and-samplers.md");
    for source in [
        include_str!("../../src/objective.rs"),
        include_str!("../../src/least_squares.rs"),
        include_str!("../../src/posterior.rs"),
    ] {
        let (_, code) = source.split_once("\n\n").unwrap();
        let code = code.replace("use nalgebra_034 as nalgebra;\n\n", "");
        assert!(page.contains(code.trim_end()), "{code}");
    }
}
