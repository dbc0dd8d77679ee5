//! Programs with rows of data, and the parameters that their calls take.

use std::sync::{Mutex, PoisonError};

use chainrule::{Batch, Error, Result, Transform};
use numpy::{PyArrayDescrMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{array, vector};
use crate::errors::{count, detached, expect_memory};
use crate::methods::numbers;
use crate::partial::{PyPartial, question_named};
use crate::program::counted;
use crate::tracing::{Form, listed};

pub(crate) fn first_sum(batch: &mut Batch, parameters: &[f64]) -> Result<f64> {
    let sums = batch.sum_values(parameters)?;
    let first = sums.first().copied();
    first.ok_or_else(|| Error::argument("outputs", "expected at least 1, found 0"))
}

pub(crate) fn sum_gradient(batch: &mut Batch, parameters: &[f64]) -> Result<(f64, Vec<f64>)> {
    let (value, gradient) = batch.sum_gradient(parameters)?;
    Ok((value, gradient.to_vec()))
}

pub(crate) fn mean_gradient(batch: &mut Batch, parameters: &[f64]) -> Result<(f64, Vec<f64>)> {
    let (value, gradient) = batch.mean_gradient(parameters)?;
    Ok((value, gradient.to_vec()))
}

/// An error if the second derivatives of a sum cannot be stored.
pub(crate) fn expect_hessian_memory(parameters: usize) -> PyResult<()> {
    let what = format_args!("the Hessian with respect to {parameters} parameters");
    expect_memory(parameters.checked_mul(parameters), what)
}

/// A program with rows of data.
#[pyclass(frozen, module = "chainrule", name = "Batch")]
pub(crate) struct PyBatch {
    batch: Mutex<Batch>,
    rows: usize,
    /// What the trace knew besides.
    form: Form,
}

impl PyBatch {
    pub(crate) fn new(batch: Batch, form: Form) -> Self {
        let rows = batch.len();
        Self {
            batch: Mutex::new(batch),
            rows,
            form,
        }
    }

    fn with<R: Send>(
        &self,
        py: Python<'_>,
        parameters: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&mut Batch, &[f64]) -> Result<R> + Send,
    ) -> PyResult<R> {
        self.form.captured.check()?;
        // The parameters are read before the lock is taken, because reading them can run code of Python.
        let count = self.parameters(py);
        let parameters = match parameters {
            Some(parameters) => read_parameters(parameters, count)?,
            None if count > 0 => {
                let problem = format!("parameters: must be given, the program has {count}");
                return Err(PyValueError::new_err(problem));
            }
            None => Vec::new(),
        };
        detached(py, || work(&mut self.lock(), &parameters))
    }

    fn parameters(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock().program().uniform_inputs())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl PyBatch {
    fn __repr__(&self, py: Python<'_>) -> String {
        let rows = counted(self.rows, "row");
        let parameters = counted(self.parameters(py), "parameter");
        format!("<Batch of {rows}, {parameters}>")
    }

    fn __len__(&self) -> usize {
        self.rows
    }

    /// What the traced function returned, for each row.
    #[pyo3(signature = (parameters=None))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        parameters: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (values, outputs) = self.with(py, parameters, |batch, p| {
            Ok((batch.values(p)?.to_vec(), batch.program().outputs()))
        })?;
        if self.form.is_single {
            array(py, values, &[self.rows])
        } else {
            array(py, values, &[self.rows, outputs])
        }
    }

    /// The sum of the first output over all rows.
    #[pyo3(signature = (parameters=None))]
    fn sum_value(&self, py: Python<'_>, parameters: Option<&Bound<'_, PyAny>>) -> PyResult<f64> {
        self.with(py, parameters, first_sum)
    }

    /// The derivatives of the sum of the first output over all rows, with respect to the parameters.
    #[pyo3(signature = (parameters=None))]
    fn sum_gradient<'py>(
        &self,
        py: Python<'py>,
        parameters: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.sum_value_and_gradient(py, parameters)?.1)
    }

    /// The sum of the first output over all rows, and its derivatives with respect to the parameters.
    #[pyo3(signature = (parameters=None))]
    fn sum_value_and_gradient<'py>(
        &self,
        py: Python<'py>,
        parameters: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let (value, gradient) = self.with(py, parameters, sum_gradient)?;
        let count = gradient.len();
        Ok((value, array(py, gradient, &[count])?))
    }

    /// The second derivatives of the sum of the first output over all rows, with respect to the parameters.
    #[pyo3(signature = (parameters=None))]
    fn sum_hessian<'py>(
        &self,
        py: Python<'py>,
        parameters: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        expect_hessian_memory(self.parameters(py))?;
        let (count, hessian) = self.with(py, parameters, |batch, p| {
            Ok((p.len(), batch.sum_hessian(p)?.2.to_vec()))
        })?;
        array(py, hessian, &[count, count])
    }

    /// The Hessian of the sum of the first output over all rows, with respect to the parameters, times the direction `v`:
    /// `hessp` of `scipy.optimize.minimize`.
    fn sum_hvp<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        v: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let count = self.parameters(py);
        let v = vector("v", v, Some(count))?.to_vec();
        let product = self.with(py, Some(parameters), |batch, p| {
            Ok(batch.sum_hvp(p, &v)?.2.to_vec())
        })?;
        array(py, product, &[count])
    }

    /// The mean of the first output over all rows, and its derivatives with respect to the parameters.
    #[pyo3(signature = (parameters=None))]
    fn mean_value_and_gradient<'py>(
        &self,
        py: Python<'py>,
        parameters: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let (value, gradient) = self.with(py, parameters, mean_gradient)?;
        let count = gradient.len();
        Ok((value, array(py, gradient, &[count])?))
    }

    /// The sums over the rows of this batch, as a part of the sums over more rows: it has the rows from number `first` on.
    /// The arguments are those of `Program.partial`.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> f.batch([[1.0], [2.0]]).partial([10.0], 640)
    /// <Partial of "gradient", rows 640 to 641>
    #[pyo3(signature = (parameters=None, first=0, *, of="gradient"))]
    fn partial(
        &self,
        py: Python<'_>,
        parameters: Option<&Bound<'_, PyAny>>,
        first: isize,
        of: &str,
    ) -> PyResult<PyPartial> {
        let question = question_named(of)?;
        let first = count("first", first)?;
        if question == Transform::Hessian {
            expect_hessian_memory(self.parameters(py))?;
        }
        let partial = self.with(py, parameters, |batch, p| batch.partial(question, p, first))?;
        Ok(PyPartial::new(partial))
    }

    fn __traverse__(
        &self,
        visit: pyo3::PyVisit<'_>,
    ) -> std::result::Result<(), pyo3::PyTraverseError> {
        self.form.captured.visit(&visit)
    }

    /// Raises `ValueError` for the first number that is not finite, with its row and column.
    fn check_finite(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || self.lock().check_finite())
    }
}

/// The numbers of an array, of values, or of a model.
pub(crate) fn read_parameters(parameters: &Bound<'_, PyAny>, count: usize) -> PyResult<Vec<f64>> {
    let list = listed(parameters)?;
    if let Ok(array) = list.cast::<numpy::PyUntypedArray>()
        && array.dtype().is_equiv_to(&numpy::dtype::<f64>(list.py()))
    {
        return Ok(vector("parameters", &list, Some(count))?.to_vec());
    }
    let numbers = numbers(&list)?;
    if numbers.len() != count {
        let error = Error::length("parameters", count, numbers.len());
        return Err(PyValueError::new_err(error.to_string()));
    }
    Ok(numbers)
}
