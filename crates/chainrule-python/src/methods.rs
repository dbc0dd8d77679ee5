//! The operations of `Value`: operators, and one method for each row of the engine's table that users call by name.
//!
//! Nothing here lists the operations. `chainrule::table!` passes the rows to `methods_of_table!`, which takes names,
//! documentation and examples from them, as the engine does for its own methods.

use std::f64::consts::PI;

use chainrule::Scalar;
use chainrule::op::{Binary, Nary, Op, Ternary, Unary, rows};
use pyo3::prelude::*;
use pyo3::types::PyInt;
use smallvec::smallvec;

use crate::tracing::{self, Test};
use crate::value::{Operands, Value, expect_number, expect_operand, operand};

type Made<'py> = PyResult<Bound<'py, Value>>;

fn number(x: &Bound<'_, Value>) -> f64 {
    x.get().number.get()
}

fn made(py: Python<'_>, number: f64, op: Op, parameter: f64, operands: Operands) -> Made<'_> {
    Bound::new(py, Value::computed(number, op, parameter, operands))
}

fn unary<'py, O: Unary>(x: &Bound<'py, Value>) -> Made<'py> {
    let operands = smallvec![x.clone().unbind()];
    made(
        x.py(),
        number(x).apply::<O>(),
        Op::Unary(O::OP),
        0.0,
        operands,
    )
}

fn binary<'py, O: Binary>(a: &Bound<'py, Value>, b: Bound<'py, Value>) -> Made<'py> {
    let value = number(a).apply2::<O>(number(&b));
    let operands = smallvec![a.clone().unbind(), b.unbind()];
    made(a.py(), value, Op::Binary(O::OP), 0.0, operands)
}

fn with_parameter<'py, O: Binary>(x: &Bound<'py, Value>, parameter: f64) -> Made<'py> {
    let value = number(x).apply2::<O>(parameter);
    made(
        x.py(),
        value,
        Op::Binary(O::OP),
        parameter,
        smallvec![x.clone().unbind()],
    )
}

fn ternary<'py, O: Ternary>(
    a: &Bound<'py, Value>,
    b: Bound<'py, Value>,
    c: Bound<'py, Value>,
) -> Made<'py> {
    let value = number(a).apply3::<O>(number(&b), number(&c));
    let operands = smallvec![a.clone().unbind(), b.unbind(), c.unbind()];
    made(a.py(), value, Op::Ternary(O::OP), 0.0, operands)
}

fn nary<'py, O: Nary>(py: Python<'py>, operands: Vec<Bound<'py, Value>>) -> Made<'py> {
    let numbers: Vec<f64> = operands.iter().map(number).collect();
    let operands: Operands = operands.into_iter().map(Bound::unbind).collect();
    let op = if operands.is_empty() {
        Op::Input
    } else {
        Op::Nary(O::OP)
    };
    made(py, f64::apply_n::<O>(&numbers), op, 0.0, operands)
}

/// The operands of a function of many: values or numbers.
fn many<'py>(name: &str, xs: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, Value>>> {
    xs.try_iter()?.map(|x| expect_operand(name, &x?)).collect()
}

