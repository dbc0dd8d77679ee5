//! What one partition has summed so far.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use chainrule::{Columns, Flat, Partial, Stream, Transform};
use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Accumulator;
use datafusion::scalar::ScalarValue;
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::arguments::{columns, indices, of_chainrule, wrong};
use crate::code::Code;
use crate::scattered::{BLOCK, Scattered};

/// The sums over the rows of one partition: whole blocks as partial sums, and the rows of incomplete blocks as they are.
#[derive(Debug)]
pub(crate) struct Sums {
    code: Arc<Code>,
    parameters: Vec<f64>,
    /// Computes whole blocks. `DataFusion` asks that accumulators can be shared between threads, which a stream cannot.
    stream: Mutex<Stream>,
    /// The row after the last one that was given to the stream.
    next: usize,
    /// What other partitions, and streams that were asked before, have summed.
    merged: Option<Partial>,
    scattered: Scattered,
}

/// The state that travels between partitions.
#[derive(Serialize, Deserialize)]
struct State {
    partial: Partial,
    scattered: Scattered,
}

impl Sums {
    pub(crate) fn new(code: Arc<Code>, parameters: Vec<f64>) -> Result<Self> {
        Ok(Self {
            stream: Mutex::new(stream(&code, &parameters)?),
            code,
            parameters,
            next: 0,
            merged: None,
            scattered: Scattered::default(),
        })
    }

    /// Adds whole blocks that begin with this row.
    fn push(
        &mut self,
        first: usize,
        rows: usize,
        push: impl FnOnce(&mut Stream) -> chainrule::Result<()>,
    ) -> Result<()> {
        let stream = self
            .stream
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let seek = if self.next == first {
            Ok(())
        } else {
            stream.seek(first)
        };
        let pushed = seek.and_then(|()| push(stream));
        self.next = first + rows;
        pushed.map_err(|error| of_chainrule(&self.code.name, error))
    }

    /// Adds a row of a block that is not complete.
    fn scatter(&mut self, row: usize, values: impl Iterator<Item = f64>) -> Result<()> {
        let complete = self.scattered.add(row, values);
        let complete = complete.map_err(|row| twice(&self.code.name, row))?;
        let Some((first, values)) = complete else {
            return Ok(());
        };
        let flat = Flat::new(&values, self.code.columns())
            .map_err(|error| of_chainrule(&self.code.name, error))?;
        self.push(first, BLOCK, |stream| stream.push_rows(&flat))
    }

    /// Adds consecutive rows.
    fn add(&mut self, first: usize, columns: &[&[f64]]) -> Result<()> {
        let end = first + columns[0].len();
        let start = first.next_multiple_of(BLOCK).min(end);
        let stop = (end / BLOCK * BLOCK).max(start);
        for row in (first..start).chain(stop..end) {
            self.scatter(row, columns.iter().map(|column| column[row - first]))?;
        }
        if start == stop {
            return Ok(());
        }
        let whole: Vec<&[f64]> = columns
            .iter()
            .map(|column| &column[start - first..stop - first])
            .collect();
        let table = Columns::new(&whole).map_err(|error| of_chainrule(&self.code.name, error))?;
        self.push(start, stop - start, |stream| stream.push_rows(&table))
    }

    /// All whole blocks so far.
    fn partial(&mut self) -> Result<Partial> {
        let next = Mutex::new(stream(&self.code, &self.parameters)?);
        let stream = mem::replace(&mut self.stream, next)
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        self.next = 0;
        let error = |error| of_chainrule(&self.code.name, error);
        let mut partial = stream.partial().map_err(error)?;
        if let Some(merged) = self.merged.take() {
            partial.merge(merged).map_err(error)?;
        }
        Ok(partial)
    }

