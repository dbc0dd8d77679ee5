//! micrograd's `Value`: a Python object that is its own node.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chainrule::op::Op;
use pyo3::exceptions::{PyOverflowError, PyRuntimeWarning, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyInt, PySet, PyString, PyTuple, PyType};
use smallvec::SmallVec;

use crate::tracing::{self, Test};

/// A number that threads may read and write at once.
pub(crate) struct Number(AtomicU64);

impl Number {
    fn new(value: f64) -> Self {
        Self(AtomicU64::new(value.to_bits()))
    }

    pub(crate) fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// Adds a term; no other thread's addition is lost.
    pub(crate) fn add(&self, term: f64) {
        let add = |bits| Some((f64::from_bits(bits) + term).to_bits());
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        // The function always gives a number, so the update succeeds.
        let _ = self.0.fetch_update(set, fetch, add);
    }
}

/// The values that a value was computed from.
pub(crate) type Operands = SmallVec<[Py<Value>; 2]>;

/// A number that knows how it was computed, and its gradient.
///
/// It is micrograd's `Value`, with every operation of chainrule. Numbers are floats; arithmetic follows IEEE 754, so
/// `Value(1) / 0` is infinite and `Value(-1).sqrt()` is NaN.
///
/// >>> from chainrule.engine import Value
/// >>> a, b = Value(-4.0), Value(2.0)
/// >>> c = (a + b).relu() + a * b
/// >>> c.backward()
/// >>> c.data, a.grad, b.grad
/// (-8.0, 2.0, -4.0)
///
/// `==` and `hash` are those of the object, as in micrograd, so values can be members of sets. `<`, `<=`, `>` and `>=`
/// compare the numbers; a traced function may branch on them.
#[pyclass(frozen, subclass, weakref, module = "chainrule.engine")]
pub(crate) struct Value {
    pub(crate) number: Number,
    pub(crate) gradient: Number,
    pub(crate) op: Op,
    /// The second operand, if it is a parameter of the operation, such as the exponent of a power.
    pub(crate) parameter: f64,
    operands: Mutex<Operands>,
    /// Whether the user made it of a number, and may change the number. Otherwise it was a plain number in a formula.
    pub(crate) is_given: bool,
    /// The operands' numbers when the value was made, if other code computed it or its slopes from them.
    read: Option<Box<[f64]>>,
    label: Mutex<Option<Box<str>>>,
}

thread_local! {
    /// Operands of freed values, which are to be freed too.
    static FREED: RefCell<Vec<Py<Value>>> = const { RefCell::new(Vec::new()) };
    static FREEING: Cell<bool> = const { Cell::new(false) };
}

/// Gives up references without recursion: a chain of a million values is taken apart link by link.
fn free(operands: Operands) {
    if operands.is_empty() {
        return;
    }
    let freeing = FREED.with_borrow_mut(|freed| {
        freed.extend(operands);
        FREEING.replace(true)
    });
    if freeing {
        return;
    }
    while let Some(operand) = FREED.with_borrow_mut(Vec::pop) {
        // This frees the operand if it was the last reference; its own operands are then added to the list.
        drop(operand);
    }
    FREEING.set(false);
}

