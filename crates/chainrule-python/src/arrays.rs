//! Arrays of NumPy: read without a copy where they are contiguous numbers of 64 bits, otherwise converted or refused.

use std::fmt::Display;

use chainrule::{Columns, Flat, Result, Table};
use numpy::{
    Element, IntoPyArray, PyArrayDescrMethods, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::value::{Value, number};

/// An array of `f64` that is contiguous in C's or in Fortran's order.
pub(crate) struct Numbers<'py> {
    array: PyReadonlyArrayDyn<'py, f64>,
    name: &'static str,
}

impl<'py> Numbers<'py> {
    /// Reads an argument: an array, or lists of numbers.
    pub(crate) fn new(name: &'static str, argument: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = argument.py();
        let numpy = py.import("numpy")?;
        if argument.hasattr("mask")?
            && numpy
                .getattr("ma")?
                .call_method1("is_masked", (argument,))?
                .extract()?
        {
            return Err(PyTypeError::new_err(format!(
                "{name}: some numbers are masked; fill them or leave them out"
            )));
        }
        let array = numpy.call_method1("asarray", (argument,));
        // Rows of different lengths are the usual reason.
        let array = array.map_err(|error| {
            PyValueError::new_err(format!(
                "{name}: no array of numbers can be made of it: {}",
                error.value(py)
            ))
        })?;
        if let Ok(array) = array.extract::<PyReadonlyArrayDyn<'py, f64>>()
            && array.as_slice().is_ok()
        {
            return Ok(Self { array, name });
        }
        let untyped = array.cast::<PyUntypedArray>()?;
        let float = numpy.getattr("float64")?;
        let is_safe: bool = numpy
            .call_method1("can_cast", (untyped.dtype(), &float, "safe"))?
            .extract()?;
        let is_object = untyped.dtype().kind() == b'O';
        let strange = if is_object {
            strange_element(name, array.as_any())?
        } else {
            None
        };
        // An empty list has the type of whatever it would hold.
        if !(is_safe || is_object && strange.is_none()) && untyped.len() > 0 {
            let shape = untyped.shape();
            let mut kind = untyped.dtype().str()?.to_string();
            if let Some(element) = strange {
                if element.is_instance_of::<Value>() {
                    return Err(PyTypeError::new_err(format!(
                        "{name}: holds values of chainrule, which a program cannot differentiate through; pass their \
                         numbers, [v.data for v in {name}], or call the function that was traced"
                    )));
                }
                kind = format!("{kind} (with a {})", element.get_type().name()?);
            }
            let problem = format!(
                "{name}: an array of type {kind} and shape {shape:?} cannot be converted to float64 without loss"
            );
            return Err(PyTypeError::new_err(problem));
        }
        let options = PyDict::new(py);
        options.set_item("dtype", float)?;
        options.set_item("order", "C")?;
        let converted = numpy.call_method("array", (&array,), Some(&options))?;
        // The other kinds that are safe to cast have at most 53 bits.
        let long = match untyped.dtype().kind() {
            b'i' => rounded::<i64>(&array)?,
            b'u' => rounded::<u64>(&array)?,
            _ => None,
        };
        if let Some(integer) = long {
            return Err(no_float(name, integer));
        }
        Ok(Self {
            array: converted.extract()?,
            name,
        })
    }

    pub(crate) fn shape(&self) -> &[usize] {
        self.array.shape()
    }

    /// The numbers in the order in which they are stored.
    pub(crate) fn as_slice(&self) -> PyResult<&[f64]> {
        let slice = self.array.as_slice();
        slice.map_err(|_| PyValueError::new_err(format!("{}: is not contiguous", self.name)))
    }

    pub(crate) fn to_vec(&self) -> PyResult<Vec<f64>> {
        Ok(self.as_slice()?.to_vec())
    }

    pub(crate) fn wrong_shape(&self, expected: &str) -> PyErr {
        let shape = self.shape();
        PyValueError::new_err(format!(
            "{}: expected {expected}, found an array of shape {shape:?}",
            self.name
        ))
    }

