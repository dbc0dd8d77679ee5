//! Programs over NumPy arrays.

use std::sync::OnceLock;

use chainrule::{Batch, Level, Program, Result, Transform};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::answer::{Answer, Question};
use crate::arrays::{Numbers, array, vector};
use crate::batch::{
    PyBatch, expect_hessian_memory, first_sum, mean_gradient, read_parameters, sum_gradient,
};
use crate::bytes;
use crate::errors::{count, detached, engine, exception, expect_memory};
use crate::partial::{PyPartial, question_named};
use crate::tracing::{Form, level_named};

/// A compiled function. `trace` and `trace_rows` make it.
///
/// Methods with the argument `x` take one point (an array with one axis) or many (rows of an array with two axes). A program
/// of `trace_rows` takes its parameters as `x`, and `rows`. Results are arrays of NumPy; those of rows have an axis of rows
/// in front. `threads` is the number of threads for rows, 0 means one per core; results do not depend on it.
///
/// A program is immutable and can be pickled and used by several threads at once. It computes without the GIL.
#[pyclass(frozen, module = "chainrule", name = "Program", weakref)]
pub(crate) struct PyProgram {
    program: Program,
    /// What the trace knew besides.
    form: Form,
    /// The program of the first output alone, if there are more.
    first: OnceLock<Program>,
}

impl PyProgram {
    pub(crate) fn new(program: Program, level: Level, form: Form) -> Self {
        let program = if level == Level::Exact {
            program
        } else {
            program.at_level(level)
        };
        Self::whole(program, form)
    }

    fn whole(program: Program, form: Form) -> Self {
        Self {
            program,
            form,
            first: OnceLock::new(),
        }
    }

    pub(crate) fn engine(&self) -> &Program {
        &self.program
    }

    /// The number of inputs that derivatives are taken with respect to.
    fn variables(&self) -> usize {
        self.program.inputs()
    }

    /// The answer at a point, or for each row.
    fn ask(
        &self,
        py: Python<'_>,
        question: Question,
        x: &Bound<'_, PyAny>,
        rows: Option<&Bound<'_, PyAny>>,
        threads: isize,
    ) -> PyResult<Answer> {
        if self.program.outputs() == 0 {
            return Err(PyValueError::new_err("the program has no outputs"));
        }
        self.form.captured.check()?;
        let uniform = self.program.uniform_inputs();
        let _is_used_for_rows_only = count("threads", threads)?;
        self.expect_memory(question, 1)?;
        let Some(rows) = rows else {
            if uniform > 0 {
                return Err(rows_are_missing(uniform));
            }
            let x = Numbers::new("x", x)?;
            if x.shape().len() == 2 {
                return self.ask_rows(py, question, &[], &x, threads);
            }
            x.expect_vector(Some(self.program.inputs()))?;
            let point = x.to_vec()?;
            let parts = detached(py, || question.at_point(&self.program, &point))?;
            return Ok(Answer { parts, rows: None });
        };
        let parameters = self.parameters(x)?;
        let rows = Numbers::new("rows", rows)?;
        if rows.shape().len() != 1 {
            return self.ask_rows(py, question, &parameters, &rows, threads);
        }
        rows.expect_vector(Some(self.program.inputs() - uniform))?;
        let point = [&parameters, rows.as_slice()?].concat();
        let parts = detached(py, || question.at_point(&self.program, &point))?;
        Ok(Answer { parts, rows: None })
    }

    /// An error if the answer for this many rows cannot be stored, because the engine would end the process.
    fn expect_memory(&self, question: Question, rows: usize) -> PyResult<()> {
        let (inputs, outputs) = (self.variables(), self.program.outputs());
        let each = match question {
            Question::Values => Some(outputs),
            Question::Gradient => inputs.checked_add(1),
            Question::Jacobian => outputs.checked_mul(inputs),
            Question::Hessian => inputs.checked_mul(inputs),
        };
        let numbers = each.and_then(|each| each.checked_mul(rows));
        let what = format_args!("the answer ({rows} rows, {outputs} outputs, {inputs} inputs)");
        expect_memory(numbers, what)
    }

    fn ask_rows(
        &self,
        py: Python<'_>,
        question: Question,
        parameters: &[f64],
        rows: &Numbers<'_>,
        threads: isize,
    ) -> PyResult<Answer> {
        let (mut batch, count) = self.batch_of(py, rows, threads)?;
        self.expect_memory(question, count)?;
        let parts = detached(py, || question.of_rows(&mut batch, parameters))?;
        Ok(Answer {
            parts,
            rows: Some(count),
        })
    }

