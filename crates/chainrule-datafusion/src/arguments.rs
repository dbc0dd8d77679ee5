//! The arguments of the functions: their types, and how they are read.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, UInt64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::scalar::ScalarValue;

use crate::code::Code;

/// An error that says what is wrong with a call or its data.
pub(crate) fn wrong(problem: String) -> DataFusionError {
    DataFusionError::Execution(problem)
}

/// An error of chainrule's.
pub(crate) fn of_chainrule(name: &str, error: chainrule::Error) -> DataFusionError {
    DataFusionError::Context(
        name.to_owned(),
        Box::new(DataFusionError::External(Box::new(error))),
    )
}

/// The type of a list of numbers.
pub(crate) fn list() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)))
}

/// The types to which `DataFusion` converts the arguments of a call. `leading` are those before the columns.
pub(crate) fn coerced(
    code: &Code,
    leading: &[(&str, DataType)],
    found: &[DataType],
) -> Result<Vec<DataType>> {
    let expected = leading.len() + code.columns();
    if found.len() != expected {
        let names: Vec<&str> = leading.iter().map(|(name, _)| *name).collect();
        let (name, columns, found) = (&code.name, code.columns(), found.len());
        let problem = format!(
            "{name}: expected {expected} arguments ({}, then {columns} columns), found {found}",
            names.join(", ")
        );
        return Err(DataFusionError::Plan(problem));
    }
    for (place, ((name, _), found)) in leading.iter().zip(found).enumerate() {
        let fits = match found {
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                *name == PARAMETERS && item.data_type().is_numeric()
            }
            DataType::Decimal128(_, 0) => *name == ROW,
            other => *name == ROW && other.is_integer(),
        };
        if !fits {
            let expected = if *name == ROW {
                "an integer"
            } else {
                "a list of numbers"
            };
            let problem = format!(
                "{}: argument {} ({name}) must be {expected}, found {found}",
                code.name,
                place + 1
            );
            return Err(DataFusionError::Plan(problem));
        }
    }
    for (column, found) in found[leading.len()..].iter().enumerate() {
        if !found.is_numeric() && *found != DataType::Boolean && *found != DataType::Null {
            let name = &code.name;
            let problem = format!("{name}: column {column} must have numbers, found {found}");
            return Err(DataFusionError::Plan(problem));
        }
    }
    let columns = found[leading.len()..].iter().map(|found| match found {
        // A conversion by `DataFusion` would round them.
        DataType::Int64 | DataType::UInt64 => found.clone(),
        _ => DataType::Float64,
    });
    let leading = leading.iter().map(|(_, known)| known.clone());
    Ok(leading.chain(columns).collect())
}

/// The name of the argument with the parameters.
pub(crate) const PARAMETERS: &str = "parameters";
/// The name of the argument with the index of the row.
pub(crate) const ROW: &str = "row";

/// The parameters in a list that is known when the query is planned.
pub(crate) fn parameters(code: &Code, list: &ScalarValue) -> Result<Vec<f64>> {
    let name = &code.name;
    let array = list.to_array()?;
    let items = match array.data_type() {
        DataType::List(_) => array.as_list::<i32>().value(0),
        DataType::LargeList(_) => array.as_list::<i64>().value(0),
        DataType::FixedSizeList(..) => array.as_fixed_size_list().value(0),
        other => {
            return Err(wrong(format!(
                "{name}: the parameters must be a list of numbers, found {other}"
            )));
        }
    };
    if array.is_null(0) || items.null_count() > 0 {
        return Err(wrong(format!("{name}: a parameter is NULL")));
    }
    let items = cast(&items, &DataType::Float64)?;
    let parameters = items.as_primitive::<Float64Type>().values().to_vec();
    if parameters.len() != code.parameters() {
        let (expected, found) = (code.parameters(), parameters.len());
        return Err(wrong(format!(
            "{name}: expected {expected} parameters, found {found}"
        )));
    }
    Ok(parameters)
}

/// The numbers of the columns. NULL and an integer that no `f64` equals are errors that name the row.
pub(crate) fn columns<'a>(
    code: &Code,
    arrays: &'a [ArrayRef],
    row: impl Fn(usize) -> String,
) -> Result<Vec<Cow<'a, [f64]>>> {
    let columns = arrays.iter().enumerate().map(|(column, array)| {
        if let Some(place) = first_null(array) {
            let (name, row) = (&code.name, row(place));
            return Err(wrong(format!(
                "{name}: row {row}, column {column}: the number is NULL"
            )));
        }
        let exact = |(place, integer): (usize, i128)| {
            let number = integer as f64;
            // Every integer of 64 bits is within the range of `f64`, so the number converts back.
            if number as i128 == integer {
                return Ok(number);
            }
            let (name, row) = (&code.name, row(place));
            Err(wrong(format!(
                "{name}: row {row}, column {column}: no f64 equals the integer {integer}"
            )))
        };
        Ok(match array.data_type() {
            DataType::Int64 => {
                let integers = array.as_primitive::<Int64Type>().values().iter();
                let integers = integers.map(|&integer| i128::from(integer)).enumerate();
                Cow::Owned(integers.map(exact).collect::<Result<_>>()?)
            }
            DataType::UInt64 => {
                let integers = array.as_primitive::<UInt64Type>().values().iter();
                let integers = integers.map(|&integer| i128::from(integer)).enumerate();
                Cow::Owned(integers.map(exact).collect::<Result<_>>()?)
            }
            _ => Cow::Borrowed(&array.as_primitive::<Float64Type>().values()[..]),
        })
    });
    columns.collect()
}

/// The indices of rows.
pub(crate) fn indices<'a>(code: &Code, array: &'a ArrayRef) -> Result<&'a [i64]> {
    let indices = array.as_primitive::<Int64Type>();
    if let Some(place) = first_null(array) {
        let before = place.checked_sub(1).map_or(String::new(), |before| {
            format!(" after row {}", indices.value(before))
        });
        return Err(wrong(format!(
            "{}: the index of a row{before} is NULL",
            code.name
        )));
    }
    Ok(indices.values())
}

fn first_null(array: &ArrayRef) -> Option<usize> {
    (array.null_count() > 0).then(|| (0..array.len()).find(|&place| array.is_null(place)))?
}
