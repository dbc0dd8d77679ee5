//! The function that the build script wrote. It needs neither chainrule nor the standard library.

#![no_std]
#![forbid(unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/residuals.rs"));

/// The number of parameters.
pub const PARAMETERS: usize = 3;
/// The number of measurements.
pub const MEASUREMENTS: usize = 8;
