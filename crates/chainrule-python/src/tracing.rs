//! Tracing: calls a function of Python with values, and makes a program of what it computed.
//!
//! The function computes with ordinary `Value`s. What they depend on is then recorded on a graph of the engine, where its
//! inputs are the program's. Comparisons of values, and reads of their numbers, decide how the function goes on: they are
//! noted with the line of Python and become the program's guards.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chainrule::{CallSite, Error, Level, Program, Var, tape};
use numpy::PyArray1;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFrozenSet, PyList, PySet};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::arrays;
use crate::cone::Cone;
use crate::errors::{count, engine, exception, expect_memory};
use crate::methods::numbers;
use crate::program::PyProgram;
use crate::value::{Value, operand};

/// What was asked of two numbers.
#[derive(Clone, Copy)]
pub(crate) enum Test {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// The left one was read, and is what it is compared with.
    Read,
}

impl Test {
    pub(crate) fn outcome(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterEqual => left >= right,
            Self::Read => true,
        }
    }

    /// Repeats it with recorded values, so that the engine's trace notes it.
    fn repeat(self, left: Var, right: Var) {
        let _outcome = match self {
            Self::Less => left < right,
            Self::LessEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterEqual => left >= right,
            Self::Read => left.value() == 0.0,
        };
    }
}

/// The right side of a comparison.
pub(crate) enum Side {
    Value(Py<Value>),
    Number(f64),
}

impl From<f64> for Side {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&Bound<'_, Value>> for Side {
    fn from(value: &Bound<'_, Value>) -> Self {
        Self::Value(value.clone().unbind())
    }
}

/// A comparison made while tracing.
struct Comparison {
    left: Py<Value>,
    right: Side,
    test: Test,
    site: CallSite,
}

thread_local! {
    /// The comparisons of each trace that runs on this thread, innermost last.
    static TRACES: RefCell<Vec<Vec<Comparison>>> = const { RefCell::new(Vec::new()) };
    /// The exception that a traced function raised, on its way through the engine.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Notes a comparison for every trace that runs on this thread.
#[inline]
pub(crate) fn note(left: &Bound<'_, Value>, right: impl Into<Side>, test: Test) -> PyResult<()> {
    if !is_tracing() {
        return Ok(());
    }
    note_for_traces(left, &right.into(), test)
}

/// Whether a function is traced on this thread.
#[inline]
pub(crate) fn is_tracing() -> bool {
    TRACES.with_borrow(|traces| !traces.is_empty())
}

#[cold]
fn note_for_traces(left: &Bound<'_, Value>, right: &Side, test: Test) -> PyResult<()> {
    let py = left.py();
    let site = line(py)?;
    TRACES.with_borrow_mut(|traces| {
        for comparisons in traces {
            let right = match right {
                Side::Value(value) => Side::Value(value.clone_ref(py)),
                Side::Number(number) => Side::Number(*number),
            };
            comparisons.push(Comparison {
                left: left.clone().unbind(),
                right,
                test,
                site: site.clone(),
            });
        }
    });
    Ok(())
}

/// Whether packages that users install are in a folder with this name.
fn is_packages(folder: &OsStr) -> bool {
    folder == "site-packages" || folder == "dist-packages"
}

/// The line of Python that runs now, outside this package, NumPy and the standard library.
fn line(py: Python<'_>) -> PyResult<CallSite> {
    static FRAME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static SKIPPED: PyOnceLock<[PathBuf; 3]> = PyOnceLock::new();
    let place = |module| {
        let mut file: PathBuf = py.import(module)?.getattr("__file__")?.extract()?;
        if file.ends_with("__init__.py") {
            file.pop();
        }
        Ok::<_, PyErr>(file)
    };
    let skipped = SKIPPED.get_or_try_init(py, || {
        let standard = py
            .import("sysconfig")?
            .call_method1("get_path", ("stdlib",))?;
        Ok::<_, PyErr>([place("chainrule")?, place("numpy")?, standard.extract()?])
    })?;
    let get_frame = FRAME.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("sys")?.getattr("_getframe")?.unbind())
    })?;
    let mut frame = get_frame.bind(py).call0()?;
    loop {
        let file: String = frame.getattr("f_code")?.getattr("co_filename")?.extract()?;
        let outer = frame.getattr("f_back")?;
        let is_in = |place: &PathBuf| {
            let below = Path::new(&file).strip_prefix(place);
            // Packages can be installed below the standard library.
            below.is_ok_and(|below| !below.components().any(|part| is_packages(part.as_os_str())))
        };
        // Older versions of NumPy make frames without a file, and Python's own modules can be frozen.
        let is_internal = file.starts_with("<__array_function__") || file.starts_with("<frozen ");
        if !(is_internal || skipped.iter().any(is_in)) || outer.is_none() {
            let line = frame.getattr("f_lineno")?.extract().unwrap_or(0);
            return Ok(CallSite::new(file, line, 0));
        }
        frame = outer;
    }
}

