//! Curves of four parameters, fitted to data, with standard errors.

use chainrule::{Program, Result, Scalar, Var};
use levenberg_marquardt::LevenbergMarquardt;
use nalgebra_034::{DMatrix, DVector};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::least_squares::{Fit, standard_errors};

/// A four-parameter logistic: the response rises from `p[0]` to `p[1]`, is halfway at the log dose `p[2]`, and has the
/// slope `p[3]` there, in proportion to a quarter of the rise.
pub fn response<S: Scalar>(p: &[S], log_dose: f64) -> S {
    p[0] + (p[1] - p[0]) * (p[3] * (-p[2] + log_dose)).sigmoid()
}

/// The parameters that [`measured`] uses.
pub const TRUTH: [f64; 4] = [0.1, 1.1, 0.3, 1.2];

/// Four responses at each of nine doses: pairs of a log dose and a response with normal noise of this deviation.
pub fn measured(deviation: f64, seed: u64) -> Vec<(f64, f64)> {
    let mut random = StdRng::seed_from_u64(seed);
    let measure = |i: u32| {
        let log_dose = f64::from(i / 4) - 4.0;
        // The method of Box and Muller.
        let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        (log_dose, response(&TRUTH, log_dose) + deviation * normal)
    };
    (0..36).map(measure).collect()
}

/// A growth curve of Ratkowsky, Nonlinear Regression Modeling (1983), page 88.
pub fn growth<S: Scalar>(p: &[S], time: f64) -> S {
    p[0] / ((p[1] - p[2] * time).exp() + 1.0).pow(p[3].recip())
}

/// The weights of onions at times 1 to 15: the data set Rat43 of NIST's reference data for nonlinear regression.
pub fn onions() -> Vec<(f64, f64)> {
    let weights = [
        16.08, 33.83, 65.80, 97.20, 191.55, 326.20, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56,
        689.96, 637.56, 717.41,
    ];
    (1..).map(f64::from).zip(weights).collect()
}

/// The difference between a curve of four parameters and each measured value.
///
/// # Errors
/// If the curve cannot be traced.
pub fn residuals(curve: fn(&[Var], f64) -> Var, data: &[(f64, f64)]) -> Result<Program> {
    Program::trace(4, |p| -> Vec<Var> {
        data.iter().map(|&(at, y)| curve(p, at) - y).collect()
    })
}

/// A fit and its standard errors.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The parameters with the smallest sum of squares.
    pub parameters: Vec<f64>,
    /// The sum of squares.
    pub squares: f64,
    /// From the Jacobian J of the residuals: the covariance is s²·(JᵀJ)⁻¹, with s² = squares ÷ (residuals − parameters).
    pub from_jacobian: Vec<f64>,
    /// From the Hessian H of the sum of squares: the covariance is 2·s²·H⁻¹.
    pub from_hessian: Vec<f64>,
    /// How many residuals were computed until convergence.
    pub evaluations: usize,
}

/// Fits a program's outputs to 0.
///
/// # Errors
/// Those of the program.
///
/// # Panics
/// If the fit does not converge to a minimum.
pub fn fit(residuals: Program, start: &[f64]) -> Result<Estimate> {
    let squares = Program::trace_at(start, |p| -> Result<Var> {
        Ok(residuals.call(p)?.into_iter().map(Scalar::square).sum())
    })?;
    let problem = Fit {
        residuals,
        parameters: DVector::from_column_slice(start),
    };
    let (fit, report) = LevenbergMarquardt::new().minimize(problem);
    assert!(
        report.termination.was_successful(),
        "{:?}",
        report.termination
    );
    let parameters = fit.parameters.as_slice().to_vec();
    let (y, jacobian) = fit.residuals.jacobian(&parameters)?;
    let (n, p) = (y.len(), parameters.len());
    let jacobian = DMatrix::from_row_slice(n, p, &jacobian);
    let (sum, _, hessian) = squares.hessian(&parameters)?;
    let variance = sum / (n - p) as f64;
    let errors = |information| standard_errors(information, variance).expect("a minimum");
    Ok(Estimate {
        squares: sum,
        from_jacobian: errors(jacobian.tr_mul(&jacobian)),
        from_hessian: errors(DMatrix::from_row_slice(p, p, &hessian) / 2.0),
        evaluations: report.number_of_evaluations,
        parameters,
    })
}
