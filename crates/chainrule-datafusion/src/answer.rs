//! The answer of the aggregate: a struct of the value and the gradient.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, ListArray, RecordBatch, StructArray,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Float64Type};
use datafusion::error::Result;
use datafusion::scalar::ScalarValue;

use crate::arguments::{list, wrong};

fn fields() -> Fields {
    let value = Field::new("value", DataType::Float64, true);
    Fields::from(vec![value, Field::new("gradient", list(), true)])
}

/// The type of the answer.
pub(crate) fn data_type() -> DataType {
    DataType::Struct(fields())
}

/// A value and a gradient as an answer; NULL if there are no rows.
pub(crate) fn scalar(answer: Option<(f64, Vec<f64>)>) -> ScalarValue {
    let Some((value, gradient)) = answer else {
        let empty = StructArray::new_null(fields(), 1);
        return ScalarValue::Struct(Arc::new(empty));
    };
    let gradient = lists([gradient.len()].into_iter(), gradient);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(vec![value])),
        Arc::new(gradient),
    ];
    ScalarValue::Struct(Arc::new(StructArray::new(fields(), columns, None)))
}

/// Lists of these lengths, one after another.
pub(crate) fn lists(lengths: impl ExactSizeIterator<Item = usize>, values: Vec<f64>) -> ListArray {
    let item = Arc::new(Field::new_list_field(DataType::Float64, true));
    ListArray::new(
        item,
        OffsetBuffer::from_lengths(lengths),
        Arc::new(Float64Array::from(values)),
        None,
    )
}

/// The value and the gradient that a query with the aggregate as its first column has answered.
///
/// The example is [at the top](crate).
///
/// # Errors
/// If the query has another answer, or there were no rows.
pub fn value_and_gradient(answer: &[RecordBatch]) -> Result<(f64, Vec<f64>)> {
    let other =
        || wrong("expected one row whose first column is a value with a gradient".to_owned());
    let mut batches = answer.iter().filter(|batch| batch.num_rows() > 0);
    let (Some(batch), None) = (batches.next(), batches.next()) else {
        return Err(other());
    };
    let column = batch.columns().first().ok_or_else(other)?;
    if batch.num_rows() != 1 || *column.data_type() != data_type() {
        return Err(other());
    }
    let column = column.as_struct();
    if column.is_null(0) {
        return Err(wrong("there are no rows, so there is no sum".to_owned()));
    }
    let value = column.column(0).as_primitive::<Float64Type>().value(0);
    let gradient = column.column(1).as_list::<i32>().value(0);
    Ok((
        value,
        gradient.as_primitive::<Float64Type>().values().to_vec(),
    ))
}