/// Calls a function and returns the comparisons made meanwhile.
fn watch<R>(work: impl FnOnce() -> PyResult<R>) -> PyResult<(R, Vec<Comparison>)> {
    struct Ends;
    impl Drop for Ends {
        fn drop(&mut self) {
            TRACES.with_borrow_mut(Vec::pop);
        }
    }
    TRACES.with_borrow_mut(|traces| traces.push(Vec::new()));
    let ends = Ends;
    let result = work()?;
    let comparisons = TRACES.with_borrow_mut(|traces| traces.last_mut().map(std::mem::take));
    drop(ends);
    Ok((result, comparisons.unwrap_or_default()))
}

/// What a traced function returned: its values, and whether it returned one value instead of a list.
struct Returned {
    values: Vec<Py<Value>>,
    is_single: bool,
}

impl Returned {
    fn new(result: &Bound<'_, PyAny>) -> PyResult<Self> {
        let problem = |found: &Bound<'_, PyAny>| {
            let found = found.get_type().name()?;
            let problem = format!(
                "the traced function must return a value or a list of values, found {found}"
            );
            Err(PyTypeError::new_err(problem))
        };
        if let Some(value) = operand(result)? {
            let values = vec![value.unbind()];
            return Ok(Self {
                values,
                is_single: true,
            });
        }
        let flat = if result.hasattr("ravel")? {
            result.call_method0("ravel")?
        } else {
            result.clone()
        };
        if result.is_instance_of::<PySet>() || result.is_instance_of::<PyFrozenSet>() {
            return problem(result);
        }
        let Ok(all) = flat.try_iter() else {
            return problem(result);
        };
        let mut values = Vec::new();
        for value in all {
            let value = value?;
            match operand(&value)? {
                Some(value) => values.push(value.unbind()),
                None => return problem(&value),
            }
        }
        // An array without axes is one value.
        let is_single = result.hasattr("ndim")? && result.getattr("ndim")?.extract::<usize>()? == 0;
        Ok(Self { values, is_single })
    }
}

/// Calls a traced function whose inputs are these values, and records what it computes on the engine's current graph with
/// `vars` as the inputs.
pub(crate) fn record(
    py: Python<'_>,
    inputs: &[Py<Value>],
    vars: &[Var],
    function: impl FnOnce() -> PyResult<Py<PyAny>>,
) -> PyResult<(Vec<Var>, Form)> {
    let (returned, comparisons) = watch(|| Returned::new(function()?.bind(py)))?;
    let sides = comparisons.iter().flat_map(|comparison| {
        let right = match &comparison.right {
            Side::Value(value) => Some(value.clone_ref(py)),
            Side::Number(_) => None,
        };
        [Some(comparison.left.clone_ref(py)), right]
    });
    let outputs = returned.values.iter().map(|value| value.clone_ref(py));
    let cone = Cone::new(py, outputs.chain(sides.flatten()));
    let given: FxHashMap<usize, Var> = inputs
        .iter()
        .map(|input| input.as_ptr() as usize)
        .zip(vars.iter().copied())
        .collect();
    let mut constants = Vec::new();
    let recorded = cone.record(|leaf| {
        let input = given.get(&(leaf.as_ptr() as usize)).copied();
        input.unwrap_or_else(|| {
            constants.push(leaf.clone_ref(py));
            Var::from(leaf.get().number.get())
        })
    })?;
    // A constant of this trace can be a value of a trace around it, which then depends on its number.
    for constant in &constants {
        let constant = constant.bind(py);
        note(constant, constant.get().number.get(), Test::Read)?;
    }
    let var = |value: &Py<Value>| recorded[cone.place(value)];
    for comparison in &comparisons {
        let left = var(&comparison.left);
        let right = match &comparison.right {
            Side::Value(value) => var(value),
            Side::Number(number) => Var::from(*number),
        };
        tape::called_from(comparison.site.clone(), || {
            comparison.test.repeat(left, right);
        });
    }
    let outputs = returned.values.iter().map(var).collect();
    let form = Form {
        is_single: returned.is_single,
        captured: Captured::new(py, &constants),
    };
    Ok((outputs, form))
}