    /// The sums over all rows so far, whose indices must be 0, 1, 2, …. More rows can be added afterwards.
    fn total(&mut self) -> Result<Option<(f64, Vec<f64>)>> {
        let mut partial = self.partial()?;
        self.merged = Some(partial.clone());
        let rest: Vec<(usize, &[f64])> = self.scattered.rows(self.code.columns()).collect();
        let name = &self.code.name;
        let error = |error| of_chainrule(name, error);
        let whole = partial.rows();
        let end_of_blocks = whole.last().map_or(0, |rows| rows.end);
        let end = rest
            .last()
            .map_or(end_of_blocks, |&(row, _)| end_of_blocks.max(row + 1));
        if end == 0 {
            return Ok(None);
        }
        if let Some((row, _)) = rest
            .iter()
            .find(|(row, _)| whole.iter().any(|rows| rows.contains(row)))
        {
            return Err(twice(name, *row));
        }
        // Only the last block may be incomplete.
        let first = (end - 1) / BLOCK * BLOCK;
        for (expected, &(row, _)) in (first..).zip(&rest) {
            if row != expected {
                let (from, to) = if row < expected {
                    (row / BLOCK * BLOCK, row / BLOCK * BLOCK + BLOCK - 1)
                } else {
                    (expected, row - 1)
                };
                let problem = format!("{name}: some of the rows {from} to {to} are missing");
                return Err(wrong(format!("{problem}: the indices must be 0, 1, 2, …")));
            }
        }
        if !rest.is_empty() {
            let mut last = stream(&self.code, &self.parameters)?;
            last.seek(first).map_err(error)?;
            for (_, values) in &rest {
                last.push(values).map_err(error)?;
            }
            partial
                .merge(last.partial().map_err(error)?)
                .map_err(error)?;
        }
        let sums = partial.sum_gradient(&self.code.program, end);
        sums.map(Some).map_err(error)
    }
}

fn twice(name: &str, row: usize) -> DataFusionError {
    wrong(format!("{name}: row {row} is there twice"))
}

/// A stream that uses one thread, because `DataFusion` keeps the other cores busy.
fn stream(code: &Code, parameters: &[f64]) -> Result<Stream> {
    let stream = code.program.stream_of(Transform::Gradient, parameters);
    Ok(stream
        .map_err(|error| of_chainrule(&code.name, error))?
        .threads(1))
}

impl Accumulator for Sums {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let code = Arc::clone(&self.code);
        let rows = indices(&code, &values[0])?;
        let columns = columns(&code, &values[1..], |place| rows[place].to_string())?;
        let columns: Vec<&[f64]> = columns.iter().map(|column| &**column).collect();
        let mut start = 0;
        while start < rows.len() {
            let run = rows[start..]
                .iter()
                .zip(rows[start]..)
                .take_while(|&(&row, expected)| row == expected)
                .count();
            let first = usize::try_from(rows[start]);
            let first = first.map_err(|_| {
                wrong(format!(
                    "{}: the index {} of a row is negative",
                    code.name, rows[start]
                ))
            })?;
            if first
                .checked_add(run)
                .is_none_or(|end| isize::try_from(end).is_err())
            {
                return Err(wrong(format!(
                    "{}: the index {first} of a row is too large",
                    code.name
                )));
            }
            let parts: Vec<&[f64]> = columns
                .iter()
                .map(|column| &column[start..start + run])
                .collect();
            self.add(first, &parts)?;
            start += run;
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let name = self.code.name.clone();
        for bytes in states[0].as_binary::<i32>().iter().flatten() {
            let state = postcard::from_bytes(bytes);
            let State { partial, scattered } = state.map_err(|error| {
                wrong(format!(
                    "{name}: the state of a partition is damaged: {error}"
                ))
            })?;
            if let Some(merged) = &mut self.merged {
                merged
                    .merge(partial)
                    .map_err(|error| of_chainrule(&name, error))?;
            } else {
                self.merged = Some(partial);
            }
            for (row, values) in scattered.rows(self.code.columns()) {
                self.scatter(row, values.iter().copied())?;
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let state = State {
            partial: self.partial()?,
            scattered: mem::take(&mut self.scattered),
        };
        let bytes = postcard::to_allocvec(&state).map_err(|error| wrong(error.to_string()))?;
        Ok(vec![ScalarValue::Binary(Some(bytes))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(answer::scalar(self.total()?))
    }

    fn size(&self) -> usize {
        // The stream keeps at most 4096 rows.
        let rows = 4096 * self.code.columns() + 8 * self.code.parameters();
        mem::size_of_val(self) + 8 * rows + self.scattered.bytes() + self.scattered.len()
    }
}
