//! Code as text for other languages: a function in C, formulas in LaTeX.

mod c;
mod c_table;
mod latex;
mod latex_table;

pub(crate) use c::c;
pub(crate) use latex::latex;
