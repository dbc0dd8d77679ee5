//! Checks of arguments. Each error names the argument, what it must be and what was found.

use std::fmt::Display;

use crate::error::{Error, Result, check_length};

/// Passes if the condition holds, else returns the error with this problem of an argument.
pub(super) fn ensure<D: Display>(
    passes: bool,
    name: &str,
    problem: impl FnOnce() -> D,
) -> Result<()> {
    if passes {
        return Ok(());
    }
    Err(Error::argument(name, problem()))
}

/// The value if it passes, else an error that says what it must be.
pub(super) fn require<T: Display>(name: &str, value: T, passes: bool, must_be: &str) -> Result<T> {
    ensure(passes, name, || format!("must be {must_be}, found {value}"))?;
    Ok(value)
}

pub(super) fn finite(name: &str, value: f64) -> Result<f64> {
    require(name, value, value.is_finite(), "finite")
}

pub(super) fn positive(name: &str, value: f64) -> Result<f64> {
    let passes = value.is_finite() && value > 0.0;
    require(name, value, passes, "finite and positive")
}

pub(super) fn at_least_zero(name: &str, value: f64) -> Result<f64> {
    let passes = value.is_finite() && value >= 0.0;
    require(name, value, passes, "finite and at least 0")
}

pub(super) fn below_one(name: &str, value: f64) -> Result<f64> {
    let passes = (0.0..1.0).contains(&value);
    require(name, value, passes, "at least 0 and below 1")
}

pub(super) fn at_least_one(name: &str, value: usize) -> Result<usize> {
    require(name, value, value > 0, "positive")
}

pub(super) fn not_empty(name: &str, len: usize) -> Result<()> {
    ensure(len > 0, name, || "must contain at least one value")
}

/// Passes if two lists are of the same length and not empty.
pub(super) fn paired(name: &str, len: usize, other: &str, found: usize) -> Result<()> {
    check_length(other, len, found)?;
    not_empty(name, len)
}

/// Passes if the class of a row is below the number of classes.
pub(super) fn class(name: &str, row: usize, class: usize, classes: usize) -> Result<()> {
    ensure(class < classes, name, || {
        format!("row {row}: expected a class below {classes}, found {class}")
    })
}

/// Passes if every value does; else names the first that does not, by its position, as in "parameter 3".
pub(super) fn all(
    name: &str,
    noun: &str,
    values: &[f64],
    must_be: &str,
    passes: impl Fn(f64) -> bool,
) -> Result<()> {
    let Some(index) = values.iter().position(|&value| !passes(value)) else {
        return Ok(());
    };
    let found = values[index];
    let problem = format!("{noun} {index} must be {must_be}, found {found:?}");
    Err(Error::argument(name, problem))
}

pub(super) fn finite_parameters(parameters: &[f64]) -> Result<()> {
    let noun = "parameter";
    all("parameters", noun, parameters, "finite", f64::is_finite)
}