    /// The program with rows, which are copied.
    fn batch_of(
        &self,
        py: Python<'_>,
        rows: &Numbers<'_>,
        threads: isize,
    ) -> PyResult<(Batch, usize)> {
        self.form.captured.check()?;
        let rows = rows.rows(self.program.inputs() - self.program.uniform_inputs())?;
        // With the GIL, because another thread could write into the array.
        let batch = engine(|| rows.with_table(|table| self.program.batch(table)))?;
        let batch = batch.map_err(|error| exception(py, &error))?;
        Ok((batch.threads(count("threads", threads)?), rows.count()))
    }

    fn parameters(&self, parameters: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
        read_parameters(parameters, self.program.uniform_inputs())
    }

    fn sum<R: Send>(
        &self,
        py: Python<'_>,
        parameters: &Bound<'_, PyAny>,
        rows: &Bound<'_, PyAny>,
        threads: isize,
        work: impl FnOnce(&mut Batch, &[f64]) -> Result<R> + Send,
    ) -> PyResult<R> {
        let parameters = self.parameters(parameters)?;
        let (mut batch, _) = self.batch_of(py, &Numbers::new("rows", rows)?, threads)?;
        detached(py, || work(&mut batch, &parameters))
    }
}

fn rows_are_missing(parameters: usize) -> PyErr {
    PyValueError::new_err(format!(
        "rows: must be given, because the program has {} that all rows share",
        counted(parameters, "parameter")
    ))
}

/// A number of things: `1 row`, `2 rows`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

#[pymethods]
impl PyProgram {
    /// The number of inputs: the parameters, then the values of a row.
    #[getter]
    fn inputs(&self) -> usize {
        self.program.inputs()
    }

    /// The number of parameters, which have one number for all rows.
    #[getter]
    fn parameters_count(&self) -> usize {
        self.program.uniform_inputs()
    }

    /// The number of outputs.
    #[getter]
    fn outputs(&self) -> usize {
        self.program.outputs()
    }

