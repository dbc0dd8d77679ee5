//! Native code against the interpreter.

mod bits;
mod each_operation;
mod fast;
mod guards;
mod long;
mod random;
mod scan;
mod threads;
mod what_is_native;
