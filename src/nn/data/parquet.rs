//! Columns of numbers from Arrow record batches and Parquet files.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::chunked::{Chunk, Chunked};
use crate::error::{Error, Result};

/// The number of rows that are decoded at a time.
const DECODED: usize = 8192;

/// Room for at most this many rows is made before they are read.
const RESERVED: usize = 1 << 20;

/// A message lists at most this many column names.
const NAMES_LISTED: usize = 8;

/// A Parquet file. Each of its row groups is a chunk, which is read when it is needed.
///
/// Columns hold floating-point numbers, integers or booleans (false is 0, true is 1). Pages may be uncompressed or compressed
/// by snappy or zstd. Nothing is read but the columns that you choose.
///
/// A row group is the least that is in memory at a time: 8 bytes per value. Most writers make row groups of about a million
/// rows.
///
/// ```no_run
/// use chainrule::nn::{Fit, data::Parquet, optimizer::Adam};
///
/// let data = Parquet::open("points.parquet")?.columns(&["x", "y"])?;
/// let mut line = [0.0, 0.0];
/// Fit::new().run_chunks(&mut line, &data, &mut Adam::new(0.01)?, |line, row| {
///     (line[0] * row[0] + line[1] - row[1]).square()
/// })?;
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parquet {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// The chosen columns: their places in the file.
    columns: Vec<usize>,
    /// The number of rows of each row group, and the index of its first row.
    groups: Vec<(usize, usize)>,
}

impl Parquet {
    /// Reads what a file says about itself. All columns are chosen.
    ///
    /// ```
    /// use chainrule::{ErrorKind, nn::data::Parquet};
    /// assert_eq!(Parquet::open("absent.parquet").unwrap_err().kind(), ErrorKind::Io);
    /// ```
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) if the file cannot be read; [`Data`](crate::ErrorKind::Data) if it is no Parquet file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let file = File::open(&path).map_err(|cause| Error::io(&path, cause))?;
        let metadata = decoded(&path, || {
            let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default());
            metadata.map_err(|cause| unreadable(&path, &cause))
        })?;
        let mut groups = Vec::new();
        let mut first = 0_usize;
        for group in metadata.metadata().row_groups() {
            let rows = usize::try_from(group.num_rows()).ok();
            let end = rows.and_then(|rows| first.checked_add(rows));
            let (Some(rows), Some(end)) = (rows, end) else {
                return Err(unreadable(&path, &"its numbers of rows are impossible"));
            };
            groups.push((rows, first));
            first = end;
        }
        Ok(Self {
            columns: (0..metadata.schema().fields().len()).collect(),
            path,
            metadata,
            groups,
        })
    }

    /// Chooses columns and their order in a row.
    ///
    /// ```no_run
    /// use chainrule::nn::data::{Chunked, Parquet};
    /// assert_eq!(Parquet::open("points.parquet")?.columns(&["y", "x"])?.width(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Data`](crate::ErrorKind::Data) if there is no such column; [`Argument`](crate::ErrorKind::Argument) if a column is
    /// listed twice. What the columns hold is checked when they are read.
    pub fn columns(mut self, names: &[&str]) -> Result<Self> {
        let source = self.path.display().to_string();
        self.columns = find(&source, self.metadata.schema(), names)?;
        Ok(self)
    }

    /// The names of all columns of the file, chosen or not.
    ///
    /// ```no_run
    /// println!("{:?}", chainrule::nn::data::Parquet::open("points.parquet")?.names());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn names(&self) -> Vec<&str> {
        let fields = self.metadata.schema().fields().iter();
        fields.map(|field| field.name().as_str()).collect()
    }
}

impl Chunked for Parquet {
    fn width(&self) -> usize {
        self.columns.len()
    }

    fn chunks(&self) -> usize {
        self.groups.len()
    }

    fn rows(&self, chunk: usize) -> usize {
        self.groups[chunk].0
    }

    fn column_names(&self) -> Option<Vec<&str>> {
        let names = self.names();
        Some(self.columns.iter().map(|&place| names[place]).collect())
    }

