//! levenberg-marquardt's trait for a program whose outputs are the residuals.

use chainrule::Program;
use levenberg_marquardt::LeastSquaresProblem;
use nalgebra_034 as nalgebra;

use nalgebra::{DMatrix, DVector, Dyn, U1, VecStorage};

/// A program whose outputs are the residuals, and the current parameters.
pub struct Fit {
    /// Computes the residuals.
    pub residuals: Program,
    /// The program's inputs: the start, then the best parameters so far.
    pub parameters: DVector<f64>,
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Fit {
    type ResidualStorage = VecStorage<f64, Dyn, U1>;
    type JacobianStorage = VecStorage<f64, Dyn, Dyn>;
    type ParameterStorage = VecStorage<f64, Dyn, U1>;

    fn set_params(&mut self, x: &DVector<f64>) {
        self.parameters.copy_from(x);
    }

    fn params(&self) -> DVector<f64> {
        self.parameters.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        let residuals = self.residuals.values(self.parameters.as_slice());
        residuals.ok().map(DVector::from_vec)
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let (y, jacobian) = self.residuals.jacobian(self.parameters.as_slice()).ok()?;
        Some(DMatrix::from_row_slice(
            y.len(),
            self.parameters.len(),
            &jacobian,
        ))
    }
}

/// The square roots of the diagonal of `variance · information⁻¹`; `None` if the matrix is not positive definite.
pub fn standard_errors(information: DMatrix<f64>, variance: f64) -> Option<Vec<f64>> {
    let covariance = information.cholesky()?.inverse() * variance;
    Some(covariance.diagonal().map(f64::sqrt).as_slice().to_vec())
}