impl Drop for Value {
    fn drop(&mut self) {
        let operands = self.operands.get_mut();
        free(std::mem::take(
            operands.unwrap_or_else(PoisonError::into_inner),
        ));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Value {
    /// A value that was not computed.
    pub(crate) fn leaf(number: f64) -> Self {
        Self::computed(number, Op::Input, 0.0, Operands::new())
    }

    /// The result of an operation.
    pub(crate) fn computed(number: f64, op: Op, parameter: f64, operands: Operands) -> Self {
        Self {
            number: Number::new(number),
            gradient: Number::new(0.0),
            op,
            parameter,
            operands: Mutex::new(operands),
            is_given: false,
            read: None,
            label: Mutex::new(None),
        }
    }

    /// The result of an operation that other code computed from these numbers of the operands.
    pub(crate) fn read_from(mut self, numbers: Box<[f64]>) -> Self {
        self.read = Some(numbers);
        self
    }

    /// Whether the operands' numbers are those that other code read; true if none did.
    pub(crate) fn is_read_from(&self, numbers: impl IntoIterator<Item = f64>) -> bool {
        let same = |(then, now): (&f64, f64)| {
            then.to_bits() == now.to_bits() || then.is_nan() && now.is_nan()
        };
        self.read
            .as_ref()
            .is_none_or(|read| read.iter().zip(numbers).all(same))
    }

    /// Calls `work` with the values that this one was computed from.
    pub(crate) fn with_operands<R>(&self, work: impl FnOnce(&[Py<Value>]) -> R) -> R {
        work(&lock(&self.operands))
    }

    pub(crate) fn name(&self) -> Option<String> {
        lock(&self.label).as_deref().map(str::to_owned)
    }

    /// Whether the operation has a parameter besides the operands.
    pub(crate) fn has_parameter(&self) -> bool {
        matches!(self.op, Op::Binary(_)) && lock(&self.operands).len() == 1
    }

    /// The operation as micrograd writes it, where micrograd has it.
    fn symbol(&self) -> String {
        let row = self.op.row();
        if self.has_parameter() {
            return match row.name {
                "Pow" | "Powi" => format!("**{}", self.parameter),
                _ => format!("{} {}", row.symbol, self.parameter),
            };
        }
        let symbol = match row.name {
            "Input" => "",
            "Mul" => "*",
            "Sub" | "Neg" => "-",
            "Div" => "/",
            "Pow" => "**",
            _ => row.symbol,
        };
        symbol.to_owned()
    }
}

/// The object as a number, if it is a number of Python or NumPy; text and arrays are not.
///
/// Raises `OverflowError` for integers that no float is equal to.
pub(crate) fn number(other: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    static REAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static BOOLEAN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static LONG: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static INTEGRAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = other.py();
    if other.is_instance_of::<PyFloat>() {
        return other.extract().map(Some);
    }
    let is_number = other.is_instance_of::<PyInt>()
        || other.is_instance(REAL.import(py, "numbers", "Real")?)?
        || other.is_instance(BOOLEAN.import(py, "numpy", "bool_")?)?;
    if !is_number {
        return Ok(None);
    }
    let number: f64 = other.extract()?;
    if other.is_instance(LONG.import(py, "numpy", "longdouble")?)?
        && !number.is_nan()
        && !PyFloat::new(py, number).as_any().eq(other)?
    {
        let problem = format!("no float is equal to {other}; round it yourself, by `float`");
        return Err(PyOverflowError::new_err(problem));
    }
    // Below this, all integers are floats.
    if number.abs() >= 2_f64.powi(f64::MANTISSA_DIGITS.cast_signed())
        && other.is_instance(INTEGRAL.import(py, "numbers", "Integral")?)?
        // NumPy would round before it compares, Python does not.
        && !other.call_method0("__index__")?.eq(number)?
    {
        return Err(PyOverflowError::new_err(format!(
            "no float is equal to the integer {other}; round it yourself, by `float`"
        )));
    }
    Ok(Some(number))
}

/// The other operand of an operator: a value, or a number, which becomes a value; `None` for anything else.
pub(crate) fn operand<'py>(other: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, Value>>> {
    if let Ok(value) = other.cast::<Value>() {
        return Ok(Some(value.clone()));
    }
    let number = number(other)?;
    number
        .map(|number| Bound::new(other.py(), Value::leaf(number)))
        .transpose()
}

/// The operand of a method: a value, or a number, which becomes a value.
pub(crate) fn expect_operand<'py>(
    name: &str,
    other: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, Value>> {
    operand(other)?.ok_or_else(|| not_a_number(name, other))
}

/// A number, not a value.
pub(crate) fn expect_number(name: &str, other: &Bound<'_, PyAny>) -> PyResult<f64> {
    number(other)?.ok_or_else(|| not_a_number(name, other))
}

fn not_a_number(name: &str, other: &Bound<'_, PyAny>) -> PyErr {
    let found = other.get_type().name();
    let found = found.map_or_else(|_| String::from("an object"), |name| name.to_string());
    PyTypeError::new_err(format!("{name}: must be a number, found {found}"))
}

/// An argument that micrograd has: an empty tuple or an empty text.
#[derive(Clone, Copy)]
struct Empty;

impl<'py> FromPyObject<'_, 'py> for Empty {
    type Error = PyErr;