    /// Reads the chosen columns of a row group.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) or [`Data`](crate::ErrorKind::Data) if the file cannot be read, or if a value is null, text
    /// or otherwise no number, or an integer that no `f64` equals. The message names the file, the column and the row, counted
    /// from 0.
    fn read(&self, chunk: usize, into: &mut Chunk) -> Result<()> {
        let (rows, first) = self.groups[chunk];
        into.fill(self.columns.len(), |columns| {
            // A damaged file may promise any number.
            let rows = rows.min(RESERVED);
            for column in columns.iter_mut() {
                column.reserve(rows);
            }
            decoded(&self.path, || self.decode(chunk, first, columns))
        })
    }
}

impl Parquet {
    /// Appends the chosen columns of a row group, whose first row has the index `first`.
    fn decode(&self, group: usize, mut first: usize, columns: &mut [Vec<f64>]) -> Result<()> {
        let path = &self.path;
        let file = File::open(path).map_err(|cause| Error::io(path, cause))?;
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let chosen = self.columns.iter().copied();
        let mask = ProjectionMask::roots(builder.parquet_schema(), chosen);
        let reader = builder
            .with_row_groups(vec![group])
            .with_projection(mask)
            .with_batch_size(DECODED)
            .build()
            .map_err(|cause| unreadable(path, &cause))?;
        let source = path.display().to_string();
        // The columns of a batch are in the order of the file.
        let mut in_file = self.columns.clone();
        in_file.sort_unstable();
        let place = |column: &usize| in_file.binary_search(column).unwrap_or_default();
        let places: Vec<usize> = self.columns.iter().map(place).collect();
        for batch in reader {
            let batch = batch.map_err(|cause| unreadable(path, &cause))?;
            append(&source, &batch, &places, first, columns)?;
            first += batch.num_rows();
        }
        Ok(())
    }
}

/// Runs the decoder, which panics on some damaged files: that becomes an error.
fn decoded<R>(path: &Path, decode: impl FnOnce() -> Result<R>) -> Result<R> {
    let result = catch_unwind(AssertUnwindSafe(decode));
    result.unwrap_or_else(|_| Err(unreadable(path, &"it is damaged")))
}

impl Chunk {
    /// The numbers of some columns of an Arrow record batch, in this order. Errors name `source` in place of a file.
    ///
    /// Columns hold floating-point numbers, integers or booleans (false is 0, true is 1).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, BooleanArray, Float32Array, RecordBatch};
    /// use chainrule::nn::data::Chunk;
    ///
    /// let x: ArrayRef = Arc::new(Float32Array::from(vec![0.5, 0.25]));
    /// let y: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    /// let batch = RecordBatch::try_from_iter([("x", x), ("y", y)]).unwrap();
    /// let chunk = Chunk::from_record_batch("query", &batch, &["y", "x"])?;
    /// assert_eq!(chunk.columns(), [[1.0, 0.0], [0.5, 0.25]]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Data`](crate::ErrorKind::Data) if there is no such column, or if a value is null, text or otherwise no number, or an
    /// integer that no `f64` equals: the message names column and row, counted from 0.
    /// [`Argument`](crate::ErrorKind::Argument) if a column is listed twice.
    pub fn from_record_batch(source: &str, batch: &RecordBatch, columns: &[&str]) -> Result<Self> {
        let places = find(source, batch.schema_ref(), columns)?;
        let mut chunk = Self::default();
        chunk.fill(columns.len(), |columns| {
            append(source, batch, &places, 0, columns)
        })?;
        Ok(chunk)
    }
}