macro_rules! methods_of_table {
    (
        unary { $(
            #[doc = $udoc:literal]
            $unary:ident $usymbol:literal $(: $umethod:ident($ux:literal) = $uvalue:literal, slope $uslope:literal)? { $($ubody:tt)* }
        )+ }
        binary { $(
            #[doc = $bdoc:literal]
            $binary:ident $bsymbol:literal $(: $bmethod:ident($bx:literal, $by:literal) = $bvalue:literal, slopes $bleft:literal, $bright:literal)? { $($bbody:tt)* }
        )+ }
        ternary { $(
            #[doc = $tdoc:literal]
            $ternary:ident $tsymbol:literal $(: $tmethod:ident($tx:literal, $ty:literal, $tz:literal) = $tvalue:literal, slopes $tfirst:literal, $tsecond:literal, $tthird:literal)? { $($tbody:tt)* }
        )+ }
        nary { $(
            #[doc = $ndoc:literal]
            $nary:ident $nsymbol:literal $(: $nmethod:ident($($nat:literal),+) = $nvalue:literal, slopes $($nslope:literal),+)? { $($nbody:tt)* }
        )+ }
        parameter { $(
            #[doc = $pdoc:literal]
            $pmethod:ident($parameter:ident: $ptype:ty) = $prow:ident; at ($pat:literal, $pof:literal) = $pvalue:literal, slope $pslope:literal;
        )+ }
    ) => {
        #[pymethods]
        impl Value {
            $($(
                #[doc = $udoc]
                ///
                #[doc = concat!(">>> x = Value(", stringify!($ux), ")")]
                #[doc = concat!(">>> y = x.", stringify!($umethod), "()")]
                /// >>> y.backward()
                #[doc = concat!(">>> abs(y.data - ", stringify!($uvalue), ") < 1e-14, abs(x.grad - ", stringify!($uslope), ") < 1e-14")]
                /// (True, True)
                fn $umethod<'py>(slf: &Bound<'py, Self>) -> Made<'py> {
                    unary::<rows::$unary>(slf)
                }
            )?)+
            $($(
                #[doc = $bdoc]
                ///
                #[doc = concat!(">>> a, b = Value(", stringify!($bx), "), Value(", stringify!($by), ")")]
                #[doc = concat!(">>> y = a.", stringify!($bmethod), "(b)")]
                /// >>> y.backward()
                #[doc = concat!(">>> abs(y.data - ", stringify!($bvalue), ") < 1e-14")]
                /// True
                #[doc = concat!(">>> abs(a.grad - ", stringify!($bleft), ") < 1e-14, abs(b.grad - ", stringify!($bright), ") < 1e-14")]
                /// (True, True)
                fn $bmethod<'py>(slf: &Bound<'py, Self>, b: &Bound<'py, PyAny>) -> Made<'py> {
                    binary::<rows::$binary>(slf, expect_operand("b", b)?)
                }
            )?)+
            $($(
                #[doc = $tdoc]
                ///
                #[doc = concat!(">>> a, b, c = Value(", stringify!($tx), "), Value(", stringify!($ty), "), Value(", stringify!($tz), ")")]
                #[doc = concat!(">>> y = a.", stringify!($tmethod), "(b, c)")]
                /// >>> y.backward()
                #[doc = concat!(">>> abs(y.data - ", stringify!($tvalue), ") < 1e-14")]
                /// True
                /// >>> [a.grad, b.grad, c.grad]
                #[doc = concat!("[", stringify!($tfirst), ", ", stringify!($tsecond), ", ", stringify!($tthird), "]")]
                fn $tmethod<'py>(slf: &Bound<'py, Self>, b: &Bound<'py, PyAny>, c: &Bound<'py, PyAny>) -> Made<'py> {
                    ternary::<rows::$ternary>(slf, expect_operand("b", b)?, expect_operand("c", c)?)
                }
            )?)+
            $(
                #[doc = $pdoc]
                ///
                #[doc = concat!(">>> x = Value(", stringify!($pat), ")")]
                #[doc = concat!(">>> y = x.", stringify!($pmethod), "(", stringify!($pof), ")")]
                /// >>> y.backward()
                #[doc = concat!(">>> abs(y.data - ", stringify!($pvalue), ") < 1e-14, abs(x.grad - ", stringify!($pslope), ") < 1e-14")]
                /// (True, True)
                fn $pmethod<'py>(slf: &Bound<'py, Self>, $parameter: $ptype) -> Made<'py> {
                    with_parameter::<rows::$prow>(slf, f64::from($parameter))
                }
            )+
            $($(
                #[doc = $ndoc]
                ///
                #[doc = concat!(">>> xs = [Value(x) for x in [", stringify!($($nat),+), "]]")]
                #[doc = concat!(">>> y = Value.", stringify!($nmethod), "(xs)")]
                /// >>> y.backward()
                #[doc = concat!(">>> abs(y.data - ", stringify!($nvalue), ") < 1e-14")]
                /// True
                #[doc = concat!(">>> all(abs(x.grad - slope) < 1e-14 for x, slope in zip(xs, [", stringify!($($nslope),+), "]))")]
                /// True
                #[staticmethod]
                fn $nmethod<'py>(xs: &Bound<'py, PyAny>) -> Made<'py> {
                    nary::<rows::$nary>(xs.py(), many("xs", xs)?)
                }
            )?)+
        }
    };
}
chainrule::table! { methods_of_table }

/// An operator: the row with the other operand on the right.
fn right<'py, O: Binary>(x: &Bound<'py, Value>, other: &Bound<'py, PyAny>) -> PyResult<Py<PyAny>> {
    or_not_implemented(x.py(), operand(other)?, |other| binary::<O>(x, other))
}

/// An operator with the other operand on the left.
fn left<'py, O: Binary>(x: &Bound<'py, Value>, other: &Bound<'py, PyAny>) -> PyResult<Py<PyAny>> {
    or_not_implemented(x.py(), operand(other)?, |other| {
        binary::<O>(&other, x.clone())
    })
}