    fn extract(argument: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if argument.len().is_ok_and(|length| length == 0) {
            return Ok(Self);
        }
        Err(PyTypeError::new_err(
            "_children and _op: must be empty, because a value made by hand has no derivative; compute it from its operands, for an \
             operation of your own by `custom`",
        ))
    }
}

#[pymethods]
impl Value {
    /// Makes a value of a number; `_children` and `_op` exist for micrograd's signature only and must be empty.
    #[new]
    #[pyo3(signature = (data, _children=None, _op=None, label=""))]
    fn new(
        data: &Bound<'_, PyAny>,
        _children: Option<Empty>,
        _op: Option<Empty>,
        label: &str,
    ) -> PyResult<Self> {
        let mut value = Self::leaf(expect_number("data", data)?);
        value.is_given = true;
        value.set_label(label);
        Ok(value)
    }

    /// The number. In a traced function, a program checks at every point that the number read here is the same.
    #[getter]
    fn data(slf: &Bound<'_, Self>) -> PyResult<f64> {
        tracing::note(slf, slf.get().number.get(), Test::Read)?;
        Ok(slf.get().number.get())
    }

    #[setter]
    fn set_data(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        self.number.set(expect_number("data", data)?);
        Ok(())
    }

    /// The derivative of what `backward()` was called on with respect to this value; `backward()` adds to it.
    #[getter]
    fn grad(&self) -> f64 {
        self.gradient.get()
    }

    #[setter]
    fn set_grad(&self, grad: &Bound<'_, PyAny>) -> PyResult<()> {
        self.gradient.set(expect_number("grad", grad)?);
        Ok(())
    }

    /// The name in pictures; empty if it has none.
    #[getter]
    fn label(&self) -> String {
        self.name().unwrap_or_default()
    }

    #[setter]
    fn set_label(&self, label: &str) {
        *lock(&self.label) = (!label.is_empty()).then(|| label.into());
    }

    /// The values that it was computed from.
    #[getter]
    fn _prev<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PySet>> {
        let operands: Vec<_> =
            self.with_operands(|all| all.iter().map(|x| x.clone_ref(py)).collect());
        PySet::new(py, operands)
    }

    /// The operation that computed it, such as `+`; empty if it was not computed.
    #[getter]
    fn _op(&self) -> String {
        self.symbol()
    }

    /// The number, as `data`: the name that arrays of NumPy have for it.
    ///
    /// >>> Value(2.0).item()
    /// 2.0
    fn item(slf: &Bound<'_, Self>) -> PyResult<f64> {
        Self::data(slf)
    }

    /// The number, unchecked: only to show it, for example in a progress report.
    fn peek(&self) -> f64 {
        self.number.get()
    }

    fn __hash__(slf: &Bound<'_, Self>) -> isize {
        // The lowest bits of addresses are equal.
        (slf.as_ptr() as usize).rotate_right(4).cast_signed()
    }

