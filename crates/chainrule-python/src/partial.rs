//! Sums over some of the rows, which other processes join.

use chainrule::{Partial, Transform};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyRange, PyTuple};

use crate::arrays::array;
use crate::bytes;
use crate::errors::{count, detached};
use crate::program::PyProgram;

/// What is summed, and its names in Python.
const QUESTIONS: [(&str, Transform); 3] = [
    ("value", Transform::Values),
    ("gradient", Transform::Gradient),
    ("hessian", Transform::Hessian),
];

/// The question with this name.
pub(crate) fn question_named(name: &str) -> PyResult<Transform> {
    let question = QUESTIONS.iter().find(|(known, _)| *known == name);
    question.map(|&(_, transform)| transform).ok_or_else(|| {
        PyValueError::new_err(format!(
            "of: must be \"value\", \"gradient\" or \"hessian\", found {name:?}"
        ))
    })
}

/// Sums over some of the rows of a data set. `Program.partial` and `Batch.partial` make them, in any process and on any machine.
///
/// `a + b`, `sum(partials)` and `Partial.merge(*partials)` join them, in any order. The sums over all rows have the bits of
/// one process with all rows, no matter how the rows were cut. Every piece must begin at a multiple of 64 rows, so every piece
/// ends at one, except the piece with the last row.
///
/// >>> import chainrule, numpy as np
/// >>> f = chainrule.trace_rows(lambda p, row: (p[0] * row[0]).sin(), [0.0], 1)
/// >>> rows = np.linspace(0, 1, 100).reshape(100, 1)
/// >>> parts = [f.partial([0.7], rows[:64], 0), f.partial([0.7], rows[64:], 64)]
/// >>> sum(parts).sum_value_and_gradient(f, 100) == f.sum_value_and_gradient([0.7], rows)
/// True
///
/// A partial is immutable, and can be pickled.
#[pyclass(frozen, module = "chainrule", name = "Partial")]
pub(crate) struct PyPartial(Partial);

impl PyPartial {
    pub(crate) fn new(partial: Partial) -> Self {
        Self(partial)
    }

    /// The parts of the sums over all rows, up to the part with this number.
    fn parts<const N: usize>(
        &self,
        py: Python<'_>,
        program: &PyProgram,
        n_rows: isize,
    ) -> PyResult<[Vec<f64>; N]> {
        self.expect_part(N - 1)?;
        let n_rows = count("n_rows", n_rows)?;
        let parts = detached(py, || self.0.sums(program.engine(), n_rows))?;
        let mut parts = parts.into_iter();
        Ok(std::array::from_fn(|_| parts.next().unwrap_or_default()))
    }

    /// An error if the sums have no part with this number: values, gradient, Hessian.
    fn expect_part(&self, part: usize) -> PyResult<()> {
        let known = QUESTIONS
            .iter()
            .skip(part)
            .any(|(_, transform)| *transform == self.0.transform());
        if known {
            return Ok(());
        }
        let (expected, found) = (QUESTIONS[part].0, self.of());
        Err(PyValueError::new_err(format!(
            "these are sums for of={found:?}; make the partial with of={expected:?}"
        )))
    }

    fn joined(&self, py: Python<'_>, others: &[PyRef<'_, Self>]) -> PyResult<Self> {
        let mut sum = self.0.clone();
        for other in others {
            let (expected, found) = (self.of(), other.of());
            if expected != found {
                return Err(PyValueError::new_err(format!(
                    "sums for of={found:?} cannot join sums for of={expected:?}"
                )));
            }
            let other = other.0.clone();
            detached(py, || sum.merge(other))?;
        }
        Ok(Self(sum))
    }
}

fn first(values: &[f64]) -> PyResult<f64> {
    let first = values.first().copied();
    first.ok_or_else(|| PyValueError::new_err("the program has no outputs"))
}

#[pymethods]
impl PyPartial {
    /// The rows that were added, as ascending ranges with gaps between them.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> rows = [[1.0]] * 64
    /// >>> (f.partial([2.0], rows, 640) + f.partial([2.0], rows, 0)).rows
    /// [range(0, 64), range(640, 704)]
    #[getter]
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyRange>>> {
        let rows = self.0.rows().into_iter();
        let range = |rows: std::ops::Range<usize>| {
            PyRange::new(py, rows.start.try_into()?, rows.end.try_into()?)
        };
        rows.map(range).collect()
    }

