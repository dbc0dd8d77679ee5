//! Code as text for other languages: a function in C or in Rust, formulas in LaTeX.

mod c;
mod c_table;
mod code;
#[cfg(test)]
mod float;
mod latex;
mod latex_table;
mod runs;
mod rust;
mod rust_functions;
#[cfg(test)]
mod tests;

pub(crate) use c::c;
pub(crate) use code::Code;
pub(crate) use latex::latex;
pub(crate) use rust::rust;