/// The places of columns, by their names.
fn find(source: &str, schema: &Schema, names: &[&str]) -> Result<Vec<usize>> {
    let fields = schema.fields();
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(fields.len());
    let mut twice = HashSet::new();
    for (place, field) in fields.iter().enumerate() {
        if places.insert(field.name(), place).is_some() {
            twice.insert(field.name().as_str());
        }
    }
    let mut found = Vec::with_capacity(names.len());
    for &name in names {
        if twice.contains(name) {
            let problem = "two columns have this name";
            return Err(Error::data(source, None, Some(name), problem));
        }
        let Some(place) = places.remove(name) else {
            if names.iter().filter(|other| **other == name).count() > 1 {
                return Err(Error::argument(
                    "columns",
                    format!("`{name}` is listed twice"),
                ));
            }
            let known = fields.iter().take(NAMES_LISTED);
            let known: Vec<&str> = known.map(|field| field.name().as_str()).collect();
            let more = match fields.len() - known.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let known = known.join("`, `");
            let problem = format!("there is no column `{name}`, only `{known}`{more}");
            return Err(Error::data(source, None, None, problem));
        };
        found.push(place);
    }
    Ok(found)
}

/// Appends columns of a batch, whose first row has the index `first`.
fn append(
    source: &str,
    batch: &RecordBatch,
    places: &[usize],
    first: usize,
    columns: &mut [Vec<f64>],
) -> Result<()> {
    let schema = batch.schema_ref();
    for (values, &place) in columns.iter_mut().zip(places) {
        let array = batch.column(place).as_ref();
        append_array(array, values).map_err(|(row, problem)| {
            let problem = format!("row {}: {problem}", first + row);
            Error::data(source, None, Some(schema.field(place).name()), problem)
        })?;
    }
    Ok(())
}

/// Appends numbers, or says which row has none and what it has.
fn append_array(
    array: &dyn Array,
    values: &mut Vec<f64>,
) -> std::result::Result<(), (usize, String)> {
    if let Some(nulls) = array.logical_nulls()
        && let Some(row) = nulls.iter().position(|is_valid| !is_valid)
    {
        return Err((row, String::from("expected a number, found null")));
    }
    match array.data_type() {
        DataType::Float64 => values.extend_from_slice(array.as_primitive::<Float64Type>().values()),
        DataType::Float32 => extend::<Float32Type>(array, values, f64::from),
        DataType::Int8 => extend::<Int8Type>(array, values, f64::from),
        DataType::Int16 => extend::<Int16Type>(array, values, f64::from),
        DataType::Int32 => extend::<Int32Type>(array, values, f64::from),
        DataType::UInt8 => extend::<UInt8Type>(array, values, f64::from),
        DataType::UInt16 => extend::<UInt16Type>(array, values, f64::from),
        DataType::UInt32 => extend::<UInt32Type>(array, values, f64::from),
        DataType::Int64 => {
            let integers = array.as_primitive::<Int64Type>().values().iter();
            for (row, &integer) in integers.enumerate() {
                values.push(exact(row, integer.into())?);
            }
        }
        DataType::UInt64 => {
            let integers = array.as_primitive::<UInt64Type>().values().iter();
            for (row, &integer) in integers.enumerate() {
                values.push(exact(row, integer.into())?);
            }
        }
        DataType::Boolean => {
            let booleans = array.as_boolean().values().iter();
            values.extend(booleans.map(|value| f64::from(u8::from(value))));
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            return Err((0, String::from("expected a number, found text")));
        }
        other => return Err((0, format!("expected a number, found the type {other}"))),
    }
    Ok(())
}

fn extend<T: ArrowPrimitiveType>(
    array: &dyn Array,
    values: &mut Vec<f64>,
    convert: impl Fn(T::Native) -> f64,
) {
    let numbers = array.as_primitive::<T>().values().iter();
    values.extend(numbers.map(|&number| convert(number)));
}

/// An integer as the number that equals it.
fn exact(row: usize, integer: i128) -> std::result::Result<f64, (usize, String)> {
    let number = integer as f64;
    // Every integer of 64 bits is within the range of `f64`, so the number converts back.
    if number as i128 == integer {
        return Ok(number);
    }
    Err((row, format!("no f64 equals the integer {integer}")))
}

fn unreadable(path: &Path, cause: &dyn std::fmt::Display) -> Error {
    let problem = format!("cannot be read as Parquet: {cause}");
    Error::data(&path.display().to_string(), None, None, problem)
}