    /// What was summed: `"value"`, `"gradient"` (with the value) or `"hessian"` (with both).
    #[getter]
    fn of(&self) -> &'static str {
        let question = QUESTIONS
            .iter()
            .find(|(_, transform)| *transform == self.0.transform());
        question.map_or("another question", |(name, _)| name)
    }

    /// This partial and others, joined into one. None of them changes.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> batch = f.batch([[1.0]] * 64)
    /// >>> chainrule.Partial.merge(*(batch.partial([2.0], first) for first in [64, 0, 128]))
    /// <Partial of "gradient", rows 0 to 191>
    ///
    /// Raises `ValueError` if a row is in two of them, if rows come after a piece that does not end at a multiple of 64 rows, or
    /// if they are sums of different programs, with different parameters, or of different kinds (`of`).
    #[pyo3(signature = (*others))]
    fn merge(&self, py: Python<'_>, others: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let others: PyResult<Vec<PyRef<'_, Self>>> =
            others.iter().map(|other| expect(&other)).collect();
        self.joined(py, &others?)
    }

    fn __add__(&self, py: Python<'_>, other: PyRef<'_, Self>) -> PyResult<Self> {
        self.joined(py, &[other])
    }

    /// For `sum`, which begins with 0.
    fn __radd__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if other.eq(0)? {
            return Ok(slf.clone().into_any());
        }
        Ok(slf.py().NotImplemented().into_bound(slf.py()))
    }

    /// The sum of the first output over all rows. There must be `n_rows` rows.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> part = f.partial([10.0], [[1.0], [2.0]], of="value")
    /// >>> part.sum_value(f, 2)
    /// 30.0
    /// >>> part.sum_value(f, 5)
    /// Traceback (most recent call last):
    ///     ...
    /// ValueError: pieces: rows 2 to 4 are in no piece
    fn sum_value(&self, py: Python<'_>, program: &PyProgram, n_rows: isize) -> PyResult<f64> {
        let [values] = self.parts(py, program, n_rows)?;
        first(&values)
    }

    /// The derivatives of the sum of the first output over all `n_rows` rows, with respect to the parameters.
    fn sum_gradient<'py>(
        &self,
        py: Python<'py>,
        program: &PyProgram,
        n_rows: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.sum_value_and_gradient(py, program, n_rows)?.1)
    }

    /// The sum of the first output over all `n_rows` rows, and its derivatives with respect to the parameters.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> f.partial([10.0], [[1.0], [2.0]]).sum_value_and_gradient(f, 2)
    /// (30.0, array([3.]))
    fn sum_value_and_gradient<'py>(
        &self,
        py: Python<'py>,
        program: &PyProgram,
        n_rows: isize,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let [values, gradient] = self.parts(py, program, n_rows)?;
        let count = gradient.len();
        Ok((first(&values)?, array(py, gradient, &[count])?))
    }

    /// The mean of the first output over all `n_rows` rows, and its derivatives with respect to the parameters.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> f.partial([10.0], [[1.0], [2.0]]).mean_value_and_gradient(f, 2)
    /// (15.0, array([1.5]))
    fn mean_value_and_gradient<'py>(
        &self,
        py: Python<'py>,
        program: &PyProgram,
        n_rows: isize,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        if n_rows == 0 {
            let problem = "n_rows: expected at least 1 for a mean, found 0";
            return Err(PyValueError::new_err(problem));
        }
        let [values, mut gradient] = self.parts(py, program, n_rows)?;
        let rows = n_rows as f64;
        for slope in &mut gradient {
            *slope /= rows;
        }
        let count = gradient.len();
        Ok((first(&values)? / rows, array(py, gradient, &[count])?))
    }

    /// The second derivatives of the sum of the first output over all `n_rows` rows, with respect to the parameters. The
    /// partial must have been made with `of="hessian"`.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: (p[0] * row[0]) ** 2, [0.0], 1)
    /// >>> f.partial([10.0], [[1.0], [2.0]], of="hessian").sum_hessian(f, 2)
    /// array([[10.]])
    fn sum_hessian<'py>(
        &self,
        py: Python<'py>,
        program: &PyProgram,
        n_rows: isize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let [_, gradient, hessian] = self.parts(py, program, n_rows)?;
        array(py, hessian, &[gradient.len(), gradient.len()])
    }

    /// The partial as bytes, for `from_bytes` here or on another machine. `pickle` uses them too.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        bytes::write(py, &self.0)
    }

    /// Reads a partial from bytes of `to_bytes`. Damaged bytes raise `ValueError`; no bytes can run code.
    ///
    /// >>> import chainrule
    /// >>> f = chainrule.trace_rows(lambda p, row: p[0] * row[0], [0.0], 1)
    /// >>> part = f.partial([10.0], [[1.0], [2.0]])
    /// >>> chainrule.Partial.from_bytes(part.to_bytes())
    /// <Partial of "gradient", rows 0 to 1>
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        let partial: Partial = bytes::read("partial sums of chainrule", bytes)?;
        let known = QUESTIONS
            .iter()
            .any(|(_, transform)| *transform == partial.transform());
        if known {
            return Ok(Self(partial));
        }
        let problem = format!(
            "bytes: partial sums of {:?}, which this package does not read",
            partial.transform()
        );
        Err(PyValueError::new_err(problem))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let read = slf.get_type().getattr("from_bytes")?;
        Ok((read, (slf.get().to_bytes(slf.py())?,)))
    }

    fn __repr__(&self) -> String {
        let ranges: Vec<String> = self
            .0
            .rows()
            .iter()
            .map(|rows| format!("{} to {}", rows.start, rows.end - 1))
            .collect();
        let rows = if ranges.is_empty() {
            String::from("no rows")
        } else {
            format!("rows {}", ranges.join(", "))
        };
        format!("<Partial of {:?}, {rows}>", self.of())
    }
}

fn expect<'py>(other: &Bound<'py, PyAny>) -> PyResult<PyRef<'py, PyPartial>> {
    let partial = other.cast::<PyPartial>();
    let partial = partial.map_err(|_| {
        let found = other.get_type().name();
        let found = found.map_or_else(|_| String::from("an object"), |name| name.to_string());
        PyTypeError::new_err(format!("others: must be partials, found {found}"))
    });
    Ok(partial?.borrow())
}