    fn __richcmp__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        compared: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let test = match compared {
            CompareOp::Lt => Test::Less,
            CompareOp::Le => Test::LessEqual,
            CompareOp::Gt => Test::Greater,
            CompareOp::Ge => Test::GreaterEqual,
            CompareOp::Eq | CompareOp::Ne => {
                let is_number =
                    || Ok::<_, PyErr>(other.is_instance_of::<Self>() || number(other)?.is_some());
                if tracing::is_tracing() && !slf.is(other) && is_number()? {
                    return Err(PyTypeError::new_err(
                        "in a traced function, `==` and `!=` of values would compare objects; compare objects by `is`, \
                         numbers by `x.data == y.data`, or compute with `x.equal(y)`",
                    ));
                }
                // Python then compares the objects.
                return Ok(py.NotImplemented().into_bound(py));
            }
        };
        let left = slf.get().number.get();
        let right = if let Ok(other) = other.cast::<Self>() {
            tracing::note(slf, other, test)?;
            other.get().number.get()
        } else if let Some(number) = number(other)? {
            tracing::note(slf, number, test)?;
            number
        } else {
            return Ok(py.NotImplemented().into_bound(py));
        };
        if left.is_nan() || right.is_nan() {
            let warning = py.get_type::<PyRuntimeWarning>();
            PyErr::warn(py, &warning, c"a comparison with NaN is false", 1)?;
        }
        let outcome = test.outcome(left, right);
        Ok(outcome.into_pyobject(py)?.to_owned().into_any())
    }

    /// A value is an object, so it is true, as in micrograd.
    #[expect(clippy::unused_self, reason = "Python passes it")]
    fn __bool__(&self) -> PyResult<bool> {
        if tracing::is_tracing() {
            return Err(PyTypeError::new_err(
                "in a traced function, a value has no truth: compare its number, as in `x > 0`",
            ));
        }
        Ok(true)
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let [data, grad] = [&self.number, &self.gradient].map(|x| PyFloat::new(py, x.get()).repr());
        PyString::from_fmt(py, format_args!("Value(data={}, grad={})", data?, grad?))
    }

    /// The number in a format of Python's floats, such as `f"{x:.3f}"`; it is not checked, as that of `peek`.
    fn __format__<'py>(slf: &Bound<'py, Self>, format: &str) -> PyResult<Bound<'py, PyAny>> {
        if format.is_empty() {
            return Ok(slf.str()?.into_any());
        }
        PyFloat::new(slf.py(), slf.get().number.get()).call_method1("__format__", (format,))
    }

    /// Raises `TypeError`: `math.sin(x)` and `float(x)` would give a number that has lost its graph.
    #[expect(clippy::unused_self, reason = "Python passes it")]
    fn __float__(&self) -> PyResult<f64> {
        Err(PyTypeError::new_err(
            "a value cannot become a float, because its graph would be lost: call its methods, such as x.sin() in place of \
             math.sin(x) or x.round() in place of round(x), or take its number, x.data",
        ))
    }

    /// Raises `TypeError`, as `float` does.
    fn __int__(&self) -> PyResult<f64> {
        self.__float__()
    }

    /// Raises `TypeError`, as `float` does.
    #[pyo3(signature = (_ndigits=None))]
    fn __round__(&self, _ndigits: Option<&Bound<'_, PyAny>>) -> PyResult<f64> {
        self.__float__()
    }

    /// How `copy` and `pickle` make another value with this number, gradient and label. They read the number as `data` does.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        if slf.get().op != Op::Input {
            return Err(PyTypeError::new_err(
                "a computed value cannot be copied or pickled, because the copy would not know how it was computed; copy \
                 what it was computed from, or make a new value of its number: Value(x.data)",
            ));
        }
        let attributes = PyDict::new(py);
        attributes.set_item("grad", slf.get().grad())?;
        attributes.set_item("label", slf.get().label())?;
        // Those of subclasses.
        let own = slf.getattr_opt("__dict__")?;
        let make = py.import("copyreg")?.getattr("__newobj__")?;
        let arguments = (slf.get_type(), Self::data(slf)?);
        (make, arguments, (own, attributes)).into_pyobject(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // The collector runs while other threads wait, so the lock is free unless this thread holds it.
        if let Ok(operands) = self.operands.try_lock() {
            for operand in operands.iter() {
                visit.call(operand)?;
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        let operands = std::mem::take(&mut *lock(&self.operands));
        free(operands);
    }
}