/// The result of an operator; without another operand, Python asks the other object for it.
fn or_not_implemented<'py>(
    py: Python<'py>,
    other: Option<Bound<'py, Value>>,
    work: impl FnOnce(Bound<'py, Value>) -> Made<'py>,
) -> PyResult<Py<PyAny>> {
    match other {
        Some(other) => Ok(work(other)?.into_any().unbind()),
        None => Ok(py.NotImplemented()),
    }
}

/// Names of NumPy and Python for operations that have another name in the table: their functions, such as
/// `numpy.log` and `math.floor`, call these methods.
macro_rules! names_of_numpy {
    ($($name:ident $row:ident;)+) => {
        #[pymethods]
        impl Value { $(
            #[doc = concat!("The operation for the function `", stringify!($name), "`.")]
            fn $name<'py>(slf: &Bound<'py, Self>) -> Made<'py> {
                unary::<rows::$row>(slf)
            }
        )+ }
    };
}
names_of_numpy! {
    log Ln;
    log1p Ln1p;
    expm1 ExpM1;
    arcsin Asin;
    arccos Acos;
    arctan Atan;
    arcsinh Asinh;
    arccosh Acosh;
    arctanh Atanh;
    fabs Abs;
    __floor__ Floor;
    __ceil__ Ceil;
    __trunc__ Trunc;
}

