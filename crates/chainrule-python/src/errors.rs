//! The engine's errors as Python's exceptions.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chainrule::{BranchChanged, Error, ErrorKind, Result};
use pyo3::exceptions::{PyMemoryError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The exception for an error of the engine.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    if let Some(branch) = error.branch() {
        return branch_error(py, branch).unwrap_or_else(|failure| failure);
    }
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Io => PyOSError::new_err(message),
        _ => PyValueError::new_err(message),
    }
}

static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The exception with the advice that fits Python.
fn branch_error(py: Python<'_>, branch: &BranchChanged) -> PyResult<PyErr> {
    let row = branch
        .row
        .map_or(String::new(), |row| format!("row {row}: "));
    let (at, comparison) = (&branch.at, &branch.comparison);
    let message = if branch.is_read {
        format!(
            "{row}the number read at {at} is {comparison}; compute with the value itself, look up a value by `gather`, and show \
             the number by `peek()`; or trace at such a point, by `trace` with `at=` or by `retraced`"
        )
    } else if branch.is_index {
        format!(
            "{row}the index taken at {at} is another than when the program was traced: {comparison}; look up a value by `gather`, \
             which follows the index; or trace at such a point, by `trace` with `at=` or by `retraced`"
        )
    } else {
        format!(
            "{row}the comparison at {at} took a different branch than when the program was traced: {comparison}; \
             choose between two values by `a.less(b).select(yes, no)`, `max` or `min`, and among many by `Value.min_of`, \
             or by `Value.argmin_of` and `gather`; or trace at such a point, by `trace` with `at=` or by `retraced`"
        )
    };
    let class = CLASS.get_or_try_init(py, || {
        let module = py.import("chainrule._errors")?;
        Ok::<_, PyErr>(module.getattr("BranchError")?.unbind())
    })?;
    let arguments = (message, at.file(), at.line(), comparison, branch.row);
    Ok(PyErr::from_value(class.bind(py).call1(arguments)?))
}

/// A count that a caller gave.
pub(crate) fn count(name: &str, given: isize) -> PyResult<usize> {
    usize::try_from(given).map_err(|_| {
        PyValueError::new_err(format!(
            "{name}: must be a whole number of at least 0, found {given}"
        ))
    })
}

/// An error if this many numbers cannot be stored, because the engine would end the process.
pub(crate) fn expect_memory(numbers: Option<usize>, what: impl Display) -> PyResult<()> {
    let fits = |count| Vec::<f64>::new().try_reserve_exact(count).is_ok();
    if numbers.is_some_and(fits) {
        return Ok(());
    }
    Err(PyMemoryError::new_err(format!(
        "{what} does not fit into memory"
    )))
}

/// Runs code of the engine. A panic, which only a mistake in this package can cause, becomes a `RuntimeError`.
pub(crate) fn engine<R>(work: impl FnOnce() -> R) -> PyResult<R> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| internal(&*payload))
}

/// Runs code of the engine while other Python threads run.
pub(crate) fn detached<R: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<R> + Send,
) -> PyResult<R> {
    let result = py.detach(|| engine(work))?;
    result.map_err(|error| exception(py, &error))
}

fn internal(payload: &(dyn Any + Send)) -> PyErr {
    let message = payload.downcast_ref::<String>().map(String::as_str);
    let message = message.or_else(|| payload.downcast_ref::<&str>().copied());
    PyRuntimeError::new_err(format!(
        "a mistake in chainrule, please report it: {}",
        message.unwrap_or("a panic without a message")
    ))
}