    /// `"exact"` or `"fast"`.
    #[getter]
    fn level(&self) -> &'static str {
        match self.program.level() {
            Level::Exact => "exact",
            _ => "fast",
        }
    }

    /// The same function at another level: `"exact"` has the bits of `Value`, `"fast"` is faster.
    fn at_level(&self, level: &str) -> PyResult<Self> {
        let program = self.program.at_level(level_named(level)?);
        Ok(Self::whole(program, self.form.clone()))
    }

    /// What the traced function returned: a number, or an array of numbers.
    #[pyo3(signature = (x, rows=None, *, threads=0))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyAny>>,
        threads: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut answer = self.ask(py, Question::Values, x, rows, threads)?;
        if self.form.is_single {
            return answer.number(py);
        }
        answer.part(py, 0, &[self.program.outputs()])
    }

    /// The first output.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace(lambda x: x[0] ** 2, 1)
    /// >>> f.value([3.0])
    /// 9.0
    /// >>> f.value([[3.0], [4.0]])
    /// array([ 9., 16.])
    #[pyo3(signature = (x, rows=None, *, threads=0))]
    fn value<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyAny>>,
        threads: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.program.outputs() < 2 {
            return self.ask(py, Question::Values, x, rows, threads)?.number(py);
        }
        let first = if let Some(first) = self.first.get() {
            first
        } else {
            let selected = self.program.select(&[0]);
            let selected = selected.map_err(|error| exception(py, &error))?;
            self.first.get_or_init(|| selected)
        };
        let first = Self::whole(first.clone(), self.form.clone());
        first
            .ask(py, Question::Values, x, rows, threads)?
            .number(py)
    }

    /// The derivatives of the first output with respect to every input: `jac` of `scipy.optimize.minimize`.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace(lambda x: x[0] ** 2 * x[1], 2)
    /// >>> f.gradient([[3.0, 2.0], [1.0, 0.0]])
    /// array([[12.,  9.],
    ///        [ 0.,  1.]])
    #[pyo3(signature = (x, rows=None, *, threads=0))]
    fn gradient<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyAny>>,
        threads: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut answer = self.ask(py, Question::Gradient, x, rows, threads)?;
        answer.part(py, 1, &[self.variables()])
    }

    /// The first output, and its derivatives: for `scipy.optimize.minimize(..., jac=True)`.
    #[pyo3(signature = (x, rows=None, *, threads=0))]
    fn value_and_gradient<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyAny>>,
        threads: isize,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let mut answer = self.ask(py, Question::Gradient, x, rows, threads)?;
        Ok((answer.number(py)?, answer.part(py, 1, &[self.variables()])?))
    }

    /// The derivatives of every output, one row of the matrix per output: `jac` of `scipy.optimize.least_squares`.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace(lambda x: [x[0] * x[1], x[0]], 2)
    /// >>> f.jacobian([3.0, 4.0])
    /// array([[4., 3.],
    ///        [1., 0.]])
    #[pyo3(signature = (x, rows=None, *, threads=0))]
    fn jacobian<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyAny>>,
        threads: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut answer = self.ask(py, Question::Jacobian, x, rows, threads)?;
        answer.part(py, 1, &[self.program.outputs(), self.variables()])
    }

    /// The second derivatives of the first output: `hess` of `scipy.optimize.minimize`.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace(lambda x: x[0] ** 2 * x[1], 2)
    /// >>> f.hessian([3.0, 2.0])
    /// array([[4., 6.],
    ///        [6., 0.]])
    #[pyo3(signature = (x, rows=None, *, threads=0))]
    fn hessian<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        rows: Option<&Bound<'py, PyAny>>,
        threads: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut answer = self.ask(py, Question::Hessian, x, rows, threads)?;
        answer.part(py, 2, &[self.variables(), self.variables()])
    }

    /// The Hessian of the first output times the direction `v`, at a point: `hessp` of `scipy.optimize.minimize`.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace(lambda x: x[0] ** 2 * x[1], 2)
    /// >>> f.hvp([3.0, 2.0], [1.0, 10.0])
    /// array([64.,  6.])
    fn hvp<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        v: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (x, v) = self.point_and_direction(x, v, self.program.inputs())?;
        let (_, _, product) = detached(py, || self.program.hvp(&x, &v))?;
        array(py, product, &[self.variables()])
    }

    /// The derivative of every output in the direction `v`, at a point: the Jacobian times `v`.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace(lambda x: [x[0] * x[1], x[0]], 2)
    /// >>> f.jvp([3.0, 4.0], [1.0, 10.0])
    /// array([34.,  1.])
    fn jvp<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        v: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (x, v) = self.point_and_direction(x, v, self.program.inputs())?;
        let (_, product) = detached(py, || self.program.jvp(&x, &v))?;
        array(py, product, &[self.program.outputs()])
    }

    /// The derivatives of the sum of the outputs weighted with `u`, at a point: `u` times the Jacobian.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace(lambda x: [x[0] * x[1], x[0]], 2)
    /// >>> f.vjp([3.0, 4.0], [1.0, 10.0])
    /// array([14.,  3.])
    fn vjp<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        u: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (x, u) = self.point_and_direction(x, u, self.program.outputs())?;
        let (_, product) = detached(py, || self.program.vjp(&x, &u))?;
        array(py, product, &[self.variables()])
    }

    /// The sum of the first output over all rows.
    #[pyo3(signature = (parameters, rows, *, threads=0))]
    fn sum_value(
        &self,
        py: Python<'_>,
        parameters: &Bound<'_, PyAny>,
        rows: &Bound<'_, PyAny>,
        threads: isize,
    ) -> PyResult<f64> {
        self.sum(py, parameters, rows, threads, first_sum)
    }

    /// The derivatives of the sum of the first output over all rows, with respect to the parameters.
    ///
    /// Its bits depend on the rows and their order, not on the number of threads.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> f.sum_gradient([10.0], [[1.0], [2.0]])
    /// array([3.])
    #[pyo3(signature = (parameters, rows, *, threads=0))]
    fn sum_gradient<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        rows: &Bound<'py, PyAny>,
        threads: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        Ok(self
            .sum_value_and_gradient(py, parameters, rows, threads)?
            .1)
    }

    /// The sum of the first output over all rows, and its derivatives with respect to the parameters.
    #[pyo3(signature = (parameters, rows, *, threads=0))]
    fn sum_value_and_gradient<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        rows: &Bound<'py, PyAny>,
        threads: isize,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let (value, gradient) = self.sum(py, parameters, rows, threads, sum_gradient)?;
        Ok((
            value,
            array(py, gradient, &[self.program.uniform_inputs()])?,
        ))
    }

    /// The mean of the first output over all rows, and its derivatives with respect to the parameters.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> f.mean_value_and_gradient([10.0], [[1.0], [2.0]])
    /// (15.0, array([1.5]))
    #[pyo3(signature = (parameters, rows, *, threads=0))]
    fn mean_value_and_gradient<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        rows: &Bound<'py, PyAny>,
        threads: isize,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let (value, gradient) = self.sum(py, parameters, rows, threads, mean_gradient)?;
        Ok((
            value,
            array(py, gradient, &[self.program.uniform_inputs()])?,
        ))
    }

    /// The second derivatives of the sum of the first output over all rows, with respect to the parameters.
    #[pyo3(signature = (parameters, rows, *, threads=0))]
    fn sum_hessian<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        rows: &Bound<'py, PyAny>,
        threads: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let count = self.program.uniform_inputs();
        expect_hessian_memory(count)?;
        let hessian = self.sum(py, parameters, rows, threads, |batch, p| {
            Ok(batch.sum_hessian(p)?.2.to_vec())
        })?;
        array(py, hessian, &[count, count])
    }

    /// The Hessian of the sum of the first output over all rows, with respect to the parameters, times the direction `v`.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] ** 2 * row[0], [0.0], 1)
    /// >>> f.sum_hvp([10.0], [2.0], [[1.0], [2.0]])
    /// array([12.])
    #[pyo3(signature = (parameters, v, rows, *, threads=0))]
    fn sum_hvp<'py>(
        &self,
        py: Python<'py>,
        parameters: &Bound<'py, PyAny>,
        v: &Bound<'py, PyAny>,
        rows: &Bound<'py, PyAny>,
        threads: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let count = self.program.uniform_inputs();
        let v = vector("v", v, Some(count))?.to_vec();
        let product = self.sum(py, parameters, rows, threads, |batch, p| {
            Ok(batch.sum_hvp(p, &v)?.2.to_vec())
        })?;
        array(py, product, &[count])
    }

    /// The sums over these rows, as a part of the sums over more rows: these are the rows from number `first` on.
    ///
    /// `first` must be a multiple of 64. `of` is what to sum: `"value"`, `"gradient"` (with the value) or `"hessian"` (with
    /// both). `Partial` says how to join them.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> f.partial([10.0], [[1.0], [2.0]], 640)
    /// <Partial of "gradient", rows 640 to 641>
    #[pyo3(signature = (parameters, rows, first=0, *, of="gradient", threads=0))]
    fn partial(
        &self,
        py: Python<'_>,
        parameters: &Bound<'_, PyAny>,
        rows: &Bound<'_, PyAny>,
        first: isize,
        of: &str,
        threads: isize,
    ) -> PyResult<PyPartial> {
        let question = question_named(of)?;
        let first = count("first", first)?;
        if question == Transform::Hessian {
            expect_hessian_memory(self.program.uniform_inputs())?;
        }
        let partial = self.sum(py, parameters, rows, threads, |batch, p| {
            batch.partial(question, p, first)
        })?;
        Ok(PyPartial::new(partial))
    }

    /// The program with rows of data, for many calls with other parameters: the rows are read once.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> batch = f.batch([[1.0], [2.0]])
    /// >>> batch.sum_value_and_gradient([10.0])
    /// (30.0, array([3.]))
    #[pyo3(signature = (rows, *, threads=0))]
    fn batch(&self, py: Python<'_>, rows: &Bound<'_, PyAny>, threads: isize) -> PyResult<PyBatch> {
        let (batch, _) = self.batch_of(py, &Numbers::new("rows", rows)?, threads)?;
        Ok(PyBatch::new(batch, self.form.clone()))
    }

    fn __getstate__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        bytes::write(py, &(self.form.is_single, &self.program))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let read = slf.get_type().getattr("from_bytes")?;
        Ok((read, (slf.get().__getstate__(slf.py())?,)))
    }

    /// The program as bytes, for `from_bytes` here or on another machine. `pickle` uses them too.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.__getstate__(py)
    }

    /// Reads a program from bytes of `to_bytes`. Damaged bytes raise `ValueError`; no bytes can run code.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace(lambda x: x[0] ** 2, 1)
    /// >>> chainrule.Program.from_bytes(f.to_bytes()).value([3.0])
    /// 9.0
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        let (is_single, program): (bool, Program) = bytes::read("program of chainrule", bytes)?;
        if program.outputs() == 0 && is_single {
            return Err(PyValueError::new_err("bytes: a program without outputs"));
        }
        let form = Form {
            is_single,
            ..Form::default()
        };
        Ok(Self::whole(program, form))
    }

    fn __traverse__(
        &self,
        visit: pyo3::PyVisit<'_>,
    ) -> std::result::Result<(), pyo3::PyTraverseError> {
        self.form.captured.visit(&visit)
    }

    fn __repr__(&self) -> String {
        let (uniform, outputs) = (self.program.uniform_inputs(), self.program.outputs());
        let varying = self.program.inputs() - uniform;
        let inputs = if uniform > 0 {
            format!("{} and rows of {varying}", counted(uniform, "parameter"))
        } else {
            counted(varying, "input")
        };
        let outputs = counted(outputs, "output");
        format!("<Program of {inputs}, {outputs}, level {}>", self.level())
    }
}

impl PyProgram {
    fn point_and_direction(
        &self,
        x: &Bound<'_, PyAny>,
        direction: &Bound<'_, PyAny>,
        length: usize,
    ) -> PyResult<(Vec<f64>, Vec<f64>)> {
        self.form.captured.check()?;
        let uniform = self.program.uniform_inputs();
        if uniform > 0 {
            return Err(PyValueError::new_err(format!(
                "this question is for programs without parameters, and this one has {uniform}; for the sum over rows there \
                 is `sum_hvp`"
            )));
        }
        let x = vector("x", x, Some(self.program.inputs()))?.to_vec();
        Ok((x, vector("direction", direction, Some(length))?.to_vec()))
    }
}
