//! Objects as bytes, for files, for `pickle` and for other machines. The bytes end with a check sum.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::errors::engine;

/// The number of bytes of a check sum.
const LENGTH: usize = size_of::<u32>();

fn check_sum(bytes: &[u8]) -> [u8; LENGTH] {
    crc32fast::hash(bytes).to_le_bytes()
}

/// The bytes of an object.
pub(crate) fn write<'py>(
    py: Python<'py>,
    object: &impl Serialize,
) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = engine(|| postcard::to_allocvec(object))?;
    let mut bytes = bytes.map_err(|error| PyValueError::new_err(format!("bytes: {error}")))?;
    let sum = check_sum(&bytes);
    bytes.extend(sum);
    Ok(PyBytes::new(py, &bytes))
}

/// Reads an object. `kind` says what it is, for errors.
pub(crate) fn read<T: DeserializeOwned>(kind: &str, bytes: &[u8]) -> PyResult<T> {
    let wrong = |problem: &str| PyValueError::new_err(format!("bytes: no {kind}: {problem}"));
    let Some((object, sum)) = bytes.split_last_chunk::<LENGTH>() else {
        return Err(wrong("they are too few"));
    };
    if check_sum(object) != *sum {
        return Err(wrong(
            "their check sum is wrong, so they are damaged or something else",
        ));
    }
    match engine(|| postcard::take_from_bytes(object))? {
        Ok((object, [])) => Ok(object),
        Ok(_) => Err(wrong("there are more bytes after it")),
        Err(error) => Err(wrong(&error.to_string())),
    }
}
