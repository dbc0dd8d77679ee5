//! The questions that programs answer, and their answers as arrays.

use chainrule::{Batch, Program, Result};
use pyo3::prelude::*;

use crate::arrays::array;

/// One of the questions that programs answer: parts of an answer for each row, and their shapes.
#[derive(Clone, Copy)]
pub(crate) enum Question {
    Values,
    Gradient,
    Jacobian,
    Hessian,
}

impl Question {
    pub(crate) fn at_point(self, program: &Program, x: &[f64]) -> Result<Vec<Vec<f64>>> {
        Ok(match self {
            Self::Values => vec![program.values(x)?],
            Self::Gradient => {
                let (value, gradient) = program.gradient(x)?;
                vec![vec![value], gradient]
            }
            Self::Jacobian => {
                let (values, jacobian) = program.jacobian(x)?;
                vec![values, jacobian]
            }
            Self::Hessian => {
                let (value, gradient, hessian) = program.hessian(x)?;
                vec![vec![value], gradient, hessian]
            }
        })
    }

    pub(crate) fn of_rows(self, batch: &mut Batch, uniform: &[f64]) -> Result<Vec<Vec<f64>>> {
        Ok(match self {
            Self::Values => vec![batch.values(uniform)?.to_vec()],
            Self::Gradient => {
                let (values, gradients) = batch.gradients(uniform)?;
                vec![values.to_vec(), gradients.to_vec()]
            }
            Self::Jacobian => {
                let (values, jacobians) = batch.jacobians(uniform)?;
                vec![values.to_vec(), jacobians.to_vec()]
            }
            Self::Hessian => {
                let (values, gradients, hessians) = batch.hessians(uniform)?;
                vec![values.to_vec(), gradients.to_vec(), hessians.to_vec()]
            }
        })
    }
}

/// An answer: its parts, and the number of rows, unless it is that of a point.
pub(crate) struct Answer {
    pub(crate) parts: Vec<Vec<f64>>,
    pub(crate) rows: Option<usize>,
}

impl Answer {
    /// A part as an array of this shape, with the axis of rows in front.
    pub(crate) fn part<'py>(
        &mut self,
        py: Python<'py>,
        part: usize,
        shape: &[usize],
    ) -> PyResult<Bound<'py, PyAny>> {
        let shape: Vec<usize> = self.rows.iter().chain(shape).copied().collect();
        array(py, std::mem::take(&mut self.parts[part]), &shape)
    }

    /// The first part: a float, or an array with one number per row.
    pub(crate) fn number<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.rows {
            None => Ok(self.parts[0][0].into_pyobject(py)?.into_any()),
            Some(_) => self.part(py, 0, &[]),
        }
    }
}
