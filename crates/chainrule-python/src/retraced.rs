//! Functions with branches: one program for each path that points have taken.

use std::sync::{Arc, OnceLock};

use chainrule::{Result, Retraced, Var};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::arrays::{Numbers, array, vector};
use crate::errors::{count, engine};
use crate::program::PyProgram;
use crate::tracing::{Form, outputs_at, raise_later, raised};

type Function = Box<dyn Fn(&[Var]) -> Result<Vec<Var>> + Send + Sync>;

/// A function with branches, and a program for each path through it so far.
///
/// At a point that takes a new path, the function is called again. Every answer has the bits of `Value`.
///
/// >>> import chainrule
/// >>> f = chainrule.retraced(lambda x: -x[0] if x[0] < 0 else x[0], 1)
/// >>> f.gradient([3.0]), f.gradient([-2.0]), f.programs
/// (array([1.]), array([-1.]), 2)
#[pyclass(frozen, module = "chainrule", name = "retraced")]
pub(crate) struct PyRetraced {
    function: Retraced<Function>,
    /// The only reference to the function, so that the collector sees cycles through it.
    traced: Arc<Py<PyAny>>,
    inputs: usize,
    /// Whether the function returned one value instead of a list; it must do the same on every path.
    is_single: Arc<OnceLock<bool>>,
}

#[pymethods]
impl PyRetraced {
    /// A function of `n` numbers, not traced yet. At most `keep` programs are kept.
    #[new]
    #[pyo3(signature = (function, n, *, keep=1024))]
    fn new(function: Py<PyAny>, n: isize, keep: isize) -> PyResult<Self> {
        let (n, keep) = (count("n", n)?, count("keep", keep)?);
        let traced = Arc::new(function);
        let function = Arc::clone(&traced);
        let is_single = Arc::new(OnceLock::new());
        let returned = Arc::clone(&is_single);
        let call: Function = Box::new(move |vars| {
            let point: Vec<f64> = vars.iter().map(|x| x.peek()).collect();
            let mut form = Form::default();
            let outputs = Python::attach(|py| outputs_at(py, &function, &point, vars, &mut form))?;
            if *returned.get_or_init(|| form.is_single) != form.is_single {
                let problem = "the function returned one value on one path, and a list on another";
                return Err(raise_later(PyTypeError::new_err(problem)));
            }
            Ok(outputs)
        });
        Ok(Self {
            function: Retraced::new(n, call).keep(keep),
            traced,
            inputs: n,
            is_single,
        })
    }

    /// The number of programs that are kept.
    #[getter]
    fn programs(&self) -> usize {
        self.function.programs()
    }

    /// The program for a point, which answers every question there.
    fn program_at(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<PyProgram> {
        let point = vector("x", x, Some(self.inputs))?.to_vec();
        let program = py.detach(|| engine(|| self.function.program_at(&point)))?;
        let program = program.map_err(|error| raised(py, &error))?;
        let level = program.level();
        let form = Form {
            is_single: self.is_single.get().copied().unwrap_or(true),
            ..Form::default()
        };
        Ok(PyProgram::new(program, level, form))
    }

    /// What the function returns at a point.
    fn __call__<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, "__call__", x)
    }

    /// The first output at a point.
    fn value<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, "value", x)
    }

    /// The derivatives of the first output at a point, or at each row.
    fn gradient<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let numbers = Numbers::new("x", x)?;
        if numbers.shape().len() != 2 {
            return self.ask(py, "gradient", x);
        }
        let rows = numbers.rows(self.inputs)?;
        let all: Vec<Vec<f64>> = (0..rows.count()).map(|row| rows.row(row)).collect();
        let answer = py.detach(|| engine(|| self.function.gradients(&all)))?;
        let (_, gradients) = answer.map_err(|error| raised(py, &error))?;
        array(py, gradients, &[all.len(), self.inputs])
    }

    /// The first output, and its derivatives, at a point.
    fn value_and_gradient<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, "value_and_gradient", x)
    }

    /// The derivatives of every output at a point.
    fn jacobian<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, "jacobian", x)
    }

    /// The second derivatives of the first output at a point.
    fn hessian<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, "hessian", x)
    }

    fn __traverse__(
        &self,
        visit: pyo3::PyVisit<'_>,
    ) -> std::result::Result<(), pyo3::PyTraverseError> {
        visit.call(&*self.traced)
    }
}

impl PyRetraced {
    fn ask<'py>(
        &self,
        py: Python<'py>,
        question: &str,
        x: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let program = Bound::new(py, self.program_at(py, x)?)?;
        program.call_method1(question, (x,))
    }
}