#[pymethods]
impl Value {
    fn __add__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        right::<rows::Add>(slf, other)
    }

    fn __radd__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        left::<rows::Add>(slf, other)
    }

    fn __sub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        right::<rows::Sub>(slf, other)
    }

    fn __rsub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        left::<rows::Sub>(slf, other)
    }

    fn __mul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        right::<rows::Mul>(slf, other)
    }

    fn __rmul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        left::<rows::Mul>(slf, other)
    }

    fn __truediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        right::<rows::Div>(slf, other)
    }

    fn __rtruediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        left::<rows::Div>(slf, other)
    }

    fn __neg__<'py>(slf: &Bound<'py, Self>) -> Made<'py> {
        unary::<rows::Neg>(slf)
    }

    /// The angle of the point with the coordinates `b` and this value: the method that `numpy.arctan2` calls.
    fn arctan2<'py>(slf: &Bound<'py, Self>, b: &Bound<'py, PyAny>) -> Made<'py> {
        binary::<rows::Atan2>(slf, expect_operand("b", b)?)
    }

    /// Radians as degrees: the method that `numpy.degrees` calls.
    fn degrees<'py>(slf: &Bound<'py, Self>) -> Made<'py> {
        let factor = Bound::new(slf.py(), Value::leaf(180.0 / PI))?;
        binary::<rows::Mul>(slf, factor)
    }

    /// Degrees as radians: the method that `numpy.radians` calls.
    fn radians<'py>(slf: &Bound<'py, Self>) -> Made<'py> {
        let factor = Bound::new(slf.py(), Value::leaf(PI / 180.0))?;
        binary::<rows::Mul>(slf, factor)
    }

    /// The value itself: NumPy's `var` and `std` call it.
    fn conjugate<'py>(slf: &Bound<'py, Self>) -> Bound<'py, Self> {
        slf.clone()
    }

    fn __pos__<'py>(slf: &Bound<'py, Self>) -> Bound<'py, Self> {
        slf.clone()
    }

    fn __abs__<'py>(slf: &Bound<'py, Self>) -> Made<'py> {
        unary::<rows::Abs>(slf)
    }

    fn __pow__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        modulo: &Bound<'py, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        if !modulo.is_none() {
            return Ok(py.NotImplemented());
        }
        if other.is_instance_of::<PyInt>()
            && let Ok(n) = other.extract::<i32>()
        {
            let power = with_parameter::<rows::Powi>(slf, f64::from(n))?;
            return Ok(power.into_any().unbind());
        }
        or_not_implemented(py, operand(other)?, |exponent| {
            if other.is_instance_of::<Value>() {
                binary::<rows::Pow>(slf, exponent)
            } else {
                with_parameter::<rows::Pow>(slf, number(&exponent))
            }
        })
    }

    fn __rpow__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        modulo: &Bound<'py, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let base = if modulo.is_none() {
            operand(other)?
        } else {
            None
        };
        or_not_implemented(slf.py(), base, |base| {
            binary::<rows::Pow>(&base, slf.clone())
        })
    }

    /// The sum as one node, added from left to right.
    ///
    /// >>> Value.sum([Value(1), Value(2), 3]).data
    /// 6.0
    #[staticmethod]
    fn sum<'py>(xs: &Bound<'py, PyAny>) -> Made<'py> {
        nary::<rows::Sum>(xs.py(), many("xs", xs)?)
    }

    /// The product as one node, multiplied from left to right.
    ///
    /// >>> Value.product([Value(4), Value(2), 3]).data
    /// 24.0
    #[staticmethod]
    fn product<'py>(xs: &Bound<'py, PyAny>) -> Made<'py> {
        nary::<rows::Product>(xs.py(), many("xs", xs)?)
    }

    /// The dot product `w₀x₀ + w₁x₁ + …` as one node, each term added with one rounding.
    ///
    /// >>> Value.dot_product([Value(1), Value(2)], [3, 4]).data
    /// 11.0
    #[staticmethod]
    fn dot_product<'py>(ws: &Bound<'py, PyAny>, xs: &Bound<'py, PyAny>) -> Made<'py> {
        let (left, right) = (many("ws", ws)?, many("xs", xs)?);
        same_length("xs", left.len(), right.len())?;
        let pairs = left.into_iter().zip(right);
        nary::<rows::Dot>(ws.py(), pairs.flat_map(|(w, x)| [w, x]).collect())
    }

    /// The value at this index, which is rounded down; NaN if there is none. A derivative passes only to the value that was chosen.
    ///
    /// >>> xs = [Value(4), Value(1), Value(3)]
    /// >>> Value.argmin_of(xs).gather(xs).data
    /// 1.0
    fn gather<'py>(slf: &Bound<'py, Self>, values: &Bound<'py, PyAny>) -> Made<'py> {
        let mut operands = vec![slf.clone()];
        operands.extend(many("values", values)?);
        nary::<rows::Gather>(slf.py(), operands)
    }

    /// A value with declared derivatives: the number `value`, and its derivative with respect to each operand.
    ///
    /// Use it for a function that is computed by other code. Slopes may be values, then they are differentiated too. If the
    /// number or a slope is a plain number, it belongs to the operands' present numbers: a traced function's program checks them
    /// at every point, and `backward()` raises `RuntimeError` if `data` of an operand was changed since.
    ///
    /// >>> import math
    /// >>> x = Value(2.0)
    /// >>> y = Value.custom(math.log(x.data), [x], [1 / x])
    /// >>> y.backward()
    /// >>> x.grad
    /// 0.5
    #[staticmethod]
    fn custom<'py>(
        value: &Bound<'py, PyAny>,
        operands: &Bound<'py, PyAny>,
        slopes: &Bound<'py, PyAny>,
    ) -> Made<'py> {
        let xs = many("operands", operands)?;
        let mut depends = !value.is_instance_of::<Value>();
        let mut all = vec![expect_operand("value", value)?];
        let mut given = 0;
        for (place, slope) in slopes.try_iter()?.enumerate() {
            let slope = slope?;
            depends |= !slope.is_instance_of::<Value>();
            all.extend(xs.get(place).cloned());
            all.push(expect_operand("slopes", &slope)?);
            given += 1;
        }
        same_length("slopes", xs.len(), given)?;
        if !depends {
            return nary::<rows::Custom>(value.py(), all);
        }
        for x in &xs {
            tracing::note(x, number(x), Test::Read)?;
        }
        let read = xs.iter().map(number).collect();
        let numbers: Vec<f64> = all.iter().map(number).collect();
        let operands = all.into_iter().map(Bound::unbind).collect();
        let op = Op::Nary(rows::Custom::OP);
        let made = Value::computed(f64::apply_n::<rows::Custom>(&numbers), op, 0.0, operands);
        Bound::new(value.py(), made.read_from(read))
    }
}

fn same_length(name: &str, expected: usize, found: usize) -> PyResult<()> {
    if expected == found {
        return Ok(());
    }
    let error = chainrule::Error::length(name, expected, found);
    Err(pyo3::exceptions::PyValueError::new_err(error.to_string()))
}

/// Numbers of the parameters of a model or of a list of values, for programs.
pub(crate) fn numbers(xs: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    let read = |x: Bound<'_, PyAny>| match x.cast::<Value>() {
        Ok(value) => {
            tracing::note(value, number(value), Test::Read)?;
            Ok(number(value))
        }
        Err(_) => expect_number("parameters", &x),
    };
    xs.try_iter()?.map(|x| read(x?)).collect()
}
