//! argmin's traits for programs and for sums over rows.

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Gradient, Hessian};
use chainrule::{Batch, Program};

/// The first output of a program.
pub struct Objective(pub Program);

impl CostFunction for Objective {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.0.value(x)?)
    }
}

impl Gradient for Objective {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;
    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.0.gradient(x)?.1)
    }
}

impl Hessian for Objective {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;
    fn hessian(&self, x: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        let (_, _, hessian) = self.0.hessian(x)?;
        Ok(hessian.chunks(x.len()).map(<[f64]>::to_vec).collect())
    }
}

/// The sum of a program's first output over rows of data, as a function of the uniform inputs.
pub struct RowSum(pub RefCell<Batch>);

impl CostFunction for RowSum {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.0.borrow_mut().sum_values(x)?[0])
    }
}

impl Gradient for RowSum {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;
    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.0.borrow_mut().sum_gradient(x)?.1.to_vec())
    }
}

impl Hessian for RowSum {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;
    fn hessian(&self, x: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        let mut batch = self.0.borrow_mut();
        let (_, _, hessian) = batch.sum_hessian(x)?;
        Ok(hessian.chunks(x.len()).map(<[f64]>::to_vec).collect())
    }
}