/// What a trace knows besides the outputs.
#[derive(Clone, Default)]
pub(crate) struct Form {
    /// Whether the function returned one value instead of a list.
    pub(crate) is_single: bool,
    pub(crate) captured: Captured,
}

/// Values that a traced function took from outside its arguments, and their numbers at the trace, which the program keeps.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<[(Py<Value>, f64)]>);

impl Captured {
    fn new(py: Python<'_>, constants: &[Py<Value>]) -> Self {
        let given = constants.iter().filter(|value| value.get().is_given);
        Self(
            given
                .map(|value| (value.clone_ref(py), value.get().number.get()))
                .collect(),
        )
    }

    /// An error if a number was changed since the trace.
    pub(crate) fn check(&self) -> PyResult<()> {
        for (value, then) in &*self.0 {
            let now = value.get().number.get();
            if now.to_bits() != then.to_bits() && !(now.is_nan() && then.is_nan()) {
                let name = value.get().name();
                let name = name.map_or_else(
                    || String::from("a value"),
                    |name| format!("the value `{name}`"),
                );
                return Err(PyRuntimeError::new_err(format!(
                    "the traced function used {name} from outside its arguments, whose number was {then:?} and is {now:?} now: \
                     trace again, or pass it as a parameter by `trace_rows`"
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn visit(&self, visit: &pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        // The collector counts each reference once, so nobody may show it references that others show too.
        if Arc::strong_count(&self.0) > 1 {
            return Ok(());
        }
        self.0.iter().try_for_each(|(value, _)| visit.call(value))
    }
}

/// Keeps an exception while an error of the engine passes through the engine in its place.
pub(crate) fn raise_later(error: PyErr) -> Error {
    RAISED.set(Some(error));
    Error::argument("function", "raised an exception")
}

/// The exception that an error of the engine stands for.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    RAISED.take().unwrap_or_else(|| exception(py, error))
}

/// New values with these numbers, as an array of NumPy.
pub(crate) fn inputs<'py>(
    py: Python<'py>,
    numbers: &[f64],
) -> PyResult<(Vec<Py<Value>>, Bound<'py, PyAny>)> {
    let values = numbers
        .iter()
        .map(|&number| Py::new(py, Value::leaf(number)));
    let values = values.collect::<PyResult<Vec<_>>>()?;
    let objects = values
        .iter()
        .map(|value| value.clone_ref(py).into_any())
        .collect();
    let array = PyArray1::from_vec(py, objects);
    Ok((values, array.into_any()))
}

/// The level with this name.
pub(crate) fn level_named(name: &str) -> PyResult<Level> {
    match name {
        "exact" => Ok(Level::Exact),
        "fast" => Ok(Level::Fast),
        _ => Err(PyValueError::new_err(format!(
            "level: must be \"exact\" or \"fast\", found {name:?}"
        ))),
    }
}

/// Traces a function at a point.
pub(crate) fn trace_point(
    py: Python<'_>,
    function: &Py<PyAny>,
    point: &[f64],
) -> PyResult<(Program, Form)> {
    let mut form = Form::default();
    let program = engine(|| {
        Program::trace_at(point, |vars| {
            outputs_at(py, function, point, vars, &mut form)
        })
    })?;
    Ok((program.map_err(|error| raised(py, &error))?, form))
}

/// Calls a function with values at a point and records its outputs.
pub(crate) fn outputs_at(
    py: Python<'_>,
    function: &Py<PyAny>,
    point: &[f64],
    vars: &[Var],
    form: &mut Form,
) -> chainrule::Result<Vec<Var>> {
    let recorded = inputs(py, point)
        .and_then(|(values, array)| record(py, &values, vars, || function.call1(py, (array,))));
    let (outputs, found) = recorded.map_err(raise_later)?;
    *form = found;
    Ok(outputs)
}

/// Compiles a function of `n` numbers: calls it once with an array of `n` values and keeps what it computed.
///
/// The function may use ordinary arithmetic, NumPy's functions on the array, loops and branches. It is traced at the point
/// `at`, which is 0 by default; if another point takes another branch, the program raises `BranchError` there.
///
/// `level` is `"exact"` for the bits of `Value`, or `"fast"`.
///
/// >>> import chainrule
/// >>> f = chainrule.trace(lambda x: x[0] ** 2 * x[1], 2)
/// >>> f.value([3.0, 2.0])
/// 18.0
/// >>> f.gradient([3.0, 2.0])
/// array([12.,  9.])
#[pyfunction]
#[pyo3(signature = (function, n, *, at=None, level="exact"))]
pub(crate) fn trace(
    py: Python<'_>,
    function: &Bound<'_, PyAny>,
    n: isize,
    at: Option<&Bound<'_, PyAny>>,
    level: &str,
) -> PyResult<PyProgram> {
    let level = level_named(level)?;
    let n = count("n", n)?;
    let point = match at {
        None => zeros(n)?,
        Some(at) => arrays::vector("at", at, Some(n))?.to_vec(),
    };
    let (program, form) = trace_point(py, &function.clone().unbind(), &point)?;
    Ok(PyProgram::new(program, level, form))
}

fn zeros(n: usize) -> PyResult<Vec<f64>> {
    expect_memory(Some(n), format_args!("a point of {n} numbers"))?;
    Ok(vec![0.0; n])
}

/// Compiles a function of parameters and a row of data. The parameters have one number for all rows.
///
/// `parameters` is a list of numbers, a list of values, or a model with a method `parameters()`, such as an `MLP`. The
/// function is called once. Its first argument is an array of values, or that list or model itself; its second is an array
/// of `width` values. The parameters are traced at their numbers, the row at `at`, which is 0 by default.
///
/// >>> import chainrule
/// >>> loss = chainrule.trace_rows(lambda p, row: (p[0] * row[0] + p[1] - row[1]) ** 2, [0.0, 0.0], 2)
/// >>> loss.sum_gradient([2.0, 0.0], [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]])
/// array([-6., -6.])
#[pyfunction]
#[pyo3(signature = (function, parameters, width, *, at=None, level="exact"))]
pub(crate) fn trace_rows(
    py: Python<'_>,
    function: &Bound<'_, PyAny>,
    parameters: &Bound<'_, PyAny>,
    width: isize,
    at: Option<&Bound<'_, PyAny>>,
    level: &str,
) -> PyResult<PyProgram> {
    let level = level_named(level)?;
    let width = count("width", width)?;
    let row = match at {
        None => zeros(width)?,
        Some(at) => arrays::vector("at", at, Some(width))?.to_vec(),
    };
    let function = function.clone().unbind();
    let uniform = Parameters::new(parameters)?;
    let mut form = Form::default();
    let program = engine(|| {
        Program::trace_rows_at(&uniform.numbers[..], &row, |vars: &Vec<Var>, row_vars| {
            let (outputs, found) = uniform.record(py, &function, vars, &row, row_vars)?;
            form = found;
            Ok::<_, Error>(outputs)
        })
    })?;
    let program = program.map_err(|error| raised(py, &error))?;
    Ok(PyProgram::new(program, level, form))
}

/// The parameters of a traced function: values, their numbers, and what the function is called with.
pub(crate) struct Parameters {
    values: Vec<Py<Value>>,
    pub(crate) numbers: Vec<f64>,
    argument: Py<PyAny>,
}

impl Parameters {
    /// The parameters of a model, or those in a list of values or numbers.
    pub(crate) fn new(parameters: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = parameters.py();
        let list = listed(parameters)?;
        let numbers = numbers(&list)?;
        let mut values = Vec::with_capacity(numbers.len());
        for (place, parameter) in list.try_iter()?.enumerate() {
            if let Ok(value) = parameter?.cast::<Value>() {
                let is_computed = value.get().with_operands(|operands| !operands.is_empty());
                if is_computed {
                    let problem = format!(
                        "parameters: the value at index {place} was computed, so it is no parameter; \
                         make a new value of its number: Value(x.data)"
                    );
                    return Err(PyValueError::new_err(problem));
                }
                values.push(value.clone().unbind());
            }
        }
        let mut seen = FxHashSet::default();
        if let Some(place) = values
            .iter()
            .position(|value| !seen.insert(value.as_ptr() as usize))
        {
            let problem = format!("parameters: the value at index {place} is listed twice");
            return Err(PyValueError::new_err(problem));
        }
        if values.len() == numbers.len() && !values.is_empty() {
            // An iterator is used up, so the function gets the list.
            let is_model = parameters.hasattr("parameters")?;
            let argument = if is_model { parameters } else { &list };
            return Ok(Self {
                values,
                numbers,
                argument: argument.clone().unbind(),
            });
        }
        let (values, array) = inputs(py, &numbers)?;
        Ok(Self {
            values,
            numbers,
            argument: array.unbind(),
        })
    }

    /// The parameters of a model that can be given other numbers: all of them must be values.
    pub(crate) fn trainable(parameters: &Bound<'_, PyAny>) -> PyResult<Self> {
        let list = listed(parameters)?;
        for (place, parameter) in list.try_iter()?.enumerate() {
            let parameter = parameter?;
            if parameter.cast::<Value>().is_err() {
                let problem = format!(
                    "parameters: the number at index {place} is of type {}, which cannot be changed; make it a Value",
                    parameter.get_type().name()?
                );
                return Err(PyTypeError::new_err(problem));
            }
        }
        if parameters.hasattr("parameters")? {
            Self::new(parameters)
        } else {
            Self::new(&list)
        }
    }

    /// Calls the function with these parameters and a row, and records its outputs.
    pub(crate) fn record(
        &self,
        py: Python<'_>,
        function: &Py<PyAny>,
        vars: &[Var],
        row: &[f64],
        row_vars: &[Var],
    ) -> chainrule::Result<(Vec<Var>, Form)> {
        let recorded = inputs(py, row).and_then(|(row, array)| {
            let values: Vec<_> = self
                .values
                .iter()
                .chain(&row)
                .map(|value| value.clone_ref(py))
                .collect();
            let vars = [vars, row_vars].concat();
            record(py, &values, &vars, || {
                function.call1(py, (&self.argument, array))
            })
        });
        recorded.map_err(raise_later)
    }

    /// Gives the values these numbers.
    pub(crate) fn set(&self, numbers: &[f64]) {
        for (value, &number) in self.values.iter().zip(numbers) {
            value.get().number.set(number);
        }
    }
}

/// The parameters of a model as a list; anything else that can be iterated over itself.
pub(crate) fn listed<'py>(parameters: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if parameters.hasattr("parameters")? {
        return whole(&parameters.call_method0("parameters")?);
    }
    if parameters.is_instance_of::<PySet>() || parameters.is_instance_of::<PyFrozenSet>() {
        return Err(PyTypeError::new_err(
            "parameters: must be a list, because a set has no order",
        ));
    }
    match parameters.try_iter() {
        Err(error) if error.is_instance_of::<PyTypeError>(parameters.py()) => {
            Err(PyTypeError::new_err(format!(
                "parameters: must be a list of numbers or values, or a model with the method `parameters`, found {}",
                parameters.get_type().name()?
            )))
        }
        Err(error) => Err(error),
        Ok(_) => whole(parameters),
    }
}

/// What can be iterated over more than once as it is; anything else as a list.
fn whole<'py>(parameters: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if parameters.hasattr("__next__")? {
        let list: Vec<Bound<'_, PyAny>> = parameters.try_iter()?.collect::<PyResult<_>>()?;
        return Ok(PyList::new(parameters.py(), list)?.into_any());
    }
    Ok(parameters.clone())
}
