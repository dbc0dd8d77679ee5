//! Functions as bytes, for clusters whose machines do not know the program.

use std::sync::Arc;

use chainrule::Program;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use serde::{Deserialize, Serialize};

use crate::aggregate::SumGradient;
use crate::arguments::wrong;
use crate::code::Code;
use crate::per_row::{Asks, PerRow};

/// What the bytes begin with. The checksum of the rest follows.
const MARK: &[u8] = b"chainrule function 1\n";

#[derive(Serialize, Deserialize)]
struct Saved<'a> {
    kind: Kind,
    name: &'a str,
    program: &'a [u8],
}

#[derive(Serialize, Deserialize)]
enum Kind {
    Aggregate { parameters: Option<Vec<f64>> },
    PerRow(Asks),
}

/// Writes an aggregate function of this crate as bytes: its name, its program, and the parameters if the planner has moved them
/// into the function. `None` for a function of another crate.
///
/// ```
/// use chainrule::Program;
/// use chainrule_datafusion::{aggregate, aggregate_from_bytes, aggregate_to_bytes};
///
/// let loss = Program::trace_rows(&[0.0], 1, |p, row| (p[0] * row[0]).exp()).unwrap();
/// let function = aggregate("loss", &loss)?;
/// let bytes = aggregate_to_bytes(&function)?.unwrap();
/// assert_eq!(aggregate_from_bytes("loss", &bytes)?, Some(function));
/// # Ok::<(), datafusion::error::DataFusionError>(())
/// ```
///
/// # Errors
/// If the function cannot be written.
pub fn aggregate_to_bytes(function: &AggregateUDF) -> Result<Option<Vec<u8>>> {
    let Some(function) = function.inner().downcast_ref::<SumGradient>() else {
        return Ok(None);
    };
    let parameters = function.parameters.clone();
    to_bytes(&function.code, Kind::Aggregate { parameters }).map(Some)
}

/// Reads the aggregate function that [`aggregate_to_bytes`] has written, where the example is. `None` if the bytes do not begin
/// as its bytes do.
///
/// # Errors
/// If the bytes are damaged, or hold a function of another name or kind.
pub fn aggregate_from_bytes(name: &str, bytes: &[u8]) -> Result<Option<Arc<AggregateUDF>>> {
    let Some((code, kind)) = from_bytes(name, bytes)? else {
        return Ok(None);
    };
    let Kind::Aggregate { parameters } = kind else {
        return Err(other(
            name,
            &format!("functions per row of `{}`", code.name),
        ));
    };
    if code.name != name {
        return Err(other(name, &format!("`{}`", code.name)));
    }
    if let Some(found) = &parameters
        && found.len() != code.parameters()
    {
        let (expected, found) = (code.parameters(), found.len());
        return Err(wrong(format!(
            "{name}: expected {expected} parameters, found {found}"
        )));
    }
    let function = SumGradient::with(Arc::new(code), parameters);
    Ok(Some(Arc::new(AggregateUDF::from(function))))
}

/// Writes a function per row of this crate as bytes: its name and its program. `None` for a function of another crate.
///
/// ```
/// use chainrule::Program;
/// use chainrule_datafusion::{per_row, per_row_from_bytes, per_row_to_bytes};
///
/// let loss = Program::trace_rows(&[0.0], 1, |p, row| (p[0] * row[0]).exp()).unwrap();
/// for function in per_row("loss", &loss)? {
///     let bytes = per_row_to_bytes(&function)?.unwrap();
///     assert_eq!(per_row_from_bytes(function.name(), &bytes)?, Some(function));
/// }
/// # Ok::<(), datafusion::error::DataFusionError>(())
/// ```
///
/// # Errors
/// If the function cannot be written.
pub fn per_row_to_bytes(function: &ScalarUDF) -> Result<Option<Vec<u8>>> {
    let Some(function) = function.inner().downcast_ref::<PerRow>() else {
        return Ok(None);
    };
    to_bytes(&function.code, Kind::PerRow(function.asks)).map(Some)
}

/// Reads the function that [`per_row_to_bytes`] has written, where the example is. `None` if the bytes do not begin as its bytes
/// do.
///
/// # Errors
/// As [`aggregate_from_bytes`].
pub fn per_row_from_bytes(name: &str, bytes: &[u8]) -> Result<Option<Arc<ScalarUDF>>> {
    let Some((code, kind)) = from_bytes(name, bytes)? else {
        return Ok(None);
    };
    let Kind::PerRow(asks) = kind else {
        return Err(other(name, &format!("the aggregate `{}`", code.name)));
    };
    let function = ScalarUDF::from(PerRow::new(Arc::new(code), asks));
    if function.name() != name {
        return Err(other(name, &format!("`{}`", function.name())));
    }
    Ok(Some(Arc::new(function)))
}

fn to_bytes(code: &Code, kind: Kind) -> Result<Vec<u8>> {
    let saved = Saved {
        kind,
        name: &code.name,
        program: &code.bytes,
    };
    let content = postcard::to_allocvec(&saved)
        .map_err(|error| DataFusionError::External(Box::new(error)))?;
    let checksum = crc32fast::hash(&content).to_le_bytes();
    Ok([MARK, &checksum, &content].concat())
}

/// The program and the kind of the function in the bytes. `name` is for messages.
fn from_bytes(name: &str, bytes: &[u8]) -> Result<Option<(Code, Kind)>> {
    let Some(rest) = bytes.strip_prefix(MARK) else {
        return Ok(None);
    };
    let damaged = |problem: &str| {
        wrong(format!(
            "{name}: the function's bytes are damaged: {problem}"
        ))
    };
    let (checksum, content) = rest
        .split_first_chunk()
        .ok_or_else(|| damaged("they end early"))?;
    if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
        return Err(damaged("the checksum differs"));
    }
    let saved: Saved =
        postcard::from_bytes(content).map_err(|error| damaged(&error.to_string()))?;
    let program: Program =
        postcard::from_bytes(saved.program).map_err(|error| damaged(&error.to_string()))?;
    Ok(Some((Code::new(saved.name, &program)?, saved.kind)))
}

fn other(name: &str, found: &str) -> DataFusionError {
    wrong(format!("{name}: the bytes hold another function: {found}"))
}