    /// An error unless there is one axis of this length.
    pub(crate) fn expect_vector(&self, length: Option<usize>) -> PyResult<()> {
        match (self.shape(), length) {
            (&[_], None) => Ok(()),
            (&[found], Some(expected)) if found == expected => Ok(()),
            (_, Some(1)) => Err(self.wrong_shape("1 number")),
            (_, Some(expected)) => Err(self.wrong_shape(&format!("{expected} numbers"))),
            (_, None) => Err(self.wrong_shape("one axis")),
        }
    }

    /// The rows of a table with this number of columns.
    pub(crate) fn rows(&self, width: usize) -> PyResult<Rows<'_>> {
        let &[count, found] = self.shape() else {
            return Err(self.wrong_shape(&format!("rows of {width} numbers (two axes)")));
        };
        if found != width {
            return Err(self.wrong_shape(&format!("rows of {width} numbers")));
        }
        Ok(Rows {
            numbers: self.as_slice()?,
            count,
            width,
            by_row: self.array.is_c_contiguous(),
        })
    }
}

/// The first integer of an array that no float is equal to.
fn rounded<T: Element + Copy + Into<i128>>(array: &Bound<'_, PyAny>) -> PyResult<Option<i128>> {
    // Also for shorter integers, and for those with another order of bytes.
    let integers = array.call_method1("astype", (numpy::dtype::<T>(array.py()),))?;
    let integers: PyReadonlyArrayDyn<'_, T> = integers.extract()?;
    let mut all = integers
        .as_array()
        .into_iter()
        .map(|&integer| integer.into());
    Ok(all.find(|&integer: &i128| integer as f64 as i128 != integer))
}

fn no_float(name: &str, integer: impl Display) -> PyErr {
    let mut digits = integer.to_string();
    if digits.len() > 40 {
        digits = format!("{}… with {} digits", &digits[..20], digits.len());
    }
    PyOverflowError::new_err(format!(
        "{name}: no float is equal to the integer {digits}; round it yourself, by `astype(float)`"
    ))
}

/// The first element of an array of objects that is no number.
fn strange_element<'py>(
    name: &str,
    array: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    for element in array.getattr("flat")?.try_iter()? {
        let element = element?;
        match number(&element) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(Some(element)),
            Err(_) => return Err(no_float(name, &element)),
        }
    }
    Ok(None)
}

/// One axis of numbers.
pub(crate) struct Vector<'py>(Numbers<'py>);

impl Vector<'_> {
    pub(crate) fn to_vec(&self) -> Vec<f64> {
        self.0.as_slice().unwrap_or_default().to_vec()
    }
}

/// Reads an argument with one axis, of this length if one is given.
pub(crate) fn vector<'py>(
    name: &'static str,
    argument: &Bound<'py, PyAny>,
    length: Option<usize>,
) -> PyResult<Vector<'py>> {
    let numbers = Numbers::new(name, argument)?;
    numbers.expect_vector(length)?;
    numbers.as_slice()?;
    Ok(Vector(numbers))
}

/// Rows of numbers where NumPy keeps them.
pub(crate) struct Rows<'a> {
    numbers: &'a [f64],
    count: usize,
    width: usize,
    /// Whether the numbers of a row are next to each other, and not those of a column.
    by_row: bool,
}

impl Rows<'_> {
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Copies a row.
    pub(crate) fn row(&self, row: usize) -> Vec<f64> {
        let at = |column| {
            if self.by_row {
                row * self.width + column
            } else {
                column * self.count + row
            }
        };
        (0..self.width)
            .map(|column| self.numbers[at(column)])
            .collect()
    }

    /// Calls `work` with the rows as a table of the engine, which copies them into lanes.
    pub(crate) fn with_table<R>(&self, work: impl FnOnce(&dyn Table) -> Result<R>) -> Result<R> {
        if self.width == 0 || self.count == 0 {
            // Neither layout says how many rows there are.
            return work(&vec![vec![0.0; self.width]; self.count]);
        }
        if self.by_row {
            return work(&Flat::new(self.numbers, self.width)?);
        }
        let columns: Vec<&[f64]> = self.numbers.chunks_exact(self.count).collect();
        work(&Columns::new(&columns)?)
    }
}

/// An array of NumPy with this shape.
pub(crate) fn array<'py>(
    py: Python<'py>,
    numbers: Vec<f64>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    Ok(numbers.into_pyarray(py).reshape(shape)?.into_any())
}
